//! What is told of the OpenAI accounts that labs of a run share: what was made of them, what would be, and what a look shows.

use super::runner::Command;
use super::shared::{SurveyedShared, by_account, context, host};
use super::shared_end;
use crate::events::Level;
use crate::follow_up::{FollowUp, Labs, Verb};
use crate::hints;
use crate::lab::spec::LabSpec;
use crate::lab::tags;
use crate::outcome::plan::{PlannedAction, PlannedChange};
use crate::outcome::shared::SharedOutcome;
use crate::outcome::state::ResourceState;
use crate::recipe::account;
use crate::recipe::error::Error as RecipeError;
use crate::recipe::look::Item;
use crate::recipe::plan;
use crate::recipe::provision::Plan;
use crate::recipe::shared_account::{SharedAccount, SharedLook, size};
use crate::recipe::sharers;
use crate::values::{a_few, counted};

/// What a result tells of an account that so many labs use.
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

/// Says who shares an account that is as it should be.
fn tell_made(command: &Command<'_>, account: &SharedAccount, count: usize, name: &str) {
    let SharedAccount { host, location, .. } = account;
    let text = format!(
        "the OpenAI account {name} in {location} (resource group {}) is shared by {}",
        host.group,
        counted(count, "lab")
    );
    command.session.events.note(Level::Info, text);
}

/// Ends the work on the accounts of the command, and tells what came of each. Where labs have moved, one that nobody uses any more
/// goes, and the others are made large enough for those that came.
pub(crate) async fn end_all(command: &Command<'_>, surveyed: &[SurveyedShared], has_moved: bool) {
    for account in command.shared_accounts() {
        let known = surveyed.iter().find(|one| one.account.is(&account.host.subscription, &account.host.group));
        let mut count = known.map_or(account.labs.len(), |one| one.count);
        if has_moved && let Ok(users) = sharers::sharers(&account.ctx.azure, &account.host.group).await {
            if users.is_empty() {
                shared_end::end_unused(command, &account).await;
                continue;
            }
            count = users.len();
        }
        let ended = async {
            account.settle(has_moved).await?;
            account.made().await
        };
        let first = known.and_then(|one| one.labs.first());
        let ended = match first.and_then(|index| command.works.get(*index)) {
            Some(work) => command.within_time(work, ended).await,
            None => ended.await,
        };
        let told = match ended {
            Ok(made) => {
                let endpoint = account::endpoint(&made.state).map(str::to_owned);
                tell_made(command, &account, count, &made.name);
                SharedOutcome { account: made.name, endpoint, ..outcome(&account, count, ResourceState::Ready) }
            }
            Err(error) => {
                SharedOutcome { error: Some(hints::report(&error)), ..outcome(&account, count, ResourceState::Failed) }
            }
        };
        command.tell_shared(told);
    }
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
