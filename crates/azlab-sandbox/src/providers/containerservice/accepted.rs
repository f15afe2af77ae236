//! What AKS begins: the operation, and the URLs to poll it at (azure-facts.md section 2).

use http::StatusCode;

use super::POLL_VERSION;
use crate::arm::call::Call;
use crate::arm::failure::Failure;
use crate::arm::failure::Outcome;
use crate::arm::operations::{Operation, Work};
use crate::arm::response::Answer;
use crate::state::operation_end::OperationEnd;
use crate::state::store::Resource;
use crate::state::timestamps::Millis;

/// Begins `work` on `cluster`, which ends at `done`; `answer` tells where to poll it.
pub(super) fn begun(call: &Call<'_>, cluster: &Resource, work: Work, done: Millis, answer: Answer) -> Outcome {
    let operation = begin(call, cluster, work, done)?;
    Ok(answer.header("azure-asyncoperation", url(call, cluster, &operation, "operations")))
}

/// Begins `work` on `cluster`, which ends at `done`: 202 with both polling URLs.
pub(super) fn accepted(call: &Call<'_>, cluster: &Resource, work: Work, done: Millis) -> Outcome {
    let operation = begin(call, cluster, work, done)?;
    Ok(Answer::empty(StatusCode::ACCEPTED)
        .header("azure-asyncoperation", url(call, cluster, &operation, "operations"))
        .header("location", url(call, cluster, &operation, "operationresults"))
        .after(call.settings.durations.delete_call))
}

fn begin(call: &Call<'_>, cluster: &Resource, work: Work, done: Millis) -> Result<Operation, Failure> {
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
    Ok(operation)
}

fn url(call: &Call<'_>, cluster: &Resource, operation: &Operation, what: &str) -> String {
    let path = format!("providers/Microsoft.ContainerService/locations/{}/{what}/{}", cluster.location, operation.id);
    operation.url(call, &path, POLL_VERSION)
}
