//! Live progress on a terminal: one row a resource, or one a lab when there are several.

use std::collections::HashSet;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle, TermLike};
use time::OffsetDateTime;
use tokio::time::Instant;

use super::class_rows::ClassRows;
use super::describe::{Phrase, describe, ending, visible};
use super::row::{Row, layout};
use super::style::{Glyphs, Palette, Tone};
use super::tracker::{Lab, Resource, State, Tracker};
use super::wrap::shown;
use crate::events::{Event, EventKind};
use crate::outcome::{Action, LabState};
use crate::values::ResourceKind;
use crate::values::duration::{exact, whole};
use azlab_clock::Clock;

/// Real time between two frames: smooth enough for a spinner, little enough for a slow connection.
const FRAME: Duration = Duration::from_millis(100);

/// A bound on indicatif's drawing, twice of what [`FRAME`] needs, so that none of our frames is left out.
const DRAWINGS_A_SECOND: u8 = 20;

/// The terminal: drawn on by indicatif, and asked for its width.
pub(super) struct Screen {
    pub(super) target: ProgressDrawTarget,
    pub(super) terminal: Box<dyn TermLike>,
}

impl Screen {
    /// stderr, which must be a terminal.
    pub(super) fn stderr() -> Self {
        let terminal = console::Term::buffered_stderr();
        Self { target: ProgressDrawTarget::term(terminal.clone(), DRAWINGS_A_SECOND), terminal: Box::new(terminal) }
    }
}

pub(super) struct Bars {
    multi: MultiProgress,
    terminal: Box<dyn TermLike>,
    /// All rows in one, so that a frame appears at once; there from the first row on.
    rows: Option<ProgressBar>,
    tracker: Tracker,
    clock: Clock,
    palette: Palette,
    glyphs: Glyphs,
    verbosity: i8,
    frame: usize,
    next_frame: Instant,
    /// Whether an event came since the last frame.
    stale: bool,
    /// Whether anything was put on the screen.
    drawn: bool,
    /// Whether this is the last frame.
    over: bool,
    /// What was told above the rows of a class, without its lab: each is told once.
    told: HashSet<String>,
}

impl Bars {
    pub(super) fn new(screen: Screen, clock: Clock, palette: Palette, glyphs: Glyphs, verbosity: i8) -> Self {
        Self {
            multi: MultiProgress::with_draw_target(screen.target),
            terminal: screen.terminal,
            rows: None,
            tracker: Tracker::default(),
            clock,
            palette,
            glyphs,
            verbosity,
            frame: 0,
            next_frame: Instant::now(),
            stale: false,
            drawn: false,
            over: false,
            told: HashSet::new(),
        }
    }

    pub(super) fn event(&mut self, event: &Event) {
        self.stale = true;
        let was_several = self.tracker.several();
        self.tracker.apply(event);
        let several = self.tracker.several();
        if several && !was_several {
            // From a row a resource to a row a lab, of which those that have ended have none.
            let ended: Vec<(Tone, String)> = self.tracker.labs().filter_map(|(name, lab)| ended(name?, lab)).collect();
            ended.into_iter().for_each(|(tone, text)| self.above(tone, &text));
        }
        let is_news = told_above(&event.kind, several)
            && !(event.lab.is_some() && self.is_class() && self.is_counted(&event.kind));
        if visible(&event.kind, self.verbosity) && is_news {
            let Phrase { tone, text } = describe(&event.kind, self.verbosity > 1);
            let text = match event.lab.as_deref().filter(|_| several) {
                Some(lab) => format!("{lab}: {text}"),
                None => text,
            };
            self.above(tone, &text);
        }
    }

    /// Whether there are more labs than rows on the screen, so that what labs have in common is shown instead.
    fn is_class(&self) -> bool {
        self.tracker.labs().count() > most_rows(&*self.terminal)
    }

    /// Whether the rows of a class tell of it, or another lab has told the same.
    fn is_counted(&mut self, kind: &EventKind) -> bool {
        let said = match kind {
            EventKind::ResourceFailed { error, .. } => error.code.clone(),
            EventKind::LabFinished { .. } => return true,
            EventKind::Note { message, .. } => message.clone(),
            _ => return false,
        };
        !self.told.insert(said)
    }

