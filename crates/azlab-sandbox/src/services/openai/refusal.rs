//! How the data plane refuses: in Azure's envelope what the service in front of the models says, in OpenAI's what the models'
//! API says, which Azure passes on.

use http::StatusCode;
use serde_json::{Value, json};

use super::filters::{self, Category, Severity};
use crate::arm::failure::Failure;
use crate::arm::response::Answer;

/// A request that is refused; its answer.
#[derive(Debug)]
pub(super) struct Refusal(Box<Answer>);

impl Refusal {
    pub fn into_answer(self) -> Answer {
        *self.0
    }

    /// Azure's own, with a code.
    pub fn coded(status: StatusCode, code: &str, message: impl Into<String>) -> Self {
        Failure::new(status, code, message).into()
    }

    /// 400 of the models' API. An empty `param` or `code` is null.
    pub fn invalid(param: &str, code: &str, message: impl Into<String>) -> Self {
        let or_null = |text: &str| if text.is_empty() { Value::Null } else { text.into() };
        let error = json!({
            "message": message.into(),
            "type": "invalid_request_error",
            "param": or_null(param),
            "code": or_null(code),
        });
        Self(Box::new(Answer::json(StatusCode::BAD_REQUEST, json!({ "error": error }))))
    }

    /// What Azure has and the sandbox does not. Nobody should look for the fault in what they sent.
    pub fn not_served(what: impl std::fmt::Display) -> Self {
        let message = format!(
            "The sandbox's data plane does not serve {what}; docs/sandbox.md, \"The data plane\", lists what it serves."
        );
        Self::coded(StatusCode::NOT_IMPLEMENTED, "NotImplemented", message)
    }

    /// 404 to a path, a method or a version that the service does not have.
    pub fn no_resource() -> Self {
        Self::coded(StatusCode::NOT_FOUND, "404", "Resource not found")
    }

    /// 400 to an operation that the deployment's model does not have.
    pub fn wrong_model(operation: &str, model: &str) -> Self {
        let message = format!(
            "The {operation} operation does not work with the specified model, {model}. Please choose different model and try \
             again. You can learn more about which models can be used with each operation here: \
             https://go.microsoft.com/fwlink/?linkid=2197993."
        );
        Self::coded(StatusCode::BAD_REQUEST, "OperationNotSupported", message)
    }

    /// 400 of the content filter, to a question (seen in public reports).
    pub fn filtered(category: Category, severity: Severity) -> Self {
        let message = "The response was filtered due to the prompt triggering Azure OpenAI's content management policy. Please \
                       modify your prompt and retry. To learn more about our content filtering policies please read our \
                       documentation: https://go.microsoft.com/fwlink/?linkid=2198766";
        let error = json!({
            "message": message,
            "type": null,
            "param": "prompt",
            "code": "content_filter",
            "status": 400,
            "innererror": {
                "code": "ResponsibleAIPolicyViolation",
                "content_filter_result": filters::of_prompt(Some((category, severity))),
            },
        });
        Self(Box::new(Answer::json(StatusCode::BAD_REQUEST, json!({ "error": error }))))
    }
}

impl From<Failure> for Refusal {
    fn from(failure: Failure) -> Self {
        Self(Box::new(failure.into_answer()))
    }
}

impl From<rusqlite::Error> for Refusal {
    fn from(error: rusqlite::Error) -> Self {
        Failure::from(error).into()
    }
}
