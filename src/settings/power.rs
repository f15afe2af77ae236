//! The options of `pause` and `resume`.

use super::apply::DryRun;
use super::{LabSource, SettingsError};
use crate::cli::power::{PauseArgs, PowerArgs, ResumeArgs};
use crate::lab::overrides::LabOverrides;

/// What both need to know.
#[derive(Clone, Debug)]
pub(crate) struct PowerSettings {
    labs: LabSource,
    dry_run: DryRun,
}

impl PowerSettings {
    fn resolve(args: &PowerArgs, labs: &LabSource) -> Result<Self, SettingsError> {
        let options = LabOverrides { resource_group: args.resource_group.clone(), ..LabOverrides::default() };
        Ok(Self { labs: labs.with(&options)?, dry_run: DryRun::of(args.dry_run) })
    }

    /// The labs that are meant.
    pub(crate) fn labs(&self) -> &LabSource {
        &self.labs
    }

    /// Whether it only tells.
    pub(crate) fn dry_run(&self) -> DryRun {
        self.dry_run
    }
}

/// What `pause` needs to know.
#[derive(Clone, Debug)]
pub struct PauseSettings(pub(crate) PowerSettings);

impl PauseSettings {
    /// Resolves the options of `pause`.
    ///
    /// # Errors
    /// [`SettingsError`]
    pub(crate) fn resolve(args: &PauseArgs, labs: &LabSource) -> Result<Self, SettingsError> {
        PowerSettings::resolve(&args.which, labs).map(Self)
    }
}

/// What `resume` needs to know.
#[derive(Clone, Debug)]
pub struct ResumeSettings(pub(crate) PowerSettings);

impl ResumeSettings {
    /// Resolves the options of `resume`.
    ///
    /// # Errors
    /// [`SettingsError`]
    pub(crate) fn resolve(args: &ResumeArgs, labs: &LabSource) -> Result<Self, SettingsError> {
        PowerSettings::resolve(&args.which, labs).map(Self)
    }
}
