//! The lease on a lab: a run that writes says so in a tag of the lab's group ([`crate::lab::lease`]), and looks whether
//! another one does.
//!
//! It is advice, not a lock: a tag has no etag, so of two runs that begin within the same second each may think that it is
//! alone; both converge all the same. Whatever refuses the tag (a right, a policy, a lock, fifty tags) leaves the run without
//! a lease, and nothing else.

use std::convert::Infallible;
use std::time::Duration;

use super::context::Context;
use super::error::Error;
use super::leasing::{Hold, Leasing};
use crate::azure::groups::ResourceGroup;
use crate::events::EventKind;
use crate::lab::lease::{Lease, RENEWED_AFTER};
use crate::lab::tags::{self, Tags};
use crate::values::IfBusy;

/// The pause between two looks at a lab whose lease another run holds.
const LOOK_AGAIN: Duration = Duration::from_secs(10);

/// After how long a run notices that another one, such as a teardown, has taken its lease over: one read a minute.
const NOTICED_WITHIN: Duration = Duration::from_secs(60);

/// Tells that another run is at work, once, and whether to wait for its end.
fn must_wait(ctx: &Context, leasing: &Leasing, lease: Lease) -> Result<bool, Error> {
    if leasing.if_busy() == IfBusy::Fail {
        return Err(Error::Busy { lab: leasing.lab().to_owned(), id: leasing.group_id().to_owned(), lease });
    }
    let waits = leasing.if_busy() == IfBusy::Wait;
    tell(ctx, leasing, lease, waits);
    Ok(waits)
}

fn tell(ctx: &Context, leasing: &Leasing, lease: Lease, waits: bool) {
    // What is in the lab's group is no longer what this run alone has written.
    ctx.azure.forget(leasing.group());
    let Lease { command, by, since, .. } = lease.clone();
    if leasing.is_news(lease) {
        ctx.events.emit(EventKind::LabBusy { command, by, since, waits });
    }
}

/// Looks, before anything is written, whether another run is at work on the lab; ends when this one may go on.
///
/// # Errors
/// [`Error::Busy`] if that is what `--if-busy` asks for; [`Error::Interrupted`].
pub(crate) async fn admit(ctx: &Context) -> Result<(), Error> {
    let Some(leasing) = &ctx.leasing else { return Ok(()) };
    while let Some(lease) = look(ctx, leasing).await {
        if !must_wait(ctx, leasing, lease)? {
            return Ok(());
        }
        ctx.azure.arm().pause(LOOK_AGAIN).await.map_err(|_| Error::Interrupted)?;
    }
    Ok(())
}

/// The lease of another run. What cannot be read is told by what follows.
async fn look(ctx: &Context, leasing: &Leasing) -> Option<Lease> {
    // On the heap, as all requests of a lease: they stand in futures that are large enough.
    let group = Box::pin(ctx.azure.group_now(leasing.group())).await.ok()??;
    leasing.of_another(ctx.clock().now(), &Tags::read(group.tags.as_ref()))
}

/// Takes the lease before the first write, if nobody else holds it, where another run would keep this one from writing.
///
/// # Errors
/// As [`admit`].
pub(crate) async fn take_before(ctx: &Context) -> Result<(), Error> {
    match &ctx.leasing {
        Some(leasing) if leasing.if_busy() != IfBusy::GoOn => take(ctx, leasing).await,
        _ => Ok(()),
    }
}

/// Does `write`, and takes the lease at the same time, where this run goes on beside others anyway: it waits for nobody.
pub(crate) async fn take_beside<T>(ctx: &Context, write: impl Future<Output = T>) -> T {
    match &ctx.leasing {
        Some(leasing) if leasing.if_busy() == IfBusy::GoOn && leasing.is_open() => {
            let (written, _) = tokio::join!(write, Box::pin(take(ctx, leasing)));
            written
        }
        _ => write.await,
    }
}

/// Writes, then looks who wrote last.
async fn take(ctx: &Context, leasing: &Leasing) -> Result<(), Error> {
    let _one = leasing.turn().await;
    while leasing.is_open() {
        if ctx.azure.arm().stop().is_cancelled() {
            return Err(Error::Interrupted);
        }
        // This run goes on beside another one, which keeps its lease.
        if leasing.is_beside(ctx.clock().now()) {
            leasing.hold(Hold::Without);
            return Ok(());
        }
        write(ctx, leasing, leasing.own(ctx.clock().now())).await;
        let Some(lease) = look(ctx, leasing).await.filter(|_| leasing.held().is_some()) else { return Ok(()) };
        leasing.hold(Hold::Without);
        if must_wait(ctx, leasing, lease)? {
            admit(ctx).await?;
            leasing.hold(Hold::Open);
        }
    }
    Ok(())
}

