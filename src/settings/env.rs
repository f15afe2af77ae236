//! The options of `env`.

use super::{LabSource, SettingsError};
use crate::cli::env::{EnvArgs, EnvFormat};
use crate::lab::variables::Format;

/// What `env` needs to know.
#[derive(Clone, Debug)]
pub struct EnvSettings {
    labs: LabSource,
    format: Format,
    show_keys: bool,
    names_deployment: bool,
    in_github: bool,
}

impl EnvSettings {
    /// Resolves the options of `env`. `in_github`: it runs in a step of GitHub Actions, whose runner masks keys when told.
    ///
    /// # Errors
    /// [`SettingsError`]; the variables are those of one lab.
    pub fn resolve(args: &EnvArgs, labs: &LabSource, in_github: bool) -> Result<Self, SettingsError> {
        let labs = labs.with(&args.lab.with(&args.model))?;
        labs.only_one("env prints the variables of one lab")?;
        let format = match args.format {
            None | Some(EnvFormat::Sh) => Format::Sh,
            Some(EnvFormat::Pwsh) => Format::Pwsh,
            Some(EnvFormat::Dotenv) => Format::Dotenv,
            Some(EnvFormat::Github) => Format::Github,
            Some(EnvFormat::Json) => Format::Json,
        };
        Ok(Self {
            labs,
            format,
            show_keys: args.show_keys,
            names_deployment: args.model.deployment.is_some(),
            in_github,
        })
    }

    /// The labs that are meant.
    pub(crate) fn labs(&self) -> &LabSource {
        &self.labs
    }

    /// How the variables are written.
    pub(crate) fn format(&self) -> Format {
        self.format
    }

    /// Whether the account's key is among them.
    pub(crate) fn show_keys(&self) -> bool {
        self.show_keys
    }

    /// Whether no other deployment than the one that was named will do.
    pub(crate) fn names_deployment(&self) -> bool {
        self.names_deployment
    }

    /// Whether a runner of GitHub Actions is to be told which texts to mask.
    pub(crate) fn masks_keys(&self) -> bool {
        self.in_github && self.show_keys
    }
}
