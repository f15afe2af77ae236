//! A refusal that passes, for whoever's time is up before it does.

use super::error::Error;

/// What was answered to a request that is sent again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// Code, status and words of the service, or why there was no answer.
    pub(crate) said: String,
    /// The service's request id, if there was an answer.
    pub(crate) request_id: Option<String>,
}

impl Refusal {
    pub(crate) fn of(error: &Error) -> Self {
        let said = match error {
            // The path says nothing that the reader knows.
            Error::Transport { source, .. } => source.to_string(),
            error => error.to_string(),
        };
        Self { said, request_id: error.service().and_then(|error| error.request_id.clone()) }
    }
}
