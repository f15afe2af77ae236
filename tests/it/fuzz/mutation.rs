//! One thing wrong with an answer that is otherwise good.
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::Value;

use super::json;

/// What becomes of one place in a JSON tree.
#[derive(Clone, Debug)]
pub enum Mutation {
    /// A field or an entry is missing.
    Remove,
    /// It is something else.
    Replace(Value),
    /// An entry is there twice.
    Duplicate,
    /// An entry, or a field's own value, lies one level deeper.
    Wrap,
}

impl Mutation {
    pub fn any() -> impl Strategy<Value = Self> {
        prop_oneof![
            2 => Just(Self::Remove),
            4 => json().prop_map(Self::Replace),
            1 => Just(Self::Duplicate),
            1 => Just(Self::Wrap),
        ]
    }

    /// Applies it to the place that `at` chooses; returns its JSON pointer.
    pub fn apply(&self, tree: &mut Value, at: Index) -> String {
        let mut places = Vec::new();
        collect(tree, String::new(), &mut places);
        let place = at.get(&places).clone();
        self.apply_at(tree, &place);
        place
    }

    /// Applies it to the place with this JSON pointer.
    pub fn apply_at(&self, tree: &mut Value, place: &str) {
        let Some((parent, last)) = place.rsplit_once('/') else {
            *tree = match self {
                Self::Remove => Value::Null,
                Self::Replace(value) => value.clone(),
                Self::Duplicate | Self::Wrap => Value::Array(vec![tree.take()]),
            };
            return;
        };
        let last = last.replace("~1", "/").replace("~0", "~");
        match (tree.pointer_mut(parent), self) {
            (Some(Value::Object(fields)), Self::Remove) => drop(fields.remove(&last)),
            (Some(Value::Object(fields)), Self::Replace(value)) => drop(fields.insert(last, value.clone())),
            (Some(Value::Object(fields)), _) => {
                let old = fields.remove(&last).unwrap_or_default();
                fields.insert(last, Value::Array(vec![old]));
            }
            (Some(Value::Array(entries)), how) => {
                let at: usize = last.parse().unwrap();
                match how {
                    Self::Remove => drop(entries.remove(at)),
                    Self::Replace(value) => entries[at] = value.clone(),
                    Self::Duplicate => entries.push(entries[at].clone()),
                    Self::Wrap => entries[at] = Value::Array(vec![entries[at].take()]),
                }
            }
            _ => {}
        }
    }
}

fn collect(tree: &Value, place: String, places: &mut Vec<String>) {
    match tree {
        Value::Object(fields) => {
            for (name, value) in fields {
                collect(value, format!("{place}/{}", name.replace('~', "~0").replace('/', "~1")), places);
            }
        }
        Value::Array(entries) => {
            for (at, value) in entries.iter().enumerate() {
                collect(value, format!("{place}/{at}"), places);
            }
        }
        _ => {}
    }
    places.push(place);
}
