//! Requests to the sandbox in the same process: no socket, the same router.

use async_trait::async_trait;
use bytes::Bytes;

use super::transport::{Transport, TransportError};
use azlab_sandbox::{Sandbox, Unreachable};

/// The sandbox, as a transport.
#[derive(Clone)]
pub(crate) struct InProcess(Sandbox);

impl InProcess {
    /// A transport to `sandbox`.
    pub(crate) fn new(sandbox: Sandbox) -> Self {
        Self(sandbox)
    }
}

impl std::fmt::Debug for InProcess {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("InProcess")
    }
}

#[async_trait]
impl Transport for InProcess {
    async fn send(&self, request: http::Request<Bytes>) -> Result<http::Response<Bytes>, TransportError> {
        let answered = self.0.try_handle(request).await;
        let response = answered.map_err(|_| TransportError::Broken("connection reset by the sandbox".into()))?;
        match response.extensions().get::<Unreachable>() {
            Some(unreachable) => Err(TransportError::Connect(unreachable.reason.clone())),
            None => Ok(response),
        }
    }
}
