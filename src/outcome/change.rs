//! What happened to a resource.

use serde::Serialize;

use crate::values::{Action, ResourceKind};

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
