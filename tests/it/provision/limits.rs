//! The published request limits (azure-facts.md sections 3 and 7), counted over what the service saw. Kept apart from the
//! client's own limiter and from the sandbox's throttle, so that it catches a mistake in either.

use std::collections::HashMap;

use azlab_sandbox::LoggedRequest;
use http::Method;
use time::OffsetDateTime;

/// What shares a bucket, its size, and what it gets back in a second.
type Bucket = (String, f64, f64);

fn buckets(request: &LoggedRequest) -> Vec<Bucket> {
    let path = request.path.split('?').next().unwrap_or_default().to_lowercase();
    let read = request.method == Method::GET;
    let arm = match request.method {
        Method::GET => ("reads", 250.0, 25.0),
        Method::DELETE => ("deletes", 200.0, 10.0),
        _ => ("writes", 200.0, 10.0),
    };
    let mut all = vec![(arm.0.to_owned(), arm.1, arm.2)];
    if path.contains("/locations/") && path.contains("microsoft.containerservice") {
        all.push(("operations".into(), 200.0, 2.0));
    } else if path.contains("/managedclusters/") {
        let (size, refill) = if read { (60.0, 1.0) } else { (20.0, 1.0 / 60.0) };
        all.push((format!("{} {path}", request.method), size, refill));
    } else if let Some((_, identity)) = path.split_once("/userassignedidentities/") {
        if read {
            all.push(("identity reads".into(), 10.0, 10.0));
        } else {
            all.push(("identity writes".into(), 2.0, 2.0));
            let identity = identity.split('/').next().unwrap_or_default();
            let group = path.split('/').nth(4).unwrap_or_default();
            all.push((format!("writes of {group} {identity}"), 1.0, 0.25));
        }
    }
    all
}

/// The first request that found a bucket empty.
pub fn first_over_limit(log: &[LoggedRequest]) -> Option<String> {
    let mut levels: HashMap<String, (f64, OffsetDateTime)> = HashMap::new();
    for request in log {
        for (key, size, refill) in buckets(request) {
            let (level, then) = levels.get(&key).copied().unwrap_or((size, request.at));
            let level = (level + (request.at - then).as_seconds_f64() * refill).min(size) - 1.0;
            // A request of the millisecond in which the token comes back is in time.
            if level < -0.01 {
                return Some(format!("{key}: {} {} at {}", request.method, request.path, request.at));
            }
            levels.insert(key, (level, request.at));
        }
    }
    None
}
