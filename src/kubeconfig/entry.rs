//! The lists of a kubeconfig, and the names of their entries.

use yaml_serde::{Mapping, Value};

/// The three lists of a kubeconfig.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `clusters`
    Clusters,
    /// `users`
    Users,
    /// `contexts`
    Contexts,
}

impl Kind {
    pub(super) const ALL: [Self; 3] = [Self::Clusters, Self::Users, Self::Contexts];

    /// Its key in the file.
    pub(super) fn key(self) -> &'static str {
        match self {
            Self::Clusters => "clusters",
            Self::Users => "users",
            Self::Contexts => "contexts",
        }
    }
}

/// The name of an entry.
pub(super) fn name_of(entry: &Mapping) -> Option<&str> {
    entry.get("name").and_then(Value::as_str)
}
