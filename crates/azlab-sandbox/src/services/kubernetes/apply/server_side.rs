//! Server-side apply: merge, conflicts, and what is no longer applied.

use serde_json::{Value, json};

use super::compare::{Difference, blank};
use super::fields::Fields;
use super::managers::{Manager, Owned, keep_to, read, write};
use super::merge::merge;
use super::paths::paths;
use super::prune::prune;
use crate::services::kubernetes::refusal::Refusal;
use crate::services::kubernetes::schema::{ListKind, Scalar, Shape, key_of, named};

/// An object after an apply, its owners still to be written: defaults come first.
pub(in crate::services::kubernetes) struct Applied {
    pub object: Value,
    owners: Vec<Owned>,
}

impl Applied {
    /// Writes the owners into the object, as it is now.
    pub fn finish(self, mut object: Value) -> Value {
        write(&mut object, self.owners);
        object
    }
}

/// Applies a configuration to an object, or makes one of it.
///
/// # Errors
/// 409 with every field that another manager has set otherwise, unless `force`; 500, as the real one, where the configuration
/// has fields, values or entries of lists that its type does not have.
pub(in crate::services::kubernetes) fn apply(
    shape: &Shape,
    live: Option<&Value>,
    applied: &Value,
    manager: &Manager,
    force: bool,
    now: &str,
) -> Result<Applied, Refusal> {
    check_typed(shape, applied)?;
    let empty = blank(shape);
    let before = live.unwrap_or(&empty);
    let mut owners = live.map(read).unwrap_or_default();
    let mut set = Fields::of(shape, applied);
    set.strip();
    if manager.subresource != "status" {
        set.children.remove("f:status");
    }
    let mut object = merge(shape, before, applied);
    if let Some(last) = owners.iter().find(|owned| owned.manager == *manager).map(|owned| owned.fields.clone()) {
        let mut kept = set.clone();
        owners.iter().filter(|owned| owned.manager != *manager).for_each(|owned| kept.unite(&owned.fields));
        prune(shape, &mut object, &last, &kept);
    }
    let mut difference = Difference::between(shape, before, &object);
    keep_to(&manager.subresource, &mut difference);
    let mut changed = difference.added;
    changed.unite(&difference.modified);
    let mut conflicts: Vec<(String, String)> = Vec::new();
    for owned in owners.iter_mut().filter(|owned| owned.manager != *manager) {
        let contested = owned.fields.shared(&changed);
        if !contested.is_empty() && !force {
            let name = shown(&owned.manager);
            conflicts.extend(paths(&contested).into_iter().map(|path| (name.clone(), path)));
        }
        owned.fields = owned.fields.without(&contested).without_trees(&difference.removed);
    }
    if !conflicts.is_empty() {
        return Err(refuse(&conflicts));
    }
    match owners.iter_mut().find(|owned| owned.manager == *manager) {
        Some(owned) if owned.fields == set && live == Some(&object) => {}
        Some(owned) => *owned = Owned { manager: manager.clone(), time: now.into(), fields: set },
        None => owners.push(Owned { manager: manager.clone(), time: now.into(), fields: set }),
    }
    Ok(Applied { object, owners })
}

/// A manager as conflicts name it.
fn shown(manager: &Manager) -> String {
    let mut text = format!("\"{}\"", manager.name);
    if !manager.subresource.is_empty() {
        text = format!("{text} with subresource \"{}\"", manager.subresource);
    }
    if manager.operation == "Update" {
        text = format!("{text} using {}", manager.api_version);
    }
    text
}

