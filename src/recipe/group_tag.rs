//! One tag of a lab's group, as it should be; the others stay.

use super::tagged::{TagRule, TaggedGroup};
use crate::lab::comparison::Difference;
use crate::lab::spec::LabSpec;
use crate::lab::tags::Tags;

/// One tag; without a value there is to be none.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OneTag<'a> {
    tag: &'static str,
    value: Option<&'a str>,
}

/// A tag of a lab's group.
pub(crate) type GroupTag<'a> = TaggedGroup<'a, OneTag<'a>>;

impl<'a> GroupTag<'a> {
    /// The tag `tag` on the group of `lab`, with this value; `None` is without it.
    pub(crate) fn new(lab: &'a LabSpec, tag: &'static str, value: Option<&'a str>) -> Self {
        Self::of(lab, OneTag { tag, value })
    }
}

/// Gives `tags` the tag with its value as it should be.
pub(super) fn put(tags: &mut Tags, tag: &str, value: Option<&str>) {
    match value {
        Some(text) => tags.set(tag, text),
        None => tags.remove(tag),
    }
}

/// The difference between `tag` in `current` and its value as it should be.
pub(super) fn difference(current: &Tags, tag: &str, value: Option<&str>) -> Option<Difference> {
    Difference::of_tag(tag, current.get(tag), value)
}

impl TagRule for OneTag<'_> {
    const BRINGS_LEASE: bool = true;

    fn differences(&self, current: &Tags) -> Vec<Difference> {
        difference(current, self.tag, self.value).into_iter().collect()
    }

    fn put_into(&self, tags: &mut Tags) {
        put(tags, self.tag, self.value);
    }
}
