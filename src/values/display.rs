//! What people choose about the display, as plain values.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::terminal::TerminalEnvironment;
use super::words::words;

/// How progress is shown on stderr (`--progress`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Progress {
    /// Bars on a terminal that can move its cursor, plain lines elsewhere.
    #[default]
    Auto,
    /// One row a resource, redrawn in place. Falls back to plain lines where nothing can be redrawn.
    Bar,
    /// One line an event.
    Plain,
    /// One JSON object a line.
    Json,
    /// Nothing.
    None,
}

words!(Progress, Auto = "auto", Bar = "bar", Plain = "plain", Json = "json", None = "none");

/// When colours are used (`--color`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ColorChoice {
    /// On a terminal, unless the environment says otherwise.
    #[default]
    Auto,
    /// Even into a pipe.
    Always,
    /// Not at all.
    Never,
}

words!(ColorChoice, Auto = "auto", Always = "always", Never = "never");

impl ColorChoice {
    /// Whether to use colours on a stream. The flag beats the environment; there, `NO_COLOR` beats `CLICOLOR_FORCE`,
    /// which beats `CLICOLOR=0` and `TERM=dumb` (no-color.org, bixense.com/clicolors).
    pub(crate) fn resolve(self, is_terminal: bool, environment: &TerminalEnvironment) -> bool {
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Auto if environment.no_color => false,
            Self::Auto if environment.clicolor_force => true,
            Self::Auto => is_terminal && !environment.clicolor_off && !environment.dumb,
        }
    }
}

/// The form of the result on stdout (`--output`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Output {
    /// For people.
    #[default]
    Text,
    /// One `azlab.result/v1` object.
    Json,
}

words!(Output, Text = "text", Json = "json");

/// Everything that [`crate::report`] needs to know to show progress and a result.
#[derive(Clone, Debug)]
pub struct ReportOptions {
    /// How progress is shown on stderr.
    pub progress: Progress,
    /// Where every event goes as a JSON line.
    pub events_file: Option<PathBuf>,
    /// Where everything goes in words, with request ids.
    pub log_file: Option<PathBuf>,
    /// 0 as usual; 1 and above adds lines for requests and for checks that passed; below 0 only errors.
    pub verbosity: i8,
    /// When colours are used.
    pub color: ColorChoice,
    /// Whether GUIDs are masked in everything that is written, files included.
    pub hide_ids: bool,
    /// What the people of a class are called: masked with the ids.
    pub people: Arc<[String]>,
    /// Whether stdout carries what a program reads (`env`), and no summary: errors then go to stderr, whatever else does.
    pub stdout_is_data: bool,
    /// Whether the command only looks: its result says it all, and progress is notes alone.
    pub only_notes: bool,
    /// Whether stderr is a terminal.
    pub is_terminal: bool,
    /// Whether stdout is a terminal.
    pub stdout_is_terminal: bool,
    /// Real time of silence after which plain progress says what it waits for; zero never does.
    pub heartbeat: Duration,
    /// What the environment says about the terminal.
    pub environment: TerminalEnvironment,
}

impl Default for ReportOptions {
    /// No terminal, nothing asked for, a heartbeat each 30 s.
    fn default() -> Self {
        Self {
            progress: Progress::Auto,
            events_file: None,
            log_file: None,
            verbosity: 0,
            color: ColorChoice::Auto,
            hide_ids: false,
            people: Arc::default(),
            stdout_is_data: false,
            only_notes: false,
            is_terminal: false,
            stdout_is_terminal: false,
            heartbeat: Duration::from_secs(30),
            environment: TerminalEnvironment::default(),
        }
    }
}

impl ReportOptions {
    /// For what runs until it is ended: a line an event at most, and no word in long silences.
    #[must_use]
    pub(crate) fn for_a_server(mut self) -> Self {
        if matches!(self.progress, Progress::Auto | Progress::Bar) {
            self.progress = if self.only_notes { Progress::Auto } else { Progress::Plain };
        }
        self.heartbeat = Duration::ZERO;
        self
    }

    /// Whether progress goes out in colour.
    pub(crate) fn stderr_color(&self) -> bool {
        self.color.resolve(self.is_terminal, &self.environment)
    }

    /// Whether the result goes out in colour.
    pub(crate) fn stdout_color(&self) -> bool {
        self.color.resolve(self.stdout_is_terminal, &self.environment)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_read_back_as_it_is_written() {
        for word in Progress::WORDS {
            assert_eq!(word.parse::<Progress>().unwrap().to_string(), *word);
        }
        for word in ColorChoice::WORDS {
            assert_eq!(word.parse::<ColorChoice>().unwrap().to_string(), *word);
        }
        for word in Output::WORDS {
            assert_eq!(word.parse::<Output>().unwrap().to_string(), *word);
        }
    }

    #[test]
    fn an_unknown_word_is_answered_with_the_known_ones() {
        let error = "fancy".parse::<Progress>().unwrap_err();
        assert_eq!(error.to_string(), "it must be one of auto, bar, plain, json, none");
    }

    #[test]
    fn the_flag_beats_the_environment_and_no_color_beats_force() {
        let loud = TerminalEnvironment { clicolor_force: true, ..TerminalEnvironment::default() };
        let quiet = TerminalEnvironment { no_color: true, ..loud };
        let dumb = TerminalEnvironment { dumb: true, ..TerminalEnvironment::default() };
        assert!(ColorChoice::Always.resolve(false, &quiet));
        assert!(!ColorChoice::Never.resolve(true, &loud));
        assert!(!ColorChoice::Auto.resolve(true, &quiet));
        assert!(ColorChoice::Auto.resolve(false, &loud));
        assert!(!ColorChoice::Auto.resolve(true, &dumb));
        assert!(ColorChoice::Auto.resolve(true, &TerminalEnvironment::default()));
        assert!(!ColorChoice::Auto.resolve(false, &TerminalEnvironment::default()));
    }
}
