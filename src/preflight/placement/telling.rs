//! Who goes where and what limits it, in rows and in words; where not all fit, what to ask for.

use super::super::finding::Finding;
use super::super::more_quota::{all_of, ask_for};
use super::demands::{Demands, Verdict};
use super::entry::{ANOTHER, CODE, ID};
use super::homes::Home;
use super::pools::{MaxLabs, Pools};
use super::sites::Site;
use crate::follow_up::Advice;
use crate::lab::ids::same;
use crate::lab::placement::solver::Problem;
use crate::lab::spec::LabSpec;
use crate::outcome::placement::PlacedLabs;
use crate::values::{agreeing, counted};

/// Rows of labs that stay where they are; those of `labs` alone, or of all of them where that is empty.
pub(super) fn at_home(homes: &[Home], labs: &[LabSpec]) -> Vec<PlacedLabs> {
    let mut rows: Vec<PlacedLabs> = Vec::new();
    let is_meant = |home: &&Home| labs.is_empty() || labs.iter().any(|lab| same(&lab.name, &home.lab));
    for home in homes.iter().filter(is_meant) {
        add(&mut rows, &home.subscription, &home.location, &home.lab);
    }
    rows
}

fn add(rows: &mut Vec<PlacedLabs>, subscription: &str, location: &str, lab: &str) {
    match rows.iter_mut().find(|row| row.subscription == subscription && row.location == location) {
        Some(row) => row.labs.push(lab.to_owned()),
        None => rows.push(PlacedLabs {
            labs: vec![lab.to_owned()],
            ..PlacedLabs::empty(subscription.to_owned(), location.to_owned())
        }),
    }
}

/// What was found out, for its telling.
pub(super) struct Told<'a> {
    pub(super) sites: &'a [Site],
    pub(super) demands: &'a Demands,
    pub(super) pools: &'a Pools,
    pub(super) problem: &'a Problem,
    pub(super) places: &'a [Option<usize>],
    /// The new labs.
    pub(super) labs: &'a [LabSpec],
    pub(super) homes: &'a [Home],
}

/// A pool that does not hold what it should.
struct Short {
    /// Its index; behind the quotas there is an entry's limit of labs.
    pool: usize,
    left: i64,
    needs: i64,
}

