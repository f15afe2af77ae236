//! The workshop's names, and the ways in which these tests look at what az prints.

use serde_json::Value;

use super::shell::Shell;

pub(super) const GROUP: &str = "myResourceGroup";
pub(super) const CLUSTER: &str = "myAKSCluster";
pub(super) const IDENTITY: &str = "myIdentity";
pub(super) const CREDENTIAL: &str = "myFederatedCredential";
pub(super) const ACCOUNT: &str = "myopenai12345";
pub(super) const ROLE: &str = "Cognitive Services OpenAI User";
pub(super) const SUBJECT: &str = "system:serviceaccount:default:ai-service-account";

/// A model that can be deployed now.
pub(super) struct Deployable {
    pub(super) name: String,
    pub(super) version: String,
    pub(super) sku: String,
}

/// The workshop's model while it can still be deployed, else another that can be talked to: the catalogue and the sandbox's
/// clock decide.
pub(super) fn deployable(shell: &Shell) -> Deployable {
    let models = shell.json(&["cognitiveservices", "model", "list", "--location", "westeurope"]);
    let now = shell.world.inventory()["now"].as_str().unwrap().to_owned();
    let mut found = Vec::new();
    for entry in models.as_array().unwrap().iter().filter(|entry| entry["kind"] == "OpenAI") {
        let model = &entry["model"];
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        for sku in model["skus"].as_array().unwrap() {
            // Dates of one form compare as text.
            if text(&sku["deprecationDate"]) > now && model["capabilities"]["chatCompletion"] == "true" {
                let (name, version) = (text(&model["name"]), text(&model["version"]));
                found.push(Deployable { name, version, sku: text(&sku["name"]) });
            }
        }
    }
    let wanted = found.iter().position(|model| model.name == "gpt-35-turbo").unwrap_or(0);
    found.into_iter().nth(wanted).expect("a model that can be deployed")
}

/// One member of each entry of a list.
pub(super) fn of(list: &Value, member: &str) -> Vec<String> {
    let entries = list.as_array().unwrap_or_else(|| panic!("a list: {list}"));
    entries.iter().map(|entry| entry[member].as_str().unwrap_or_default().to_owned()).collect()
}

pub(super) fn names(list: &Value) -> Vec<String> {
    of(list, "name")
}

pub(super) fn sorted(mut names: Vec<String>) -> Vec<String> {
    names.sort_unstable();
    names
}
