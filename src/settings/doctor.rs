//! The options of `doctor`.

use super::{LabSource, SettingsError};
use crate::cli::doctor::DoctorArgs;
use crate::lab::spec::LabSpec;

/// What `doctor` needs to know.
#[derive(Clone, Debug)]
pub struct DoctorSettings {
    labs: LabSource,
    fix: bool,
    adopt: bool,
}

impl DoctorSettings {
    /// Resolves the options of `doctor`, and checks every name against Azure's rules.
    ///
    /// # Errors
    /// [`SettingsError`]
    pub fn resolve(args: &DoctorArgs, labs: &LabSource) -> Result<Self, SettingsError> {
        Ok(Self { labs: labs.only_listed()?.clone().or_all().with(&args.lab)?, fix: args.fix, adopt: args.adopt })
    }

    /// The labs that should be, in `subscription`.
    pub(crate) fn specs(&self, subscription: &str) -> Vec<LabSpec> {
        self.labs.specs(subscription)
    }

    /// The labs that are meant.
    pub(crate) fn labs(&self) -> &LabSource {
        &self.labs
    }

    /// Whether resource providers are registered.
    pub(crate) fn fix(&self) -> bool {
        self.fix
    }

    /// Whether a group that is not ours would be taken over.
    pub(crate) fn adopt(&self) -> bool {
        self.adopt
    }
}
