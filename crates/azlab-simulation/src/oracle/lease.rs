//! A run that ends by itself leaves no lease behind.

use azlab_sandbox::{Inventory, LoggedRequest};
use http::{Method, StatusCode};

use super::lab::Lab;
use super::{Invariant, Violation};
use crate::drive::Ran;

/// Service seconds after which a run no longer waits for the answer to a write of its lease.
const BRIEFLY_S: f64 = 5.0;

/// Whether a request writes one tag by itself, which only a lease is.
pub fn is_write_of_lease(request: &LoggedRequest) -> bool {
    let path = request.path.to_ascii_lowercase();
    request.method == Method::PATCH && path.contains("/providers/microsoft.resources/tags/default")
}

/// Judges a run beside which no other one ran. What something did to the request that removes the lease is no fault of the
/// run, which tries once.
pub fn judge(ran: &Ran, now: &Inventory) -> Option<Violation> {
    judge_leases(ran, ran.labs.iter().filter_map(|lab| Some((lab.as_str(), Lab::of(lab, now).tag("azlab-lease")?))))
}

/// The same of labs with the leases that are on them.
pub fn judge_leases<'a>(ran: &Ran, mut leases: impl Iterator<Item = (&'a str, &'a str)>) -> Option<Violation> {
    ran.finished.as_ref()?;
    let writes = || ran.log.iter().filter(|one| is_write_of_lease(one));
    let is_hindered = |one: &LoggedRequest| {
        let is_slow = one.answered.is_none_or(|at| (at - one.at).as_seconds_f64() >= BRIEFLY_S);
        // Somebody between may answer in the service's place, with a 200 that is none of it.
        let is_done = |status: Option<StatusCode>| status.is_some_and(|status| status.is_success());
        is_slow || !is_done(one.status) || !is_done(one.reached)
    };
    if !ran.alone || ran.slept_s > 0.0 || writes().any(is_hindered) {
        return None;
    }
    let (left, _) = leases.find(|(_, lease)| lease.ends_with(&format!("/{}", ran.process)))?;
    Some(Invariant::NothingOutlives.broken(format!("the lease of '{}' on {left} is still there", ran.line)))
}

/// The most writes of a lease: taken and removed on each lab, and renewed every ten minutes; `reset --rebuild` does that twice.
pub fn too_many(ran: &Ran) -> Option<Violation> {
    let count = ran.log.iter().filter(|one| is_write_of_lease(one)).count();
    let renewals = ((ran.ended - ran.began).whole_minutes() / 10).unsigned_abs();
    let most = ran.labs.len() * (4 + usize::try_from(renewals).unwrap_or_default());
    (count > most).then(|| Invariant::Progress.broken(format!("'{}' wrote its leases {count} times", ran.line)))
}
