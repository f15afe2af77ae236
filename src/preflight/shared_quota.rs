//! Several labs of one run against the quotas that they share: what each could have alone may be too much for all.

use super::account_name;
use super::alternative_regions::{self, Region};
use super::cluster_size::{self, REGIONAL};
use super::demand::Demand;
use super::finding::Finding;
use super::subscription_cache::SubscriptionCache;
use crate::lab::ids::same;
use crate::values::counted;

/// The check of the class's model quota. vCPUs and accounts have the ids of the checks of one lab.
pub const MODEL_QUOTA_ID: &str = "model_quota";

/// A quota that labs share.
#[derive(Clone, Debug, PartialEq, Eq)]
enum What {
    /// vCPUs, by usage name.
    Vcpus(String),
    /// OpenAI accounts.
    Accounts,
    /// Capacity of a model, by usage name.
    Model(String),
}

/// A quota, and what each lab takes of it.
#[derive(Clone, Debug)]
struct Pool {
    what: What,
    location: String,
    /// Index of the lab, what it takes, and what it would take for a while besides.
    shares: Vec<(usize, i64, i64)>,
}

impl Pool {
    fn total(&self) -> i64 {
        self.shares.iter().map(|(_, takes, _)| takes).sum()
    }

    fn takes(&self, lab: usize) -> i64 {
        self.shares.iter().filter(|(index, ..)| *index == lab).map(|(_, takes, _)| takes).sum()
    }
}

/// Checks all labs, by name, against the quotas that two or more of them share. Nothing for a single lab.
pub async fn check(cache: &SubscriptionCache, labs: &[(&str, &Demand)]) -> Vec<Finding> {
    let mut measured = Vec::new();
    for pool in pools(labs) {
        if let Some((free, limit)) = quota(cache, &pool).await {
            measured.push((pool, free, limit));
        }
    }
    let mut findings: Vec<Finding> = measured
        .iter()
        .filter(|(pool, free, _)| pool.total() <= *free)
        .map(|(pool, free, _)| enough(pool, *free))
        .collect();
    let tight: Vec<&(Pool, i64, i64)> = measured.iter().filter(|(pool, free, _)| pool.total() > *free).collect();
    let fitting = fitting(labs.len(), &measured);
    let mut hints: Vec<(String, String)> = Vec::new();
    for (pool, free, limit) in tight {
        let hint = match hints.iter().find(|(location, _)| *location == pool.location) {
            Some((_, hint)) => hint.clone(),
            None => {
                let hint = split(cache, labs, &fitting, pool).await;
                hints.push((pool.location.clone(), hint.clone()));
                hint
            }
        };
        findings.push(too_much(pool, *free, *limit, hint));
    }
    let short = |pool: &Pool, free| {
        pool.total() <= free && pool.total() + pool.shares.iter().map(|(_, _, surge)| surge).sum::<i64>() > free
    };
    for (pool, free, _) in measured.iter().filter(|(pool, free, _)| short(pool, *free)) {
        let message = format!(
            "the {} labs leave {} ({}) free in {}: not all can be upgraded at once",
            pool.shares.len(),
            counted(free - pool.total(), "vCPU"),
            usage_name(&pool.what),
            pool.location
        );
        findings.push(Finding::warn(cluster_size::QUOTA_ID, message));
    }
    findings
}

/// The quotas that two or more labs share.
fn pools(labs: &[(&str, &Demand)]) -> Vec<Pool> {
    let mut pools: Vec<Pool> = Vec::new();
    let mut add = |what: What, location: &str, share: (usize, i64, i64)| match pools
        .iter_mut()
        .find(|pool| pool.what == what && pool.location == location)
    {
        Some(pool) => pool.shares.push(share),
        None => pools.push(Pool { what, location: location.to_owned(), shares: vec![share] }),
    };
    for (index, (_, demand)) in labs.iter().enumerate() {
        if let Some(nodes) = &demand.nodes {
            for name in [Some(REGIONAL), nodes.family.as_deref()].into_iter().flatten() {
                add(What::Vcpus(name.to_owned()), &demand.location, (index, nodes.vcpus, nodes.surge));
            }
        }
        if demand.new_account {
            add(What::Accounts, &demand.location, (index, demand.accounts, 0));
        }
        for model in &demand.models {
            if let Some(usage) = &model.usage {
                add(What::Model(usage.clone()), &demand.account_location, (index, model.units, 0));
            }
        }
    }
    let is_shared = |pool: &Pool| pool.shares.iter().any(|(index, ..)| *index != pool.shares[0].0);
    pools.retain(is_shared);
    pools
}

/// What is free of a quota, and its limit; `None` if the service does not tell.
async fn quota(cache: &SubscriptionCache, pool: &Pool) -> Option<(i64, i64)> {
    match &pool.what {
        What::Vcpus(name) => {
            let usages = cache.compute_usages(&pool.location).await.ok()?;
            let usage = usages.iter().find(|usage| same(&usage.name.value, name))?;
            Some((usage.limit - usage.current_value, usage.limit))
        }
        What::Accounts => {
            let models = cache.models(&pool.location).await.ok()?;
            Some((account_name::free(&models.usages)?, account_name::limit(&models.usages)?))
        }
        What::Model(name) => {
            let models = cache.models(&pool.location).await.ok()?;
            super::model::quota(&models.usages, name)
        }
    }
}

