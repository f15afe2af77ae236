//! The HTTP client below azure_identity: rustls, this machine's certificates and one more, no redirects.

use async_trait::async_trait;
use azure_core::error::ErrorKind;
use azure_core::http::headers::{HeaderName, HeaderValue, Headers};
use azure_core::http::{AsyncRawResponse, Body, HttpClient, Request};

use super::{CredentialKind, SignInError, SignInFailure};
use crate::azure::causes::causes;
use crate::azure::certificates::CaFile;
use crate::azure::http::{self, BodyError, Proxy, proxy_to};
use crate::azure::obstacle;

/// The largest answer read. Tokens take a few KB; a page of a proxy may take more and is of no use.
const MAX_ANSWER: usize = 1024 * 1024;

/// Sends azure_identity's requests.
#[derive(Debug)]
pub(super) struct SignInHttp(reqwest::Client);

impl SignInHttp {
    /// A client for `url` that trusts the platform's certificates and those in `ca_file`.
    pub(super) fn new(
        ca_file: Option<&CaFile>,
        proxy: Proxy,
        url: &url::Url,
        kind: CredentialKind,
    ) -> Result<Self, SignInError> {
        http::client(ca_file, proxy, url).map(Self).map_err(|error| {
            let hint = error.code_and_hint().1;
            let hint =
                hint.unwrap_or_else(|| "Check the certificates in AZLAB_CA_FILE and the machine's own.".to_owned());
            SignInError::new(SignInFailure::NotConfigured, kind, error.to_string(), hint)
        })
    }

    /// The status that a bare GET of `url` is answered with, if it is answered.
    pub(super) async fn probe(&self, url: url::Url) -> Result<u16, String> {
        self.0.get(url).send().await.map(|answer| answer.status().as_u16()).map_err(|error| causes(&error))
    }
}

#[async_trait]
impl HttpClient for SignInHttp {
    async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        let method = reqwest::Method::from_bytes(request.method().as_str().as_bytes())
            .map_err(|error| failure(ErrorKind::Other, error.to_string()))?;
        let mut outgoing = self.0.request(method, request.url().clone());
        for (name, value) in request.headers().iter() {
            outgoing = outgoing.header(name.as_str(), value.as_str());
        }
        let Body::Bytes(body) = request.body().clone() else {
            return Err(failure(ErrorKind::Other, "a sign-in request with a streamed body"));
        };
        let host = request.url().host_str().unwrap_or_default();
        let mut answer = match outgoing.body(body).send().await {
            Ok(answer) => answer,
            Err(error) => return Err(unsent(request.url(), &error).await),
        };
        let headers: Headers = answer
            .headers()
            .iter()
            .filter_map(|(name, value)| {
                Some((HeaderName::from(name.as_str().to_owned()), HeaderValue::from(value.to_str().ok()?.to_owned())))
            })
            .collect::<std::collections::HashMap<_, _>>()
            .into();
        let status = answer.status().as_u16();
        let body = match http::read_body(&mut answer, MAX_ANSWER).await {
            Ok(body) => body,
            Err(BodyError::Broken(error)) => return Err(unsent(request.url(), &error).await),
            Err(BodyError::TooLarge(limit)) => {
                return Err(failure(ErrorKind::Other, format!("{host} answered more than {limit} bytes")));
            }
        };
        // The SDK reads every error as Entra's JSON and would hide a proxy's page behind a parser's complaint.
        if status >= 400 && serde_json::from_slice::<serde_json::Value>(&body).is_err() {
            return Err(failure(
                ErrorKind::Other,
                format!("{host} answered {status} without a reason that can be read"),
            ));
        }
        if (300..400).contains(&status) {
            return Err(failure(ErrorKind::Other, format!("{host} answered with a redirect ({status}), not followed")));
        }
        Ok(AsyncRawResponse::from_bytes(status.into(), headers, body))
    }
}

/// Connection errors are for the SDK to retry; a certificate that is not trusted will not be trusted next time.
async fn unsent(url: &url::Url, error: &reqwest::Error) -> azure_core::Error {
    let host = url.host_str().unwrap_or_default();
    let proxy = proxy_to(url);
    match obstacle::find(error, url, proxy.as_ref()).await {
        Some(found) => {
            let message = found.to_string();
            azure_core::Error::with_error(ErrorKind::Credential, found, message)
        }
        None => {
            let through = proxy.map_or_else(String::new, |proxy| format!(", through the proxy {proxy}"));
            failure(ErrorKind::Io, format!("no answer from {host} ({}){through}", causes(error)))
        }
    }
}

fn failure(kind: ErrorKind, message: impl Into<String>) -> azure_core::Error {
    azure_core::Error::with_message(kind, message.into())
}
