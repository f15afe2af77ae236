//! Carries kube's requests over a transport of azlab's: signs them, tries again, and tells them as events.
//!
//! All that is sent may be sent again whatever became of it: reads, server-side applies, merges that name the version that they
//! change, and deletions that name the object by its uid.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::AUTHORIZATION;
use http::{StatusCode, Uri};
use kube::client::Body;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::error::Error;
use crate::azure::credential::TokenCache;
use crate::azure::error::header;
use crate::azure::request::bearer;
use crate::azure::retry::{self, RetryPolicy};
use crate::azure::sent::Sent;
use crate::azure::transport::{SharedTransport, TransportError};
use crate::events::{EventKind, Events};
use crate::values::Secret;
use azlab_clock::Clock;

/// How requests say who asks.
#[derive(Clone, Debug)]
pub(super) enum Auth {
    /// The connection says it.
    None,
    /// This token.
    Token(Secret),
    /// A token of Entra ID.
    Entra {
        /// Where tokens come from.
        tokens: Arc<TokenCache>,
        /// What they are for.
        scope: String,
    },
}

/// A channel to one API server.
#[derive(Clone, Debug)]
pub(super) struct Channel {
    /// How requests leave.
    pub(super) transport: SharedTransport,
    /// Where the API server is.
    pub(super) server: Url,
    /// Who asks.
    pub(super) auth: Auth,
    /// The service's clock.
    pub(super) clock: Clock,
    /// Where requests are told.
    pub(super) events: Events,
    /// Cancelled when the user asks to stop.
    pub(super) stop: CancellationToken,
    /// How tries are repeated.
    pub(super) policy: RetryPolicy,
}

impl tower_service::Service<http::Request<Body>> for Channel {
    type Response = http::Response<Body>;
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let channel = self.clone();
        Box::pin(async move { channel.answer(request).await })
    }
}

impl Channel {
    /// The host of its API server.
    fn host(&self) -> String {
        self.server.host_str().unwrap_or_default().to_owned()
    }

    async fn answer(&self, request: http::Request<Body>) -> Result<http::Response<Body>, Error> {
        let (parts, body) = request.into_parts();
        let body = body.collect_bytes().await.map_err(|error| Error::of("a request", error))?;
        let out = self.addressed(&parts, body)?;
        let (began, mut backoff, mut attempt) = (self.clock.stopwatch(), self.policy.backoff(), 0);
        loop {
            attempt += 1;
            let gone = began.elapsed();
            let (answer, asked) = self.try_once(&out, attempt).await?;
            let reason = match &answer {
                Ok(answer) => passes(answer).then(|| answer.status().to_string()),
                Err(TransportError::Barred(_) | TransportError::Invalid(_)) => None,
                Err(problem) => Some(problem.to_string()),
            };
            let wait = reason.as_ref().and_then(|_| self.policy.wait(gone, asked, &mut backoff));
            let (Some(reason), Some(wait)) = (reason, wait) else {
                let answer = answer.map_err(|source| Error::Transport { server: self.host(), source })?;
                return Ok(answer.map(Body::from));
            };
            self.events.emit(EventKind::Retrying {
                method: out.method().to_string(),
                path: out.uri().path().to_owned(),
                reason,
                retry_in_s: wait.as_secs_f64(),
            });
            self.or_stop(self.clock.sleep(wait)).await?;
        }
    }

