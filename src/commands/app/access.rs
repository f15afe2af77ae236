//! The way to a lab's cluster: its credentials are asked for, and held in memory alone.

use super::super::lab_cluster;
use super::super::runner::{Command, Ending};
use super::super::work::Work;
use crate::app::namespace::service_account;
use crate::azure::clusters::ManagedCluster;
use crate::azure::error::Error as AzureError;
use crate::follow_up::FollowUp;
use crate::kubernetes::{Access, Cluster};
use crate::outcome::{ErrorReport, Exit, LabState};
use crate::recipe::cluster;
use crate::recipe::error::Error as RecipeError;
use crate::values::ResourceKind;

/// The action by which a cluster gives a user's credentials. It is a POST, which a lock that makes the cluster read-only refuses.
pub(super) const LIST_CREDENTIALS: &str = "Microsoft.ContainerService/managedClusters/listClusterUserCredential/action";

/// Asks for the credentials of the lab's cluster. Nothing is sent to the cluster itself yet.
///
/// # Errors
/// The end of a lab whose cluster does not answer, or gives no credentials.
pub(crate) async fn reach(command: &Command<'_>, work: &Work) -> Result<Cluster, Box<Ending>> {
    let found = running(command, work).await?;
    enter(command, work, &found).await
}

/// The lab's cluster, which runs.
///
/// # Errors
/// The end of a lab without one, or with one that does not answer.
pub(super) async fn running(command: &Command<'_>, work: &Work) -> Result<ManagedCluster, Box<Ending>> {
    let found = lab_cluster::find(command, work).await?;
    let (lab, name) = (&work.lab, &work.lab.cluster.name);
    if cluster::is_stopped(&found) {
        let report = ErrorReport {
            resource: Some(lab.cluster_id()),
            ..ErrorReport::new("ClusterStopped", format!("the cluster {name} is stopped, and does not answer"))
                .hint(format!("start it: {}", command.line(FollowUp::resume(), work)))
        };
        return Err(Box::new(Ending::refused(LabState::Paused, report, Exit::LabFailed)));
    }
    Ok(found)
}

/// Asks for the credentials of a cluster that was `found`.
///
/// # Errors
/// The end of a lab whose cluster gives none.
pub(super) async fn enter(command: &Command<'_>, work: &Work, found: &ManagedCluster) -> Result<Cluster, Box<Ending>> {
    let (azure, lab) = (&work.ctx.azure, &work.lab);
    let name = &lab.cluster.name;
    let of_cluster = |error: AzureError| RecipeError::azure(ResourceKind::Cluster, name, &lab.cluster_id(), error);
    let ask = async { azure.cluster_kubeconfig(&lab.group, name, false).await.map_err(of_cluster) };
    let failed = |error: RecipeError| Box::new(Ending::failed(&error));
    let kubeconfig = command.limited(work, ask).await.map_err(failed)?;
    let clusters = &command.session.clusters;
    // Who is outside of its network waits in vain.
    let clusters = if cluster::is_private(found) { &clusters.impatient() } else { clusters };
    let to = Access::read(&kubeconfig).and_then(|access| clusters.to(access, service_account(lab).0, &work.ctx.events));
    to.map_err(|error| failed(RecipeError::kubernetes(name, &lab.cluster_id(), error)))
}
