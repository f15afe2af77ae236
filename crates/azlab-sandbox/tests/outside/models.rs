use azlab_sandbox::scenario::Scenario;
use azlab_sandbox::{Clock, Sandbox};
use http::Method;
use serde_json::json;

const LAB: &str = "
about = 'an account that says what a test needs'
[[resources]]
type = 'Microsoft.Resources/resourceGroups'
name = 'lab'
location = 'eastus2'
[[resources]]
type = 'Microsoft.CognitiveServices/accounts'
name = 'mine'
group = 'lab'
location = 'eastus2'
kind = 'OpenAI'
sku = { name = 'S0' }
properties = { customSubDomainName = 'mine' }
[[resources]]
type = 'Microsoft.CognitiveServices/accounts/deployments'
name = 'mine/chat'
group = 'lab'
sku = { name = 'GlobalStandard', capacity = 10 }
properties = { model = { format = 'OpenAI', name = 'gpt-5-mini', version = '2025-08-07' } }
[[answers]]
asks = '*ping*'
answer = 'pong'
";

#[tokio::test(start_paused = true)]
async fn a_model_says_what_the_scenario_says() -> Result<(), Box<dyn std::error::Error>> {
    let azure = Sandbox::in_memory(Clock::real())?;
    azure.play(&Scenario::parse("mine", LAB)?)?;
    let chat = "https://mine.openai.azure.com/openai/v1/chat/completions";
    let asked = json!({"model": "chat", "messages": [{"role": "user", "content": "ping"}]});
    let said = azure.send(Method::POST, chat, Some(asked)).await?;
    assert_eq!(said.body["choices"][0]["message"]["content"], "pong");
    Ok(())
}
