//! The options of `verify`.

use super::{LabSource, SettingsError};
use crate::cli::lab::LabArgs;
use crate::cli::verify::VerifyArgs;
use crate::lab::spec::LabSpec;

/// What `verify` needs to know.
#[derive(Clone, Debug)]
pub struct VerifySettings {
    labs: LabSource,
    chat: bool,
}

impl VerifySettings {
    /// Resolves the options of `verify`.
    ///
    /// # Errors
    /// [`SettingsError`]
    pub fn resolve(args: &VerifyArgs, labs: &LabSource) -> Result<Self, SettingsError> {
        let options = LabArgs {
            resource_group: args.resource_group.clone(),
            account: args.account.clone(),
            ..LabArgs::default()
        };
        Ok(Self { labs: labs.with(&options)?, chat: !args.skip_chat })
    }

    /// The labs to check, in `subscription`.
    pub fn specs(&self, subscription: &str) -> Vec<LabSpec> {
        self.labs.specs(subscription)
    }

    /// Whether the model is asked for an answer.
    pub fn chat(&self) -> bool {
        self.chat
    }
}
