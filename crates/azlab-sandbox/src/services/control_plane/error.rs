//! What keeps a control plane from running.

use std::io;
use std::path::PathBuf;

/// A cluster has no control plane.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ControlPlaneError {
    /// There is no such program.
    #[error("{} cannot be run: {reason}; tests/kubernetes/install builds it", path.display())]
    NoProgram {
        /// Its path.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// It is another program.
    #[error("{} is not azlab-kubernetes ({reason}); tests/kubernetes/install builds it", path.display())]
    OtherProgram {
        /// Its path.
        path: PathBuf,
        /// What it says of itself.
        reason: String,
    },
    /// A file of the cluster's folder cannot be read or written.
    #[error("{} cannot be {action}: {reason}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// "read" or "written".
        action: &'static str,
        /// Why.
        reason: String,
    },
    /// The cluster does not exist, or does not run.
    #[error("the cluster {cluster} is {state}: it has no API server")]
    NotRunning {
        /// Its name.
        cluster: String,
        /// "absent", "stopped", …
        state: String,
    },
    /// A part of it ends again and again, or does not become ready.
    #[error("the control plane of the cluster {cluster} does not run: {reason}; its logs are in {}", logs.display())]
    Broken {
        /// The cluster's name.
        cluster: String,
        /// What happened.
        reason: String,
        /// The folder of its logs.
        logs: PathBuf,
    },
    /// There are as many as this machine is trusted with.
    #[error("{0} clusters have a control plane already, each of 600 MiB: delete one, or stop one")]
    TooMany(usize),
    /// Another process of the sandbox runs it, and does not say where.
    #[error("the control plane of the cluster {cluster} is another azlab's (process {process}), which does not answer")]
    Elsewhere {
        /// The cluster's name.
        cluster: String,
        /// The process.
        process: u32,
    },
    /// What another process of the sandbox, which would run it, says.
    #[error("{0}")]
    Reported(String),
    /// The certificates, or the issuer's key, cannot be made.
    #[error("{0}")]
    Key(String),
    /// The state cannot be read.
    #[error("the sandbox's database failed: {0}")]
    Database(String),
}

impl ControlPlaneError {
    pub(super) fn unread(path: impl Into<PathBuf>, error: &io::Error) -> Self {
        Self::File { path: path.into(), action: "read", reason: error.to_string() }
    }

    pub(super) fn unwritten(path: impl Into<PathBuf>, error: &io::Error) -> Self {
        Self::File { path: path.into(), action: "written", reason: error.to_string() }
    }
}

impl From<rusqlite::Error> for ControlPlaneError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Database(error.to_string())
    }
}
