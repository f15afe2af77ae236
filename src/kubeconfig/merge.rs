//! Merges the credentials of clusters into a kubeconfig.

use std::fmt;

use yaml_serde::{Mapping, Value};

use super::credentials::Credentials;
use super::document::{Document, Kind, name_of};

/// An entry of the same name that is another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    kind: Kind,
    name: String,
}

impl fmt::Display for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind.key().trim_end_matches('s'), self.name)
    }
}

impl Document {
    /// Merges in `credentials`, all or nothing. What is there already in the same words is left as it is, and so is a
    /// context that leads to the same cluster and user: the namespace that somebody chose in it stays.
    ///
    /// # Errors
    /// Without `overwrite`, the entries of the same names that are others.
    pub fn merge(&mut self, credentials: &[Credentials], overwrite: bool) -> Result<(), Vec<Conflict>> {
        let mut merged = self.clone();
        let mut conflicts = Vec::new();
        let beside = |one: &Credentials| one.clone().beside([&*self].into_iter().filter(|_| !overwrite));
        let credentials: Vec<Credentials> = credentials.iter().map(beside).collect();
        for (kind, entry) in credentials.iter().flat_map(Credentials::entries) {
            if !merged.put(kind, entry, overwrite) {
                let conflict = Conflict { kind, name: name_of(entry).unwrap_or_default().to_owned() };
                if !conflicts.contains(&conflict) {
                    conflicts.push(conflict);
                }
            }
        }
        if conflicts.is_empty() {
            *self = merged;
            return Ok(());
        }
        Err(conflicts)
    }

    /// What of `other` this kubeconfig hides from kubectl, which takes the first of several files that has an entry, and `before`
    /// did not.
    pub(super) fn hides(&self, before: &Self, other: &Self) -> Vec<Conflict> {
        let mut hidden = Vec::new();
        for kind in Kind::ALL {
            for entry in self.entries(kind) {
                let Some(name) = name_of(entry).filter(|name| before.entry(kind, name).is_none()) else { continue };
                if other.entry(kind, name).is_some_and(|other| !is_as(kind, other, entry)) {
                    hidden.push(Conflict { kind, name: name.to_owned() });
                }
            }
        }
        hidden
    }

    /// Puts `entry` in its place; false if another of its name is there and may not be overwritten.
    fn put(&mut self, kind: Kind, entry: &Mapping, overwrite: bool) -> bool {
        let slot = self.map.entry(kind.key().into()).or_insert(Value::Null);
        if slot.is_null() {
            *slot = Value::Sequence(Vec::new());
        }
        let Value::Sequence(list) = slot else { return false };
        let name = name_of(entry);
        let has_name = |other: &Value| other.as_mapping().is_some_and(|other| name_of(other) == name);
        let Some(at) = list.iter().position(has_name) else {
            list.push(Value::Mapping(entry.clone()));
            return true;
        };
        let is_same = |other: &Value| other.as_mapping().is_some_and(|other| is_as(kind, other, entry));
        if is_same(&list[at]) {
            return true;
        }
        if overwrite {
            list[at] = Value::Mapping(entry.clone());
        }
        overwrite
    }
}

/// Whether two entries of one name are the same to who uses them.
fn is_as(kind: Kind, one: &Mapping, other: &Mapping) -> bool {
    one == other || (kind == Kind::Contexts && lead_alike(one, other))
}

/// Whether two contexts lead to the same cluster and user.
fn lead_alike(left: &Mapping, right: &Mapping) -> bool {
    let lead = |entry: &Mapping, what: &str| {
        entry.get("context").and_then(|inner| inner.get(what)).and_then(Value::as_str).map(str::to_owned)
    };
    ["cluster", "user"].iter().all(|what| lead(left, what).is_some() && lead(left, what) == lead(right, what))
}
