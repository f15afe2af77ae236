//! What a command would do: `labs[].plan` of a dry run.

use serde::Serialize;

use crate::lab::comparison::Difference;
use crate::values::ResourceKind;

/// What would be done to one resource.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PlannedChange {
    /// The kind of resource.
    pub resource: ResourceKind,
    /// Its name.
    pub name: String,
    /// The ARM id, as far as it is known beforehand.
    pub id: String,
    /// What would be done.
    pub action: PlannedAction,
    /// The fields that differ, or that a new resource would get.
    pub fields: Vec<Field>,
    /// The ARM ids of what goes with it (a resource group's contents).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub contents: Vec<String>,
}

/// What a dry run foresees for a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PlannedAction {
    /// It is absent and would be created.
    Create,
    /// It differs and would be changed in place.
    Change,
    /// It would be left as it is.
    Keep,
    /// It would be deleted.
    Delete,
    /// Its soft-deleted remains would be purged.
    Purge,
    /// Its soft-deleted remains would be brought back.
    Restore,
}

/// A field, as it is and as it should be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Field {
    /// The field, in the words of our flags and files: `node_count`.
    pub field: String,
    /// What exists; `None` if there is nothing.
    pub have: Option<String>,
    /// What should be; `None` if nothing should.
    pub want: Option<String>,
}

impl Field {
    /// A field that a new resource gets.
    pub(crate) fn new(field: &str, want: impl Into<String>) -> Self {
        Self { field: field.to_owned(), have: None, want: Some(want.into()) }
    }
}

impl From<&Difference> for Field {
    fn from(one: &Difference) -> Self {
        let some = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
        Self { field: one.field.to_owned(), have: some(&one.have), want: some(&one.want) }
    }
}
