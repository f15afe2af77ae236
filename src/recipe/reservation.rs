//! A swap's reservation of the spare that it is about to give: of several swaps that want one spare at once, one gets it.
//!
//! A tag has no etag, so nothing is written on a condition. But a tag that is merged in by itself leaves those of others alone, so
//! each swap writes one of its own name, `azlab-swap-LAB`, and looks afterwards who else has one. Labs have an order, that of their
//! names: a swap gives way to one whose lab is before its own, and waits until one whose lab is behind has given way or is done
//! (the one-bit algorithm of J. Burns and L. Lamport, *The mutual exclusion problem*, part II, 1986).
//!
//! It is advice where clocks are far apart or a machine sleeps: a reservation that is older than two minutes means nothing.

use std::time::Duration;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::context::Context;
use super::error::Error;
use super::group;
use crate::azure::error::Error as AzureError;
use crate::azure::groups::ResourceGroup;
use crate::events::Level;
use crate::lab::ids::same;
use crate::lab::spec::LabSpec;
use crate::lab::tags::{self, Tags};
use crate::values::ResourceKind;

/// How old a reservation may be: a swap writes its tags within seconds, and reserves again before it does if that took longer.
const GOOD_FOR: Duration = Duration::from_secs(120);
/// After how long it is written again.
pub(crate) const RENEWED_AFTER: Duration = Duration::from_secs(60);
/// How long another one that has to give way, or is about to be done, is waited for.
const WAITED: Duration = Duration::from_secs(60);
/// The pause between two looks.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// How often a reservation is written whose tag does not show.
const MOST_WRITES: u32 = 5;

/// Whether the spare is reserved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reserved {
    /// For this swap.
    Here,
    /// Not: the spare is another lab's by now, or is about to be.
    ByLab(String),
    /// Nobody can: the tag may not be written. The swap goes on without.
    Not,
}

/// The group of a spare, for the swap of a lab.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spare<'a> {
    /// The lab that is to get it, in its group.
    pub(crate) lab: &'a LabSpec,
    /// The spare's name.
    pub(crate) name: &'a str,
}

impl Spare<'_> {
    fn tag(&self) -> String {
        format!("{}{}", tags::SWAP, self.lab.name)
    }

    /// Reserves it, or renews that.
    ///
    /// # Errors
    /// What cannot be read; a group that is gone; [`Error::Interrupted`].
    pub(crate) async fn reserve(&self, ctx: &Context) -> Result<Reserved, Error> {
        let value = tags::moment_text(ctx.clock().now()).unwrap_or_default();
        let began = ctx.clock().stopwatch();
        let mut writes = 0;
        loop {
            let seen = self.look(ctx).await?;
            // Another swap of the same lab may have written it: both do the same.
            let held = seen
                .get(&self.tag())
                .and_then(|text| age(text, ctx.clock().now()))
                .is_some_and(|age| age <= RENEWED_AFTER);
            let called = seen.get(tags::LAB).unwrap_or_default();
            if !same(called, self.name) && !same(called, &self.lab.name) {
                self.give_way(ctx, &value, writes > 0).await;
                return Ok(Reserved::ByLab(called.to_owned()));
            }
            let others = others(&seen, &self.lab.name, ctx.clock().now());
            let own = self.lab.name.to_lowercase();
            if let Some(first) = others.iter().find(|other| other.to_lowercase() < own) {
                self.give_way(ctx, &value, writes > 0).await;
                return Ok(Reserved::ByLab(first.clone()));
            }
            if !held {
                if writes == MOST_WRITES {
                    self.give_way(ctx, &value, true).await;
                    return Ok(Reserved::Not);
                }
                writes += 1;
                match ctx.azure.merge_tag(&self.lab.group_id(), &self.tag(), &value).await {
                    Err(error @ (AzureError::Interrupted | AzureError::SignIn(_))) => return Err(self.wrap(error)),
                    Err(error) if !error.is_ambiguous() && error.service().is_some() => {
                        let text = format!(
                            "the spare {} cannot be reserved, so another swap may want it too: {error}",
                            self.name
                        );
                        ctx.events.note(Level::Warning, text);
                        return Ok(Reserved::Not);
                    }
                    Err(_) => ctx.azure.arm().pause(LOOK_AGAIN).await.map_err(|_| Error::Interrupted)?,
                    Ok(_) => {}
                }
                continue;
            }
            let Some(behind) = others.first() else { return Ok(Reserved::Here) };
            if began.elapsed() >= WAITED {
                self.give_way(ctx, &value, true).await;
                return Ok(Reserved::ByLab(behind.clone()));
            }
            ctx.azure.arm().pause(LOOK_AGAIN).await.map_err(|_| Error::Interrupted)?;
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

    /// Takes the reservation away, if it may be there. One that stays means nothing two minutes later.
    async fn give_way(&self, ctx: &Context, value: &str, is_written: bool) {
        if is_written {
            drop(ctx.azure.delete_tag(&self.lab.group_id(), &self.tag(), value).await);
        }
    }

    fn wrap(&self, error: AzureError) -> Error {
        Error::azure(ResourceKind::ResourceGroup, &self.lab.group, &self.lab.group_id(), error)
    }
}

/// How long ago a reservation was made, by clocks that may differ; `None` of what is no moment.
fn age(value: &str, now: OffsetDateTime) -> Option<Duration> {
    Some((now - OffsetDateTime::parse(value, &Rfc3339).ok()?).unsigned_abs())
}

/// Whether a swap of `lab` has reserved what has these tags: another one of the same lab goes on with that.
pub(crate) fn is_for(found: &Tags, lab: &str, now: OffsetDateTime) -> bool {
    let reserved = found.get(&format!("{}{lab}", tags::SWAP)).and_then(|value| age(value, now));
    reserved.is_some_and(|age| age <= GOOD_FOR)
}

/// The labs, but for `own`, whose swaps have reserved what has these tags.
fn others(tags: &Tags, own: &str, now: OffsetDateTime) -> Vec<String> {
    let prefix = tags::SWAP.len();
    let reserved = tags.iter().filter_map(|(name, value)| {
        let lab = name.get(..prefix).filter(|start| same(start, tags::SWAP)).and_then(|_| name.get(prefix..))?;
        (age(value, now)? <= GOOD_FOR && !same(lab, own)).then(|| lab.to_owned())
    });
    reserved.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reservation_counts_for_two_minutes_and_for_others_alone() {
        let tags = Tags::from_iter([
            ("azlab-swap-ada", "2026-11-29T12:00:00Z"),
            ("AZLAB-SWAP-ben", "2026-11-29T11:59:00Z"),
            ("azlab-swap-cleo", "2026-11-29T11:57:00Z"),
            ("azlab-swap-dov", "soon"),
            ("azlab-lab", "spare-1"),
        ]);
        let now = OffsetDateTime::parse("2026-11-29T12:00:00Z", &Rfc3339).expect("a moment");
        assert_eq!(others(&tags, "Ada", now), ["ben"]);
        assert_eq!(others(&tags, "zoe", now), ["ben", "ada"]);
    }
}
