//! How requests leave: over HTTP, or to the sandbox in the same process. One trait, two ways to answer.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;

use super::error::TransportError;

/// Sends one request once.
#[async_trait]
pub trait Transport: Send + Sync + std::fmt::Debug {
    /// Sends `request` and reads the whole answer. No retries, no redirects.
    ///
    /// # Errors
    /// [`TransportError::Connect`] and [`TransportError::Barred`] only if the request certainly did not arrive.
    async fn send(&self, request: http::Request<Bytes>) -> Result<http::Response<Bytes>, TransportError>;
}

/// A transport that many share.
pub type SharedTransport = Arc<dyn Transport>;
