//! Which of the sandbox's clusters is meant.

use super::error::SandboxCommandError;
use crate::cli::sandbox::ClusterArgs;
use crate::lab::tags;
use azlab_sandbox::ClusterChoice;

/// The cluster that the options name, or the one of the lab.
///
/// # Errors
/// [`SandboxCommandError::Cluster`]: more than one lab, or a lab and something else.
pub(super) fn choice(args: &ClusterArgs, labs: &[String]) -> Result<ClusterChoice, SandboxCommandError> {
    let ClusterArgs { cluster, resource_group, name } = args;
    let is_named = cluster.is_some() || resource_group.is_some() || name.is_some();
    match labs {
        [_, ..] if is_named => Err(SandboxCommandError::Cluster(
            "--lab names the cluster, and so do --cluster, --resource-group and --name: leave one of them out",
        )),
        [lab] => Ok(ClusterChoice::Tagged { tag: tags::LAB.to_owned(), value: lab.clone() }),
        [_, _, ..] => Err(SandboxCommandError::Cluster("one cluster at a time: name one lab")),
        [] => Ok(match (cluster, resource_group, name) {
            (Some(id), _, _) => ClusterChoice::Id(id.clone()),
            (None, None, None) => ClusterChoice::Only,
            (None, group, name) => ClusterChoice::Named { group: group.clone(), name: name.clone() },
        }),
    }
}
