//! Where a request came to, as the client wrote it: addresses in answers begin with it.

use axum::Extension;
use axum::http::uri::{Authority, Scheme};
use axum::http::{HeaderMap, header};

/// Scheme, host and port that a client reached.
pub(crate) struct Origin {
    scheme: &'static str,
    host: Authority,
}

impl Origin {
    /// The scheme is that of the server's extension, https without one; `None` if the request names no usable host.
    pub fn of(scheme: Option<Extension<Scheme>>, headers: &HeaderMap) -> Option<Self> {
        let scheme = if scheme.is_some_and(|Extension(scheme)| scheme == Scheme::HTTP) { "http" } else { "https" };
        let host = headers.get(header::HOST)?.to_str().ok()?.parse::<Authority>().ok()?;
        // `user@host` is an authority too, but no Host.
        (!host.as_str().contains('@')).then_some(Self { scheme, host })
    }

    /// Host and port.
    pub fn authority(&self) -> &str {
        self.host.as_str()
    }

    /// Whether the host is below a domain, in names' usual disregard of case.
    pub fn is_below(&self, domain: &str) -> bool {
        let host = self.host.host().to_ascii_lowercase();
        host.strip_suffix(domain).is_some_and(|labels| labels.ends_with('.'))
    }

    /// `https://localhost:8443`
    pub fn base(&self) -> String {
        format!("{}://{}", self.scheme, self.host)
    }
}
