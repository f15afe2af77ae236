//! A request to a service, and how it goes out: with azlab's headers, and a token where one is sent.

use bytes::Bytes;
use http::header::{AUTHORIZATION, HeaderValue, USER_AGENT};
use http::{HeaderMap, Method};
use url::Url;
use zeroize::Zeroizing;

use super::error::Error;
use super::quote::{self, cut};
use super::transport::TransportError;

/// Our name in the service's logs.
const AGENT: &str = concat!("azlab/", env!("CARGO_PKG_VERSION"));

/// A request, before it is signed.
#[derive(Clone, Debug)]
pub struct Request {
    /// The HTTP method.
    pub method: Method,
    /// The whole URL.
    pub url: Url,
    /// Headers of the caller; `Authorization` is replaced.
    pub headers: HeaderMap,
    /// The body; empty for none.
    pub body: Bytes,
}

pub(super) fn transport_error(request: &Request, source: TransportError) -> Error {
    Error::Transport { method: request.method.to_string(), resource: cut(request.url.path(), quote::PATH), source }
}

/// The request as it leaves, signed with `token`.
pub(super) fn signed(
    request: &Request,
    token: &str,
    client_request_id: &str,
) -> Result<http::Request<Bytes>, TransportError> {
    let mut out = unsigned(request, client_request_id)?;
    out.headers_mut().insert(AUTHORIZATION, bearer(token)?);
    Ok(out)
}

/// `Bearer {token}` as a header's value that is not shown.
///
/// # Errors
/// [`TransportError::Invalid`] for a token that no header can carry.
pub(crate) fn bearer(token: &str) -> Result<HeaderValue, TransportError> {
    let mut bearer = HeaderValue::from_str(&Zeroizing::new(format!("Bearer {token}")))
        .map_err(|error| TransportError::Invalid(error.to_string()))?;
    bearer.set_sensitive(true);
    Ok(bearer)
}

/// The request as it leaves, without a token.
pub(super) fn unsigned(request: &Request, client_request_id: &str) -> Result<http::Request<Bytes>, TransportError> {
    let invalid = |error: &dyn std::fmt::Display| TransportError::Invalid(error.to_string());
    let mut out = http::Request::builder()
        .method(request.method.clone())
        .uri(request.url.as_str())
        .body(request.body.clone())
        .map_err(|error| invalid(&error))?;
    *out.headers_mut() = request.headers.clone();
    let headers = out.headers_mut();
    headers.remove(AUTHORIZATION);
    headers.insert(USER_AGENT, HeaderValue::from_static(AGENT));
    headers
        .insert("x-ms-client-request-id", HeaderValue::from_str(client_request_id).map_err(|error| invalid(&error))?);
    headers.insert("x-ms-return-client-request-id", HeaderValue::from_static("true"));
    Ok(out)
}

/// Path and query for people: a polling URL's signature is long and means nothing to them.
pub(crate) fn shown_path(url: &Url) -> String {
    let kept: Vec<String> = url
        .query_pairs()
        .filter(|(key, _)| key.eq_ignore_ascii_case("api-version") || key.starts_with('$'))
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    let path = cut(url.path(), quote::PATH);
    if kept.is_empty() { path } else { format!("{path}?{}", cut(&kept.join("&"), quote::PATH)) }
}
