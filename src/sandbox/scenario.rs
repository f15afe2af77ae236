//! Scenarios: how the embedded Azure is told to misbehave, as real ones do. TOML, ready-made or from a file.

use serde::Deserialize;

use super::authorization::definitions;
use super::{Sandbox, SandboxError, Settings};

/// A scenario file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// What it teaches, in one line.
    pub about: String,
    /// Models that are closed to new deployments (and stay listed).
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
}

fn yes() -> bool {
    true
}

/// A model to retire.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Retire {
    /// Its name in the catalogue.
    pub model: String,
    /// One version only.
    pub version: Option<String>,
}

/// A scenario cannot be read.
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
    /// It cannot be put in force.
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
}

/// The ready-made scenarios: name and text.
pub const READY_MADE: &[(&str, &str)] = &[
    ("standard", include_str!("scenarios/standard.toml")),
    ("retired-model", include_str!("scenarios/retired-model.toml")),
    ("no-model-quota", include_str!("scenarios/no-model-quota.toml")),
    ("no-vcpu-quota", include_str!("scenarios/no-vcpu-quota.toml")),
    ("late-principal", include_str!("scenarios/late-principal.toml")),
    ("purge-conflict", include_str!("scenarios/purge-conflict.toml")),
    ("no-data-role", include_str!("scenarios/no-data-role.toml")),
    ("unregistered-provider", include_str!("scenarios/unregistered-provider.toml")),
    ("disabled-subscription", include_str!("scenarios/disabled-subscription.toml")),
    ("contributor-only", include_str!("scenarios/contributor-only.toml")),
    ("group-owner-only", include_str!("scenarios/group-owner-only.toml")),
    ("account-limit", include_str!("scenarios/account-limit.toml")),
];

impl Scenario {
    /// A ready-made scenario by name, or one from a file.
    ///
    /// # Errors
    /// [`ScenarioError`]
    pub fn load(name: &str) -> Result<Self, ScenarioError> {
        if let Some((_, text)) = READY_MADE.iter().find(|(known, _)| *known == name) {
            return Self::parse(name, text);
        }
        let text = std::fs::read_to_string(name).map_err(|source| {
            if source.kind() == std::io::ErrorKind::NotFound {
                let known = READY_MADE.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
                return ScenarioError::Unknown { name: name.to_owned(), known };
            }
            ScenarioError::File { name: name.to_owned(), source }
        })?;
        Self::parse(name, &text)
    }

    fn parse(name: &str, text: &str) -> Result<Self, ScenarioError> {
        toml::from_str(text)
            .map_err(|error| ScenarioError::Invalid { name: name.to_owned(), reason: error.to_string() })
    }
}

impl Sandbox {
    /// Puts a scenario in force; what exists stays.
    ///
    /// # Errors
    /// [`SandboxError::UnknownModel`], [`SandboxError::UnknownRole`], or when the database cannot be written.
    pub fn play(&self, scenario: &Scenario) -> Result<(), SandboxError> {
        for granted in &scenario.settings.roles {
            if definitions::named(&granted.role).is_none() {
                let known = definitions::names().join(", ");
                return Err(SandboxError::UnknownRole { name: granted.role.clone(), known });
            }
        }
        self.set_settings(&scenario.settings)?;
        self.register_all_providers()?;
        self.set_data_role(scenario.data_role)?;
        for retire in &scenario.retire {
            self.retire_model(&retire.model, retire.version.as_deref())?;
        }
        for namespace in &scenario.unregister {
            self.unregister_provider(namespace)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;

    #[test]
    fn every_ready_made_scenario_can_be_played() {
        for (name, _) in READY_MADE {
            let scenario = Scenario::load(name).expect(name);
            assert!(scenario.about.len() > 20, "{name} says what it teaches");
            Sandbox::in_memory(Clock::real()).play(&scenario).expect(name);
        }
    }

    #[test]
    fn the_standard_scenario_undoes_the_others() {
        let sandbox = Sandbox::in_memory(Clock::real());
        for name in ["retired-model", "unregistered-provider", "standard"] {
            sandbox.play(&Scenario::load(name).expect(name)).expect(name);
        }
        assert_eq!(sandbox.settings().expect("settings"), Settings::default());
    }

    #[test]
    fn unknown_keys_are_named_with_their_place() {
        let error = Scenario::parse("x", "about = 'a'\nretired = []\n").expect_err("unknown").to_string();
        assert!(error.contains("retired") && error.contains("line 2"), "{error}");
        let error = Scenario::load("no-such").expect_err("unknown").to_string();
        assert!(error.contains("retired-model"), "{error}");
    }
}
