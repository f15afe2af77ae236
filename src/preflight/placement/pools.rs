//! The pools of quota that the places take from, with what is left of each, and the problem that they make.

use futures::future::join_all;

use super::super::demand::Demand;
use super::super::quota_pools::{self, Measured, What};
use super::demands::{Demands, Verdict, demand};
use super::entry::Entry;
use super::homes::{Home, Lacking};
use super::shared;
use super::sites::Site;
use crate::lab::ids::same;
use crate::lab::placement::solver::{Kind, Problem, Takes};
use crate::lab::spec::LabSpec;

/// What a lab takes: the pool, how much of it, and how much for a while besides.
type Shares = Vec<(usize, i64, i64)>;

/// A pool of quota of a subscription.
#[derive(Clone, Debug)]
pub(super) struct Pool {
    pub(super) subscription: String,
    pub(super) measured: Measured,
}

/// How many labs an entry takes.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct MaxLabs {
    /// As the file says it.
    pub(super) limit: i64,
    /// Beside those that exist; below zero where there are more than the file takes.
    pub(super) left: i64,
}

/// What is left, and what is taken of it.
#[derive(Clone, Debug)]
pub(super) struct Pools {
    /// The quotas; behind them, an entry each, is how many labs more an entry takes.
    pub(super) quotas: Vec<Pool>,
    /// By entry; `None` without a limit.
    pub(super) max_labs: Vec<Option<MaxLabs>>,
    /// By kind and place: pool, what a lab takes, and what it would take for a while besides.
    takes: Vec<Vec<Option<Shares>>>,
    /// What labs that exist still take of each quota.
    reserved: Vec<i64>,
    /// The entry of each place.
    entries: Vec<Option<usize>>,
}

impl Pools {
    /// Reads what is left of whatever a place takes from.
    pub(super) async fn read(
        entries: &[Entry],
        sites: &[Site],
        demands: &Demands,
        (homes, lacking): (&[Home], &[Lacking]),
        labs: &[LabSpec],
    ) -> Self {
        // Beside each other: what follows asks for one after the other.
        join_all(sites.iter().map(async |site| {
            let (cache, location) = (&site.cache, &site.location);
            tokio::join!(
                cache.compute_usages(location),
                cache.cluster_usages(location),
                cache.network_usages(location),
                cache.role_assignments()
            )
        }))
        .await;
        let mut quotas: Vec<Pool> = Vec::new();
        let mut takes = Vec::new();
        for places in &demands.kinds {
            let mut of_kind = Vec::new();
            for (site, verdict) in sites.iter().zip(places) {
                of_kind.push(match verdict {
                    Verdict::Takes(demand) => Some(shares(&mut quotas, site, demand).await),
                    _ => None,
                });
            }
            takes.push(of_kind);
        }
        let known = quotas.len();
        let waiting = join_all(lacking.iter().map(async |one| {
            let entry = entries.iter().find(|entry| entry.subscription() == one.lab.subscription)?;
            let (cache, origin) = (entry.cache.clone(), entry.origin.clone());
            let location = one.lab.location.clone().unwrap_or_default();
            let site = Site { cache, location, entry: None, origin };
            // What it cannot have is told by its own checks.
            let demand = demand(&site, &one.lab, (one.cluster, one.account)).await.ok()?;
            Some((site, demand))
        }));
        let mut reserved = vec![0; known];
        for (site, demand) in waiting.await.into_iter().flatten() {
            for (pool, amount, _) in shares(&mut quotas, &site, &demand).await {
                if let Some(sum) = reserved.get_mut(pool) {
                    *sum += amount;
                }
            }
        }
        for (pool, sum) in quotas.iter().zip(&mut reserved) {
            if pool.measured.pool.what == What::Groups {
                *sum += shared::groups(sites, &pool.subscription, labs).await;
            }
        }
        // What only labs that exist take from limits nobody.
        quotas.truncate(known);
        let exist = |entry: &Entry| {
            let here = |home: &&Home| {
                home.subscription == entry.subscription()
                    && entry.placement.locations.iter().any(|name| same(name, &home.location))
            };
            i64::try_from(homes.iter().filter(here).count()).unwrap_or(i64::MAX)
        };
        let max_labs = |entry: &Entry| {
            let limit = i64::from(entry.placement.max_labs?);
            Some(MaxLabs { limit, left: limit - exist(entry) })
        };
        let max_labs = entries.iter().map(max_labs).collect();
        Self { quotas, max_labs, takes, reserved, entries: sites.iter().map(|site| site.entry).collect() }
    }

    /// The problem; where that places everybody, each place keeps the vCPUs that an upgrade of every lab takes for a while,
    /// which the second value says.
    pub(super) fn problem(&self, demands: &Demands) -> (Problem, bool) {
        let with_surge = self.numbers(demands, true);
        if with_surge.solve().iter().all(Option::is_some) {
            return (with_surge, true);
        }
        (self.numbers(demands, false), false)
    }

