//! `azlab pause`, `azlab resume`

use clap::Args;

use super::lab::DryRunArgs;
use crate::lab::overrides::LabOverrides;

/// Stop the clusters of labs, so that their nodes cost nothing.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Everything in the cluster stays, and runs again after azlab resume: nodes and pods
get new addresses. The OpenAI account is not touched. Disks, the load balancer and
public IP addresses go on costing; azlab cost says how much. AKS keeps what a
stopped cluster holds for up to 12 months. The expiry stays as it is.")]
pub struct PauseArgs {
    /// Which lab, and whether it only tells.
    #[command(flatten)]
    pub(crate) which: PowerArgs,
}

/// Start the clusters of labs that are paused.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
A pause gives the nodes' machines back, and Azure may not have the capacity when
they are wanted again: resume well before the class begins.")]
pub struct ResumeArgs {
    /// Which lab, and whether it only tells.
    #[command(flatten)]
    pub(crate) which: PowerArgs,
}

/// What both take.
#[derive(Clone, Debug, Args)]
pub(crate) struct PowerArgs {
    /// The resource group
    #[arg(short = 'g', long, value_name = "NAME", help = LabOverrides::help("resource_group"))]
    pub(crate) resource_group: Option<String>,
    /// Whether it only tells.
    #[command(flatten)]
    pub(crate) dry_run: DryRunArgs,
}
