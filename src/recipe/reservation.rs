//! A swap's reservation of the spare that it is about to give: of several swaps that want one spare at once, one gets it, and of
//! several swaps of one lab that want to give it different spares, one does.
//!
//! A group's tags have no etag, so nothing is written on a condition. But a tag that is merged in by itself leaves those of others
//! alone, so each swap writes one of its own, `azlab-swap-RUN`, and looks afterwards who else has one: on this spare, and for this lab
//! on any other. Swaps have an order, that of the names of their labs, then of their spares: a swap gives way to one that is before it,
//! and waits until one that is behind it has given way or is done (the one-bit algorithm of J. Burns and L. Lamport, *The mutual
//! exclusion problem*, part II, 1986). So nobody waits for whoever waits for it; and every wait has an end. Two swaps of one lab with
//! one spare do the same, and go on together; each has a tag of its own, since the one may give way while the other goes on.
//!
//! It is advice where clocks are far apart or a machine sleeps: a reservation that is older than two minutes means nothing
//! ([`crate::lab::reservation`]). A swap that may not write a tag goes on without, and gives way to each that could.

use std::time::Duration;

use super::context::Context;
use super::error::Error;
use super::group;
use super::leasing::Leasing;
use super::rivals::{self, Rival, Spare, Stage};
use crate::azure::client::Azure;
use crate::azure::error::Error as AzureError;
use crate::azure::groups::ResourceGroup;
use crate::events::Level;
use crate::lab::ids::same;
use crate::lab::reservation::{GOOD_FOR, RENEWED_AFTER, Reservation, reservations, tag_name, tag_value};
use crate::lab::tags::{self, Tags};
use crate::values::ResourceKind;

/// How long another one that has to give way, or is about to be done, is waited for.
pub(crate) const WAITED: Duration = Duration::from_secs(60);
/// The pause between two looks.
pub(crate) const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// How often a reservation is written whose tag does not show.
const MOST_WRITES: u32 = 5;

/// Whether the spare is reserved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reserved {
    /// For this swap.
    Here,
    /// Not: the spare is another lab's by now, or is about to be.
    ByLab(String),
    /// Not: another swap of the same lab has given it another spare, or is about to.
    Elsewhere(Rival),
    /// Nobody can: the tag may not be written. The swap goes on without.
    Not,
}

/// What tags say of a swap's chances.
enum Outlook {
    /// This is what comes of it.
    Settled(Reserved),
    /// Another swap has to give way to it, or ends what it does. So long that is waited for; then this is what comes of it.
    Pending(Reserved, Duration),
}

