//! Check `public_ips`: the region has public IP addresses for the lab's cluster and for the workshop's services.

use super::finding::Finding;
use super::more_quota::ask_for;
use crate::azure::usages::RegionUsage;
use crate::lab::ids::same;
use crate::lab::limits::PUBLIC_ADDRESSES_OF_A_LAB;

/// The check's id.
pub(crate) const ID: &str = "public_ips";
/// The code with which one address too many is refused.
pub(crate) const CODE: &str = "PublicIPCountLimitReached";

/// Usage names that addresses of the sku Standard are counted under; a region may list several.
const NAMES: [&str; 3] = ["IPv4StandardSkuPublicIpAddresses", "StandardSkuPublicIpAddresses", "PublicIPAddresses"];

/// The quota among a region's that leaves the fewest addresses.
pub(crate) fn usage(usages: &[RegionUsage]) -> Option<&RegionUsage> {
    let counts = |usage: &&RegionUsage| NAMES.iter().any(|name| same(name, &usage.name.value));
    usages.iter().filter(counts).min_by_key(|usage| usage.free())
}

/// Whether the addresses of one lab are left.
pub(crate) fn check(usages: &[RegionUsage], location: &str) -> Finding {
    let Some(usage) = usage(usages) else {
        return Finding::skip(ID, format!("{location} does not tell how many public IP addresses it has"));
    };
    let (name, free, limit) = (&usage.name.value, usage.free(), usage.limit);
    let needs = i64::from(PUBLIC_ADDRESSES_OF_A_LAB);
    if free >= needs {
        return Finding::pass(ID, format!("{location} has {needs} public IP addresses for a lab"));
    }
    Finding::fail(
        ID,
        CODE,
        format!(
            "a lab needs {needs} public IP addresses in {location} (outbound traffic, store-front, store-admin), and the quota \
             {name} has {} left of {limit}",
            free.max(0)
        ),
        format!(
            "delete addresses that are not needed (az network public-ip list -o table), choose another --location, or {}",
            ask_for(name, location, (free, limit), needs)
        ),
    )
}
