//! What a fault does within the service's work: operations that end otherwise, polling URLs that expire, resources that show
//! late. Applied after the handler, in the same transaction, so that it holds for every resource type.

use http::StatusCode;
use rusqlite::params;
use serde_json::json;

use super::fault::{FaultKind, OperationFault};
use crate::arm::call::Call;
use crate::arm::failure::Failure;
use crate::arm::provider::{FailedDeletion, Providers};
use crate::arm::response::Answer;
use crate::state::lists::ListQuery;
use crate::state::operation_end::OperationEnd;
use crate::state::operations::{Deletes, Operation};

/// Lets `fault` happen to what the request has just written; `answer` is the handler's.
pub(crate) fn apply(
    call: &Call<'_>,
    providers: &Providers,
    fault: &FaultKind,
    answer: Answer,
) -> Result<Answer, Failure> {
    let answered = call.later(answer.latency.unwrap_or_default());
    match fault {
        FaultKind::Operation(fault) => operation(call, providers, fault, answer),
        FaultKind::PollingExpires { after } => {
            for Operation { id, .. } in call.started.borrow().iter() {
                let sql = "UPDATE operations SET expires = ?2 WHERE id = ?1";
                call.store.db().prepare_cached(sql)?.execute(params![id, call.pace.after(answered, *after)])?;
            }
            Ok(answer)
        }
        FaultKind::Late { seconds } => {
            if answer.status == StatusCode::CREATED {
                let sql = "UPDATE resources SET hidden = ?2 WHERE key = ?1 AND (created = ?3 OR born = ?3)";
                let key = call.path.up_to(usize::MAX).to_lowercase();
                call.store.db().prepare_cached(sql)?.execute(params![
                    key,
                    call.pace.after(answered, *seconds),
                    call.now
                ])?;
            }
            Ok(answer)
        }
        _ => Ok(answer),
    }
}

fn operation(
    call: &Call<'_>,
    providers: &Providers,
    fault: &OperationFault,
    mut answer: Answer,
) -> Result<Answer, Failure> {
    let Some(operation) = call.started.borrow().last().cloned() else {
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
    let over = match fault.ends {
        OperationEnd::Succeeded => operation.done,
        _ => operation.part(fault.at),
    };
    let error = json!({"code": fault.code, "message": fault.message});
    operation.end(&call.store, over, fault.ends, &error)?;
    if fault.ends == OperationEnd::Succeeded {
        return Ok(answer);
    }
    let failed = FailedDeletion { at: over, end: fault.ends };
    match operation.work.deletes {
        Deletes::Nothing => call.store.finish(&operation.resource.to_lowercase(), over, fault.ends)?,
        Deletes::SoftDeleted => {
            if let Some(it) = call.store.get(&operation.resource)?
                && let Some(provider) = providers.of_kind(&it.kind)
            {
                provider.undo_purge(call, &it)?;
            }
        }
        Deletes::Resource | Deletes::Group => keep(call, providers, &operation, &failed)?,
    }
    Ok(answer)
}

/// A deletion ends early: what would have gone after it stays, and still holds its quota.
fn keep(call: &Call<'_>, providers: &Providers, operation: &Operation, failed: &FailedDeletion) -> Result<(), Failure> {
    let store = &call.store;
    let key = operation.resource.to_lowercase();
    let group = key.rsplit('/').next().filter(|_| operation.work.deletes == Deletes::Group);
    let ending = match group {
        Some(_) => store.list(&ListQuery { group, ..ListQuery::default() })?,
        None => store.get(&operation.resource)?.into_iter().collect(),
    };
    for it in ending.iter().filter(|it| it.gone.is_some_and(|gone| gone > failed.at)) {
        store.revive(&it.key())?;
        if let Some(provider) = providers.of_kind(&it.kind) {
            provider.undo_deletion(call, it, failed)?;
        }
    }
    Ok(())
}
