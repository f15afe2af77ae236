//! A command that has ended: what it leaves to print.

use crate::outcome::{CommandResult, Exit, NextStep};
use crate::values::Secret;

/// A command that has ended.
#[derive(Clone, Debug)]
pub struct Finished {
    /// For scripts and people.
    pub result: CommandResult,
    /// What to do next.
    pub next: Vec<NextStep>,
    /// The exit code.
    pub exit: Exit,
    /// Whether the result has been shown already.
    pub shown: bool,
    /// What stdout carries in place of a summary.
    pub data: Option<Secret>,
    /// What tells a runner of GitHub Actions to mask keys, for stderr.
    pub masks: Option<Secret>,
}

impl Finished {
    /// A command whose result is all that it has to print.
    pub(crate) fn new(result: CommandResult, next: Vec<NextStep>, exit: Exit) -> Self {
        Self { result, next, exit, shown: false, data: None, masks: None }
    }
}

/// Writes to stdout what it carries in place of a summary, before the command has ended. An error of the stream means that nobody
/// reads on.
pub(crate) type Pour = std::sync::Arc<dyn Fn(&str) -> std::io::Result<()> + Send + Sync>;

/// Shows a result before the command has ended. An error of the stream means that nobody sees the next one.
pub(crate) type Show = std::sync::Arc<dyn Fn(&Finished) -> std::io::Result<()> + Send + Sync>;
