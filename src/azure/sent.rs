//! A request that is out: it is told once, whatever becomes of it. Whoever waits for an answer may stop to, as when a branch beside it
//! fails; Azure has had the request all the same.

use std::time::Duration;

use http::{Method, StatusCode};
use time::OffsetDateTime;
use uuid::Uuid;

use super::error::Error;
use crate::events::{EventKind, Events};
use azlab_clock::Clock;

/// A request that is out.
#[derive(Debug)]
pub(crate) struct Sent<'a> {
    events: &'a Events,
    clock: &'a Clock,
    method: &'a Method,
    path: String,
    attempt: u32,
    id: String,
    at: OffsetDateTime,
    is_told: bool,
}

impl<'a> Sent<'a> {
    /// A request that goes out now, for the `attempt`-th time; `path` is what is told of its URL.
    pub(crate) fn new(events: &'a Events, clock: &'a Clock, method: &'a Method, path: String, attempt: u32) -> Self {
        Self { events, clock, method, path, attempt, id: Uuid::new_v4().to_string(), at: clock.now(), is_told: false }
    }

    /// The id that azlab gave it: `x-ms-client-request-id`.
    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// Tells what became of it: the status of the answer and the service's request id.
    pub(super) fn tell(mut self, result: Result<(StatusCode, Option<String>), &Error>) {
        match result {
            Ok((status, request_id)) => self.answered(status, request_id),
            Err(Error::Service(error)) => {
                self.emit(Some(error.status), error.request_id.clone(), Some(error.code.as_str().to_owned()));
            }
            Err(Error::Transport { source, .. }) => self.failed(source.to_string()),
            Err(other) => self.failed(other.to_string()),
        }
    }

    /// Tells that it was answered, with the service's own id of it.
    pub(crate) fn answered(mut self, status: StatusCode, request_id: Option<String>) {
        self.emit(Some(status), request_id, None);
    }

    /// Tells why it was not.
    pub(crate) fn failed(mut self, problem: String) {
        self.emit(None, None, Some(problem));
    }

    fn emit(&mut self, status: Option<StatusCode>, request_id: Option<String>, problem: Option<String>) {
        self.is_told = true;
        let elapsed: Duration = self.clock.since(self.at);
        self.events.emit(EventKind::Request {
            method: self.method.to_string(),
            path: std::mem::take(&mut self.path),
            status: status.map(|status| status.as_u16()),
            attempt: self.attempt,
            elapsed_ms: u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX),
            client_request_id: std::mem::take(&mut self.id),
            request_id,
            problem,
        });
    }
}

impl Drop for Sent<'_> {
    fn drop(&mut self) {
        if !self.is_told {
            self.emit(None, None, Some("nobody waits for its answer any more".to_owned()));
        }
    }
}
