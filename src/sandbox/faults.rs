//! For tests: requests that go wrong on demand, and a log of what was asked.

use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use time::OffsetDateTime;

/// The connection was lost before an answer came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("connection reset by peer")]
pub struct ConnectionReset;

/// Lets matching requests go wrong.
#[derive(Clone, Debug)]
pub struct Fault {
    /// Only this method; `None` is any.
    pub method: Option<Method>,
    /// Only paths (with query) that contain this, without regard to case; empty is any.
    pub path_contains: String,
    /// Matching requests that still pass before the fault begins.
    pub skip: usize,
    /// How many requests then go wrong.
    pub times: usize,
    /// How.
    pub kind: FaultKind,
}

/// How a request goes wrong.
#[derive(Clone, Debug)]
pub enum FaultKind {
    /// Answered with this instead of being handled.
    Respond {
        /// Status of the answer.
        status: StatusCode,
        /// Its headers.
        headers: Vec<(String, String)>,
        /// Its body.
        body: Bytes,
    },
    /// A proxy's 502 with an HTML page.
    Html502,
    /// The connection is lost before the request is handled.
    Drop,
    /// The request takes effect, its answer is lost.
    HandleThenDrop,
    /// The request takes effect, its answer's body is cut off in the middle.
    Truncate,
    /// Handled, after so many seconds more on the service's clock.
    Delay(f64),
}

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

#[derive(Default)]
pub(super) struct Faults {
    faults: Mutex<Vec<Fault>>,
    log: Mutex<Option<Vec<LoggedRequest>>>,
}

impl Faults {
    pub fn new(log: bool) -> Self {
        Self { faults: Mutex::default(), log: Mutex::new(log.then(Vec::new)) }
    }

    pub fn inject(&self, fault: Fault) {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner).push(fault);
    }

    /// The fault that this request meets, if any.
    pub fn meet(&self, method: &Method, path: &str) -> Option<FaultKind> {
        let mut faults = self.faults.lock().unwrap_or_else(PoisonError::into_inner);
        if faults.is_empty() {
            return None;
        }
        let path = path.to_lowercase();
        for fault in faults.iter_mut() {
            let meant = fault.times > 0
                && fault.method.as_ref().is_none_or(|only| only == method)
                && path.contains(&fault.path_contains.to_lowercase());
            if !meant {
                continue;
            }
            if fault.skip > 0 {
                fault.skip -= 1;
                continue;
            }
            fault.times -= 1;
            let kind = fault.kind.clone();
            faults.retain(|fault| fault.times > 0);
            return Some(kind);
        }
        None
    }

    pub fn log_requests(&self, on: bool) {
        *self.log.lock().unwrap_or_else(PoisonError::into_inner) = on.then(Vec::new);
    }

    /// Notes a request on arrival; the returned place takes its status.
    pub fn note(&self, at: OffsetDateTime, method: &Method, path: &str) -> Option<usize> {
        let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        let log = log.as_mut()?;
        log.push(LoggedRequest { at, method: method.clone(), path: path.to_owned(), status: None });
        Some(log.len() - 1)
    }

    pub fn note_status(&self, place: Option<usize>, status: StatusCode) {
        let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        if let (Some(log), Some(place)) = (log.as_mut(), place)
            && let Some(entry) = log.get_mut(place)
        {
            entry.status = Some(status);
        }
    }

    pub fn request_log(&self) -> Vec<LoggedRequest> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).clone().unwrap_or_default()
    }
}

/// What a front door says when the service behind it does not answer.
pub(super) fn bad_gateway() -> http::Response<Bytes> {
    respond(
        StatusCode::BAD_GATEWAY,
        &[("content-type".to_owned(), "text/html".to_owned())],
        Bytes::from_static(
            b"<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n\
              <hr><center>Microsoft-Azure-Application-Gateway/v2</center>\r\n</body>\r\n</html>\r\n",
        ),
    )
}

/// A response of exactly these parts; headers that HTTP does not allow are left out.
pub(super) fn respond(status: StatusCode, headers: &[(String, String)], body: Bytes) -> http::Response<Bytes> {
    let mut response = http::Response::new(body);
    *response.status_mut() = status;
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            map.append(name, value);
        }
    }
    *response.headers_mut() = map;
    response
}
