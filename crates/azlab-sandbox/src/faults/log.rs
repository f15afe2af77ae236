//! For tests: what was asked.

use std::sync::{Mutex, PoisonError};

use http::{Method, StatusCode};
use time::OffsetDateTime;

/// A request as the service saw it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedRequest {
    /// Arrival, on the service's clock.
    pub at: OffsetDateTime,
    /// Its method.
    pub method: Method,
    /// Path and query as sent.
    pub path: String,
    /// Status of the answer; `None` if the connection was lost.
    pub status: Option<StatusCode>,
    /// What the service itself made of it, whatever then became of the answer; `None` if it never got there. A write took
    /// effect if this is a success.
    pub reached: Option<StatusCode>,
    /// The pause in whole seconds that the answer asked for.
    pub retry_after: Option<u64>,
    /// When the answer left; `None` if none did, or if nobody waited for it any more.
    pub answered: Option<OffsetDateTime>,
}

impl LoggedRequest {
    /// Whether the request may change something: everything but GET and HEAD.
    pub fn is_write(&self) -> bool {
        !matches!(self.method, Method::GET | Method::HEAD)
    }
}

/// The requests so far, if they are noted.
pub(crate) struct RequestLog(Mutex<Option<Vec<LoggedRequest>>>);

impl RequestLog {
    pub fn new(on: bool) -> Self {
        Self(Mutex::new(on.then(Vec::new)))
    }

    pub fn switch(&self, on: bool) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = on.then(Vec::new);
    }

    /// Notes a request on arrival; the returned place takes its status.
    pub fn note(&self, at: OffsetDateTime, method: &Method, path: &str) -> Option<usize> {
        let mut log = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let log = log.as_mut()?;
        log.push(LoggedRequest {
            at,
            method: method.clone(),
            path: path.to_owned(),
            status: None,
            reached: None,
            retry_after: None,
            answered: None,
        });
        Some(log.len() - 1)
    }

    pub fn note_reached(&self, place: Option<usize>, status: StatusCode) {
        self.amend(place, |entry| entry.reached = Some(status));
    }

    pub fn note_answer(&self, place: Option<usize>, at: OffsetDateTime, answer: &http::Response<impl Sized>) {
        let asked = answer.headers().get(http::header::RETRY_AFTER);
        self.amend(place, |entry| {
            entry.answered = Some(at);
            entry.status = Some(answer.status());
            entry.retry_after = asked.and_then(|value| value.to_str().ok()?.parse().ok());
        });
    }

    fn amend(&self, place: Option<usize>, change: impl FnOnce(&mut LoggedRequest)) {
        let mut log = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let (Some(log), Some(place)) = (log.as_mut(), place)
            && let Some(entry) = log.get_mut(place)
        {
            change(entry);
        }
    }

    pub fn len(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map_or(0, Vec::len)
    }

    pub fn from(&self, first: usize) -> Vec<LoggedRequest> {
        let log = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        log.as_ref().and_then(|log| log.get(first..)).unwrap_or_default().to_vec()
    }
}
