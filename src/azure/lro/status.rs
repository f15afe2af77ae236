//! What an operation, or the state of its resource, shows.

use crate::azure::quote::{self, cut};

/// How an operation ended, or how far it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// Done.
    Succeeded,
    /// Failed; the resource may exist.
    Failed,
    /// Somebody canceled it.
    Canceled,
    /// In progress, in the service's own word.
    Running(String),
}

impl Status {
    /// Reads a `status` or `provisioningState`; an absent one means done (azure-facts.md section 8).
    pub fn read(text: Option<&str>) -> Self {
        match text {
            None | Some("") => Self::Succeeded,
            Some(text) if text.eq_ignore_ascii_case("Succeeded") => Self::Succeeded,
            Some(text) if text.eq_ignore_ascii_case("Failed") => Self::Failed,
            // Both spellings are about.
            Some(text) if text.eq_ignore_ascii_case("Canceled") || text.eq_ignore_ascii_case("Cancelled") => {
                Self::Canceled
            }
            Some(text) => Self::Running(cut(text, quote::WORD)),
        }
    }
}

/// What a look at the resource itself showed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Look {
    /// Its provisioning state.
    Exists(Status),
    /// It does not exist.
    Absent,
}

/// What is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Goal {
    /// That the resource exists and its state is `Succeeded`.
    Ready,
    /// That it is gone.
    Gone,
}
