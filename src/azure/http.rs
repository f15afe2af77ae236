//! HTTPS: one kind of client for ARM and for sign-in, and the transport over it.
//!
//! TLS by rustls with the platform's certificates, plus those of one file ([`CaFile`], for a sandbox served over HTTPS or a
//! company's proxy). No redirects: a token must never follow one to another host.

use std::path::Path;
use std::time::Duration;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use url::Url;

use super::causes::causes;
use super::certificates::CaFile;
use super::client_error::ClientError;
use super::obstacle;
use super::proxy::{self, ProxyInUse};
use super::transport::{Transport, TransportError};
use crate::values::cloud::is_loopback;
use crate::values::{Environment, Secret};

/// Real seconds for a connection to stand.
const CONNECT_LIMIT: Duration = Duration::from_secs(20);
/// Real seconds without a byte of the answer. ARM's slowest recorded call (a cluster's PUT) answers after 9 s.
const READ_LIMIT: Duration = Duration::from_secs(100);
/// The largest answer read. The model catalogue of a region is 0.7 MB, a region's VM sizes are about 3 MB.
const MAX_ANSWER: usize = 64 * 1024 * 1024;

/// Bytes of an answer that room is made for before they are there.
const MAX_ANNOUNCED: usize = 4 * 1024 * 1024;

/// Whether requests may go through the proxy that the machine is set up with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Proxy {
    /// To the internet.
    System,
    /// To addresses that mean this machine, which no proxy can reach for us.
    Never,
}

impl Proxy {
    /// The proxy to use for `url`.
    pub(crate) fn for_url(url: &Url) -> Self {
        if is_loopback(url) { Self::Never } else { Self::System }
    }
}

/// A client for `url` that trusts the platform's certificates and those in `ca_file`.
///
/// # Errors
/// [`ClientError`]
pub(crate) fn client(ca_file: Option<&CaFile>, proxy: Proxy, url: &Url) -> Result<reqwest::Client, ClientError> {
    builder(proxy, url)?
        .tls_certs_merge(ca_file.map(CaFile::read).transpose()?.unwrap_or_default())
        .build()
        .map_err(|error| ClientError::Tls(causes(&error)))
}

/// What all clients have in common.
fn builder(proxy: Proxy, url: &Url) -> Result<reqwest::ClientBuilder, ClientError> {
    let mut builder = reqwest::Client::builder()
        .connect_timeout(CONNECT_LIMIT)
        .read_timeout(READ_LIMIT)
        .redirect(reqwest::redirect::Policy::none());
    if proxy == Proxy::Never {
        return Ok(builder.no_proxy());
    }
    proxy::in_use(url)?;
    // One that cannot be used concerns nobody here, or has been told.
    for proxy in proxy::explicit(url).unwrap_or_default() {
        builder = builder.proxy(proxy);
    }
    Ok(builder)
}

/// Why an answer's body could not be read whole.
#[derive(Debug)]
pub(super) enum BodyError {
    /// The connection broke.
    Broken(reqwest::Error),
    /// It is larger than anyone needs.
    TooLarge(usize),
}

/// Reads a body of at most `limit` bytes.
pub(super) async fn read_body(answer: &mut reqwest::Response, limit: usize) -> Result<Bytes, BodyError> {
    // What is announced is believed as far as it costs little.
    let announced = answer.content_length().and_then(|length| usize::try_from(length).ok()).unwrap_or_default();
    let mut body = BytesMut::with_capacity(announced.min(limit).min(MAX_ANNOUNCED));
    while let Some(chunk) = answer.chunk().await.map_err(BodyError::Broken)? {
        if body.len() + chunk.len() > limit {
            return Err(BodyError::TooLarge(limit));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

/// The proxy that requests to `url` go through, if they may. One that cannot be used has been refused before.
pub(super) fn proxy_to(url: &Url) -> Option<ProxyInUse> {
    match Proxy::for_url(url) {
        Proxy::System => proxy::in_use(url).ok().flatten(),
        Proxy::Never => None,
    }
}

/// Requests that are out at the same time. Where a server speaks HTTP/1.1, each takes a connection: a process may have 1,024 open
/// files on many systems. A class of 1,000 labs in four subscriptions has some 300 out once its first burst is over.
const MOST_OPEN: usize = 480;

/// Requests to ARM over HTTPS (or, on loopback, HTTP).
#[derive(Debug)]
pub struct Http(reqwest::Client);

impl Http {
    /// A transport to `endpoint`. `ca_file` goes before the variables that name one ([`CaFile::find`]).
    ///
    /// # Errors
    /// [`ClientError`]
    pub fn new(endpoint: &Url, ca_file: Option<&Path>) -> Result<Self, ClientError> {
        let ca_file = CaFile::find(ca_file, &Environment::from_process());
        client(ca_file.as_ref(), Proxy::for_url(endpoint), endpoint).map(Self)
    }

    /// A transport to a cluster's API server, which has a certificate of `authority` (PEM; `None` for one that the platform
    /// knows). `identity` is the client's certificate and key (PEM).
    ///
    /// # Errors
    /// [`ClientError`]
    pub(crate) fn to_cluster(
        server: &Url,
        authority: Option<&[u8]>,
        identity: Option<&Secret>,
    ) -> Result<Self, ClientError> {
        let proxy = Proxy::for_url(server);
        let mut builder = builder(proxy, server)?;
        let unusable = |error: &reqwest::Error| ClientError::Tls(causes(error));
        if let Some(pem) = authority {
            let roots = reqwest::Certificate::from_pem_bundle(pem).map_err(|error| unusable(&error))?;
            builder = builder.tls_certs_only(roots);
        }
        if let Some(pem) = identity {
            let identity = reqwest::Identity::from_pem(pem.reveal().as_bytes()).map_err(|error| unusable(&error))?;
            builder = builder.identity(identity);
        }
        builder.build().map(Self).map_err(|error| unusable(&error))
    }
}

#[async_trait]
impl Transport for Http {
    async fn send(&self, request: http::Request<Bytes>) -> Result<http::Response<Bytes>, TransportError> {
        let request = reqwest::Request::try_from(request).map_err(|error| TransportError::Invalid(causes(&error)))?;
        let url = request.url().clone();
        let mut answer = match self.0.execute(request).await {
            Ok(answer) => answer,
            Err(error) => return Err(unsent(&url, &error).await),
        };
        let mut response = http::Response::new(Bytes::new());
        *response.status_mut() = answer.status();
        *response.headers_mut() = std::mem::take(answer.headers_mut());
        *response.body_mut() = match read_body(&mut answer, MAX_ANSWER).await {
            Ok(body) => body,
            Err(BodyError::Broken(error)) => return Err(TransportError::Broken(causes(&error))),
            Err(BodyError::TooLarge(limit)) => {
                return Err(TransportError::Broken(format!("the answer has more than {limit} bytes")));
            }
        };
        Ok(response)
    }

    fn most_open(&self) -> usize {
        MOST_OPEN
    }
}

/// Why a request was not answered.
async fn unsent(url: &Url, error: &reqwest::Error) -> TransportError {
    if !error.is_connect() {
        return TransportError::Broken(causes(error));
    }
    let proxy = proxy_to(url);
    if let Some(found) = obstacle::find(error, url, proxy.as_ref()).await {
        return TransportError::Barred(Box::new(found));
    }
    let through = proxy.map_or_else(String::new, |proxy| format!(", through the proxy {proxy}"));
    TransportError::Connect(format!("{}{through}", causes(error)))
}
