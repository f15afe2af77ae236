//! The end of OpenAI accounts that labs share: each goes with the last lab that uses it. What an earlier run that was cut off has
//! left of one goes as well.

use futures::future::join_all;

use super::removal::{self, Removal};
use super::runner::Command;
use super::subscriptions;
use super::work::Work;
use crate::azure::client::Azure;
use crate::azure::error::Error as AzureError;
use crate::azure::groups::ResourceGroup;
use crate::config::Config;
use crate::events::Level;
use crate::hints;
use crate::lab::ids::{self, same};
use crate::lab::shared::{is_shared_group, standing_for};
use crate::lab::tags::{self, Tags};
use crate::outcome::shared::SharedOutcome;
use crate::outcome::state::ResourceState;
use crate::outcome::{Exit, LabState};
use crate::preflight::EXISTING_ID;
use crate::recipe::context::{Context, ParentLocks};
use crate::recipe::error::Error as RecipeError;
use crate::recipe::shared_account::SharedAccount;
use crate::recipe::sharers;
use crate::recipe::soft_deleted_account::SoftDeletedAccount;
use crate::recipe::teardown_plan::{Reason, TeardownPlan, inspect};
use crate::settings::LabSource;
use crate::values::{ResourceKind, a_few};

/// An account that labs share, and that is to go.
#[derive(Debug)]
pub(crate) struct Ending {
    /// What stands for it, and what its steps need.
    pub(crate) work: Work,
    /// What will go.
    pub(crate) plan: TeardownPlan,
}

/// What there is of a shared account: its group, or a soft-deleted account of one that is gone.
struct Left {
    group: String,
    tags: Tags,
}

/// The shared accounts of a subscription.
async fn left(azure: &Azure, groups: &[ResourceGroup]) -> Result<Vec<Left>, AzureError> {
    let read = |group: &ResourceGroup| {
        let tags = Tags::read(group.tags.as_ref());
        Some(Left { group: group.name.clone()?, tags }).filter(|one| is_shared_group(&one.tags))
    };
    let mut all: Vec<Left> = groups.iter().filter_map(read).collect();
    for deleted in azure.deleted_accounts().await?.iter().filter_map(SoftDeletedAccount::read) {
        if is_shared_group(&deleted.tags) && all.iter().all(|one| !same(&one.group, &deleted.group)) {
            all.push(Left { group: deleted.group, tags: deleted.tags });
        }
    }
    Ok(all)
}

/// The shared accounts that no lab uses once those in `going` (the plans of a run's labs) are gone: those that these labs use, and
/// those that nobody uses of which `is_meant` says by their tags that they are meant.
///
/// # Errors
/// What cannot be read, or a lock.
pub(crate) async fn unused(
    command: &Command<'_>,
    subscriptions: &[Azure],
    going: &[(&Work, &TeardownPlan)],
    reason: Reason,
    is_meant: impl Fn(&Tags) -> bool,
) -> Result<Vec<Ending>, RecipeError> {
    let mut endings = Vec::new();
    let refuses = |azure: &&Azure| command.refusing.iter().any(|id| id == azure.subscription());
    for azure in subscriptions.iter().filter(|azure| !refuses(azure)) {
        let here = || going.iter().filter(|(work, _)| work.lab.subscription == azure.subscription());
        let wrap = |error| {
            RecipeError::azure(
                ResourceKind::ResourceGroup,
                EXISTING_ID,
                &ids::subscription(azure.subscription()),
                error,
            )
        };
        let groups = azure.groups_tagged(tags::WORKSHOP).await.map_err(wrap)?;
        for one in left(azure, &groups).await.map_err(wrap)? {
            let goes = |user: &sharers::Sharer| {
                here().any(|(work, plan)| plan.group.is_some() && same(&work.lab.group, &user.group))
            };
            let is_used = here().any(|(_, plan)| plan.shared.as_deref().is_some_and(|name| same(name, &one.group)));
            let stays = sharers::of(&groups, &one.group).iter().any(|user| !goes(user));
            if stays || !(is_used || is_meant(&one.tags)) {
                continue;
            }
            let lab = standing_for(azure.subscription(), &one.group, &one.tags);
            let ctx = Context::new(azure.clone(), &command.session.events, ParentLocks::default(), &lab, hints::report);
            let ctx = Context { events: command.session.events.clone(), ..ctx };
            let plan = inspect(&ctx, &lab, if is_used { Reason::Asked } else { reason }).await?;
            plan.check_locks(&lab)?;
            if !plan.is_empty() {
                endings.push(Ending { work: Work { lab, ctx }, plan });
            }
        }
    }
    Ok(endings)
}

/// What will go, for people.
pub(crate) fn describe(endings: &[Ending]) -> Vec<String> {
    let line = |one: &Ending| {
        let group = &one.work.lab.group;
        format!("  and the OpenAI account that these labs alone share: resource group {group}")
    };
    endings.iter().map(line).collect()
}

