//! `azlab deploy-model`

use clap::Args;

use super::lab::DryRunArgs;
use crate::lab::defaults::DEFAULT_DEPLOYMENT;
use crate::lab::overrides::{LabOverrides, whole};

/// Add or change a model deployment on a lab's OpenAI account.
#[derive(Clone, Debug, Args)]
pub struct DeployModelArgs {
    /// The deployment
    #[arg(long, value_name = "NAME", help = format!("The deployment [default: {DEFAULT_DEPLOYMENT}, which the workshop's application asks for]"))]
    pub(crate) name: Option<String>,
    /// The model
    #[arg(long, value_name = "NAME", help = LabOverrides::help("deployments[].model"))]
    pub(crate) model: Option<String>,
    /// The model's version
    #[arg(long, value_name = "VERSION", help = LabOverrides::help("deployments[].model_version"))]
    pub(crate) model_version: Option<String>,
    /// How it is billed
    #[arg(long, value_name = "SKU", help = LabOverrides::help("deployments[].model_sku"))]
    pub(crate) model_sku: Option<String>,
    /// In units of the sku
    #[arg(long, value_name = "N", value_parser = whole(1, 1_000_000), allow_negative_numbers = true,
          help = LabOverrides::help("deployments[].capacity"))]
    pub(crate) capacity: Option<u32>,
    /// Remove a deployment
    #[arg(long, value_name = "NAME", conflicts_with_all = ["name", "model", "model_version", "model_sku", "capacity", "list"])]
    pub(crate) remove: Option<String>,
    /// List what can be deployed in the lab's region now
    #[arg(long, conflicts_with_all = ["name", "model", "model_version", "model_sku", "capacity"])]
    pub(crate) list: bool,
    /// Whether it only tells.
    #[command(flatten)]
    pub(crate) dry_run: DryRunArgs,
    /// The resource group
    #[arg(short = 'g', long, value_name = "NAME", help = LabOverrides::help("resource_group"))]
    pub(crate) resource_group: Option<String>,
    /// The OpenAI account [default: the lab's own]
    #[arg(long, value_name = "NAME")]
    pub(crate) account: Option<String>,
    /// Continue although preflight checks fail
    #[arg(long)]
    pub(crate) skip_preflight: bool,
}
