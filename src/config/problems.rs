//! What is wrong with a file, each at its place.

use std::collections::BTreeSet;
use std::ops::Range;

use super::error::{MOST, Problem};
use super::source::Source;
use super::{Place, Places};
use crate::lab::names::NameError;

/// What has been found so far.
pub(super) struct Problems<'a> {
    source: &'a Source,
    places: &'a Places,
    all: Vec<Problem>,
    /// Where something has been told: once is enough for forty labs.
    told: BTreeSet<usize>,
}

impl<'a> Problems<'a> {
    pub(super) fn new(source: &'a Source, places: &'a Places) -> Self {
        Self { source, places, all: Vec::new(), told: BTreeSet::new() }
    }

    /// `right`, if nothing is wrong.
    pub(super) fn or<T>(self, right: T) -> Result<T, Vec<Problem>> {
        if self.all.is_empty() { Ok(right) } else { Err(self.all) }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Whether no more are told.
    pub(super) fn is_full(&self) -> bool {
        self.all.len() >= MOST
    }

    /// Where `path` is, if the file has it.
    pub(super) fn find(&self, path: &str) -> Option<&'a Place> {
        self.places.get(path)
    }

    /// The text of the file there.
    pub(super) fn text(&self, range: &Range<usize>) -> &'a str {
        self.source.slice(range)
    }

    /// Where `path` is; the file's beginning, if nowhere.
    pub(super) fn place(&self, path: &str) -> Place {
        self.places.get(path).cloned().unwrap_or(Place { key: 0..0, value: 0..0 })
    }

    /// Something is wrong there; `help` says what to do about it.
    pub(super) fn tell(&mut self, range: &Range<usize>, message: String, help: Option<String>) {
        if self.all.len() < MOST && self.told.insert(range.start) {
            self.all.push(self.source.problem(range, message, help));
        }
    }

    /// The same, of what `path` says.
    pub(super) fn tell_of(&mut self, path: &str, message: String, help: Option<String>) {
        self.tell(&self.place(path).value, message, help);
    }

    /// The same, if it is a name that Azure does not take.
    pub(super) fn name(&mut self, path: &str, checked: Result<(), NameError>) {
        if let Err(error) = checked {
            let help = error.suggestion.as_ref().map(|name| format!("such as: {name}"));
            self.tell_of(path, error.to_string(), help);
        }
    }

    /// The line on which it begins.
    pub(super) fn line(&self, range: &Range<usize>) -> usize {
        self.source.position(range.start).0
    }
}
