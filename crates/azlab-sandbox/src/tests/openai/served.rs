//! Accounts where the sandbox is served: below a path, by names below `localhost`, and streams over a socket.

use std::time::Duration;

use azlab_clock::Clock;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::*;
use crate::scenario::Scenario;
use crate::serve::{CancellationToken, ServeOptions, Server, TlsIdentity, serve};

const ACCOUNT: &str = "about = 'an account'\n[settings]\nthrottling = false\ntoken_ms = TOKEN\n\
    [[resources]]\ntype = 'Microsoft.Resources/resourceGroups'\nname = 'lab'\nlocation = 'eastus2'\n\
    [[resources]]\ntype = 'Microsoft.CognitiveServices/accounts'\nname = 'openai1'\ngroup = 'lab'\nlocation = 'eastus2'\n\
    kind = 'OpenAI'\nsku = { name = 'S0' }\nproperties = { customSubDomainName = 'openai1' }\n\
    [[resources]]\ntype = 'Microsoft.CognitiveServices/accounts/deployments'\nname = 'openai1/chat'\ngroup = 'lab'\n\
    sku = { name = 'GlobalStandard', capacity = 10 }\n\
    properties = { model = { format = 'OpenAI', name = 'gpt-5-mini', version = '2025-08-07' } }\n\
    [[resources]]\ntype = 'Microsoft.CognitiveServices/accounts/deployments'\nname = 'openai1/embeddings'\ngroup = 'lab'\n\
    sku = { name = 'Standard', capacity = 10 }\n\
    properties = { model = { format = 'OpenAI', name = 'text-embedding-3-small', version = '1' } }\n";

/// A sandbox with an account, whose tokens take so many milliseconds.
fn sandbox(token_ms: f64) -> Sandbox {
    sandbox_on(Clock::real(), token_ms)
}

/// The same with a clock of one's own.
pub(super) fn sandbox_on(clock: Clock, token_ms: f64) -> Sandbox {
    let sandbox = Sandbox::in_memory(clock).unwrap();
    let text = ACCOUNT.replace("TOKEN", &format!("{token_ms:.1}"));
    sandbox.play(&Scenario::parse("account", &text).unwrap_or_else(|error| panic!("{error}"))).unwrap();
    sandbox
}

fn bearer(sandbox: &Sandbox) -> String {
    let application = sandbox.directory().application(DEFAULT_CLIENT_ID).unwrap();
    let token = sandbox.signer().issue(&application.principal, AUDIENCE, sandbox.clock().now(), time::Duration::HOUR);
    format!("Bearer {}", token.unwrap().as_str())
}

pub(super) async fn start(sandbox: &Sandbox, change: impl FnOnce(&mut ServeOptions)) -> (Server, CancellationToken) {
    let stop = CancellationToken::new();
    let mut options = ServeOptions::new(([127, 0, 0, 1], 0).into(), None, 1.0);
    change(&mut options);
    (serve(sandbox.public_router(), options, stop.clone()).await.unwrap(), stop)
}

