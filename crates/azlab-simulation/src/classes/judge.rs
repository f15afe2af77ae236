//! What must hold of a class after each command: nobody loses a lab, nobody has access to another's, and labs stay where they
//! are. Judged from the state before and after it, never from what azlab says.

use std::collections::BTreeSet;

use azlab_sandbox::Inventory;
use time::OffsetDateTime;

use super::bodies::{Body, ROLE, settled};
use super::command::Command;
use super::file::{ClassFile, SUBSCRIPTIONS};
use crate::oracle::{Invariant, Violation};

/// What was said, and by whom the rest is.
pub struct Said<'a> {
    /// The commands: one, or two at once.
    pub commands: Vec<Command<'a>>,
    /// The file that they went by.
    pub file: &'a ClassFile,
    /// When they had ended.
    pub until: OffsetDateTime,
    /// Role assignments that the host gave.
    pub granted: &'a BTreeSet<String>,
}

impl Said<'_> {
    fn verb(&self, verb: &str) -> bool {
        self.commands.iter().any(|command| command.verb() == verb)
    }

    /// Whether a group may go, or what is in it.
    fn may_go(&self, body: &Body, before: &[Body]) -> bool {
        let lab = settled(body, before);
        self.commands.iter().any(|command| match command.verb() {
            "teardown" => command.is_about(&body.lab, self.file) || command.is_about(lab, self.file),
            "sweep" => body.expires().is_some_and(|at| at <= self.until),
            "reset" => command.has("--rebuild") && command.is_about(lab, self.file),
            "swap" if command.has("teardown") => {
                let is_behind = |one: &&Body| command.is_about(&one.lab, self.file);
                let replaced = before.iter().filter(is_behind).find_map(Body::replaces).map(|(group, _)| group);
                command.is_about(&body.lab, self.file) || replaced == Some(body.group.as_str())
            }
            // Out of a full region, while it has no cluster.
            "provision" => self.file.moves && !body.has_cluster && command.is_about(&body.lab, self.file),
            _ => false,
        })
    }

    /// Whether a swap may make a group another lab's.
    fn may_be_given(&self, from: &str, to: &str) -> bool {
        let is_swap = |command: &&Command<'_>| command.verb() == "swap";
        self.commands.iter().filter(is_swap).any(|command| {
            let pair = [from, to];
            let is_hers = |lab: &&str| command.is_about(lab, self.file);
            let is_spare = |lab: &&str| ClassFile::is_spare(lab);
            pair.iter().any(is_hers) && pair.iter().any(is_spare)
        }) || self.may_be_given_twice(from, to)
    }

    /// Whether two swaps at once may make a group another lab's: what one has left may be what the other gives.
    fn may_be_given_twice(&self, from: &str, to: &str) -> bool {
        let swaps = || self.commands.iter().filter(|command| command.verb() == "swap");
        let is_part = |lab: &&str| ClassFile::is_spare(lab) || swaps().any(|swap| swap.is_about(lab, self.file));
        swaps().count() > 1 && [from, to].iter().all(is_part)
    }
}

/// Judges commands by what was before them and is after them.
pub fn judge(said: &Said<'_>, before: &[Body], after: &[Body]) -> Vec<Violation> {
    let mut broken = Vec::new();
    broken.extend(lost(said, before, after).map(|what| Invariant::NobodyLosesALab.broken(what)));
    broken.extend(left_with_none(said, before, after).into_iter().map(|what| Invariant::NobodyLosesALab.broken(what)));
    broken.extend(misplaced(said, before, after).into_iter().map(|what| Invariant::StaysInItsPlace.broken(what)));
    broken.extend(strangers(said, before, after).into_iter().map(|what| Invariant::OnlyTheirOwn.broken(what)));
    broken
}

