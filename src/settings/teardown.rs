//! The options of `teardown`.

use super::{LabSource, SettingsError};
use crate::cli::lab::LabArgs;
use crate::cli::teardown::TeardownArgs;
use crate::lab::spec::LabSpec;

/// What `teardown` needs to know.
#[derive(Clone, Debug)]
pub struct TeardownSettings {
    labs: LabSource,
    purge: bool,
    wait: bool,
}

impl TeardownSettings {
    /// Resolves the options of `teardown`.
    ///
    /// # Errors
    /// [`SettingsError`]
    pub fn resolve(args: &TeardownArgs, labs: &LabSource) -> Result<Self, SettingsError> {
        let options = LabArgs { resource_group: args.resource_group.clone(), ..LabArgs::default() };
        Ok(Self { labs: labs.with(&options)?, purge: !args.no_purge, wait: !args.no_wait })
    }

    /// The labs that should go, in `subscription`.
    pub fn specs(&self, subscription: &str) -> Vec<LabSpec> {
        self.labs.specs(subscription)
    }

    /// Whether soft-deleted accounts are purged.
    pub fn purge(&self) -> bool {
        self.purge
    }

    /// Whether the end is waited for.
    pub fn wait(&self) -> bool {
        self.wait
    }
}
