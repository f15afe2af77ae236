//! The options of `verify`.

use super::{LabSource, SettingsError};
use crate::cli::verify::VerifyArgs;
use crate::lab::overrides::{LabOverrides, OpenAiOverrides};

/// What `verify` needs to know.
#[derive(Clone, Debug)]
pub struct VerifySettings {
    labs: LabSource,
    chat: bool,
    app: Option<bool>,
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
        Ok(Self {
            labs: labs.clone().or_all().with(&options)?,
            chat: !args.skip_chat,
            app: args.app.then_some(true).or(args.skip_app.then_some(false)),
        })
    }

    /// The labs that are meant.
    pub(crate) fn labs(&self) -> &LabSource {
        &self.labs
    }

    /// Whether the model is asked for an answer.
    pub(crate) fn chat(&self) -> bool {
        self.chat
    }

    /// Whether the applications on the clusters of so many labs are looked at. Each costs a request for credentials, which Azure counts
    /// as a write: of several labs somebody has to ask for it.
    pub(crate) fn looks_at_app(&self, labs: usize) -> bool {
        self.app.unwrap_or(labs == 1)
    }
}
