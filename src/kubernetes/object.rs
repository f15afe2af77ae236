//! One object of a cluster, as JSON, with what azlab asks of any.

use std::fmt;

use serde_json::Value;

use super::kind::Kind;

/// An object: as a manifest has it, or as the API server gives it. `Debug` names it and shows nothing of what it holds, which may be
/// a key.
#[derive(Clone, PartialEq)]
pub(crate) struct Object {
    kind: Kind,
    body: Value,
}

impl fmt::Debug for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl fmt::Display for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind, self.name())
    }
}

impl Object {
    /// An object of `kind`; what `body` says of kind and version gives way to it.
    pub(crate) fn new(kind: Kind, mut body: Value) -> Self {
        body["apiVersion"] = kind.api_version().into();
        body["kind"] = kind.name().into();
        Self { kind, body }
    }

    /// Its kind.
    pub(crate) fn kind(&self) -> Kind {
        self.kind
    }

    /// Its name; empty if it has none.
    pub(crate) fn name(&self) -> &str {
        self.text("/metadata/name").unwrap_or_default()
    }

    /// The whole of it.
    pub(crate) fn body(&self) -> &Value {
        &self.body
    }

    /// The same, to change it.
    pub(crate) fn body_mut(&mut self) -> &mut Value {
        &mut self.body
    }

    /// A label's value.
    pub(crate) fn label(&self, name: &str) -> Option<&str> {
        self.body.get("metadata")?.get("labels")?.get(name)?.as_str()
    }

    /// An annotation's value.
    pub(crate) fn annotation(&self, name: &str) -> Option<&str> {
        self.body.get("metadata")?.get("annotations")?.get(name)?.as_str()
    }

    /// Which version of it this is; `None` for a manifest.
    pub(crate) fn version(&self) -> Option<&str> {
        self.text("/metadata/resourceVersion")
    }

    /// Which one of its name it is; `None` for a manifest.
    pub(crate) fn uid(&self) -> Option<&str> {
        self.text("/metadata/uid")
    }

    /// Whether it is being deleted.
    pub(crate) fn is_going(&self) -> bool {
        self.text("/metadata/deletionTimestamp").is_some()
    }

    /// A text in it, by its JSON pointer.
    pub(crate) fn text(&self, pointer: &str) -> Option<&str> {
        self.body.pointer(pointer)?.as_str()
    }
}