    /// Prints above the rows.
    fn above(&mut self, tone: Tone, text: &str) {
        // The last column stays free: some terminals wrap there.
        let text = shown(text, usize::from(self.terminal.width()).saturating_sub(1));
        // A terminal that went away takes nothing from the work.
        let _ = self.multi.println(self.palette.paint(tone, &text));
        self.drawn();
    }

    /// indicatif leaves the cursor at the right edge, where what the terminal echoes (`^C`) would begin a line that
    /// indicatif knows nothing of, and the next frame would leave a row behind. At the left edge the frame covers it.
    fn drawn(&mut self) {
        self.drawn = true;
        if self.rows.is_none() {
            // What is printed next begins where indicatif left off.
            return;
        }
        // As above.
        let _ = self.terminal.write_str("\r").and_then(|()| self.terminal.flush());
    }

    /// When the next frame is due; never while nothing moves.
    pub(super) fn wake_at(&self) -> Option<Instant> {
        (self.stale || self.tracker.active()).then_some(self.next_frame)
    }

    pub(super) fn draw(&mut self) {
        self.frame = self.frame.wrapping_add(1);
        self.next_frame = Instant::now() + FRAME;
        self.stale = false;
        let rows = self.rows(self.tracker.now(&self.clock));
        if rows.is_empty() {
            return;
        }
        let rows = fitted(rows, most_rows(&*self.terminal));
        let lines = layout(&rows, usize::from(self.terminal.width()), self.glyphs, self.palette);
        let bar = self.rows.get_or_insert_with(|| {
            let bar = self.multi.add(ProgressBar::new_spinner());
            // Rows are laid out already; a template could only cut them again.
            if let Ok(style) = ProgressStyle::with_template("{msg}") {
                bar.set_style(style);
            }
            bar
        });
        bar.set_message(lines.join("\n"));
        self.drawn();
    }

    /// Draws the last frame and leaves it on the screen.
    pub(super) fn finish(&mut self) {
        self.tracker.leave(self.tracker.now(&self.clock));
        self.over = true;
        self.draw();
        if let Some(bar) = self.rows.take() {
            bar.abandon();
        }
        if self.drawn {
            // The cursor is in the last line of what was drawn.
            let _ = self.terminal.write_str("\n").and_then(|()| self.terminal.flush());
        }
    }

    fn rows(&self, now: OffsetDateTime) -> Vec<Row> {
        if !self.tracker.several() {
            let resources = self.tracker.labs().flat_map(|(_, lab)| &lab.resources);
            return resources.map(|((kind, name), resource)| self.resource(*kind, name, resource, now)).collect();
        }
        if self.over && self.tracker.labs().all(|(_, lab)| lab.resources.is_empty() && lab.ended.is_none()) {
            return Vec::new();
        }
        if self.is_class() {
            let room = most_rows(&*self.terminal).saturating_sub(1);
            let idle = if self.over { "left" } else { "between two steps" };
            let class = ClassRows { tracker: &self.tracker, now, glyphs: self.glyphs, at_work: self.spin(), idle };
            return std::iter::once(self.count(now)).chain(class.rows(room)).collect();
        }
        let working = self.tracker.labs().filter(|(_, lab)| lab.ended.is_none());
        let rows = working.filter_map(|(name, lab)| self.lab(name.unwrap_or("-"), lab, now));
        // The count comes first: what does not fit on the screen is only counted.
        std::iter::once(self.count(now)).chain(rows).collect()
    }

    fn resource(&self, kind: ResourceKind, name: &str, resource: &Resource, now: OffsetDateTime) -> Row {
        let (glyph, tone, elapsed) = match &resource.state {
            State::Done { action: Action::Unchanged, elapsed_s } => (self.glyphs.done, Tone::Dim, exact(*elapsed_s)),
            State::Done { elapsed_s, .. } => (self.glyphs.done, Tone::Good, exact(*elapsed_s)),
            State::Failed { elapsed_s, .. } => (self.glyphs.failed, Tone::Error, exact(*elapsed_s)),
            State::Left { elapsed_s, .. } => (self.glyphs.left, Tone::Warning, exact(*elapsed_s)),
            active => {
                let tone = if matches!(active, State::Waiting { .. }) { Tone::Warning } else { Tone::Normal };
                (self.spin(), tone, whole((now - resource.since).as_seconds_f64()))
            }
        };
        let status = resource.state.words(now);
        Row { glyph, tone, label: kind.label().to_owned(), name: name.to_owned(), status, elapsed }
    }

