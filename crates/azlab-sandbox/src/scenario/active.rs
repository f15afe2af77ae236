//! What is in force: the settings, and what a scenario has added to them. Kept as one JSON row, parsed when it changes.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::Date;

use super::latencies::Latencies;
use crate::arm::call::Path;
use crate::faults::entry::{FaultEntry, Rule};
use crate::providers::authorization::signed_in;
use crate::providers::cognitiveservices::catalogue::Catalogue;
use crate::providers::cognitiveservices::catalogue_day;
use crate::providers::cognitiveservices::changes::{self, ModelChange};
use crate::services::openai::script::AnswerEntry;
use crate::state::error::SandboxError;
use crate::state::settings::Settings;
use crate::state::store::Store;

/// Where the scenario is kept beside the settings: the word that states of this schema have.
const KEY: &str = "script";

/// What a scenario adds to the settings.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct StoredScenario {
    /// The scenario's name or file.
    pub name: String,
    /// What it teaches.
    pub about: String,
    pub latencies: Option<Latencies>,
    pub catalogue_day: Option<String>,
    pub models: Vec<ModelChange>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub answers: Vec<AnswerEntry>,
    pub faults: Vec<FaultEntry>,
}

/// The settings and the active scenario, with what follows from them.
#[derive(Debug, Default)]
pub(crate) struct Active {
    pub settings: Settings,
    pub scenario: StoredScenario,
    /// What it changes of a provider's data, by type.
    pub overrides: http::Extensions,
    pub faults: Vec<Rule>,
    /// The settings of each subscription beside the first, by id.
    pub others: HashMap<String, Settings>,
}

/// A fault of the scenario in force.
#[derive(Clone, Debug, PartialEq)]
pub struct ActiveFault {
    /// As the scenario has it.
    pub entry: FaultEntry,
    /// How many requests it was meant for so far.
    pub seen: u32,
    /// How many of them went wrong.
    pub met: u32,
}

/// The scenario in force, for `sandbox scenario` and `sandbox show`.
#[derive(Clone, Debug, PartialEq)]
pub struct ActiveScenario {
    /// Its name or file.
    pub name: String,
    /// What it teaches.
    pub about: String,
    /// Its faults, with how often they struck.
    pub faults: Vec<ActiveFault>,
}

impl Active {
    /// From the stored text of a state that was made on `made`; empty is the beginning.
    pub(crate) fn read(stored: &str, made: Date) -> Result<Self, String> {
        if stored.is_empty() {
            return Self::of(Settings::default(), StoredScenario::default(), made);
        }
        let mut stored: Value = serde_json::from_str(stored).map_err(|error| error.to_string())?;
        let scenario = stored
            .as_object_mut()
            .and_then(|stored| stored.remove(KEY))
            .unwrap_or_else(|| Value::Object(Default::default()));
        let settings = serde_json::from_value(stored).map_err(|error| error.to_string())?;
        let scenario = serde_json::from_value(scenario).map_err(|error| error.to_string())?;
        Self::of(settings, scenario, made)
    }

    /// Settings and scenario of a state that was made on `made`, checked.
    pub fn of(settings: Settings, scenario: StoredScenario, made: Date) -> Result<Self, String> {
        let mut overrides = http::Extensions::new();
        let day = scenario.catalogue_day.as_deref().and_then(catalogue_day::parse);
        overrides.insert(changes::apply(catalogue_day::catalogue(day, made), &scenario.models)?);
        let faults = scenario.faults.iter().map(Rule::of).collect::<Result<_, _>>()?;
        let others = settings.subscriptions.iter().map(|other| (other.id.clone(), settings.of(other))).collect();
        Ok(Self { settings, scenario, overrides, faults, others })
    }

    /// The settings of the subscription that a path is below; above all of them, those of the first.
    pub fn settings_of(&self, path: &Path) -> &Settings {
        match path.lower().as_slice() {
            ["subscriptions", id, ..] => self.others.get(*id).unwrap_or(&self.settings),
            _ => &self.settings,
        }
    }

    /// The overrides for what a scenario begins with: it was deployed while its model was sold.
    pub fn past_overrides(&self) -> http::Extensions {
        let mut overrides = self.overrides.clone();
        if let Some(catalogue) = overrides.get::<Catalogue>().cloned() {
            overrides.insert(catalogue.before_closing());
        }
        overrides
    }

    /// Stores it.
    pub fn save(store: &Store<'_>, settings: &Settings, scenario: &StoredScenario) -> Result<(), SandboxError> {
        let text = || -> serde_json::Result<String> {
            let mut stored = serde_json::to_value(settings)?;
            if *scenario != StoredScenario::default() {
                stored[KEY] = serde_json::to_value(scenario)?;
            }
            Ok(stored.to_string())
        };
        store.set_meta("settings", &text().map_err(|error| SandboxError::Settings(error.to_string()))?)?;
        signed_in::in_others(store, &settings.subscriptions)?;
        Ok(())
    }
}

impl ActiveFault {
    /// How many more requests can go wrong; `None`: there is no end.
    pub fn left(&self) -> Option<u32> {
        self.entry.times.map(|times| times.saturating_sub(self.met))
    }
}
