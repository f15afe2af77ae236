//! Our channel, as the two generations of `azure_core` below the management crates want it: an `HttpClient` that sends
//! through [`Arm`], and a credential that gives nothing away, because [`Arm`] signs each try itself.
//!
//! Whatever goes wrong in [`Arm`] travels through the SDK as the inner error of theirs and is taken out again by
//! [`read`], so that callers see our typed [`Error`] and the SDK's models, and nothing of the SDK's error handling.

use std::fmt::Display;
use std::sync::Arc;

use bytes::Bytes;
use http::HeaderMap;
use http::header::{HeaderName, HeaderValue, IF_MATCH};
use serde::de::DeserializeOwned;
use time::OffsetDateTime;

use super::arm::{Arm, Reply};
use super::body::parse;
use super::error::Error;
use super::observed::{Observed, Replacement};
use super::quote::{self, cut};
use super::request::Request;
use super::transport::TransportError;

/// What the SDK puts in `Authorization`; [`Arm`] replaces it.
const PLACEHOLDER: &str = "replaced-below-the-sdk";

/// The SDK operations' raw answers, of either generation.
pub(crate) trait SdkAnswer {
    /// Our form of it.
    fn into_reply(self) -> impl Future<Output = Result<Reply, Error>> + Send;
}

/// Takes an SDK operation's `.send()` apart: the answer, or our own error.
///
/// # Errors
/// As [`Arm::send`]; [`Error::Answer`] for what the SDK itself could not do.
pub(crate) async fn reply<A: SdkAnswer, E: SdkError>(what: &str, sent: Result<A, E>) -> Result<Reply, Error> {
    match sent {
        Ok(answer) => answer.into_reply().await,
        Err(error) => Err(error.into_ours(what)),
    }
}

/// [`reply`], and the body read into `T`.
///
/// # Errors
/// As [`reply`] and [`parse`].
pub(crate) async fn read<T: DeserializeOwned, A: SdkAnswer, E: SdkError>(
    what: &str,
    sent: Result<A, E>,
) -> Result<T, Error> {
    let reply = reply(what, sent).await?;
    parse(what, &reply.body)
}

/// [`reply`], and the body kept as JSON beside the model.
///
/// # Errors
/// As [`reply`] and [`parse`].
pub(crate) async fn observe<T: DeserializeOwned, A: SdkAnswer, E: SdkError>(
    what: &str,
    sent: Result<A, E>,
) -> Result<Observed<T>, Error> {
    let reply = reply(what, sent).await?;
    Observed::read(what, &reply.body)
}

/// The SDK's errors, of either generation.
pub(crate) trait SdkError: Display {
    /// Our error, if it is one of ours inside; else what the SDK says.
    fn into_ours(self, what: &str) -> Error;
}

