//! The published request limits (azure-facts.md sections 3 and 7), counted by the judge itself.

use std::collections::HashMap;

use azlab_sandbox::LoggedRequest;
use http::Method;
use time::OffsetDateTime;

use super::lease::is_write_of_lease;
use super::{Invariant, Violation};
use crate::drive::Ran;

/// How many at once, and how many a second come back.
type Limit = (f64, f64);

/// The buckets that a request takes from.
fn limits(request: &LoggedRequest) -> Vec<(String, Limit)> {
    let path = request.path.split('?').next().unwrap_or_default().to_ascii_lowercase();
    let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    let read = !request.is_write();
    let mut all = vec![match request.method {
        Method::DELETE => ("arm deletes".to_owned(), (200.0, 10.0)),
        _ if read => ("arm reads".to_owned(), (250.0, 25.0)),
        _ => ("arm writes".to_owned(), (200.0, 10.0)),
    }];
    let at = segments.iter().rposition(|segment| *segment == "providers").unwrap_or(segments.len());
    let in_group = segments.contains(&"resourcegroups");
    match segments.get(at + 1..).unwrap_or_default() {
        ["microsoft.containerservice", inner @ ..] => all.push(match inner {
            ["managedclusters"] if in_group => ("clusters of a group".into(), (60.0, 1.0)),
            ["managedclusters"] => ("clusters".into(), (500.0, 1.0)),
            ["managedclusters", _] if request.method == Method::PUT => (format!("PUT {path}"), (20.0, 1.0 / 60.0)),
            ["managedclusters", _] if read => (format!("GET {path}"), (60.0, 1.0)),
            ["locations", region, "operations" | "operationresults", _] => {
                (format!("cluster operations in {region}"), (200.0, 2.0))
            }
            _ => ("AKS, all else".into(), (60.0, 1.0)),
        }),
        ["microsoft.managedidentity", "userassignedidentities", ..] if !read => {
            // No size is published. A second write within 5 s was refused, so the size is 1.
            let identity = segments.get(..at + 4).unwrap_or_default().join("/");
            all.push((format!("{} below {identity}", request.method), (1.0, 0.25)));
            // One second's worth of the limit of a principal (10), since the subscription's (2) has no size either.
            all.push((format!("identity {}s", request.method), (10.0, 2.0)));
        }
        ["microsoft.managedidentity", ..] if read => all.push(("identity gets".into(), (30.0, 10.0))),
        _ => {}
    }
    // Each subscription has its own.
    let subscription = match segments.as_slice() {
        ["subscriptions", id, ..] => id,
        _ => "none",
    };
    all.into_iter().map(|(name, limit)| (format!("{name} of {subscription}"), limit)).collect()
}

/// Whether the requests of one run alone stay inside every bucket; `other` is what another one sent at the same time.
pub fn judge(ran: &Ran, other: &[LoggedRequest]) -> Vec<Violation> {
    let mut levels: HashMap<String, (f64, OffsetDateTime)> = HashMap::new();
    let mut broken = Vec::new();
    for request in &ran.log {
        for (name, (size, refill)) in limits(request) {
            let (left, at) = levels.get(&name).copied().unwrap_or((size, request.at));
            let left = (left + (request.at - at).as_seconds_f64() * refill).min(size) - 1.0;
            // Times are rounded to the millisecond on both sides.
            if left < -0.01 {
                broken.push(Invariant::InsideBuckets.broken(format!("{}: the bucket '{name}' is empty", ran.line)));
            }
            levels.insert(name, (left, request.at));
        }
    }
    broken.truncate(1);
    broken.extend(hasty(ran, other));
    broken
}

/// A write or a poll that was told to wait and came again before its time. A lease is renewed and removed at one path: that is no
/// repetition, and `lease::too_many` counts them.
fn hasty(ran: &Ran, other: &[LoggedRequest]) -> Option<Violation> {
    let counts = |one: &LoggedRequest| (one.is_write() && !is_write_of_lease(one)) || one.path.contains("/operation");
    let told = ran.log.iter().enumerate().filter(|(_, one)| counts(one));
    for (at, request) in told {
        // azlab heeds up to five minutes, and takes 0 for "after a while".
        let Some(asked) = request.retry_after.filter(|asked| (1..=300).contains(asked)) else { continue };
        // What was made anew in between, by whomever, is another one.
        let same = ran.log[at + 1..].iter().filter(|next| next.path == request.path);
        let again = same.take_while(|next| next.method == request.method || next.method != Method::PUT);
        let Some(again) = again.into_iter().find(|next| next.method == request.method) else { continue };
        let is_between = |one: &LoggedRequest| one.at >= request.at && one.at <= again.at;
        let makes = |one: &LoggedRequest| one.method == Method::PUT && one.path == request.path && is_between(one);
        if other.iter().any(makes) {
            continue;
        }
        let gap = (again.at - request.at).as_seconds_f64();
        if gap < asked as f64 - 0.01 {
            let path = request.path.split('?').next().unwrap_or_default();
            let what = format!("{} {path} came again after {gap:.1} s, asked for {asked} s", request.method);
            return Some(Invariant::InsideBuckets.broken(what));
        }
    }
    None
}
