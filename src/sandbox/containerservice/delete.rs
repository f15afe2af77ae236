//! Deletion of a cluster and its node resource group.

use http::StatusCode;

use super::POLL_VERSION;
use crate::sandbox::answer::{Answer, Outcome};
use crate::sandbox::call::Call;
use crate::sandbox::errors::Failure;
use crate::sandbox::moment::Millis;
use crate::sandbox::operations::{Operation, Work};
use crate::sandbox::quota;
use crate::sandbox::resources::groups;
use crate::sandbox::store::Resource;

/// `DELETE …/managedClusters/{name}`: 202 with both polling URLs; an absent cluster is 204.
pub(super) fn delete(call: &Call<'_>, found: Option<Resource>) -> Outcome {
    let Some(cluster) = found else { return Ok(Answer::empty(StatusCode::NO_CONTENT)) };
    let durations = &call.settings.durations;
    let done = if cluster.deleting() {
        cluster.done
    } else {
        let done = call.later(durations.delete_call + durations.cluster_delete);
        end(call, &cluster, done)?;
        done
    };
    let operation = Operation {
        id: call.store.guid(&cluster.id)?.to_string(),
        work: Work::ClusterDelete,
        resource: cluster.id.clone(),
        location: cluster.location.clone(),
        asked: call.now,
        done,
    };
    operation.save(call)?;
    let path = |what: &str| {
        format!("providers/Microsoft.ContainerService/locations/{}/{what}/{}", cluster.location, operation.id)
    };
    Ok(Answer::empty(StatusCode::ACCEPTED)
        .header("azure-asyncoperation", operation.url(call, &path("operations"), POLL_VERSION))
        .header("location", operation.url(call, &path("operationresults"), POLL_VERSION))
        .after(durations.delete_call))
}

/// Lets the cluster, its node resource group and its quota end at `done`.
pub(crate) fn end(call: &Call<'_>, cluster: &Resource, done: Millis) -> Result<(), Failure> {
    let ending = Resource { state: "Deleting".into(), asked: call.now, done, gone: Some(done), ..cluster.clone() };
    call.store.put(&ending)?;
    call.store.end(&cluster.key(), done)?;
    quota::end(&call.store, &cluster.id, Some(done))?;
    let nodes = cluster.body["properties"]["nodeResourceGroup"].as_str().unwrap_or_default();
    if let Some(nodes) = call.store.get(&groups::id(nodes))? {
        call.store.put(&Resource { state: "Deleting".into(), asked: call.now, done, gone: Some(done), ..nodes })?;
    }
    Ok(())
}
