//! `azlab reset`

use clap::Args;

use super::lab::DryRunArgs;
use crate::lab::overrides::LabOverrides;

/// Put a broken lab right: repair what differs, and only that.
#[derive(Clone, Debug, Args)]
pub struct ResetArgs {
    /// Take the lab away and make it again: as it was, but for what the options say
    #[arg(long)]
    pub rebuild: bool,
    /// Whether it only tells.
    #[command(flatten)]
    pub dry_run: DryRunArgs,
    /// Go on although preflight checks fail
    #[arg(long)]
    pub skip_preflight: bool,
    /// What the lab should be.
    #[command(flatten)]
    pub lab: LabOverrides,
}
