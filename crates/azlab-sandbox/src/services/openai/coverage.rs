//! What the data plane serves and what it does not: the one list, from which requests are routed and the table of docs/sandbox.md is
//! made.

use http::Method;

/// An operation that is served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    Chat,
    Completions,
    Embeddings,
    Responses,
    Models,
    Model,
    Deployments,
    Deployment,
}

/// Whether a path is served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Served {
    Yes(Operation),
    /// With what is missing.
    Partly(Operation, &'static str),
    /// Answered with 501.
    No(&'static str),
}

/// One row: method (`*` is any), path below `/openai`, whether it is served, and what it follows.
pub(crate) struct Row {
    pub method: &'static str,
    pub path: &'static str,
    pub served: Served,
    #[cfg_attr(not(test), expect(dead_code, reason = "told in docs/sandbox.md, which a test writes"))]
    pub source: &'static str,
}

const fn row(method: &'static str, path: &'static str, served: Served, source: &'static str) -> Row {
    Row { method, path, served, source }
}

const INFERENCE: &str = "Azure OpenAI inference reference, 2024-10-21";
const V1: &str = "Azure OpenAI v1 reference";
const CHAT_LIMITS: &str = "no `functions`, audio, `data_sources`, `logit_bias`, `logprobs`, `prediction`";
const RESPONSES_LIMITS: &str =
    "nothing is kept: no `previous_response_id`, `conversation`, `prompt`, `background`; of the tools, functions only";
const NO_STORE: &str = "nothing is kept";
const NO_MEDIA: &str = "texts only";
const NO_AGENTS: &str = "no agents, no files";

/// `{deployment}` and other names in braces stand for one segment, `**` at the end for what is below, with or without a name.
pub(crate) const ROWS: &[Row] = &[
    row("POST", "deployments/{deployment}/chat/completions", Served::Partly(Operation::Chat, CHAT_LIMITS), INFERENCE),
    row(
        "POST",
        "deployments/{deployment}/completions",
        Served::Partly(Operation::Completions, "400 `OperationNotSupported`: no model of the catalogue has it"),
        "public reports",
    ),
    row("POST", "deployments/{deployment}/embeddings", Served::Yes(Operation::Embeddings), INFERENCE),
    row("POST", "responses", Served::Partly(Operation::Responses, RESPONSES_LIMITS), V1),
    row(
        "GET",
        "models",
        Served::Partly(Operation::Models, "base models of the region"),
        "Azure OpenAI authoring reference",
    ),
    row("GET", "models/{model}", Served::Yes(Operation::Model), "Azure OpenAI authoring reference"),
    row(
        "GET",
        "deployments",
        Served::Partly(Operation::Deployments, "2022-12-01 and 2023-03-15-preview; 404 since, as on Azure"),
        "public reports",
    ),
    row("GET", "deployments/{deployment}", Served::Partly(Operation::Deployment, "the same"), "public reports"),
    row("POST", "v1/chat/completions", Served::Partly(Operation::Chat, CHAT_LIMITS), V1),
    row("POST", "v1/embeddings", Served::Yes(Operation::Embeddings), V1),
    row("POST", "v1/responses", Served::Partly(Operation::Responses, RESPONSES_LIMITS), V1),
    row("GET", "v1/models", Served::Partly(Operation::Models, "base models of the region"), V1),
    row("GET", "v1/models/{model}", Served::Yes(Operation::Model), V1),
    row(
        "POST",
        "v1/completions",
        Served::Partly(Operation::Completions, "400 `OperationNotSupported`: no model of the catalogue has it"),
        "inferred",
    ),
    row("POST", "deployments/{deployment}/extensions/chat/completions", Served::No("retired with its versions"), ""),
    row("POST", "deployments/{deployment}/images/**", Served::No(NO_MEDIA), ""),
    row("POST", "deployments/{deployment}/audio/**", Served::No(NO_MEDIA), ""),
    row("*", "deployments/{deployment}/realtime/**", Served::No(NO_MEDIA), ""),
    row("*", "responses/**", Served::No(NO_STORE), ""),
    row("*", "images/**", Served::No(NO_MEDIA), ""),
    row("*", "realtime/**", Served::No(NO_MEDIA), ""),
    row("*", "files/**", Served::No(NO_AGENTS), ""),
    row("*", "batches/**", Served::No(NO_AGENTS), ""),
    row("*", "fine_tuning/**", Served::No("no model is trained"), ""),
    row("*", "assistants/**", Served::No(NO_AGENTS), ""),
    row("*", "threads/**", Served::No(NO_AGENTS), ""),
    row("*", "vector_stores/**", Served::No(NO_AGENTS), ""),
    row("*", "uploads/**", Served::No(NO_AGENTS), ""),
    row("*", "v1/responses/**", Served::No(NO_STORE), ""),
    row("*", "v1/chat/completions/**", Served::No(NO_STORE), ""),
    row("*", "v1/conversations/**", Served::No(NO_STORE), ""),
    row("*", "v1/images/**", Served::No(NO_MEDIA), ""),
    row("*", "v1/audio/**", Served::No(NO_MEDIA), ""),
    row("*", "v1/videos/**", Served::No(NO_MEDIA), ""),
    row("*", "v1/video/**", Served::No(NO_MEDIA), ""),
    row("*", "v1/realtime/**", Served::No(NO_MEDIA), ""),
    row("*", "v1/files/**", Served::No(NO_AGENTS), ""),
    row("*", "v1/batches/**", Served::No(NO_AGENTS), ""),
    row("*", "v1/fine_tuning/**", Served::No("no model is trained"), ""),
    row("*", "v1/vector_stores/**", Served::No(NO_AGENTS), ""),
    row("*", "v1/containers/**", Served::No(NO_AGENTS), ""),
    row("*", "v1/uploads/**", Served::No(NO_AGENTS), ""),
    row("*", "v1/evals/**", Served::No(NO_AGENTS), ""),
];

impl Row {
    /// Whether it means a request; `below` are the segments after `openai`, in lower case.
    pub fn means(&self, method: &Method, below: &[&str]) -> bool {
        if self.method != "*" && self.method != method.as_str() {
            return false;
        }
        let mut rest = below.iter();
        for part in self.path.split('/') {
            if part == "**" {
                return true;
            }
            match rest.next() {
                Some(segment) if part.starts_with('{') || part == *segment => {}
                _ => return false,
            }
        }
        rest.next().is_none()
    }
}

/// The row of a request: what is served before what is not.
pub(crate) fn find(method: &Method, below: &[&str]) -> Option<&'static Row> {
    ROWS.iter().find(|row| row.means(method, below))
}
