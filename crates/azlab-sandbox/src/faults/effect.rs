//! What a fault does within the service's work: operations that end otherwise, polling URLs that expire, resources that show
//! late. Applied after the handler, in the same transaction, so that it holds for every resource type.

use http::StatusCode;
use rusqlite::params;
use serde_json::json;

use super::fault::{FaultKind, OperationFault};
use crate::arm::call::Call;
use crate::arm::failure::Failure;
use crate::arm::operations::{Operation, Work};
use crate::arm::quota;
use crate::arm::response::Answer;
use crate::providers::resources::groups;
use crate::state::lists::Wanted;
use crate::state::operation_end::OperationEnd;
use crate::state::store::kind;
use crate::state::timestamps::{Millis, plus};

/// Lets `fault` happen to what the request has just written; `answer` is the handler's.
pub(crate) fn apply(call: &Call<'_>, fault: &FaultKind, answer: Answer) -> Result<Answer, Failure> {
    let answered = plus(call.now, answer.latency.unwrap_or_default());
    match fault {
        FaultKind::Operation(fault) => operation(call, fault, answer),
        FaultKind::PollingExpires { after } => {
            for id in call.started.borrow().iter() {
                let sql = "UPDATE operations SET expires = ?2 WHERE id = ?1";
                call.store.db().prepare_cached(sql)?.execute(params![id, plus(answered, *after)])?;
            }
            Ok(answer)
        }
        FaultKind::Late { seconds } => {
            if answer.status == StatusCode::CREATED {
                let sql = "UPDATE resources SET hidden = ?2 WHERE key = ?1 AND (created = ?3 OR born = ?3)";
                let key = call.path.up_to(usize::MAX).to_lowercase();
                call.store.db().prepare_cached(sql)?.execute(params![key, plus(answered, *seconds), call.now])?;
            }
            Ok(answer)
        }
        _ => Ok(answer),
    }
}

fn operation(call: &Call<'_>, fault: &OperationFault, mut answer: Answer) -> Result<Answer, Failure> {
    let Some(id) = call.started.borrow().last().cloned() else {
        // Nothing goes on after the answer: the resource is left in the state at once.
        let key = call.path.up_to(usize::MAX).to_lowercase();
        let state = answer.body.as_mut().and_then(|body| body.pointer_mut("/properties/provisioningState"));
        if let Some(state) = state.filter(|_| fault.ends != OperationEnd::Succeeded) {
            *state = fault.ends.name().into();
            call.store
                .db()
                .prepare_cached(
                    "UPDATE resources SET ended = ?2, body = json_set(body, '$.properties.provisioningState', ?2)
                     WHERE key = ?1",
                )?
                .execute(params![key, fault.ends.name()])?;
        }
        return Ok(answer);
    };
    let Some(operation) = Operation::find(call, &id)? else { return Ok(answer) };
    let over = match fault.ends {
        OperationEnd::Succeeded => operation.done,
        _ => operation.asked + ((operation.done - operation.asked) as f64 * fault.at.clamp(0.0, 1.0)) as Millis,
    };
    let error = json!({"code": fault.code, "message": fault.message}).to_string();
    call.store
        .db()
        .prepare_cached("UPDATE operations SET done = ?2, ended = ?3, error = ?4 WHERE id = ?1")?
        .execute(params![id, over, fault.ends.name(), error])?;
    if fault.ends == OperationEnd::Succeeded {
        return Ok(answer);
    }
    match operation.work {
        Work::ClusterDelete | Work::AccountPurge | Work::GroupDelete => keep(call, &operation, over, fault.ends)?,
        _ => end(call, &operation.resource, over, fault.ends)?,
    }
    Ok(answer)
}

/// The work on a resource is over at `over`, and ended so.
fn end(call: &Call<'_>, id: &str, over: Millis, ends: OperationEnd) -> Result<(), Failure> {
    call.store
        .db()
        .prepare_cached("UPDATE resources SET done = ?2, ended = ?3, gone = NULL WHERE key = ?1")?
        .execute(params![id.to_lowercase(), over, ends.name()])?;
    Ok(())
}

/// A deletion ends early: what would have gone after `over` stays, and still holds its quota.
fn keep(call: &Call<'_>, operation: &Operation, over: Millis, ends: OperationEnd) -> Result<(), Failure> {
    let store = &call.store;
    if operation.work == Work::AccountPurge {
        let Some(account) = store.get(&operation.resource)? else { return Ok(()) };
        let kept = plus(account.asked, call.settings.durations.soft_delete);
        store.end(&account.key(), kept)?;
        quota::end(store, &account.parent, Some(kept))?;
        return Ok(());
    }
    let key = operation.resource.to_lowercase();
    let whole_group = operation.work == Work::GroupDelete;
    let group = key.rsplit('/').next().filter(|_| whole_group);
    let below = match group {
        Some(_) => store.list(&Wanted { group, ..Wanted::default() })?,
        None => store.get(&operation.resource)?.into_iter().collect(),
    };
    for it in below.iter().filter(|it| it.gone.is_some_and(|gone| gone > over)) {
        revive(call, &it.key())?;
        match it.kind {
            kind::GROUP => end(call, &it.id, over, OperationEnd::Succeeded)?,
            kind::CLUSTER => {
                end(call, &it.id, over, ends)?;
                quota::end(store, &it.id, None)?;
                let nodes = it.body["properties"]["nodeResourceGroup"].as_str().unwrap_or_default();
                revive(call, &groups::id(nodes).to_lowercase())?;
                end(call, &groups::id(nodes), over, OperationEnd::Succeeded)?;
            }
            kind::ACCOUNT => {
                quota::end(store, &it.id, None)?;
                store
                    .db()
                    .prepare_cached("DELETE FROM resources WHERE type = ?1 AND parent = ?2 AND born > ?3")?
                    .execute(params![kind::DELETED_ACCOUNT, it.key(), over])?;
            }
            _ => {}
        }
    }
    Ok(())
}

/// Takes back [`Store::end`](crate::state::store::Store::end).
fn revive(call: &Call<'_>, key: &str) -> Result<(), Failure> {
    call.store
        .db()
        .prepare_cached(
            "UPDATE resources SET gone = NULL WHERE key = ?1
             OR (type IN (?2, ?3, ?4, ?5) AND (parent = ?1 OR (parent > ?1||'/' AND parent < ?1||'0')))",
        )?
        .execute(params![key, kind::ASSIGNMENT, kind::LOCK, kind::POLICY_ASSIGNMENT, kind::MAINTENANCE])?;
    Ok(())
}
