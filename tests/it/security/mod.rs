//! docs/security.md: what is promised, and that each promise has a test.
pub mod https;
mod listed;
mod redirects;
mod served;
mod source;
mod written;

use std::sync::Arc;

use async_trait::async_trait;
use azlab::azure::arm::{Arm, ArmOptions};
use azlab::azure::credential::{
    AccessToken, AuthMode, CredentialKind, Environment, SignInError, SignInOptions, TokenCache, TokenSource, sign_in,
};
use azlab::azure::data_plane::{DataPlane, DataPlaneOptions};
use azlab::azure::http::Http;
use azlab::azure::retry::RetryPolicy;
use azlab::events::Events;
use azlab::values::cloud::Cloud;
use azlab_clock::Clock;
use tokio_util::sync::CancellationToken;
use url::Url;

/// The token of the channel and of the data plane.
const TOKEN: &str = "eyJ0b2tlbg.of-the-channel";
/// The secret that a sign-in service is asked with.
const CLIENT_SECRET: &str = "client-secret-in-the-form";

#[derive(Debug)]
struct OneToken;

#[async_trait]
impl TokenSource for OneToken {
    async fn fetch(&self, _scope: &str) -> Result<AccessToken, SignInError> {
        Ok(AccessToken::new(TOKEN, time::OffsetDateTime::now_utc() + time::Duration::HOUR))
    }

    fn kind(&self) -> CredentialKind {
        CredentialKind::Cli
    }
}

/// The three ways on which something secret leaves this machine.
const WAYS: [&str; 3] = ["arm", "data plane", "sign-in"];

/// Sends one request that carries a secret to `url`, as azlab itself does it, trusting the certificates in `ca_file`.
/// Gives what went wrong.
async fn send_secret(way: &str, url: &str, ca_file: &str) -> Result<(), String> {
    let endpoint: Url = url.parse().unwrap();
    let clock = Clock::real();
    let transport = Arc::new(Http::new(&endpoint, Some(ca_file.as_ref())).unwrap());
    let tokens = Arc::new(TokenCache::new(Arc::new(OneToken), clock));
    let (events, stop) = (Events::channel(clock).0, CancellationToken::new());
    // What is refused is refused at once: nothing is to be gained by trying again.
    let retry = RetryPolicy { give_up_after: std::time::Duration::ZERO, ..RetryPolicy::default() };
    match way {
        "arm" => {
            let scope = "https://management.azure.com/.default".to_owned();
            let arm = Arm::new(ArmOptions { transport, endpoint, tokens, scope, clock, events, stop, retry });
            arm.get("/subscriptions/s?api-version=2022-12-01").await.map(drop).map_err(|error| error.to_string())
        }
        "data plane" => {
            let plane = DataPlane::new(DataPlaneOptions {
                transport,
                tokens,
                cloud: Cloud::Public,
                arm_endpoint: endpoint,
                clock,
                events,
                stop: stop.clone(),
            });
            // It asks again for half a minute; the first answer tells.
            let asked = plane.chat("https://a.openai.azure.com/", "d", "?");
            match tokio::time::timeout(std::time::Duration::from_secs(2), asked).await {
                Ok(answered) => answered.map(drop).map_err(|error| error.to_string()),
                Err(_) => Err("asked again and again".to_owned()),
            }
        }
        _ => {
            let environment = Environment::from_pairs([
                ("AZURE_AUTHORITY_HOST", url),
                ("AZLAB_CA_FILE", ca_file),
                ("AZURE_TENANT_ID", "7e4a0000-0000-0000-0000-000000000000"),
                ("AZURE_CLIENT_ID", "a21ab000-0000-4000-8000-000000000001"),
                ("AZURE_CLIENT_SECRET", CLIENT_SECRET),
            ]);
            let cache = sign_in(SignInOptions::new(AuthMode::Secret, Cloud::Public, environment, clock)).unwrap();
            let token = cache.token("https://management.azure.com/.default").await;
            token.map(drop).map_err(|error| error.to_string())
        }
    }
}
