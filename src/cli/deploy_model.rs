//! `azlab deploy-model`

use clap::Args;

use super::lab::DryRunArgs;

/// Add or change a model deployment on a lab's OpenAI account.
#[derive(Clone, Debug, Args)]
pub struct DeployModelArgs {
    /// The deployment [default: gpt-35-turbo, which the workshop's application asks for]
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// The model, or auto for the best that can be deployed [default: gpt-35-turbo]
    #[arg(long, value_name = "NAME")]
    pub model: Option<String>,
    /// The model's version [default: the catalogue's]
    #[arg(long, value_name = "VERSION")]
    pub model_version: Option<String>,
    /// How it is billed: Standard, GlobalStandard … [default: the first of these with quota]
    #[arg(long, value_name = "SKU")]
    pub model_sku: Option<String>,
    /// In units of the sku: 1 is 1,000 tokens a minute [default: 10, or what is left]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000), allow_negative_numbers = true)]
    pub capacity: Option<u32>,
    /// Remove a deployment
    #[arg(long, value_name = "NAME", conflicts_with_all = ["name", "model", "model_version", "model_sku", "capacity", "list"])]
    pub remove: Option<String>,
    /// List what can be deployed in the lab's region now
    #[arg(long, conflicts_with_all = ["name", "model", "model_version", "model_sku", "capacity"])]
    pub list: bool,
    /// Whether it only tells.
    #[command(flatten)]
    pub dry_run: DryRunArgs,
    /// The resource group [default: myResourceGroup]
    #[arg(short = 'g', long, value_name = "NAME")]
    pub resource_group: Option<String>,
    /// The OpenAI account [default: the lab's own]
    #[arg(long, value_name = "NAME")]
    pub account: Option<String>,
    /// Go on although preflight checks fail
    #[arg(long)]
    pub skip_preflight: bool,
}
