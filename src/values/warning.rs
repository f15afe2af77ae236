//! What people should know of a run that did not fail for it.

use serde::Serialize;

/// A warning.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Warning {
    /// The lab it belongs to, if to one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lab: Option<String>,
    /// One or more lines.
    pub message: String,
}
