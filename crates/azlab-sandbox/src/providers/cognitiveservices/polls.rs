//! Polls of the operations of Cognitive Services.

use super::work;
use crate::arm::call::Call;
use crate::arm::failure::{Failure, Outcome};
use crate::arm::operations;
use crate::arm::response::Answer;

/// `…/locations/{l}/operationResults/{id}`, where `l` echoes the caller's casing.
pub(super) fn status(call: &Call<'_>, location: &str, id: &str) -> Outcome {
    let Some(operation) = operations::polled(call, id, &work::ALL)? else {
        return Err(Failure::not_found("NotFound", format!("The operation result '{id}' cannot be found.")));
    };
    let mut body = operations::status(&operation, call.now);
    body["id"] = format!(
        "/subscriptions/{}/providers/Microsoft.CognitiveServices/locations/{location}/operationResults/{}",
        call.subscription(),
        operation.id
    )
    .into();
    if let Some(error) = operation.error(call.now) {
        body["error"] = error.clone();
    }
    Ok(Answer::ok(body))
}