fn refuse(conflicts: &[(String, String)]) -> Refusal {
    let causes: Vec<Value> = conflicts
        .iter()
        .map(|(manager, path)| {
            json!({"reason": "FieldManagerConflict", "message": format!("conflict with {manager}"), "field": path})
        })
        .collect();
    let message = match conflicts {
        [(manager, path)] => format!("Apply failed with 1 conflict: conflict with {manager}: {path}"),
        all => {
            let mut managers: Vec<&String> = all.iter().map(|(manager, _)| manager).collect();
            managers.sort();
            managers.dedup();
            let mut lines = Vec::new();
            for manager in managers {
                lines.push(format!("conflicts with {manager}:"));
                lines.extend(all.iter().filter(|(of, _)| of == manager).map(|(_, path)| format!("- {path}")));
            }
            format!("Apply failed with {} conflicts: {}", all.len(), lines.join("\n"))
        }
    };
    Refusal::new(409, "Conflict", message).with_details(json!({"causes": causes}))
}

/// Refuses a configuration that is not of its type.
fn check_typed(shape: &Shape, applied: &Value) -> Result<(), Refusal> {
    let mut wrong = Vec::new();
    typed(shape, applied, "", &mut wrong);
    if wrong.is_empty() {
        return Ok(());
    }
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let said = if wrong.len() == 1 { wrong.concat() } else { format!("errors:\n  {}", wrong.join("\n  ")) };
    let version = text(&applied["apiVersion"]);
    let (group, version) = version.split_once('/').map_or(("", version.as_str()), |both| both);
    let message = format!(
        "failed to create typed patch object ({}/{}; {group}/{version}, Kind={}): {said}",
        text(&applied["metadata"]["namespace"]),
        text(&applied["metadata"]["name"]),
        text(&applied["kind"]),
    );
    Err(Refusal::new(500, "", message))
}

fn typed(shape: &Shape, value: &Value, at: &str, wrong: &mut Vec<String>) {
    match (shape, value) {
        (Shape::Struct(name), Value::Object(fields)) => {
            let Some(of) = named(name) else { return };
            for (name, inner) in fields {
                match of.fields.get(name) {
                    Some(field) => typed(&field.shape, inner, &format!("{at}.{name}"), wrong),
                    None => wrong.push(format!("{at}.{name}: field not declared in schema")),
                }
            }
        }
        (Shape::Map { of, .. }, Value::Object(members)) => {
            members.iter().for_each(|(name, inner)| typed(of, inner, &format!("{at}.{name}"), wrong));
        }
        (Shape::List { of, kind: ListKind::Keys(keys) }, Value::Array(entries)) => {
            let mut seen = Vec::new();
            for (index, entry) in entries.iter().enumerate() {
                match key_of(of, keys, entry) {
                    None => {
                        let missing = keys.iter().find(|key| entry.get(key.as_str()).is_none_or(Value::is_null));
                        wrong.push(format!(
                            "{at}: element {index}: associative list with keys has an element that omits key field \"{}\" (and \
                             doesn't have default value)",
                            missing.map_or("", String::as_str)
                        ));
                    }
                    Some(key) if seen.contains(&key) => {
                        let shown: Vec<String> = key.iter().map(|(name, value)| format!("{name}={value}")).collect();
                        wrong.push(format!("{at}: duplicate entries for key [{}]", shown.join(",")));
                    }
                    Some(key) => {
                        let shown: Vec<String> = key.iter().map(|(name, value)| format!("{name}={value}")).collect();
                        typed(of, entry, &format!("{at}[{}]", shown.join(",")), wrong);
                        seen.push(key);
                    }
                }
            }
        }
        (Shape::List { of, .. }, Value::Array(entries)) => {
            entries.iter().enumerate().for_each(|(index, entry)| typed(of, entry, &format!("{at}[{index}]"), wrong));
        }
        (Shape::Scalar(scalar), value) if !value.is_null() => {
            let got = if value.is_string() {
                "string".to_owned()
            } else {
                format!("&value.valueUnstructured{{Value:{value}}}")
            };
            match scalar {
                Scalar::Int | Scalar::Number if !value.is_number() => {
                    wrong.push(format!("{at}: expected numeric (int or float), got {got}"));
                }
                Scalar::String if !value.is_string() => wrong.push(format!("{at}: expected string, got {got}")),
                Scalar::Bool if !value.is_boolean() => wrong.push(format!("{at}: expected boolean, got {got}")),
                _ => {}
            }
        }
        _ => {}
    }
}
