//! The data plane of an Azure OpenAI account: one question to a model deployment.
//!
//! It goes out by the same transport as requests to Resource Manager, with a token of its own: one for the data plane's
//! audience, sent to nothing but a host of an account. Where Resource Manager is at this machine (`sandbox serve`), so is
//! the data plane: requests go to the same address, with the account's host in the `Host` header.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::Method;
use http::header::{CONTENT_TYPE, HOST, HeaderMap, HeaderValue};
use serde::Deserialize;
use serde_json::json;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::credential::TokenCache;
use super::error::Error;
use super::quote::{self, cut};
use super::request::Request;
use super::retry::RetryPolicy;
use super::service_channel::{ServiceChannel, Signer};
use super::transport::SharedTransport;
use crate::events::Events;
use crate::values::cloud::{Cloud, is_loopback};
use azlab_clock::Clock;

/// The version that the workshop's ai-service asks with (its `AZURE_OPENAI_API_VERSION`).
const API_VERSION: &str = "2024-12-01-preview";
/// The temperature that the ai-service sends (its `TEMPERATURE`): the only one that reasoning models take.
const TEMPERATURE: f64 = 1.0;
/// What the model is told first, as by the ai-service.
const SYSTEM: &str = "You are a helpful assistant.";
/// For how long a question is asked again: a deployment whose minute is used up answers in the next one, for which nobody
/// waits.
const GIVE_UP_AFTER: Duration = Duration::from_secs(30);

/// What a [`DataPlane`] is made of; most of it is what the channel to Resource Manager is made of.
#[derive(Clone, Debug)]
pub struct DataPlaneOptions {
    /// How requests leave.
    pub transport: SharedTransport,
    /// Who signs them.
    pub tokens: Arc<TokenCache>,
    /// The cloud: its hosts, and what tokens for them are for.
    pub cloud: Cloud,
    /// Where Resource Manager is.
    pub arm_endpoint: Url,
    /// The service's clock.
    pub clock: Clock,
    /// Where requests are told.
    pub events: Events,
    /// Cancelled when the user asks to stop.
    pub stop: CancellationToken,
}

/// A way to the data plane of any account of a cloud. Cheap to clone.
#[derive(Clone)]
pub struct DataPlane {
    pub(super) channel: Arc<ServiceChannel>,
    pub(super) cloud: Cloud,
    pub(super) arm_endpoint: Url,
}

/// What a model answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    /// The model, in the service's words: `gpt-35-turbo-0125`.
    pub model: String,
    /// What it said.
    pub text: String,
}

#[derive(Deserialize)]
struct Answered {
    #[serde(default)]
    model: String,
    choices: Vec<Choice>,
}

#[derive(Deserialize)]
struct Choice {
    message: Message,
}

#[derive(Deserialize)]
struct Message {
    // Nothing was said if the answer was cut off or filtered.
    content: Option<String>,
}

impl fmt::Debug for DataPlane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DataPlane").field("cloud", &self.cloud).finish_non_exhaustive()
    }
}

impl DataPlane {
    /// A way to the accounts of a cloud.
    pub fn new(options: DataPlaneOptions) -> Self {
        let DataPlaneOptions { transport, tokens, cloud, arm_endpoint, clock, events, stop } = options;
        let policy = RetryPolicy { give_up_after: GIVE_UP_AFTER, ..RetryPolicy::default() };
        let (scope, request_id) = (cloud.data_plane_scope(), "apim-request-id");
        let signer = Some(Signer { tokens, scope });
        let channel = ServiceChannel { transport, signer, clock, events, stop, policy, request_id };
        Self { channel: Arc::new(channel), cloud, arm_endpoint }
    }

    /// Asks `question` of the deployment `deployment` on the account at `endpoint` (its `properties.endpoint`), in the way in
    /// which the workshop's ai-service asks.
    ///
    /// # Errors
    /// [`Error::Service`]: 400 `unsupported_value` or `unsupported_parameter` of a model that does not take what the ai-service
    /// sends, 401 `PermissionDenied` without a role that has the data action, 404 `DeploymentNotFound`, 429 when
    /// the deployment's limit is used up. [`Error::Answer`] for an endpoint that is no account's, to which nothing is sent,
    /// and for an answer that is no chat completion. [`Error::SignIn`], [`Error::Transport`], [`Error::Interrupted`].
    pub async fn chat(&self, endpoint: &str, deployment: &str, question: &str) -> Result<Completion, Error> {
        let request = self.request(endpoint, deployment, question)?;
        completion(&request, &self.channel.ask(&request).await?)
    }

    fn request(&self, endpoint: &str, deployment: &str, question: &str) -> Result<Request, Error> {
        let mut url = self.base(endpoint)?;
        let mut headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("application/json"))]);
        if is_loopback(&self.arm_endpoint) {
            let host = url.host_str().unwrap_or_default().to_owned();
            url = self.arm_endpoint.clone();
            let host = HeaderValue::from_str(&host).map_err(|_| no_account(endpoint, self.cloud))?;
            headers.insert(HOST, host);
        }
        if let Ok(mut path) = url.path_segments_mut() {
            path.clear().extend(["openai", "deployments", deployment, "chat", "completions"]);
        }
        url.set_query(Some(&format!("api-version={API_VERSION}")));
        // What the ai-service 2.2.0 sends (aks-store-demo, src/ai-service/routers/description_generator.py), and nothing
        // else: a model that refuses a part of it does not serve the application. It sets no limit on the answer.
        let messages = json!([{"role": "system", "content": SYSTEM}, {"role": "user", "content": question}]);
        let body = json!({"messages": messages, "model": deployment, "temperature": TEMPERATURE});
        Ok(Request { method: Method::POST, url, headers, body: Bytes::from(body.to_string()) })
    }

    /// The URL of an account: https, a host right below one of the cloud's domains, and nothing else.
    fn base(&self, endpoint: &str) -> Result<Url, Error> {
        let refuse = || no_account(endpoint, self.cloud);
        let url = Url::parse(endpoint).map_err(|_| refuse())?;
        // What is served at this machine knows one cloud, whichever was named.
        let clouds = if is_loopback(&self.arm_endpoint) { &Cloud::ALL[..] } else { &[self.cloud] };
        let host = url.host_str().unwrap_or_default();
        let is_account = clouds.iter().flat_map(|cloud| cloud.data_plane_suffixes()).any(|suffix| {
            host.strip_suffix(suffix).is_some_and(|subdomain| !subdomain.is_empty() && !subdomain.contains('.'))
        });
        let is_bare = url.username().is_empty() && url.password().is_none() && url.port().is_none();
        if url.scheme() == "https" && is_account && is_bare { Ok(url) } else { Err(refuse()) }
    }
}

fn no_account(endpoint: &str, cloud: Cloud) -> Error {
    let [suffix, _] = cloud.data_plane_suffixes();
    let shown = cut(endpoint, quote::WORD);
    Error::answer(
        "the account's endpoint",
        format!("{shown} is not https://NAME{suffix}/, and a token goes nowhere else"),
    )
}

fn completion(request: &Request, body: &[u8]) -> Result<Completion, Error> {
    let unreadable = |problem: String| Error::answer(request.url.path(), problem);
    let answered: Answered = serde_json::from_slice(body).map_err(|error| unreadable(error.to_string()))?;
    let first = answered.choices.into_iter().next().ok_or_else(|| unreadable("it has no choices".to_owned()))?;
    Ok(Completion { model: answered.model, text: first.message.content.unwrap_or_default() })
}
