//! The crate as somebody else uses it: what the README shows, and what comes of using it wrongly.

mod bodies;
mod hosts;
mod in_process;
mod models;
mod readme;
mod states;
mod versions;

use azlab_sandbox::{SUBSCRIPTION_ID, Sandbox};
use bytes::Bytes;
use http::{Request, Response};
use serde_json::Value;

/// The subscription's resource groups.
fn groups() -> String {
    format!("/subscriptions/{SUBSCRIPTION_ID}/resourcegroups?api-version=2021-04-01")
}

/// Asks for `uri`, as the owner of the subscription.
async fn get(sandbox: &Sandbox, uri: &str) -> (u16, Value) {
    let request = Request::get(uri).header("authorization", sandbox.bearer().unwrap());
    read(&sandbox.handle(request.body(Bytes::new()).unwrap()).await)
}

/// Status and body.
fn read(response: &Response<Bytes>) -> (u16, Value) {
    (response.status().as_u16(), serde_json::from_slice(response.body()).unwrap_or_default())
}
