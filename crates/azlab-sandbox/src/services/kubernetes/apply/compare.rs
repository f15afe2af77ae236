//! What differs between two states of an object, field by field.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::fields::{Fields, field_part, key_part, value_part};
use crate::services::kubernetes::schema::{ListKind, Shape, named};

/// Fields that came, that changed, and that went.
#[derive(Debug, Default)]
pub(super) struct Difference {
    pub added: Fields,
    pub modified: Fields,
    pub removed: Fields,
}

impl Difference {
    /// From `old` to `new`.
    pub fn between(shape: &Shape, old: &Value, new: &Value) -> Self {
        let mut difference = Self::default();
        difference.visit(shape, Some(old), Some(new), &mut Vec::new());
        for fields in [&mut difference.added, &mut difference.modified, &mut difference.removed] {
            fields.strip();
        }
        difference
    }

    fn visit(&mut self, shape: &Shape, old: Option<&Value>, new: Option<&Value>, at: &mut Vec<String>) {
        if old == new {
            return;
        }
        let parts = match shape.is_atomic() {
            true => None,
            false => parts(shape, old, new),
        };
        match (old, new) {
            (None, _) => self.added.insert(at),
            (_, None) => self.removed.insert(at),
            _ if parts.is_none() => self.modified.insert(at),
            _ => {}
        }
        for (part, shape, old, new) in parts.into_iter().flatten() {
            at.push(part);
            self.visit(&shape, old, new, at);
            at.pop();
        }
    }
}

type Part<'a> = (String, Shape, Option<&'a Value>, Option<&'a Value>);

/// The parts of two values side by side; `None` where they have none.
fn parts<'a>(shape: &Shape, old: Option<&'a Value>, new: Option<&'a Value>) -> Option<Vec<Part<'a>>> {
    // A null has no parts and stands for none of them.
    let old = old.filter(|value| !value.is_null());
    let new = new.filter(|value| !value.is_null());
    match shape {
        Shape::Struct(_) | Shape::Map { .. } => {
            if [old, new].into_iter().flatten().any(|value| !value.is_object()) {
                return None;
            }
            let members = |value: Option<&'a Value>| value.and_then(Value::as_object).into_iter().flatten();
            let names: BTreeSet<&String> = members(old).chain(members(new)).map(|(name, _)| name).collect();
            let found = names.into_iter().map(|name| {
                let inner = |value: Option<&'a Value>| value.and_then(|value| value.get(name));
                (field_part(name), shape.member(name), inner(old), inner(new))
            });
            Some(found.collect())
        }
        Shape::List { of, kind } => {
            if [old, new].into_iter().flatten().any(|value| !value.is_array()) {
                return None;
            }
            let part = |entry: &Value| match kind {
                ListKind::Keys(keys) => key_part(of, keys, entry),
                _ => Some(value_part(entry)),
            };
            let mut found: Vec<Part<'a>> = Vec::new();
            for entry in old.and_then(Value::as_array).into_iter().flatten() {
                if let Some(part) = part(entry) {
                    found.push((part, (**of).clone(), Some(entry), None));
                }
            }
            for entry in new.and_then(Value::as_array).into_iter().flatten() {
                let Some(part) = part(entry) else { continue };
                match found.iter_mut().find(|(known, ..)| *known == part) {
                    Some((.., new)) => *new = Some(entry),
                    None => found.push((part, (**of).clone(), None, Some(entry))),
                }
            }
            Some(found)
        }
        Shape::Scalar(_) => None,
    }
}

/// What an object of a type has before anybody has set anything: the parts that are there even when they are empty.
pub(super) fn blank(shape: &Shape) -> Value {
    let mut value = Map::new();
    if let Shape::Struct(name) = shape
        && let Some(of) = named(name)
    {
        for (name, field) in of.fields.iter().filter(|(_, field)| field.always) {
            let inner = if matches!(field.shape, Shape::Struct(_)) { blank(&field.shape) } else { Value::Null };
            value.insert(name.clone(), inner);
        }
    }
    Value::Object(value)
}
