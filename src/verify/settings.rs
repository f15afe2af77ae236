//! `app_settings`: whether the variables of the ai-service name the lab's account and deployment, and whether its Pods have read them.

use std::collections::BTreeMap;

use serde_json::Value;

use super::facts::{Facts, deployment_name};
use super::report::{fail, pass, skip};
use crate::app::components::AI;
use crate::app::connect::IDENTITY_CONFIG;
use crate::kubernetes::Object;
use crate::lab::ids::same;
use crate::outcome::CheckReport;
use crate::recipe::account::endpoint;

const SETTINGS: &str = "app_settings";
/// What the ai-service reads (its `main.py` and `routers/LLM.py`).
const ENDPOINT: &str = "AZURE_OPENAI_ENDPOINT";
const DEPLOYMENT: &str = "AZURE_OPENAI_DEPLOYMENT_NAME";
const SWITCHES: [&str; 2] = ["USE_AZURE_OPENAI", "USE_AZURE_AD"];

/// The commands that put right what is found.
pub(super) struct Cures<'a> {
    /// Connects it.
    pub(super) connect: &'a str,
    /// Connects it, whoever has changed it.
    pub(super) force: &'a str,
    /// Makes its Pods again.
    pub(super) restart: &'a str,
}

/// The ConfigMaps that a Deployment of the ai-service reads its variables from.
pub(super) fn sources(deployment: &Object) -> Vec<String> {
    let container = container(deployment);
    let of_all = list(container, "envFrom").map(|source| &source["configMapRef"]["name"]);
    let of_one = list(container, "env").map(|variable| &variable["valueFrom"]["configMapKeyRef"]["name"]);
    let mut names: Vec<String> = of_all.chain(of_one).filter_map(Value::as_str).map(str::to_owned).collect();
    names.sort();
    names.dedup();
    names
}

/// The check; `maps` are those of the sources that exist, `pods` the ai-service's.
pub(super) fn check(
    deployment: &Object,
    maps: &[Object],
    pods: &[Object],
    facts: &Facts,
    cures: &Cures<'_>,
) -> CheckReport {
    if let Some(missing) = sources(deployment).iter().find(|name| !maps.iter().any(|map| map.name() == *name)) {
        let cure = if missing == IDENTITY_CONFIG { cures.connect } else { cures.force };
        return fail(SETTINGS, format!("the ai-service reads the ConfigMap {missing}, which does not exist"), cure);
    }
    let variables = variables(deployment, maps);
    let set = |name: &str| variables.get(name).map_or(Some(""), |value| value.as_deref());
    let Some(account) = facts.account.there() else { return skip(SETTINGS, "there is no account to compare with") };
    if let Some(switch) = SWITCHES.into_iter().find(|name| set(name).is_some_and(|value| !is_yes(value))) {
        let message = format!("the ai-service signs in without a key only where {switch} is True, and it is not");
        return fail(SETTINGS, message, cures.force);
    }
    let bare = |url: &str| url.trim_end_matches('/').to_ascii_lowercase();
    let wanted = endpoint(account).unwrap_or_default();
    if let Some(asked) = set(ENDPOINT).filter(|asked| bare(asked) != bare(wanted)) {
        return fail(SETTINGS, named(ENDPOINT, asked, &format!("the account's endpoint is {wanted}")), cures.force);
    }
    let known = facts.deployments.as_deref().unwrap_or_default();
    let is_known = |asked: &str| known.iter().filter_map(deployment_name).any(|name| same(name, asked));
    if let Some(asked) = set(DEPLOYMENT).filter(|asked| facts.deployments.is_ok() && !is_known(asked)) {
        return fail(SETTINGS, named(DEPLOYMENT, asked, "the account has no deployment of that name"), cures.force);
    }
    match older(maps, pods) {
        Some((pod, map)) => fail(
            SETTINGS,
            format!("the Pod {pod} started before the ConfigMap {map} was last changed, and does not have its values"),
            cures.restart,
        ),
        None => pass(SETTINGS, format!("the ai-service asks the lab's own model at {wanted}")),
    }
}

fn named(variable: &str, asked: &str, but: &str) -> String {
    if asked.is_empty() { format!("{variable} is not set") } else { format!("{variable} is {asked}, and {but}") }
}

fn is_yes(value: &str) -> bool {
    value.eq_ignore_ascii_case("true")
}

fn container(deployment: &Object) -> &Value {
    let containers = deployment.body().pointer("/spec/template/spec/containers").and_then(Value::as_array);
    let mut all = containers.into_iter().flatten();
    let first = all.clone().next();
    all.find(|one| one["name"] == AI).or(first).unwrap_or(&Value::Null)
}

fn list<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    value.get(key).and_then(Value::as_array).into_iter().flatten()
}

