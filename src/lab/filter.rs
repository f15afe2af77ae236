//! Which of a subscription's labs are meant, by their tags.

use super::ids::same;
use super::tags::{self, Tags};

/// Which labs are meant.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    /// Of these names; of any if empty.
    pub(crate) labs: Vec<String>,
    /// Of this workshop.
    pub(crate) workshop: Option<String>,
}

impl Filter {
    /// Whether what carries `tags` is a lab of ours that is meant.
    pub(crate) fn takes(&self, tags: &Tags) -> bool {
        let is = |tag: &str, want: &str| tags.get(tag).is_some_and(|have| same(have, want));
        tags.is_ours()
            && self.workshop.as_deref().is_none_or(|name| is(tags::WORKSHOP, name))
            && (self.labs.is_empty() || self.labs.iter().any(|name| is(tags::LAB, name)))
    }
}
