//! What a server tells of its work, to whoever keeps a log.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Response, Uri};

use crate::faults::fault::ConnectionReset;

/// Something that the server did, or that came in its way.
#[derive(Clone, Debug)]
pub enum ServerEvent {
    /// A request was answered, or its connection cut on purpose.
    Request(Box<AccessLogEntry>),
    /// A client could not be served. For people.
    Trouble(String),
}

/// A request and how it was answered.
#[derive(Clone, Debug)]
pub struct AccessLogEntry {
    /// The HTTP method.
    pub method: Method,
    /// Path and query, as sent.
    pub path: String,
    /// The status; `None` if the connection was cut instead.
    pub status: Option<u16>,
    /// Real time from the head to the answer.
    pub took: Duration,
    /// The client's `x-ms-client-request-id`.
    pub client_request_id: Option<String>,
    /// The answer's `x-ms-request-id`.
    pub request_id: Option<String>,
    /// The code of a refusal, or why there is no answer.
    pub problem: Option<String>,
}

/// Who is told. Called on the server's own task: it must not wait.
#[derive(Clone)]
pub struct AccessLog(Arc<dyn Fn(ServerEvent) + Send + Sync>);

impl fmt::Debug for AccessLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessLog")
    }
}

impl AccessLog {
    /// Calls `told` with each.
    pub fn new(told: impl Fn(ServerEvent) + Send + Sync + 'static) -> Self {
        Self(Arc::new(told))
    }

    pub(super) fn trouble(&self, message: String) {
        (self.0)(ServerEvent::Trouble(message));
    }

    pub(super) fn request(&self, request: AccessLogEntry) {
        (self.0)(ServerEvent::Request(Box::new(request)));
    }
}

/// What is known of a request before it is served.
pub(super) struct LoggedRequest {
    method: Method,
    path: String,
    client_request_id: Option<String>,
}

impl LoggedRequest {
    pub(super) fn of(method: &Method, uri: &Uri, headers: &HeaderMap) -> Self {
        Self {
            method: method.clone(),
            path: uri.path_and_query().map_or_else(|| "/".to_owned(), ToString::to_string),
            client_request_id: text(headers, "x-ms-client-request-id"),
        }
    }

    /// Tells how it was answered; gives the response back.
    pub(super) async fn answered(
        self,
        access_log: &AccessLog,
        response: Response<Body>,
        took: Duration,
    ) -> Response<Body> {
        let Self { method, path, client_request_id } = self;
        let is_cut = response.extensions().get::<ConnectionReset>().is_some();
        let request_id = text(response.headers(), "x-ms-request-id");
        let status = (!is_cut).then_some(response.status());
        let (response, problem) = match status {
            None => (response, Some(ConnectionReset.to_string())),
            Some(status) if status.is_client_error() || status.is_server_error() => with_code(response).await,
            Some(_) => (response, None),
        };
        let status = status.map(|status| status.as_u16());
        access_log.request(AccessLogEntry { method, path, status, took, client_request_id, request_id, problem });
        response
    }
}

/// The code of a refusal, in ARM's form or in that of a sign-in service. The router's bodies are whole already.
async fn with_code(response: Response<Body>) -> (Response<Body>, Option<String>) {
    let (head, body) = response.into_parts();
    let Ok(bytes) = to_bytes(body, usize::MAX).await else { return (Response::from_parts(head, Body::empty()), None) };
    let object: Option<serde_json::Value> = serde_json::from_slice(&bytes).ok();
    let code = object.as_ref().and_then(|object| {
        let error = object.get("error")?;
        error.as_str().or_else(|| error.get("code")?.as_str()).map(str::to_owned)
    });
    (Response::from_parts(head, Body::from(bytes)), code)
}

fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}
