//! A set of fields, in the form of `fieldsV1`.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::services::kubernetes::schema::{ListKind, Shape, key_of};

/// Fields of an object, as a tree: `f:name` is a field, `k:{…}` an entry of a list by its keys, `v:…` a value of a set.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Fields {
    /// Whether the place itself is in the set.
    pub member: bool,
    pub children: BTreeMap<String, Fields>,
}

/// The part of a field's name.
pub(super) fn field_part(name: &str) -> String {
    format!("f:{name}")
}

/// The part of an entry of a list that goes by keys; `None` where it has not all of them.
pub(super) fn key_part(of: &Shape, keys: &[String], entry: &Value) -> Option<String> {
    // A map's keys are in order, as `fieldsV1` has them.
    let sorted: BTreeMap<String, Value> = key_of(of, keys, entry)?.into_iter().collect();
    serde_json::to_string(&sorted).ok().map(|text| format!("k:{text}"))
}

/// The part of a value of a set.
pub(super) fn value_part(value: &Value) -> String {
    format!("v:{value}")
}

impl Fields {
    pub fn is_empty(&self) -> bool {
        !self.member && self.children.is_empty()
    }

    /// The fields that a configuration sets.
    pub fn of(shape: &Shape, value: &Value) -> Self {
        let mut fields = Self::default();
        match (shape, value) {
            _ if shape.is_atomic() => fields.member = true,
            (Shape::Struct(_) | Shape::Map { .. }, Value::Object(members)) => {
                for (name, inner) in members {
                    let mut child = Self::of(&shape.member(name), inner);
                    let is_empty = inner.is_null() || inner.as_object().is_some_and(Map::is_empty);
                    child.member |= is_empty || matches!(shape, Shape::Map { .. });
                    fields.add(field_part(name), child);
                }
            }
            (Shape::List { of, kind: ListKind::Keys(keys) }, Value::Array(entries)) => {
                for entry in entries {
                    let Some(part) = key_part(of, keys, entry) else { continue };
                    fields.add(part, Self { member: true, ..Self::of(of, entry) });
                }
            }
            (Shape::List { kind: ListKind::Set, .. }, Value::Array(entries)) => {
                for entry in entries {
                    fields.add(value_part(entry), Self { member: true, ..Self::default() });
                }
            }
            _ => fields.member = true,
        }
        fields
    }

    fn add(&mut self, part: String, child: Self) {
        if !child.is_empty() {
            self.children.entry(part).or_default().unite(&child);
        }
    }

    pub fn unite(&mut self, other: &Self) {
        self.member |= other.member;
        for (part, child) in &other.children {
            self.children.entry(part.clone()).or_default().unite(child);
        }
    }

    /// Without the fields of another set.
    pub fn without(&self, other: &Self) -> Self {
        let mut left = Self { member: self.member && !other.member, ..Self::default() };
        for (part, child) in &self.children {
            let child = other.children.get(part).map_or_else(|| child.clone(), |other| child.without(other));
            if !child.is_empty() {
                left.children.insert(part.clone(), child);
            }
        }
        left
    }

    /// Without the fields of another set and all that is below them.
    pub fn without_trees(&self, other: &Self) -> Self {
        if other.member {
            return Self::default();
        }
        let mut left = Self { member: self.member, ..Self::default() };
        for (part, child) in &self.children {
            let child = other.children.get(part).map_or_else(|| child.clone(), |other| child.without_trees(other));
            if !child.is_empty() {
                left.children.insert(part.clone(), child);
            }
        }
        left
    }

    /// The fields of both sets.
    pub fn shared(&self, other: &Self) -> Self {
        let mut both = Self { member: self.member && other.member, ..Self::default() };
        for (part, child) in &self.children {
            if let Some(other) = other.children.get(part) {
                let child = child.shared(other);
                if !child.is_empty() {
                    both.children.insert(part.clone(), child);
                }
            }
        }
        both
    }

    /// Puts a field into the set.
    pub fn insert(&mut self, path: &[String]) {
        match path.split_first() {
            None => self.member = true,
            Some((part, rest)) => self.children.entry(part.clone()).or_default().insert(rest),
        }
    }

    /// Takes fields of the object itself out that nobody owns.
    pub fn strip(&mut self) {
        const OF_METADATA: [&str; 9] = [
            "f:name",
            "f:namespace",
            "f:creationTimestamp",
            "f:selfLink",
            "f:uid",
            "f:generation",
            "f:managedFields",
            "f:resourceVersion",
            "f:deletionTimestamp",
        ];
        self.member = false;
        self.children.remove("f:apiVersion");
        self.children.remove("f:kind");
        if let Some(metadata) = self.children.get_mut("f:metadata") {
            metadata.children.retain(|part, _| !OF_METADATA.contains(&part.as_str()));
            metadata.member = false;
            if metadata.is_empty() {
                self.children.remove("f:metadata");
            }
        }
    }

    /// As `fieldsV1`.
    pub fn to_json(&self) -> Value {
        let mut map = Map::new();
        for (part, child) in &self.children {
            let mut inner = child.to_json();
            if child.member
                && !child.children.is_empty()
                && let Some(inner) = inner.as_object_mut()
            {
                inner.insert(".".into(), Value::Object(Map::new()));
            }
            map.insert(part.clone(), inner);
        }
        Value::Object(map)
    }

    /// From `fieldsV1`.
    pub fn from_json(value: &Value) -> Self {
        let mut fields = Self::default();
        for (part, inner) in value.as_object().into_iter().flatten() {
            if part == "." {
                fields.member = true;
            } else {
                let mut child = Self::from_json(inner);
                child.member |= child.children.is_empty();
                fields.children.insert(part.clone(), child);
            }
        }
        fields
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_a_configuration_sets_is_told_as_a_real_server_tells_it() {
        let pod = json!({
            "metadata": {"labels": {"app": "x"}, "finalizers": ["a/b"]},
            "spec": {
                "containers": [{"name": "c", "ports": [{"containerPort": 80}], "args": ["a"], "resources": {}}],
                "nodeSelector": {"a": "b"},
            },
        });
        let fields = Fields::of(&Shape::of("Pod"), &pod);
        let told = json!({
            "f:metadata": {"f:labels": {"f:app": {}}, "f:finalizers": {"v:\"a/b\"": {}}},
            "f:spec": {
                "f:containers": {"k:{\"name\":\"c\"}": {
                    ".": {},
                    "f:name": {},
                    "f:args": {},
                    "f:resources": {},
                    "f:ports": {"k:{\"containerPort\":80,\"protocol\":\"TCP\"}": {".": {}, "f:containerPort": {}}},
                }},
                "f:nodeSelector": {},
            },
        });
        assert_eq!(fields.to_json(), told);
        assert_eq!(Fields::from_json(&told), fields);
        assert!(fields.without(&fields).is_empty() && fields.shared(&fields) == fields);
    }
}
