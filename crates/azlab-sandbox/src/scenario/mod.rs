//! Scenarios: how the embedded Azure is told to misbehave, as real ones do, and what it begins with. TOML, ready-made or from
//! a file; the keys are in docs/sandbox.md.

pub(crate) mod active;
mod answers;
mod check;
pub(crate) mod entry_error;
mod initial_resources;
mod keys;
pub(crate) mod latencies;
mod located;
mod play;
pub(crate) mod random;
mod ready_made;
mod references;
mod resources;
mod subscriptions;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::faults::entry::FaultEntry;
use crate::providers::cognitiveservices::changes::ModelChange;
use crate::scenario::entry_error::EntryError;
use crate::scenario::latencies::Latencies;
use crate::services::openai::script::AnswerEntry;
use crate::state::error::SandboxError;
use crate::state::settings::Settings;

pub use located::Located;
pub use ready_made::READY_MADE;
pub use resources::{EntryState, ResourceEntry};

/// A scenario file.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "azlab sandbox scenario")]
pub struct Scenario {
    /// The name or the file that it was read from.
    #[serde(skip)]
    pub name: String,
    /// What it teaches, in one line.
    pub about: String,
    /// Models that are closed to new deployments from now on (and stay listed).
    #[serde(default)]
    pub retire: Vec<Retire>,
    /// Resource providers that are not registered.
    #[serde(default)]
    pub unregister: Vec<String>,
    /// `false`: the signed-in principal has no role that lets it use models.
    #[serde(default = "yes")]
    pub data_role: bool,
    /// Settings; what is not named takes its default.
    #[serde(default)]
    pub settings: Settings,
    /// Durations that are drawn instead of fixed.
    pub latencies: Option<Located<Latencies>>,
    /// The day (`2023-11-01`) of which the model catalogue is: what Azure sold then, open for as long as it was then. Left out,
    /// the last one that is known.
    pub catalogue_day: Option<String>,
    /// Changes of the model catalogue.
    #[serde(default)]
    pub models: Vec<Located<ModelChange>>,
    /// What models answer.
    #[serde(default)]
    pub answers: Vec<Located<AnswerEntry>>,
    /// A file with more `[[answers]]`, from the place of this one.
    pub answers_file: Option<String>,
    /// Requests that go wrong.
    #[serde(default)]
    pub faults: Vec<Located<FaultEntry>>,
    /// What is there already.
    #[serde(default)]
    pub resources: Vec<Located<ResourceEntry>>,
    /// The text, for the places of what is found wrong only when it is played.
    #[serde(skip)]
    text: String,
}

fn yes() -> bool {
    true
}

/// A model to retire.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Retire {
    /// Its name in the catalogue.
    pub model: String,
    /// One version only.
    pub version: Option<String>,
}

/// A scenario cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ScenarioError {
    /// No ready-made scenario and no file of that name.
    #[error("there is no scenario '{name}' and no file of that name; ready-made: {known}")]
    Unknown {
        /// What was asked for.
        name: String,
        /// The ready-made ones.
        known: String,
    },
    /// The file cannot be read.
    #[error("the scenario file {name} cannot be read: {source}")]
    File {
        /// The file.
        name: String,
        /// Why.
        source: std::io::Error,
    },
    /// The file is no scenario.
    #[error("{name} is not a scenario: {reason}")]
    Invalid {
        /// Which one.
        name: String,
        /// What is wrong, with its place.
        reason: String,
    },
    /// What the scenario begins with exists already.
    #[error("the scenario creates {id}, which is in the sandbox already; nothing was changed")]
    Exists {
        /// The scenario.
        name: String,
        /// The resource.
        id: String,
    },
    /// It cannot be put in force.
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
}

impl From<rusqlite::Error> for ScenarioError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sandbox(error.into())
    }
}

/// The text of a ready-made scenario.
pub fn ready_made(name: &str) -> Option<&'static str> {
    READY_MADE.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}

fn known() -> String {
    READY_MADE.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
}

/// The error for a name that no scenario has.
pub fn unknown(name: &str) -> ScenarioError {
    ScenarioError::Unknown { name: name.to_owned(), known: known() }
}

impl Scenario {
    /// A ready-made scenario by name, or one from a file.
    ///
    /// # Errors
    /// [`ScenarioError`]; what is wrong is told with its line.
    pub fn load(name: &str) -> Result<Self, ScenarioError> {
        if let Some(text) = ready_made(name) {
            return Self::parse(name, text);
        }
        let text = std::fs::read_to_string(name).map_err(|source| {
            if source.kind() == std::io::ErrorKind::NotFound {
                return unknown(name);
            }
            ScenarioError::File { name: name.to_owned(), source }
        })?;
        Self::parse(name, &text)
    }

    /// Reads and checks the text of a scenario; `name` is for messages.
    ///
    /// # Errors
    /// [`ScenarioError::Invalid`]
    pub fn parse(name: &str, text: &str) -> Result<Self, ScenarioError> {
        let invalid = |reason: String| ScenarioError::Invalid { name: name.to_owned(), reason };
        let scenario: Self = toml::from_str(text).map_err(|error| invalid(error.to_string().trim_end().to_owned()))?;
        let mut scenario = Self { name: name.to_owned(), text: text.to_owned(), ..scenario };
        scenario.check()?;
        Ok(scenario)
    }

    /// The commands with which it is rehearsed: the lines of its text that begin with `#   $ `.
    pub fn rehearsal(&self) -> Vec<&str> {
        self.text.lines().filter_map(|line| line.strip_prefix("#   $ ")).collect()
    }

    /// An error at a place of the text.
    fn invalid_at(&self, start: usize, reason: impl std::fmt::Display) -> ScenarioError {
        let line = self.text.get(..start).unwrap_or_default().matches('\n').count() + 1;
        ScenarioError::Invalid { name: self.name.clone(), reason: format!("line {line}: {reason}") }
    }

    /// An error in the entry that begins at `start`, of the table that `of` names: at its key, or, if it is the entry as a whole,
    /// where it begins.
    fn invalid_in(&self, of: &str, start: usize, slip: &EntryError) -> ScenarioError {
        let at = slip.key.and_then(|key| keys::in_entry(&self.text, start, key)).unwrap_or(start);
        self.invalid_at(at, format!("{of} {}", slip.reason))
    }

    /// An error about what stands at `path` (see [`keys::find`]).
    fn invalid_key(&self, path: &[&str], reason: impl std::fmt::Display) -> ScenarioError {
        self.invalid_at(keys::find(&self.text, path), reason)
    }
}

#[cfg(test)]
mod tests;
