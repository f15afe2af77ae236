//! The places that labs may go to: a location of a subscription. Whether each can be worked in at all.

use futures::future::join_all;

use super::super::finding::Finding;
use super::super::permissions::Rights;
use super::super::subscription_cache::SubscriptionCache;
use super::super::{location, permissions, subscription};
use super::entry::{ANOTHER, Entry, ID};
use super::homes::{each, unreadable};
use crate::azure::error::Error as AzureError;
use crate::events::CheckStatus;
use crate::lab::spec::LabSpec;

/// What helps a subscription that is disabled.
const ENABLE: &str = "enable it in the portal (https://portal.azure.com, Subscriptions)";

/// A place that labs may go to.
#[derive(Clone, Debug)]
pub(super) struct Site {
    pub(super) cache: SubscriptionCache,
    pub(super) location: String,
    /// Its entry; `None` if no entry names it, and only labs with this location of their own go there.
    pub(super) entry: Option<usize>,
    /// Where the file names it.
    pub(super) origin: String,
}

impl Site {
    /// The subscription's id.
    pub(super) fn subscription(&self) -> &str {
        self.cache.azure.subscription()
    }

    /// Whether the lab may go there.
    pub(super) fn takes(&self, lab: &LabSpec) -> bool {
        match &lab.location {
            Some(own) => *own == self.location,
            None => self.entry.is_some(),
        }
    }
}

/// The places, in order of preference: those of the entries, and behind them those that only a lab's own location names.
pub(super) fn of(entries: &[Entry], labs: &[LabSpec]) -> Vec<Site> {
    let site = |entry: &Entry, location: &str, index: Option<usize>| Site {
        cache: entry.cache.clone(),
        location: location.to_owned(),
        entry: index,
        origin: entry.origin.clone(),
    };
    let mut sites: Vec<Site> = Vec::new();
    for (index, entry) in entries.iter().enumerate() {
        sites.extend(entry.placement.locations.iter().map(|name| site(entry, name, Some(index))));
    }
    let mut own: Vec<&str> = labs.iter().filter_map(|lab| lab.location.as_deref()).collect();
    own.sort_unstable();
    own.dedup();
    for location in own {
        for entry in each(entries) {
            let is_known = |site: &Site| site.location == location && site.subscription() == entry.subscription();
            if !sites.iter().any(is_known) {
                sites.push(site(entry, location, None));
            }
        }
    }
    sites
}

/// Whether the entries can be worked in.
#[derive(Clone, Debug, Default)]
pub(super) struct Checked {
    /// What the file has wrong, which keeps labs out of an entry's subscription or of one of its locations for good: no such thing, no
    /// rights; and locations that labs have of their own and no subscription offers.
    pub(super) wrong: Vec<Finding>,
    /// The subscriptions that take nothing now, or do not say: disabled, or a read is refused.
    pub(super) refusing: Vec<(String, Finding)>,
}

impl Checked {
    fn refuses(&self, subscription: &str) -> bool {
        self.refusing.iter().any(|(id, _)| id == subscription)
    }

    /// The places of the other subscriptions.
    pub(super) fn open(&self, mut sites: Vec<Site>) -> Vec<Site> {
        sites.retain(|site| !self.refuses(site.subscription()));
        sites
    }
}

/// Checks them for `labs`, which are new.
///
/// # Errors
/// What keeps anything from being read.
pub(super) async fn check(entries: &[Entry], labs: &[LabSpec]) -> Result<Checked, AzureError> {
    let mut checked = Checked::default();
    let Some(lab) = labs.first() else { return Ok(checked) };
    let all = join_all(entries.iter().map(|entry| check_one(entry, lab))).await;
    for (entry, found) in entries.iter().zip(all) {
        let (found, refusing) = match found {
            Ok(found) => found.into_iter().partition(|finding| finding.code != subscription::DISABLED),
            Err(error) if error.service().is_some() => (Vec::new(), vec![unreadable(entry, &error)]),
            Err(error) => return Err(error),
        };
        for finding in found {
            if checked.wrong.iter().all(|known: &Finding| known.message != finding.message) {
                checked.wrong.push(finding);
            }
        }
        if let Some(finding) = refusing.into_iter().next().filter(|_| !checked.refuses(entry.subscription())) {
            checked.refusing.push((entry.subscription().to_owned(), finding));
        }
    }
    let open: Vec<Entry> = entries.iter().filter(|entry| !checked.refuses(entry.subscription())).cloned().collect();
    if checked.wrong.is_empty() {
        checked.wrong = own_locations(&open, labs).await?;
    }
    Ok(checked)
}

/// The labs' own locations that no entry's subscription offers. Every subscription can be read.
async fn own_locations(entries: &[Entry], labs: &[LabSpec]) -> Result<Vec<Finding>, AzureError> {
    let mut findings: Vec<Finding> = Vec::new();
    let mut providers = Vec::new();
    for entry in each(entries) {
        providers.push(entry.cache.providers().await?);
    }
    for lab in labs {
        let Some(own) = &lab.location else { continue };
        let checked = providers.iter().map(|of_entry| location::check(of_entry, own, ""));
        let checked: Vec<Finding> = checked.collect();
        if let Some(first) = checked.first().filter(|_| checked.iter().all(is_failed)) {
            let message = format!("the lab {} has a location of its own: {}", lab.name, first.message);
            if findings.iter().all(|known| known.message != message) {
                findings.push(Finding { id: ID, message, ..first.clone() });
            }
        }
    }
    Ok(findings)
}

async fn check_one(entry: &Entry, lab: &LabSpec) -> Result<Vec<Finding>, AzureError> {
    let cache = &entry.cache;
    let (whole, rights, providers) = tokio::join!(cache.subscription(), cache.permissions(), cache.providers());
    let mut findings = vec![subscription::check(entry.subscription(), whole.as_deref().map_err(Clone::clone))?];
    if findings.iter().all(|finding| finding.status != CheckStatus::Fail) {
        let lab = LabSpec { subscription: entry.subscription().to_owned(), ..lab.clone() };
        let who = cache.who.as_deref();
        let rights = rights?;
        let [may_provision, _] = permissions::check(Rights { subscription: &rights, group: None, who }, &lab, false);
        findings.push(may_provision);
        let providers = providers?;
        findings.extend(entry.placement.locations.iter().map(|name| location::check(&providers, name, "")));
    }
    let of_entry = |finding: Finding| Finding {
        id: ID,
        hint: match finding.code == subscription::DISABLED {
            // --subscription names no place.
            true => Some(format!("{ENABLE}, or {ANOTHER}").into()),
            false => finding.hint,
        },
        message: format!("{}, subscription {}: {}", entry.origin, entry.subscription(), finding.message),
        ..finding
    };
    Ok(findings.into_iter().filter(is_failed).map(of_entry).collect())
}

fn is_failed(finding: &Finding) -> bool {
    finding.status == CheckStatus::Fail
}
