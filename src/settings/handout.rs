//! The options of `handout`.

use std::path::Path;

use super::{LabSource, SettingsError};
use crate::cli::handout::{HandoutArgs, HandoutFormat};
use crate::lab::overrides::LabOverrides;
use crate::values::Zone;

/// What `handout` needs to know.
#[derive(Clone, Debug)]
pub struct HandoutSettings {
    labs: LabSource,
    format: HandoutFormat,
    /// A template of the host's own: what messages call it, and its text.
    template: Option<(String, String)>,
    /// The text of the backs, in Markdown.
    back: Option<String>,
    zone: Zone,
}

impl HandoutSettings {
    /// Resolves the options of `handout`, and reads the files that they name.
    ///
    /// # Errors
    /// [`SettingsError`]
    pub(crate) fn resolve(args: &HandoutArgs, labs: &LabSource, zone: Zone) -> Result<Self, SettingsError> {
        if args.format != HandoutFormat::Html && (args.template.is_some() || args.back.is_some()) {
            let message = "--template and --back are for the page: leave them out, or leave out --format";
            return Err(SettingsError::Combination(message.to_owned()));
        }
        let template = match &args.template {
            Some(file) => Some((file.display().to_string(), text("--template", file)?)),
            None => None,
        };
        let back = args.back.as_deref().map(|file| text("--back", file)).transpose()?;
        let labs = labs.clone().or_all().without_spares().with(&LabOverrides::default())?;
        Ok(Self { labs, format: args.format, template, back, zone })
    }

    /// The labs that are meant.
    pub(crate) fn labs(&self) -> &LabSource {
        &self.labs
    }

    /// The form.
    pub(crate) fn format(&self) -> HandoutFormat {
        self.format
    }

    /// The host's own template: what messages call it, and its text.
    pub(crate) fn template(&self) -> Option<&(String, String)> {
        self.template.as_ref()
    }

    /// The text of the backs, in Markdown.
    pub(crate) fn back(&self) -> Option<&str> {
        self.back.as_deref()
    }

    /// The time zone of the host.
    pub(crate) fn zone(&self) -> &Zone {
        &self.zone
    }
}

fn text(option: &str, file: &Path) -> Result<String, SettingsError> {
    std::fs::read_to_string(file)
        .map_err(|error| SettingsError::Combination(format!("{option} {} cannot be read: {error}", file.display())))
}
