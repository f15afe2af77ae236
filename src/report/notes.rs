//! What is said beside the result of a command that only looks: what people should know, and not how it went.

use std::collections::BTreeSet;

use super::describe::{Phrase, describe, visible};
use super::sink::LineSink;
use super::style::Palette;
use crate::events::{CheckStatus, Event, EventKind};

pub(super) struct Notes {
    sink: LineSink,
    palette: Palette,
    verbosity: i8,
    /// The checks that were told: labs of a class share what is found.
    told: BTreeSet<String>,
}

impl Notes {
    pub(super) fn new(sink: LineSink, palette: Palette, verbosity: i8) -> Self {
        Self { sink, palette, verbosity, told: BTreeSet::new() }
    }

    pub(super) fn event(&mut self, event: &Event) {
        let is_note = matches!(
            event.kind,
            EventKind::Note { .. }
                | EventKind::BoardServing { .. }
                | EventKind::LabBusy { .. }
                | EventKind::Retrying { .. }
                | EventKind::Interrupted { .. }
                | EventKind::Check { status: CheckStatus::Warn, .. }
        );
        if !is_note || !visible(&event.kind, self.verbosity) {
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
