//! A kubeconfig as a tree: what is not understood stays, in its order. Comments do not: no YAML tree keeps them. Anchors and
//! merge keys are written out, since a tree has none.

use std::collections::HashSet;

use yaml_serde::{Mapping, Value};

use super::malformed::Malformed;
use super::reading;
use crate::values::Secret;

/// The three lists of a kubeconfig.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `clusters`
    Clusters,
    /// `users`
    Users,
    /// `contexts`
    Contexts,
}

impl Kind {
    pub(super) const ALL: [Self; 3] = [Self::Clusters, Self::Users, Self::Contexts];

    /// Its key in the file.
    pub(super) fn key(self) -> &'static str {
        match self {
            Self::Clusters => "clusters",
            Self::Users => "users",
            Self::Contexts => "contexts",
        }
    }
}

/// A kubeconfig.
#[derive(Clone, PartialEq)]
pub struct Document {
    pub(super) map: Mapping,
    /// Further documents of the file, which kubectl does not read; as they stand.
    rest: String,
}

impl Default for Document {
    fn default() -> Self {
        let list = || Value::Sequence(Vec::new());
        let keys = [
            ("apiVersion", Value::from("v1")),
            ("kind", Value::from("Config")),
            (Kind::Clusters.key(), list()),
            (Kind::Contexts.key(), list()),
            ("current-context", Value::from("")),
            (Kind::Users.key(), list()),
        ];
        let map = keys.into_iter().map(|(key, value)| (Value::from(key), value)).collect();
        Self { map, rest: String::new() }
    }
}

impl Document {
    /// Reads a kubeconfig as kubectl does: the first document of the text; an empty one is an empty kubeconfig.
    ///
    /// # Errors
    /// [`Malformed`] with the place. What an entry holds is not in it.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let (first, rest) = reading::split(text);
        let rest = rest.to_owned();
        let map = match reading::read(first)? {
            Value::Null => return Ok(Self { rest, ..Self::default() }),
            Value::Mapping(map) => map,
            _ => return Err(Malformed("it is YAML, but not a map with clusters, users and contexts".to_owned())),
        };
        if let Some(kind) = map.get("kind").filter(|kind| !kind.is_null() && kind.as_str() != Some("Config")) {
            let kind = kind.as_str().filter(|kind| kind.len() <= 40).unwrap_or("something else");
            return Err(Malformed(format!("it is of kind {kind}, not Config")));
        }
        for kind in Kind::ALL {
            if !matches!(map.get(kind.key()), None | Some(Value::Null | Value::Sequence(_))) {
                return Err(Malformed(format!("its {} are not a list", kind.key())));
            }
        }
        let document = Self { map, rest };
        let has_twice = |kind: &Kind| {
            let mut names = HashSet::new();
            document.entries(*kind).filter_map(name_of).any(|name| !names.insert(name))
        };
        match Kind::ALL.into_iter().find(has_twice) {
            Some(kind) => Err(Malformed(format!("two of its {} have one name, which kubectl refuses", kind.key()))),
            None => Ok(document),
        }
    }

    /// The entries of a list; what is no map among them is passed over.
    pub(crate) fn entries(&self, kind: Kind) -> impl Iterator<Item = &Mapping> {
        let list = self.map.get(kind.key()).and_then(Value::as_sequence);
        list.into_iter().flatten().filter_map(Value::as_mapping)
    }

    /// The entry of a list that has this name.
    pub(super) fn entry(&self, kind: Kind, name: &str) -> Option<&Mapping> {
        self.entries(kind).find(|entry| name_of(entry) == Some(name))
    }

    /// Makes `context` the one that kubectl uses.
    pub(crate) fn switch_to(&mut self, context: &str) {
        self.map.insert("current-context".into(), context.into());
    }

    /// As YAML that kubectl reads as it is meant: what is written has been read back, and gave the same.
    ///
    /// # Errors
    /// What would not come back as it is; nothing that was read from YAML should be that.
    pub fn to_yaml(&self) -> Result<Secret, Malformed> {
        let mut text = String::new();
        // Long lines stay in one piece: base64 is not text to be wrapped.
        let options = serde_saphyr::ser_options! { prefer_block_scalars: false };
        serde_saphyr::to_fmt_writer_with_options(&mut text, &self.map, options)
            .map_err(|_| Malformed("it cannot be written as YAML".to_owned()))?;
        if !text.ends_with('\n') {
            text.push('\n');
        }
        text.push_str(&self.rest);
        let text = Secret::new(text);
        if self.reads_back(text.reveal()) {
            return Ok(text);
        }
        Err(Malformed("it holds something that azlab would not read back unchanged".to_owned()))
    }

    /// Whether `text` is this kubeconfig again, entry by entry, to two parsers: the one that reads as kubectl does, and one of
    /// the family of kubectl's own (libyaml).
    fn reads_back(&self, text: &str) -> bool {
        let (first, _) = reading::split(text);
        let other: Option<Value> = yaml_serde::from_str(first).ok();
        Self::parse(text).is_ok_and(|again| again == *self)
            && other.as_ref().and_then(Value::as_mapping).is_some_and(|other| *other == self.map)
    }
}

/// The name of an entry.
pub(super) fn name_of(entry: &Mapping) -> Option<&str> {
    entry.get("name").and_then(Value::as_str)
}
