//! What keeps a subcommand of `sandbox` from being done.

use std::path::PathBuf;

use azlab_sandbox::scenario::ScenarioError;
use azlab_sandbox::serve::{ServeError, TlsError};
use azlab_sandbox::{ControlPlaneError, SandboxError, ServiceAccountTokenError};

/// What went wrong.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SandboxCommandError {
    /// The state cannot be used.
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
    /// The scenario cannot be used.
    #[error(transparent)]
    Scenario(#[from] ScenarioError),
    /// It cannot be served.
    #[error(transparent)]
    Serve(#[from] ServeError),
    /// Clusters cannot have a real control plane.
    #[error(transparent)]
    ControlPlane(#[from] ControlPlaneError),
    /// There is no certificate.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// What was named is no service account.
    #[error("{0}")]
    ServiceAccount(String),
    /// There is no token of a service account.
    #[error(transparent)]
    Token(#[from] ServiceAccountTokenError),
    /// The application's secret cannot be written for az to read.
    #[error("{} cannot be written: {source}", path.display())]
    SecretFile {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// No one cluster is named.
    #[error("{0}")]
    Cluster(&'static str),
    /// The key would take the place of a file.
    #[error("{} exists; add --force to replace it", .0.display())]
    KeyFileExists(PathBuf),
    /// The key cannot be written.
    #[error("{} cannot be written: {source}", path.display())]
    KeyFile {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The token cannot be written.
    #[error("{} cannot be written: {source}", path.display())]
    TokenFile {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}