/// Which labs can be made, taken in the order given: those for which every quota has room.
fn fitting(count: usize, measured: &[(Pool, i64, i64)]) -> Vec<bool> {
    let mut left: Vec<i64> = measured.iter().map(|(_, free, _)| *free).collect();
    let mut fits = Vec::new();
    for lab in 0..count {
        let takes: Vec<i64> = measured.iter().map(|(pool, ..)| pool.takes(lab)).collect();
        let has_room = takes.iter().zip(&left).all(|(takes, left)| *takes == 0 || takes <= left);
        if has_room {
            left.iter_mut().zip(&takes).for_each(|(left, takes)| *left -= takes);
        }
        fits.push(has_room);
    }
    fits
}

fn usage_name(what: &What) -> &str {
    match what {
        What::Vcpus(name) | What::Model(name) => name,
        What::Accounts => account_name::ACCOUNT_COUNT,
    }
}

fn kind(what: &What) -> (&'static str, &'static str, &'static str) {
    match what {
        What::Vcpus(_) => (cluster_size::QUOTA_ID, "ErrCode_InsufficientVCPUQuota", "vCPUs"),
        What::Accounts => (account_name::COUNT_ID, "InsufficientQuota", "OpenAI accounts"),
        What::Model(_) => (MODEL_QUOTA_ID, "InsufficientQuota", "units of model capacity"),
    }
}

fn enough(pool: &Pool, free: i64) -> Finding {
    let (id, _, what) = kind(&pool.what);
    let (count, total, location, name) = (pool.shares.len(), pool.total(), &pool.location, usage_name(&pool.what));
    Finding::pass(id, format!("{count} labs need {total} {what} in {location}, and the quota {name} has {free} left"))
}

fn too_much(pool: &Pool, free: i64, limit: i64, hint: String) -> Finding {
    let (count, total, location) = (pool.shares.len(), pool.total(), &pool.location);
    let (id, code, what) = kind(&pool.what);
    let mut left = free.max(0);
    let fits = pool.shares.iter().filter(|(_, takes, _)| {
        let has_room = *takes <= left;
        left -= if has_room { *takes } else { 0 };
        has_room
    });
    let message = format!(
        "{count} labs need {total} {what} in {location}, and the quota {} has {free} left of {limit}: {} of the {count} fit",
        usage_name(&pool.what),
        fits.count()
    );
    let share = free.max(0) / i64::try_from(count).unwrap_or(i64::MAX).max(1);
    let hint = match &pool.what {
        What::Model(_) if share > 0 => {
            format!("give each lab less (--capacity {share} fits all of them here), or\n{hint}")
        }
        _ => hint,
    };
    Finding::fail(id, code, message, hint)
}

/// How to split the labs over regions that have room.
async fn split(cache: &SubscriptionCache, labs: &[(&str, &Demand)], fitting: &[bool], pool: &Pool) -> String {
    let here = |wanted: bool| {
        let in_pool = |index: &usize| pool.shares.iter().any(|(lab, ..)| lab == index);
        let of = labs.iter().enumerate().filter(|(index, _)| in_pool(index) && fitting[*index] == wanted);
        of.map(|(_, lab)| *lab).collect::<Vec<_>>()
    };
    let (stay, rest) = (here(true), here(false));
    let mut lines = vec!["split the class by region:".to_owned()];
    if !stay.is_empty() {
        lines.push(format!("  {} --location {}", named(&stay), pool.location));
    }
    let mut rest = rest.as_slice();
    if let Some((_, demand)) = rest.first() {
        for Region { location, labs } in alternative_regions::find(cache, demand, &pool.location).await {
            let (moved, more) = rest.split_at(labs.min(rest.len()));
            if !moved.is_empty() {
                lines.push(format!(
                    "  {} --location {location} (has quota for {} now)",
                    named(moved),
                    counted(labs, "lab")
                ));
            }
            rest = more;
        }
    }
    if !rest.is_empty() {
        lines.push(format!(
            "  for {} no quota was found nearby: ask for more quota, or try another --location",
            counted(rest.len(), "lab")
        ));
    }
    lines.join("\n")
}

fn named(labs: &[(&str, &Demand)]) -> String {
    format!("--lab {}", labs.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(" "))
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
            models: Vec::new(),
        }
    }

    #[test]
    fn only_what_labs_share_is_added_up_and_by_region() {
        let (a, b, c) = (demand("x", 4), demand("x", 6), demand("y", 100));
        let pools = pools(&[("a", &a), ("b", &b), ("c", &c)]);
        let totals: Vec<_> = pools.iter().map(|pool| (pool.location.as_str(), pool.total())).collect();
        assert_eq!(totals, [("x", 10), ("x", 2)]);
    }

    #[test]
    fn a_lab_that_does_not_fit_leaves_its_place_to_a_smaller_one() {
        let (a, b, c) = (demand("x", 4), demand("x", 8), demand("x", 2));
        let pools = pools(&[("a", &a), ("b", &b), ("c", &c)]);
        let measured: Vec<_> = pools.into_iter().map(|pool| (pool, 6, 6)).collect();
        assert_eq!(fitting(3, &measured), [true, false, true]);
    }
}
