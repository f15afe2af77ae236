//! What an error leaves open: whether a write has taken effect, and whether the service is still at work.

use http::{Method, StatusCode};

use super::error::Error;
use crate::azure::error::Error as AzureError;
use crate::azure::retry;

/// Whether the service may still be at work when this is all that is known.
pub(super) fn goes_on_after(error: &Error) -> bool {
    let is_open = |source: &AzureError| matches!(source, AzureError::TimedOut { .. }) || source.is_ambiguous();
    match error {
        Error::Interrupted => true,
        Error::Azure { source, .. } => is_open(source),
        _ => false,
    }
}

/// Whether a write that ended so may have taken effect. An answer that cannot be read is not that of the write, which is
/// not read: it is that of a look on the way to it. A refusal for want of something is one, whatever its status, and so is that
/// of a network that lets nobody through.
pub(super) fn is_unclear(error: &AzureError) -> bool {
    let is_refusal = error.service().is_some_and(|service| {
        retry::is_refused_for_want(service, &Method::PUT)
            || service.status == StatusCode::NETWORK_AUTHENTICATION_REQUIRED
    });
    error.is_ambiguous() && !is_refusal && !matches!(error, AzureError::Answer { .. })
}
