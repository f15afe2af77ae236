//! The live display of a class that does not fit on the screen with a row a lab: what the labs do now and how many do it, why
//! some failed, and which have been at one step the longest.

use std::collections::BTreeMap;

use time::OffsetDateTime;

use super::row::Row;
use super::style::{Glyphs, Tone};
use super::tracker::{Lab, State, Tracker};
use crate::values::duration::whole;
use crate::values::{LabState, ResourceKind, a_few, counted};

/// As many different steps as are shown; those of the fewest labs are counted together.
const STEPS: usize = 6;
/// As many different causes as are shown.
const CAUSES: usize = 4;
/// As many of the slowest labs as are shown, where the screen has room for them.
const SLOWEST: usize = 8;

/// What a lab is doing, without what differs from lab to lab; in the order of [`ResourceKind`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Step {
    kind: Option<ResourceKind>,
    words: String,
}

impl Step {
    /// The step that a lab is at, and since when; `idle` is what a lab is that is at none.
    fn of(lab: &Lab, now: OffsetDateTime, idle: &str) -> (Self, Option<OffsetDateTime>) {
        let Some((kind, _, resource)) = lab.active().next() else {
            return (Self { kind: None, words: idle.to_owned() }, lab.since);
        };
        let words = match &resource.state {
            // Its countdown and its details are the lab's own.
            State::Waiting { reason, .. } => {
                format!("waiting: {}", reason.split_once(": ").map_or(reason.as_str(), |(code, _)| code))
            }
            // Beside Azure's own `Creating`, which others are at, `creating` would be a word for two steps.
            State::Writing { create: true } => "asking Azure to create it".to_owned(),
            State::Writing { create: false } => "asking Azure to update it".to_owned(),
            state => state.words(now),
        };
        (Self { kind: Some(kind), words }, Some(resource.since))
    }

    fn text(&self) -> String {
        self.kind.map_or_else(|| self.words.clone(), |kind| format!("{kind}: {}", self.words))
    }
}

/// What is shown of a class, and how.
pub(super) struct ClassRows<'a> {
    pub(super) tracker: &'a Tracker,
    pub(super) now: OffsetDateTime,
    pub(super) glyphs: Glyphs,
    /// Stands before what still moves.
    pub(super) at_work: &'static str,
    /// What a lab is that is at no step.
    pub(super) idle: &'static str,
}

impl ClassRows<'_> {
    /// Rows for a screen on which `room` of them fit.
    pub(super) fn rows(&self, room: usize) -> Vec<Row> {
        let mut rows = self.steps();
        rows.extend(causes(self.tracker, self.glyphs));
        // Their heading takes a row.
        let left = room.saturating_sub(rows.len() + 1).min(SLOWEST);
        if left > 0 {
            rows.extend(self.slowest(left));
        }
        rows
    }

    fn steps(&self) -> Vec<Row> {
        let mut steps: BTreeMap<Step, (usize, Option<OffsetDateTime>)> = BTreeMap::new();
        for (_, lab) in at_work(self.tracker).filter(|(_, lab)| !lab.resources.is_empty()) {
            let (step, since) = Step::of(lab, self.now, self.idle);
            let (count, oldest) = steps.entry(step).or_default();
            *count += 1;
            *oldest = (*oldest).into_iter().chain(since).min();
        }
        let mut by_count: Vec<usize> = steps.values().map(|(count, _)| *count).collect();
        by_count.sort_unstable_by(|one, other| other.cmp(one));
        let least = by_count.get(STEPS).map_or(0, |_| by_count[STEPS - 1]);
        let (mut rows, mut others) = (Vec::new(), 0);
        for (step, (count, oldest)) in steps {
            if count < least || rows.len() == STEPS {
                others += count;
                continue;
            }
            rows.push(Row {
                glyph: self.at_work,
                tone: Tone::Normal,
                label: counted(count, "lab"),
                name: String::new(),
                status: step.text(),
                elapsed: oldest.map_or_else(String::new, |since| whole((self.now - since).as_seconds_f64())),
            });
        }
        rows.extend((others > 0).then(|| plain(counted(others, "lab"), "other steps".to_owned())));
        let waiting = at_work(self.tracker).filter(|(_, lab)| lab.resources.is_empty()).count();
        rows.extend((waiting > 0).then(|| plain(counted(waiting, "lab"), "not begun".to_owned())));
        rows
    }

    fn slowest(&self, most: usize) -> Vec<Row> {
        let begun = at_work(self.tracker).filter_map(|(name, lab)| {
            let (step, since) = Step::of(lab, self.now, self.idle);
            Some((since.filter(|_| !lab.resources.is_empty())?, name, step))
        });
        let mut begun: Vec<_> = begun.collect();
        begun.sort();
        let rows = begun.into_iter().take(most).map(|(since, name, step)| Row {
            glyph: self.at_work,
            tone: Tone::Normal,
            label: name.to_owned(),
            name: String::new(),
            status: step.text(),
            elapsed: whole((self.now - since).as_seconds_f64()),
        });
        let rows: Vec<Row> = rows.collect();
        let heading = (!rows.is_empty()).then(|| plain("slowest".to_owned(), "the longest at one step:".to_owned()));
        heading.into_iter().chain(rows).collect()
    }
}

fn at_work(tracker: &Tracker) -> impl Iterator<Item = (&str, &Lab)> {
    tracker.labs().filter_map(|(name, lab)| Some((name?, lab))).filter(|(_, lab)| lab.ended.is_none())
}

fn causes(tracker: &Tracker, glyphs: Glyphs) -> Vec<Row> {
    let mut causes: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let ended = tracker.labs().filter_map(|(name, lab)| Some((name?, lab.ended?, lab)));
    for (name, state, lab) in ended.filter(|(_, state, _)| *state != LabState::Interrupted) {
        if let Some(code) = lab.cause.as_deref() {
            causes.entry(code).or_default().push(name);
        } else if state == LabState::Failed {
            causes.entry("failed").or_default().push(name);
        }
    }
    let mut causes: Vec<(&str, Vec<&str>)> = causes.into_iter().collect();
    causes.sort_by_key(|(_, labs)| std::cmp::Reverse(labs.len()));
    let others: usize = causes.iter().skip(CAUSES).map(|(_, labs)| labs.len()).sum();
    let row = |label: String, status: String| Row { glyph: glyphs.failed, tone: Tone::Error, ..plain(label, status) };
    let mut rows: Vec<Row> = causes
        .iter()
        .take(CAUSES)
        .map(|(code, labs)| row(counted(labs.len(), "lab"), format!("{code}: {}", a_few(labs))))
        .collect();
    rows.extend((others > 0).then(|| row(counted(others, "lab"), "other causes".to_owned())));
    rows
}

fn plain(label: String, status: String) -> Row {
    Row { glyph: " ", tone: Tone::Dim, label, name: String::new(), status, elapsed: String::new() }
}
