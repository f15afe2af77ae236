//! The OpenAI accounts that labs of a run share ([`crate::recipe::shared_account`]): which there are, what they should be, and
//! what a result tells of them.

use std::sync::{Arc, PoisonError};

use futures::future::join_all;

use super::runner::Command;
use crate::events::Level;
use crate::follow_up::{FollowUp, Labs, Verb};
use crate::hints;
use crate::lab::ids::same;
use crate::lab::spec::LabSpec;
use crate::lab::tags;
use crate::outcome::plan::{PlannedAction, PlannedChange};
use crate::outcome::shared::SharedOutcome;
use crate::outcome::state::ResourceState;
use crate::preflight::demand::Demand;
use crate::preflight::finding::Finding;
use crate::preflight::survey::{SurveyOptions, Surveyed, look};
use crate::recipe::account;
use crate::recipe::context::{Context, ParentLocks};
use crate::recipe::error::Error as RecipeError;
use crate::recipe::look::Item;
use crate::recipe::plan;
use crate::recipe::provision::Plan;
use crate::recipe::shared_account::{SharedAccount, SharedLook, count, size};
use crate::recipe::sharers::{self, Sharer};
use crate::values::{ModelSelection, ResourceKind, a_few, counted};

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
    count: usize,
}

/// A lab, and where it is or is to be.
type Placed<'a> = (&'a LabSpec, &'a str);

