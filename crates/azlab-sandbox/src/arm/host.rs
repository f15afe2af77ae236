//! The host that a request is addressed to: RFC 9112, section 3.2.

use axum::http::HeaderMap;
use http::Uri;
use http::header::HOST;
use http::uri::Authority;

/// By whom a request was received on a socket: an extension of the request.
#[derive(Clone, Debug)]
pub(crate) struct Served {
    /// The authority that vouches for the server, in PEM; `None` over HTTP.
    pub authority_pem: Option<std::sync::Arc<str>>,
}

/// A request whose host cannot be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum HostError {
    #[error("The request names no host. Send the Host header, as HTTP/1.1 clients do, or an absolute URI.")]
    Missing,
    #[error("The request has several Host headers. Send one.")]
    Several,
    #[error("The host of the request is malformed. Send a name or an address and, if need be, a port: localhost:8443.")]
    Malformed,
}

/// The host of an absolute URI, else that of the Host header.
pub(crate) fn of(uri: &Uri, headers: &HeaderMap) -> Result<Authority, HostError> {
    if let Some(authority) = uri.authority() {
        return plain(authority.clone());
    }
    let mut sent = headers.get_all(HOST).iter();
    let host = sent.next().ok_or(HostError::Missing)?;
    if sent.next().is_some() {
        return Err(HostError::Several);
    }
    let host = host.to_str().map_err(|_| HostError::Malformed)?;
    plain(host.parse().map_err(|_| HostError::Malformed)?)
}

/// `user@host` is an authority too, but no host; neither is a port that is no number.
fn plain(authority: Authority) -> Result<Authority, HostError> {
    let text = authority.as_str();
    let name = authority.host();
    let rest = text.strip_prefix(name).ok_or(HostError::Malformed)?;
    let is_port = rest.is_empty() || (rest.starts_with(':') && authority.port_u16().is_some());
    if name.is_empty() || !is_port { Err(HostError::Malformed) } else { Ok(authority) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(uri: &'static str, hosts: &[&'static [u8]]) -> Result<String, HostError> {
        let mut headers = HeaderMap::new();
        for host in hosts {
            headers.append(HOST, http::HeaderValue::from_bytes(host).unwrap());
        }
        of(&Uri::from_static(uri), &headers).map(|host| host.to_string())
    }

    #[test]
    fn the_uri_s_host_counts_before_the_header() {
        assert_eq!(told("/a", &[b"localhost:8443"]).as_deref(), Ok("localhost:8443"));
        assert_eq!(told("/a", &[b"[::1]:8443"]).as_deref(), Ok("[::1]:8443"));
        assert_eq!(told("http://one/a", &[b"two"]).as_deref(), Ok("one"));
        assert_eq!(told("http://one/a", &[]).as_deref(), Ok("one"));
    }

    #[test]
    fn what_is_no_host_is_none() {
        assert_eq!(told("/a", &[]), Err(HostError::Missing));
        assert_eq!(told("/a", &[b"one", b"two"]), Err(HostError::Several));
        for malformed in
            [&b""[..], b"a b", b"user@host", b"host:port", b"host:99999", b"h\xf6st", b"http://host", b":1"]
        {
            assert_eq!(told("/a", &[malformed]), Err(HostError::Malformed), "{malformed:?}");
        }
        assert_eq!(told("http://user:password@host/a", &[]), Err(HostError::Malformed));
    }
}
