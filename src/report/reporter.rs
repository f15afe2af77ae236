//! Takes events and gives each to whoever shows or keeps it.

use std::io;
use std::path::PathBuf;

use anstream::AutoStream;
use time::format_description::well_known::Rfc3339;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::Instant;

use super::bars::{Bars, Screen};
use super::describe::{Phrase, describe, visible};
use super::filter::Filter;
use super::notes::Notes;
use super::plain::Plain;
use super::sink::{LineSink, append};
use super::style::{Glyphs, Palette};
use crate::events::{Event, EventKind, Level};
use crate::values::{Progress, ReportOptions};
use azlab_clock::Clock;

/// A file that was asked for cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// It cannot be opened.
    #[error("cannot write {flag} `{}`: {source}; name a file in a folder that you may write to", path.display())]
    Open {
        /// The option that named it.
        flag: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Two options name one file, whose forms would mix.
    #[error("--events and --log-file both name `{}`: give each its own file", .0.display())]
    SameFile(PathBuf),
}

/// Consumes events: shows progress on stderr and keeps the files that were asked for.
pub struct Reporter {
    filter: Filter,
    clock: Clock,
    display: Display,
    verbosity: i8,
    files: Vec<Kept>,
}

enum Display {
    Bars(Box<Bars>),
    Plain(Box<Plain>),
    Notes(Notes),
    Json(LineSink),
}

/// A file that keeps every event.
struct Kept {
    flag: &'static str,
    path: PathBuf,
    sink: LineSink,
    line: fn(&Event) -> Option<String>,
}

impl Reporter {
    /// Prepares what `options` ask for; `clock` is the one that the events are dated by.
    ///
    /// # Errors
    /// [`ReportError`] if a file cannot be opened, before any work has begun.
    pub fn new(options: &ReportOptions, clock: Clock) -> Result<Self, ReportError> {
        let choice = match options.stderr_color() {
            true => anstream::ColorChoice::Always,
            false => anstream::ColorChoice::Never,
        };
        let stderr = LineSink::new(Box::new(AutoStream::new(io::stderr(), choice)));
        Self::with(options, clock, stderr, Screen::stderr)
    }

    /// As [`Reporter::new`], for the files alone: nothing is shown.
    ///
    /// # Errors
    /// As [`Reporter::new`].
    pub fn of_files(options: &ReportOptions, clock: Clock) -> Result<Self, ReportError> {
        Self::with(options, clock, LineSink::new(Box::new(io::sink())), Screen::stderr)
    }

    /// As [`Reporter::new`], with somewhere else to write.
    pub(super) fn with(
        options: &ReportOptions,
        clock: Clock,
        stderr: LineSink,
        screen: impl FnOnce() -> Screen,
    ) -> Result<Self, ReportError> {
        let files = open_files(options)?;
        let palette = Palette::new(options.stderr_color());
        let redraws = options.is_terminal && !options.environment.dumb && options.verbosity >= 0;
        let display = match options.progress {
            Progress::None => Display::Notes(Notes::warnings(stderr, palette, options.verbosity)),
            Progress::Json => Display::Json(stderr),
            Progress::Auto if options.only_notes => Display::Notes(Notes::new(stderr, palette, options.verbosity)),
            Progress::Auto | Progress::Bar if redraws => {
                let glyphs = Glyphs::new(options.environment.utf8);
                Display::Bars(Box::new(Bars::new(screen(), clock, palette, glyphs, options.verbosity)))
            }
            Progress::Auto | Progress::Bar | Progress::Plain => {
                Display::Plain(Box::new(Plain::new(stderr, palette, options.verbosity, options.heartbeat)))
            }
        };
        Ok(Self { filter: Filter::new(options), clock, display, verbosity: options.verbosity, files })
    }

