//! Taking a lab away: its group is deleted, then its soft-deleted accounts are purged, as a [`TeardownPlan`] says.

use std::time::Duration;

use http::Method;

use super::context::Context;
use super::error::Error;
use super::purge::purge_patiently;
use super::soft_deleted_account::SoftDeletedAccount;
use super::step::Step;
use super::teardown_plan::{TeardownPlan, locked, scopes};
use super::{group, lease, membership};
use crate::azure::code::Code;
use crate::azure::error::Error as AzureError;
use crate::azure::lro::{Goal, Look, Operation, PollPolicy, Status};
use crate::events::noting_waits;
use crate::lab::spec::LabSpec;
use crate::lab::tags::Tags;
use crate::outcome::Action;
use crate::values::ResourceKind;

/// How long a group may take to go: the slowest recorded deletion of a cluster took 311 s.
const GROUP_LIMIT: Duration = Duration::from_secs(3600);

/// How a group's deletion ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Deletion {
    /// It is gone.
    Gone,
    /// It has begun, and was not waited for.
    Begun,
    /// It was left alone: the reason for it holds no more.
    Spared,
}

/// What came of asking for the group's deletion.
enum Begun {
    Absent,
    Spared,
    Going(Box<Operation>, Whose),
}

/// Who asked for a deletion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whose {
    /// This run.
    Ours,
    /// Somebody else, or an earlier run: the group alone tells how it goes.
    Found,
}

/// Begins to delete the group, and says so in its lease on the way: nobody waits for that.
async fn begin(ctx: &Context, lab: &LabSpec, teardown_plan: &TeardownPlan) -> Result<Begun, Error> {
    let saying = async {
        if teardown_plan.group.as_ref().is_some_and(|group| !group::is_going(group)) {
            lease::take_over(ctx).await;
        }
    };
    tokio::join!(saying, begin_deleting(ctx, lab, teardown_plan)).1
}

/// Begins to delete the group, if it is there and not going already.
async fn begin_deleting(ctx: &Context, lab: &LabSpec, teardown_plan: &TeardownPlan) -> Result<Begun, Error> {
    let (azure, id) = (&ctx.azure, lab.group_id());
    let wrap = |error| Error::azure(ResourceKind::ResourceGroup, &lab.group, &id, error);
    azure.forget(&lab.group);
    let Some(found) = azure.group(&lab.group).await.map_err(wrap)? else { return Ok(Begun::Absent) };
    let running = |state: &str| {
        Begun::Going(Box::new(Operation::found_running(&id, Status::Running(state.to_owned()))), Whose::Found)
    };
    // Looked at again right before the delete: somebody may have made it theirs, or extended it.
    group::claim(&found, lab, false)?;
    let state = Status::read(found.properties.as_ref().and_then(|properties| properties.provisioning_state.as_deref()));
    let is_going = group::is_going(&found);
    if !is_going && !teardown_plan.reason.holds_for(&Tags::read(found.tags.as_ref())) {
        return Ok(Begun::Spared);
    }
    if let Some(shared) = &teardown_plan.shared {
        let principals = [teardown_plan.principals.as_slice(), &teardown_plan.attendees].concat();
        membership::leave(ctx, lab, shared, &principals).await?;
    }
    if is_going && let Status::Running(state) = &state {
        return Ok(running(state));
    }
    if let Status::Running(state) = &state {
        return Ok(running(state));
    }
    ctx.ledger.under_way(ResourceKind::ResourceGroup, &lab.group, "Deleting");
    match azure.delete_group(&lab.group).await {
        Ok(reply) => {
            Ok(Begun::Going(Box::new(Operation::begun(azure.arm(), Method::DELETE, &id, &reply)), Whose::Ours))
        }
        Err(error) if error.is_absent() => Ok(Begun::Absent),
        // Somebody else was faster.
        Err(error) if error.code() == Some(&Code::ResourceGroupBeingDeleted) => Ok(running("Deleting")),
        Err(error) => {
            if !error.is_ambiguous() {
                ctx.ledger.at_rest(ResourceKind::ResourceGroup, &lab.group);
            }
            Err(explained(ctx, lab, teardown_plan, error).await)
        }
    }
}

