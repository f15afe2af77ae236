//! Polls of AKS's operations (azure-facts.md section 2).

use http::StatusCode;
use serde_json::{Value, json};

use super::{JSON, work};
use crate::arm::call::Call;
use crate::arm::failure::{Failure, Outcome};
use crate::arm::operations;
use crate::arm::response::Answer;
use crate::state::operation_end::OperationEnd;

/// `…/locations/{l}/operations/{id}`: always 200, status in the body.
pub(super) fn status(call: &Call<'_>, id: &str) -> Outcome {
    let Some(operation) = operations::polled(call, id, &work::ALL)? else {
        return Err(Failure::not_found("NotFound", format!("The operation {id} was not found.")).flat());
    };
    let mut body = operations::status(&operation, call.now);
    if let Some(error) = operation.error(call.now) {
        body["error"] = flat(error);
    }
    Ok(Answer::ok(body).header("content-type", JSON))
}

/// An error as AKS writes it.
fn flat(error: &Value) -> Value {
    json!({"code": error["code"], "details": null, "message": error["message"], "subcode": ""})
}

/// `…/locations/{l}/operationresults/{id}`: 202 until done, then an empty success. AKS sends no Retry-After (azure-facts.md,
/// "What changes the design", 2).
pub(super) fn result(call: &Call<'_>, id: &str) -> Outcome {
    let Some(operation) = operations::polled(call, id, &work::ALL)? else {
        return Err(Failure::not_found("NotFound", format!("The operation '{id}' was not found.")).gateway());
    };
    if call.now < operation.done {
        return Ok(Answer::empty(StatusCode::ACCEPTED));
    }
    match operation.ends {
        OperationEnd::Succeeded => Ok(Answer::empty(StatusCode::NO_CONTENT)),
        _ => Err(operations::refusal(&operation).flat()),
    }
}
