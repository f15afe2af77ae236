//! What goes wrong at the service and on the way to it.

use azlab_sandbox::{Fault, FaultKind, OperationEnd, OperationFault};
use bytes::Bytes;
use fastrand::Rng;
use http::{Method, StatusCode};

use super::plan::pick;

/// The path of whatever is on another host; no token may arrive there.
pub const ELSEWHERE: &str = "/elsewhere";

/// Requests that go wrong.
#[derive(Clone, Debug)]
pub struct Trouble {
    /// Only this method; `None` is any.
    pub method: Option<Method>,
    /// Only paths that contain this, in lower case.
    pub path: &'static str,
    /// Matching requests that pass before.
    pub skip: usize,
    /// How many then go wrong.
    pub times: usize,
    /// How.
    pub how: How,
}

/// How a request goes wrong.
#[derive(Clone, Debug, PartialEq)]
pub enum How {
    /// 429, with `Retry-After` in seconds or without.
    Throttled(Option<u32>),
    /// An error in the service's own envelope; the request took no effect.
    Refused(u16, &'static str),
    /// A 409 that does not pass by itself, whatever caused it: somebody has to do something else.
    Conflict(&'static str),
    /// An error in the service's own envelope; the request took effect all the same.
    RefusedAfter(u16, &'static str),
    /// 401: the token has expired, whatever it is.
    TokenExpired,
    /// 502 with a proxy's page.
    Page,
    /// The request takes effect; the answer is a 502 with a proxy's page.
    PageAfter,
    /// 200 with a page that asks to sign in to the hotel's network.
    Portal,
    /// A 400 whose text quotes the request's token.
    Echo,
    /// A JSON object that is no error envelope.
    NoEnvelope(u16),
    /// The request takes effect; the answer is bytes that are neither JSON nor text.
    Garbage,
    /// The connection is lost before the request arrives.
    LostBefore,
    /// The request takes effect, its answer is lost.
    LostAfter,
    /// The request takes effect, its answer is cut off.
    CutOff,
    /// Handled so many seconds later.
    Slow(f64),
    /// The operation that the request begins ends so, after this part of its time.
    Ends(OperationEnd, f64),
    /// The operation's polls show an error all along, and it succeeds.
    ErrorAlongside,
    /// The polling URL is unknown from so many seconds on.
    PollingExpires(f64),
    /// What the request creates is not to be seen for so many seconds.
    Late(f64),
    /// A poll says that it goes on, and names a polling URL on another host.
    PollsElsewhere,
    /// A list is empty, and its next page is on another host.
    PageElsewhere,
    /// 401: the token is not enough, and the claims that the next one must have are told.
    Challenged,
    /// 412: somebody else has written the resource since it was looked at.
    Stale,
    /// 409 `OperationNotAllowed` without a word: nothing tells whether something is in progress.
    WithoutWords,
    /// 409 `OperationNotAllowed`, which means a quota.
    Quota,
    /// The operation of a cluster fails after this part of its time: the region is full.
    RegionFull(f64),
}

/// The refusals that pass by themselves (azure-facts.md sections 1-5, and azlab's `waits.rs`): what is refused, how, for how long at most.
const PASSING: [(&str, How, usize); 11] = [
    ("/managedclusters/", How::Refused(409, "OperationNotAllowed"), 3),
    ("/managedclusters/", How::Refused(409, "EtagMismatch"), 2),
    (
        "/federatedidentitycredentials/",
        How::Refused(409, "ConcurrentFederatedIdentityCredentialsWritesForSingleManagedIdentity"),
        3,
    ),
    ("/accounts/", How::Refused(409, "RequestConflict"), 4),
    ("/deployments/", How::Refused(409, "RequestConflict"), 4),
    ("/deployments/", How::Refused(400, "AccountProvisioningStateInvalid"), 4),
    ("/roleassignments/", How::Refused(400, "PrincipalNotFound"), 5),
    ("/deletedaccounts/", How::Refused(409, "RequestConflict"), 5),
    ("/userassignedidentities/", How::Throttled(Some(2)), 3),
    ("/resourcegroups/", How::Refused(409, "ConflictingConcurrentWriteNotAllowed"), 2),
    ("/resourcegroups/myresourcegroup?", How::Refused(409, "ResourceGroupBeingDeleted"), 2),
];

/// The conflicts that do not pass by themselves (azure-facts.md sections 1, 2, 4, 5, 6): what is refused, and how.
const LASTING: [(Method, &str, &str); 7] = [
    (Method::PUT, "/resourcegroups/myresourcegroup?", "InvalidResourceGroupLocation"),
    (Method::PUT, "/accounts/myopenai", "FlagMustBeSetForRestore"),
    (Method::PUT, "/accounts/myopenai", "CustomDomainInUse"),
    (Method::PUT, "/roleassignments/", "RoleAssignmentExists"),
    (Method::PUT, "/providers/", "MissingSubscriptionRegistration"),
    (Method::DELETE, "", "ScopeLocked"),
    (Method::DELETE, "", "CannotDeleteResource"),
];

/// Which paths a fault keeps to; empty is any.
const PATHS: [&str; 12] = [
    "",
    "",
    "",
    "/managedclusters/",
    "/userassignedidentities/",
    "/accounts/",
    "/deployments/",
    "/roleassignments",
    "/operation",
    "deletedaccounts",
    "/resourcegroups/myresourcegroup?",
    "/models",
];

/// The faults of one act: most often none or one, seldom many.
pub fn of(rng: &mut Rng) -> Vec<Trouble> {
    let count = pick(rng, &[0, 0, 0, 1, 1, 1, 2, 2, 3, 6]);
    (0..count).map(|_| one(rng)).collect()
}

fn one(rng: &mut Rng) -> Trouble {
    if rng.u8(..4) == 0 {
        let (path, how, most) = PASSING[rng.usize(..PASSING.len())].clone();
        let method = if path == "/deletedaccounts/" { Method::DELETE } else { Method::PUT };
        return Trouble { method: Some(method), path, skip: rng.usize(..2), times: 1 + rng.usize(..most), how };
    }
    if rng.u8(..4) == 0 {
        return of_an_operation(rng);
    }
    let how = match rng.u8(..26) {
        0 | 1 => How::Throttled(None),
        2 | 3 => How::Throttled(Some(pick(rng, &[0, 1, 7, 30, 120, 600]))),
        4 => How::Refused(408, "RequestTimeout"),
        5 => How::Refused(500, "InternalServerError"),
        6 => How::Refused(503, "ServiceUnavailable"),
        7 => How::Refused(504, "GatewayTimeout"),
        8 => How::RefusedAfter(pick(rng, &[500, 503, 504]), "InternalServerError"),
        9 => How::Page,
        10 => How::PageAfter,
        11 => How::Portal,
        12 => How::Echo,
        13 => How::NoEnvelope(pick(rng, &[400, 500, 502])),
        14 => How::Garbage,
        15 => How::TokenExpired,
        16..=18 => How::LostBefore,
        19..=21 => How::LostAfter,
        22 | 23 => How::CutOff,
        _ => How::Slow(pick(rng, &[1.0, 20.0, 119.0, 150.0])),
    };
    let method = match rng.u8(..4) {
        0 => Some(Method::PUT),
        1 => Some(Method::GET),
        2 if rng.bool() => Some(Method::DELETE),
        _ => None,
    };
    let is_write = method.as_ref().is_some_and(|method| method != Method::GET);
    Trouble {
        method,
        path: pick(rng, &PATHS),
        skip: rng.usize(..if is_write { 5 } else { 40 }),
        times: pick(rng, &[1, 1, 1, 1, 2, 3, 5, 12]),
        how,
    }
}

/// What goes wrong with a deletion. A run that deletes sends one or two DELETEs among some 50 requests, which [`of`] seldom
/// meets.
pub fn of_a_deletion(rng: &mut Rng) -> Trouble {
    let how = match rng.u8(..8) {
        0 => How::Ends(OperationEnd::Failed, rng.f64()),
        1 => How::ErrorAlongside,
        2 | 3 => How::PollingExpires(pick(rng, &[0.0, 1.0, 5.0])),
        4 => How::LostBefore,
        5 => How::LostAfter,
        6 => How::PageAfter,
        _ => How::Portal,
    };
    let path = pick(rng, &["/resourcegroups/myresourcegroup?", "/deletedaccounts/"]);
    Trouble { method: Some(Method::DELETE), path, skip: 0, times: 1, how }
}

/// A conflict that does not pass by itself.
pub fn lasting(rng: &mut Rng) -> Trouble {
    let (method, path, code) = LASTING[rng.usize(..LASTING.len())].clone();
    let (skip, times) = (rng.usize(..3), 1 + rng.usize(..3));
    Trouble { method: Some(method), path, skip, times, how: How::Conflict(code) }
}

/// A token that has expired before its time, as after a sign-out elsewhere.
pub fn of_a_token(rng: &mut Rng) -> Trouble {
    Trouble { method: None, path: "", skip: rng.usize(..40), times: 1, how: How::TokenExpired }
}

/// An answer that leads to another host.
pub fn elsewhere(rng: &mut Rng) -> Trouble {
    let poll = ("/operation", How::PollsElsewhere);
    let (path, how) = match rng.u8(..4) {
        0 => ("deletedaccounts?", How::PageElsewhere),
        1 => ("/roleassignments?", How::PageElsewhere),
        _ => poll,
    };
    Trouble { method: Some(Method::GET), path, skip: rng.usize(..4), times: 1, how }
}

/// What goes wrong within the service's own work.
fn of_an_operation(rng: &mut Rng) -> Trouble {
    let how = match rng.u8(..7) {
        0 | 1 => How::Ends(OperationEnd::Failed, rng.f64()),
        2 => How::Ends(OperationEnd::Canceled, rng.f64()),
        3 => How::ErrorAlongside,
        4 => How::PollingExpires(pick(rng, &[0.0, 1.0, 5.0])),
        _ => How::Late(pick(rng, &[0.5, 3.0, 20.0, 100.0])),
    };
    if !matches!(how, How::Ends(..)) {
        let method = if rng.u8(..3) == 0 { Method::DELETE } else { Method::PUT };
        return Trouble { method: Some(method), path: pick(rng, &PATHS[..10]), skip: rng.usize(..5), times: 1, how };
    }
    // Of the rest no work is under way that could fail.
    let (method, path) = match rng.u8(..6) {
        0 | 1 => (Method::PUT, "/managedclusters/"),
        2 => (Method::PUT, "/accounts/myopenai"),
        3 => (Method::PUT, "/deployments/"),
        4 => (Method::DELETE, "/resourcegroups/myresourcegroup?"),
        _ => (Method::DELETE, "/deletedaccounts/"),
    };
    Trouble { method: Some(method), path, skip: rng.usize(..2), times: 1, how }
}

fn respond(status: u16, kind: &str, body: String) -> FaultKind {
    let headers = [("x-ms-request-id", "e0e0e0e0-0000-4000-8000-000000000001"), ("content-type", kind)];
    FaultKind::Respond {
        status: StatusCode::from_u16(status).expect("a status"),
        headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
        body: Bytes::from(body),
    }
}

/// An answer with links to another host.
fn leads_elsewhere(status: u16, body: String) -> FaultKind {
    let link = format!("https://elsewhere.example{ELSEWHERE}?api-version=2025-08-01");
    let headers = [("azure-asyncoperation", link.as_str()), ("location", &link), ("content-type", "application/json")];
    FaultKind::Respond {
        status: StatusCode::from_u16(status).expect("a status"),
        headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
        body: Bytes::from(body),
    }
}

/// In the service's words, where the code alone does not say that something is in progress.
fn words(code: &str) -> &'static str {
    match code {
        "OperationNotAllowed" | "RequestConflict" => "Injected by the simulation: another operation.",
        _ => "Injected by the simulation.",
    }
}

fn refuse(status: u16, code: &str, retry_after: Option<u32>, handled: bool) -> FaultKind {
    FaultKind::Refuse {
        status: StatusCode::from_u16(status).expect("a status"),
        code: code.to_owned(),
        message: words(code).to_owned(),
        headers: retry_after.map(|seconds| ("retry-after".to_owned(), seconds.to_string())).into_iter().collect(),
        handled,
    }
}

/// A refusal whose meaning is in its words.
fn refuse_saying(status: StatusCode, code: &str, message: &str) -> FaultKind {
    FaultKind::Refuse {
        status,
        code: code.to_owned(),
        message: message.to_owned(),
        headers: Vec::new(),
        handled: false,
    }
}

fn operation(ends: OperationEnd, at: f64) -> FaultKind {
    operation_with(ends, at, "InternalOperationError")
}

fn operation_with(ends: OperationEnd, at: f64, code: &str) -> FaultKind {
    let message = "Injected by the simulation.".to_owned();
    FaultKind::Operation(OperationFault { ends, at, code: code.to_owned(), message })
}

impl How {
    fn kind(&self, token: &str) -> FaultKind {
        match self {
            Self::Throttled(after) => refuse(429, "SubscriptionRequestsThrottled", *after, false),
            Self::Refused(status, code) => refuse(*status, code, None, false),
            Self::Conflict(code) => refuse(409, code, None, false),
            Self::RefusedAfter(status, code) => refuse(*status, code, None, true),
            Self::TokenExpired => FaultKind::ExpiredToken,
            Self::Page => FaultKind::Html502,
            Self::PageAfter => FaultKind::HandleThenHtml502,
            Self::Portal => respond(
                200,
                "text/html",
                "<!DOCTYPE html><html><head><title>Hotel Wi-Fi</title></head><body>Please sign in.</body></html>"
                    .into(),
            ),
            Self::Echo => {
                respond(400, "text/plain", format!("Bad request: header 'Authorization: Bearer {token}' is too long"))
            }
            Self::NoEnvelope(status) => {
                respond(*status, "application/json", r#"{"fault":[1,2,{"x":null}],"ok":"\u0000"}"#.into())
            }
            Self::Garbage => FaultKind::Garbage,
            Self::LostBefore => FaultKind::Drop,
            Self::LostAfter => FaultKind::HandleThenDrop,
            Self::CutOff => FaultKind::Truncate,
            Self::Slow(seconds) => FaultKind::Delay(*seconds),
            Self::Ends(end, at) => operation(*end, *at),
            Self::ErrorAlongside => operation(OperationEnd::Succeeded, 0.0),
            Self::PollingExpires(after) => FaultKind::PollingExpires { after: *after },
            Self::Late(seconds) => FaultKind::Late { seconds: *seconds },
            Self::Challenged => FaultKind::ClaimsChallenge,
            Self::Stale => refuse_saying(
                StatusCode::PRECONDITION_FAILED,
                "EtagMismatch",
                "Injected by the simulation: the etag is not that of the resource.",
            ),
            Self::WithoutWords => refuse_saying(StatusCode::CONFLICT, "OperationNotAllowed", ""),
            Self::Quota => refuse_saying(
                StatusCode::CONFLICT,
                "OperationNotAllowed",
                "Injected by the simulation: exceeding approved standardDSv5Family Cores quota. Location: westeurope, Current \
                 Limit: 10, Current Usage: 8, Additional Required: 4.",
            ),
            Self::RegionFull(at) => operation_with(OperationEnd::Failed, *at, "AKSCapacityHeavyUsage"),
            Self::PollsElsewhere => leads_elsewhere(202, r#"{"status":"InProgress"}"#.into()),
            Self::PageElsewhere => {
                leads_elsewhere(200, format!(r#"{{"value":[],"nextLink":"https://elsewhere.example{ELSEWHERE}"}}"#))
            }
        }
    }

    /// Whether it passes by itself, so that a run gets over it without being run again.
    fn passes(&self, times: usize) -> bool {
        match self {
            Self::Throttled(None) | Self::Refused(400 | 409, _) => true,
            Self::Throttled(Some(seconds)) => *seconds as usize * times <= 300,
            Self::Refused(..) | Self::RefusedAfter(..) | Self::Page | Self::PageAfter => times <= 3,
            Self::LostBefore | Self::LostAfter | Self::CutOff => times <= 3,
            Self::TokenExpired => times == 1,
            Self::Stale => times <= 3,
            Self::Slow(seconds) => *seconds < 120.0 && times <= 3,
            Self::ErrorAlongside | Self::PollingExpires(_) | Self::Late(_) | Self::PollsElsewhere => true,
            Self::Conflict(_)
            | Self::Challenged
            | Self::WithoutWords
            | Self::Quota
            | Self::RegionFull(_)
            | Self::PageElsewhere
            | Self::Portal
            | Self::Echo
            | Self::NoEnvelope(_)
            | Self::Garbage
            | Self::Ends(..) => false,
        }
    }
}

impl Trouble {
    /// Whether a run gets over it without being run again.
    pub fn passes(&self) -> bool {
        self.how.passes(self.times)
    }

    /// As the sandbox takes it; `token` is what an echoing proxy quotes.
    pub fn fault(&self, token: &str) -> Fault {
        Fault {
            method: self.method.clone(),
            path_contains: self.path.to_owned(),
            skip: self.skip,
            times: self.times,
            kind: self.how.kind(token),
        }
    }
}
