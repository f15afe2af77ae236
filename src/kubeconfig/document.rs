//! A kubeconfig as a tree: what is not understood stays, in its order. Comments do not: no YAML tree keeps them. Anchors and
//! merge keys are written out, since a tree has none.

use yaml_serde::{Mapping, Value};

pub(crate) use super::entry::Kind;
pub(super) use super::entry::name_of;
use super::malformed::Malformed;
use super::{reading, shape};
use crate::values::Secret;

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
        shape::check(&map)?;
        Ok(Self { map, rest })
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