/// The variables, as Kubernetes puts them together: of two sources the later one's, and a variable of its own before both. `None` is a
/// value that stands elsewhere, or is made from others.
fn variables(deployment: &Object, maps: &[Object]) -> BTreeMap<String, Option<String>> {
    let container = container(deployment);
    let map = |name: &Value| maps.iter().find(|map| Some(map.name()) == name.as_str());
    let mut all = BTreeMap::new();
    for source in list(container, "envFrom") {
        let data = map(&source["configMapRef"]["name"]).and_then(|map| map.body().get("data")?.as_object());
        let prefix = source["prefix"].as_str().unwrap_or_default();
        for (key, value) in data.into_iter().flatten() {
            all.insert(format!("{prefix}{key}"), value.as_str().map(str::to_owned));
        }
    }
    for variable in list(container, "env") {
        let of_map = &variable["valueFrom"]["configMapKeyRef"];
        let value = match (variable["value"].as_str(), of_map["key"].as_str()) {
            (Some(text), _) => Some(text).filter(|text| !text.contains("$(")),
            (None, Some(key)) => map(&of_map["name"]).and_then(|map| map.body().get("data")?.get(key)?.as_str()),
            // Without a value it is empty.
            (None, None) => variable.get("valueFrom").is_none().then_some(""),
        };
        all.insert(variable["name"].as_str().unwrap_or_default().to_owned(), value.map(str::to_owned));
    }
    all
}

/// The newest Pod and a ConfigMap whose values were changed after it was made: a container reads its variables when it starts.
fn older<'a>(maps: &'a [Object], pods: &'a [Object]) -> Option<(&'a str, &'a str)> {
    let made = |pod: &&Object| pod.text("/metadata/creationTimestamp").unwrap_or_default().to_owned();
    let newest = pods.iter().filter(|pod| !pod.is_going()).max_by_key(made)?;
    // Both are RFC 3339 in UTC, to the second.
    let changed = maps.iter().find(|map| changed(map).is_some_and(|at| at > made(&newest).as_str()))?;
    Some((newest.name(), changed.name()))
}

/// When the values of a ConfigMap were last changed.
fn changed(map: &Object) -> Option<&str> {
    let entries = map.body().pointer("/metadata/managedFields").and_then(Value::as_array)?;
    let of_data = entries.iter().filter(|entry| entry["fieldsV1"].get("f:data").is_some());
    of_data.filter_map(|entry| entry["time"].as_str()).max()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::kubernetes::Kind;

    fn map(name: &str, data: &Value, at: &str) -> Object {
        let owned = json!([
            {"manager": "azlab", "time": at, "fieldsV1": {"f:data": {"f:A": {}}}},
            {"manager": "kubectl-label", "time": "2026-11-30T23:00:00Z", "fieldsV1": {"f:metadata": {}}},
        ]);
        Object::new(Kind::ConfigMap, json!({"metadata": {"name": name, "managedFields": owned}, "data": data}))
    }

    #[test]
    fn variables_come_together_as_kubernetes_has_them() {
        let container = json!({
            "name": AI,
            "envFrom": [{"configMapRef": {"name": "a"}}, {"configMapRef": {"name": "b"}, "prefix": "P_"}, {"secretRef": {"name": "s"}}],
            "env": [
                {"name": "OWN", "value": "own"},
                {"name": "NONE"},
                {"name": "MADE", "value": "$(OWN)/x"},
                {"name": "KEYED", "valueFrom": {"configMapKeyRef": {"name": "c", "key": "K"}}},
                {"name": "FIELD", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
            ],
        });
        let body = json!({"spec": {"template": {"spec": {"containers": [{"name": "proxy"}, container]}}}});
        let deployment = Object::new(Kind::Deployment, body);
        assert_eq!(sources(&deployment), ["a", "b", "c"]);
        let maps = [
            map("a", &json!({"OWN": "a", "ONLY": "a"}), ""),
            map("b", &json!({"ONLY": "b"}), ""),
            map("c", &json!({"K": "keyed"}), ""),
        ];
        let all = variables(&deployment, &maps);
        let told = |name: &str| all.get(name).cloned();
        let some = |text: &str| Some(Some(text.to_owned()));
        assert_eq!([told("OWN"), told("ONLY"), told("P_ONLY")], [some("own"), some("a"), some("b")]);
        assert_eq!([told("NONE"), told("MADE"), told("KEYED")], [some(""), Some(None), some("keyed")]);
        assert_eq!([told("FIELD"), told("OTHER")], [Some(None), None]);
    }

    #[test]
    fn a_pod_that_is_older_than_the_values_of_its_config_map_is_found() {
        let pod =
            |name: &str, at: &str| Object::new(Kind::Pod, json!({"metadata": {"name": name, "creationTimestamp": at}}));
        let maps = [map("a", &json!({}), "2026-11-30T10:00:05Z")];
        let pods = [pod("old", "2026-11-30T10:00:04Z")];
        assert_eq!(older(&maps, &pods), Some(("old", "a")));
        // One that takes its place, in the same second at the earliest.
        let pods = [pod("old", "2026-11-30T10:00:04Z"), pod("new", "2026-11-30T10:00:05Z")];
        assert_eq!(older(&maps, &pods), None);
        assert_eq!(older(&maps, &[]), None);
    }
}
