//! `azlab status`

use clap::Args;

use super::watch::WatchArgs;
use crate::lab::overrides::LabOverrides;

/// Show the state of each lab, and what differs from what it should be.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Without -l it finds every lab of the subscription by its tags. Options that say
what a lab should be are compared with what exists.")]
pub struct StatusArgs {
    /// Whether it looks again and again.
    #[command(flatten)]
    pub(crate) watch: WatchArgs,
    /// End with exit code 7 if a lab is not as it should be
    #[arg(long)]
    pub(crate) exit_code: bool,
    /// What the lab should be.
    #[command(flatten)]
    pub(crate) lab: LabOverrides,
}
