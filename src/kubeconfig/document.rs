//! A kubeconfig as a tree: what is not understood stays, in its order. Comments do not: no YAML tree keeps them.

use yaml_serde::{Mapping, Value};

use crate::values::Secret;

/// The deepest nesting of brackets that is given to the parser, which refuses what is deeper than 128.
const DEEPEST: usize = 512;

/// Why a text is no kubeconfig.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Malformed(pub(super) String);

/// The three lists of a kubeconfig.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `clusters`
    Clusters,
    /// `users`
    Users,
    /// `contexts`
    Contexts,
}

impl Kind {
    const ALL: [Self; 3] = [Self::Clusters, Self::Users, Self::Contexts];

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
pub struct Document(pub(super) Mapping);

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
        Self(keys.into_iter().map(|(key, value)| (Value::from(key), value)).collect())
    }
}

impl Document {
    /// Reads a kubeconfig; an empty text is an empty one, as to kubectl.
    ///
    /// # Errors
    /// [`Malformed`] with the place. What an entry holds is not in it.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        if is_too_deep(text) {
            return Err(Malformed(
                "it cannot be read as YAML: brackets are nested deeper than in any kubeconfig".to_owned(),
            ));
        }
        let tree: Value = yaml_serde::from_str(text).map_err(|error| no_yaml(&error))?;
        if has_tag(&tree) {
            return Err(Malformed("it has YAML tags of its own (!name), which azlab cannot keep".to_owned()));
        }
        let map = match tree {
            Value::Null => return Ok(Self::default()),
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
        Ok(Self(map))
    }

    /// The entries of a list; what is no map among them is passed over.
    pub fn entries(&self, kind: Kind) -> impl Iterator<Item = &Mapping> {
        let list = self.0.get(kind.key()).and_then(Value::as_sequence);
        list.into_iter().flatten().filter_map(Value::as_mapping)
    }

    /// Makes `context` the one that kubectl uses.
    pub fn switch_to(&mut self, context: &str) {
        self.0.insert("current-context".into(), context.into());
    }

    /// As YAML that kubectl reads as it is meant.
    ///
    /// # Errors
    /// What YAML cannot hold; nothing that was read from YAML is that.
    pub fn to_yaml(&self) -> Result<Secret, Malformed> {
        let mut text = String::new();
        // Long lines stay in one piece: base64 is not text to be wrapped.
        let options = serde_saphyr::ser_options! { prefer_block_scalars: false };
        serde_saphyr::to_fmt_writer_with_options(&mut text, &self.0, options)
            .map_err(|_| Malformed("it cannot be written as YAML".to_owned()))?;
        Ok(Secret::new(text))
    }
}

/// Why a text is no YAML, in the scanner's words, which are constants, or by its place alone: what else the parser says
/// quotes keys, and in a file that was damaged a secret may have become one.
fn no_yaml(error: &yaml_serde::Error) -> Malformed {
    const CONSTANT: [&str; 4] = [
        "did not find expected",
        "could not find expected",
        "mapping values are not",
        "block sequence entries are not",
    ];
    let text = error.to_string();
    let is_constant = CONSTANT.iter().any(|start| text.starts_with(start));
    Malformed(match error.location() {
        _ if is_constant => format!("it is not YAML: {text}"),
        Some(at) if text.contains("duplicate entry") => {
            format!("it is not YAML: a key is repeated at line {} column {}", at.line(), at.column())
        }
        Some(at) => format!("it is not YAML at line {} column {}", at.line(), at.column()),
        None => "it is not YAML".to_owned(),
    })
}

/// Whether a value has a tag that is not YAML's own: it would be written as a map.
fn has_tag(tree: &Value) -> bool {
    match tree {
        Value::Tagged(_) => true,
        Value::Sequence(list) => list.iter().any(has_tag),
        Value::Mapping(map) => map.iter().any(|(key, value)| has_tag(key) || has_tag(value)),
        _ => false,
    }
}

/// Whether brackets are open in brackets beyond all sense. The parser takes the square of the depth in time before it
/// refuses (20,000 take 5 s, a file of 16 MiB hours). Brackets in texts count too: a kubeconfig's have none to speak of.
fn is_too_deep(text: &str) -> bool {
    let mut depth = 0_usize;
    text.bytes().any(|byte| {
        match byte {
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth > DEEPEST
    })
}

/// The name of an entry.
pub(super) fn name_of(entry: &Mapping) -> Option<&str> {
    entry.get("name").and_then(Value::as_str)
}
