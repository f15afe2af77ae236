//! Several labs of one run against the quotas that they share: what each could have alone may be too much for all.

use super::alternative_regions::{self, Region};
use super::cluster_size;
use super::demand::Demand;
use super::finding::Finding;
use super::more_quota::{all_of, ask_for};
use super::quota_pools::{Measured, What, fitting, measure};
use super::resource_groups;
use super::subscription_cache::SubscriptionCache;
use crate::values::counted;

/// Checks all labs, by name, against the quotas that two or more of them share. Nothing for a single lab.
pub(crate) async fn check(cache: &SubscriptionCache, labs: &[(&str, &Demand)]) -> Vec<Finding> {
    let measured = measure(cache, labs).await;
    let is_enough = |one: &&Measured| one.pool.total() <= one.free;
    let mut findings: Vec<Finding> = measured.iter().filter(is_enough).map(enough).collect();
    let fitting = fitting(labs.len(), &measured);
    let all_tight: Vec<&Measured> = measured.iter().filter(|one| !is_enough(one)).collect();
    let mut splits: Vec<(String, String)> = Vec::new();
    for tight in &all_tight {
        // One of several that the same labs need is of no use by itself.
        let needed: Vec<&Measured> = all_tight.iter().filter(|one| share_labs(one, tight)).copied().collect();
        let hint = if is_quota(tight) {
            let asks = asks(&needed);
            // Of a quota or a limit that other regions draw from too, there is no more in them.
            if needed.iter().any(|one| !is_quota(one) || is_pooled(one)) {
                asks
            } else {
                let place = tight.pool.place();
                let split = match splits.iter().find(|(of, _)| *of == place) {
                    Some((_, split)) => split.clone(),
                    None => {
                        let split = split(cache, labs, &fitting, tight).await;
                        splits.push((place.clone(), split.clone()));
                        split
                    }
                };
                match (needed.len(), less(tight)) {
                    (1, Some(less)) => format!("{less}, or\n{split}\nor {}", raised(tight)),
                    _ => format!("{split}\nor {asks}"),
                }
            }
        } else {
            resource_groups::HINT.to_owned()
        };
        findings.push(too_much(tight, hint));
    }
    let short = |one: &&Measured| is_enough(one) && one.pool.total().saturating_add(one.pool.surge()) > one.free;
    for one in measured.iter().filter(short) {
        let message = format!(
            "the {} labs leave {} ({}) free in {}: not all can be upgraded at once",
            one.pool.shares.len(),
            counted(one.free - one.pool.total(), "vCPU"),
            one.name,
            one.pool.place()
        );
        findings.push(Finding::warn(cluster_size::QUOTA_ID, message));
    }
    findings
}

/// Whether it can be asked for; the others are limits of Azure's.
fn is_quota(one: &Measured) -> bool {
    !matches!(one.pool.what, What::Groups | What::RoleAssignments)
}

/// Whether several regions tell it.
fn is_pooled(one: &Measured) -> bool {
    one.pool.locations.len() > 1
}

/// The quota to ask for.
fn raised(one: &Measured) -> String {
    ask_for(&one.name, &one.pool.place(), (one.free, one.limit), one.pool.total())
}

/// Whether a lab takes from both.
fn share_labs(one: &Measured, other: &Measured) -> bool {
    one.pool.shares.iter().any(|(lab, ..)| other.pool.takes(*lab) > 0)
}

/// What helps with all of `needed` that can be asked for, in the region where the labs are.
fn asks(needed: &[&Measured]) -> String {
    let steps: Vec<String> = needed.iter().filter(|one| is_quota(one)).map(|one| step(one)).collect();
    let asks = all_of(&steps);
    let limits: Vec<&str> = needed.iter().filter(|one| !is_quota(one)).map(|one| one.pool.what.check().2).collect();
    if limits.is_empty() {
        return asks;
    }
    format!("{asks}\nthat helps only beside what is told of the {}", limits.join(" and "))
}

/// What helps with one quota.
fn step(one: &Measured) -> String {
    let raised = raised(one);
    let what = match less(one) {
        Some(less) => format!("{less}, or {raised}"),
        None => raised,
    };
    if !is_pooled(one) {
        return what;
    }
    format!(
        "these regions tell the same numbers, so they are taken for one quota: choose another model (--model auto) or sku \
         (--model-sku), or {what}"
    )
}

