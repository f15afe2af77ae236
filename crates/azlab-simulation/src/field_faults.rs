//! Refusals and ends that reports from the field tell of; drawn apart from the others (`plan.rs`).

use fastrand::Rng;
use http::Method;

use super::faults::{How, Trouble};
use super::plan::pick;

/// What reports from the field tell (azure-facts.md section 10) and the draws of `faults.rs` do not have.
pub fn any(rng: &mut Rng) -> Trouble {
    let parents = ["/managedclusters/", "/accounts/", "/deployments/", "/userassignedidentities/"];
    let (method, path, how) = match rng.u8(..8) {
        0 => (None, "", How::Challenged),
        1 => (Some(Method::PUT), "", How::Challenged),
        2 => (Some(Method::PUT), "/managedclusters/", How::Stale),
        3 => (Some(Method::PUT), pick(rng, &parents), How::WithoutWords),
        4 => (Some(Method::PUT), "/managedclusters/", How::Quota),
        5 => (Some(Method::PUT), "/managedclusters/", How::Conflict("AKSCapacityHeavyUsage")),
        _ => (Some(Method::PUT), "/managedclusters/", How::RegionFull(rng.f64())),
    };
    let skip = match (&method, path) {
        (None, _) => rng.usize(..40),
        (_, "") => rng.usize(..5),
        _ => 0,
    };
    Trouble { method, path, skip, times: pick(rng, &[1, 1, 2, 3]), how }
}