/// A refusal by its cause: the locks by name, where they may be read.
async fn explained(ctx: &Context, lab: &LabSpec, teardown_plan: &TeardownPlan, error: AzureError) -> Error {
    if error.code() == Some(&Code::ScopeLocked)
        && let Ok(Some(locks)) = ctx.azure.locks_on(&scopes(lab, &teardown_plan.node_groups)).await
        && !locks.is_empty()
    {
        return locked(lab, locks, Some(error));
    }
    Error::azure(ResourceKind::ResourceGroup, &lab.group, &lab.group_id(), error)
}

/// Deletes the group and waits until it is gone; with `wait` off it only begins.
///
/// # Errors
/// [`Error`]; a lock or a policy that refuses is in it by name.
pub(crate) async fn delete_group(
    ctx: &Context,
    lab: &LabSpec,
    teardown_plan: &TeardownPlan,
    wait: bool,
) -> Result<Deletion, Error> {
    let step = Step::begin(ctx, ResourceKind::ResourceGroup, &lab.group);
    let (ended, waits) = noting_waits(delete_until_gone(ctx, lab, teardown_plan, wait, &step)).await;
    match ended? {
        Ended::Absent => {
            // Somebody else was faster.
            ctx.ledger.at_rest(ResourceKind::ResourceGroup, &lab.group);
            return Ok(Deletion::Gone);
        }
        Ended::Spared => return Ok(Deletion::Spared),
        Ended::Deleted => {}
    }
    step.finish(&lab.group_id(), Action::Deleted, waits);
    Ok(if wait { Deletion::Gone } else { Deletion::Begun })
}

/// What became of the group.
enum Ended {
    /// It was not there.
    Absent,
    /// It has no reason to be deleted any more.
    Spared,
    /// It is gone, or going if nobody waits.
    Deleted,
}

/// Asks for the group's deletion, and again where Azure gave up one that somebody else had asked for.
async fn delete_until_gone(
    ctx: &Context,
    lab: &LabSpec,
    teardown_plan: &TeardownPlan,
    wait: bool,
    step: &Step<'_>,
) -> Result<Ended, Error> {
    let azure = &ctx.azure;
    loop {
        let (operation, whose) = match begin(ctx, lab, teardown_plan).await? {
            Begun::Absent => return Ok(Ended::Absent),
            Begun::Spared => return Ok(Ended::Spared),
            Begun::Going(..) if !wait => return Ok(Ended::Deleted),
            Begun::Going(operation, whose) => (operation, whose),
        };
        step.status("Deleting");
        let look = async || {
            Ok(match azure.group(&lab.group).await? {
                None => Look::Absent,
                // Azure has given up a deletion that somebody else asked for. One of ours tells so itself, and for a moment the
                // group does not show it yet.
                Some(found) if whose == Whose::Found && !group::is_going(&found) => Look::Exists(Status::Failed),
                Some(_) => Look::Exists(Status::Running("Deleting".into())),
            })
        };
        let policy = PollPolicy::minutes(GROUP_LIMIT);
        match operation.wait(azure.arm(), Goal::Gone, policy, |status| step.status(status), look).await {
            Ok(()) => return Ok(Ended::Deleted),
            Err(AzureError::Service(_)) if whose == Whose::Found => {}
            Err(error) => {
                if matches!(error, AzureError::Service(_)) {
                    ctx.ledger.at_rest(ResourceKind::ResourceGroup, &lab.group);
                }
                return Err(Error::azure(ResourceKind::ResourceGroup, &lab.group, &lab.group_id(), error));
            }
        }
    }
}

/// Purges the lab's soft-deleted accounts: those that were in the group, and those that were already deleted.
///
/// # Errors
/// [`Error::Azure`] for the first that cannot be purged within its time.
pub(crate) async fn purge_accounts(ctx: &Context, lab: &LabSpec, teardown_plan: &TeardownPlan) -> Result<(), Error> {
    let wrap = |error| Error::azure(ResourceKind::OpenaiAccount, &lab.group, &lab.group_id(), error);
    let deleted = ctx.azure.deleted_accounts_of(&lab.group).await.map_err(wrap)?;
    for deleted_account in deleted
        .iter()
        .filter_map(SoftDeletedAccount::read)
        .filter(|deleted_account| teardown_plan.takes(deleted_account, lab))
    {
        purge_patiently(ctx, &deleted_account).await?;
    }
    Ok(())
}