    /// One try: the answer, or why there is none; and for how long the server asks to wait.
    async fn try_once(
        &self,
        request: &http::Request<Bytes>,
        attempt: u32,
    ) -> Result<(Result<http::Response<Bytes>, TransportError>, Option<std::time::Duration>), Error> {
        let mut out = request.clone();
        if let Some(token) = self.token().await? {
            let unusable = |source| Error::Transport { server: self.host(), source };
            out.headers_mut().insert(AUTHORIZATION, bearer(token.reveal()).map_err(unusable)?);
        }
        // The query has no secret, yet says little: the field manager, every time.
        let path = request.uri().path().to_owned();
        let sent = Sent::new(&self.events, &self.clock, request.method(), path, attempt);
        let limit = self.policy.try_limit;
        let sending = self.clock.timeout(limit, self.transport.send(out));
        let answer = self.or_stop(sending).await?.unwrap_or(Err(TransportError::NoAnswer(limit)));
        let asked = answer.as_ref().ok().and_then(|answer| retry::retry_after(answer.headers(), self.clock.now()));
        match &answer {
            Ok(answer) => sent.answered(answer.status(), header(answer.headers(), "audit-id").map(str::to_owned)),
            Err(problem) => sent.failed(problem.to_string()),
        }
        Ok((answer, asked))
    }

    async fn token(&self) -> Result<Option<Secret>, Error> {
        match &self.auth {
            Auth::None => Ok(None),
            Auth::Token(token) => Ok(Some(token.clone())),
            Auth::Entra { tokens, scope } => {
                let token = self.or_stop(tokens.token(scope)).await?;
                let token = token.map_err(|error| Error::SignIn(Box::new(error)))?;
                Ok(Some(Secret::new(token.secret().to_owned())))
            }
        }
    }

    /// The request with its whole address: kube names paths alone.
    fn addressed(&self, parts: &http::request::Parts, body: Bytes) -> Result<http::Request<Bytes>, Error> {
        let problem = |problem: String| Error::Answer { what: self.host(), problem };
        let mut uri = self.server.clone();
        uri.set_path(&format!("{}{}", self.server.path().trim_end_matches('/'), parts.uri.path()));
        uri.set_query(parts.uri.query());
        let uri: Uri = uri.as_str().parse().map_err(|error: http::uri::InvalidUri| problem(error.to_string()))?;
        let mut out = http::Request::new(body);
        *out.method_mut() = parts.method.clone();
        *out.uri_mut() = uri;
        *out.headers_mut() = parts.headers.clone();
        Ok(out)
    }

    /// Does it unless the user asks to stop first.
    async fn or_stop<T>(&self, doing: impl Future<Output = T>) -> Result<T, Error> {
        tokio::select! {
            biased;
            () = self.stop.cancelled() => Err(Error::Interrupted),
            done = doing => Ok(done),
        }
    }
}

/// Whether a later try may end better: the server is busy, restarts, or something before it cannot reach it.
fn passes(answer: &http::Response<Bytes>) -> bool {
    match answer.status() {
        StatusCode::TOO_MANY_REQUESTS
        | StatusCode::BAD_GATEWAY
        | StatusCode::SERVICE_UNAVAILABLE
        | StatusCode::GATEWAY_TIMEOUT => true,
        StatusCode::INTERNAL_SERVER_ERROR => {
            let text = String::from_utf8_lossy(answer.body());
            PASSING.iter().any(|words| text.contains(words))
        }
        _ => false,
    }
}

/// What a server that has just started, or whose etcd elects a leader, says with 500. The first was seen from kube-apiserver
/// 1.34.3 in the second after its start, whose ranges of addresses were free; the others are etcd's (`rpctypes`).
const PASSING: [&str; 3] =
    ["failed to allocate a serviceIP", "etcdserver: leader changed", "etcdserver: request timed out"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_has_just_started_is_asked_again_and_a_mistake_is_not() {
        let said = |status: u16, text: &str| {
            let body = Bytes::from(format!(r#"{{"kind":"Status","status":"Failure","message":"{text}"}}"#));
            passes(&http::Response::builder().status(status).body(body).unwrap())
        };
        assert!(said(500, "Internal error occurred: failed to allocate a serviceIP: range is full"));
        assert!(said(500, "etcdserver: leader changed") && said(503, ""));
        assert!(!said(500, "failed to create typed patch object: .spec.replica: field not declared in schema"));
        assert!(!said(422, "failed to allocate a serviceIP") && !said(404, ""));
    }
}
