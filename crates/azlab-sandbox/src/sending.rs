//! Requests of the subscription's owner in one line each, for tests.

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, Method, Request, StatusCode};
use serde_json::Value;

use crate::access_token::ARM_AUDIENCE;
use crate::faults::fault::ConnectionReset;
use crate::ids::SUBSCRIPTION_ID;
use crate::sandbox::Sandbox;
use crate::services::openai;
use crate::services::signin::SignerError;

/// What came of a [`Sandbox::send`].
#[derive(Clone, Debug)]
pub struct Reply {
    /// Status of the answer, a refusal's too.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body; `null` where there is none, or none in JSON.
    pub body: Value,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// The path is no path.
    #[error("the request cannot be made: {0}")]
    Request(#[from] http::Error),
    /// The owner's token cannot be signed.
    #[error(transparent)]
    Token(#[from] SignerError),
    /// A fault has lost the connection.
    #[error(transparent)]
    Lost(#[from] ConnectionReset),
}

impl Sandbox {
    /// Sends a request as the subscription's owner, and waits for its answer on the sandbox's clock. `path` is one below the first
    /// subscription (`/resourceGroups/lab?api-version=2021-04-01`), one from the top (`/subscriptions/…`), or a URL: the links of
    /// answers are URLs, and accounts have theirs (`https://NAME.openai.azure.com/openai/v1/chat/completions`), which are sent a
    /// token for the data plane. `body` is sent as JSON.
    ///
    /// ```
    /// # use azlab_sandbox::{Clock, Sandbox};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let azure = Sandbox::in_memory(Clock::real())?;
    /// let groups = azure.send(http::Method::GET, "/resourceGroups?api-version=2021-04-01", None).await?;
    /// assert_eq!(groups.body["value"], serde_json::json!([]));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`SendError`]; a refusal is an answer.
    pub async fn send(&self, method: Method, path: &str, body: Option<Value>) -> Result<Reply, SendError> {
        let is_whole = path.starts_with("https://") || path.starts_with("/subscriptions");
        let uri = if is_whole { path.to_owned() } else { format!("/subscriptions/{SUBSCRIPTION_ID}{path}") };
        let mut request = Request::builder().method(method).uri(uri);
        if body.is_some() {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        let body = body.map_or_else(Bytes::new, |body| body.to_string().into());
        let (mut parts, body) = request.body(body)?.into_parts();
        let audience = if openai::target(&parts).is_some() { openai::AUDIENCE } else { ARM_AUDIENCE };
        parts.headers.insert(AUTHORIZATION, self.bearer_for(audience)?);
        let (parts, body) = self.try_handle(Request::from_parts(parts, body)).await?.into_parts();
        let body = serde_json::from_slice(&body).unwrap_or_default();
        Ok(Reply { status: parts.status, headers: parts.headers, body })
    }
}
