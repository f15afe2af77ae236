//! The quotas that several labs share, what each lab takes of them, and what is left.

use super::cluster_size::{self, REGIONAL};
use super::demand::Demand;
use super::subscription_cache::SubscriptionCache;
use super::{account_name, alternative_regions, cluster_count, model, public_ips, resource_groups};
use crate::lab::ids::same;
use crate::lab::limits::{MOST_RESOURCE_GROUPS, MOST_ROLE_ASSIGNMENTS, PUBLIC_ADDRESSES_OF_A_LAB};

/// The check of the class's model quota. The others have the ids of the checks of one lab.
pub(super) const MODEL_QUOTA_ID: &str = "model_quota";

/// The check of where new labs go, which alone counts role assignments.
pub(super) const PLACEMENT_ID: &str = "placement";

/// What a quota counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum What {
    /// Resource groups of the subscription.
    Groups,
    /// Role assignments of the subscription.
    RoleAssignments,
    /// AKS clusters.
    Clusters,
    /// vCPUs, by usage name.
    Vcpus(String),
    /// Public IP addresses.
    Addresses,
    /// OpenAI accounts.
    Accounts,
    /// Capacity of a model.
    Model {
        /// The usage name.
        usage: String,
        /// The sku.
        sku: String,
    },
}

impl What {
    /// The id of its check, the code with which the service refuses too much, and what is counted.
    pub(super) fn check(&self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Groups => (resource_groups::ID, resource_groups::CODE, "resource groups"),
            Self::RoleAssignments => (PLACEMENT_ID, "RoleAssignmentLimitExceeded", "role assignments"),
            Self::Clusters => (cluster_count::ID, cluster_count::CODE, "AKS clusters"),
            Self::Vcpus(_) => (cluster_size::QUOTA_ID, "ErrCode_InsufficientVCPUQuota", "vCPUs"),
            Self::Addresses => (public_ips::ID, public_ips::CODE, "public IP addresses"),
            Self::Accounts => (account_name::COUNT_ID, "InsufficientQuota", "OpenAI accounts"),
            Self::Model { .. } => (MODEL_QUOTA_ID, "InsufficientQuota", "units of model capacity"),
        }
    }
}

/// What labs take of a quota.
#[derive(Clone, Debug)]
pub(super) struct Pool {
    pub(crate) what: What,
    /// The regions that it is of; empty is the whole subscription.
    pub(crate) locations: Vec<String>,
    /// Index of the lab, what it takes, and what it would take for a while besides; each lab once.
    pub(crate) shares: Vec<(usize, i64, i64)>,
}

impl Pool {
    /// What all labs take.
    pub(crate) fn total(&self) -> i64 {
        self.shares.iter().map(|(_, takes, _)| takes).sum()
    }

    /// What all of them would take for a while besides.
    pub(crate) fn surge(&self) -> i64 {
        self.shares.iter().map(|(.., surge)| surge).sum()
    }

    /// What one lab takes.
    pub(crate) fn takes(&self, lab: usize) -> i64 {
        self.shares.iter().filter(|(index, ..)| *index == lab).map(|(_, takes, _)| takes).sum()
    }

    /// Where it is counted, in words.
    pub(crate) fn place(&self) -> String {
        if self.locations.is_empty() { "the subscription".to_owned() } else { self.locations.join(" and ") }
    }

    fn add(&mut self, (lab, takes, surge): (usize, i64, i64)) {
        match self.shares.iter_mut().find(|(index, ..)| *index == lab) {
            Some(share) => (share.1, share.2) = (share.1 + takes, share.2 + surge),
            None => self.shares.push((lab, takes, surge)),
        }
    }
}

/// A quota that labs share, with what is left of it.
#[derive(Clone, Debug)]
pub(super) struct Measured {
    pub(crate) pool: Pool,
    /// The quota's name, as the service has it.
    pub(crate) name: String,
    /// What is left; it may be below zero.
    pub(crate) free: i64,
    /// The limit; below zero there is none.
    pub(crate) limit: i64,
}

