//! `azlab provision`

use std::time::Duration;

use clap::Args;

use super::lab::DryRunArgs;
use crate::lab::chapter::Chapter;
use crate::lab::defaults::{DEFAULT_GROUP, DEFAULT_LOCATION};
use crate::lab::overrides::LabOverrides;

/// Create labs, or finish them.
#[derive(Clone, Debug, Args)]
#[command(after_help = format!("\
Without options it creates the workshop's own lab: resource group {DEFAULT_GROUP}
in {DEFAULT_LOCATION}, with everything in it. What exists and fits is left alone; what
differs and can be changed in place is changed; nothing that exists is deleted."))]
pub struct ProvisionArgs {
    /// What the lab should be.
    #[command(flatten)]
    pub(crate) lab: LabOverrides,
    /// Whether it only tells.
    #[command(flatten)]
    pub(crate) dry_run: DryRunArgs,
    /// Take over a resource group (or soft-deleted account) that azlab did not create
    #[arg(long)]
    pub(crate) adopt: bool,
    /// Continue although preflight checks fail
    #[arg(long)]
    pub(crate) skip_preflight: bool,
    /// Continue although the labs cost more than the budget in the file, or nobody knows what they cost
    #[arg(long)]
    pub(crate) no_budget: bool,
    /// Tag the group with a time after which the lab may be deleted: 8h, 2d
    #[arg(long, value_name = "TIME", value_parser = super::global::duration)]
    pub(crate) ttl: Option<Duration>,
    /// Put the application onto the cluster too, as the workshop's text begins a chapter (azlab app goto --help lists them) [without one: test-store]
    #[arg(long, value_name = "CHAPTER", num_args = 0..=1, require_equals = true, default_missing_value = "test-store", value_enum, hide_possible_values = true)]
    pub(crate) with_app: Option<Chapter>,
}
