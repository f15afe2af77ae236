//! The options of `status`.

use std::time::Duration;

use super::{LabSource, SettingsError};
use crate::cli::status::StatusArgs;

/// What `status` needs to know.
#[derive(Clone, Debug)]
pub struct StatusSettings {
    labs: LabSource,
    watch: Option<Duration>,
    exit_code: bool,
}

impl StatusSettings {
    /// Resolves the options of `status`.
    ///
    /// # Errors
    /// [`SettingsError`]
    pub fn resolve(args: &StatusArgs, labs: &LabSource) -> Result<Self, SettingsError> {
        let labs = labs.clone().or_all().with(&args.lab)?;
        Ok(Self { labs, watch: args.watch.every(), exit_code: args.exit_code })
    }

    /// The labs that are meant.
    pub(crate) fn labs(&self) -> &LabSource {
        &self.labs
    }

    /// The real time between two looks, if it looks again and again.
    pub(crate) fn watch(&self) -> Option<Duration> {
        self.watch
    }

    /// Whether the exit code says that something differs.
    pub(crate) fn exit_code(&self) -> bool {
        self.exit_code
    }
}
