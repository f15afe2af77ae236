//! Purging a soft-deleted account, for good.

use std::time::Duration;

use http::Method;

use super::context::Context;
use super::error::Error;
use super::soft_deleted_account::SoftDeletedAccount;
use super::step::Step;
use super::waits::wait_as_told;
use crate::azure::error::Error as AzureError;
use crate::azure::lro::{Goal, Look, Operation, PollPolicy, Status};
use crate::events::{Level, Notes, noting_waits};
use crate::outcome::{Action, Change};
use crate::values::ResourceKind;

/// Purges a soft-deleted account for good, and waits until it is gone.
///
/// # Errors
/// As [`crate::azure::client::Azure::purge_account`].
pub(crate) async fn purge(ctx: &Context, deleted_account: &SoftDeletedAccount) -> Result<(), AzureError> {
    let began = ctx.clock().now();
    let arm = ctx.azure.arm();
    let reply =
        ctx.azure.purge_account(&deleted_account.location, &deleted_account.group, &deleted_account.name).await?;
    let look = async || {
        let found =
            ctx.azure.deleted_account(&deleted_account.location, &deleted_account.group, &deleted_account.name).await?;
        Ok(found.map_or(Look::Absent, |_| Look::Exists(Status::Running("Purging".into()))))
    };
    let operation = Operation::begun(arm, Method::DELETE, &deleted_account.id, &reply);
    operation.wait(arm, Goal::Gone, PollPolicy::seconds(Duration::from_secs(600)), |_| {}, look).await?;
    let elapsed_s = ctx.clock().since(began).as_secs_f64();
    let change = Change {
        resource: ResourceKind::OpenaiAccount,
        id: deleted_account.id.clone(),
        action: Action::Purged,
        elapsed_s,
    };
    ctx.ledger.finished(&format!("soft-deleted {}", deleted_account.name), change);
    ctx.events.note(
        Level::Info,
        format!("purged the soft-deleted account {} (it held the name and its quota)", deleted_account.name),
    );
    Ok(())
}

/// [`purge`], as a step of its own that is told, and tried again while another operation keeps it from passing.
///
/// # Errors
/// [`Error::Azure`] if it cannot be purged within its time.
pub(crate) async fn purge_patiently(ctx: &Context, deleted_account: &SoftDeletedAccount) -> Result<(), Error> {
    let wrap = |error| Error::azure(ResourceKind::OpenaiAccount, &deleted_account.name, &deleted_account.id, error);
    let awake = ctx.clock().stopwatch();
    let (mut tries, mut waits) = (0, Notes::default());
    let step = Step::begin(ctx, ResourceKind::OpenaiAccount, &deleted_account.name);
    loop {
        tries += 1;
        let asked = awake.elapsed();
        let (purged, more) = noting_waits(purge(ctx, deleted_account)).await;
        waits = waits.and(more);
        let error = match purged {
            Ok(()) => {
                step.tell_end(&deleted_account.id, Action::Purged, waits);
                return Ok(());
            }
            // Somebody else purged it.
            Err(error) if error.is_absent() => {
                ctx.ledger.taken(ResourceKind::OpenaiAccount, &deleted_account.name);
                return Ok(());
            }
            Err(error) => error,
        };
        let wait = wait_as_told(&error).filter(|wait| asked < wait.limit);
        let Some(wait) = wait else { return Err(wrap(error)) };
        let pause = wait.pause(tries);
        step.waiting(wait.reason, &error, pause);
        ctx.azure.arm().pause(pause).await.map_err(wrap)?;
    }
}
