//! How labs are made, or whether it is only told.

use crate::cli::lab::DryRunArgs;

/// How to make labs.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ApplySettings {
    /// Takes over a group that is not ours.
    pub(crate) adopt: bool,
    /// Goes on although checks fail.
    pub(crate) skip_preflight: bool,
    /// Whether nothing is written.
    pub(crate) dry_run: DryRun,
}

/// Whether a command only tells what it would do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum DryRun {
    /// It does it.
    #[default]
    Off,
    /// It tells.
    On,
    /// It tells, and its exit code says whether there is something to do.
    ExitCode,
}

impl DryRun {
    pub(super) fn of(args: DryRunArgs) -> Self {
        match (args.dry_run, args.exit_code) {
            (false, _) => Self::Off,
            (true, false) => Self::On,
            (true, true) => Self::ExitCode,
        }
    }
}