/// How much of a model each lab may have so that all have some; `None` of other quotas, and where it is too little for that.
fn less(one: &Measured) -> Option<String> {
    let count = i64::try_from(one.pool.shares.len()).unwrap_or(i64::MAX).max(1);
    let share = one.free.max(0) / count;
    let is_model = matches!(one.pool.what, What::Model { .. });
    (is_model && share > 0).then(|| format!("give each lab less (--capacity {share} fits all of them here)"))
}

fn enough(one: &Measured) -> Finding {
    let (id, _, what) = one.pool.what.check();
    let (count, total, place) = (one.pool.shares.len(), one.pool.total(), one.pool.place());
    let left = if one.limit < 0 { "no limit".to_owned() } else { format!("{} left", one.free) };
    Finding::pass(id, format!("{count} labs need {total} {what} in {place}, and the quota {} has {left}", one.name))
}

fn too_much(one: &Measured, hint: String) -> Finding {
    let (count, total, place) = (one.pool.shares.len(), one.pool.total(), one.pool.place());
    let (id, code, what) = one.pool.what.check();
    let free = one.free.max(0);
    let mut left = free;
    let fits = one.pool.shares.iter().filter(|(_, takes, _)| {
        let has_room = *takes <= left;
        left -= if has_room { *takes } else { 0 };
        has_room
    });
    let message = format!(
        "{count} labs need {total} {what} in {place}, and the quota {} has {free} left of {}: {} of the {count} fit",
        one.name,
        one.limit,
        fits.count()
    );
    Finding::fail(id, code, message, hint)
}

/// How to split the labs over regions that have room.
async fn split(cache: &SubscriptionCache, labs: &[(&str, &Demand)], fitting: &[bool], tight: &Measured) -> String {
    let place = tight.pool.place();
    let here = |wanted: bool| {
        let in_pool = |index: &usize| tight.pool.shares.iter().any(|(lab, ..)| lab == index);
        let of = labs.iter().enumerate().filter(|(index, _)| in_pool(index) && fitting[*index] == wanted);
        of.map(|(_, lab)| *lab).collect::<Vec<_>>()
    };
    let (stay, rest) = (here(true), here(false));
    // Of a class the counts are told, and the lines for its file: nobody pastes a hundred names.
    let is_class = stay.len() + rest.len() > MOST_NAMED;
    let named = |labs: &[(&str, &Demand)]| if is_class { counted(labs.len(), "lab") } else { options(labs) };
    let at = if is_class { "in" } else { "--location" };
    let mut lines = vec!["split the class by region:".to_owned()];
    if !stay.is_empty() {
        lines.push(format!("  {} {at} {place}", named(&stay)));
    }
    let mut rest = rest.as_slice();
    let mut regions = tight.pool.locations.clone();
    if let Some((_, demand)) = rest.first() {
        for Region { location, labs } in alternative_regions::find(cache, demand, &place).await {
            let (moved, more) = rest.split_at(labs.min(rest.len()));
            if !moved.is_empty() {
                lines.push(format!("  {} {at} {location} (has quota for {} now)", named(moved), counted(labs, "lab")));
            }
            rest = more;
            regions.push(location);
        }
    }
    if !rest.is_empty() {
        lines.push(format!(
            "  for {} no quota was found nearby: ask for more quota, or try another --location",
            counted(rest.len(), "lab")
        ));
    }
    if regions.len() > 1 {
        let regions: Vec<String> = regions.iter().map(|name| format!("\"{name}\"")).collect();
        let or = if is_class { "azlab splits it" } else { "or let azlab split it" };
        lines.push(format!("{or}, now and later; write in azlab.toml, instead of a location:"));
        lines.push(format!("  [[placement]]\n  locations = [{}]", regions.join(", ")));
    }
    lines.join("\n")
}

/// As many labs as are split by options that name each.
const MOST_NAMED: usize = 12;

fn options(labs: &[(&str, &Demand)]) -> String {
    format!("--lab {}", labs.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(" "))
}
