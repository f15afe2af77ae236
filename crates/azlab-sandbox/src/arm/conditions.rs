//! On what a write is conditional: `If-Match` and `If-None-Match` (RFC 9110, 13.1).

use http::HeaderMap;
use http::header::{HeaderName, IF_MATCH, IF_NONE_MATCH};

/// The conditions of a request, as sent; empty where there is none.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Conditions<'a> {
    pub if_match: &'a [u8],
    pub if_none_match: &'a [u8],
}

impl<'a> Conditions<'a> {
    /// Those in the headers.
    pub fn of(headers: &'a HeaderMap) -> Self {
        let sent = |name: HeaderName| headers.get(name).map_or(&[][..], |value| value.as_bytes().trim_ascii());
        Self { if_match: sent(IF_MATCH), if_none_match: sent(IF_NONE_MATCH) }
    }
}
