//! The operations on a cluster and on its pools, by themselves ("Operation Status Result - List", "- Get", "- Get By Agent Pool",
//! previews; az asks for `latest`). They are those of the last day, as long as they can be polled.

use serde_json::{Value, json};

use super::{JSON, clusters, pools, work};
use crate::arm::call::Call;
use crate::arm::failure::{Failure, Outcome};
use crate::arm::response::Answer;
use crate::state::operations::Operation;
use crate::state::store::Resource;
use crate::state::timestamps::stamp;

/// `…/managedClusters/{name}/operations`
pub(super) fn list(call: &Call<'_>, group: &Resource, name: &str) -> Outcome {
    if call.writes() {
        return Err(call.method_not_allowed());
    }
    let cluster = clusters::find(call, group, name)?;
    let value: Vec<Value> = all(call, &cluster)?.iter().map(|operation| body(call, &cluster.id, operation)).collect();
    Ok(Answer::ok(json!({ "value": value })).header("content-type", JSON))
}

/// `…/managedClusters/{name}/operations/{id}`; `latest` is one, too.
pub(super) fn of_cluster(call: &Call<'_>, group: &Resource, name: &str, id: &str) -> Outcome {
    let cluster = clusters::find(call, group, name)?;
    one(call, &cluster, &cluster.id, id)
}

/// `…/agentPools/{name}/operations/{id}`
pub(super) fn of_pool(call: &Call<'_>, group: &Resource, cluster: &str, pool: &str, id: &str) -> Outcome {
    let cluster = clusters::find(call, group, cluster)?;
    let shown = pools::required(call, group, &cluster, pool)?;
    one(call, &cluster, shown["id"].as_str().unwrap_or_default(), id)
}

fn one(call: &Call<'_>, cluster: &Resource, of: &str, id: &str) -> Outcome {
    if call.writes() {
        return Err(call.method_not_allowed());
    }
    let mut all = all(call, cluster)?.into_iter();
    let found =
        if id.eq_ignore_ascii_case("latest") { all.next() } else { all.find(|one| one.id.eq_ignore_ascii_case(id)) };
    let found = found.ok_or_else(|| {
        Failure::not_found("NotFound", format!("The operation '{id}' of '{of}' was not found.")).flat()
    })?;
    Ok(Answer::ok(body(call, of, &found)).header("content-type", JSON))
}

/// Those of a cluster, the newest first.
fn all(call: &Call<'_>, cluster: &Resource) -> rusqlite::Result<Vec<Operation>> {
    let sql = "SELECT id FROM operations WHERE resource = ?1 ORDER BY asked DESC, id";
    let mut statement = call.store.db().prepare_cached(sql)?;
    let ids: Vec<String> = statement.query_map([&cluster.id], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    let found = ids.iter().map(|id| Operation::find(&call.store, call.now, id, &work::ALL));
    found.filter_map(Result::transpose).collect()
}

fn body(call: &Call<'_>, of: &str, operation: &Operation) -> Value {
    let over = call.now >= operation.done;
    let mut body = json!({
        "id": format!("{of}/operations/{}", operation.id),
        "name": operation.id,
        "resourceId": of,
        "status": operation.status(call.now),
        "startTime": stamp(operation.asked),
        "percentComplete": percent(operation, call.now),
    });
    if over {
        body["endTime"] = stamp(operation.done).into();
    }
    if let Some(error) = operation.error(call.now) {
        body["error"] = error.clone();
    }
    body
}

fn percent(operation: &Operation, now: i64) -> f64 {
    let whole = (operation.done - operation.asked).max(1) as f64;
    ((now - operation.asked) as f64 / whole * 100.0).clamp(0.0, 100.0).round()
}
