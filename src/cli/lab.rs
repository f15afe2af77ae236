//! Options of several commands. Those that say what a lab should be are in [`crate::lab::overrides`].

use clap::Args;

/// Whether a command only tells what it would do.
#[derive(Clone, Copy, Debug, Default, Args)]
pub(crate) struct DryRunArgs {
    /// Show what would be done, and write nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// With --dry-run: end with exit code 7 if there is something to do
    #[arg(long, requires = "dry_run")]
    pub(crate) exit_code: bool,
}
