//! Options that say what a lab should be; of several commands.

use clap::{Args, ValueEnum};

use crate::lab::names;

/// What a lab should be.
#[derive(Clone, Debug, Default, Args)]
pub struct LabArgs {
    /// The resource group [default: myResourceGroup]
    #[arg(short = 'g', long, value_name = "NAME")]
    pub resource_group: Option<String>,
    /// The location [default: that of the group if it exists, else westeurope]
    #[arg(long, value_name = "LOCATION")]
    pub location: Option<String>,
    /// Who the lab belongs to, as a tag [default: your user name]
    #[arg(long, value_name = "NAME", env = "AZLAB_OWNER")]
    pub owner: Option<String>,

    /// The AKS cluster [default: myAKSCluster]
    #[arg(long, value_name = "NAME", help_heading = "Cluster")]
    pub cluster: Option<String>,
    /// Kubernetes version, such as 1.33 or 1.33.2 [default: the service's]
    #[arg(long, value_name = "VERSION", value_parser = kubernetes_version, help_heading = "Cluster")]
    pub kubernetes_version: Option<String>,
    /// Nodes of the system pool [default: 2]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000), help_heading = "Cluster", allow_negative_numbers = true)]
    pub node_count: Option<u32>,
    /// VM size of the nodes [default: Standard_D2s_v5]
    #[arg(long, value_name = "SIZE", help_heading = "Cluster")]
    pub node_vm_size: Option<String>,

    /// The managed identity [default: myIdentity]
    #[arg(long, value_name = "NAME", help_heading = "Identity")]
    pub identity: Option<String>,
    /// The federated credential [default: myFederatedCredential]
    #[arg(long, value_name = "NAME", help_heading = "Identity")]
    pub federated_credential: Option<String>,
    /// Whom it trusts [default: system:serviceaccount:default:ai-service-account]
    #[arg(long, value_name = "SUBJECT", help_heading = "Identity")]
    pub subject: Option<String>,

    /// The Azure OpenAI account and its subdomain [default: myopenai and six digits that follow from the group]
    #[arg(long, value_name = "NAME", help_heading = "Azure OpenAI")]
    pub account: Option<String>,
    /// What to do about a soft-deleted account of that name [default: purge]
    #[arg(long, value_name = "HOW", value_enum, help_heading = "Azure OpenAI")]
    pub soft_deleted: Option<SoftDeletedArg>,
    /// Short for --soft-deleted restore
    #[arg(long, conflicts_with = "soft_deleted", help_heading = "Azure OpenAI")]
    pub restore: bool,
    /// The model deployment [default: gpt-35-turbo]
    #[arg(long, value_name = "NAME", help_heading = "Azure OpenAI")]
    pub deployment: Option<String>,
    /// The model, or auto for the best that can be deployed [default: gpt-35-turbo]
    #[arg(long, value_name = "NAME", help_heading = "Azure OpenAI")]
    pub model: Option<String>,
    /// The model's version [default: the catalogue's]
    #[arg(long, value_name = "VERSION", help_heading = "Azure OpenAI")]
    pub model_version: Option<String>,
    /// How it is billed: Standard, GlobalStandard … [default: the first of these with quota]
    #[arg(long, value_name = "SKU", help_heading = "Azure OpenAI")]
    pub model_sku: Option<String>,
    /// In units of the sku: 1 is 1,000 tokens a minute [default: 10, or what is left]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000), help_heading = "Azure OpenAI", allow_negative_numbers = true)]
    pub capacity: Option<u32>,
}

/// Whether a command only tells what it would do.
#[derive(Clone, Copy, Debug, Default, Args)]
pub struct DryRunArgs {
    /// Show what would be done, and write nothing
    #[arg(long)]
    pub dry_run: bool,
    /// With --dry-run: end with exit code 7 if there is something to do
    #[arg(long, requires = "dry_run")]
    pub exit_code: bool,
}

/// What to do about a soft-deleted account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SoftDeletedArg {
    /// Purge it for good, and create a new one
    Purge,
    /// Bring it back
    Restore,
    /// Leave it, and take another name
    Avoid,
}

fn kubernetes_version(text: &str) -> Result<String, String> {
    names::kubernetes_version(text).map(|()| text.to_owned()).map_err(|error| error.rule)
}