fn outcome(ending: &Ending, state: ResourceState) -> SharedOutcome {
    let Ending { work, plan } = ending;
    let of_group = plan.group.as_ref().map(|group| group.location.clone());
    let of_account = plan.deleted_accounts.first().map(|one| one.location.clone());
    let live = plan.accounts.first().map(|(_, name)| name.clone());
    SharedOutcome {
        subscription: work.lab.subscription.clone(),
        location: of_group.or(of_account).unwrap_or_default(),
        resource_group: work.lab.group.clone(),
        account: live.or_else(|| Some(plan.deleted_accounts.first()?.name.clone())).unwrap_or_default(),
        endpoint: None,
        labs: 0,
        state,
        changes: work.ctx.ledger.changes(),
        plan: None,
        resources: None,
        error: None,
    }
}

/// Tells what would go.
pub(crate) fn foresee(command: &Command<'_>, endings: &[Ending], removal: Removal) {
    for ending in endings {
        let plan = removal::plan(&ending.work, &ending.plan, removal);
        let message = format!(
            "the OpenAI account that these labs alone share goes with them: resource group {}",
            ending.work.lab.group
        );
        command.session.events.note(Level::Info, message);
        command.tell_shared(SharedOutcome { plan: Some(plan), ..outcome(ending, ResourceState::Ready) });
    }
}

/// Deletes the accounts, each unless a lab uses it by now; the exit codes of those that did not go.
pub(crate) async fn remove(command: &Command<'_>, endings: &[Ending], removal: Removal) -> Vec<Exit> {
    let exits = join_all(endings.iter().map(|ending| one(command, ending, removal))).await;
    exits.into_iter().flatten().collect()
}

async fn one(command: &Command<'_>, ending: &Ending, removal: Removal) -> Option<Exit> {
    let Ending { work, plan } = ending;
    let lab = &work.lab;
    let users = async {
        let users = sharers::sharers(&work.ctx.azure, &lab.group).await;
        users.map_err(|error| RecipeError::azure(ResourceKind::ResourceGroup, &lab.group, &lab.group_id(), error))
    };
    match command.within_time(work, users).await {
        Ok(users) if !users.is_empty() => {
            let names: Vec<&str> = users.iter().map(|one| one.group.as_str()).collect();
            let message = format!("the shared OpenAI account in {} stays: {} use it", lab.group, a_few(&names));
            command.session.events.note(Level::Info, message);
            None
        }
        Ok(_) => {
            let ended = removal::take_away(command, work, plan, removal).await;
            let state = if ended.state == LabState::Deleted { ResourceState::Absent } else { ResourceState::Failed };
            command.tell_shared(SharedOutcome { error: ended.error.clone(), ..outcome(ending, state) });
            Some(ended.exit).filter(|exit| *exit != Exit::Done)
        }
        Err(error) => {
            let told = SharedOutcome { error: Some(hints::report(&error)), ..outcome(ending, ResourceState::Failed) };
            command.tell_shared(told);
            Some(hints::exit_of(&error))
        }
    }
}

/// Deletes an account out of whose place all labs that used it have moved.
pub(super) async fn end_unused(command: &Command<'_>, account: &SharedAccount) {
    let lab = standing_for(&account.host.subscription, &account.host.group, &account.host.tags);
    let ctx = account.ctx.clone();
    let looked = async {
        let plan = inspect(&ctx, &lab, Reason::Asked).await?;
        plan.check_locks(&lab)?;
        Ok::<_, RecipeError>(plan)
    };
    match looked.await {
        Ok(plan) if plan.is_empty() => {}
        Ok(plan) => {
            let text = format!("the OpenAI account in {} goes: no lab uses it any more", lab.group);
            command.session.events.note(Level::Info, text);
            let _told =
                one(command, &Ending { work: Work { lab, ctx }, plan }, Removal { purge: true, wait: true }).await;
        }
        Err(error) => {
            let text = format!("the OpenAI account in {} stays, although no lab uses it: {error}", lab.group);
            command.session.events.note(Level::Warning, text);
        }
    }
}

/// The shared accounts that go with the labs of a teardown, and those of their workshops that an earlier one has left.
///
/// # Errors
/// As [`unused`].
pub(crate) async fn of_teardown(
    command: &Command<'_>,
    source: &LabSource,
    going: &[(&Work, &TeardownPlan)],
) -> Result<Vec<Ending>, RecipeError> {
    let is_sharing =
        source.file().is_some_and(Config::is_sharing) || going.iter().any(|(_, plan)| plan.shared.is_some());
    // A run that was cut off may have come as far as the last lab.
    if !is_sharing && going.iter().any(|(_, plan)| !plan.is_empty()) {
        return Ok(Vec::new());
    }
    let workshop = |(work, plan): &(&Work, &TeardownPlan)| {
        let of_group = plan.group.as_ref().map(|group| Tags::read(group.tags.as_ref()));
        let tags = of_group.unwrap_or_else(|| work.lab.tags.clone());
        tags.get(tags::WORKSHOP).map(str::to_owned)
    };
    let workshops: Vec<String> = going.iter().filter_map(workshop).collect();
    let is_meant = |tags: &Tags| tags.get(tags::WORKSHOP).is_some_and(|name| workshops.iter().any(|one| one == name));
    // Which they are is told already.
    let subscriptions = subscriptions::all(command.session, source).await.unwrap_or_default();
    unused(command, &subscriptions, going, Reason::Asked, is_meant).await
}