impl Spare<'_> {
    /// Reserves it, or renews that; `subscriptions` are those in which labs of the class are.
    ///
    /// # Errors
    /// What cannot be read; a group that is gone; [`Error::Interrupted`].
    pub(crate) async fn reserve(&self, ctx: &Context, subscriptions: &[Azure]) -> Result<Reserved, Error> {
        let run = ctx.leasing.as_ref().map_or_else(|| self.lab.name.clone(), Leasing::run);
        let began = ctx.clock().stopwatch();
        let (mut written, mut writes, mut is_refused, mut is_told) = (None, 0, false, false);
        loop {
            let seen = self.look(ctx).await?;
            let all = reservations(&seen, ctx.clock().now());
            let is_held = all.iter().any(|one| same(&one.run, &run) && one.age <= RENEWED_AFTER);
            let mut outlook = self.on_this_spare(&seen, &all);
            let is_settled = matches!(outlook, Some(Outlook::Settled(_)));
            if !is_settled && !is_held && !is_refused {
                let value = tag_value(&self.lab.name, ctx.clock().now());
                is_refused = writes == MOST_WRITES || !self.write(ctx, &run, &value).await?;
                (written, writes) = (Some(value), writes + 1);
                continue;
            }
            if !is_settled {
                let elsewhere = self.elsewhere(ctx, subscriptions).await?;
                outlook = match elsewhere {
                    Some(Outlook::Settled(_)) => elsewhere,
                    _ => outlook.or(elsewhere),
                };
            }
            let (reserved, is_over) = match outlook {
                None if is_refused => (Reserved::Not, true),
                None => return Ok(Reserved::Here),
                Some(Outlook::Settled(reserved)) => (reserved, true),
                Some(Outlook::Pending(reserved, most)) => (reserved, is_refused || began.elapsed() >= most),
            };
            let may_be_there = seen.get(&tag_name(&run)).or(written.as_deref());
            if is_over {
                self.give_way(ctx, &run, may_be_there).await;
                return Ok(reserved);
            }
            if let (Reserved::Elsewhere(Rival { spare, .. }), false) = (&reserved, is_told) {
                is_told = true;
                let text = format!(
                    "waiting for another swap of {}, with {spare}, to give way (one that was cut off keeps it for 2 minutes)",
                    self.lab.name
                );
                ctx.events.note(Level::Info, text);
            }
            if ctx.azure.arm().pause(LOOK_AGAIN).await.is_err() {
                self.give_way(ctx, &run, may_be_there).await;
                return Err(Error::Interrupted);
            }
        }
    }

    /// What the group of the spare says: whose it is, and which swaps of other labs have reserved it.
    fn on_this_spare(&self, seen: &Tags, all: &[Reservation]) -> Option<Outlook> {
        let called = seen.get(tags::LAB).unwrap_or_default();
        if same(called, &self.lab.name) {
            // Another swap of the same lab has given it: there is nothing left to reserve.
            return Some(Outlook::Settled(Reserved::Here));
        }
        if !same(called, self.name) {
            return Some(Outlook::Settled(Reserved::ByLab(called.to_owned())));
        }
        let others = || all.iter().map(|one| &one.lab).filter(|lab| !same(lab, &self.lab.name));
        let own = self.lab.name.to_lowercase();
        let first = others().find(|other| other.to_lowercase() < own);
        let first = first.map(|lab| Outlook::Settled(Reserved::ByLab(lab.clone())));
        first.or_else(|| others().next().map(|lab| Outlook::Pending(Reserved::ByLab(lab.clone()), WAITED)))
    }

    /// What the groups of other spares say: another swap of the same lab.
    async fn elsewhere(&self, ctx: &Context, subscriptions: &[Azure]) -> Result<Option<Outlook>, Error> {
        let groups = rivals::groups(subscriptions).await.map_err(|error| self.wrap(error))?;
        let rivals = rivals::of(self, &groups, ctx.clock().now());
        let is_before = |one: &&Rival| one.stage > Stage::Reserved || one.is_before(self.name);
        let first = rivals.iter().find(is_before).cloned();
        let first = first.map(|rival| Outlook::Settled(Reserved::Elsewhere(rival)));
        // What one has reserved that was cut off means nothing in the end.
        let behind = |rival| Outlook::Pending(Reserved::Elsewhere(rival), GOOD_FOR + WAITED);
        Ok(first.or_else(|| rivals.into_iter().next().map(behind)))
    }

    /// Writes the reservation; whether that is worth another look.
    async fn write(&self, ctx: &Context, run: &str, value: &str) -> Result<bool, Error> {
        match ctx.azure.merge_tag(&self.lab.group_id(), &tag_name(run), value).await {
            Err(error @ (AzureError::Interrupted | AzureError::SignIn(_))) => Err(self.wrap(error)),
            Err(error) if !error.is_ambiguous() && error.service().is_some() => {
                let text =
                    format!("the spare {} cannot be reserved, so another swap may want it too: {error}", self.name);
                ctx.events.note(Level::Warning, text);
                Ok(false)
            }
            Err(_) => ctx.azure.arm().pause(LOOK_AGAIN).await.map(|()| true).map_err(|_| Error::Interrupted),
            Ok(_) => Ok(true),
        }
    }

    async fn look(&self, ctx: &Context) -> Result<Tags, Error> {
        let found = ctx.azure.group_now(&self.lab.group).await.map_err(|error| self.wrap(error))?;
        let stays = |group: &ResourceGroup| !group::is_going(group);
        let found = found.filter(stays).ok_or_else(|| Error::NotOurs {
            kind: ResourceKind::ResourceGroup,
            name: self.lab.group.clone(),
            id: self.lab.group_id(),
            why: format!("the spare {} has been deleted since it was chosen", self.name),
            hint: "run the same command again: it takes another spare".to_owned(),
        })?;
        Ok(Tags::read(found.tags.as_ref()))
    }

    /// Takes the reservation of `run` away, if one may be there. One that stays means nothing two minutes later.
    async fn give_way(&self, ctx: &Context, run: &str, value: Option<&str>) {
        if let Some(value) = value {
            drop(ctx.azure.delete_tag(&self.lab.group_id(), &tag_name(run), value).await);
        }
    }

    fn wrap(&self, error: AzureError) -> Error {
        Error::azure(ResourceKind::ResourceGroup, &self.lab.group, &self.lab.group_id(), error)
    }
}
