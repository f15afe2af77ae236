use super::*;
use crate::sandbox::{Fault, FaultKind};

#[tokio::test(start_paused = true)]
async fn the_router_is_the_same_service_and_breaks_off_where_a_connection_is_lost() {
    use http_body_util::BodyExt;
    use tower::ServiceExt;
    let azure = Client::new();
    azure.group().await;
    let request = || {
        // As a server sees it: origin form, authority in Host.
        let request = http::Request::delete(format!("/subscriptions/{SUBSCRIPTION_ID}{GROUP}"));
        let request = request.header("host", "localhost:8443").header("authorization", "Bearer t");
        request.body(axum::body::Body::empty()).unwrap()
    };
    let fault = Fault { method: None, path_contains: String::new(), skip: 0, times: 1, kind: FaultKind::Drop };
    azure.sandbox.inject(fault);
    let broken = azure.sandbox.router().oneshot(request()).await.unwrap();
    assert!(broken.into_body().collect().await.is_err());
    let accepted = azure.sandbox.router().oneshot(request()).await.unwrap();
    assert_eq!(accepted.status(), 202);
    assert!(accepted.headers()["location"].to_str().unwrap().starts_with("https://localhost:8443/subscriptions/"));
}

#[tokio::test(start_paused = true)]
async fn polling_urls_begin_with_the_public_base_where_a_server_names_it() {
    let azure = Client::new();
    azure.group().await;
    let request = http::Request::delete(format!("/subscriptions/{SUBSCRIPTION_ID}{GROUP}"))
        .header("authorization", "Bearer t")
        .extension(crate::sandbox::PublicBase("http://127.0.0.1:9000/".into()));
    let response = azure.sandbox.handle(request.body(Bytes::new()).unwrap()).await;
    assert!(response.headers()["location"].to_str().unwrap().starts_with("http://127.0.0.1:9000/subscriptions/"));
}
