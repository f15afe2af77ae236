//! What can go wrong with a request, and which requests a test lets go wrong.

use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use http::{Method, StatusCode};

use crate::state::operation_end::OperationEnd;

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
#[derive(Clone, Debug, PartialEq)]
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
    /// Refused by the service that is addressed, in its own envelope (azure-facts.md, "What changes the design", 4), with
    /// the headers that its answers have.
    Refuse {
        /// Status of the answer.
        status: StatusCode,
        /// The error's code.
        code: String,
        /// Its message.
        message: String,
        /// Headers beside those of every answer (`retry-after`).
        headers: Vec<(String, String)>,
        /// `true`: the request took effect all the same.
        handled: bool,
    },
    /// The token is refused as expired: 401 `ExpiredAuthenticationToken` with the challenge, whatever the token.
    ExpiredToken,
    /// The token is not enough: 401 with the claims that the next one must have, whatever the token.
    ClaimsChallenge,
    /// A proxy's 502 with an HTML page.
    Html502,
    /// The request takes effect; the answer is a proxy's 502 with an HTML page.
    HandleThenHtml502,
    /// The connection is lost before the request is handled.
    Drop,
    /// The request takes effect, its answer is lost.
    HandleThenDrop,
    /// The request takes effect, its answer's body is cut off in the middle.
    Truncate,
    /// The request takes effect, its answer's body is bytes that are neither JSON nor UTF-8.
    Garbage,
    /// Handled, after so many seconds more on the service's clock.
    Delay(f64),
    /// The request takes effect; what it has begun ends otherwise. Without effect on requests that begin nothing; a
    /// synchronous write (a model deployment) is left in the state at once.
    Operation(OperationFault),
    /// The request takes effect; its polling URLs answer 404 from so many seconds after its answer on, while the operation
    /// goes on as if nothing were.
    PollingExpires {
        /// Seconds on the service's clock.
        after: f64,
    },
    /// The request takes effect; what it has created stays invisible to reads and lists (404) for so many seconds after its
    /// answer. Writes see it. Without effect on requests that create nothing.
    Late {
        /// Seconds on the service's clock.
        seconds: f64,
    },
}

/// How an operation ends that a request has begun.
#[derive(Clone, Debug, PartialEq)]
pub struct OperationFault {
    /// Its last status, and the `provisioningState` in which the resource is left. With `Succeeded` the operation takes its
    /// course, and its polls show an error all along (azure-facts.md section 2).
    pub ends: OperationEnd,
    /// When it ends, as a part of the time that it would have taken: 0 at once, 1 at the end.
    pub at: f64,
    /// Code of the operation's error.
    pub code: String,
    /// Message of the operation's error.
    pub message: String,
}

/// The faults of one process, in the order in which they are tried.
#[derive(Default)]
pub(crate) struct InjectedFaults(Mutex<Vec<Fault>>);

impl InjectedFaults {
    pub fn inject(&self, fault: Fault) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(fault);
    }

    pub fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// The fault that this request meets, if any.
    pub fn take(&self, method: &Method, path: &str) -> Option<FaultKind> {
        let mut faults = self.0.lock().unwrap_or_else(PoisonError::into_inner);
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
}
