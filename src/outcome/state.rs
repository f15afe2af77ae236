//! What there is of a lab beside what should be: `labs[].resources` and `labs[].about` of `status`.

use serde::Serialize;

use super::plan::Field;
use crate::values::ResourceKind;

/// One resource of a lab, as it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ResourceReport {
    /// The kind of resource.
    pub resource: ResourceKind,
    /// Its name.
    pub name: String,
    /// The ARM id: the one that it has, or would have.
    pub id: String,
    /// How it compares with what should be.
    pub state: ResourceState,
    /// The service's own word for what it is at, if it is at something or failed: `Updating`.
    pub status: Option<String>,
    /// The fields that differ.
    pub differences: Vec<Field>,
}

/// How a resource compares with what should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ResourceState {
    /// As it should be.
    Ready,
    /// Stopped by `pause`, until `resume`.
    Paused,
    /// Fields differ.
    Differs,
    /// The service is at work on it.
    Busy,
    /// The service failed on it.
    Failed,
    /// It is not there.
    Absent,
}

impl ResourceState {
    /// In a word, as JSON has it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Paused => "paused",
            Self::Differs => "differs",
            Self::Busy => "busy",
            Self::Failed => "failed",
            Self::Absent => "absent",
        }
    }
}

/// Whose a lab is, and since and until when.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct About {
    /// The workshop that it belongs to; `None` for a group that azlab has not made or adopted.
    pub workshop: Option<String>,
    /// Who made it.
    pub owner: Option<String>,
    /// When the oldest of its resources was created, RFC 3339.
    pub created_at: Option<String>,
    /// Its age in seconds.
    pub age_s: Option<u64>,
    /// When it may be swept, RFC 3339, as tagged.
    pub expires_at: Option<String>,
    /// Seconds until then, negative once it is past; `None` if it never expires, or the tag cannot be read.
    pub expires_in_s: Option<i64>,
    /// Since when it is paused, RFC 3339, as tagged; `None` for a lab that is not.
    pub paused_at: Option<String>,
    /// The run that is at work on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub busy: Option<AtWork>,
}

/// A run that is at work on a lab.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AtWork {
    /// Its subcommand.
    pub command: String,
    /// Whose run it is: `ada@laptop`.
    pub by: String,
    /// When it began to write, RFC 3339.
    pub since: String,
    /// When it was last known to be at work, RFC 3339.
    pub renewed: String,
}
