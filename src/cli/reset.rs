//! `azlab reset`

use clap::Args;

use super::lab::DryRunArgs;
use crate::lab::overrides::LabOverrides;

/// Repair a lab: change what differs, and only that.
#[derive(Clone, Debug, Args)]
pub struct ResetArgs {
    /// Tear the lab down and create it again: as it was, except for what the options change
    #[arg(long)]
    pub(crate) rebuild: bool,
    /// Whether it only tells.
    #[command(flatten)]
    pub(crate) dry_run: DryRunArgs,
    /// Continue although preflight checks fail
    #[arg(long)]
    pub(crate) skip_preflight: bool,
    /// What the lab should be.
    #[command(flatten)]
    pub(crate) lab: LabOverrides,
}
