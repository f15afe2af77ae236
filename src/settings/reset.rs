//! The options of `reset`.

use super::making::{DryRun, Making};
use super::{LabSource, SettingsError};
use crate::cli::reset::ResetArgs;

/// What `reset` needs to know.
#[derive(Clone, Debug)]
pub struct ResetSettings {
    labs: LabSource,
    making: Making,
}

impl ResetSettings {
    /// Resolves the options of `reset`.
    ///
    /// # Errors
    /// [`SettingsError`]
    pub fn resolve(args: &ResetArgs, labs: &LabSource) -> Result<Self, SettingsError> {
        let making = Making { adopt: false, skip_preflight: args.skip_preflight, dry_run: DryRun::of(args.dry_run) };
        Ok(Self { labs: labs.with(&args.lab)?, making })
    }

    /// The labs that are meant.
    pub fn labs(&self) -> &LabSource {
        &self.labs
    }

    /// How they are repaired.
    pub fn making(&self) -> Making {
        self.making
    }
}
