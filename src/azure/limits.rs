//! Client-side rate limits, so that we never draw a 429 by our own rate.
//!
//! Buckets as azure-facts.md sections 3 and 7 give them. A request takes one token from every bucket that it falls in and
//! waits, on the service's clock, until all had one. Who came first to a bucket is served first.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use governor::clock::Clock as _;
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use http::Method;
use time::OffsetDateTime;

use azlab_clock::Clock;

/// A token bucket: so many at once, and then one a `period`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Bucket {
    burst: u32,
    period: Duration,
}

const fn bucket(burst: u32, period_ms: u64) -> Bucket {
    Bucket { burst, period: Duration::from_millis(period_ms) }
}

/// ARM, per subscription and principal: reads 250, +25/s.
const ARM_READS: Bucket = bucket(250, 40);
/// ARM, per subscription and principal: writes 200, +10/s.
const ARM_WRITES: Bucket = bucket(200, 100);
/// ARM, per subscription and principal: deletes 200, +10/s.
const ARM_DELETES: Bucket = bucket(200, 100);
/// AKS, per subscription: LIST clusters 500, +1/s.
const AKS_LIST: Bucket = bucket(500, 1_000);
/// AKS, per group: LIST clusters 60, +1/s.
const AKS_LIST_GROUP: Bucket = bucket(60, 1_000);
/// AKS, per cluster: PUT 20, +1/min.
const AKS_PUT: Bucket = bucket(20, 60_000);
/// AKS, per cluster: GET 60, +1/s.
const AKS_GET: Bucket = bucket(60, 1_000);
/// AKS, per subscription (and region): GET operation status 200, +2/s.
const AKS_OPERATION: Bucket = bucket(200, 500);
/// AKS, per subscription: all else 60, +1/s.
const AKS_OTHER: Bucket = bucket(60, 1_000);
/// Managed identity, per subscription: create-update and delete 2/s; get 10/s; list 5/s. No burst is published: one
/// second's worth is taken.
const MSI_WRITE: Bucket = bucket(2, 500);
const MSI_GET: Bucket = bucket(10, 100);
const MSI_LIST: Bucket = bucket(5, 200);
/// Managed identity, per identity (its credentials are parts of it): create-update and delete 0.25/s each (a second PUT within
/// 5 s was recorded to draw a 429). Gets of one identity (0.5/s) have no bucket: a run makes a handful, and looks for what shows
/// late come with pauses that grow.
const MSI_WRITE_ONE: Bucket = bucket(1, 4_000);

/// A bucket and the queue before it. Only the first in the queue looks at the bucket: without one, all who wait would
/// wake for each token, and whoever happens to be late would never have one.
#[derive(Debug)]
struct Gate {
    /// Fair: tokio's mutex serves in the order of asking.
    queue: tokio::sync::Mutex<()>,
    limiter: Limiter,
}

type Limiter = RateLimiter<NotKeyed, InMemoryState, ServiceClock, NoOpMiddleware<Nanos>>;

#[derive(Clone, Copy, Debug)]
struct ServiceClock {
    clock: Clock,
    start: OffsetDateTime,
}

impl governor::clock::Clock for ServiceClock {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        self.clock.since(self.start).into()
    }
}

/// The buckets of one sign-in; shared by all labs of a run.
#[derive(Debug)]
pub(crate) struct Limits {
    clock: ServiceClock,
    buckets: Mutex<HashMap<String, Arc<Gate>>>,
}

impl Limits {
    /// Full buckets.
    pub(crate) fn new(clock: Clock) -> Self {
        Self { clock: ServiceClock { clock, start: clock.now() }, buckets: Mutex::default() }
    }

    /// Waits until a request may go out; returns how long that took, in service time.
    pub(crate) async fn admit(&self, method: &Method, path: &str) -> Duration {
        let before = self.clock.clock.now();
        for (key, bucket) in buckets_of(method, path) {
            let Some(gate) = self.gate(key, bucket) else { continue };
            let _turn = gate.queue.lock().await;
            while let Err(refusal) = gate.limiter.check() {
                self.clock.clock.sleep(refusal.wait_time_from(self.clock.now())).await;
            }
        }
        self.clock.clock.since(before)
    }

    fn gate(&self, key: String, bucket: Bucket) -> Option<Arc<Gate>> {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = buckets.get(&key) {
            return Some(Arc::clone(found));
        }
        let quota = Quota::with_period(bucket.period)?.allow_burst(NonZeroU32::new(bucket.burst)?);
        let limiter = RateLimiter::direct_with_clock(quota, self.clock);
        let gate = Arc::new(Gate { queue: tokio::sync::Mutex::default(), limiter });
        buckets.insert(key, Arc::clone(&gate));
        Some(gate)
    }
}

