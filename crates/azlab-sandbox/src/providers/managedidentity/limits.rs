//! The request limits of managed identities (Entra's "Important considerations and restrictions for federated identity
//! credentials", Throttling limits).
//!
//! Rates of the subscription and of the resource are published, sizes are not. (The tenant's rates are higher, and are
//! not counted.) A second PUT of one identity within 5 s was refused, so one write a resource is at hand; no
//! refusal of a read is recorded, so whoever only looks now and then is let pass: five seconds' worth for the subscription,
//! a minute's for a resource. Reads of credentials are not in the table; they are counted on the subscription only.

use http::{Method, StatusCode};

use crate::arm::failure::Failure;
use crate::arm::limit::{Limit, Metered};

/// The limits that a request counts on; all callers share them.
pub(super) fn of(request: &Metered<'_>) -> Vec<Limit> {
    let mut limits = Vec::new();
    let ["userassignedidentities", inner @ ..] = request.inner else { return limits };
    let mut limit = |key: String, size, refill| limits.push(Limit { key: format!("msi/{key}"), size, refill, refusal });
    let path = || request.path(request.inner.len());
    let is_list = inner.len() % 2 == 0;
    match *request.method {
        Method::GET | Method::HEAD | Method::POST if is_list => {
            limit("lists".to_owned(), 25.0, 5.0);
            if inner.is_empty() {
                limit(format!("list/{}", path()), 15.0, 0.25);
            }
        }
        Method::GET | Method::HEAD => {
            limit("gets".to_owned(), 50.0, 10.0);
            if inner.len() == 1 {
                limit(format!("get/{}", path()), 30.0, 0.5);
            }
        }
        _ => {
            let kind = if *request.method == Method::DELETE { "delete" } else { "create-update" };
            // Credentials are written as parts of their identity: one write of them at a time is taken, too.
            let identity = request.path(2);
            limit(format!("writes/{kind}"), 20.0, 2.0);
            limit(format!("write/{identity}/{kind}"), 1.0, 0.25);
        }
    }
    limits
}

fn refusal(_seconds: &str) -> Failure {
    let message = "Too many requests for the resource. Please try again later.";
    Failure::new(StatusCode::TOO_MANY_REQUESTS, "429", message)
}
