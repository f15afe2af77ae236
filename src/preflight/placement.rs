//! Where new labs go: over the subscriptions and locations of `[[placement]]`, by what really limits them. Reads only.
//!
//! Labs that exist stay where they are, what they still lack counted first. The others are placed by
//! [`crate::lab::placement::solver`], which knows numbers only: this reads them.

mod demands;
pub(crate) mod entry;
mod homes;
mod pools;
mod returning;
mod shared;
mod sites;
mod telling;

use std::sync::{Arc, Mutex};

use super::finding::Finding;
use crate::azure::error::Error as AzureError;
use crate::events::CheckStatus;
use crate::lab::ids::same;
use crate::lab::spec::LabSpec;
use crate::outcome::placement::PlacedLabs;
use demands::Demands;
use entry::{Entry, ID};
use homes::Lacking;
use pools::Pools;
pub(crate) use pools::Rooms;

/// Who is to be placed.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    /// The places, in order of preference.
    pub(crate) entries: Vec<Entry>,
    /// The labs that the command is about, in the order of the file.
    pub(crate) labs: Vec<LabSpec>,
    /// All labs of the file: those that exist count on `max_labs`, and on what they still lack.
    pub(crate) roster: Vec<LabSpec>,
    /// Goes on although checks fail.
    pub(crate) skip_checks: bool,
    /// Labs whose regions turn out full move on.
    pub(crate) moves: bool,
}

/// Who goes where.
#[derive(Clone, Debug)]
pub(crate) struct Placed {
    /// The labs, each with its subscription and, if it is new, its location.
    pub(crate) labs: Vec<LabSpec>,
    /// A row for each place, in order of preference.
    pub(crate) rows: Vec<PlacedLabs>,
    /// What the check found; where one has failed, nothing may be written.
    pub(crate) findings: Vec<Finding>,
    /// What is left, for labs that have to move; `None` if nobody was placed.
    pub(crate) rooms: Option<Arc<Mutex<Rooms>>>,
    /// Where nothing has failed but that subscriptions refuse: the names of the labs that may be in one of them. Where the others
    /// are is known.
    pub(crate) unknown: Option<Vec<String>>,
}

impl Placed {
    /// `labs` as they are, without a place.
    pub(crate) fn nowhere(labs: Vec<LabSpec>) -> Self {
        Self { labs, rows: Vec::new(), findings: Vec::new(), rooms: None, unknown: None }
    }
}

/// Finds a place for each lab that does not exist yet.
///
/// # Errors
/// What keeps anything from being read: no sign-in, an interrupt, no network.
pub(crate) async fn place(request: Request) -> Result<Placed, AzureError> {
    let Request { entries, mut labs, roster, skip_checks, moves } = request;
    let mut findings = twice(&entries);
    let (homes, refusing) = homes::find(&entries, &roster).await?;
    let mut new = Vec::new();
    for (index, lab) in labs.iter_mut().enumerate() {
        match homes.iter().find(|home| same(&home.lab, &lab.name)) {
            Some(home) => {
                lab.subscription.clone_from(&home.subscription);
                // Where it is, even if somebody deletes it from now on.
                lab.location.get_or_insert_with(|| home.location.clone());
            }
            None => new.push(index),
        }
    }
    if !refusing.is_empty() {
        let unknown = (!failed(&findings)).then(|| new.iter().map(|index| labs[*index].name.clone()).collect());
        findings.extend(refusing);
        let rows = telling::at_home(&homes, &labs);
        return Ok(Placed { rows, findings, unknown, ..Placed::nowhere(labs) });
    }
    let lacking = match new.is_empty() && !moves || failed(&findings) {
        true => Vec::new(),
        false => homes::lacking(&entries, &homes, &roster, moves).await,
    };
    // A lab that has no cluster as yet, or one that failed, may find its region full, like a new one.
    let movable: Vec<&Lacking> = lacking
        .iter()
        .filter(|one| moves && (one.cluster || one.has_failed) && labs.iter().any(|lab| same(&lab.name, &one.lab.name)))
        .collect();
    if new.is_empty() && movable.is_empty() || failed(&findings) {
        let rows = telling::at_home(&homes, &labs);
        return Ok(Placed { rows, findings, ..Placed::nowhere(labs) });
    }
    let newcomers: Vec<LabSpec> = new.iter().map(|index| labs[*index].clone()).collect();
    let sites = sites::of(&entries, &newcomers);
    let checked = sites::check(&entries, &newcomers).await?;
    let sites = if skip_checks { sites } else { checked.open(sites) };
    findings.extend(checked.wrong.iter().cloned());
    if (failed(&findings) || sites.is_empty()) && !skip_checks {
        findings.extend(checked.refusing.into_iter().map(|(_, finding)| finding));
        return Ok(Placed { rows: telling::at_home(&homes, &[]), findings, ..Placed::nowhere(labs) });
    }
    let own = |lab: &LabSpec| roster.iter().find(|one| same(&one.name, &lab.name)).cloned();
    let waiting: Vec<LabSpec> = movable.iter().filter_map(|one| own(&one.lab)).collect();
    let (demands, waiting_kinds) = Demands::read(&sites, &newcomers, &waiting).await;
    let refused = demands.refused(&sites);
    if !new.is_empty() && !refused.is_empty() && !skip_checks {
        findings.extend(refused);
        return Ok(Placed { rows: telling::at_home(&homes, &[]), findings, ..Placed::nowhere(labs) });
    }
    let pools = Pools::read(&entries, &sites, &demands, (&homes, &lacking), &newcomers).await;
    let (problem, leaves_surge) = pools.problem(&demands);
    let places = problem.solve();
    for (place, index) in places.iter().zip(&new) {
        let fallback = sites.iter().find(|site| skip_checks && site.takes(&labs[*index]));
        if let Some(site) = place.map(|place| &sites[place]).or(fallback) {
            site.subscription().clone_into(&mut labs[*index].subscription);
            labs[*index].location = Some(site.location.clone());
        }
    }
    let told = telling::Told {
        sites: &sites,
        demands: &demands,
        pools: &pools,
        problem: &problem,
        places: &places,
        labs: &newcomers,
        homes: &homes,
    };
    let rows = told.rows(&labs);
    if !new.is_empty() {
        findings.extend(told.findings(leaves_surge));
        findings.extend(told.refusals(checked.refusing));
    }
    let mut rooms = Rooms::new(&problem, &places, &sites, &newcomers);
    movable.iter().zip(waiting_kinds).for_each(|(one, kind)| rooms.add(&one.lab, kind));
    let rooms = Some(Arc::new(Mutex::new(rooms)));
    Ok(Placed { labs, rows, findings, rooms, unknown: None })
}

fn failed(findings: &[Finding]) -> bool {
    findings.iter().any(|finding| finding.status == CheckStatus::Fail)
}

/// A place that two entries name: one calls the subscription by its id, the other by its name or not at all.
fn twice(entries: &[Entry]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (index, entry) in entries.iter().enumerate() {
        for earlier in entries[..index].iter().filter(|one| one.subscription() == entry.subscription()) {
            let shared = entry.placement.locations.iter().find(|name| earlier.placement.locations.contains(name));
            if let Some(location) = shared {
                let message = format!(
                    "{}: {location} of the subscription {} is on {} already",
                    entry.origin,
                    entry.subscription(),
                    earlier.origin
                );
                let hint = "name each location of a subscription once";
                findings.push(Finding::fail(ID, "PlacementTwice", message, hint));
            }
        }
    }
    findings
}
