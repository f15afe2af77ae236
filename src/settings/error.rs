//! What keeps arguments, environment and file from becoming settings.

use crate::config::ConfigError;
use crate::follow_up::Advice;
use crate::lab::names::NameError;
use crate::values::{CloudError, MalformedId};

/// Wrong usage or configuration.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// A name that Azure would refuse.
    #[error(transparent)]
    Name(#[from] NameError),
    /// An endpoint that is not allowed.
    #[error(transparent)]
    Endpoint(#[from] CloudError),
    /// An id that is none.
    #[error(transparent)]
    Id(#[from] MalformedId),
    /// Options that exclude each other or do not go together.
    #[error("{0}")]
    Combination(String),
    /// A file that cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Labs that are not there, or not enough said about which are meant.
    #[error("{message}")]
    Labs {
        /// What is wrong.
        message: String,
        /// What to do.
        hint: Advice,
    },
    /// The platform has no data directory.
    #[error("this platform has no data directory for the sandbox: name one with AZLAB_SANDBOX_DIR")]
    NoDataDirectory,
}
