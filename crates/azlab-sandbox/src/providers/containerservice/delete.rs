//! Deletion of a cluster and its node resource group.

use http::StatusCode;

use super::accepted::accepted;
use super::{kind, work};
use crate::arm::call::Call;
use crate::arm::failure::Failure;
use crate::arm::failure::Outcome;
use crate::arm::provider::FailedDeletion;
use crate::arm::quota;
use crate::arm::response::Answer;
use crate::providers::resources::groups;
use crate::state::lists::ListQuery;
use crate::state::operation_end::OperationEnd;
use crate::state::store::Resource;
use crate::state::timestamps::Millis;
use rusqlite::params;

/// `DELETE …/managedClusters/{name}`: 202 with both polling URLs; an absent cluster is 204.
pub(super) fn delete(call: &Call<'_>, found: Option<Resource>) -> Outcome {
    let Some(cluster) = found else { return Ok(Answer::empty(StatusCode::NO_CONTENT)) };
    let durations = &call.settings.durations;
    let done = if cluster.deleting(call.now) {
        cluster.done
    } else {
        let done = call.later(durations.delete_call + durations.cluster_delete);
        end(call, &cluster, done)?;
        done
    };
    accepted(call, &cluster, &work::CLUSTER_DELETE, done)
}

/// Lets the cluster, its node resource group and its quota end at `done`.
pub(crate) fn end(call: &Call<'_>, cluster: &Resource, done: Millis) -> Result<(), Failure> {
    let ending = Resource { state: "Deleting".into(), asked: call.now, done, gone: Some(done), ..cluster.clone() };
    call.store.put(&ending)?;
    call.store.end(&cluster.key(), done)?;
    for child in call.store.list(&ListQuery { parent: Some(&cluster.key()), ..ListQuery::default() })? {
        call.store.end(&child.key(), done)?;
    }
    quota::end(&call.store, &cluster.id, Some(done))?;
    let nodes = cluster.body["properties"]["nodeResourceGroup"].as_str().unwrap_or_default();
    if let Some(nodes) = call.store.get(&groups::id(call, nodes))? {
        call.store.put(&Resource { state: "Deleting".into(), asked: call.now, done, gone: Some(done), ..nodes })?;
    }
    Ok(())
}

/// Keeps the cluster, whose deletion has failed, with its parts, its quota and its node resource group.
pub(super) fn undo(call: &Call<'_>, cluster: &Resource, failed: &FailedDeletion) -> Result<(), Failure> {
    let store = &call.store;
    store.finish(&cluster.key(), failed.at, failed.end)?;
    store
        .db()
        .prepare_cached("UPDATE resources SET gone = NULL WHERE parent = ?1 AND type IN (?2, ?3)")?
        .execute(params![cluster.key(), kind::MAINTENANCE, kind::COMMAND])?;
    quota::end(store, &cluster.id, None)?;
    let nodes = groups::id(call, cluster.body["properties"]["nodeResourceGroup"].as_str().unwrap_or_default());
    store.revive(&nodes.to_lowercase())?;
    Ok(store.finish(&nodes.to_lowercase(), failed.at, OperationEnd::Succeeded)?)
}
