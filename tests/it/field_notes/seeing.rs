//! Seeing what happens.

use azlab::events::EventKind;
use azlab::outcome::Exit;
use azlab::values::ResourceKind;
use azlab_sandbox::FaultKind;
use http::{Method, StatusCode};
use serde_json::json;

use crate::provision::fixture::Azure;

/// Nothing to look up in the portal until the run is over.
#[tokio::test(start_paused = true)]
async fn no_ids_until_the_end() {
    let azure = Azure::new();
    let ran = azure.provision("").await.ready();
    let named = ran.events.iter().find(|event| match &event.kind {
        EventKind::Request { method, path, .. } => method == "PUT" && path.contains("/managedClusters/myAKSCluster"),
        _ => false,
    });
    let early = ran.ready_at(ResourceKind::Cluster) - named.expect("its id is told").at;
    assert!(early.as_seconds_f64() > 30.0, "{early}");
}

/// The cause is inside JSON inside a message inside JSON.
#[tokio::test(start_paused = true)]
async fn errors_nested_four_levels_deep_in_json_strings() {
    let cause = json!({"error": {"code": "InsufficientQuota", "message": "This needs 10 units and 3 are left."}});
    let mut text = cause.to_string();
    for code in ["BadRequest", "ResourceDeploymentFailure", "DeploymentFailed"] {
        text = json!({"error": {"code": code, "message": text}}).to_string();
    }
    let azure = Azure::new();
    let kind = FaultKind::Respond { status: StatusCode::BAD_REQUEST, headers: Vec::new(), body: text.into() };
    azure.fault(Method::PUT, "/deployments/", usize::MAX, kind);
    let ran = azure.provision("").await;
    assert_eq!(ran.exit(), Exit::LabFailed);
    assert_eq!(ran.error().message, "This needs 10 units and 3 are left.");
    // What to do follows from the innermost code.
    assert!(ran.error().hint.as_deref().is_some_and(|hint| hint.contains("lower --capacity")), "{:#?}", ran.error());
}
