//! Models that somebody named for a lab and that cannot be had. Reads only, and tells nothing: the checks of the run do.

use super::subscription_cache::SubscriptionCache;
use super::survey::known;
use super::{account_name, deployments, model};
use crate::lab::model::Offer;
use crate::lab::names;
use crate::lab::spec::{DEFAULT_LOCATION, LabSpec};
use crate::recipe::account;

/// A model that was named for a deployment and cannot be had.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct UnavailableModel {
    /// The deployment.
    pub(crate) deployment: String,
    /// Why, in one sentence.
    pub(crate) reason: String,
    /// What can be deployed in its place, best first.
    pub(crate) alternatives: Vec<Offer>,
}

/// Those of `lab`; none where it cannot be told.
pub(crate) async fn find(cache: &SubscriptionCache, lab: &LabSpec, adopt: bool) -> Vec<UnavailableModel> {
    look(cache, lab, adopt).await.unwrap_or_default()
}

async fn look(cache: &SubscriptionCache, lab: &LabSpec, adopt: bool) -> Option<Vec<UnavailableModel>> {
    let azure = &cache.azure;
    let (lab, group) = known(azure, lab, adopt).await.ok()?;
    let accounts = match &group {
        Some(_) => azure.accounts(&lab.group).await.ok()?,
        None => Vec::new(),
    };
    let account = account::existing(&lab, &accounts);
    let in_group = group.and_then(|group| names::location(&group.location).ok());
    let location = account_name::location(account.as_deref(), &accounts)
        .or(in_group)
        .or_else(|| lab.location.clone())
        .unwrap_or_else(|| DEFAULT_LOCATION.to_owned());
    let open = deployments::read(azure, &lab, account.as_deref()).await.ok()?;
    let named: Vec<_> = open.iter().filter(|one| !one.fits && one.spec.model.is_named()).collect();
    if named.is_empty() {
        return None;
    }
    let offers = &cache.models(&location).await.ok()?.offers;
    let now = azure.arm().clock().now();
    let refused = named.into_iter().filter_map(|one| {
        let (finding, refusal) = model::check(&one.wanted(), &one.with_its_own(offers), &location, now).err()?;
        Some(UnavailableModel {
            deployment: one.spec.name.clone(),
            reason: finding.message,
            alternatives: refusal.alternatives,
        })
    });
    Some(refused.collect())
}
