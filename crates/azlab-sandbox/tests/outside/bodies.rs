use std::io;

use axum::body::Body;
use azlab_sandbox::{Clock, Fault, FaultKind, SUBSCRIPTION_ID, Sandbox};
use bytes::Bytes;
use http::Request;
use http_body_util::BodyExt as _;
use tower::ServiceExt as _;

use super::{get, groups};

fn fault(kind: FaultKind) -> Fault {
    Fault { method: None, path_contains: String::new(), skip: 0, times: 1, kind }
}

fn delete(azure: &Sandbox, body: Body) -> Request<Body> {
    let group = format!("/subscriptions/{SUBSCRIPTION_ID}/resourceGroups/lab?api-version=2021-04-01");
    Request::delete(group).header("authorization", azure.bearer().unwrap()).body(body).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_request_whose_body_breaks_off_is_refused_and_takes_no_effect() {
    let azure = Sandbox::in_memory(Clock::real()).unwrap();
    let broken = || {
        let parts = [Ok(Bytes::from_static(b"{")), Err(io::Error::other("the client went away"))];
        Body::from_stream(futures::stream::iter(parts))
    };
    let group = format!("/subscriptions/{SUBSCRIPTION_ID}/resourceGroups/lab?api-version=2021-04-01");
    let put = Request::put(&group).header("authorization", azure.bearer().unwrap());
    let put = put.header("content-type", "application/json").body(r#"{"location": "westeurope"}"#.to_owned()).unwrap();
    assert_eq!((&azure).oneshot(put).await.unwrap().status(), 201);
    let refused = (&azure).oneshot(delete(&azure, broken())).await.unwrap();
    assert_eq!(refused.status(), 400);
    let body = refused.into_body().collect().await.unwrap().to_bytes();
    assert!(String::from_utf8_lossy(&body).contains("the client went away"), "{body:?}");
    assert_eq!(azure.router().oneshot(delete(&azure, broken())).await.unwrap().status(), 400);
    assert_eq!(get(&azure, &groups()).await.1["value"][0]["name"], "lab");
}

#[tokio::test(start_paused = true)]
async fn a_lost_connection_is_the_service_s_error() {
    let azure = Sandbox::in_memory(Clock::real()).unwrap();
    azure.control().inject(fault(FaultKind::Drop));
    assert!((&azure).oneshot(delete(&azure, Body::empty())).await.is_err());
    assert_eq!(azure.clone().oneshot(delete(&azure, Body::empty())).await.unwrap().status(), 404);
}

#[test]
fn who_has_no_tokio_runtime_is_told_what_is_missing() {
    let azure = Sandbox::in_memory(Clock::real()).unwrap();
    let (status, body) = futures::executor::block_on(get(&azure, &groups()));
    assert_eq!((status, body["error"]["code"].as_str()), (500, Some("SandboxWithoutRuntime")));
}

#[test]
fn a_bearer_shows_nothing_of_its_token() {
    let azure = Sandbox::in_memory(Clock::real()).unwrap();
    assert_eq!(format!("{:?}", azure.bearer().unwrap()), "Sensitive");
}
