//! Ending an operation before its time ("Managed Clusters - Abort Latest Operation", "Agent Pools - Abort Latest Operation").
//! What it was doing is left undone as it was at that moment: the cluster is `Canceling`, then `Canceled`, and a write repairs it.

use http::Method;
use rusqlite::OptionalExtension as _;
use serde_json::json;

use super::accepted::accepted;
use super::{clusters, pools, work};
use crate::arm::call::Call;
use crate::arm::failure::{Failure, Outcome};
use crate::state::operation_end::OperationEnd;
use crate::state::operations::Operation;
use crate::state::store::Resource;

/// Seconds until an operation has stopped (inferred).
const STOPPING: f64 = 30.0;

/// `POST …/managedClusters/{name}/abort`
pub(super) fn of_cluster(call: &Call<'_>, group: &Resource, name: &str) -> Outcome {
    if *call.method != Method::POST {
        return Err(call.method_not_allowed());
    }
    abort(call, clusters::find(call, group, name)?)
}

/// `POST …/agentPools/{name}/abort`: only what is done to that pool.
pub(super) fn of_pool(call: &Call<'_>, group: &Resource, cluster: &str, pool: &str) -> Outcome {
    if *call.method != Method::POST {
        return Err(call.method_not_allowed());
    }
    let cluster = clusters::find(call, group, cluster)?;
    let shown = pools::required(call, group, &cluster, pool)?;
    if shown["properties"]["provisioningState"] == "Succeeded" {
        return Err(nothing(&format!("agent pool '{pool}'")));
    }
    abort(call, cluster)
}

fn abort(call: &Call<'_>, cluster: Resource) -> Outcome {
    if !cluster.in_progress(call.now) || cluster.state == "Canceling" {
        return Err(nothing(&format!("managed cluster '{}'", cluster.name)));
    }
    if cluster.gone.is_some() {
        let message = format!("The deletion of the managed cluster '{}' cannot be aborted.", cluster.name);
        return Err(Failure::conflict("OperationNotAllowed", message).flat());
    }
    let stopped = call.later(STOPPING);
    if let Some(operation) = latest(call, &cluster)? {
        let error = json!({"code": "OperationCanceled", "message": "The operation was aborted by the user."});
        operation.end(&call.store, stopped, OperationEnd::Canceled, &error)?;
    }
    let key = cluster.key();
    let cluster = Resource { state: "Canceling".into(), done: stopped, ..cluster };
    call.store.put(&cluster)?;
    call.store.finish(&key, stopped, OperationEnd::Canceled)?;
    accepted(call, &cluster, &work::CLUSTER_ABORT, stopped)
}

/// The operation on a cluster that is under way.
fn latest(call: &Call<'_>, cluster: &Resource) -> rusqlite::Result<Option<Operation>> {
    let id: Option<String> = call
        .store
        .db()
        .prepare_cached("SELECT id FROM operations WHERE resource = ?1 AND done > ?2 ORDER BY asked DESC LIMIT 1")?
        .query_row((&cluster.id, call.now), |row| row.get(0))
        .optional()?;
    id.map_or(Ok(None), |id| Operation::find(&call.store, call.now, &id, &work::ALL))
}

/// The refusal where nothing is under way, or no longer (409, the REST reference; the words are inferred).
fn nothing(what: &str) -> Failure {
    Failure::conflict("OperationNotAllowed", format!("There is no operation in progress on the {what} to be aborted."))
        .flat()
}
