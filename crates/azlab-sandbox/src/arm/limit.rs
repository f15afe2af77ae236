//! A published request limit, and the request that counts on it.

use http::Method;

use super::failure::Failure;

/// A published limit.
pub(crate) struct Limit {
    /// What shares the bucket.
    pub key: String,
    /// Requests that an idle client may send at once.
    pub size: f64,
    /// Requests a second that are given back.
    pub refill: f64,
    /// The refusal of whose limit it is, for one who has to wait so many seconds.
    pub refusal: fn(&str) -> Failure,
}

/// A request that reached a provider, before it is answered.
pub(crate) struct Metered<'a> {
    pub method: &'a Method,
    /// Its path, in lower case.
    pub segments: &'a [&'a str],
    /// What follows the namespace.
    pub inner: &'a [&'a str],
}

impl Metered<'_> {
    /// The path of the first `count` segments of [`Metered::inner`].
    pub fn path(&self, count: usize) -> String {
        let before = self.segments.len() - self.inner.len();
        self.segments[..(before + count).min(self.segments.len())].join("/")
    }
}