fn lost(said: &Said<'_>, before: &[Body], after: &[Body]) -> impl Iterator<Item = String> {
    let lost = before.iter().filter(|body| !body.is_going).filter_map(|body| {
        let now = after.iter().find(|one| one.is(body));
        if said.may_go(body, before) {
            return None;
        }
        let called = format!("{} ({})", body.lab, body.id);
        let Some(now) = now.filter(|now| !now.is_going) else { return Some(format!("{called} is gone")) };
        // Who makes labs finishes the swaps that were cut off.
        let is_replaced = |one: &Body| one.lab == body.lab && one.replaces() == Some((&body.group, &now.lab));
        let is_finished = said.verb("provision") && before.iter().any(is_replaced);
        if now.lab != body.lab && !is_finished && !said.may_be_given(&body.lab, &now.lab) {
            return Some(format!("{called} is the lab {} now", now.lab));
        }
        let gone = body.parts.iter().find(|(id, made)| now.parts.get(*id).is_some_and(|now| now != *made));
        gone.map(|(id, _)| format!("{id} of {} is another one", body.lab))
    });
    lost.collect::<Vec<_>>().into_iter()
}

/// Rows that had a lab and have none, although nothing was to go.
fn left_with_none(said: &Said<'_>, before: &[Body], after: &[Body]) -> Vec<String> {
    let had = |lab: &&str| {
        let mut its = before.iter().filter(|body| body.lab == **lab && !body.is_going).peekable();
        its.peek().is_some() && its.all(|body| !said.may_go(body, before))
    };
    let rows = said.file.rows.iter().map(|row| row.lab());
    let lost = rows.filter(had).filter(|lab| !after.iter().any(|body| body.lab == *lab));
    lost.map(|lab| format!("{lab} has no lab any more")).collect()
}

fn misplaced(said: &Said<'_>, before: &[Body], after: &[Body]) -> Vec<String> {
    let mut all = Vec::new();
    let new = || after.iter().filter(|one| !before.iter().any(|body| body.is(one)));
    for body in new() {
        let lab = &body.lab;
        if !said.file.lists(lab) {
            all.push(format!("a lab {lab} was made, which the file does not have"));
        }
        // What is made anew may be made where it was.
        let was =
            |one: &&Body| one.lab == *lab && (&one.subscription, &one.location) == (&body.subscription, &body.location);
        let allowed = said.file.allows(lab, &body.subscription, &body.location);
        if !allowed && !before.iter().any(|one| was(&one)) {
            all.push(format!("{lab} was made in {} of {}", body.location, body.subscription));
        }
    }
    for lab in said.file.labs() {
        let its: Vec<&Body> = after.iter().filter(|body| body.lab == lab && !body.is_going).collect();
        let is_swap = its.iter().any(|one| {
            one.replaces().is_some_and(|(group, _)| its.iter().all(|other| one.is(other) || other.group == group))
        });
        if its.len() > 1 && !is_swap {
            let ids: Vec<&str> = its.iter().map(|body| body.id.as_str()).collect();
            all.push(format!("{lab} is in {}", ids.join(" and ")));
        }
    }
    for place in &said.file.places {
        let Some(most) = place.max_labs.filter(|_| said.commands.len() == 1) else { continue };
        let (subscription, _) = SUBSCRIPTIONS[place.subscription];
        let is_here = |body: &&Body| {
            body.subscription == subscription
                && !body.is_going
                && place.locations.contains(&body.location.as_str())
                && said.file.lists(&body.lab)
        };
        let (count, new) = (after.iter().filter(is_here).count(), new().any(|body| is_here(&body)));
        if new && count > most {
            all.push(format!("{count} labs in {:?} of {subscription}, at most {most}", place.locations));
        }
    }
    all
}

