//! The OpenAI accounts that labs of a run share ([`crate::recipe::shared_account`]): which there are, what they should be, and
//! how they are made.

use std::sync::{Arc, PoisonError};

use futures::future::join_all;

use super::runner::Command;
use crate::events::Level;
use crate::hints;
use crate::lab::ids::same;
use crate::lab::spec::LabSpec;
use crate::lab::tags;
use crate::outcome::shared::SharedOutcome;
use crate::preflight::demand::Demand;
use crate::preflight::finding::Finding;
use crate::preflight::survey::{SurveyOptions, Surveyed, look};
use crate::recipe::context::{Context, ParentLocks};
use crate::recipe::error::Error as RecipeError;
use crate::recipe::provision::Plan;
use crate::recipe::shared_account::{SharedAccount, count, size};
use crate::recipe::sharers::{self, Sharer};
use crate::values::{ModelSelection, ResourceKind};

/// A shared account that was surveyed.
pub(crate) struct SurveyedShared {
    /// It, as it should be.
    pub(crate) account: Arc<SharedAccount>,
    /// Every check.
    pub(crate) findings: Vec<Finding>,
    /// What it takes of quotas.
    pub(crate) demand: Demand,
    /// The models that azlab chose itself.
    pub(crate) selections: Vec<ModelSelection>,
    /// The places of the labs that use it.
    pub(crate) labs: Vec<usize>,
    /// How many labs use it, with those of the run.
    pub(super) count: usize,
}

/// A lab, and where it is or is to be.
pub(super) type Placed<'a> = (&'a LabSpec, &'a str);

/// The labs of each shared account, by their places in `labs`.
pub(super) fn by_account<'a>(labs: impl Iterator<Item = Placed<'a>>) -> Vec<(String, Vec<(usize, Placed<'a>)>)> {
    let mut all: Vec<(String, Vec<(usize, Placed<'a>)>)> = Vec::new();
    for (index, (lab, location)) in labs.enumerate() {
        let Some(group) = lab.shared_group(location) else { continue };
        let is_it = |(known, labs): &&mut (String, Vec<(usize, Placed<'a>)>)| {
            same(known, &group) && labs.first().is_some_and(|(_, (first, _))| first.subscription == lab.subscription)
        };
        match all.iter_mut().find(is_it) {
            Some((_, labs)) => labs.push((index, (lab, location))),
            None => all.push((group, vec![(index, (lab, location))])),
        }
    }
    all
}

/// What stands for the account of these labs, which others use too, and the capacity of its deployments for one lab. What nobody
/// says stays as it is.
pub(super) fn host(labs: &[(usize, Placed<'_>)], sharers: &[Sharer]) -> Option<(LabSpec, Vec<u32>)> {
    let is_said = |(_, (lab, _)): &&(usize, Placed<'_>)| lab.account.shared == Some(true);
    let (_, (lab, location)) = labs.iter().find(is_said).or(labs.first())?;
    let mut host = lab.host(location);
    let own = |group: &str| labs.iter().any(|(_, (lab, _))| same(&lab.group, group));
    let others = sharers.iter().filter(|one| !own(&one.group)).map(|one| &one.tags);
    let all = labs.iter().map(|(_, (lab, _))| &lab.tags).chain(others);
    if let Some(expires) = sharers::latest_expiry(all) {
        host.tags.set(tags::EXPIRES, expires);
    }
    if lab.account.shared != Some(true) {
        host.deployments.clear();
    }
    let shares: Vec<u32> =
        host.deployments.iter().zip(&lab.deployments).map(|(_, one)| lab.share_of(&one.model)).collect();
    let groups: Vec<String> = labs.iter().map(|(_, (lab, _))| lab.group.clone()).collect();
    size(&mut host, &shares, count(sharers, &groups));
    Some((host, shares))
}

/// What the steps of the account that `host` stands for need.
pub(super) fn context(command: &Command<'_>, host: &LabSpec) -> Context {
    let session = command.session;
    let azure = session.azure.in_subscription(&host.subscription);
    let ctx = Context::new(azure, &session.events, ParentLocks::default(), host, hints::report);
    // It is no lab: its events are the run's.
    Context { events: session.events.clone(), ..ctx }
}

/// Looks at the accounts that labs share which `plans` make, and plans them.
///
/// # Errors
/// What cannot be looked at or touched; nothing was written.
pub(crate) async fn survey(
    command: &Command<'_>,
    plans: impl Iterator<Item = &Plan>,
    options: &SurveyOptions,
) -> Result<Vec<SurveyedShared>, RecipeError> {
    let labs = plans.map(|plan| (&plan.lab, plan.location.as_str()));
    let mut surveyed = Vec::new();
    for (group, labs) in by_account(labs) {
        let Some((_, (first, _))) = labs.first() else { continue };
        let cache = command.cache(&first.subscription).await;
        let wrap = |error| RecipeError::azure(ResourceKind::ResourceGroup, &group, &group, error);
        let sharers = sharers::of(&cache.groups().await.map_err(wrap)?, &group);
        let Some((host, shares)) = host(&labs, &sharers) else { continue };
        let ctx = context(command, &host);
        let Surveyed { plan, findings, demand, selections, notes } =
            Box::pin(look(&cache, &ctx.events, &host, options)).await?;
        notes.into_iter().for_each(|text| ctx.events.note(Level::Info, text));
        let mut account = SharedAccount::new(ctx, plan.lab, &plan.location, &plan.account);
        account.labs = labs.iter().map(|(_, (lab, _))| lab.group.clone()).collect();
        (account.choices, account.shares) = (plan.choices, shares);
        let count = count(&sharers, &account.labs);
        let labs = labs.iter().map(|(index, _)| *index).collect();
        surveyed.push(SurveyedShared { account: Arc::new(account), findings, demand, selections, labs, count });
    }
    Ok(surveyed)
}

impl Command<'_> {
    /// Takes the accounts that its labs share.
    pub(crate) fn share(&self, accounts: impl Iterator<Item = Arc<SharedAccount>>) {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner).extend(accounts);
    }

    /// The accounts that its labs share, each once.
    pub(super) fn shared_accounts(&self) -> Vec<Arc<SharedAccount>> {
        let known = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        let mut all: Vec<Arc<SharedAccount>> = Vec::new();
        for one in known.iter() {
            if all.iter().all(|other| !other.is(&one.host.subscription, &one.host.group)) {
                all.push(Arc::clone(one));
            }
        }
        all
    }

    /// The account that `lab` at `location` shares, if it does.
    pub(crate) fn shared_by(&self, lab: &LabSpec, location: &str) -> Option<Arc<SharedAccount>> {
        let group = lab.shared_group(location)?;
        let known = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        known.iter().find(|one| one.is(&lab.subscription, &group)).cloned()
    }

    /// Tells of a shared account in the result.
    pub(super) fn tell_shared(&self, outcome: SharedOutcome) {
        let mut told = self.shared_outcomes.lock().unwrap_or_else(PoisonError::into_inner);
        told.retain(|one| {
            one.subscription != outcome.subscription || !same(&one.resource_group, &outcome.resource_group)
        });
        told.push(outcome);
    }
}

/// Makes the accounts, so that none waits for a lab.
pub(crate) async fn make_all(command: &Command<'_>, surveyed: &[SurveyedShared]) {
    join_all(surveyed.iter().map(async |one| {
        if let Some(work) = one.labs.first().and_then(|index| command.works.get(*index)) {
            // Its error is that of each lab.
            let made = async { one.account.made().await.map(drop) };
            drop(command.within_time(work, made).await);
        }
    }))
    .await;
}
