//! Published request limits as token buckets: Resource Manager's own (azure-facts.md, section 7) and those of the provider.
//!
//! The buckets live in memory: each process that uses a state has its own, as each client of a real region would nearly
//! have, and a restart fills them.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use http::{Method, StatusCode};

use super::failure::Failure;
use super::limit::{Limit, Metered};
use super::provider::Providers;
use crate::state::pace::Pace;
use crate::state::subscriptions::counted_in;
use crate::state::timestamps::Millis;

/// What is left of a limit, and when that was.
struct Bucket {
    left: f64,
    at: Millis,
    size: f64,
    refill: f64,
}

impl Bucket {
    /// The tokens in it at `now`.
    fn tokens(&self, pace: Pace, now: Millis) -> f64 {
        let passed = pace.served((now - self.at).max(0));
        (self.left + passed as f64 / 1000.0 * self.refill).min(self.size)
    }
}

/// Buckets by key.
pub(crate) struct Throttle {
    /// A bucket gets its tokens in service seconds.
    pace: Pace,
    buckets: Mutex<HashMap<String, Bucket>>,
}

/// Buckets beyond which full ones are forgotten: one that is not there is full.
const KEPT: usize = 10_000;

impl Throttle {
    /// Full buckets.
    pub fn new(pace: Pace) -> Self {
        Self { pace, buckets: Mutex::default() }
    }

    /// Takes a token from every bucket that the request meets; otherwise refuses it with its service's 429.
    /// Returns what is left of ARM's own bucket.
    pub fn admit(
        &self,
        providers: &Providers,
        now: Millis,
        caller: &str,
        method: &Method,
        segments: &[&str],
    ) -> Result<u32, Failure> {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() > KEPT {
            // ARM's own limits let a caller empty no more than some hundred others in the time in which they fill again.
            buckets.retain(|_, bucket| bucket.tokens(self.pace, now) < bucket.size);
        }
        let limits = limits(providers, caller, method, segments);
        let tokens =
            |limit: &Limit| buckets.get(&limit.key).map_or(limit.size, |bucket: &Bucket| bucket.tokens(self.pace, now));
        // Time is told in whole milliseconds here: a token that comes back within this one is there.
        let moment = self.pace.served(1) as f64 / 1000.0;
        let least = |limit: &Limit| 1.0 - limit.refill * moment;
        if let Some(empty) = limits.iter().find(|limit| tokens(limit) < least(limit)) {
            let wait = (1.0 - tokens(empty)) / empty.refill;
            let seconds = (wait.ceil() as u64).max(1).to_string();
            return Err((empty.refusal)(&seconds).header("retry-after", seconds));
        }
        let left: Vec<f64> = limits.iter().map(|limit| tokens(limit) - 1.0).collect();
        let remaining = left.first().copied().unwrap_or_default() as u32;
        for (limit, left) in limits.into_iter().zip(left) {
            buckets.insert(limit.key, Bucket { left, at: now, size: limit.size, refill: limit.refill });
        }
        Ok(remaining)
    }
}

/// ARM's bucket first, which is the caller's own (azure-facts.md, section 7), then the provider's, which all share; each
/// subscription has its own.
fn limits(providers: &Providers, caller: &str, method: &Method, segments: &[&str]) -> Vec<Limit> {
    let arm = |kind: &str, size, refill| Limit { key: format!("arm/{caller}/{kind}"), size, refill, refusal };
    let mut limits = vec![match *method {
        Method::GET | Method::HEAD => arm("reads", 250.0, 25.0),
        Method::DELETE => arm("deletes", 200.0, 10.0),
        _ => arm("writes", 200.0, 10.0),
    }];
    if let Some((provider, inner)) = providers.of_path(segments) {
        limits.extend(provider.limits(&Metered { method, segments, inner }));
    }
    if let ["subscriptions", id, ..] = segments {
        limits.iter_mut().for_each(|limit| limit.key = counted_in(id, &limit.key));
    }
    limits
}

fn refusal(seconds: &str) -> Failure {
    Failure::new(
        StatusCode::TOO_MANY_REQUESTS,
        "SubscriptionRequestsThrottled",
        format!(
            "Number of requests for the subscription exceeded the limit. Please try again after '{seconds}' seconds."
        ),
    )
    .gateway()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::PROVIDERS;
    use azlab_clock::Clock;

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
        (0..100).take_while(|_| throttle.admit(&PROVIDERS, now, "me", &Method::PUT, &CLUSTER).is_ok()).count()
    }

    #[tokio::test]
    async fn a_bucket_that_is_not_full_again_is_not_forgotten_however_many_there_are() {
        let throttle = Throttle::new(Pace::of(&Clock::real()));
        assert_eq!(puts(&throttle, 0), 20);
        for caller in 0..=KEPT {
            throttle.admit(&PROVIDERS, 0, &caller.to_string(), &Method::GET, &["subscriptions"]).unwrap();
        }
        let ten_minutes = 600_000;
        assert_eq!(puts(&throttle, ten_minutes), 10, "one a minute has come back");
        let kept = throttle.buckets.lock().unwrap().len();
        assert_eq!(kept, 2, "the cluster's and my own");
    }

    #[test]
    fn the_role_assignments_of_a_resource_do_not_count_on_its_provider() {
        let role = [&CLUSTER[..], &["providers", "microsoft.authorization", "roleassignments", "r"]].concat();
        assert_eq!(limits(&PROVIDERS, "me", &Method::PUT, &role).len(), 1, "Resource Manager's own");
        assert_eq!(limits(&PROVIDERS, "me", &Method::PUT, &CLUSTER).len(), 2);
    }
}