/// Takes the lease from whoever holds it, for what is about to delete the lab with its tags: the others are told whose
/// deletion it was.
pub(crate) async fn take_over(ctx: &Context) {
    let is_stopped = ctx.azure.arm().stop().is_cancelled();
    if let Some(leasing) = ctx.leasing.as_ref().filter(|leasing| leasing.is_open() && !is_stopped) {
        write(ctx, leasing, leasing.own(ctx.clock().now())).await;
    }
}

/// This run takes no lease: it is over in one write.
pub(crate) fn decline(ctx: &Context) {
    if let Some(leasing) = &ctx.leasing {
        leasing.hold(Hold::Without);
    }
}

/// The lab's group is gone, and the tag with it.
pub(crate) fn gone(ctx: &Context) {
    if let Some(leasing) = &ctx.leasing {
        leasing.hold(Hold::Open);
    }
}

/// The lease goes into a write of the group itself, which brings `tags`, if nobody else holds it and it fits.
pub(crate) fn put_into(ctx: &Context, tags: &mut Tags) {
    let Some(leasing) = &ctx.leasing else { return };
    let is_free = leasing.is_open()
        && !leasing.is_beside(ctx.clock().now())
        && leasing.of_another(ctx.clock().now(), tags).is_none();
    let has_place = tags.get(tags::LEASE).is_some() || tags.iter().count() < tags::MOST_TAGS;
    if is_free && has_place {
        leasing.hold(Hold::Held(leasing.own(ctx.clock().now())));
    }
    if let Some(lease) = leasing.held() {
        tags.set(tags::LEASE, lease.to_string());
    }
}

/// The write of the group that the lease went into was refused.
pub(crate) fn refused(ctx: &Context) {
    if let Some(leasing) = ctx.leasing.as_ref().filter(|leasing| leasing.held().is_some()) {
        leasing.hold(Hold::Open);
    }
}

/// Looks, after the group was written, who wrote last.
///
/// # Errors
/// As [`admit`].
pub(crate) async fn look_after_write(ctx: &Context, group: &ResourceGroup) -> Result<(), Error> {
    let Some(leasing) = &ctx.leasing else { return Ok(()) };
    let Some(lease) = leasing.of_another(ctx.clock().now(), &Tags::read(group.tags.as_ref())) else { return Ok(()) };
    leasing.hold(Hold::Without);
    if must_wait(ctx, leasing, lease)? {
        admit(ctx).await?;
        leasing.hold(Hold::Open);
    }
    Ok(())
}

/// Does `work`, and renews the lease as long as that takes.
pub(crate) async fn renewing<T>(ctx: &Context, work: impl Future<Output = T>) -> T {
    let Some(leasing) = &ctx.leasing else { return work.await };
    // On the heap: a lab's work is large.
    let work = Box::pin(work);
    tokio::select! {
        biased;
        done = work => done,
        never = Box::pin(renew(ctx, leasing)) => match never {},
    }
}

/// Renews what is held, and notices who takes it over.
async fn renew(ctx: &Context, leasing: &Leasing) -> Infallible {
    loop {
        // A class of which nothing is held has no timers.
        leasing.until_held().await;
        ctx.clock().sleep(NOTICED_WITHIN).await;
        let Some(held) = leasing.held().filter(|_| !ctx.azure.arm().stop().is_cancelled()) else { continue };
        if let Some(lease) = look(ctx, leasing).await {
            leasing.hold(Hold::Without);
            tell(ctx, leasing, lease, false);
        } else if ctx.clock().now() - held.renewed >= RENEWED_AFTER && leasing.held().is_some() {
            write(ctx, leasing, held.renewed_at(ctx.clock().now())).await;
        }
    }
}

/// Removes this run's lease, in one try: another run's stays, and one that cannot be removed goes stale.
pub(crate) async fn release(ctx: &Context) {
    let Some(leasing) = &ctx.leasing else { return };
    if let Some(lease) = leasing.held() {
        leasing.hold(Hold::Open);
        // Nothing depends on it.
        drop(Box::pin(ctx.azure.delete_tag(leasing.group_id(), tags::LEASE, &lease.to_string())).await);
    }
}

/// Writes the tag. One whose answer was lost may stand there.
async fn write(ctx: &Context, leasing: &Leasing, lease: Lease) {
    let before = leasing.held();
    leasing.hold(Hold::Held(lease.clone()));
    if let Err(error) = Box::pin(ctx.azure.merge_tag(leasing.group_id(), tags::LEASE, &lease.to_string())).await
        && !error.is_ambiguous()
    {
        // A tag has gone with its group, and there is nothing to renew or to remove.
        let before = before.filter(|_| !error.is_absent());
        leasing.hold(before.map_or(Hold::Without, Hold::Held));
    }
}
