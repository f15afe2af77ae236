//! What a command did: the `azlab.result/v1` object of `cli-contract.md`, and the exit codes.

pub mod plan;
pub mod state;

use serde::Serialize;

use crate::events::CheckStatus;
use crate::lab::kind::ResourceKind;
use crate::lab::variables::Variables;
use plan::PlannedChange;
use state::{About, ResourceReport};

/// The `schema` of every result object.
pub const SCHEMA: &str = "azlab.result/v1";

/// Exit codes, as `cli-contract.md` promises them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Exit {
    /// Done.
    Done = 0,
    /// A defect of azlab itself.
    Internal = 1,
    /// Wrong usage or configuration.
    Usage = 2,
    /// Not signed in, or signed in to the wrong tenant.
    NotSignedIn = 3,
    /// Preflight failed; nothing was written.
    Preflight = 4,
    /// One or more labs failed.
    LabFailed = 5,
    /// What was named does not exist.
    NotFound = 6,
    /// What exists differs from what should.
    Differs = 7,
    /// A confirmation is needed and could not be asked.
    NeedsConfirmation = 8,
    /// The time limit passed.
    TimedOut = 9,
    /// Refused: it is not ours to change.
    NotOurs = 10,
    /// Interrupted by the user.
    Interrupted = 130,
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

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

/// One resource's entry in `labs[].changes`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Change {
    /// The kind of resource.
    pub resource: ResourceKind,
    /// The ARM id.
    pub id: String,
    /// What happened to it.
    pub action: Action,
    /// Seconds on the service's clock.
    pub elapsed_s: f64,
}

/// The state of a lab at the end of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LabState {
    /// Everything exists and fits.
    Ready,
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

/// What people need to use a lab; a value is `None` while it is not known.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Outputs {
    /// The cluster's name.
    pub cluster: Option<String>,
    /// The cluster's OIDC issuer URL.
    pub oidc_issuer: Option<String>,
    /// The managed identity's client id.
    pub identity_client_id: Option<String>,
    /// The managed identity's principal (object) id.
    pub identity_principal_id: Option<String>,
    /// The OpenAI account's name.
    pub openai_account: Option<String>,
    /// The OpenAI account's endpoint URL.
    pub openai_endpoint: Option<String>,
    /// The model deployment's name.
    pub openai_deployment: Option<String>,
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
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
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
    pub fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }
}

/// How one check ended (`verify`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CheckReport {
    /// Stable id: `role_assignment`. It comes more than once where there is more than one of what it checks.
    pub id: &'static str,
    /// The lab that it is about, if it is not told under a lab and there are several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lab: Option<String>,
    /// `pass`, `warn`, `fail` or `skip`.
    pub status: CheckStatus,
    /// One or a few sentences: what was found.
    pub message: String,
    /// The code of the service, or ours, for a check that did not pass and has one.
    pub code: Option<String>,
    /// What to do about it, with a command that works.
    pub hint: Option<String>,
}

impl CheckReport {
    /// A check without a code or a hint.
    pub fn new(id: &'static str, status: CheckStatus, message: impl Into<String>) -> Self {
        Self { id, lab: None, status, message: message.into(), code: None, hint: None }
    }

    /// With what to do next.
    #[must_use]
    pub fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }
}

/// One lab in the result.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LabOutcome {
    /// The lab's name.
    pub name: String,
    /// Its resource group.
    pub resource_group: String,
    /// Its Azure location.
    pub location: String,
    /// Its state at the end.
    pub state: LabState,
    /// Seconds on the service's clock.
    pub elapsed_s: f64,
    /// What happened to each resource, in the order of [`ResourceKind::ALL`].
    pub changes: Vec<Change>,
    /// What people need to use it.
    pub outputs: Outputs,
    /// Why it failed.
    pub error: Option<ErrorReport>,
    /// What some commands tell besides.
    #[serde(flatten)]
    pub details: Details,
}

/// What some commands tell of a lab; what a command does not tell is not in its result.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Details {
    /// What would be done (`--dry-run`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan: Option<Vec<PlannedChange>>,
    /// What there is beside what should be (`status`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resources: Option<Vec<ResourceReport>>,
    /// Whose it is, and until when (`status`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub about: Option<About>,
    /// The workshop's shell variables, by name (`env`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub env: Option<Variables>,
    /// What went into a kubeconfig (`kubeconfig`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kubeconfig: Option<KubeconfigEntry>,
    /// How each check ended (`verify`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checks: Option<Vec<CheckReport>>,
}

/// A cluster's entries in a kubeconfig.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct KubeconfigEntry {
    /// The file; `None` is stdout.
    pub file: Option<String>,
    /// The context's name.
    pub context: String,
    /// The cluster's name.
    pub cluster: String,
    /// The user's name.
    pub user: String,
    /// Whether the context is the current one now.
    pub current: bool,
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

/// A model that can be deployed in a lab's region now.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ModelEntry {
    /// The region.
    pub location: String,
    /// The model.
    pub model: String,
    /// Its version.
    pub version: String,
    /// The sku.
    pub sku: String,
    /// Units of quota that are left; `None` if the service does not say.
    pub free: Option<u32>,
    /// The day on which it closes to new deployments, `2026-10-14`; `None` if none is set.
    pub deployable_until: Option<String>,
}

/// The result of a command, printed by `-o json` as one object.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CommandResult {
    /// Always [`SCHEMA`].
    pub schema: &'static str,
    /// The subcommand.
    pub command: &'static str,
    /// Whether it ran against the embedded Azure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sandbox: Option<bool>,
    /// The subscription id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subscription: Option<String>,
    /// Seconds on the service's clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub elapsed_s: Option<f64>,
    /// The labs, in the order given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub labs: Option<Vec<LabOutcome>>,
    /// What can be deployed, best first (`deploy-model --list`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub models: Option<Vec<ModelEntry>>,
    /// What was checked (`doctor`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checks: Option<Vec<CheckReport>>,
    /// How many requests it took.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requests: Option<RequestCounts>,
    /// Why it failed before any lab.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorReport>,
}

impl CommandResult {
    /// The result of a command that failed before any lab.
    pub fn failed_before_any_lab(command: &'static str, error: ErrorReport) -> Self {
        Self {
            schema: SCHEMA,
            command,
            sandbox: None,
            subscription: None,
            elapsed_s: None,
            labs: None,
            models: None,
            checks: None,
            requests: None,
            error: Some(error),
        }
    }
}
