//! The model behind a deployment, as far as questions to it are judged by it.

use serde_json::Value;

use crate::providers::cognitiveservices::catalogue::{CATALOGUE, Catalogue};
use crate::state::store::Resource;

/// The model of a deployment.
#[derive(Clone, Debug)]
pub(super) struct Model {
    /// `gpt-5-mini`
    pub name: String,
    /// With its version, as answers name it: `gpt-5-mini-2025-08-07`.
    pub full_name: String,
    /// Whether it reasons: it refuses `max_tokens`, and a `temperature` other than 1.
    pub reasons: bool,
    /// Tokens of a question and its answer together, where the catalogue says so.
    pub context: Option<i64>,
    /// Tokens of an answer, where the catalogue says so.
    pub output: Option<i64>,
    capabilities: Value,
}

/// A model's name with its version; a first version is not named.
pub(super) fn full_name(name: &str, version: &str) -> String {
    if version == "1" { name.to_owned() } else { format!("{name}-{version}") }
}

impl Model {
    /// The deployment's model, by the catalogue of the state's day; one that has left it is known from the whole one.
    pub fn of(sold: Option<&Catalogue>, deployment: &Resource) -> Self {
        let properties = &deployment.body["properties"];
        let text = |member: &str| properties["model"][member].as_str().unwrap_or_default();
        let (name, version) = (text("name"), text("version"));
        let models = || sold.into_iter().chain([&*CATALOGUE]).flat_map(|catalogue| &catalogue.models);
        let same = || models().filter(|model| model.name == name);
        let own = same().find(|model| model.version == version).or_else(|| same().next());
        let limit = |what: &str| own?.limit(what);
        Self {
            name: name.to_owned(),
            full_name: full_name(name, version),
            reasons: own.is_some_and(|model| model.reasoning),
            context: limit("maxContextToken").or_else(|| limit("maxTotalToken")),
            output: limit("maxOutputToken"),
            capabilities: properties["capabilities"].clone(),
        }
    }

    pub fn chats(&self) -> bool {
        self.capabilities["chatCompletion"] == "true"
    }

    pub fn embeds(&self) -> bool {
        self.capabilities["embeddings"] == "true"
    }

    pub fn responds(&self) -> bool {
        self.capabilities["responses"] == "true"
    }

    /// Whether it takes images: all of the catalogue but the oldest.
    pub fn sees(&self) -> bool {
        !self.is_oldest()
    }

    /// Whether messages may have members that the API does not have: those to the models before gpt-4o may not (openai-node 1161).
    pub fn overlooks_unknown_members(&self) -> bool {
        !self.is_oldest()
    }

    fn is_oldest(&self) -> bool {
        self.name.starts_with("gpt-35-turbo")
    }
}
