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
}

impl LoggedRequest {
    /// Whether the request may change something: everything but GET and HEAD.
    pub fn is_write(&self) -> bool {
        !matches!(self.method, Method::GET | Method::HEAD)
    }
}

/// The requests so far, if they are noted.
pub(in crate::sandbox) struct RequestLog(Mutex<Option<Vec<LoggedRequest>>>);

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
        log.push(LoggedRequest { at, method: method.clone(), path: path.to_owned(), status: None });
        Some(log.len() - 1)
    }

    pub fn note_status(&self, place: Option<usize>, status: StatusCode) {
        let mut log = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let (Some(log), Some(place)) = (log.as_mut(), place)
            && let Some(entry) = log.get_mut(place)
        {
            entry.status = Some(status);
        }
    }

    pub fn entries(&self) -> Vec<LoggedRequest> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone().unwrap_or_default()
    }
}
