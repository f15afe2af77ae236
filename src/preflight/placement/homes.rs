//! The labs that exist: where they are, and what they still lack.

use std::collections::HashMap;

use futures::future::join_all;

use super::super::finding::Finding;
use super::entry::{Entry, ID};
use crate::azure::client::Azure;
use crate::azure::error::Error as AzureError;
use crate::lab::ids::same;
use crate::lab::names;
use crate::lab::spec::LabSpec;
use crate::lab::tags::{self, Tags};
use crate::recipe::group;

/// Where a lab is that exists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Home {
    /// The lab's name.
    pub(crate) lab: String,
    /// Its subscription.
    pub(crate) subscription: String,
    /// Its group's location.
    pub(crate) location: String,
    /// Its group.
    pub(crate) group: String,
    /// Whether it has no account of its own, because it shares one.
    pub(crate) is_sharing: bool,
}

/// What a lab that exists does not have yet.
#[derive(Clone, Debug)]
pub(crate) struct Lacking {
    /// The lab, in its subscription and location.
    pub(crate) lab: LabSpec,
    /// Whether it has no cluster.
    pub(crate) cluster: bool,
    /// Whether it has one that failed before it was there.
    pub(crate) has_failed: bool,
    /// Whether it has no account.
    pub(crate) account: bool,
}

/// The labs of `roster` whose groups exist, and stay; and a finding for each subscription that refuses: nobody knows which labs are
/// in it.
///
/// # Errors
/// What keeps anything from being read.
pub(super) async fn find(entries: &[Entry], roster: &[LabSpec]) -> Result<(Vec<Home>, Vec<Finding>), AzureError> {
    let (mut homes, mut refusing): (Vec<Home>, Vec<Finding>) = (Vec::new(), Vec::new());
    // The labs that have not been found yet, by their groups.
    let mut missing: HashMap<String, &LabSpec> = roster.iter().map(|lab| (lab.group.to_lowercase(), lab)).collect();
    let subscriptions = each(entries);
    let read = join_all(subscriptions.iter().map(|entry| entry.cache.groups())).await;
    for (entry, groups) in subscriptions.iter().zip(read) {
        let groups = match groups {
            Ok(groups) => groups,
            Err(error) if error.service().is_some() => {
                refusing.push(unreadable(entry, &error));
                continue;
            }
            Err(error) => return Err(error),
        };
        for group in groups.iter().filter(|group| !group::is_going(group)) {
            let Some(name) = &group.name else { continue };
            let Some(lab) = missing.remove(&name.to_lowercase()) else { continue };
            homes.push(Home {
                lab: lab.name.clone(),
                subscription: entry.subscription().to_owned(),
                location: names::location(&group.location).unwrap_or_default(),
                group: name.clone(),
                is_sharing: Tags::read(group.tags.as_ref()).get(tags::OPENAI).is_some(),
            });
        }
    }
    Ok((homes, refusing))
}

/// One entry for each subscription.
pub(super) fn each(entries: &[Entry]) -> Vec<&Entry> {
    let mut all: Vec<&Entry> = Vec::new();
    for entry in entries {
        if all.iter().all(|known| known.subscription() != entry.subscription()) {
            all.push(entry);
        }
    }
    all
}

/// The finding of a subscription that cannot be read.
pub(super) fn unreadable(entry: &Entry, error: &AzureError) -> Finding {
    let code = error.service().map_or_else(|| "PlacementUnreadable".to_owned(), |error| error.code.to_string());
    let message = format!("{}: the subscription {} cannot be read: {error}", entry.origin, entry.subscription());
    let hint = "ask for a role in it, or sign in to its tenant; if it has no lab of this file, take the entry out; list those that you see: az account list -o table";
    Finding { code: code.into(), ..Finding::fail(ID, "", message, hint) }
}

/// What the labs that exist still lack, as far as lists tell: their clusters and accounts. `moves`: which clusters have failed is
/// asked too.
pub(super) async fn lacking(entries: &[Entry], homes: &[Home], roster: &[LabSpec], moves: bool) -> Vec<Lacking> {
    let mut lacking = Vec::new();
    for entry in each(entries) {
        let here: Vec<&Home> = homes.iter().filter(|home| home.subscription == entry.subscription()).collect();
        if here.is_empty() {
            continue;
        }
        let azure = &entry.cache.azure;
        let (clusters, accounts) =
            tokio::join!(clusters_of(azure, moves), azure.groups_with("Microsoft.CognitiveServices/accounts"));
        // What cannot be told is left to the checks of each lab.
        let (Ok(clusters), Ok(accounts)) = (clusters, accounts) else { continue };
        for home in here {
            let Some(lab) = roster.iter().find(|lab| same(&lab.name, &home.lab)) else { continue };
            let mut own = clusters.iter().filter(|(group, _)| same(group, &home.group)).peekable();
            let cluster = own.peek().is_none();
            let has_failed = !cluster && own.all(|(_, has_failed)| *has_failed);
            let account = !home.is_sharing && !accounts.iter().any(|group| same(group, &home.group));
            if cluster || account || has_failed {
                let (subscription, location) = (home.subscription.clone(), Some(home.location.clone()));
                let lab = LabSpec { subscription, location, ..lab.clone() };
                lacking.push(Lacking { lab, cluster, has_failed, account });
            }
        }
    }
    lacking
}

/// The groups in which clusters are, each with whether that has failed; which is asked only if `with_states`.
async fn clusters_of(azure: &Azure, with_states: bool) -> Result<Vec<(String, bool)>, AzureError> {
    if with_states {
        return azure.listed_clusters().await;
    }
    let groups = azure.groups_with("Microsoft.ContainerService/managedClusters").await?;
    Ok(groups.into_iter().map(|group| (group, false)).collect())
}
