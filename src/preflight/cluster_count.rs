//! Check `cluster_count`: the region takes one more AKS cluster.

use super::finding::Finding;
use super::more_quota::ask_for;
use crate::azure::usages::RegionUsage;

/// The check's id.
pub(crate) const ID: &str = "cluster_count";
/// The code with which AKS refuses one cluster too many.
pub(crate) const CODE: &str = "ManagedClusterCountExceedsQuotaLimit";

/// The quota of clusters among a region's; of its name only the beginning is relied on (azure-facts.md section 10).
pub(crate) fn usage(usages: &[RegionUsage]) -> Option<&RegionUsage> {
    usages.iter().find(|usage| usage.name.value.to_ascii_lowercase().starts_with("managedcluster"))
}

/// Whether the region takes one more cluster.
pub(crate) fn check(usages: &[RegionUsage], location: &str) -> Finding {
    let Some(usage) = usage(usages) else {
        return Finding::skip(ID, format!("{location} does not tell how many clusters it takes"));
    };
    let (name, free, limit) = (&usage.name.value, usage.free(), usage.limit);
    if free >= 1 {
        return Finding::pass(ID, format!("{location} takes one more AKS cluster"));
    }
    Finding::fail(
        ID,
        CODE,
        format!("a lab needs an AKS cluster in {location}, and the quota {name} has {} left of {limit}", free.max(0)),
        format!(
            "delete clusters that are not needed (az aks list -o table), choose another --location, or {}",
            ask_for(name, location, (free, limit), 1)
        ),
    )
}
