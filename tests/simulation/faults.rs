//! What goes wrong at the service and on the way to it.

use azlab::sandbox::{Fault, FaultKind};
use bytes::Bytes;
use fastrand::Rng;
use http::{Method, StatusCode};
use serde_json::json;

use super::plan::pick;

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
    /// An error status, in ARM's envelope.
    Status(u16, &'static str),
    /// The same as AKS writes it: flat.
    Flat(u16, &'static str),
    /// 502 with a proxy's page.
    Page,
    /// 200 with a page that asks to sign in to the hotel's network.
    Portal,
    /// A 400 whose text quotes the request's token.
    Echo,
    /// A JSON object that is no error envelope.
    Garbage(u16),
    /// The connection is lost before the request arrives.
    LostBefore,
    /// The request takes effect, its answer is lost.
    LostAfter,
    /// The request takes effect, its answer is cut off.
    CutOff,
    /// Handled so many seconds later.
    Slow(f64),
}

/// The refusals that pass by themselves (azure-facts.md sections 1-5): what is refused, how, for how long at most.
const PASSING: [(&str, How, usize); 10] = [
    ("/managedclusters/", How::Flat(409, "OperationNotAllowed"), 3),
    ("/managedclusters/", How::Flat(409, "Conflict"), 2),
    ("/federatedidentitycredentials/", How::Status(409, "ConcurrentFederatedIdentityCredentialsWritesForSingleManagedIdentity"), 3),
    ("/accounts/", How::Status(409, "RequestConflict"), 4),
    ("/deployments/", How::Status(409, "RequestConflict"), 4),
    ("/deployments/", How::Status(400, "AccountProvisioningStateInvalid"), 4),
    ("/roleassignments/", How::Status(400, "PrincipalNotFound"), 5),
    ("/deletedaccounts/", How::Status(409, "RequestConflict"), 5),
    ("/userassignedidentities/", How::Throttled(Some(2)), 3),
    ("/resourcegroups/", How::Status(409, "Conflict"), 2),
];

/// Which paths a fault keeps to; empty is any.
const PATHS: [&str; 12] = [
    "", "", "", "/managedclusters/", "/userassignedidentities/", "/accounts/", "/deployments/", "/roleassignments",
    "/operation", "deletedaccounts", "/resourcegroups/myresourcegroup?", "/models",
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
    if rng.u8(..10) == 0 {
        // A polling URL that has expired stays so.
        let how = How::Status(pick(rng, &[404, 404, 410, 400]), "NotFound");
        return Trouble { method: Some(Method::GET), path: "/operation", skip: rng.usize(..6), times: 10_000, how };
    }
    let how = match rng.u8(..24) {
        0 | 1 => How::Throttled(None),
        2 | 3 => How::Throttled(Some(pick(rng, &[0, 1, 7, 30, 120, 600]))),
        4 => How::Status(408, "RequestTimeout"),
        5 => How::Status(500, "InternalServerError"),
        6 => How::Status(503, "ServiceUnavailable"),
        7 => How::Status(504, "GatewayTimeout"),
        8 => How::Flat(500, "InternalOperationError"),
        9 => How::Page,
        10 => How::Portal,
        11 => How::Echo,
        12 => How::Garbage(pick(rng, &[400, 500, 502])),
        13 => How::Status(401, "ExpiredAuthenticationToken"),
        14..=16 => How::LostBefore,
        17..=19 => How::LostAfter,
        20 | 21 => How::CutOff,
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

fn respond(status: u16, headers: &[(&str, String)], body: String) -> FaultKind {
    let mut all = vec![("x-ms-request-id".to_owned(), "e0e0e0e0-0000-4000-8000-000000000001".to_owned())];
    all.extend(headers.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
    FaultKind::Respond {
        status: StatusCode::from_u16(status).expect("a status"),
        headers: all,
        body: Bytes::from(body),
    }
}

impl How {
    fn kind(&self, token: &str) -> FaultKind {
        let json_type = ("content-type", "application/json".to_owned());
        let html_type = ("content-type", "text/html".to_owned());
        let message = "Injected by the simulation.";
        match self {
            Self::Throttled(after) => {
                let mut headers = vec![json_type];
                headers.extend(after.map(|seconds| ("retry-after", seconds.to_string())));
                let body = json!({"error": {"code": "SubscriptionRequestsThrottled", "message": message}});
                respond(429, &headers, body.to_string())
            }
            Self::Status(status, code) => {
                respond(*status, &[json_type], json!({"error": {"code": code, "message": message}}).to_string())
            }
            Self::Flat(status, code) => {
                let body = json!({"code": code, "details": null, "message": message, "subcode": ""});
                respond(*status, &[json_type], body.to_string())
            }
            Self::Page => FaultKind::Html502,
            Self::Portal => respond(
                200,
                &[html_type],
                "<!DOCTYPE html><html><head><title>Hotel Wi-Fi</title></head><body>Please sign in.</body></html>".into(),
            ),
            Self::Echo => respond(
                400,
                &[("content-type", "text/plain".into())],
                format!("Bad request: header 'Authorization: Bearer {token}' is too long"),
            ),
            Self::Garbage(status) => respond(*status, &[json_type], r#"{"fault":[1,2,{"x":null}],"ok":"\u0000"}"#.into()),
            Self::LostBefore => FaultKind::Drop,
            Self::LostAfter => FaultKind::HandleThenDrop,
            Self::CutOff => FaultKind::Truncate,
            Self::Slow(seconds) => FaultKind::Delay(*seconds),
        }
    }
}

impl Trouble {
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
