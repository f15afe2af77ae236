use azlab_sandbox::{Clock, SUBSCRIPTION_ID, Sandbox};
use http::Request;
use http_body_util::BodyExt as _;
use tower::ServiceExt as _;

#[tokio::test(start_paused = true)]
async fn a_group_is_where_it_was_made() -> Result<(), Box<dyn std::error::Error>> {
    let azure = Sandbox::in_memory(Clock::real())?;
    let group = format!("/subscriptions/{SUBSCRIPTION_ID}/resourceGroups/lab?api-version=2021-04-01");
    let put = Request::put(&group).header("authorization", azure.bearer()?).header("content-type", "application/json");
    let made = (&azure).oneshot(put.body(r#"{"location": "westeurope"}"#.to_owned())?).await?;
    assert_eq!(made.status(), 201);
    let get = Request::get(&group).header("authorization", azure.bearer()?);
    let found = (&azure).oneshot(get.body(String::new())?).await?.into_body().collect().await?.to_bytes();
    let found: serde_json::Value = serde_json::from_slice(&found)?;
    assert_eq!(found["location"], "westeurope");
    Ok(())
}