/// A connection on which a request was sent.
pub(super) async fn sent(server: &Server, sandbox: &Sandbox, path: &str, body: &Value) -> TcpStream {
    let body = body.to_string();
    let mut stream = TcpStream::connect(server.address()).await.unwrap();
    let head = format!(
        "POST /_accounts/openai1/openai/v1/{path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\nauthorization: {}\r\n\
         content-length: {}\r\n\r\n{body}",
        bearer(sandbox),
        body.len()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream
}

/// Reads until `end`, or to the end of the connection.
pub(super) async fn read_until(stream: &mut TcpStream, end: &str) -> String {
    let read = async {
        let (mut all, mut buffer) = (Vec::new(), [0; 4096]);
        while !String::from_utf8_lossy(&all).contains(end) {
            match stream.read(&mut buffer).await {
                Ok(0) | Err(_) => break,
                Ok(count) => all.extend_from_slice(&buffer[..count]),
            }
        }
        String::from_utf8_lossy(&all).into_owned()
    };
    tokio::time::timeout(Duration::from_secs(60), read).await.expect("within a minute")
}

pub(super) fn streamed() -> Value {
    json!({"model": "chat", "stream": true, "messages": [{"role": "user", "content": "Hello"}]})
}

#[tokio::test]
async fn an_account_answers_below_its_path_and_by_its_names() {
    let sandbox = sandbox(0.0);
    let ask = async |host: &str, path: &str| {
        let body = json!({"model": "chat", "messages": [{"role": "user", "content": "x"}]}).to_string();
        let request = http::Request::post(path).header("host", host).header("authorization", bearer(&sandbox));
        let Ok(response) = sandbox.public_router().oneshot(request.body(axum::body::Body::from(body)).unwrap()).await;
        response.status().as_u16()
    };
    for (host, path, status) in [
        ("localhost:8443", "/_accounts/openai1/openai/v1/chat/completions", 200),
        ("localhost:8443", "/_accounts/OpenAI1/openai/deployments/chat/chat/completions?api-version=2024-10-21", 200),
        ("openai1.openai.azure.com.localhost:8443", "/openai/v1/chat/completions", 200),
        ("openai1.cognitiveservices.azure.com.localhost:8443", "/openai/v1/chat/completions", 200),
        ("openai1.openai.azure.com", "/openai/v1/chat/completions", 200),
        ("localhost:8443", "/_accounts/nobody/openai/v1/chat/completions", 404),
        ("localhost:8443", "/_accounts/", 404),
        ("localhost:8443", "/_accounts/openai1", 404),
        ("localhost:8443", "/openai/v1/chat/completions", 401),
    ] {
        assert_eq!(ask(host, path).await, status, "{host}{path}");
    }
}

#[tokio::test]
async fn the_certificate_vouches_for_an_accounts_name_below_localhost() {
    let sandbox = sandbox(0.0);
    let identity = TlsIdentity::generate(Clock::real().now()).unwrap();
    let ca = reqwest::Certificate::from_pem(identity.authority_pem().as_bytes()).unwrap();
    let (server, _stop) = start(&sandbox, |options| options.tls = Some(identity)).await;
    let (name, port) = ("openai1.openai.azure.com.localhost", server.address().port());
    let client = reqwest::Client::builder().add_root_certificate(ca).no_proxy().resolve(name, server.address());
    let url = format!("https://{name}:{port}/openai/v1/models");
    let got = client.build().unwrap().get(url).header("authorization", bearer(&sandbox)).send().await.unwrap();
    assert_eq!(got.status().as_u16(), 200);
}

#[tokio::test]
async fn a_streams_beginning_is_out_a_minute_before_its_first_token_and_a_client_may_leave() {
    let sandbox = sandbox(60_000.0);
    let (server, _stop) = start(&sandbox, |options| options.limits.connections = 1).await;
    let mut stream = sent(&server, &sandbox, "chat/completions", &streamed()).await;
    let beginning = read_until(&mut stream, "\"role\":\"assistant\"").await;
    assert!(beginning.starts_with("HTTP/1.1 200") && beginning.contains("prompt_filter_results"), "{beginning}");
    // A token is due after a minute.
    let early = tokio::time::timeout(Duration::from_millis(300), stream.read(&mut [0; 4096])).await;
    assert!(early.is_err(), "{early:?}");
    // Its place is free as soon as it is gone.
    drop(stream);
    let mut next = sent(&server, &sandbox, "embeddings", &json!({"model": "embeddings", "input": "x"})).await;
    assert!(read_until(&mut next, "usage").await.contains("\"object\":\"embedding\""));
}

#[tokio::test]
async fn a_stream_that_waits_for_its_time_does_not_give_way_to_another_client() {
    let sandbox = sandbox(20.0);
    let (server, _stop) = start(&sandbox, |options| options.limits.connections = 1).await;
    let mut stream = sent(&server, &sandbox, "chat/completions", &streamed()).await;
    read_until(&mut stream, "\"role\":\"assistant\"").await;
    let mut next = sent(&server, &sandbox, "embeddings", &json!({"model": "embeddings", "input": "x"})).await;
    assert!(read_until(&mut stream, "[DONE]").await.contains("[DONE]"), "it was cut");
    assert!(read_until(&mut next, "usage").await.contains("\"object\":\"embedding\""));
}

#[tokio::test]
async fn a_client_that_does_not_read_its_stream_loses_its_place() {
    let sandbox = sandbox(0.0);
    let (server, _stop) = start(&sandbox, |options| {
        options.limits.connections = 1;
        options.limits.write = Duration::from_millis(100);
    })
    .await;
    // 40 MB, were they made.
    let texts: Vec<String> = (0..2_048).map(|index| format!("text {index}")).collect();
    let stuck = sent(&server, &sandbox, "embeddings", &json!({"model": "embeddings", "input": texts})).await;
    let mut next = sent(&server, &sandbox, "embeddings", &json!({"model": "embeddings", "input": "x"})).await;
    assert!(read_until(&mut next, "usage").await.contains("\"object\":\"embedding\""));
    drop(stuck);
}

#[tokio::test]
async fn large_requests_whose_answers_nobody_reads_take_a_bounded_part_of_the_memory() {
    let sandbox = sandbox(60_000.0);
    let (server, _stop) = start(&sandbox, |_| {}).await;
    let begins = async |path: &str, body: &Value, beginning: &str| {
        let mut stream = sent(&server, &sandbox, path, body).await;
        let answer = read_until(&mut stream, beginning).await;
        (answer.get(9..12).unwrap_or_default().to_owned(), stream)
    };
    // The answer keeps what it tells back until its end.
    let large = json!({"model": "chat", "stream": true, "instructions": "x".repeat(100_000), "input": "Hello"});
    let mut unread = Vec::new();
    for number in 0..8 {
        let (status, stream) = begins("responses", &large, "response.in_progress").await;
        assert_eq!(status, "200", "{number}");
        unread.push(stream);
    }
    assert_eq!(begins("responses", &large, "ServerBusy").await.0, "503");
    let small = json!({"model": "embeddings", "input": "x"});
    assert_eq!(begins("embeddings", &small, "usage").await.0, "200");
    // One that leaves gives its place to the next, and what keeps little of a large request does not take any.
    drop(unread.pop());
    let chat = json!({"model": "chat", "stream": true, "messages": [{"role": "user", "content": "x".repeat(100_000)}]});
    let first = async {
        loop {
            let (status, stream) = begins("chat/completions", &chat, "\"role\":\"assistant\"").await;
            if status == "200" {
                break stream;
            }
        }
    };
    unread.push(tokio::time::timeout(Duration::from_secs(60), first).await.expect("a place within a minute"));
    for number in 0..9 {
        let (status, stream) = begins("chat/completions", &chat, "\"role\":\"assistant\"").await;
        assert_eq!(status, "200", "{number}");
        unread.push(stream);
    }
}
