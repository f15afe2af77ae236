//! How a step is sent, and what its answer has to be.

use bytes::Bytes;
use http::Method;
use proptest::prelude::*;
use serde_json::Value;

use super::questions::DATA;
use super::steps::Step;
use crate::ids::SUBSCRIPTION_ID;
use crate::tests::{ACCOUNT, Client, child};

/// A success, or an error in the envelope of the service that refuses.
pub(super) fn check_shape(step: &Step, response: &http::Response<Bytes>) -> Result<(), TestCaseError> {
    let status = response.status();
    let body: Value = serde_json::from_slice(response.body()).unwrap_or_default();
    let error = if body["error"].is_object() { &body["error"] } else { &body };
    // What is left out is refused by its name; what is answered is listed.
    let is_named = status == 501 && error["code"] != "OperationNotListed";
    prop_assert!(status.as_u16() < 500 || is_named, "{step:?}: {status} {:?}", response.body());
    if status.is_success() || step.method == Method::HEAD {
        return Ok(());
    }
    let told = |name: &str| error[name].as_str().is_some_and(|text| !text.is_empty());
    // Of the models' API a code may be null.
    let has_code = told("code") || (step.path.starts_with(DATA) && error.get("param").is_some());
    prop_assert!(has_code && told("message"), "{step:?}: {status} {:?}", response.body());
    Ok(())
}

/// The answer; `None` where the text is no URI, for then no client can send it.
pub(super) async fn ask(
    azure: &Client,
    method: &Method,
    path: &str,
    body: Option<Vec<u8>>,
) -> Option<http::Response<Bytes>> {
    ask_if(azure, method, path, body, &[]).await
}

/// As [`ask`], with conditions.
pub(super) async fn ask_if(
    azure: &Client,
    method: &Method,
    path: &str,
    body: Option<Vec<u8>>,
    conditions: &[(&str, &[u8])],
) -> Option<http::Response<Bytes>> {
    let url = match path.starts_with("https:") {
        true => path.to_owned(),
        false => format!("https://management.azure.com/subscriptions/{SUBSCRIPTION_ID}{path}"),
    };
    let mut request = http::Request::builder().method(method).uri(url).header("content-type", "application/json");
    if path.starts_with(DATA) {
        let keys = azure.send(Method::POST, &child(ACCOUNT, "listKeys"), None).await;
        request = request.header("api-key", keys.body["key1"].as_str().unwrap_or("none"));
    } else {
        request = request.header("authorization", azure.bearer());
    }
    for (name, value) in conditions {
        request = request.header(*name, *value);
    }
    Some(azure.sandbox.handle(request.body(body.map_or_else(Bytes::new, Bytes::from)).ok()?).await)
}