/// Access that somebody got and should not have, and access that somebody lost.
fn strangers(said: &Said<'_>, before: &[Body], after: &[Body]) -> Vec<String> {
    let mut all = Vec::new();
    let attendee = |lab: &str| said.file.attendee(lab).map(|person| person.id);
    for body in after {
        let was = before.iter().find(|one| one.is(body));
        let is_new = |id: &&String| !said.granted.contains(*id) && was.is_none_or(|was| !was.access.contains_key(*id));
        for (who, role) in body.access.iter().filter(|(id, _)| is_new(id)).map(|(_, given)| given) {
            let is_hers = attendee(&body.lab) == Some(who);
            // The first step of a swap.
            let is_given = |command: &Command<'_>| {
                let of_spare = ClassFile::is_spare(was.map_or(&body.lab, |was| &was.lab));
                command.verb() == "swap" && of_spare && command.named().iter().any(|lab| attendee(lab) == Some(who))
            };
            if !is_hers && !said.commands.iter().any(is_given) {
                all.push(format!("{who} has access to {} ({})", body.lab, body.id));
            }
            if role != ROLE {
                all.push(format!("{who} has the role {role} on {}", body.lab));
            }
        }
        let Some(was) = was.filter(|was| was.lab == body.lab && !body.is_going) else { continue };
        // The last step of a swap that was cut off: whoever had the group has left it.
        let is_left = before.iter().filter_map(Body::replaces).any(|left| left == (&body.group, &body.lab));
        for (id, (who, role)) in was.access.iter().filter(|(id, _)| !body.access.contains_key(*id)) {
            let is_kept = !is_left && (!said.file.lists(&body.lab) || attendee(&body.lab) == Some(who));
            if is_kept && role == ROLE || said.granted.contains(id) {
                all.push(format!("{who} lost the access to {} ({})", body.lab, body.id));
            }
        }
    }
    if said.verb("status") || said.verb("verify") {
        // What is on its way out may go meanwhile.
        let stays = |body: &&Body| !body.is_going;
        let count = |bodies: &[Body]| bodies.iter().filter(stays).map(|body| body.access.len()).sum::<usize>();
        if count(before) != count(after) {
            all.push("a command that looks has changed who has access".to_owned());
        }
    }
    all
}

/// Who has left a lab by a swap that is done has no access to it any more.
pub fn left_behind(said: &Said<'_>, before: &[Body], after: &[Body]) -> Option<Violation> {
    let [swap] = said.commands[..] else { return None };
    let lab = swap.named().into_iter().next().filter(|_| swap.verb() == "swap")?;
    let person = said.file.attendee(lab)?;
    let is_old = |one: &&Body| before.iter().any(|body| body.is(one) && body.lab == lab) && one.lab != lab;
    let old = after.iter().find(is_old)?;
    let is_hers = |(id, (who, _)): (&String, &(String, String))| who == person.id && !said.granted.contains(id);
    let what = format!("{lab} has left {}, and {} still has access to it", old.id, person.id);
    old.access.iter().any(is_hers).then(|| Invariant::OnlyTheirOwn.broken(what))
}

/// What the class falls short of at the end: each row has exactly one lab, ready, and hers alone.
pub fn short_of_end(
    file: &ClassFile,
    bodies: &[Body],
    inventory: &Inventory,
    granted: &BTreeSet<String>,
) -> Vec<String> {
    let mut short = Vec::new();
    for lab in file.labs() {
        let its: Vec<&Body> = bodies.iter().filter(|body| body.lab == lab).collect();
        let [body] = its[..] else {
            short.push(format!("{lab} is there {} times", its.len()));
            continue;
        };
        short.extend(body.short_of_ready(inventory).into_iter().map(|what| format!("{lab}: {what}")));
        short.extend(short_of_hers(body, file, granted));
        if body.replaces().is_some() {
            short.push(format!("the swap of {lab} is not finished"));
        }
        if body.is_paused() {
            short.push(format!("{lab} is paused"));
        }
        if file.ttl.is_some() && body.expires().is_none() {
            short.push(format!("{lab} never expires"));
        }
    }
    short
}

/// Whose a lab should be and is not.
pub fn short_of_hers(body: &Body, file: &ClassFile, granted: &BTreeSet<String>) -> Vec<String> {
    let mut short = Vec::new();
    let who = file.attendee(&body.lab);
    let have: Vec<&(String, String)> =
        body.access.iter().filter(|(id, _)| !granted.contains(*id)).map(|(_, given)| given).collect();
    let fits = match who {
        Some(person) => have.len() == 1 && have[0].0 == person.id && have[0].1 == ROLE,
        None => have.is_empty(),
    };
    if !fits {
        short.push(format!("{}: access for {have:?}, and not for {:?}", body.lab, who.map(|person| person.id)));
    }
    if body.tag("azlab-owner") != who.map_or("", |person| person.address) {
        short.push(format!("{} is tagged as that of {:?}", body.lab, body.tag("azlab-owner")));
    }
    short
}
