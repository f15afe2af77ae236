//! What is said beside the result of a command that only looks, or whose progress nobody wants to see: what people should know, and
//! not how it went.

use std::collections::BTreeSet;

use super::describe::{Phrase, describe, visible};
use super::sink::LineSink;
use super::style::Palette;
use crate::events::{CheckStatus, Event, EventKind, Level};

pub(super) struct Notes {
    sink: LineSink,
    palette: Palette,
    verbosity: i8,
    /// Whether all else that people should know is left out.
    only_warnings: bool,
    /// The checks that were told: labs of a class share what is found.
    told: BTreeSet<String>,
}

impl Notes {
    pub(super) fn new(sink: LineSink, palette: Palette, verbosity: i8) -> Self {
        Self { sink, palette, verbosity, only_warnings: false, told: BTreeSet::new() }
    }

    /// Warnings alone.
    pub(super) fn warnings(sink: LineSink, palette: Palette, verbosity: i8) -> Self {
        Self { only_warnings: true, ..Self::new(sink, palette, verbosity) }
    }

    /// Whether it says anything about such an event.
    pub(super) fn tells(&self, kind: &EventKind) -> bool {
        let is_warning = matches!(kind, EventKind::Note { level: Level::Warning, .. });
        let is_note = matches!(
            kind,
            EventKind::Note { .. }
                | EventKind::BoardServing { .. }
                | EventKind::LabBusy { .. }
                | EventKind::Retrying { .. }
                | EventKind::Interrupted { .. }
                | EventKind::Check { status: CheckStatus::Warn, .. }
        );
        (is_warning || is_note && !self.only_warnings) && visible(kind, self.verbosity)
    }

    pub(super) fn event(&mut self, event: &Event) {
        if !self.tells(&event.kind) {
            return;
        }
        let Phrase { tone, text } = describe(&event.kind, false);
        if matches!(event.kind, EventKind::Check { .. }) && !self.told.insert(text.clone()) {
            return;
        }
        // stderr is gone: the work goes on, and there is nowhere to say so.
        let _ = self.sink.line(&self.palette.paint(tone, text));
    }
}
