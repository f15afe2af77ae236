//! The options of `reset`.

use super::apply::{ApplySettings, DryRun};
use super::{LabSource, SettingsError};
use crate::cli::reset::ResetArgs;

/// What `reset` needs to know.
#[derive(Clone, Debug)]
pub struct ResetSettings {
    labs: LabSource,
    apply: ApplySettings,
    rebuild: bool,
}

impl ResetSettings {
    /// Resolves the options of `reset`.
    ///
    /// # Errors
    /// [`SettingsError`]
    pub fn resolve(args: &ResetArgs, labs: &LabSource) -> Result<Self, SettingsError> {
        let apply =
            ApplySettings { adopt: false, skip_preflight: args.skip_preflight, dry_run: DryRun::of(args.dry_run) };
        Ok(Self { labs: labs.with(&args.lab)?, apply, rebuild: args.rebuild })
    }

    /// The labs that are meant.
    pub(crate) fn labs(&self) -> &LabSource {
        &self.labs
    }

    /// Whether they are taken away first.
    pub(crate) fn rebuild(&self) -> bool {
        self.rebuild
    }

    /// How they are repaired.
    pub(crate) fn apply(&self) -> ApplySettings {
        self.apply
    }
}
