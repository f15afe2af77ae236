//! Quota and regions.

use http::Method;

use crate::provision::fixture::{Azure, refusal};

/// The service counts an unchanged deployment against the quota anew when it is PUT again.
#[tokio::test(start_paused = true)]
async fn re_put_of_an_unchanged_model_deployment_returns_insufficient_quota() {
    let azure = Azure::with_lab().await;
    azure.sandbox.control().set_quota("*", "OpenAI.Standard.gpt-35-turbo", 0).expect("quota");
    azure.fault(Method::PUT, "/deployments/", usize::MAX, refusal(400, "InsufficientQuota"));
    assert!(azure.provision("").await.ready().writes().is_empty());
    assert!(azure.provision("--capacity 10 --model-sku standard").await.ready().writes().is_empty());
}
