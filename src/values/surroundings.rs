//! What is around the process: read once, at the very top, so that no layer below looks for itself.

use std::io::IsTerminal as _;
use std::path::PathBuf;

use super::{Environment, TerminalEnvironment, Writer, Zone};

/// What is around the process. By default nothing: no variable, no terminal, no home directory, UTC.
#[derive(Clone, Debug, Default)]
pub struct Surroundings {
    /// Its environment variables.
    pub(crate) environment: Environment,
    /// What they say about the terminal.
    pub(crate) terminal: TerminalEnvironment,
    /// Whether stdin is a terminal.
    pub(crate) stdin_is_terminal: bool,
    /// Whether stdout is a terminal.
    pub(crate) stdout_is_terminal: bool,
    /// Whether stderr is a terminal.
    pub(crate) stderr_is_terminal: bool,
    /// The user's home directory.
    pub(crate) home: Option<PathBuf>,
    /// The time zone.
    pub(crate) zone: Zone,
}

impl Surroundings {
    /// What is around this process now.
    pub(crate) fn from_process() -> Self {
        Self {
            environment: Environment::from_process(),
            terminal: TerminalEnvironment::from_process(),
            stdin_is_terminal: std::io::stdin().is_terminal(),
            stdout_is_terminal: std::io::stdout().is_terminal(),
            stderr_is_terminal: std::io::stderr().is_terminal(),
            home: std::env::home_dir(),
            zone: Zone::from_process(),
        }
    }

    /// The user's name.
    pub(crate) fn user(&self) -> Option<String> {
        ["USER", "LOGNAME", "USERNAME"].iter().find_map(|name| self.environment.get(name)).map(str::to_owned)
    }

    /// Who this run is to others.
    pub(crate) fn writer(&self) -> Writer {
        Writer::of_process(self.user().as_deref().unwrap_or("somebody"))
    }
}
