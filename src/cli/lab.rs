//! Options of several commands. Those that say what a lab should be are in [`crate::lab::overrides`].

use clap::Args;

use crate::lab::defaults::DEFAULT_DEPLOYMENT;
use crate::lab::overrides::{ClusterOverrides, DeploymentOverrides, IdentityOverrides, LabOverrides, OpenAiOverrides};

/// Whether a command only tells what it would do.
#[derive(Clone, Copy, Debug, Default, Args)]
pub(crate) struct DryRunArgs {
    /// Show what would be done, and write nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// With --dry-run: end with exit code 7 if there is something to do
    #[arg(long, requires = "dry_run")]
    pub(crate) exit_code: bool,
}

/// Which lab, by its group and its cluster.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct LabClusterArgs {
    /// The resource group
    #[arg(short = 'g', long, value_name = "NAME", help = LabOverrides::help("resource_group"))]
    pub(crate) resource_group: Option<String>,
    /// The AKS cluster
    #[arg(long, value_name = "NAME", help = LabOverrides::help("cluster.name"))]
    pub(crate) cluster: Option<String>,
}

/// The model of a lab, and the identity that may ask it.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct LabModelArgs {
    /// The managed identity
    #[arg(long, value_name = "NAME", help = LabOverrides::help("identity.name"))]
    pub(crate) identity: Option<String>,
    /// The OpenAI account [default: the lab's own]
    #[arg(long, value_name = "NAME")]
    pub(crate) account: Option<String>,
    /// The model deployment
    #[arg(long, value_name = "NAME", help = format!("The model deployment [default: {DEFAULT_DEPLOYMENT}, or the only one there is]"))]
    pub(crate) deployment: Option<String>,
}

impl LabClusterArgs {
    /// What they say of the lab.
    pub(crate) fn overrides(&self) -> LabOverrides {
        LabOverrides {
            resource_group: self.resource_group.clone(),
            cluster: ClusterOverrides { name: self.cluster.clone(), ..ClusterOverrides::default() },
            ..LabOverrides::default()
        }
    }

    /// The same, with what is said of its model.
    pub(crate) fn with(&self, model: &LabModelArgs) -> LabOverrides {
        LabOverrides {
            identity: IdentityOverrides { name: model.identity.clone(), ..IdentityOverrides::default() },
            openai: OpenAiOverrides { account: model.account.clone(), ..OpenAiOverrides::default() },
            deployment: DeploymentOverrides { name: model.deployment.clone(), ..DeploymentOverrides::default() },
            ..self.overrides()
        }
    }
}
