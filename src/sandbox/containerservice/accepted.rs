//! The answer to what goes on after it: 202 with both polling URLs (azure-facts.md section 2).

use http::StatusCode;

use super::POLL_VERSION;
use crate::sandbox::answer::{Answer, Outcome};
use crate::sandbox::call::Call;
use crate::sandbox::faults::OperationEnd;
use crate::sandbox::moment::Millis;
use crate::sandbox::operations::{Operation, Work};
use crate::sandbox::store::Resource;

/// Begins `work` on `cluster`, which ends at `done`.
pub(super) fn accepted(call: &Call<'_>, cluster: &Resource, work: Work, done: Millis) -> Outcome {
    let operation = Operation {
        id: call.store.guid(&cluster.id)?.to_string(),
        work,
        resource: cluster.id.clone(),
        location: cluster.location.clone(),
        asked: call.now,
        done,
        ends: OperationEnd::Succeeded,
        error: None,
    };
    operation.save(call)?;
    let path = |what: &str| {
        format!("providers/Microsoft.ContainerService/locations/{}/{what}/{}", cluster.location, operation.id)
    };
    Ok(Answer::empty(StatusCode::ACCEPTED)
        .header("azure-asyncoperation", operation.url(call, &path("operations"), POLL_VERSION))
        .header("location", operation.url(call, &path("operationresults"), POLL_VERSION))
        .after(call.settings.durations.delete_call))
}
