//! The shapes of objects: one table (`types.txt`) for field validation, defaults, strategic merge and server-side apply.

mod check;
mod defaults;
mod parse;
mod published;
mod walk;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde_json::Value;

pub(super) use check::{check, drop_unknown};
pub(super) use defaults::fill;
pub(super) use published::published;
pub(super) use walk::key_of;

/// What a field may hold.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Shape {
    /// One value: whatever changes it owns all of it.
    Scalar(Scalar),
    /// A type of the table, by name.
    Struct(String),
    /// Any keys, each with a value of this shape.
    Map { of: Box<Shape>, atomic: bool },
    /// A list.
    List { of: Box<Shape>, kind: ListKind },
}

/// A value without parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::services::kubernetes) enum Scalar {
    String,
    Int,
    Bool,
    Number,
    Quantity,
    /// A number or a text: a port, a percentage.
    Port,
    Time,
    Bytes,
    Any,
}

/// How a list is merged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ListKind {
    /// As one value.
    Atomic,
    /// As a set of its values.
    Set,
    /// Entry by entry, which these keys tell apart.
    Keys(Vec<String>),
}

/// A field of a type.
#[derive(Clone, Debug)]
pub(super) struct Field {
    pub shape: Shape,
    pub default: Option<Value>,
    pub required: bool,
    /// Whether it is there even when it is empty.
    pub always: bool,
}

/// A type: its fields by name.
#[derive(Debug, Default)]
pub(super) struct Type {
    pub fields: BTreeMap<String, Field>,
    pub atomic: bool,
}

static TYPES: LazyLock<BTreeMap<String, Type>> = LazyLock::new(|| parse::types(include_str!("types.txt")));

/// A type of the table.
pub(super) fn named(name: &str) -> Option<&'static Type> {
    TYPES.get(name)
}

impl Shape {
    /// The shape of a whole object of the type `name`.
    pub fn of(name: &str) -> Self {
        Self::Struct(name.to_owned())
    }

    /// Whether it has one owner as a whole.
    pub fn is_atomic(&self) -> bool {
        match self {
            Self::Scalar(_) => true,
            Self::Struct(name) => named(name).is_none_or(|it| it.atomic),
            Self::Map { atomic, .. } => *atomic,
            Self::List { kind, .. } => *kind == ListKind::Atomic,
        }
    }

    /// The shape of a member of a map or struct; one that the table does not know is one value.
    pub fn member(&self, name: &str) -> Self {
        match self {
            Self::Struct(of) => named(of)
                .and_then(|it| it.fields.get(name))
                .map_or(Self::Scalar(Scalar::Any), |field| field.shape.clone()),
            Self::Map { of, .. } => (**of).clone(),
            _ => Self::Scalar(Scalar::Any),
        }
    }

    /// The field of a struct.
    pub fn field(&self, name: &str) -> Option<&'static Field> {
        match self {
            Self::Struct(of) => named(of)?.fields.get(name),
            _ => None,
        }
    }
}
