//! `metadata.managedFields`: who owns what, and since when.

use serde_json::{Value, json};

use super::compare::{Difference, blank};
use super::fields::Fields;
use crate::services::kubernetes::schema::Shape;

/// Who changes an object.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::services::kubernetes) struct Manager {
    pub name: String,
    /// `Apply` or `Update`.
    pub operation: &'static str,
    pub api_version: String,
    /// Empty: the object itself.
    pub subresource: String,
}

/// What a manager owns.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Owned {
    pub manager: Manager,
    pub time: Value,
    pub fields: Fields,
}

/// The entries of an object; what cannot be read is left out.
pub(super) fn read(object: &Value) -> Vec<Owned> {
    let text = |entry: &Value, name: &str| entry[name].as_str().unwrap_or_default().to_owned();
    let entries = object["metadata"]["managedFields"].as_array();
    entries
        .into_iter()
        .flatten()
        .map(|entry| Owned {
            manager: Manager {
                name: text(entry, "manager"),
                operation: if entry["operation"] == "Apply" { "Apply" } else { "Update" },
                api_version: text(entry, "apiVersion"),
                subresource: text(entry, "subresource"),
            },
            time: entry["time"].clone(),
            fields: Fields::from_json(&entry["fieldsV1"]),
        })
        .collect()
}

/// Writes the entries into an object: those of appliers first, then by time and name.
pub(super) fn write(object: &mut Value, mut all: Vec<Owned>) {
    all.retain(|owned| !owned.fields.is_empty());
    all.sort_by_key(|owned| {
        let Manager { name, operation, api_version, subresource } = owned.manager.clone();
        let time = owned.time.as_str().unwrap_or_default().to_owned();
        (operation, time, name, api_version, subresource)
    });
    let entries: Vec<Value> = all.iter().map(entry).collect();
    let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) else { return };
    if entries.is_empty() {
        metadata.remove("managedFields");
    } else {
        metadata.insert("managedFields".into(), entries.into());
    }
}

fn entry(owned: &Owned) -> Value {
    let Manager { name, operation, api_version, subresource } = &owned.manager;
    let mut entry = json!({
        "manager": name,
        "operation": operation,
        "apiVersion": api_version,
        "time": owned.time,
        "fieldsType": "FieldsV1",
        "fieldsV1": owned.fields.to_json(),
    });
    if !subresource.is_empty() {
        entry["subresource"] = subresource.clone().into();
    }
    entry
}

/// What an update makes of the ownership: who changes a field owns it, alone.
///
/// `old` is the object before, if there was one; `new` carries the entries that the caller sent: none or an empty list of them
/// begins anew, as the API server does.
pub(in crate::services::kubernetes) fn updated(
    shape: &Shape,
    old: Option<&Value>,
    new: &mut Value,
    manager: &Manager,
    now: &str,
) {
    let sent = new["metadata"].get("managedFields").and_then(Value::as_array).cloned();
    let is_reset = sent.as_ref().is_some_and(|sent| sent.iter().all(|entry| entry["operation"].is_null()));
    let mut all = match (old, is_reset) {
        (Some(_), true) => Vec::new(),
        (Some(_), false) if sent.is_some() => read(new),
        (Some(old), _) => read(old),
        (None, _) => Vec::new(),
    };
    let start = if is_reset && old.is_some() { None } else { old.cloned() };
    let empty = blank(shape);
    let mut difference = Difference::between(shape, start.as_ref().unwrap_or(&empty), new);
    if is_reset && old.is_some() {
        // Nobody owns anything any more, and neither does who says so.
        difference = Difference::default();
    }
    keep_to(&manager.subresource, &mut difference);
    let mut changed = difference.added.clone();
    changed.unite(&difference.modified);
    for owned in &mut all {
        owned.fields = owned.fields.without_trees(&difference.removed);
        if owned.manager != *manager {
            owned.fields = owned.fields.without(&changed);
        }
    }
    if !changed.is_empty() {
        match all.iter_mut().find(|owned| owned.manager == *manager) {
            Some(owned) => {
                owned.fields.unite(&changed);
                owned.time = now.into();
            }
            None => all.push(Owned { manager: manager.clone(), time: now.into(), fields: changed }),
        }
    }
    write(new, all);
}

/// Whoever writes the status owns nothing of the rest, and the other way round.
pub(super) fn keep_to(subresource: &str, difference: &mut Difference) {
    let beside = if subresource == "status" { "f:spec" } else { "f:status" };
    for fields in [&mut difference.added, &mut difference.modified, &mut difference.removed] {
        fields.children.remove(beside);
    }
}
