//! The model catalogue: which models each region has, until when they can be deployed, and how much quota there is.

use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::arm::call::Call;
use crate::arm::regions;

/// Capabilities of a model that its deployments have.
const DEPLOYED: [&str; 8] = [
    "area",
    "chatCompletion",
    "assistants",
    "jsonObjectResponse",
    "jsonSchemaResponse",
    "responses",
    "agentsV2",
    "embeddings",
];

/// The last day that can be written.
pub(crate) const NEVER: &str = "9999-12-31";

/// The data of `catalogue.json`.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Catalogue {
    pub models: Vec<Model>,
    /// Usage name, its text, and the limit that a subscription begins with.
    pub usages: Vec<(String, String, i64)>,
}

/// A version of a model, with what Azure told of it (recorded: East US 2).
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Model {
    pub name: String,
    pub version: String,
    pub default: bool,
    /// Whether it reasons: it refuses `max_tokens`, and a `temperature` other than 1.
    #[serde(default)]
    pub reasoning: bool,
    pub created: String,
    pub inference: String,
    /// Units of capacity that a deployment of it may have.
    pub max_capacity: i64,
    pub(super) capabilities: Map<String, Value>,
    pub skus: Vec<Sku>,
    pub regions: Vec<String>,
}

/// A way in which a model is sold.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Sku {
    pub name: String,
    /// Under which quota it is counted; cannot be derived from the model's name.
    pub usage_name: String,
    pub default: i64,
    /// The day from which it is closed to new deployments.
    pub until: String,
    /// Seconds over which requests are counted.
    pub request_window: i64,
}

impl Model {
    /// Whether the region has it.
    pub fn in_region(&self, location: &str) -> bool {
        self.regions.iter().any(|region| region == location)
    }

    /// What it can do, in a region: the data zone is the region's.
    pub fn capabilities(&self, location: &str) -> Map<String, Value> {
        let mut all = self.capabilities.clone();
        if all.contains_key("area") {
            match regions::data_zone(location) {
                Some(zone) => drop(all.insert("area".into(), zone.into())),
                None => drop(all.remove("area")),
            }
        }
        all
    }

    /// What a deployment of it can do: not what concerns fine tuning, sizes and purchase (recorded of gpt-4o; of the others
    /// inferred).
    pub fn deployed_capabilities(&self, location: &str) -> Map<String, Value> {
        let mut all = self.capabilities(location);
        all.retain(|name, _| DEPLOYED.contains(&name.as_str()));
        all
    }

    /// Whether it has a capability.
    pub fn can(&self, name: &str) -> bool {
        self.capabilities.get(name).is_some_and(|value| value == "true")
    }

    /// A limit in tokens among its capabilities, such as `maxOutputToken`.
    pub fn limit(&self, name: &str) -> Option<i64> {
        self.capabilities.get(name)?.as_str()?.parse().ok()
    }

    /// The sku by name.
    pub fn sku(&self, name: &str) -> Option<&Sku> {
        self.skus.iter().find(|sku| sku.name.eq_ignore_ascii_case(name))
    }
}

impl Catalogue {
    /// With no model closed: for what was deployed while its model was sold.
    pub fn before_closing(mut self) -> Self {
        let skus = self.models.iter_mut().flat_map(|model| &mut model.skus);
        skus.for_each(|sku| NEVER.clone_into(&mut sku.until));
        self
    }
}

/// The catalogue. A test reads it, so that a file that does not parse is never shipped.
pub(crate) static CATALOGUE: LazyLock<Catalogue> =
    LazyLock::new(|| match serde_json::from_str(include_str!("catalogue.json")) {
        Ok(catalogue) => catalogue,
        Err(error) => unreachable!("catalogue.json is part of the program: {error}"),
    });

/// The models that a request sees: those of the state's day, as the active scenario changes them.
pub(super) fn of<'a>(call: &Call<'a>) -> &'a Catalogue {
    call.overrides.get().unwrap_or_else(|| &*CATALOGUE)
}

/// Whether some region has the model.
pub(crate) fn has(name: &str, version: Option<&str>) -> bool {
    CATALOGUE
        .models
        .iter()
        .any(|model| model.name.eq_ignore_ascii_case(name) && version.is_none_or(|version| version == model.version))
}

/// The models' names.
pub(crate) fn names() -> Vec<&'static str> {
    let mut names: Vec<&str> = CATALOGUE.models.iter().map(|model| model.name.as_str()).collect();
    names.dedup();
    names
}

#[cfg(test)]
mod tests {
    use super::CATALOGUE;

    #[test]
    fn every_sku_is_counted_under_a_quota_that_exists() {
        for model in &CATALOGUE.models {
            for sku in &model.skus {
                assert!(CATALOGUE.usages.iter().any(|(name, ..)| *name == sku.usage_name), "{}", sku.usage_name);
            }
        }
    }
}
