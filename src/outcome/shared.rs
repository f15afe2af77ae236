//! What labs share: `shared` of a result.

use serde::Serialize;

use super::change::Change;
use super::plan::PlannedChange;
use super::state::{ResourceReport, ResourceState};
use crate::values::ErrorReport;

/// The OpenAI account that the labs of a place share.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SharedOutcome {
    /// The subscription's id.
    pub subscription: String,
    /// The location.
    pub location: String,
    /// Its resource group.
    pub resource_group: String,
    /// Its name: the one that it has, or would have.
    pub account: String,
    /// Its endpoint's URL, if it is there.
    pub endpoint: Option<String>,
    /// How many labs use it, with those that the command makes or would make.
    pub labs: usize,
    /// How it is at the end, or how it was found by a command that only looks; `absent` too where it was deleted.
    pub state: ResourceState,
    /// What happened to each resource.
    pub changes: Vec<Change>,
    /// What would be done (`--dry-run`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan: Option<Vec<PlannedChange>>,
    /// What there is beside what should be (`status`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resources: Option<Vec<ResourceReport>>,
    /// Why it failed; the labs that use it have the same error.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorReport>,
}
