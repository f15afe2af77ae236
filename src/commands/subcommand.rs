//! What every subcommand on labs has: a name, options that are resolved, and what it does.

use super::finished::Finished;
use super::run_options::RunOptions;
use super::session::Session;
use crate::settings::{LabSource, SettingsError};
use crate::values::Surroundings;

/// A subcommand on labs: its resolved options, and what is done with them.
pub trait Subcommand: Sized + 'static {
    /// The arguments that it takes.
    type Args;

    /// The name, as it is typed.
    const NAME: &'static str;

    /// Resolves its arguments, for the labs that are meant.
    ///
    /// # Errors
    /// [`SettingsError`]
    fn from_args(args: &Self::Args, labs: &LabSource, around: &Surroundings) -> Result<Self, SettingsError>;

    /// Whether it only looks: its result then says it all, and no progress is shown.
    fn only_looks(&self) -> bool;

    /// Whether it looks again and again: it then shows what came of each look ([`RunOptions::show`]).
    fn watches(&self) -> bool {
        false
    }

    /// Does it.
    fn run(&self, session: &Session, options: &RunOptions) -> impl Future<Output = Finished>;
}

/// Something that is done with a subcommand, whichever it is.
pub trait OnLabs {
    /// What comes of it.
    type Output;

    /// Does it with `S`, which was given `args`.
    fn with<S: Subcommand>(self, args: &S::Args) -> Self::Output;
}
