//! The program that is etcd and the control plane: azlab-kubernetes.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use azlab_clock::Clock;
use serde::Deserialize;
use tokio::process::Command;

use super::error::ControlPlaneError;

/// The subcommand that says what the program holds.
const VERSION: &str = "version";
/// How long it may take to say so; it takes some 100 ms.
const LIMIT: Duration = Duration::from_secs(30);
/// As it calls itself.
const NAME: &str = "azlab-kubernetes";
/// Set, it ends when its standard input does: with this process, however that ends (`tests/kubernetes/main.go`).
const ENDS_WITH_STDIN: &str = "AZLAB_KUBERNETES_ENDS_WITH_STDIN";

/// Where the program is.
#[derive(Clone, Debug)]
pub(super) struct Program(PathBuf);

/// What the program says of itself.
#[derive(Deserialize)]
struct Version {
    program: String,
    kubernetes: String,
}

impl Program {
    /// The program at `path`, which is not run yet.
    ///
    /// # Errors
    /// [`ControlPlaneError::NoProgram`] where there is no file.
    pub fn at(path: &Path) -> Result<Self, ControlPlaneError> {
        let missing = |reason: String| ControlPlaneError::NoProgram { path: path.to_owned(), reason };
        let path = std::path::absolute(path).map_err(|error| missing(error.to_string()))?;
        let found = path.metadata().map_err(|error| missing(error.to_string()))?;
        if !found.is_file() {
            return Err(missing("it is not a file".to_owned()));
        }
        Ok(Self(path))
    }

    /// The version of Kubernetes that it holds: `v1.34.3`.
    ///
    /// # Errors
    /// [`ControlPlaneError::NoProgram`] where it cannot be run, [`ControlPlaneError::OtherProgram`] where it is something else.
    pub async fn version(&self) -> Result<String, ControlPlaneError> {
        let other = |reason: String| ControlPlaneError::OtherProgram { path: self.0.clone(), reason };
        let mut command = Command::new(&self.0);
        command.arg(VERSION).stdin(Stdio::null()).kill_on_drop(true);
        let ran = Clock::real().timeout(LIMIT, command.output()).await;
        let ran = ran.map_err(|_| other(format!("'{VERSION}' did not end within {} s", LIMIT.as_secs())))?;
        let ran =
            ran.map_err(|error| ControlPlaneError::NoProgram { path: self.0.clone(), reason: error.to_string() })?;
        let said = serde_json::from_slice::<Version>(&ran.stdout).ok();
        match said.filter(|said| ran.status.success() && said.program == NAME) {
            Some(said) => Ok(said.kubernetes),
            None => Err(other(format!("'{VERSION}' ends with {} and does not say so", ran.status))),
        }
    }

    /// A command that runs the part `name` of it, and ends when its standard input is closed.
    pub fn part(&self, name: &str) -> Command {
        let mut command = Command::new(&self.0);
        command.arg(name).env(ENDS_WITH_STDIN, "1").stdin(Stdio::piped()).kill_on_drop(true);
        // The proxy of the environment is for other machines; the parts reach this one alone.
        for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"] {
            command.env_remove(name);
        }
        // Ctrl-C is for the sandbox, which then ends them in their order.
        #[cfg(unix)]
        command.process_group(0);
        command
    }
}
