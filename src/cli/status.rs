//! `azlab status`

use std::time::Duration;

use clap::Args;

use crate::lab::overrides::LabOverrides;

/// Show the state of each lab, and what differs from what it should be.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Without -l it finds every lab of the subscription by its tags. Options that say
what a lab should be are compared with what exists.")]
pub struct StatusArgs {
    /// Refresh until Ctrl-C
    #[arg(long)]
    pub(crate) watch: bool,
    /// The time between two refreshes
    #[arg(long, value_name = "TIME", default_value = "5s", requires = "watch", value_parser = super::global::duration)]
    pub(crate) interval: Duration,
    /// End with exit code 7 if a lab is not as it should be
    #[arg(long)]
    pub(crate) exit_code: bool,
    /// What the lab should be.
    #[command(flatten)]
    pub(crate) lab: LabOverrides,
}
