//! Why a text is no kubeconfig, without anything of the text.

/// Why a text is no kubeconfig.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Malformed(pub(super) String);
