//! The way to the data plane: where a token goes, and which.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use azlab::azure::credential::{AccessToken, CredentialKind, SignInError, TokenCache, TokenSource};
use azlab::azure::data_plane::{DataPlane, DataPlaneOptions};
use azlab::azure::error::Error;
use azlab::azure::transport::{Transport, TransportError};
use azlab::events::Events;
use azlab::values::cloud::Cloud;
use azlab_clock::Clock;
use bytes::Bytes;
use time::OffsetDateTime;
use tokio_util::sync::CancellationToken;

/// Notes the scopes that tokens are asked for.
#[derive(Debug, Default)]
struct Tokens(Mutex<Vec<String>>);

#[async_trait]
impl TokenSource for Tokens {
    async fn fetch(&self, scope: &str) -> Result<AccessToken, SignInError> {
        self.0.lock().unwrap().push(scope.to_owned());
        Ok(AccessToken::new(format!("token-for-{scope}"), OffsetDateTime::now_utc() + time::Duration::HOUR))
    }

    fn kind(&self) -> CredentialKind {
        CredentialKind::Cli
    }
}

/// Notes where requests go: URL, Host, Authorization.
#[derive(Debug, Default)]
struct Wire(Mutex<Vec<[String; 3]>>);

#[async_trait]
impl Transport for Wire {
    async fn send(&self, request: http::Request<Bytes>) -> Result<http::Response<Bytes>, TransportError> {
        let header = |name| request.headers().get(name).map_or("", |value| value.to_str().unwrap()).to_owned();
        self.0.lock().unwrap().push([request.uri().to_string(), header("host"), header("authorization")]);
        let body = r#"{"model":"m","choices":[{"message":{"role":"assistant","content":"ready"}}]}"#;
        Ok(http::Response::new(Bytes::from_static(body.as_bytes())))
    }
}

struct World {
    plane: DataPlane,
    tokens: Arc<Tokens>,
    wire: Arc<Wire>,
}

fn world(cloud: Cloud, arm_endpoint: &str) -> World {
    let (tokens, wire, clock) = (Arc::new(Tokens::default()), Arc::new(Wire::default()), Clock::real());
    let plane = DataPlane::new(DataPlaneOptions {
        transport: wire.clone(),
        tokens: Arc::new(TokenCache::new(tokens.clone(), clock)),
        cloud,
        arm_endpoint: arm_endpoint.parse().unwrap(),
        clock,
        events: Events::channel(clock).0,
        stop: CancellationToken::new(),
    });
    World { plane, tokens, wire }
}

#[tokio::test]
async fn each_cloud_has_its_hosts_and_its_audience() {
    for (cloud, host, audience) in [
        (Cloud::Public, "a.openai.azure.com", "https://cognitiveservices.azure.com"),
        (Cloud::Public, "a.cognitiveservices.azure.com", "https://cognitiveservices.azure.com"),
        (Cloud::UsGov, "a.openai.azure.us", "https://cognitiveservices.azure.us"),
        (Cloud::China, "a.openai.azure.cn", "https://cognitiveservices.azure.cn"),
    ] {
        let world = world(cloud, cloud.arm_endpoint());
        let answer = world.plane.chat(&format!("https://{host}/"), "my model/1", "?").await.unwrap();
        assert_eq!((answer.model.as_str(), answer.text.as_str()), ("m", "ready"));
        let scope = format!("{audience}/.default");
        assert_eq!(world.tokens.0.lock().unwrap().as_slice(), std::slice::from_ref(&scope));
        let url =
            format!("https://{host}/openai/deployments/my%20model%2F1/chat/completions?api-version=2024-12-01-preview");
        let sent = world.wire.0.lock().unwrap();
        assert_eq!((&sent[0][0], &sent[0][2]), (&url, &format!("Bearer token-for-{scope}")));
    }
}

#[tokio::test]
async fn a_token_goes_to_nothing_but_an_account_of_the_cloud() {
    let bad = [
        "http://a.openai.azure.com/",
        "https://a.openai.azure.com.example.org/",
        "https://openai.azure.com/",
        "https://.openai.azure.com/",
        "https://a.b.openai.azure.com/",
        "https://aopenai.azure.com/",
        "https://a.openai.azure.com:8443/",
        "https://user:secret@a.openai.azure.com/",
        "https://a.openai.azure.us/",
        "https://westeurope.api.cognitive.microsoft.com/",
        "https://127.0.0.1/",
        "a.openai.azure.com",
        "",
    ];
    let world = world(Cloud::Public, "https://management.azure.com");
    for endpoint in bad {
        let refused = world.plane.chat(endpoint, "d", "?").await.expect_err(endpoint);
        assert!(matches!(refused, Error::Answer { .. }), "{endpoint}: {refused}");
    }
    assert!(world.tokens.0.lock().unwrap().is_empty() && world.wire.0.lock().unwrap().is_empty());
}

#[tokio::test]
async fn where_resource_manager_is_at_this_machine_so_is_the_data_plane() {
    for cloud in Cloud::ALL {
        let world = world(cloud, "https://localhost:8443");
        world.plane.chat("https://a.openai.azure.com/", "d", "?").await.unwrap();
        assert!(world.plane.chat("https://example.org/", "d", "?").await.is_err());
        let sent = world.wire.0.lock().unwrap();
        let [url, host, _] = &sent[0];
        assert!(url.starts_with("https://localhost:8443/openai/deployments/d/"), "{url}");
        assert_eq!((host.as_str(), sent.len()), ("a.openai.azure.com", 1));
    }
}
