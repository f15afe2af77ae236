//! What events and results tell alike; their names in JSON are the contract's (`cli-contract.md`).

use serde::Serialize;

/// What happened to one resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// It did not exist and was created.
    Created,
    /// It existed, differed, and was changed in place.
    Updated,
    /// It existed and fits.
    Unchanged,
    /// It was deleted.
    Deleted,
    /// Its soft-deleted remains were purged.
    Purged,
    /// Its soft-deleted remains were brought back.
    Restored,
}

/// The state of a lab at the end of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LabState {
    /// Everything exists and fits.
    Ready,
    /// It is as it should be, but for its cluster, which azlab keeps stopped.
    Paused,
    /// Something is missing or differs.
    Incomplete,
    /// The command failed on it.
    Failed,
    /// Nothing of it exists.
    Absent,
    /// It was deleted by this command.
    Deleted,
    /// The command was interrupted.
    Interrupted,
}

/// How a preflight check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckStatus {
    /// As it should be.
    Pass,
    /// Goes on, but look.
    Warn,
    /// Stops the run before anything is written.
    Fail,
    /// Could not be checked.
    Skip,
}

/// An error as scripts see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ErrorReport {
    /// The service's code (`InsufficientQuota`) or one of ours (`InvalidName`), never localized.
    pub code: String,
    /// One or a few sentences: what happened.
    pub message: String,
    /// The ARM id or name of the resource that it happened to.
    pub resource: Option<String>,
    /// The service's `x-ms-request-id`.
    pub request_id: Option<String>,
    /// What to do next, with a command that works.
    pub hint: Option<String>,
    /// Whether running the same command again can help.
    pub retryable: bool,
}

impl ErrorReport {
    /// An error about nothing in particular, without a hint, that repeating does not cure.
    pub(crate) fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            code: code.into(),
            message: message.into(),
            resource: None,
            request_id: None,
            hint: None,
            retryable: false,
        }
    }

    /// With what to do next.
    #[must_use]
    pub(crate) fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }
}

/// How many requests went out to Resource Manager, by what they cost in its buckets. A try is a request: retries count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RequestCounts {
    /// GET and HEAD.
    pub reads: u64,
    /// PUT, PATCH and POST.
    pub writes: u64,
    /// DELETE.
    pub deletes: u64,
    /// Tries after the first.
    pub retried: u64,
    /// Answers with status 429.
    pub throttled: u64,
}
