//! How to sign in (`--auth`).

use std::fmt;
use std::str::FromStr;

/// What `--auth` and `AZLAB_AUTH` can say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum AuthMode {
    /// Whatever this machine has, in a fixed order; see [`crate::azure::credential::sign_in`].
    #[default]
    Auto,
    /// The account that `az login` signed in.
    Cli,
    /// The account that `azd auth login` signed in.
    Azd,
    /// A service principal with a client secret.
    Secret,
    /// A service principal with a client certificate.
    Certificate,
    /// The federated token of a pod or a CI job.
    WorkloadIdentity,
    /// The managed identity of the machine or app this runs on.
    ManagedIdentity,
    /// The service connection of an Azure Pipelines job.
    Pipelines,
}

/// The text is no way to sign in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it must be one of auto, cli, azd, secret, certificate, workload-identity, managed-identity, pipelines")]
pub struct UnknownAuthMode;

impl AuthMode {
    /// Every mode, in the order to list them.
    pub(crate) const ALL: [Self; 8] = [
        Self::Auto,
        Self::Cli,
        Self::Azd,
        Self::Secret,
        Self::Certificate,
        Self::WorkloadIdentity,
        Self::ManagedIdentity,
        Self::Pipelines,
    ];

    /// The name on the command line.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Cli => "cli",
            Self::Azd => "azd",
            Self::Secret => "secret",
            Self::Certificate => "certificate",
            Self::WorkloadIdentity => "workload-identity",
            Self::ManagedIdentity => "managed-identity",
            Self::Pipelines => "pipelines",
        }
    }
}

impl fmt::Display for AuthMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for AuthMode {
    type Err = UnknownAuthMode;

    fn from_str(text: &str) -> Result<Self, UnknownAuthMode> {
        Self::ALL.into_iter().find(|mode| mode.as_str().eq_ignore_ascii_case(text)).ok_or(UnknownAuthMode)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes_are_named_as_on_the_command_line() {
        for mode in AuthMode::ALL {
            assert_eq!(mode.to_string().parse(), Ok(mode));
        }
        let error = "password".parse::<AuthMode>().unwrap_err().to_string();
        for mode in AuthMode::ALL {
            assert!(error.contains(mode.as_str()), "{error} offers {mode}");
        }
    }
}
