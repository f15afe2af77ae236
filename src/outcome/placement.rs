//! Who goes where: `placement` of a result.

use serde::Serialize;

/// The labs of one place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PlacedLabs {
    /// The subscription's id.
    pub subscription: String,
    /// The location.
    pub location: String,
    /// The labs that the command is about: those that go there, and those that are there.
    pub labs: Vec<String>,
    /// How many of them are new.
    pub new: usize,
    /// How many more like them would fit; `None` if nothing that can be read limits it.
    pub room: Option<i64>,
    /// What limits it.
    pub limited_by: Option<String>,
}

impl PlacedLabs {
    /// A place without labs.
    pub(crate) fn empty(subscription: String, location: String) -> Self {
        Self { subscription, location, labs: Vec::new(), new: 0, room: None, limited_by: None }
    }
}
