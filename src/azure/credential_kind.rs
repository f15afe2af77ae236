//! Which credential a sign-in came to.

use std::fmt;

/// A credential that can win.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CredentialKind {
    /// `--auth auto` before any credential has given a token.
    Auto,
    /// az.
    Cli,
    /// azd.
    Azd,
    /// Client secret.
    Secret,
    /// Client certificate.
    Certificate,
    /// Workload identity.
    WorkloadIdentity,
    /// Managed identity.
    ManagedIdentity,
    /// Azure Pipelines.
    Pipelines,
    /// The sandbox's own.
    Sandbox,
}

impl fmt::Display for CredentialKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Auto => "automatic sign-in",
            Self::Cli => "az CLI",
            Self::Azd => "Azure Developer CLI",
            Self::Secret => "client secret",
            Self::Certificate => "client certificate",
            Self::WorkloadIdentity => "workload identity",
            Self::ManagedIdentity => "managed identity",
            Self::Pipelines => "Azure Pipelines",
            Self::Sandbox => "sandbox",
        })
    }
}