/// The labs of each shared account, by their places in `labs`.
fn by_account<'a>(labs: impl Iterator<Item = Placed<'a>>) -> Vec<(String, Vec<(usize, Placed<'a>)>)> {
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
fn host(labs: &[(usize, Placed<'_>)], sharers: &[Sharer]) -> Option<(LabSpec, Vec<u32>)> {
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

fn outcome(account: &SharedAccount, labs: usize, state: ResourceState) -> SharedOutcome {
    SharedOutcome {
        subscription: account.host.subscription.clone(),
        location: account.location.clone(),
        resource_group: account.host.group.clone(),
        account: account.name.clone(),
        endpoint: None,
        labs,
        state,
        changes: account.ctx.ledger.changes(),
        plan: None,
        resources: None,
        error: None,
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

/// Ends the work on the accounts, and tells what came of each.
pub(crate) async fn end_all(command: &Command<'_>, surveyed: &[SurveyedShared]) {
    for one in surveyed {
        let account = &one.account;
        let ended = async {
            account.settle().await?;
            account.made().await
        };
        let ended = match one.labs.first().and_then(|index| command.works.get(*index)) {
            Some(work) => command.within_time(work, ended).await,
            None => ended.await,
        };
        let told = match ended {
            Ok(made) => {
                let endpoint = account::endpoint(&made.state).map(str::to_owned);
                tell_made(command, one, &made.name);
                SharedOutcome { account: made.name, endpoint, ..outcome(account, one.count, ResourceState::Ready) }
            }
            Err(error) => SharedOutcome {
                error: Some(hints::report(&error)),
                ..outcome(account, one.count, ResourceState::Failed)
            },
        };
        command.tell_shared(told);
    }
}

fn tell_made(command: &Command<'_>, one: &SurveyedShared, name: &str) {
    let SharedAccount { host, location, .. } = &*one.account;
    let text = format!(
        "the OpenAI account {name} in {location} (resource group {}) is shared by {}",
        host.group,
        counted(one.count, "lab")
    );
    command.session.events.note(Level::Info, text);
}

/// What would be done to the accounts; whether that is anything.
///
/// # Errors
/// What cannot be read, or exists and cannot be changed in place.
pub(crate) async fn foresee_all(command: &Command<'_>, surveyed: &[SurveyedShared]) -> Result<bool, RecipeError> {
    let mut changes = false;
    for one in surveyed {
        let seen = Box::pin(one.account.look()).await?;
        let plan = plan::shared(&one.account, &seen).await?;
        changes |= plan.iter().any(|change| change.action != PlannedAction::Keep);
        tell_plan(command, one, &plan);
        let told = SharedOutcome { plan: Some(plan), ..looked(&one.account, one.count, &seen) };
        command.tell_shared(told);
    }
    Ok(changes)
}

fn tell_plan(command: &Command<'_>, one: &SurveyedShared, plan: &[PlannedChange]) {
    let SharedAccount { location, .. } = &*one.account;
    let line = |change: &PlannedChange| {
        let what = match change.action {
            PlannedAction::Create => "create",
            PlannedAction::Change => "change",
            PlannedAction::Keep => "keep",
            PlannedAction::Delete => "delete",
            PlannedAction::Purge => "purge",
            PlannedAction::Restore => "restore",
        };
        let fields = change.fields.iter().map(|field| match (&field.have, &field.want) {
            (None, Some(want)) => format!("{}: {want}", field.field),
            (have, want) => {
                let shown = |value: &Option<String>| value.clone().unwrap_or_else(|| "(none)".to_owned());
                format!("{}: {} -> {}", field.field, shown(have), shown(want))
            }
        });
        let fields: Vec<String> = fields.collect();
        let fields = if fields.is_empty() { String::new() } else { format!(" ({})", fields.join(", ")) };
        format!("  {what} {} {}{fields}", change.resource.label(), change.name)
    };
    let lines: Vec<String> = plan.iter().map(line).collect();
    let text = format!("{} share in {location}:\n{}", counted(one.count, "lab"), lines.join("\n"));
    command.session.events.note(Level::Info, text);
}

fn looked(account: &SharedAccount, labs: usize, seen: &SharedLook) -> SharedOutcome {
    let state = match (seen.is_ready(), seen.items.first().is_some_and(|item| item.fit.is_some())) {
        (true, _) => ResourceState::Ready,
        (false, true) => ResourceState::Differs,
        (false, false) => ResourceState::Absent,
    };
    let found = seen.account.as_ref();
    SharedOutcome {
        account: found.map_or_else(|| account.name.clone(), |(name, _)| name.clone()),
        endpoint: found.and_then(|(_, state)| account::endpoint(state)).map(str::to_owned),
        ..outcome(account, labs, state)
    }
}

/// Looks at the accounts that `labs` share, which exist, and tells of each; whether all are as they should be. What cannot be
/// read is told with the labs.
pub(crate) async fn look_at_all(command: &Command<'_>, labs: &[(LabSpec, String)]) -> bool {
    let mut all_well = true;
    for (group, labs) in by_account(labs.iter().map(|(lab, location)| (lab, location.as_str()))) {
        let Some((_, (first, location))) = labs.first() else { continue };
        let azure = command.session.azure.in_subscription(&first.subscription);
        let Ok(sharers) = sharers::sharers(&azure, &group).await else { continue };
        let Some((mut host, shares)) = host(&labs, &sharers) else { continue };
        // Labs that do not exist yet need nothing yet.
        size(&mut host, &shares, sharers.len());
        match sharers::latest_expiry(sharers.iter().map(|one| &one.tags)) {
            Some(expires) => host.tags.set(tags::EXPIRES, expires),
            None => host.tags.remove(tags::EXPIRES),
        }
        let name = host.account_name(0);
        let account = SharedAccount::new(context(command, &host), host, location, &name);
        let Ok(seen) = Box::pin(account.look()).await else { continue };
        all_well &= seen.is_ready();
        let resources = Some(seen.items.iter().map(Item::report).collect());
        let told = SharedOutcome { resources, ..looked(&account, sharers.len(), &seen) };
        let state =
            if seen.is_ready() { "as it should be" } else { "not as it should be; provision and reset repair it" };
        let text = format!(
            "the OpenAI account {} in {location} (resource group {group}) is shared by {}: {state}",
            told.account,
            counted(sharers.len(), "lab")
        );
        let level = if seen.is_ready() { Level::Info } else { Level::Warning };
        command.session.events.note(level, text);
        command.tell_shared(told);
    }
    all_well
}

/// Says which labs keep the account that they were made with, although the file says otherwise now.
pub(crate) fn tell_kept(command: &Command<'_>, plans: &[Plan]) {
    let kept = |said: bool| {
        let differs = |plan: &&Plan| plan.lab.account.shared == Some(said) && plan.lab.is_sharing() != said;
        plans.iter().filter(differs).map(|plan| plan.lab.name.as_str()).collect::<Vec<_>>()
    };
    for said in [true, false] {
        let names = kept(said);
        let count = names.len();
        let keep = match (said, count) {
            (_, 0) => continue,
            (true, 1) => "keeps an OpenAI account of its own, with which it was made",
            (true, _) => "keep OpenAI accounts of their own, with which they were made",
            (false, 1) => "keeps the OpenAI account that it shares, with which it was made",
            (false, _) => "keep the OpenAI account that they share, with which they were made",
        };
        let again = FollowUp::new(Verb::Reset).with(["--rebuild"]);
        let labs: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let again = command.options.place.line(&again.on(Labs::named(&labs, None)));
        let message = format!(
            "{} {keep} ({}); what the file says now is for new labs, and for those that are made again: {again}",
            counted(count, "lab"),
            a_few(&names)
        );
        command.session.events.note(Level::Warning, message);
    }
}
