//! What a web page in somebody's browser can get from a served sandbox, under whatever name it reaches it.
use std::net::{Ipv4Addr, SocketAddr};

use azlab_clock::Clock;
use azlab_sandbox::serve::{ServeOptions, serve};
use azlab_sandbox::{SUBSCRIPTION_ID, TENANT_ID};
use http::Method;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

use crate::ends;
use crate::provision::fixture::Azure;

async fn ask(address: SocketAddr, method: &Method, path: &str, host: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: {host}\r\norigin: http://{host}\r\nreferer: http://{host}/\r\n\
         access-control-request-method: PUT\r\naccess-control-request-headers: authorization\r\n\
         content-length: 0\r\nconnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    ends("the connection", stream.read_to_end(&mut answer)).await.unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn a_web_page_gets_nothing_out_of_a_served_sandbox() {
    let azure = Azure::of(azlab_sandbox::Sandbox::in_memory(Clock::scaled(Clock::real().now(), 100_000.0)).unwrap());
    azure
        .put(
            crate::provision::fixture::GROUP,
            serde_json::json!({"location": "westeurope", "tags": {"who": "find-me"}}),
        )
        .await;
    let secret = azure.sandbox.directory().default_application().secret().to_owned();
    let stop = CancellationToken::new();
    let options = ServeOptions::new(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), None, 1.0);
    let server = serve(azure.sandbox.public_router(), options, stop.clone()).await.unwrap();
    let group = format!("/subscriptions/{SUBSCRIPTION_ID}/resourceGroups/myResourceGroup?api-version=2021-04-01");
    let paths = [
        "/".to_owned(),
        group.clone(),
        format!("/subscriptions/{SUBSCRIPTION_ID}/resourcegroups?api-version=2021-04-01"),
        "/subscriptions?api-version=2022-12-01".to_owned(),
        "/metadata/endpoints?api-version=2022-09-01".to_owned(),
        "/v1.0/servicePrincipals".to_owned(),
        "/v1.0/me".to_owned(),
        format!("/{TENANT_ID}/oauth2/v2.0/token"),
        format!("/{TENANT_ID}/v2.0/.well-known/openid-configuration"),
        format!("/{TENANT_ID}/oauth2/v2.0/authorize?client_id=x&response_type=code&redirect_uri=http://evil.example/"),
        "/openai/deployments/d/chat/completions?api-version=2024-10-21".to_owned(),
    ];
    // A name that its owner has pointed at this machine (DNS rebinding), and the names that are meant.
    for host in ["evil.example", "localhost", "127.0.0.1", "graph.microsoft.com", "a.openai.azure.com"] {
        for method in [Method::GET, Method::POST, Method::PUT, Method::DELETE, Method::OPTIONS] {
            for path in &paths {
                let answer = ask(server.address(), &method, path, host).await;
                let what = format!("{method} {host}{path}: {answer}");
                let lower = answer.to_lowercase();
                assert!(!lower.contains("access-control-"), "no other page may read it: {what}");
                assert!(!answer.contains("find-me") && !answer.contains(&secret), "{what}");
                assert!(!lower.contains("set-cookie"), "nothing that a browser would send by itself: {what}");
                assert!(!answer.contains("evil.example/?code"), "{what}");
                if path.starts_with("/subscriptions") {
                    assert!(answer.starts_with("HTTP/1.1 4"), "{what}");
                }
            }
        }
    }
    // It is all still there, for who has a token.
    assert_eq!(azure.get(crate::provision::fixture::GROUP).await["tags"]["who"], "find-me");
    stop.cancel();
}
