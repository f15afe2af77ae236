//! What ends a list that the service does not end.
//!
//! Pages end only where `nextLink` does, and an empty page may have one (azure-facts.md section 2). A service, or whatever
//! answers in its place, whose links lead in circles or on for ever must not hold a command up.

use std::collections::HashSet;

use sha2::{Digest as _, Sha256};

use super::error::Error;

/// The most pages of a list. ARM's hold hundreds of entries each.
const MOST_PAGES: usize = 1_000;
/// The most entries of a list: a subscription has at most 980 groups, 4,000 role assignments, and a group 800 resources of
/// a type (Azure's "subscription and service limits").
const MOST_ENTRIES: usize = 200_000;

/// How far a list has been read.
#[derive(Debug)]
pub(super) struct Paging<'a> {
    what: &'a str,
    /// Digests: a link can have 5 KB.
    links: HashSet<[u8; 32]>,
    entries: usize,
}

impl<'a> Paging<'a> {
    /// A list that has not been read; `what` names it in the error.
    pub(super) fn of(what: &'a str) -> Self {
        Self { what, links: HashSet::new(), entries: 0 }
    }

    /// Takes note of a page with so many entries, and of the link that it ends with. Gives the link to go on with.
    ///
    /// # Errors
    /// [`Error::Answer`] for a link that was followed before, and for a list beyond all bounds.
    pub(super) fn next(&mut self, entries: usize, link: Option<String>) -> Result<Option<String>, Error> {
        let endless = |problem: &str| Error::answer(self.what, problem);
        self.entries += entries;
        if self.entries > MOST_ENTRIES {
            return Err(endless("the list has more entries than Azure can hold"));
        }
        let Some(link) = link.filter(|link| !link.is_empty()) else { return Ok(None) };
        if !self.links.insert(Sha256::digest(link.as_bytes()).into()) {
            return Err(endless("the list does not end: its pages form a loop"));
        }
        if self.links.len() >= MOST_PAGES {
            return Err(endless("the list does not end: one page leads to the next"));
        }
        Ok(Some(link))
    }
}
