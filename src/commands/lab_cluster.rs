//! A lab's cluster, for commands that want to reach it.

use super::cure::{self, Whole};
use super::runner::{Command, Ending};
use super::work::Work;
use crate::azure::clusters::ManagedCluster;
use crate::azure::lro::Status;
use crate::follow_up::FollowUp;
use crate::outcome::{ErrorReport, Exit, LabState};
use crate::recipe::cluster;
use crate::recipe::error::Error as RecipeError;
use crate::values::ResourceKind;

/// The lab's cluster, which has credentials to give.
///
/// # Errors
/// The end of a lab without one, or with one that is still being created.
pub(super) async fn find(command: &Command<'_>, work: &Work) -> Result<ManagedCluster, Box<Ending>> {
    let (azure, lab) = (&work.ctx.azure, &work.lab);
    let name = &lab.cluster.name;
    let of_cluster = |error| RecipeError::azure(ResourceKind::Cluster, name, &lab.cluster_id(), error);
    let failed = |error: RecipeError| Box::new(Ending::failed(&error));
    let look = async { azure.cluster(&lab.group, name).await.map_err(of_cluster) };
    let found = command.limited(work, look).await.map_err(failed)?;
    let is_going = found.as_ref().is_some_and(cluster::is_going);
    let Some(found) = found.filter(|_| !is_going) else {
        let (what, cure) = cure::cure(cure::whole(work).await.unwrap_or(Whole::Absent), is_going);
        let report = ErrorReport {
            resource: Some(lab.cluster_id()),
            ..ErrorReport::new(
                "ClusterNotFound",
                format!("there is no cluster {name} in the resource group {}", lab.group),
            )
            .hint(format!("{what} first: {}", command.line(cure, work)))
        };
        return Err(Box::new(Ending::refused(LabState::Absent, report, Exit::NotFound)));
    };
    let state = found.properties.as_ref().and_then(|properties| properties.provisioning_state.as_deref());
    if let Status::Running(status) = Status::read(state)
        && status.eq_ignore_ascii_case("Creating")
    {
        let report = ErrorReport {
            resource: Some(lab.cluster_id()),
            retryable: true,
            ..ErrorReport::new("ClusterNotReady", format!("the cluster {name} is still being created"))
                .hint(format!("wait until it is ready: {}", command.line(FollowUp::wait(), work)))
        };
        return Err(Box::new(Ending::refused(LabState::Incomplete, report, Exit::LabFailed)));
    }
    Ok(found)
}
