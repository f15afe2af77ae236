//! The HTTP client below azure_identity: rustls, this machine's certificates and one more, no redirects.

use std::error::Error as _;
use std::path::Path;
use std::time::Duration;

use async_trait::async_trait;
use azure_core::error::ErrorKind;
use azure_core::http::headers::{HeaderName, HeaderValue, Headers};
use azure_core::http::{AsyncRawResponse, Body, HttpClient, Request};
use bytes::{Bytes, BytesMut};

use super::{CredentialKind, SignInError, SignInFailure};

/// Real seconds for a connection to stand; what the SDK's own client allows.
const CONNECT_LIMIT: Duration = Duration::from_secs(20);
/// Real seconds without a byte of the answer.
const READ_LIMIT: Duration = Duration::from_secs(60);
/// The largest answer read. Tokens take a few KB; a page of a proxy may take more and is of no use.
const MAX_ANSWER: usize = 1024 * 1024;

/// Whether requests may go through the proxy that the machine is set up with.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Proxy {
    /// To the internet.
    System,
    /// To addresses that mean this machine, which no proxy can reach for us.
    Never,
}

/// Sends azure_identity's requests.
#[derive(Debug)]
pub(super) struct SignInHttp(reqwest::Client);

impl SignInHttp {
    /// A client that trusts the platform's certificates and those in `ca_file` (PEM, `AZLAB_CA_FILE`).
    pub(super) fn new(ca_file: Option<&Path>, proxy: Proxy, kind: CredentialKind) -> Result<Self, SignInError> {
        let mut builder = reqwest::Client::builder()
            .connect_timeout(CONNECT_LIMIT)
            .read_timeout(READ_LIMIT)
            .redirect(reqwest::redirect::Policy::none())
            .tls_certs_merge(ca_file.map(|path| read_ca(path, kind)).transpose()?.unwrap_or_default());
        if proxy == Proxy::Never {
            builder = builder.no_proxy();
        }
        let client = builder.build().map_err(|error| {
            SignInError::new(
                SignInFailure::NotConfigured,
                kind,
                format!("no HTTPS client can be made: {}", causes(&error)),
                "Check the certificates in AZLAB_CA_FILE and the machine's own.",
            )
        })?;
        Ok(Self(client))
    }

    /// The status that a bare GET of `url` is answered with, if it is answered.
    pub(super) async fn probe(&self, url: url::Url) -> Result<u16, String> {
        self.0.get(url).send().await.map(|answer| answer.status().as_u16()).map_err(|error| causes(&error))
    }
}

fn read_ca(path: &Path, kind: CredentialKind) -> Result<Vec<reqwest::Certificate>, SignInError> {
    let refuse = |reason: String| {
        SignInError::new(
            SignInFailure::NotConfigured,
            kind,
            format!("the CA file {} {reason}", path.display()),
            "Point AZLAB_CA_FILE at a PEM certificate, or unset it.",
        )
    };
    let pem = std::fs::read(path).map_err(|error| refuse(format!("cannot be read: {error}")))?;
    let certificates = reqwest::Certificate::from_pem_bundle(&pem).map_err(|error| refuse(causes(&error)))?;
    if certificates.is_empty() {
        return Err(refuse("holds no PEM certificate".to_owned()));
    }
    Ok(certificates)
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
        let mut answer = outgoing.body(body).send().await.map_err(|error| unsent(host, &error))?;
        let headers: Headers = answer
            .headers()
            .iter()
            .filter_map(|(name, value)| {
                Some((HeaderName::from(name.as_str().to_owned()), HeaderValue::from(value.to_str().ok()?.to_owned())))
            })
            .collect::<std::collections::HashMap<_, _>>()
            .into();
        let status = answer.status().as_u16();
        let mut body = BytesMut::new();
        while let Some(chunk) = answer.chunk().await.map_err(|error| unsent(host, &error))? {
            if body.len() + chunk.len() > MAX_ANSWER {
                return Err(failure(ErrorKind::Other, format!("{host} answered more than {MAX_ANSWER} bytes")));
            }
            body.extend_from_slice(&chunk);
        }
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
        Ok(AsyncRawResponse::from_bytes(status.into(), headers, Bytes::from(body)))
    }
}

/// Connection errors are for the SDK to retry; a certificate that is not trusted will not be trusted next time.
fn unsent(host: &str, error: &reqwest::Error) -> azure_core::Error {
    let causes = causes(error);
    if causes.contains("certificate") {
        failure(ErrorKind::Credential, format!("the certificate of {host} is not trusted ({causes})"))
    } else {
        failure(ErrorKind::Io, format!("no answer from {host} ({causes})"))
    }
}

fn failure(kind: ErrorKind, message: impl Into<String>) -> azure_core::Error {
    azure_core::Error::with_message(kind, message.into())
}

/// The whole chain in one line: reqwest's own text says only that sending failed. URLs stay out of it.
fn causes(error: &reqwest::Error) -> String {
    let mut line = String::new();
    let mut next = error.source();
    while let Some(cause) = next {
        let text = cause.to_string();
        if !line.contains(&text) {
            if !line.is_empty() {
                line.push_str(": ");
            }
            line.push_str(&text);
        }
        next = cause.source();
    }
    if line.is_empty() { "the request could not be made".to_owned() } else { line }
}
