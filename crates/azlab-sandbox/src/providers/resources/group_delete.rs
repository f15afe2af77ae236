//! Deletion of a resource group and what is in it.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::StatusCode;
use serde_json::json;

use crate::arm::call::Call;
use crate::arm::failure::{Failure, Outcome};
use crate::arm::operations;
use crate::arm::provider::{GroupDeletion, Providers};
use crate::arm::response::Answer;
use crate::state::lists::ListQuery;
use crate::state::operation_end::OperationEnd;
use crate::state::operations::{Deletes, Operation, Work};
use crate::state::store::Resource;

static GROUP_DELETE: Work = Work { name: "group-delete", stages: &[(0.0, "InProgress")], deletes: Deletes::Group };

/// `DELETE …/resourceGroups/{name}`: 202 with a Location; everything in the group ends by the time the group does.
pub(super) fn delete(call: &Call<'_>, providers: &Providers, group: &Resource) -> Outcome {
    let operation = if group.deleting(call.now) {
        operation(group, group.asked, group.done)
    } else {
        cascade(call, providers, group)?
    };
    let version = call.query("api-version").unwrap_or_default();
    let path = format!("operationresults/{}", operation.id);
    Ok(Answer::empty(StatusCode::ACCEPTED)
        .header("location", operations::url(call, &operation, &path, &version))
        .header("retry-after", "15")
        .after(call.settings.durations.delete_call))
}

fn operation(group: &Resource, asked: i64, done: i64) -> Operation {
    let id = job(&group.name, &group.location);
    Operation::new(id, &GROUP_DELETE, &group.id, &group.location, asked, done)
}

/// Id of a group's deletion job: ARM names it after the group and its region.
fn job(name: &str, location: &str) -> String {
    let escaped = name.to_uppercase().replace('-', ":2D");
    let job = json!({
        "jobId": format!("RESOURCEGROUPDELETIONJOB-{escaped}-{}", location.to_uppercase()),
        "jobLocation": location,
    });
    URL_SAFE_NO_PAD.encode(job.to_string())
}

fn cascade(call: &Call<'_>, providers: &Providers, group: &Resource) -> Result<Operation, Failure> {
    let durations = &call.settings.durations;
    let children = call.store.list(&ListQuery { group: Some(&group.group), ..ListQuery::default() })?;
    // The first provider of the list that has something in the group says how long it takes.
    let takes = providers
        .iter()
        .find_map(|provider| children.iter().find_map(|child| provider.group_deletion_takes(&child.kind, durations)))
        .unwrap_or(durations.group_delete_empty);
    let done = call.later(takes);
    let deletion = GroupDeletion { soon: call.later(takes.min(durations.group_delete_empty) / 2.0), done };
    for child in &children {
        match providers.of_kind(&child.kind) {
            Some(provider) => provider.cascade(call, child, &deletion)?,
            None => call.store.end(&child.key(), deletion.soon)?,
        }
    }
    let ending = Resource { state: "Deleting".into(), asked: call.now, done, gone: Some(done), ..group.clone() };
    call.store.put(&ending)?;
    call.store.end(&group.key(), done)?;
    let operation = operation(group, call.now, done);
    operations::begin(call, &operation)?;
    Ok(operation)
}

/// `GET …/operationresults/{id}`: 202 until done, then an empty 200.
pub(super) fn result(call: &Call<'_>, id: &str) -> Outcome {
    let Some(operation) = operations::polled(call, id, &[&GROUP_DELETE])? else {
        return Err(Failure::not_found("NotFound", format!("The operation '{id}' was not found.")).gateway());
    };
    if call.now < operation.done {
        return Ok(Answer::empty(StatusCode::ACCEPTED)
            .header("location", format!("{}{}?{}", call.base, call.raw_path, call.raw_query))
            .header("retry-after", "15"));
    }
    match operation.ends {
        OperationEnd::Succeeded => Ok(Answer::empty(StatusCode::OK)),
        _ => Err(operations::refusal(&operation)),
    }
}
