//! Progress as lines, for pipes and CI: one an event, and a heartbeat in long silences.

use std::time::Duration;

use tokio::time::Instant;

use super::describe::{Phrase, describe, visible};
use super::sink::LineSink;
use super::style::{Palette, Tone};
use super::tracker::Tracker;
use crate::events::{Event, EventKind};
use crate::values::duration::whole;
use azlab_clock::Clock;

/// How many resources a heartbeat names before it only counts the rest.
const NAMED: usize = 3;

pub(super) struct Plain {
    sink: LineSink,
    palette: Palette,
    verbosity: i8,
    heartbeat: Duration,
    tracker: Tracker,
    last_line: Instant,
}

impl Plain {
    pub(super) fn new(sink: LineSink, palette: Palette, verbosity: i8, heartbeat: Duration) -> Self {
        Self { sink, palette, verbosity, heartbeat, tracker: Tracker::default(), last_line: Instant::now() }
    }

    pub(super) fn event(&mut self, event: &Event) {
        let news = self.tracker.apply(event);
        if !news || !visible(&event.kind, self.verbosity) {
            return;
        }
        // Whether there will be several labs is not known yet when the first begins.
        let is_start = matches!(event.kind, EventKind::LabStarted { .. });
        let Phrase { tone, mut text } = describe(&event.kind, self.verbosity > 1);
        if let Some(lab) = event.lab.as_deref().filter(|_| is_start || self.tracker.several()) {
            text = format!("{lab}: {text}");
        }
        self.line(event.elapsed_s, tone, &text);
    }

    /// When to say that it still goes on, if nothing else is said before.
    pub(super) fn wake_at(&self) -> Option<Instant> {
        let silent = self.heartbeat.is_zero() || self.verbosity < 0;
        (!silent).then(|| self.last_line.checked_add(self.heartbeat)).flatten()
    }

    /// Says what is waited for.
    pub(super) fn heartbeat(&mut self, clock: &Clock) {
        let now = self.tracker.now(clock);
        let several = self.tracker.several();
        let mut waiting = self.tracker.labs().flat_map(|(lab, state)| {
            let lab = lab.filter(|_| several).map(|lab| format!("{lab}: ")).unwrap_or_default();
            state.active().map(move |(kind, name, resource)| {
                let elapsed = whole((now - resource.since).as_seconds_f64());
                format!("{lab}{kind} {name}: {} ({elapsed})", resource.state.words(now))
            })
        });
        let named: Vec<String> = waiting.by_ref().take(NAMED).collect();
        let text = match (named.is_empty(), waiting.count()) {
            (true, _) => "still working".to_owned(),
            (false, 0) => format!("still waiting for {}", named.join(", ")),
            (false, more) => format!("still waiting for {}, and {more} more", named.join(", ")),
        };
        self.line(self.tracker.elapsed_s(now), Tone::Dim, &text);
    }

    fn line(&mut self, elapsed_s: f64, tone: Tone, text: &str) {
        let prefix = format!("[{elapsed_s:>6.1}s] ");
        // Further lines of a text stand below its first.
        let text = text.trim_end().replace('\n', &format!("\n{:width$}", "", width = prefix.len()));
        // stderr is gone: the work goes on, and there is nowhere to say so.
        let _ = self.sink.line(&format!("{}{}", self.palette.paint(Tone::Dim, prefix), self.palette.paint(tone, text)));
        self.last_line = Instant::now();
    }
}
