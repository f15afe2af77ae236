//! A look at the labs as seats: what is shown of it, and what is hidden.

use std::collections::HashSet;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::look::{Checked, Looked, Seen};
use super::story::{Judged, Situation, Story, words};
use crate::events::CheckStatus;
use crate::outcome::state::{AtWork, ResourceReport, ResourceState};
use crate::pages::board::{Checks, Kind, Row, Seat};

/// What the board may show.
#[derive(Clone, Copy, Debug)]
pub(super) struct Visible {
    /// What attendees are called.
    pub(super) names: bool,
    /// Subscriptions, resource groups, names of resources, addresses, who runs what.
    pub(super) ids: bool,
}

/// Milliseconds since 1970.
pub(super) fn millis(at: OffsetDateTime) -> i64 {
    // Within the years that can be written it fits.
    i64::try_from(at.unix_timestamp_nanos() / 1_000_000).unwrap_or_default()
}

/// The seats of labs that were looked at, in their order.
pub(super) fn seats(looked: &[Looked], story: &mut Story, visible: Visible, now: OffsetDateTime) -> Vec<Seat> {
    let mut keys = HashSet::new();
    let mut seats = Vec::with_capacity(looked.len());
    for one in looked {
        let name = &one.lab.name;
        // Two groups may carry one name.
        let mut key = name.clone();
        let mut number = 2;
        while !keys.insert(key.clone()) {
            key = format!("{name}#{number}");
            number += 1;
        }
        let judged = story.judge(&key, situation(one), now);
        seats.push(seat(one, key, judged, visible));
    }
    story.keep(|key| keys.contains(key));
    seats
}

fn situation(looked: &Looked) -> Situation {
    match &looked.seen {
        Err(error) => {
            Situation { state: Err(error.code.clone()), run: None, resources: Vec::new(), failed: Vec::new() }
        }
        Ok(seen) => Situation {
            state: Ok(seen.state),
            run: seen.about.busy.clone(),
            resources: seen.resources.iter().map(|one| (one.resource, one.state, one.status.clone())).collect(),
            failed: seen.checked.iter().flat_map(|checked| of(checked, CheckStatus::Fail)).collect(),
        },
    }
}

fn of(checked: &Checked, status: CheckStatus) -> impl Iterator<Item = &'static str> {
    checked.checks.iter().filter(move |check| check.status == status).map(|check| check.id)
}

fn seat(looked: &Looked, key: String, judged: Judged, visible: Visible) -> Seat {
    let lab = &looked.lab;
    let seen = looked.seen.as_ref().ok();
    let run = seen.and_then(|seen| seen.about.busy.as_ref());
    let word = match judged.kind {
        Kind::Stuck => "stuck",
        Kind::Unknown => "unreadable",
        Kind::Incomplete => "incomplete",
        Kind::Working => run.map_or("working", |run| run.command.as_str()),
        Kind::Ready => "ready",
        Kind::Paused => "paused",
        Kind::Absent => "absent",
    };
    let name = lab.attendee.as_ref().and_then(|attendee| attendee.name.clone());
    Seat {
        key,
        lab: lab.name.clone(),
        name: name.filter(|_| visible.names),
        kind: judged.kind,
        word: word.to_owned(),
        since: millis(judged.since),
        why: judged.why,
        run: run.map(|run| (run.command.clone(), moment(&run.since).unwrap_or(millis(judged.since)))),
        checks: seen.and_then(|seen| seen.checked.as_ref()).map(checks),
        expires: seen.and_then(|seen| moment(seen.about.expires_at.as_deref()?)),
        location: seen.map(|seen| seen.location.clone()).unwrap_or_default(),
        rows: seen.map(|seen| rows(seen, judged.kind, visible)).unwrap_or_default(),
        ids: if visible.ids { ids(looked, run) } else { Vec::new() },
    }
}

fn moment(text: &str) -> Option<i64> {
    OffsetDateTime::parse(text, &Rfc3339).ok().map(millis)
}

fn checks(checked: &Checked) -> Checks {
    let named = |status| of(checked, status).map(|id| id.replace('_', " ")).collect();
    Checks {
        since: millis(checked.since),
        passed: of(checked, CheckStatus::Pass).count(),
        warned: named(CheckStatus::Warn),
        failed: named(CheckStatus::Fail),
    }
}

/// What is not as it should be; of a lab that does not exist that is clear.
fn rows(seen: &Seen, kind: Kind, visible: Visible) -> Vec<Row> {
    let is_told = |one: &&ResourceReport| kind != Kind::Absent && one.state != ResourceState::Ready;
    let row = |one: &ResourceReport| {
        let fields = one.differences.iter().map(|field| match visible.ids {
            true => {
                let value = |value: &Option<String>| value.clone().unwrap_or_else(|| "nothing".to_owned());
                format!("{} {} -> {}", field.field, value(&field.have), value(&field.want))
            }
            // Values may be ids.
            false => field.field.clone(),
        });
        let fields = fields.collect::<Vec<_>>().join(", ");
        let state = words(one.state, one.status.as_deref());
        Row {
            what: one.resource.label().to_owned(),
            state: if fields.is_empty() { state } else { format!("{state}: {fields}") },
        }
    };
    seen.resources.iter().filter(is_told).map(row).collect()
}

fn ids(looked: &Looked, run: Option<&AtWork>) -> Vec<(String, String)> {
    let lab = &looked.lab;
    let attendee = lab.attendee.as_ref();
    let owner = looked.seen.as_ref().ok().and_then(|seen| seen.about.owner.clone());
    let mut ids: Vec<(String, Option<String>)> = vec![
        ("Sign-in".to_owned(), attendee.and_then(|attendee| attendee.address()).map(str::to_owned)),
        ("Owner".to_owned(), owner),
        ("Run by".to_owned(), run.map(|run| run.by.clone())),
        ("Resource group".to_owned(), Some(lab.group.clone())),
        ("Subscription".to_owned(), Some(lab.subscription.clone())),
    ];
    if let Ok(seen) = &looked.seen {
        ids.extend(seen.resources.iter().map(|one| (format!("Id of {}", one.resource.label()), Some(one.id.clone()))));
    }
    if let Err(error) = &looked.seen {
        ids.push(("Error".to_owned(), Some(error.message.clone())));
    }
    ids.into_iter().filter_map(|(what, value)| Some((what, value.filter(|value| !value.is_empty())?))).collect()
}
