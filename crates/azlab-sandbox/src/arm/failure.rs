//! Refusals as the services word them: ARM wraps an error in `{"error": …}`, AKS sends it flat.

use http::StatusCode;
use serde_json::{Value, json};

use super::response::Answer;
use crate::state::error::OtherSchema;

/// What a handler returns.
pub(crate) type Outcome = Result<Answer, Failure>;

/// A request that the service refuses; rendered to the envelope of the service that refuses it.
#[derive(Debug)]
pub(crate) struct Failure(Box<Refusal>);

#[derive(Debug)]
struct Refusal {
    status: StatusCode,
    code: String,
    message: String,
    target: Option<String>,
    /// Of AKS's envelope alone.
    subcode: &'static str,
    details: Vec<Value>,
    additional_info: Vec<Value>,
    envelope: Envelope,
    gateway: bool,
    headers: Vec<(&'static str, String)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Envelope {
    Wrapped,
    Flat,
}

impl Failure {
    /// ARM's own envelope, as resource providers other than AKS use it too.
    pub fn new(status: StatusCode, code: &str, message: impl Into<String>) -> Self {
        Self(Box::new(Refusal {
            status,
            code: code.to_owned(),
            message: message.into(),
            target: None,
            subcode: "",
            details: Vec::new(),
            additional_info: Vec::new(),
            envelope: Envelope::Wrapped,
            gateway: false,
            headers: Vec::new(),
        }))
    }

    /// 400 with ARM's envelope.
    pub fn bad_request(code: &str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }

    /// 404 with ARM's envelope.
    pub fn not_found(code: &str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, code, message)
    }

    /// 409 with ARM's envelope.
    pub fn conflict(code: &str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, code, message)
    }

    /// 404 of ARM itself for a resource that no provider was asked about.
    pub fn resource_missing(kind_and_name: &str, group: &str) -> Self {
        Self::not_found(
            "ResourceNotFound",
            format!(
                "The Resource '{kind_and_name}' under resource group '{group}' was not found. For more details please go \
                 to https://aka.ms/ARMResourceNotFoundFix"
            ),
        )
        .gateway()
    }

    /// 404 of ARM for a path that it does not have.
    pub fn unknown_path(path: &str) -> Self {
        Self::not_found("NotFound", format!("The path '{path}' is not one of Azure Resource Manager.")).gateway()
    }

    /// ARM's answer for anything in a group that does not exist.
    pub fn group_missing(name: &str) -> Self {
        Self::not_found("ResourceGroupNotFound", format!("Resource group '{name}' could not be found.")).gateway()
    }

    /// 409 of ARM for writes into a group on its way out.
    pub fn group_being_deleted(name: &str) -> Self {
        Self::conflict(
            "ResourceGroupBeingDeleted",
            format!("The resource group '{name}' is in deprovisioning state and cannot perform this operation."),
        )
        .gateway()
    }

    /// 404 of ARM for a child of a resource that is not in its group.
    pub fn parent_missing(group: &str, parent: &str) -> Self {
        Self::not_found(
            "ParentResourceNotFound",
            format!(
                "Failed to perform operation on resource. The parent resource '{parent}' could not be found in resource \
                 group '{group}'."
            ),
        )
        .gateway()
    }

    /// 400 for a body that is not what the operation takes.
    pub fn content(reason: impl std::fmt::Display) -> Self {
        Self::bad_request(
            "InvalidRequestContent",
            format!("The request content was invalid and could not be deserialized: '{reason}'."),
        )
    }

    /// Marks the refusal as ARM's, not a provider's (`x-ms-failure-cause: gateway`).
    pub fn gateway(mut self) -> Self {
        self.0.gateway = true;
        self
    }

    /// The envelope of AKS: no `error` wrapper.
    pub fn flat(mut self) -> Self {
        self.0.envelope = Envelope::Flat;
        self
    }

    /// The code behind AKS's code.
    pub fn subcode(mut self, subcode: &'static str) -> Self {
        self.0.subcode = subcode;
        self
    }

    /// What the refusal is about.
    pub fn target(mut self, target: &str) -> Self {
        self.0.target = Some(target.to_owned());
        self
    }

    /// An entry of `details`.
    pub fn detail(mut self, detail: Value) -> Self {
        self.0.details.push(detail);
        self
    }

    /// An entry of `additionalInfo`.
    pub fn additional_info(mut self, info: Value) -> Self {
        self.0.additional_info.push(info);
        self
    }

    /// A further response header.
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.0.headers.push((name, value.into()));
        self
    }

    /// The response of this refusal.
    pub fn into_answer(self) -> Answer {
        let refusal = *self.0;
        let body = match refusal.envelope {
            Envelope::Flat => {
                let mut body = json!({"code": refusal.code, "details": null, "message": refusal.message, "subcode": refusal.subcode});
                if !refusal.details.is_empty() {
                    body["details"] = Value::Array(refusal.details);
                }
                if let Some(target) = refusal.target {
                    body["target"] = Value::String(target);
                }
                body
            }
            Envelope::Wrapped => {
                let mut error = json!({"code": refusal.code, "message": refusal.message});
                if let Some(target) = refusal.target {
                    error["target"] = Value::String(target);
                }
                if !refusal.details.is_empty() {
                    error["details"] = Value::Array(refusal.details);
                }
                if !refusal.additional_info.is_empty() {
                    error["additionalInfo"] = Value::Array(refusal.additional_info);
                }
                json!({ "error": error })
            }
        };
        let mut answer = Answer::json(refusal.status, body);
        if refusal.envelope == Envelope::Flat {
            answer = answer.header("content-type", "application/json");
        }
        if refusal.gateway {
            answer = answer.header("x-ms-failure-cause", "gateway");
        }
        for (name, value) in refusal.headers {
            answer = answer.header(name, value);
        }
        answer
    }
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        if let Some(other) = OtherSchema::in_error(&error) {
            return Self::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "SandboxStateChanged",
                format!("The request was not handled: {other}."),
            );
        }
        let busy = matches!(
            error.sqlite_error_code(),
            Some(rusqlite::ErrorCode::DatabaseBusy | rusqlite::ErrorCode::DatabaseLocked)
        );
        if busy {
            return Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "ServiceUnavailable",
                "The sandbox's database is in use by another process. Please try again.",
            );
        }
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "InternalServerError",
            format!("The sandbox could not use its database: {error}. Start the sandbox anew."),
        )
    }
}