macro_rules! generation {
    ($core:ident, $client:ident) => {
        /// Our channel as this generation's `HttpClient`.
        #[derive(Clone, Debug)]
        pub(crate) struct $client {
            arm: Arm,
            replacement: Option<Replacement>,
        }

        impl $client {
            /// Options that make an SDK client use our channel.
            pub(crate) fn transport(arm: &Arm) -> $core::TransportOptions {
                $core::TransportOptions::new(Arc::new(Self { arm: arm.clone(), replacement: None }))
            }

            /// The same, for a client that sends nothing but `replacement`, whatever body the SDK writes.
            pub(crate) fn sending(arm: &Arm, replacement: Replacement) -> $core::TransportOptions {
                $core::TransportOptions::new(Arc::new(Self { arm: arm.clone(), replacement: Some(replacement) }))
            }
        }

        #[async_trait::async_trait]
        impl $core::HttpClient for $client {
            async fn execute_request(&self, request: &$core::Request) -> $core::Result<$core::Response> {
                let wrap = |error: Error| $core::Error::new($core::error::ErrorKind::Other, error);
                let body = match (&self.replacement, request.body()) {
                    (Some(replacement), _) => replacement.body.clone(),
                    (None, $core::Body::Bytes(bytes)) => bytes.clone(),
                    (None, $core::Body::SeekableStream(_)) => {
                        return Err(wrap(unsendable(request.url(), "a streamed body")));
                    }
                };
                let method = http::Method::from_bytes(request.method().as_ref().as_bytes())
                    .map_err(|error| wrap(unsendable(request.url(), error)))?;
                let mut headers = HeaderMap::new();
                for (name, value) in request.headers().iter() {
                    let name = HeaderName::from_bytes(name.as_str().as_bytes());
                    let value = HeaderValue::from_str(value.as_str());
                    let (Ok(name), Ok(value)) = (name, value) else {
                        return Err(wrap(unsendable(request.url(), "a header that HTTP does not allow")));
                    };
                    headers.insert(name, value);
                }
                if let Some(etag) = self.replacement.as_ref().and_then(|replacement| replacement.if_match.clone()) {
                    headers.insert(IF_MATCH, etag);
                }
                let mut url = request.url().clone();
                super::api_version::rewrite(&mut url);
                let reply = self.arm.send(Request { method, url, headers, body }).await.map_err(wrap)?;
                let status = $core::StatusCode::try_from(reply.status.as_u16())
                    .map_err(|error| wrap(unsendable(request.url(), error)))?;
                let mut headers = $core::headers::Headers::new();
                for (name, value) in &reply.headers {
                    if let Ok(value) = value.to_str() {
                        headers.insert(name.as_str().to_owned(), value.to_owned());
                    }
                }
                let body = futures::stream::once(std::future::ready(Ok(reply.body)));
                Ok($core::Response::new(status, headers, Box::pin(body)))
            }
        }

        impl SdkError for $core::Error {
            fn into_ours(self, what: &str) -> Error {
                match self.into_downcast::<Error>() {
                    Ok(ours) => ours,
                    Err(theirs) => match theirs.kind() {
                        // An answer of another 2xx than the operation's.
                        $core::error::ErrorKind::HttpResponse { status, .. } => {
                            Error::answer(what, format!("its status is {status}, which is none of this operation's"))
                        }
                        _ => Error::answer(what, theirs),
                    },
                }
            }
        }

        impl SdkAnswer for $core::Response {
            async fn into_reply(self) -> Result<Reply, Error> {
                let (status, headers, body) = self.deconstruct();
                let broken = |problem: String| Error::Answer { resource: "the answer".into(), problem };
                let status = http::StatusCode::from_u16(status as u16).map_err(|error| broken(error.to_string()))?;
                let mut ours = HeaderMap::new();
                for (name, value) in headers.iter() {
                    if let (Ok(name), Ok(value)) =
                        (HeaderName::from_bytes(name.as_str().as_bytes()), HeaderValue::from_str(value.as_str()))
                    {
                        ours.insert(name, value);
                    }
                }
                let body: Bytes = body.collect().await.map_err(|error| broken(error.to_string()))?;
                Ok(Reply { status, headers: ours, body })
            }
        }
    };
}

generation!(azure_core_021, Core021);
generation!(azure_core_010, Core010);

fn unsendable(url: &url::Url, problem: impl Display) -> Error {
    Error::Transport {
        method: "request".into(),
        resource: cut(url.path(), quote::PATH),
        source: TransportError::Invalid(problem.to_string()),
    }
}

/// The credential that the SDK clients are built with; see the module's text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SignedBelow;

#[async_trait::async_trait]
impl azure_core_021::auth::TokenCredential for SignedBelow {
    async fn get_token(&self, _scopes: &[&str]) -> azure_core_021::Result<azure_core_021::auth::AccessToken> {
        Ok(azure_core_021::auth::AccessToken::new(PLACEHOLDER, OffsetDateTime::UNIX_EPOCH))
    }

    async fn clear_cache(&self) -> azure_core_021::Result<()> {
        Ok(())
    }
}

#[async_trait::async_trait]
impl azure_core_010::auth::TokenCredential for SignedBelow {
    async fn get_token(&self, _resource: &str) -> azure_core_010::Result<azure_core_010::auth::TokenResponse> {
        let token = azure_core_010::auth::AccessToken::new(PLACEHOLDER);
        Ok(azure_core_010::auth::TokenResponse::new(token, OffsetDateTime::UNIX_EPOCH))
    }
}

#[cfg(test)]
mod tests {
    use azure_core_021::StatusCode;
    use azure_core_021::error::ErrorKind;

    use super::*;

    #[test]
    fn an_answer_of_another_operation_is_told_by_its_status() {
        let kind = ErrorKind::HttpResponse { status: StatusCode::NoContent, error_code: None };
        let told = azure_core_021::Error::from(kind).into_ours("myopenai").to_string();
        assert!(told.contains("its status is 204, which is none of this operation's"), "{told}");
    }
}
