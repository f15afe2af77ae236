//! How requests leave: over HTTP, or to the sandbox in the same process. One trait, two ways to answer, and one set of reasons
//! for no answer.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;

use super::obstacle::Obstacle;

/// Sends one request once.
#[async_trait]
pub trait Transport: Send + Sync + std::fmt::Debug {
    /// Sends `request` and reads the whole answer. No retries, no redirects.
    ///
    /// # Errors
    /// [`TransportError::Connect`] and [`TransportError::Barred`] only if the request certainly did not arrive.
    async fn send(&self, request: http::Request<Bytes>) -> Result<http::Response<Bytes>, TransportError>;

    /// How many requests may be out at the same time; whoever sends more waits.
    fn most_open(&self) -> usize {
        usize::MAX
    }
}

/// A transport that many share.
pub type SharedTransport = Arc<dyn Transport>;

/// No usable answer came.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TransportError {
    /// The request did not leave: no name, no route, no TLS.
    #[error("cannot connect: {0}")]
    Connect(String),
    /// The request did not leave, for a reason that is known; whether trying again may help stands there.
    #[error("cannot connect: {0}")]
    Barred(Box<Obstacle>),
    /// The request may have arrived; its answer did not.
    #[error("the connection broke: {0}")]
    Broken(String),
    /// No answer within the limit of one try.
    #[error("no answer within {} s", .0.as_secs())]
    NoAnswer(Duration),
    /// The request itself cannot be sent.
    #[error("the request cannot be sent: {0}")]
    Invalid(String),
}
