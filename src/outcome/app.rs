//! The application on a lab's cluster: `labs[].app` of the `app` commands.

use serde::Serialize;

/// What there is of the application.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct AppReport {
    /// The namespace that it lives in.
    pub(crate) namespace: String,
    /// How it is as a whole.
    pub(crate) state: AppState,
    /// What the ai-service signs in with: `key`, `workload-identity`; `None` if it is not there.
    pub(crate) auth: Option<&'static str>,
    /// Where the store's page for those who run it is, once it has an address.
    pub(crate) url: Option<String>,
    /// What was done to each object; empty for a command that only looks.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) objects: Vec<ObjectReport>,
    /// What makes Pods.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) workloads: Vec<WorkloadReport>,
    /// What containers have written, for `app logs`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) logs: Vec<LogReport>,
}

/// What a container has written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LogReport {
    /// Its Pod.
    pub(crate) pod: String,
    /// The container.
    pub(crate) container: String,
    /// Its lines.
    pub(crate) text: String,
}

/// How the application, or a part of it, is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AppState {
    /// Nothing of it is there.
    #[default]
    Absent,
    /// All of it takes requests.
    Ready,
    /// It starts, and nothing says that it will not.
    Starting,
    /// Something keeps it from running.
    Failing,
}

impl AppState {
    /// In a word, as JSON has it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::Ready => "ready",
            Self::Starting => "starting",
            Self::Failing => "failing",
        }
    }
}

/// What was done to an object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ObjectReport {
    /// `Deployment`
    pub(crate) kind: &'static str,
    /// Its name.
    pub(crate) name: String,
    /// What was done, or, in a dry run, would be.
    pub(crate) action: AppAction,
    /// Who else has set what was to be set, if it was kept for that.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) conflicts: Vec<ConflictReport>,
}

/// What was done to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AppAction {
    /// It was not there.
    Created,
    /// Something of it changed.
    Updated,
    /// It was as it should be.
    Unchanged,
    /// It is somebody else's, or somebody has changed it, and it was left as it was.
    Kept,
    /// It is gone.
    Deleted,
}

impl AppAction {
    /// In a word, as JSON has it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Unchanged => "unchanged",
            Self::Kept => "kept",
            Self::Deleted => "deleted",
        }
    }
}

/// A field that somebody else has set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ConflictReport {
    /// Who, as Kubernetes names them: `kubectl-edit`.
    pub(crate) manager: String,
    /// Which, `.spec.replicas`; empty for the whole object.
    pub(crate) field: String,
}

/// A Deployment or a StatefulSet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WorkloadReport {
    /// `Deployment`, `StatefulSet`
    pub(crate) kind: &'static str,
    /// Its name.
    pub(crate) name: String,
    /// Whether azlab has made it, or has taken it over.
    pub(crate) ours: bool,
    /// How it is.
    pub(crate) state: AppState,
    /// How many Pods take requests.
    pub(crate) ready: i32,
    /// How many should.
    pub(crate) desired: i32,
    /// Why it is not ready.
    pub(crate) trouble: Option<TroubleReport>,
    /// Its Pods.
    pub(crate) pods: Vec<PodReport>,
}

/// A Pod.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PodReport {
    /// Its name.
    pub(crate) name: String,
    /// `Pending`, `Running`; `Terminating` while it is being deleted.
    pub(crate) phase: String,
    /// Whether it takes requests.
    pub(crate) ready: bool,
    /// How often its containers were started again.
    pub(crate) restarts: i32,
    /// Why it is not ready.
    pub(crate) trouble: Option<TroubleReport>,
}

/// Why something is not ready.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TroubleReport {
    /// In a word, for scripts: `ImagePull`, `OutOfMemory`.
    pub(crate) code: &'static str,
    /// In words.
    pub(crate) message: String,
    /// What to do about it; `None` where it passes by itself.
    pub(crate) hint: Option<String>,
}