    fn numbers(&self, demands: &Demands, with_surge: bool) -> Problem {
        let mut free: Vec<i64> = self
            .quotas
            .iter()
            .zip(&self.reserved)
            .map(|(pool, taken)| pool.measured.free.saturating_sub(*taken))
            .collect();
        free.extend(self.max_labs.iter().map(|most| most.map_or(i64::MAX, |most| most.left)));
        let place = |(site, takes): (usize, &Option<Shares>)| {
            let takes = takes.as_ref()?;
            let amount = |(pool, takes, surge): &(usize, i64, i64)| {
                (*pool, if with_surge { takes.saturating_add(*surge) } else { *takes })
            };
            let mut takes: Takes = takes.iter().map(amount).collect();
            takes.extend(self.entries[site].map(|entry| (self.quotas.len() + entry, 1)));
            Some(takes)
        };
        let kinds =
            self.takes.iter().map(|places| Kind { places: places.iter().enumerate().map(place).collect() }).collect();
        Problem { free, kinds, labs: demands.labs.clone() }
    }
}

/// What a demand in a place takes of which pools; those that are new are measured. What the service does not tell limits
/// nobody.
async fn shares(quotas: &mut Vec<Pool>, site: &Site, demand: &Demand) -> Shares {
    let mut shares: Shares = Vec::new();
    for pool in quota_pools::pools(&[("", demand)]) {
        let (amount, surge) = (pool.total(), pool.surge());
        let is_known = |known: &Pool| {
            known.subscription == site.subscription()
                && known.measured.pool.what == pool.what
                && (known.measured.pool.locations == pool.locations
                    || pool.locations.iter().all(|name| known.measured.pool.locations.contains(name))
                        && !pool.locations.is_empty())
        };
        let index = match quotas.iter().position(is_known) {
            Some(index) => index,
            None => {
                let Some((name, free, limit)) = quota_pools::quota(&site.cache, &pool).await else { continue };
                let measured = Measured { pool, name, free, limit };
                let is_one = |known: &Pool| {
                    known.subscription == site.subscription() && quota_pools::are_one(&known.measured, &measured)
                };
                match quotas.iter().position(is_one) {
                    Some(index) => {
                        quotas[index].measured.pool.locations.extend(measured.pool.locations);
                        index
                    }
                    None => {
                        quotas.push(Pool { subscription: site.subscription().to_owned(), measured });
                        quotas.len() - 1
                    }
                }
            }
        };
        match shares.iter_mut().find(|(known, ..)| *known == index) {
            Some(share) => (share.1, share.2) = (share.1 + amount, share.2 + surge),
            None => shares.push((index, amount, surge)),
        }
    }
    shares
}

impl Pool {
    /// Whether somebody can be asked for more of it.
    pub(super) fn can_grow(&self) -> bool {
        !matches!(self.measured.pool.what, What::Groups | What::RoleAssignments)
    }
}

/// What is left while labs are made: a lab whose place turns out full takes the next one that has room.
#[derive(Clone, Debug)]
pub(crate) struct Rooms {
    problem: Problem,
    free: Vec<i64>,
    /// Subscription and location of each place.
    places: Vec<(String, String)>,
    /// The labs, with their kinds and the places that each has tried.
    labs: Vec<(String, usize, Vec<usize>)>,
}

impl Rooms {
    pub(super) fn new(problem: &Problem, places: &[Option<usize>], sites: &[Site], labs: &[LabSpec]) -> Self {
        let tried = labs.iter().zip(&problem.labs).zip(places);
        Self {
            free: problem.left(places),
            problem: problem.clone(),
            places: sites.iter().map(|site| (site.subscription().to_owned(), site.location.clone())).collect(),
            labs: tried
                .map(|((lab, kind), place)| (lab.name.clone(), *kind, place.iter().copied().collect()))
                .collect(),
        }
    }

    /// A lab of this kind that exists where `lab` says, and may move on.
    pub(super) fn add(&mut self, lab: &LabSpec, kind: usize) {
        let is_home = |(subscription, location): &(String, String)| {
            *subscription == lab.subscription && lab.location.as_ref() == Some(location)
        };
        self.labs.push((lab.name.clone(), kind, self.places.iter().position(is_home).into_iter().collect()));
    }

    /// The next place for the lab, which is its own from now on: subscription and location. None if no other one has room. What
    /// it held in the full place stays held: that is full.
    pub(crate) fn next(&mut self, lab: &str) -> Option<(String, String)> {
        let (_, kind, tried) = self.labs.iter_mut().find(|(name, ..)| same(name, lab))?;
        let places = &self.problem.kinds[*kind].places;
        let has_room = |takes: &Takes| takes.iter().all(|(pool, amount)| *amount == 0 || *amount <= self.free[*pool]);
        let place =
            (0..places.len()).find(|place| !tried.contains(place) && places[*place].as_ref().is_some_and(has_room))?;
        for (pool, amount) in places[place].iter().flatten() {
            self.free[*pool] -= amount;
        }
        tried.push(place);
        self.places.get(place).cloned()
    }
}
