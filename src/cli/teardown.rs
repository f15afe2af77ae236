//! `azlab teardown`

use clap::Args;

use super::lab::DryRunArgs;
use crate::lab::overrides::LabOverrides;

/// Delete labs, purge their soft-deleted accounts, and prove that nothing is left.
#[derive(Clone, Debug, Args)]
pub struct TeardownArgs {
    /// Whether it only tells.
    #[command(flatten)]
    pub(crate) dry_run: DryRunArgs,
    /// The resource group
    #[arg(short = 'g', long, value_name = "NAME", help = LabOverrides::help("resource_group"))]
    pub(crate) resource_group: Option<String>,
    /// Leave soft-deleted accounts to expire (48 hours in which they hold their name and quota)
    #[arg(long)]
    pub(crate) no_purge: bool,
    /// Start the deletion, and do not wait for its end
    #[arg(long)]
    pub(crate) no_wait: bool,
}
