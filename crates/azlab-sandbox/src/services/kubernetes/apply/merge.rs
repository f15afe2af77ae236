//! Lays an applied configuration over an object.

use serde_json::{Map, Value};

use super::fields::{key_part, value_part};
use crate::services::kubernetes::schema::{ListKind, Shape};

/// `live` with what `applied` says.
pub(super) fn merge(shape: &Shape, live: &Value, applied: &Value) -> Value {
    if shape.is_atomic() || live.is_null() && !applied.is_object() {
        return applied.clone();
    }
    match (shape, live, applied) {
        (Shape::Struct(_) | Shape::Map { .. }, live, Value::Object(applied)) => {
            let mut merged: Map<String, Value> = live.as_object().cloned().unwrap_or_default();
            for (name, value) in applied.iter().filter(|(_, value)| !value.is_null()) {
                let before = merged.get(name).unwrap_or(&Value::Null);
                let value = merge(&shape.member(name), before, value);
                merged.insert(name.clone(), value);
            }
            Value::Object(merged)
        }
        (Shape::List { of, kind }, Value::Array(live), Value::Array(applied)) => {
            let part = |entry: &Value| match kind {
                ListKind::Keys(keys) => key_part(of, keys, entry),
                _ => Some(value_part(entry)),
            };
            Value::Array(entries(of, live, applied, part))
        }
        (_, _, applied) => applied.clone(),
    }
}

/// The entries of both lists, those of the applied one in its order, the others where they stood between them.
fn entries(of: &Shape, live: &[Value], applied: &[Value], part: impl Fn(&Value) -> Option<String>) -> Vec<Value> {
    let wanted: Vec<Option<String>> = applied.iter().map(&part).collect();
    let there: Vec<Option<String>> = live.iter().map(&part).collect();
    let mut merged = Vec::new();
    let mut passed = 0;
    for (entry, key) in applied.iter().zip(&wanted) {
        let found = key.as_ref().and_then(|_| there.iter().position(|known| known == key));
        let Some(found) = found else {
            merged.push(entry.clone());
            continue;
        };
        while passed <= found {
            if !wanted.contains(&there[passed]) {
                merged.push(live[passed].clone());
            }
            passed += 1;
        }
        merged.push(merge(of, &live[found], entry));
    }
    for (entry, key) in live.iter().zip(&there).skip(passed) {
        if !wanted.contains(key) {
            merged.push(entry.clone());
        }
    }
    merged
}
