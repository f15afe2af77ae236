//! Published request limits as token buckets (azure-facts.md, sections 3 and 7).
//!
//! The buckets live in memory: each process that uses a state has its own, as each client of a real region would nearly
//! have, and a restart fills them.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use http::{Method, StatusCode};

use super::errors::Failure;
use super::moment::Millis;

/// A published limit.
struct Limit {
    /// What shares the bucket.
    key: String,
    /// Requests that an idle client may send at once.
    size: f64,
    /// Requests a second that are given back.
    refill: f64,
    /// Whose limit it is; decides the error.
    by: Service,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Service {
    Arm,
    Aks,
    Identity,
}

/// Buckets by key: tokens left, and when that was.
#[derive(Default)]
pub(super) struct Throttle {
    buckets: Mutex<HashMap<String, (f64, Millis)>>,
}

/// Buckets beyond which full ones are forgotten.
const KEPT: usize = 10_000;

impl Throttle {
    /// Takes a token from every bucket that the request meets; otherwise refuses it with its service's 429.
    /// The second value is what is left of ARM's own bucket.
    pub fn admit(&self, now: Millis, caller: &str, method: &Method, segments: &[&str]) -> Result<u32, Failure> {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() > KEPT {
            // Most are full again after five minutes. A cluster's PUTs (20, one a minute) and AKS's lists are not, and are filled
            // early here: better than to grow with every path that is asked for.
            buckets.retain(|_, (_, at)| now - *at < 300_000);
        }
        let limits = limits(caller, method, segments);
        let tokens = |limit: &Limit| {
            let (left, at) = buckets.get(&limit.key).copied().unwrap_or((limit.size, now));
            (left + (now - at).max(0) as f64 / 1000.0 * limit.refill).min(limit.size)
        };
        // Time is told in whole milliseconds here: a token that comes back within this one is there.
        let least = |limit: &Limit| 1.0 - limit.refill / 1000.0;
        if let Some(empty) = limits.iter().find(|limit| tokens(limit) < least(limit)) {
            return Err(refusal(empty, (1.0 - tokens(empty)) / empty.refill));
        }
        let left: Vec<f64> = limits.iter().map(|limit| tokens(limit) - 1.0).collect();
        let remaining = left.first().copied().unwrap_or_default() as u32;
        for (limit, left) in limits.into_iter().zip(left) {
            buckets.insert(limit.key, (left, now));
        }
        Ok(remaining)
    }
}

/// ARM's bucket first, which is the caller's own (azure-facts.md, section 7), then the provider's, which all share.
fn limits(caller: &str, method: &Method, segments: &[&str]) -> Vec<Limit> {
    let arm = |kind: &str, size, refill| Limit { key: format!("arm/{caller}/{kind}"), size, refill, by: Service::Arm };
    let mut limits = vec![match *method {
        Method::GET | Method::HEAD => arm("reads", 250.0, 25.0),
        Method::DELETE => arm("deletes", 200.0, 10.0),
        _ => arm("writes", 200.0, 10.0),
    }];
    let at = segments.iter().position(|segment| *segment == "providers").unwrap_or(segments.len());
    let path = segments.join("/");
    match segments.get(at + 1..).unwrap_or_default() {
        ["microsoft.containerservice", inner @ ..] => {
            let grouped = segments.contains(&"resourcegroups");
            let (key, size, refill) = match (inner, method) {
                (["managedclusters"], _) if grouped => (format!("list/{path}"), 60.0, 1.0),
                (["managedclusters"], _) => ("list".to_owned(), 500.0, 1.0),
                (["managedclusters", _], &Method::PUT) => (format!("put/{path}"), 20.0, 1.0 / 60.0),
                (["managedclusters", _], &Method::GET) => (format!("get/{path}"), 60.0, 1.0),
                (["locations", place, "operations" | "operationresults", _], _) => {
                    (format!("operations/{place}"), 200.0, 2.0)
                }
                _ => ("other".to_owned(), 60.0, 1.0),
            };
            limits.push(Limit { key: format!("aks/{key}"), size, refill, by: Service::Aks });
        }
        ["microsoft.managedidentity", "userassignedidentities", ..] => {
            let by = Service::Identity;
            let limit = |key: &str, size, refill| Limit { key: format!("msi/{key}"), size, refill, by };
            // Rates are published, sizes are not: a second PUT within 5 s was refused, so one write a resource is at hand.
            match *method {
                Method::GET | Method::HEAD => limits.push(limit("gets", 50.0, 10.0)),
                _ => {
                    limits.push(limit("writes", 20.0, 2.0));
                    limits.push(limit(&format!("write/{path}"), 1.0, 0.25));
                }
            }
        }
        _ => {}
    }
    limits
}

fn refusal(limit: &Limit, wait: f64) -> Failure {
    let seconds = (wait.ceil() as u64).max(1).to_string();
    let refuse = |code: &str, message: &str| Failure::new(StatusCode::TOO_MANY_REQUESTS, code, message);
    let failure = match limit.by {
        Service::Arm => refuse(
            "SubscriptionRequestsThrottled",
            &format!("Number of requests for the subscription exceeded the limit. Please try again after '{seconds}' seconds."),
        )
        .gateway(),
        Service::Aks => {
            refuse("Throttled", "The request is throttled by the resource provider. Please try again later.").flat()
        }
        Service::Identity => refuse("429", "Too many requests for the resource. Please try again later."),
    };
    failure.header("retry-after", seconds)
}