/// The quotas that two or more of the labs share, as far as the service tells them.
pub(super) async fn measure(cache: &SubscriptionCache, labs: &[(&str, &Demand)]) -> Vec<Measured> {
    let mut measured: Vec<Measured> = Vec::new();
    for pool in pools(labs) {
        let Some((name, free, limit)) = quota(cache, &pool).await else { continue };
        let one = Measured { pool, name, free, limit };
        match measured.iter_mut().find(|other| are_one(other, &one)) {
            Some(other) => {
                other.pool.locations.extend(one.pool.locations);
                one.pool.shares.into_iter().for_each(|share| other.pool.add(share));
            }
            None => measured.push(one),
        }
    }
    measured.retain(|one| one.pool.shares.len() > 1);
    measured
}

/// Whether two regions draw from one quota of a model: since May 2026 more and more models have one for all regions (sku
/// GlobalStandard) or for those of a data zone (DataZoneStandard), and the service tells it in each of them ("Foundry
/// Models quotas and limits"). Two that are told with different numbers are two.
pub(super) fn are_one(one: &Measured, other: &Measured) -> bool {
    let What::Model { sku, .. } = &one.pool.what else { return false };
    let near = || {
        let pairs = one.pool.locations.iter().flat_map(|a| other.pool.locations.iter().map(move |b| (a, b)));
        pairs.into_iter().all(|(a, b)| alternative_regions::are_near(a, b))
    };
    let spreads = same(sku, "GlobalStandard") || (same(sku, "DataZoneStandard") && near());
    spreads && one.pool.what == other.pool.what && (one.free, one.limit) == (other.free, other.limit)
}

/// What the labs take, by quota and region.
pub(super) fn pools(labs: &[(&str, &Demand)]) -> Vec<Pool> {
    let mut pools: Vec<Pool> = Vec::new();
    let mut add = |what: What, location: &str, share: (usize, i64, i64)| {
        let locations: Vec<String> =
            Some(location).filter(|name| !name.is_empty()).map(str::to_owned).into_iter().collect();
        match pools.iter_mut().find(|pool| pool.what == what && pool.locations == locations) {
            Some(pool) => pool.add(share),
            None => pools.push(Pool { what, locations, shares: vec![share] }),
        }
    };
    for (index, (_, demand)) in labs.iter().enumerate() {
        let here = &demand.location;
        if demand.new_groups > 0 {
            add(What::Groups, "", (index, demand.new_groups, 0));
        }
        if demand.role_assignments > 0 {
            add(What::RoleAssignments, "", (index, demand.role_assignments, 0));
        }
        if demand.new_cluster {
            add(What::Clusters, here, (index, 1, 0));
        }
        if let Some(nodes) = &demand.nodes {
            for name in [Some(REGIONAL), nodes.family.as_deref()].into_iter().flatten() {
                add(What::Vcpus(name.to_owned()), here, (index, nodes.vcpus, nodes.surge));
            }
        }
        if demand.new_cluster {
            add(What::Addresses, here, (index, i64::from(PUBLIC_ADDRESSES_OF_A_LAB), 0));
        }
        if demand.new_account {
            add(What::Accounts, here, (index, demand.accounts, 0));
        }
        for model in &demand.models {
            if let Some(usage) = &model.usage {
                let what = What::Model { usage: usage.clone(), sku: model.sku.clone() };
                add(what, &demand.account_location, (index, model.units, 0));
            }
        }
    }
    pools
}