    /// Consumes events until the run has finished or nobody is left to send one.
    pub async fn run(mut self, mut events: UnboundedReceiver<Event>) {
        loop {
            let wake = self.wake_at();
            tokio::select! {
                biased;
                event = events.recv() => {
                    let Some(event) = event else { break };
                    let last = matches!(event.kind, EventKind::RunFinished { .. });
                    self.take(event);
                    if last {
                        break;
                    }
                }
                () = sleep_until(wake) => self.wake(),
            }
        }
        if let Display::Bars(bars) = &mut self.display {
            bars.finish();
        }
    }

    fn take(&mut self, mut event: Event) {
        // Most events of a class are requests, which few want to see.
        if self.files.is_empty() && !self.shows(&event.kind) {
            return;
        }
        self.filter.clean(&mut event);
        self.show(&event);
        let mut broken = Vec::new();
        for file in &mut self.files {
            if let Some(line) = (file.line)(&event)
                && let Err(error) = file.sink.line(&line)
            {
                broken.push(format!("no more is written to {} `{}`: {error}", file.flag, file.path.display()));
            }
        }
        for message in broken {
            self.show(&Event { kind: EventKind::Note { level: Level::Warning, message }, lab: None, ..event.clone() });
        }
    }

    /// Whether the display does anything with such an event.
    fn shows(&self, kind: &EventKind) -> bool {
        match &self.display {
            Display::Json(_) => true,
            Display::Notes(notes) => notes.tells(kind),
            // What is only told, and not kept in mind.
            Display::Bars(_) | Display::Plain(_) => {
                !matches!(kind, EventKind::Request { .. }) || visible(kind, self.verbosity)
            }
        }
    }

    fn show(&mut self, event: &Event) {
        match &mut self.display {
            Display::Bars(bars) => bars.event(event),
            Display::Plain(plain) => plain.event(event),
            Display::Notes(notes) => notes.event(event),
            Display::Json(sink) => {
                if let Some(line) = json_line(event) {
                    // stderr is gone: there is nowhere to say so.
                    let _ = sink.line(&line);
                }
            }
        }
    }

    fn wake_at(&self) -> Option<Instant> {
        match &self.display {
            Display::Bars(bars) => bars.wake_at(),
            Display::Plain(plain) => plain.wake_at(),
            Display::Notes(_) | Display::Json(_) => None,
        }
    }

    fn wake(&mut self) {
        match &mut self.display {
            Display::Bars(bars) => bars.draw(),
            Display::Plain(plain) => plain.heartbeat(&self.clock),
            Display::Notes(_) | Display::Json(_) => {}
        }
    }
}

async fn sleep_until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}

fn open_files(options: &ReportOptions) -> Result<Vec<Kept>, ReportError> {
    if let (Some(events), Some(log)) = (&options.events_file, &options.log_file)
        && events == log
    {
        return Err(ReportError::SameFile(log.clone()));
    }
    let open = |flag, path: &Option<PathBuf>, line| {
        path.clone().map(|path| match append(&path) {
            Ok(file) => Ok(Kept { flag, path, sink: LineSink::new(Box::new(file)), line }),
            Err(source) => Err(ReportError::Open { flag, path, source }),
        })
    };
    let events = open("--events", &options.events_file, json_line as fn(&Event) -> Option<String>);
    let log = open("--log-file", &options.log_file, |event| Some(log_line(event)));
    events.into_iter().chain(log).collect()
}

/// The event as one JSON object.
fn json_line(event: &Event) -> Option<String> {
    // Events have no maps with keys that are not strings, the only thing that serde_json refuses.
    serde_json::to_string(event).ok()
}

/// The event in words, with all that is known of it.
fn log_line(event: &Event) -> String {
    let at = event.at.format(&Rfc3339).unwrap_or_default();
    let lab = event.lab.as_ref().map(|lab| format!("[{lab}] ")).unwrap_or_default();
    let Phrase { mut text, .. } = describe(&event.kind, true);
    if let EventKind::ResourceFailed { error, .. } | EventKind::LabFinished { error: Some(error), .. } = &event.kind {
        text = format!("{text}\n{}", super::error_text::error_block(error, Palette::new(false)));
    }
    format!("{at} {lab}{}", text.trim_end().replace('\n', "\n    "))
}