/// The buckets that a request takes from, by a name that says whose they are.
fn buckets_of(method: &Method, path: &str) -> Vec<(String, Bucket)> {
    let path = path.to_ascii_lowercase();
    let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    let subscription = match segments.as_slice() {
        ["subscriptions", id, ..] => *id,
        _ => "none",
    };
    let read = method == Method::GET || method == Method::HEAD;
    let (kind, arm) = match *method {
        Method::DELETE => ("deletes", ARM_DELETES),
        _ if read => ("reads", ARM_READS),
        _ => ("writes", ARM_WRITES),
    };
    let mut all = vec![(format!("arm/{subscription}/{kind}"), arm)];
    // ["subscriptions", s, "resourcegroups", g, "providers", provider, type, name, …] or without the group.
    let provider_at = segments.iter().rposition(|segment| *segment == "providers");
    let Some((provider, rest)) = provider_at.and_then(|at| segments[at + 1..].split_first()) else { return all };
    let in_group = segments.get(2) == Some(&"resourcegroups");
    match *provider {
        "microsoft.containerservice" => all.push(match rest {
            ["managedclusters"] if in_group => {
                (format!("aks/{subscription}/list/{}", segments.get(3).unwrap_or(&"")), AKS_LIST_GROUP)
            }
            ["managedclusters"] => (format!("aks/{subscription}/list"), AKS_LIST),
            ["managedclusters", _] if method == Method::PUT => (format!("aks/put/{path}"), AKS_PUT),
            ["managedclusters", _] if read => (format!("aks/get/{path}"), AKS_GET),
            ["locations", region, "operations" | "operationresults", ..] => {
                (format!("aks/{subscription}/{region}/operations"), AKS_OPERATION)
            }
            _ => (format!("aks/{subscription}/other"), AKS_OTHER),
        }),
        "microsoft.managedidentity" => {
            let one = matches!(rest, ["userassignedidentities", _] | ["userassignedidentities", _, _, _]);
            match (read, one) {
                (true, true) => all.push((format!("msi/{subscription}/get"), MSI_GET)),
                (true, false) => all.push((format!("msi/{subscription}/list"), MSI_LIST)),
                (false, _) => {
                    all.push((format!("msi/{subscription}/{kind}"), MSI_WRITE));
                    if let ["userassignedidentities", identity, ..] = rest {
                        let group = segments.get(3).unwrap_or(&"");
                        all.push((format!("msi/{subscription}/{group}/{identity}/{kind}"), MSI_WRITE_ONE));
                    }
                }
            }
        }
        _ => {}
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLUSTER: &str = "/subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerService/managedClusters/c";
    const IDENTITY: &str =
        "/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/i";

    fn limits() -> Limits {
        Limits::new(Clock::scaled(OffsetDateTime::UNIX_EPOCH, 1.0))
    }

    #[tokio::test(start_paused = true)]
    async fn a_burst_passes_and_then_the_refill_rate_holds() {
        let limits = limits();
        let mut waited = Duration::ZERO;
        for _ in 0..250 {
            waited += limits.admit(&Method::GET, "/subscriptions/s").await;
        }
        assert_eq!(waited, Duration::ZERO);
        for _ in 0..50 {
            waited += limits.admit(&Method::GET, "/subscriptions/S").await;
        }
        let expected = Duration::from_secs(2);
        assert!(waited >= expected && waited < expected + Duration::from_millis(100), "{waited:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn two_writes_below_one_identity_are_four_seconds_apart() {
        let limits = limits();
        assert_eq!(limits.admit(&Method::PUT, IDENTITY).await, Duration::ZERO);
        let child = format!("{}/federatedIdentityCredentials/f", IDENTITY.to_uppercase());
        let waited = limits.admit(&Method::PUT, &child).await;
        assert!(waited >= Duration::from_millis(3_999) && waited <= Duration::from_secs(5), "{waited:?}");
        assert_eq!(limits.admit(&Method::PUT, &IDENTITY.replace("/i", "/other")).await, Duration::ZERO);
    }

    #[test]
    fn cluster_operations_fall_into_their_published_buckets() {
        let last = |method, path: &str| buckets_of(&method, path).pop().expect("a bucket").1;
        assert_eq!(last(Method::PUT, CLUSTER), AKS_PUT);
        assert_eq!(last(Method::GET, CLUSTER), AKS_GET);
        let operation = "/subscriptions/s/providers/Microsoft.ContainerService/locations/westeurope/operations/1";
        assert_eq!(last(Method::GET, operation), AKS_OPERATION);
        assert_eq!(
            last(Method::GET, "/subscriptions/s/providers/Microsoft.ContainerService/managedClusters"),
            AKS_LIST
        );
        let in_group = CLUSTER.strip_suffix("/c").expect("the list");
        assert_eq!(last(Method::GET, in_group), AKS_LIST_GROUP);
        assert_eq!(last(Method::POST, &format!("{CLUSTER}/listClusterUserCredential")), AKS_OTHER);
        let role = format!("{CLUSTER}/providers/Microsoft.Authorization/roleAssignments/1");
        assert_eq!(buckets_of(&Method::PUT, &role), vec![("arm/s/writes".to_owned(), ARM_WRITES)]);
    }
}
