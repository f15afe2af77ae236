//! The options of `teardown`.

use super::apply::DryRun;
use super::{LabSource, SettingsError};
use crate::cli::teardown::TeardownArgs;
use crate::lab::overrides::LabOverrides;

/// What `teardown` needs to know.
#[derive(Clone, Debug)]
pub struct TeardownSettings {
    labs: LabSource,
    purge: bool,
    wait: bool,
    dry_run: DryRun,
}

impl TeardownSettings {
    /// Resolves the options of `teardown`.
    ///
    /// # Errors
    /// [`SettingsError`]
    pub fn resolve(args: &TeardownArgs, labs: &LabSource) -> Result<Self, SettingsError> {
        let options = LabOverrides { resource_group: args.resource_group.clone(), ..LabOverrides::default() };
        let dry_run = DryRun::of(args.dry_run);
        Ok(Self { labs: labs.with(&options)?, purge: !args.no_purge, wait: !args.no_wait, dry_run })
    }

    /// The labs that are meant.
    pub(crate) fn labs(&self) -> &LabSource {
        &self.labs
    }

    /// Whether it only tells.
    pub(crate) fn dry_run(&self) -> DryRun {
        self.dry_run
    }

    /// Whether soft-deleted accounts are purged.
    pub(crate) fn purge(&self) -> bool {
        self.purge
    }

    /// Whether the end is waited for.
    pub(crate) fn wait(&self) -> bool {
        self.wait
    }
}
