//! The options of `verify`.

use super::{LabSource, SettingsError};
use crate::cli::verify::VerifyArgs;
use crate::lab::overrides::{LabOverrides, OpenAiOverrides};

/// What `verify` needs to know.
#[derive(Clone, Debug)]
pub struct VerifySettings {
    labs: LabSource,
    chat: bool,
    app: bool,
}

impl VerifySettings {
    /// Resolves the options of `verify`.
    ///
    /// # Errors
    /// [`SettingsError`]
    pub fn resolve(args: &VerifyArgs, labs: &LabSource) -> Result<Self, SettingsError> {
        let options = LabOverrides {
            resource_group: args.resource_group.clone(),
            openai: OpenAiOverrides { account: args.account.clone(), ..OpenAiOverrides::default() },
            ..LabOverrides::default()
        };
        Ok(Self { labs: labs.clone().or_all().with(&options)?, chat: !args.skip_chat, app: !args.skip_app })
    }

    /// The labs that are meant.
    pub(crate) fn labs(&self) -> &LabSource {
        &self.labs
    }

    /// Whether the model is asked for an answer.
    pub(crate) fn chat(&self) -> bool {
        self.chat
    }

    /// Whether the application on the cluster is looked at.
    pub(crate) fn app(&self) -> bool {
        self.app
    }
}
