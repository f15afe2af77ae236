//! `azlab kubeconfig`

use std::path::PathBuf;

use clap::Args;

use super::lab::LabClusterArgs;

/// Merge a lab's cluster credentials into a kubeconfig, as az aks get-credentials does.
#[derive(Clone, Debug, Args)]
pub struct KubeconfigArgs {
    /// The kubeconfig, or - for stdout [default: as kubectl: KUBECONFIG, else ~/.kube/config]
    #[arg(short, long, value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
    /// The administrator's credentials; their context ends in -admin
    #[arg(short, long)]
    pub(crate) admin: bool,
    /// Name of context and cluster in the kubeconfig [default: the cluster's name]
    #[arg(long, value_name = "NAME", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub(crate) context: Option<String>,
    /// Replace other entries of the same names
    #[arg(long, alias = "overwrite-existing")]
    pub(crate) overwrite: bool,
    /// Leave the current context as it is
    #[arg(long)]
    pub(crate) no_switch: bool,
    /// Which lab.
    #[command(flatten)]
    pub(crate) lab: LabClusterArgs,
}
