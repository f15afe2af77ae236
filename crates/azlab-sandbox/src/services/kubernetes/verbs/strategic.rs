//! Strategic merge patch: lists merge by the key of their type.
//!
//! Source: <https://github.com/kubernetes/community/blob/master/contributors/devel/sig-api-machinery/strategic-merge-patch.md>.

use serde_json::{Map, Value, json};

use super::super::refusal::Refusal;
use super::super::schema::{ListKind, Shape};

/// Lays a patch over a value of that shape.
///
/// # Errors
/// 400 for a directive that does not exist, or an entry of a list without its key.
pub(super) fn patch(shape: &Shape, value: &mut Value, changes: &Value) -> Result<(), Refusal> {
    let Value::Object(changes) = changes else {
        *value = changes.clone();
        return Ok(());
    };
    if let Some(directive) = changes.get("$patch") {
        match directive.as_str() {
            Some("replace") => {
                *value = Value::Object(without_directives(changes));
                return Ok(());
            }
            Some("delete") => {
                *value = json!({});
                return Ok(());
            }
            Some("merge") => {}
            _ => return Err(Refusal::bad_request(format!("unknown patch type: {directive}"))),
        }
    }
    if !value.is_object() {
        *value = json!({});
    }
    let Some(members) = value.as_object_mut() else { return Ok(()) };
    if let Some(retained) = changes.get("$retainKeys").and_then(Value::as_array) {
        members.retain(|name, _| retained.iter().any(|kept| kept == name.as_str()));
    }
    for (name, change) in changes {
        if let Some(list) = name.strip_prefix("$deleteFromPrimitiveList/") {
            let gone = change.as_array().cloned().unwrap_or_default();
            if let Some(entries) = members.get_mut(list).and_then(Value::as_array_mut) {
                entries.retain(|entry| !gone.contains(entry));
            }
            continue;
        }
        if name.starts_with('$') {
            continue;
        }
        if change.is_null() {
            members.remove(name);
            continue;
        }
        let order = changes.get(&format!("$setElementOrder/{name}")).and_then(Value::as_array);
        let inner = members.entry(name.clone()).or_insert(Value::Null);
        part(&shape.member(name), inner, change, order)?;
    }
    Ok(())
}

fn without_directives(changes: &Map<String, Value>) -> Map<String, Value> {
    changes
        .iter()
        .filter(|(name, _)| !name.starts_with('$'))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

fn part(shape: &Shape, value: &mut Value, change: &Value, order: Option<&Vec<Value>>) -> Result<(), Refusal> {
    match (shape, change) {
        (Shape::Struct(_) | Shape::Map { .. }, Value::Object(_)) => patch(shape, value, change),
        (Shape::List { of, kind: ListKind::Keys(keys) }, Value::Array(changes)) => {
            let Some(key) = keys.first() else { return Ok(()) };
            entries(of, key, value, changes, order)
        }
        (Shape::List { kind: ListKind::Set, .. }, Value::Array(changes)) => {
            let mut merged = value.as_array().cloned().unwrap_or_default();
            for change in changes {
                if !merged.contains(change) {
                    merged.push(change.clone());
                }
            }
            *value = merged.into();
            Ok(())
        }
        _ => {
            *value = change.clone();
            Ok(())
        }
    }
}

fn entries(
    of: &Shape,
    key: &str,
    value: &mut Value,
    changes: &[Value],
    order: Option<&Vec<Value>>,
) -> Result<(), Refusal> {
    let mut merged = value.as_array().cloned().unwrap_or_default();
    if changes.iter().any(|change| change["$patch"] == "replace") {
        merged.clear();
    }
    for change in changes {
        if change["$patch"] == "replace" {
            continue;
        }
        let Some(id) = change.get(key).filter(|id| !id.is_null()) else {
            return Err(Refusal::bad_request(format!("map: {change} does not contain declared merge key: {key}")));
        };
        let at = merged.iter().position(|entry| entry.get(key) == Some(id));
        match (at, change["$patch"].as_str()) {
            (Some(at), Some("delete")) => _ = merged.remove(at),
            (None, Some("delete")) => {}
            (Some(at), _) => patch(of, &mut merged[at], change)?,
            (None, _) => {
                let mut entry = json!({});
                patch(of, &mut entry, change)?;
                merged.push(entry);
            }
        }
    }
    if let Some(order) = order {
        let place = |entry: &Value| order.iter().position(|wanted| wanted.get(key) == entry.get(key));
        // Entries that the order does not name stay where they are, beside the one before them.
        let mut last = 0;
        let mut placed: Vec<(usize, Value)> = Vec::new();
        for entry in merged {
            last = place(&entry).unwrap_or(last);
            placed.push((last, entry));
        }
        placed.sort_by_key(|(at, _)| *at);
        merged = placed.into_iter().map(|(_, entry)| entry).collect();
    }
    *value = merged.into();
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_merge_by_the_key_of_their_type_and_directives_are_followed() {
        let mut pod = json!({"spec": {
            "containers": [{"name": "a", "image": "a:1", "args": ["x"]}, {"name": "b", "image": "b:1"}],
            "nodeSelector": {"x": "y"},
        }});
        let change = json!({"spec": {
            "$setElementOrder/containers": [{"name": "c"}, {"name": "a"}],
            "containers": [
                {"name": "a", "args": ["z"], "env": [{"name": "E", "value": "1"}]},
                {"$patch": "delete", "name": "b"},
                {"name": "c", "image": "c:1"},
            ],
            "nodeSelector": {"x": null, "z": "1"},
        }});
        patch(&Shape::of("Pod"), &mut pod, &change).unwrap();
        let merged = json!({"spec": {
            "containers": [
                {"name": "c", "image": "c:1"},
                {"name": "a", "image": "a:1", "args": ["z"], "env": [{"name": "E", "value": "1"}]},
            ],
            "nodeSelector": {"z": "1"},
        }});
        assert_eq!(pod, merged);
        let keyless = json!({"spec": {"containers": [{"image": "x"}]}});
        assert_eq!(patch(&Shape::of("Pod"), &mut pod, &keyless).unwrap_err().code, 400);
        let replaced = json!({"spec": {"$patch": "replace", "hostname": "h"}});
        patch(&Shape::of("Pod"), &mut pod, &replaced).unwrap();
        assert_eq!(pod, json!({"spec": {"hostname": "h"}}));
    }
}
