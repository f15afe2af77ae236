//! What a command did: the `azlab.result/v1` object of `cli-contract.md`, and the exit codes.

pub mod app;
mod change;
pub(crate) mod config;
pub mod cost;
pub mod placement;
pub mod plan;
pub(crate) mod sandbox;
pub mod shared;
pub mod state;

use serde::Serialize;

use crate::lab::variables::Variables;
use crate::values::CheckStatus;
pub use crate::values::{Action, ErrorReport, LabState, ModelSelection, RequestCounts, Warning};
use app::AppReport;
pub use change::Change;
use cost::Cost;
use placement::PlacedLabs;
use plan::PlannedChange;
use shared::SharedOutcome;
use state::{About, ResourceReport};

/// The `schema` of every result object.
pub(crate) const SCHEMA: &str = "azlab.result/v1";

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
    pub(crate) fn new(id: &'static str, status: CheckStatus, message: impl Into<String>) -> Self {
        Self { id, lab: None, status, message: message.into(), code: None, hint: None }
    }

    /// With what to do next.
    #[must_use]
    pub(crate) fn hint(self, hint: impl Into<String>) -> Self {
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
    /// Its subscription's id, where it is not that of the run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subscription: Option<String>,
    /// Its Azure location; empty while nobody knows: the lab is absent, and its file has several places.
    pub location: String,
    /// Its state at the end.
    pub state: LabState,
    /// Seconds on the service's clock.
    pub elapsed_s: f64,
    /// What happened to each resource, in the order of [`crate::values::ResourceKind::ALL`].
    pub changes: Vec<Change>,
    /// What people need to use it.
    pub outputs: Outputs,
    /// Why it failed.
    pub error: Option<ErrorReport>,
    /// What some commands tell besides.
    #[serde(flatten)]
    pub details: Details,
}

impl LabOutcome {
    /// Where it is, in words: its resource group, and the location if that is known.
    pub(crate) fn place(&self) -> String {
        placed(&self.resource_group, &self.location)
    }
}

/// A resource group and its location, in words; an empty one is not known.
pub(crate) fn placed(group: &str, location: &str) -> String {
    if location.is_empty() { group.to_owned() } else { format!("{group}, {location}") }
}

/// What some commands tell of a lab; what a command does not tell is not in its result.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Details {
    /// The models that azlab chose itself (`provision`, `reset`, `deploy-model`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub selected_models: Option<Vec<ModelSelection>>,
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
    /// What it costs (`cost`, `provision --dry-run`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost: Option<Cost>,
    /// The application on its cluster (`app`, `provision --with-app`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub app: Option<AppReport>,
}

/// A cluster's entries in a kubeconfig.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct KubeconfigEntry {
    /// The file; `None` is stdout.
    pub(crate) file: Option<String>,
    /// The context's name.
    pub(crate) context: String,
    /// The cluster's name.
    pub(crate) cluster: String,
    /// The user's name.
    pub(crate) user: String,
    /// Whether the context is the current one now.
    pub(crate) current: bool,
    /// Whether its API server is on this machine.
    #[serde(skip)]
    pub(crate) is_local: bool,
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

/// Something to do after the command, told to people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NextStep {
    /// The command, ready to be pasted.
    pub command: String,
    /// What it is for, in a few words.
    pub why: String,
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
    /// What Azure's limits leave of that at least, by the recorded durations; told of several labs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bound_s: Option<f64>,
    /// The labs, in the order given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub labs: Option<Vec<LabOutcome>>,
    /// What can be deployed, best first (`deploy-model --list`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub models: Option<Vec<ModelEntry>>,
    /// What was checked (`doctor`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checks: Option<Vec<CheckReport>>,
    /// What the labs cost together (`cost`, `provision --dry-run`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost: Option<Cost>,
    /// Who goes where (`provision`, `doctor`), where the file says where labs may go.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub placement: Option<Vec<PlacedLabs>>,
    /// The OpenAI accounts that labs share (`provision`, `reset`, `status`, `teardown`, `sweep`), where the labs do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shared: Option<Vec<SharedOutcome>>,
    /// What people should know of it, in the order in which it was told.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Warning>,
    /// How many requests it took.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requests: Option<RequestCounts>,
    /// Why it failed before any lab.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorReport>,
}

impl CommandResult {
    /// The result of a command that failed before any lab.
    pub(crate) fn failed_before_any_lab(command: &'static str, error: ErrorReport) -> Self {
        Self {
            schema: SCHEMA,
            command,
            sandbox: None,
            subscription: None,
            elapsed_s: None,
            bound_s: None,
            labs: None,
            models: None,
            checks: None,
            cost: None,
            placement: None,
            shared: None,
            warnings: Vec::new(),
            requests: None,
            error: Some(error),
        }
    }
}
