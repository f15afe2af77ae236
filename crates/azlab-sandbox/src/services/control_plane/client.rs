//! A plain HTTPS client of one API server, for the stand-in of its nodes.

use std::time::Duration;

use reqwest::header::CONTENT_TYPE;
use reqwest::{Certificate, Identity, Method, Response};
use serde_json::Value;

use super::endpoint::Endpoint;

/// For an answer, of a server on this machine.
const LIMIT: Duration = Duration::from_secs(30);

/// What a body is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Body {
    /// An object.
    Object,
    /// A JSON merge patch (RFC 7386).
    MergePatch,
    /// A patch that merges lists whose entries have a key, such as the conditions of a status (Kubernetes, "Update API Objects
    /// in Place Using kubectl patch").
    StrategicMergePatch,
    /// An object whose named fields are to be so (server-side apply).
    Apply,
}

/// A request that was not answered as it was meant.
#[derive(Debug, thiserror::Error)]
pub(super) enum ClientError {
    /// The server refused it.
    #[error("{status}: {message}")]
    Refused {
        /// The status.
        status: u16,
        /// What it says.
        message: String,
    },
    /// There was no answer.
    #[error("{0}")]
    Broken(#[from] reqwest::Error),
}

impl ClientError {
    /// The status, if the server answered.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Refused { status, .. } => Some(*status),
            Self::Broken(_) => None,
        }
    }
}

/// The client, as the cluster's administrator.
#[derive(Clone, Debug)]
pub(super) struct Client {
    http: reqwest::Client,
    url: String,
}

impl Client {
    pub fn new(endpoint: &Endpoint) -> Result<Self, ClientError> {
        let identity = Identity::from_pem(format!("{}{}", endpoint.client, endpoint.client_key).as_bytes())?;
        let http = reqwest::Client::builder()
            .tls_certs_only([Certificate::from_pem(endpoint.authority.as_bytes())?])
            .identity(identity)
            .no_proxy()
            .build()?;
        Ok(Self { http, url: endpoint.url() })
    }

    /// Reads `path`, with its query.
    pub async fn get(&self, path: &str) -> Result<Value, ClientError> {
        let answer = self.http.get(format!("{}{path}", self.url)).timeout(LIMIT).send().await?;
        object(accepted(answer).await?).await
    }

    /// Whether the server answers `path` with success, whatever it says.
    pub async fn is_well(&self, path: &str) -> bool {
        let answer = self.http.get(format!("{}{path}", self.url)).timeout(LIMIT).send().await;
        answer.is_ok_and(|answer| answer.status().is_success())
    }

    /// Writes, and gives what the server answers.
    pub async fn send(&self, method: Method, path: &str, kind: Body, body: &Value) -> Result<Value, ClientError> {
        let kind = match kind {
            Body::Object => "application/json",
            Body::MergePatch => "application/merge-patch+json",
            Body::StrategicMergePatch => "application/strategic-merge-patch+json",
            // JSON is YAML.
            Body::Apply => "application/apply-patch+yaml",
        };
        let request = self.http.request(method, format!("{}{path}", self.url)).timeout(LIMIT);
        let answer = request.header(CONTENT_TYPE, kind).body(body.to_string()).send().await?;
        object(accepted(answer).await?).await
    }

    /// The answer to a watch, which goes on until the server ends it.
    pub async fn stream(&self, path: &str) -> Result<Response, ClientError> {
        accepted(self.http.get(format!("{}{path}", self.url)).send().await?).await
    }
}

async fn accepted(answer: Response) -> Result<Response, ClientError> {
    let status = answer.status();
    if status.is_success() {
        return Ok(answer);
    }
    let said = object(answer).await.unwrap_or_default();
    let message = said["message"].as_str().unwrap_or_default().to_owned();
    Err(ClientError::Refused { status: status.as_u16(), message })
}

async fn object(answer: Response) -> Result<Value, ClientError> {
    Ok(serde_json::from_slice(&answer.bytes().await?).unwrap_or_default())
}
