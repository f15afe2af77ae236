//! The shape of a body: which fields there are, and which types of JSON they have.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// Types by path. Entries of arrays, and members of objects whose names are data, share the path `…/*`.
pub(super) type Shape = BTreeMap<String, BTreeSet<&'static str>>;

/// Objects whose members' names are data: somebody chose them.
const MAPS: [&str; 4] = ["tags", "nodeLabels", "userAssignedIdentities", "endpoints"];

/// The shape of `body`.
pub(super) fn shape(body: &Value) -> Shape {
    let mut shape = Shape::new();
    add(body, "", &mut shape);
    shape
}

fn add(value: &Value, path: &str, shape: &mut Shape) {
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    shape.entry(path.to_owned()).or_default().insert(kind);
    match value {
        Value::Array(entries) => entries.iter().for_each(|entry| add(entry, &format!("{path}/*"), shape)),
        Value::Object(members) => {
            let is_map = MAPS.contains(&path.rsplit('/').next().unwrap_or_default());
            for (name, value) in members {
                let name = if is_map { "*" } else { name };
                add(value, &format!("{path}/{name}"), shape);
            }
        }
        _ => {}
    }
}

/// The paths of `recorded` that `ours` does not have, each once (not what is below it), those of another type, and members of
/// `ours` that are null for nothing.
pub(super) fn lacking(recorded: &Shape, ours: &Shape) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for (path, types) in recorded {
        if found.iter().any(|above| path.strip_prefix(above.as_str()).is_some_and(|rest| rest.starts_with('/'))) {
            continue;
        }
        match ours.get(path) {
            None => found.push(path.clone()),
            // What Azure leaves open (null) may be told; what it tells must be told.
            Some(ours) if !types.contains("null") && !ours.is_subset(types) => found.push(path.clone()),
            Some(_) => {}
        }
    }
    found.extend(surplus(recorded, ours));
    found
}

/// The members of `ours` that say nothing (null), and that Azure does not send with what they belong to.
fn surplus(recorded: &Shape, ours: &Shape) -> Vec<String> {
    let says_nothing = |types: &BTreeSet<&str>| types.iter().all(|kind| *kind == "null");
    let above = |path: &str| path.rsplit_once('/').is_some_and(|(above, _)| recorded.contains_key(above));
    let surplus =
        ours.iter().filter(|(path, types)| says_nothing(types) && !recorded.contains_key(*path) && above(path));
    surplus.map(|(path, _)| path.clone()).collect()
}

/// What to lay beside what. Of two lists whose entries have the same names, each entry beside its namesake (the catalogue
/// of Azure has more models, and more usages, than the sandbox's); all else as a whole.
pub(super) fn paired(recorded: &Value, ours: &Value) -> Vec<(Value, Value)> {
    let entries = |body: &Value| body["value"].as_array().cloned().unwrap_or_default();
    let name = |entry: &Value| {
        let name = if entry["name"].is_object() { &entry["name"]["value"] } else { &entry["name"] };
        (name.clone(), entry["kind"].clone())
    };
    let pairs: Vec<_> = entries(ours)
        .into_iter()
        .filter_map(|our| {
            let namesake = entries(recorded).into_iter().find(|entry| name(entry) == name(&our))?;
            Some((serde_json::json!({"value": [namesake]}), serde_json::json!({"value": [our]})))
        })
        .collect();
    if pairs.is_empty() { vec![(recorded.clone(), ours.clone())] } else { pairs }
}

#[test]
fn a_field_that_is_missing_or_of_another_type_is_found() {
    let recorded =
        serde_json::json!({"a": 1, "b": {"c": "x", "d": [{"e": 1}, {"f": true}]}, "n": null, "tags": {"x": "y"}});
    let lacks = |ours: Value| lacking(&shape(&recorded), &shape(&ours));
    assert_eq!(lacks(recorded.clone()), Vec::<String>::new());
    let ours = serde_json::json!({"a": "1", "b": {"c": null, "d": [{"e": 2}]}, "n": 5, "tags": {"z": "y"}});
    assert_eq!(lacks(ours), ["/a", "/b/c", "/b/d/*/f"]);
    assert_eq!(lacks(serde_json::json!({"a": 1, "n": null, "tags": {}})), ["/b", "/tags/*"]);
    let ours = serde_json::json!({"a": 1, "b": {"c": "x", "d": [{"e": 1, "f": true, "g": null}]}, "n": null, "tags": {"x": "y"}, "z": 1});
    assert_eq!(lacks(ours), ["/b/d/*/g"], "a null that Azure does not send");
}
