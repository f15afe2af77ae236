//! `azlab status`

use std::time::Duration;

use clap::Args;

use crate::lab::overrides::LabOverrides;

/// Show what there is, per lab, beside what should be.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Without -l it finds every lab of the subscription by its tags. Options that say
what a lab should be are compared with what there is.")]
pub struct StatusArgs {
    /// Look again and again, until Ctrl-C
    #[arg(long)]
    pub watch: bool,
    /// The time between two looks
    #[arg(long, value_name = "TIME", default_value = "5s", requires = "watch", value_parser = super::global::duration)]
    pub interval: Duration,
    /// End with exit code 7 if a lab is not as it should be
    #[arg(long)]
    pub exit_code: bool,
    /// What the lab should be.
    #[command(flatten)]
    pub lab: LabOverrides,
}
