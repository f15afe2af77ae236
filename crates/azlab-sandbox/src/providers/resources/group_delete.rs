//! Deletion of a resource group and what is in it.

use http::StatusCode;

use crate::arm::call::Call;
use crate::arm::failure::Outcome;
use crate::arm::operations::{Operation, Work, group_deletion_id};
use crate::arm::response::Answer;
use crate::providers::cognitiveservices;
use crate::providers::containerservice;
use crate::state::lists::Wanted;
use crate::state::operation_end::OperationEnd;
use crate::state::store::{Resource, kind};
use crate::state::timestamps::plus;

/// `DELETE …/resourceGroups/{name}`: 202 with a Location; everything in the group ends by the time the group does.
pub(crate) fn delete(call: &Call<'_>, group: &Resource) -> Outcome {
    let id = group_deletion_id(&group.name, &group.location);
    let operation = if group.deleting(call.now) {
        Operation {
            id,
            work: Work::GroupDelete,
            resource: group.id.clone(),
            location: group.location.clone(),
            asked: group.asked,
            done: group.done,
            ends: OperationEnd::Succeeded,
            error: None,
        }
    } else {
        cascade(call, group, id)?
    };
    let version = call.query("api-version").unwrap_or_default();
    let path = format!("operationresults/{}", operation.id);
    Ok(Answer::empty(StatusCode::ACCEPTED)
        .header("location", operation.url(call, &path, &version))
        .header("retry-after", "15")
        .after(call.settings.durations.delete_call))
}

fn cascade(call: &Call<'_>, group: &Resource, id: String) -> Result<Operation, crate::arm::failure::Failure> {
    let durations = &call.settings.durations;
    let children = call.store.list(&Wanted { group: Some(&group.group), ..Wanted::default() })?;
    let has = |kind| children.iter().any(|child| child.kind == kind);
    let takes = if has(kind::CLUSTER) {
        durations.group_delete_cluster
    } else if has(kind::ACCOUNT) {
        durations.group_delete_accounts
    } else {
        durations.group_delete_empty
    };
    let done = call.later(takes);
    // What is neither group nor cluster goes in the first part of the work.
    let soon = plus(call.now, takes.min(durations.group_delete_empty) / 2.0);
    for child in &children {
        match child.kind {
            kind::GROUP => {}
            kind::CLUSTER => containerservice::delete::end(call, child, done)?,
            kind::ACCOUNT => cognitiveservices::deleted::soft_delete(call, child, soon)?,
            // Follow their account, whose soft-deleted form keeps them.
            kind::DEPLOYMENT => {}
            _ => call.store.end(&child.key(), soon)?,
        }
    }
    let ending = Resource { state: "Deleting".into(), asked: call.now, done, gone: Some(done), ..group.clone() };
    call.store.put(&ending)?;
    call.store.end(&group.key(), done)?;
    let operation = Operation {
        id,
        work: Work::GroupDelete,
        resource: group.id.clone(),
        location: group.location.clone(),
        asked: call.now,
        done,
        ends: OperationEnd::Succeeded,
        error: None,
    };
    operation.save(call)?;
    Ok(operation)
}
