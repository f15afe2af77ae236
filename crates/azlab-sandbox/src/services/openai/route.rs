//! The operation that a request is for.

use http::Method;

use super::coverage::{self, Operation, Served};
use super::refusal::Refusal;
use super::versions::Version;
use crate::arm::call::Path;

/// What is asked, before the body is read.
#[derive(Debug)]
pub(super) struct Route {
    pub operation: Operation,
    pub version: Version,
    /// The deployment or the model that the path names.
    pub named: Option<String>,
    /// The operation as refusals of a principal name it.
    pub pattern: String,
}

/// The route of a request.
///
/// # Errors
/// 404 to what is not of the service, 501 to what the sandbox does not serve.
pub(super) fn find(method: &Method, path: &Path, query: &str) -> Result<Route, Refusal> {
    let segments = path.lower();
    let ["openai", below @ ..] = segments.as_slice() else { return Err(Refusal::no_resource()) };
    let row = coverage::find(method, below).ok_or_else(Refusal::no_resource)?;
    let version = match below {
        ["v1", ..] => Version::v1(query)?,
        _ => Version::dated(query)?,
    };
    let operation = match row.served {
        Served::Yes(operation) | Served::Partly(operation, _) => operation,
        Served::No(_) => {
            return Err(Refusal::not_served(format_args!("{method} {}", path.up_to(usize::MAX))));
        }
    };
    match operation {
        Operation::Responses => version.check_responses()?,
        Operation::Deployments | Operation::Deployment if !version.lists_deployments() => {
            return Err(Refusal::no_resource());
        }
        _ => {}
    }
    let at = row.path.split('/').position(|part| part.starts_with('{'));
    let pattern = row.path.replace("{deployment}", "{deployment-id}");
    Ok(Route {
        operation,
        version,
        // The first segment is `openai`.
        named: at.map(|at| path.raw(at + 1).to_owned()),
        pattern: format!("{} /openai/{pattern}", row.method),
    })
}

impl Route {
    /// The action on data that it needs: Azure's built-in role "Cognitive Services OpenAI User" has them.
    pub fn data_action(&self) -> String {
        let action = match self.operation {
            Operation::Chat => "deployments/chat/completions/action",
            Operation::Completions => "deployments/completions/action",
            Operation::Embeddings => "deployments/embeddings/action",
            Operation::Responses => "responses/write",
            Operation::Models | Operation::Model => "models/read",
            Operation::Deployments | Operation::Deployment => "deployments/read",
        };
        format!("Microsoft.CognitiveServices/accounts/OpenAI/{action}")
    }

    /// The operation as refusals for too many requests name it.
    pub fn throttled_name(&self) -> &'static str {
        match self.operation {
            Operation::Embeddings => "Embeddings_Create",
            Operation::Responses => "Responses_Create",
            _ => "ChatCompletions_Create",
        }
    }
}
