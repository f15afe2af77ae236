use azlab_sandbox::{Clock, Sandbox};
use http::Method;
use serde_json::json;

#[tokio::test(start_paused = true)]
async fn a_group_is_where_it_was_made() -> Result<(), Box<dyn std::error::Error>> {
    let azure = Sandbox::in_memory(Clock::real())?;
    let group = "/resourceGroups/lab?api-version=2021-04-01";
    let made = azure.send(Method::PUT, group, Some(json!({"location": "westeurope"}))).await?;
    assert_eq!(made.status, 201);
    let found = azure.send(Method::GET, group, None).await?;
    assert_eq!(found.body["location"], "westeurope");
    Ok(())
}