/// The name of a quota, what is free of it, and its limit; `None` if the service does not tell.
pub(super) async fn quota(cache: &SubscriptionCache, pool: &Pool) -> Option<(String, i64, i64)> {
    let location = pool.locations.first().map(String::as_str).unwrap_or_default();
    match &pool.what {
        What::Groups => {
            let exist = cache.groups().await.ok()?;
            Some(("resource groups".to_owned(), resource_groups::free(exist.len()), i64::from(MOST_RESOURCE_GROUPS)))
        }
        What::RoleAssignments => {
            let exist = i64::try_from(*cache.role_assignments().await.ok()?).unwrap_or(i64::MAX);
            let limit = i64::from(MOST_ROLE_ASSIGNMENTS);
            Some(("role assignments".to_owned(), limit.saturating_sub(exist), limit))
        }
        What::Clusters => {
            let usages = cache.cluster_usages(location).await.ok()?;
            let usage = cluster_count::usage(&usages)?;
            Some((usage.name.value.clone(), usage.free(), usage.limit))
        }
        What::Vcpus(name) => {
            let usages = cache.compute_usages(location).await.ok()?;
            let usage = usages.iter().find(|usage| same(&usage.name.value, name))?;
            Some((name.clone(), usage.free(), usage.limit))
        }
        What::Addresses => {
            let usages = cache.network_usages(location).await.ok()?;
            let usage = public_ips::usage(&usages)?;
            Some((usage.name.value.clone(), usage.free(), usage.limit))
        }
        What::Accounts => {
            let models = cache.models(location).await.ok()?;
            let (free, limit) = (account_name::free(&models.usages)?, account_name::limit(&models.usages)?);
            Some((account_name::ACCOUNT_COUNT.to_owned(), free, limit))
        }
        What::Model { usage, .. } => {
            let models = cache.models(location).await.ok()?;
            let (free, limit) = model::quota(&models.usages, usage)?;
            Some((usage.clone(), free, limit))
        }
    }
}

/// Which labs can be made, taken in the order given: those for which every quota has room.
pub(super) fn fitting(count: usize, measured: &[Measured]) -> Vec<bool> {
    let mut left: Vec<i64> = measured.iter().map(|one| one.free).collect();
    let mut fits = Vec::new();
    for lab in 0..count {
        let takes: Vec<i64> = measured.iter().map(|one| one.pool.takes(lab)).collect();
        let has_room = takes.iter().zip(&left).all(|(takes, left)| *takes == 0 || takes <= left);
        if has_room {
            left.iter_mut().zip(&takes).for_each(|(left, takes)| *left -= takes);
        }
        fits.push(has_room);
    }
    fits
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preflight::demand::Nodes;

    fn demand(location: &str, vcpus: i64) -> Demand {
        Demand {
            location: location.into(),
            account_location: location.into(),
            nodes: Some(Nodes { family: None, vcpus, surge: 2 }),
            accounts: 1,
            new_account: true,
            ..Demand::default()
        }
    }

    #[test]
    fn what_labs_take_is_added_up_by_region_and_groups_for_all_of_them() {
        let group = |demand: Demand| Demand { new_groups: 2, ..demand };
        let (a, b, c) = (group(demand("x", 4)), group(demand("x", 6)), group(demand("y", 100)));
        let pools = pools(&[("a", &a), ("b", &b), ("c", &c)]);
        let totals: Vec<_> = pools.iter().map(|pool| (pool.place(), pool.total())).collect();
        let whole = ("the subscription".to_owned(), 6);
        let of = |place: &str, total| (place.to_owned(), total);
        assert_eq!(totals, [whole, of("x", 10), of("x", 2), of("y", 100), of("y", 1)]);
    }

    #[test]
    fn a_lab_that_does_not_fit_leaves_its_place_to_a_smaller_one() {
        let (a, b, c) = (demand("x", 4), demand("x", 8), demand("x", 2));
        let pools = pools(&[("a", &a), ("b", &b), ("c", &c)]);
        let measured: Vec<_> =
            pools.into_iter().map(|pool| Measured { pool, name: String::new(), free: 6, limit: 6 }).collect();
        assert_eq!(fitting(3, &measured), [true, false, true]);
    }

    #[test]
    fn regions_that_tell_one_quota_of_a_global_sku_are_added_up() {
        let measured = |sku: &str, location: &str, free| Measured {
            pool: Pool {
                what: What::Model { usage: "u".into(), sku: sku.into() },
                locations: vec![location.into()],
                shares: vec![(0, 1, 0)],
            },
            name: "u".into(),
            free,
            limit: 100,
        };
        let are_one = |sku, free, location| are_one(&measured(sku, "westeurope", 100), &measured(sku, location, free));
        assert!(are_one("GlobalStandard", 100, "eastus2"));
        assert!(!are_one("GlobalStandard", 90, "eastus2"), "different numbers are different quotas");
        assert!(are_one("DataZoneStandard", 100, "swedencentral") && !are_one("DataZoneStandard", 100, "eastus2"));
        assert!(!are_one("Standard", 100, "swedencentral"));
    }
}
