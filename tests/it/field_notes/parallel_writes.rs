//! Parallel writes below one parent.

use http::Method;
use serde_json::json;

use crate::provision::fixture::{Azure, account, child};

/// Two deployments at once on one account: the service takes one and refuses the other.
#[tokio::test(start_paused = true)]
async fn model_deployments_on_one_account_conflict() {
    let azure = Azure::with_lab().await;
    let name = azure.run("provision").await.ready().outputs().openai_account.clone().unwrap();
    let body = || {
        json!({"sku": {"name": "Standard", "capacity": 1},
        "properties": {"model": {"format": "OpenAI", "name": "gpt-35-turbo", "version": "0125"}}})
    };
    let path = |deployment: &str| child(&account(&name), "deployments", deployment);
    let (one, two) = (path("one"), path("two"));
    let by_hand =
        tokio::join!(azure.send(Method::PUT, &one, Some(body())), azure.send(Method::PUT, &two, Some(body())));
    let refused = [by_hand.0.status, by_hand.1.status].iter().filter(|status| status.as_u16() == 409).count();
    assert_eq!(refused, 1, "{} {}", by_hand.0.body, by_hand.1.body);
    azure.pass(60.0).await;
    let line = |name: &str| format!("deploy-model --name {name} --model gpt-35-turbo --capacity 1");
    let (three, four) = (line("three"), line("four"));
    let (three, four) = tokio::join!(azure.run(&three), azure.run(&four));
    three.ready();
    four.ready();
}
