//! What AKS begins: the operation, and the URLs to poll it at (azure-facts.md section 2).

use http::StatusCode;

use super::POLL_VERSION;
use crate::arm::call::Call;
use crate::arm::failure::Failure;
use crate::arm::failure::Outcome;
use crate::arm::operations;
use crate::arm::response::Answer;
use crate::state::operations::{Operation, Work};
use crate::state::store::Resource;
use crate::state::timestamps::Millis;

/// Begins `work` on `cluster`, which ends at `done`; `answer` tells where to poll it.
pub(super) fn begun(call: &Call<'_>, cluster: &Resource, work: &'static Work, done: Millis, answer: Answer) -> Outcome {
    let operation = begin(call, cluster, work, done)?;
    Ok(answer.header("azure-asyncoperation", url(call, cluster, &operation, "operations")))
}

/// Begins `work` on `cluster`, which ends at `done`: 202 with both polling URLs.
pub(super) fn accepted(call: &Call<'_>, cluster: &Resource, work: &'static Work, done: Millis) -> Outcome {
    let operation = begin(call, cluster, work, done)?;
    Ok(Answer::empty(StatusCode::ACCEPTED)
        .header("azure-asyncoperation", url(call, cluster, &operation, "operations"))
        .header("location", url(call, cluster, &operation, "operationresults"))
        .after(call.settings.durations.delete_call))
}

fn begin(call: &Call<'_>, cluster: &Resource, work: &'static Work, done: Millis) -> Result<Operation, Failure> {
    let id = call.store.guid(&cluster.id)?.to_string();
    let operation = Operation::new(id, work, &cluster.id, &cluster.location, call.now, done);
    operations::begin(call, &operation)?;
    Ok(operation)
}

fn url(call: &Call<'_>, cluster: &Resource, operation: &Operation, what: &str) -> String {
    let path = format!("providers/Microsoft.ContainerService/locations/{}/{what}/{}", cluster.location, operation.id);
    operations::url(call, operation, &path, POLL_VERSION)
}