impl Told<'_> {
    /// A row for each place, in order of preference, and for each other one in which some of `labs` are.
    pub(super) fn rows(&self, labs: &[LabSpec]) -> Vec<PlacedLabs> {
        let left = self.problem.left(self.places);
        let mut rows: Vec<PlacedLabs> = Vec::new();
        for (index, site) in self.sites.iter().enumerate() {
            let mut row = PlacedLabs::empty(site.subscription().to_owned(), site.location.clone());
            let new = self.labs.iter().zip(self.places).filter(|(_, place)| **place == Some(index));
            row.labs = new.map(|(lab, _)| lab.name.clone()).collect();
            row.new = row.labs.len();
            (row.room, row.limited_by) = self.limit(index, &left);
            rows.push(row);
        }
        for home in self.homes.iter().filter(|home| labs.iter().any(|lab| same(&lab.name, &home.lab))) {
            add(&mut rows, &home.subscription, &home.location, &home.lab);
        }
        rows
    }

    /// How many more labs of the kind that has most of them the place takes, and what limits that.
    fn limit(&self, site: usize, left: &[i64]) -> (Option<i64>, Option<String>) {
        let goes = |kind: &usize| !matches!(self.demands.kinds[*kind][site], Verdict::Elsewhere);
        let count = |kind: &usize| self.problem.labs.iter().filter(|one| *one == kind).count();
        let kinds = (0..self.demands.kinds.len()).filter(goes);
        let Some(kind) = kinds.max_by_key(|kind| (count(kind), std::cmp::Reverse(*kind))) else { return (None, None) };
        match &self.demands.kinds[kind][site] {
            Verdict::Full(finding) | Verdict::Refused(finding) => return (Some(0), Some(finding.message.clone())),
            Verdict::Takes(_) | Verdict::Elsewhere => {}
        }
        let takes = self.problem.kinds[kind].places[site].iter().flatten();
        let rooms = takes.filter(|(_, amount)| *amount > 0);
        let rooms = rooms.map(|(pool, amount)| (left[*pool].max(0) / amount, *pool));
        match rooms.min_by_key(|(room, _)| *room) {
            Some((room, pool)) if room < i64::from(u32::MAX) => (Some(room), Some(self.called(pool, left[pool]))),
            _ => (None, None),
        }
    }

    /// A pool in words, with what is left of it.
    fn called(&self, pool: usize, left: i64) -> String {
        let left = left.max(0);
        match self.pools.quotas.get(pool) {
            Some(one) => {
                let (_, _, what) = one.measured.pool.what.check();
                format!("{what} ({}: {left} of {} left)", one.measured.name, one.measured.limit)
            }
            None => {
                let (origin, most) = self.entry(pool);
                format!("max_labs of {origin} ({left} of {} left)", most.limit)
            }
        }
    }

    /// Where the entry behind a pool is written, and its limit.
    fn entry(&self, pool: usize) -> (&str, MaxLabs) {
        let entry = pool - self.pools.quotas.len();
        let site = self.sites.iter().find(|site| site.entry == Some(entry));
        let most = self.pools.max_labs.get(entry).copied().flatten().unwrap_or_default();
        (site.map_or("[[placement]]", |site| site.origin.as_str()), most)
    }

    /// Whether all have a place; `leaves_surge`: with what an upgrade of all of them takes for a while.
    pub(super) fn findings(&self, leaves_surge: bool) -> Vec<Finding> {
        let all = self.labs.len();
        let fit = self.places.iter().flatten().count();
        let lines: Vec<String> = self.rows(&[]).iter().map(|row| format!("  {}", line(row))).collect();
        if fit < all {
            let rest = all - fit;
            let message = format!(
                "{fit} of {} fit; for {rest} no place has quota:\n{}",
                counted(all, "new lab"),
                lines.join("\n")
            );
            return vec![Finding::fail(ID, CODE, message, self.ask(rest))];
        }
        let lines: Vec<String> =
            self.rows(&[]).iter().filter(|row| row.new > 0).map(|row| format!("  {}", line(row))).collect();
        let message =
            format!("{} {} a place:\n{}", counted(all, "new lab"), agreeing(all, "has", "have"), lines.join("\n"));
        let mut findings = vec![Finding::pass(ID, message)];
        if !leaves_surge {
            let message =
                "the places have too few vCPUs for the nodes that upgrades add: not all labs can be upgraded at once";
            findings.push(Finding::warn(ID, message));
        }
        findings
    }

    /// What becomes of subscriptions that refuse: where all labs have a place elsewhere, it is a warning.
    pub(super) fn refusals(&self, refusing: Vec<(String, Finding)>) -> Vec<Finding> {
        let is_left_out = |id: &str| self.sites.iter().all(|site| site.subscription() != id);
        let fit = self.places.iter().all(Option::is_some);
        let told = refusing.into_iter().map(|(id, finding)| match fit && is_left_out(&id) {
            true => Finding::warn(ID, format!("{}; the new labs go to the other places", finding.message)),
            false => finding,
        });
        told.collect()
    }

    /// What to ask for so that `rest` more labs fit: in the place that lacks least.
    fn ask(&self, rest: usize) -> Advice {
        let left = self.problem.left(self.places);
        let unplaced = self.problem.labs.iter().zip(self.places).find(|(_, place)| place.is_none());
        let kind = unplaced.map_or(0, |(kind, _)| *kind);
        let rest = i64::try_from(rest).unwrap_or(i64::MAX);
        let mut best: Option<(usize, Vec<Short>)> = None;
        for site in 0..self.sites.len() {
            let Some(takes) = &self.problem.kinds[kind].places[site] else { continue };
            let short: Vec<Short> = takes
                .iter()
                .map(|(pool, amount)| Short { pool: *pool, left: left[*pool], needs: amount.saturating_mul(rest) })
                .filter(|one| one.needs > one.left)
                .collect();
            let can_grow = |one: &Short| self.pools.quotas.get(one.pool).is_none_or(|pool| pool.can_grow());
            if short.iter().all(can_grow) && best.as_ref().is_none_or(|(_, known)| short.len() < known.len()) {
                best = Some((site, short));
            }
        }
        let Some((_, short)) = best else {
            // What keeps even one lab from the first place that has something that helps.
            let full = self.demands.kinds[kind].iter().filter_map(|verdict| match verdict {
                Verdict::Full(finding) => finding.hint.clone(),
                _ => None,
            });
            return match full.into_iter().next() {
                Some(hint) => hint.say(format!("\nor {ANOTHER}")),
                None => ANOTHER.into(),
            };
        };
        let steps: Vec<String> = short.iter().map(|one| self.ask_for(one)).collect();
        format!("{}\nor {ANOTHER}", all_of(&steps)).into()
    }

    fn ask_for(&self, one: &Short) -> String {
        match self.pools.quotas.get(one.pool) {
            Some(pool) => {
                let measured = &pool.measured;
                let free = (one.left, measured.limit);
                let ask = ask_for(&measured.name, &measured.pool.place(), free, one.needs);
                format!("{ask} (subscription {})", pool.subscription)
            }
            None => {
                let (origin, most) = self.entry(one.pool);
                format!("raise max_labs of {origin} by {}", (one.needs - one.left).max(most.left.min(1)))
            }
        }
    }
}

/// A row in words.
pub(crate) fn line(row: &PlacedLabs) -> String {
    let place = format!("{} (subscription {})", row.location, row.subscription);
    let stay = row.labs.len() - row.new;
    let mut parts = Vec::new();
    if row.new > 0 || stay == 0 {
        parts.push(counted(row.new, "new lab"));
    }
    if stay > 0 {
        parts.push(format!("{} {} there", counted(stay, "lab"), agreeing(stay, "is", "are")));
    }
    let room = match (row.room, &row.limited_by) {
        (Some(0), Some(why)) => format!("; no more: {why}"),
        (Some(room), Some(why)) => format!("; {room} more would fit: {why}"),
        _ => String::new(),
    };
    format!("{place}: {}{room}", parts.join(", "))
}
