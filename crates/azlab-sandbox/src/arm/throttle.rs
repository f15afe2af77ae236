//! Published request limits as token buckets (azure-facts.md, sections 3 and 7; for identities Entra's "Important
//! considerations and restrictions for federated identity credentials", Throttling limits).
//!
//! The buckets live in memory: each process that uses a state has its own, as each client of a real region would nearly
//! have, and a restart fills them.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use http::{Method, StatusCode};

use super::failure::Failure;
use crate::state::timestamps::Millis;

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

/// What is left of a limit, and when that was.
struct Bucket {
    left: f64,
    at: Millis,
    size: f64,
    refill: f64,
}

impl Bucket {
    /// The tokens in it at `now`.
    fn tokens(&self, now: Millis) -> f64 {
        (self.left + (now - self.at).max(0) as f64 / 1000.0 * self.refill).min(self.size)
    }
}

/// Buckets by key.
#[derive(Default)]
pub(crate) struct Throttle {
    buckets: Mutex<HashMap<String, Bucket>>,
}

/// Buckets beyond which full ones are forgotten: one that is not there is full.
const KEPT: usize = 10_000;

impl Throttle {
    /// Takes a token from every bucket that the request meets; otherwise refuses it with its service's 429.
    /// Returns what is left of ARM's own bucket.
    pub fn admit(&self, now: Millis, caller: &str, method: &Method, segments: &[&str]) -> Result<u32, Failure> {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() > KEPT {
            // ARM's own limits let a caller empty no more than some hundred others in the time in which they fill again.
            buckets.retain(|_, bucket| bucket.tokens(now) < bucket.size);
        }
        let limits = limits(caller, method, segments);
        let tokens = |limit: &Limit| buckets.get(&limit.key).map_or(limit.size, |bucket: &Bucket| bucket.tokens(now));
        // Time is told in whole milliseconds here: a token that comes back within this one is there.
        let least = |limit: &Limit| 1.0 - limit.refill / 1000.0;
        if let Some(empty) = limits.iter().find(|limit| tokens(limit) < least(limit)) {
            return Err(refusal(empty, (1.0 - tokens(empty)) / empty.refill));
        }
        let left: Vec<f64> = limits.iter().map(|limit| tokens(limit) - 1.0).collect();
        let remaining = left.first().copied().unwrap_or_default() as u32;
        for (limit, left) in limits.into_iter().zip(left) {
            buckets.insert(limit.key, Bucket { left, at: now, size: limit.size, refill: limit.refill });
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
    // The last: a role assignment of a cluster is not AKS's.
    let at = segments.iter().rposition(|segment| *segment == "providers").unwrap_or(segments.len());
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
        ["microsoft.managedidentity", "userassignedidentities", inner @ ..] => {
            let by = Service::Identity;
            let mut limit = |key: String, size, refill| {
                limits.push(Limit { key: format!("msi/{key}"), size, refill, by });
            };
            // Rates of the subscription and of the resource are published, sizes are not. (The tenant's rates are higher, and
            // the sandbox has one subscription.) A second PUT of one identity within 5 s was refused, so one write a
            // resource is at hand; no refusal of a read is recorded, so whoever only looks now and then is let pass: five
            // seconds' worth for the subscription, a minute's for a resource. Reads of credentials are not in the table; they
            // are counted on the subscription only.
            let is_list = inner.len() % 2 == 0;
            match *method {
                Method::GET | Method::HEAD if is_list => {
                    limit("lists".to_owned(), 25.0, 5.0);
                    if inner.is_empty() {
                        limit(format!("list/{path}"), 15.0, 0.25);
                    }
                }
                Method::GET | Method::HEAD => {
                    limit("gets".to_owned(), 50.0, 10.0);
                    if inner.len() == 1 {
                        limit(format!("get/{path}"), 30.0, 0.5);
                    }
                }
                _ => {
                    let kind = if *method == Method::DELETE { "delete" } else { "create-update" };
                    // Credentials are written as parts of their identity: one write of them at a time is taken, too.
                    let identity = segments[..segments.len().min(at + 4)].join("/");
                    limit(format!("writes/{kind}"), 20.0, 2.0);
                    limit(format!("write/{identity}/{kind}"), 1.0, 0.25);
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

#[cfg(test)]
mod tests {
    use super::*;

    const CLUSTER: [&str; 8] = [
        "subscriptions",
        "s",
        "resourcegroups",
        "g",
        "providers",
        "microsoft.containerservice",
        "managedclusters",
        "aks",
    ];

    /// How many PUTs of the cluster pass at once.
    fn puts(throttle: &Throttle, now: Millis) -> usize {
        (0..100).take_while(|_| throttle.admit(now, "me", &Method::PUT, &CLUSTER).is_ok()).count()
    }

    #[test]
    fn a_bucket_that_is_not_full_again_is_not_forgotten_however_many_there_are() {
        let throttle = Throttle::default();
        assert_eq!(puts(&throttle, 0), 20);
        for caller in 0..=KEPT {
            throttle.admit(0, &caller.to_string(), &Method::GET, &["subscriptions"]).unwrap();
        }
        let ten_minutes = 600_000;
        assert_eq!(puts(&throttle, ten_minutes), 10, "one a minute has come back");
        let kept = throttle.buckets.lock().unwrap().len();
        assert_eq!(kept, 2, "the cluster's and my own");
    }

    #[test]
    fn the_role_assignments_of_a_resource_do_not_count_on_its_provider() {
        let role = [&CLUSTER[..], &["providers", "microsoft.authorization", "roleassignments", "r"]].concat();
        assert_eq!(limits("me", &Method::PUT, &role).len(), 1, "Resource Manager's own");
        assert_eq!(limits("me", &Method::PUT, &CLUSTER).len(), 2);
    }
}
