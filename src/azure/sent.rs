//! A request that is out: it is told once, whatever becomes of it. Whoever waits for an answer may stop to, as when a branch beside it
//! fails; Azure has had the request all the same.

use std::time::Duration;

use http::StatusCode;
use time::OffsetDateTime;
use uuid::Uuid;

use super::error::Error;
use super::request::{Request, shown_path};
use crate::events::{EventKind, Events};
use azlab_clock::Clock;

/// A request that is out.
#[derive(Debug)]
pub(super) struct Sent<'a> {
    events: &'a Events,
    clock: &'a Clock,
    request: &'a Request,
    attempt: u32,
    id: String,
    at: OffsetDateTime,
    is_told: bool,
}

impl<'a> Sent<'a> {
    /// A request that goes out now, for the `attempt`-th time.
    pub(super) fn new(events: &'a Events, clock: &'a Clock, request: &'a Request, attempt: u32) -> Self {
        Self { events, clock, request, attempt, id: Uuid::new_v4().to_string(), at: clock.now(), is_told: false }
    }

    /// The id that azlab gave it: `x-ms-client-request-id`.
    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// Tells what became of it: the status of the answer and the service's request id.
    pub(super) fn tell(mut self, result: Result<(StatusCode, Option<String>), &Error>) {
        let (status, request_id, problem) = match result {
            Ok((status, request_id)) => (Some(status), request_id, None),
            Err(Error::Service(error)) => {
                (Some(error.status), error.request_id.clone(), Some(error.code.as_str().to_owned()))
            }
            Err(Error::Transport { source, .. }) => (None, None, Some(source.to_string())),
            Err(other) => (None, None, Some(other.to_string())),
        };
        self.emit(status, request_id, problem);
    }

    fn emit(&mut self, status: Option<StatusCode>, request_id: Option<String>, problem: Option<String>) {
        self.is_told = true;
        let elapsed: Duration = self.clock.since(self.at);
        self.events.emit(EventKind::Request {
            method: self.request.method.to_string(),
            path: shown_path(&self.request.url),
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