    /// What a lab does now: the first of its resources that is under way, which is the one that takes longest. None for one on
    /// which no work has begun: the count tells of it, and a screen of them would bury a question.
    fn lab(&self, name: &str, lab: &Lab, now: OffsetDateTime) -> Option<Row> {
        let since = lab.since.filter(|_| !lab.resources.is_empty())?;
        let status = match lab.active().next() {
            Some((kind, _, resource)) => format!("{kind}: {}", resource.state.words(now)),
            None if self.over => "left".to_owned(),
            None => "working".to_owned(),
        };
        let elapsed = whole((now - since).as_seconds_f64());
        Some(Row {
            glyph: self.spin(),
            tone: Tone::Normal,
            label: name.to_owned(),
            name: String::new(),
            status,
            elapsed,
        })
    }

    /// How many labs are where.
    fn count(&self, now: OffsetDateTime) -> Row {
        let mut counts = [0_usize; 3];
        for (_, lab) in self.tracker.labs().filter(|(_, lab)| lab.since.is_some() || lab.ended.is_some()) {
            let place = match lab.ended {
                None => 0,
                Some(LabState::Failed | LabState::Incomplete | LabState::Interrupted) => 2,
                // A lab that the checks refused is absent, and so is one that is to be deleted and does not exist.
                Some(LabState::Absent) if !self.tracker.deletes() => 2,
                Some(LabState::Ready | LabState::Paused | LabState::Absent | LabState::Deleted) => 1,
            };
            counts[place] += 1;
        }
        let [working, done, failed] = counts;
        let left = self.tracker.left_s(now).map_or_else(String::new, |left| format!("; at least {} left", whole(left)));
        Row {
            glyph: " ",
            tone: Tone::Dim,
            label: "labs".to_owned(),
            name: String::new(),
            status: format!("{working} working, {done} done, {failed} not done{left}"),
            elapsed: whole(self.tracker.elapsed_s(now)),
        }
    }

    fn spin(&self) -> &'static str {
        if self.over { self.glyphs.left } else { self.glyphs.spinner[self.frame % self.glyphs.spinner.len()] }
    }
}

/// The rows that fit on the screen. The last line stays free for what the terminal echoes.
fn most_rows(terminal: &dyn TermLike) -> usize {
    usize::from(terminal.height()).saturating_sub(1).max(2)
}

/// The first `most` rows, the last of which says how many more there are.
fn fitted(mut rows: Vec<Row>, most: usize) -> Vec<Row> {
    if rows.len() > most {
        let more = rows.split_off(most - 1).len();
        rows.push(Row {
            glyph: " ",
            tone: Tone::Dim,
            label: format!("and {more} more"),
            name: String::new(),
            status: String::new(),
            elapsed: String::new(),
        });
    }
    rows
}

/// How a lab ended, if it has.
fn ended(name: &str, lab: &Lab) -> Option<(Tone, String)> {
    let (tone, word) = ending(lab.ended?);
    Some((tone, format!("{name}: {word}")))
}

/// Whether an event is told above the rows, because no row shows it.
fn told_above(kind: &EventKind, several: bool) -> bool {
    match kind {
        EventKind::RunStarted { .. }
        | EventKind::Serving { .. }
        | EventKind::BoardServing { .. }
        | EventKind::AppObject { .. }
        | EventKind::AppWaiting { .. }
        | EventKind::Check { .. }
        | EventKind::Request { .. }
        | EventKind::Retrying { .. }
        | EventKind::Note { .. }
        | EventKind::LabBusy { .. }
        | EventKind::Interrupted { .. } => true,
        EventKind::LabMoved { .. } => true,
        EventKind::ResourceFailed { .. } | EventKind::LabFinished { .. } => several,
        EventKind::LabStarted { .. }
        | EventKind::ResourceStarted { .. }
        | EventKind::ResourceWriting { .. }
        | EventKind::ResourceStatus { .. }
        | EventKind::ResourceWaiting { .. }
        | EventKind::ResourceFinished { .. }
        | EventKind::ModelSelected(_)
        | EventKind::RunPlanned { .. }
        | EventKind::RunFinished { .. } => false,
    }
}
