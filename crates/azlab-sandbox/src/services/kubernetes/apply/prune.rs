//! Takes away what a manager applied before and no longer does.

use serde_json::Value;

use super::fields::{Fields, key_part, value_part};
use crate::services::kubernetes::schema::{ListKind, Shape};

/// Removes the fields of `before` that `kept` does not have, neither themselves nor a part of them.
pub(super) fn prune(shape: &Shape, value: &mut Value, before: &Fields, kept: &Fields) {
    let nothing = Fields::default();
    for (part, child) in &before.children {
        let still = kept.children.get(part);
        if child.member && still.is_none() {
            remove(shape, value, part);
            continue;
        }
        let Some((inner_shape, inner)) = locate(shape, value, part) else { continue };
        let had_parts = !is_empty(inner);
        prune(&inner_shape, inner, child, still.unwrap_or(&nothing));
        if had_parts && is_empty(inner) && still.is_none_or(|still| !still.member) && !is_always_there(shape, part) {
            remove(shape, value, part);
        }
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Object(members) => members.is_empty(),
        Value::Array(entries) => entries.is_empty(),
        _ => false,
    }
}

fn is_always_there(shape: &Shape, part: &str) -> bool {
    part.strip_prefix("f:").and_then(|name| shape.field(name)).is_some_and(|field| field.always)
}

/// Where in a list the entry is.
fn position(shape: &Shape, entries: &[Value], part: &str) -> Option<usize> {
    let Shape::List { of, kind } = shape else { return None };
    entries.iter().position(|entry| match kind {
        ListKind::Keys(keys) => key_part(of, keys, entry).as_deref() == Some(part),
        _ => value_part(entry) == part,
    })
}

fn locate<'a>(shape: &Shape, value: &'a mut Value, part: &str) -> Option<(Shape, &'a mut Value)> {
    match (shape, value) {
        (Shape::List { of, .. }, Value::Array(entries)) => {
            let at = position(shape, entries, part)?;
            Some(((**of).clone(), entries.get_mut(at)?))
        }
        (_, Value::Object(members)) => {
            let name = part.strip_prefix("f:")?;
            Some((shape.member(name), members.get_mut(name)?))
        }
        _ => None,
    }
}

fn remove(shape: &Shape, value: &mut Value, part: &str) {
    match value {
        Value::Array(entries) => {
            if let Some(at) = position(shape, entries, part) {
                entries.remove(at);
            }
        }
        Value::Object(members) => {
            part.strip_prefix("f:").map(|name| members.remove(name));
        }
        _ => {}
    }
}
