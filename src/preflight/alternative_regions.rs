//! Other regions whose quotas hold a lab now. A few regions are looked at, not all.

use futures::future::join_all;
use time::OffsetDateTime;

use super::cluster_size::{self, REGIONAL};
use super::demand::{Demand, ModelDemand};
use super::location::everywhere;
use super::subscription_cache::{Models, SubscriptionCache};
use super::{account_name, cluster_count, public_ips};
use crate::azure::usages::RegionUsage;
use crate::lab::ids::same;
use crate::lab::limits::PUBLIC_ADDRESSES_OF_A_LAB;
use crate::lab::model::choose_or_best;
use crate::lab::spec::LabSpec;

/// Regions that are looked at, five reads each.
pub(crate) const MOST_REGIONS: usize = 4;

/// Regions of Azure OpenAI by where they are, those with most models first; a lab's neighbours are looked at before others.
const GEOGRAPHIES: [&[&str]; 3] = [
    &[
        "swedencentral",
        "francecentral",
        "northeurope",
        "uksouth",
        "westeurope",
        "germanywestcentral",
        "switzerlandnorth",
    ],
    &["eastus2", "eastus", "westus3", "southcentralus", "northcentralus", "westus", "canadaeast", "brazilsouth"],
    &["japaneast", "australiaeast", "koreacentral", "southeastasia", "southindia", "eastasia"],
];

/// A region with room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Region {
    /// The region.
    pub(crate) location: String,
    /// How many labs like the one that was asked about.
    pub(crate) labs: usize,
}

/// Regions other than `home` that hold at least one lab like `demand`, most room first. What cannot be read is left out.
pub(crate) async fn find(cache: &SubscriptionCache, demand: &Demand, home: &str) -> Vec<Region> {
    let Ok(providers) = cache.providers().await else { return Vec::new() };
    let all = everywhere(&providers);
    let now = cache.azure.arm().clock().now();
    let looked = neighbours(home, &all).into_iter().map(|location| async move {
        let (compute, clusters, networks, models) = tokio::join!(
            cache.compute_usages(&location),
            cache.cluster_usages(&location),
            cache.network_usages(&location),
            cache.models(&location)
        );
        // A quota that the service does not tell is no reason against a region.
        let clusters = clusters.map(|usages| usages.to_vec()).unwrap_or_default();
        let networks = networks.map(|usages| usages.to_vec()).unwrap_or_default();
        let quotas = Quotas { compute: &compute.ok()?, clusters: &clusters, networks: &networks };
        let labs = holds(demand, &quotas, &*models.ok()?, &location, now);
        (labs > 0).then_some(Region { location, labs })
    });
    let mut regions: Vec<Region> = join_all(looked).await.into_iter().flatten().collect();
    regions.sort_by_key(|region| std::cmp::Reverse(region.labs));
    regions
}

/// The same for the whole of `lab`: what there is of it at home is made anew elsewhere.
pub(crate) async fn find_for(cache: &SubscriptionCache, lab: &LabSpec, home: &str) -> Vec<Region> {
    let sizes = cache.vm_sizes(home).await.ok();
    let deployments = if lab.is_sharing() { lab.share().deployments } else { lab.deployments.clone() };
    let models =
        deployments.into_iter().map(|one| ModelDemand { wanted: one.model, sku: String::new(), usage: None, units: 0 });
    let demand = Demand {
        new_cluster: true,
        nodes: sizes.and_then(|sizes| cluster_size::nodes(&lab.cluster, &sizes)),
        new_account: !lab.is_sharing(),
        models: models.collect(),
        ..Demand::default()
    };
    find(cache, &demand, home).await
}

/// The regions to look at: those near `home` first.
fn neighbours(home: &str, all: &[String]) -> Vec<String> {
    let (near, far): (Vec<&[&str]>, Vec<&[&str]>) = GEOGRAPHIES.iter().partition(|group| group.contains(&home));
    let known = near.into_iter().chain(far).flatten().map(|name| (*name).to_owned());
    known.filter(|name| name != home && all.contains(name)).take(MOST_REGIONS).collect()
}

/// Whether two regions are in one part of the world: in one data zone, as far as the lists above know them.
pub(super) fn are_near(one: &str, other: &str) -> bool {
    GEOGRAPHIES.iter().any(|group| group.contains(&one) && group.contains(&other))
}

/// The quotas of a region that a cluster takes from.
struct Quotas<'a> {
    compute: &'a [RegionUsage],
    clusters: &'a [RegionUsage],
    networks: &'a [RegionUsage],
}

/// How many labs like `demand` the region holds.
fn holds(demand: &Demand, quotas: &Quotas<'_>, models: &Models, location: &str, now: OffsetDateTime) -> usize {
    let mut rooms: Vec<i64> = Vec::new();
    if let Some(nodes) = &demand.nodes {
        for name in [Some(REGIONAL), nodes.family.as_deref()].into_iter().flatten() {
            let usage = quotas.compute.iter().find(|usage| same(&usage.name.value, name));
            rooms.extend(usage.map(|usage| usage.free() / nodes.vcpus.max(1)));
        }
    }
    if demand.new_cluster {
        let addresses = i64::from(PUBLIC_ADDRESSES_OF_A_LAB);
        rooms.extend(cluster_count::usage(quotas.clusters).map(RegionUsage::free));
        rooms.extend(public_ips::usage(quotas.networks).map(|usage| usage.free() / addresses));
    }
    if demand.new_account {
        rooms.extend(account_name::free(&models.usages));
    }
    for wanted in &demand.models {
        let Ok((choice, _)) = choose_or_best(&wanted.wanted, &models.offers, location, now) else { return 0 };
        let offer = models
            .offers
            .iter()
            .find(|offer| offer.model == choice.model && offer.version == choice.version && offer.sku == choice.sku);
        let free = offer.and_then(|offer| offer.free);
        rooms.extend(free.map(|free| i64::from(free / choice.capacity.max(1))));
    }
    usize::try_from(rooms.into_iter().min().unwrap_or(0)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_are_looked_at_first_and_the_number_is_bounded() {
        let all: Vec<String> = GEOGRAPHIES.concat().into_iter().map(str::to_owned).collect();
        assert_eq!(neighbours("westeurope", &all), ["swedencentral", "francecentral", "northeurope", "uksouth"]);
        assert_eq!(neighbours("eastus", &all)[0], "eastus2");
        assert_eq!(neighbours("atlantis", &all).len(), MOST_REGIONS);
        assert_eq!(neighbours("westeurope", &["uksouth".to_owned()]), ["uksouth"]);
    }
}
