//! The roster: the people of a class, a row each, from a CSV file as spreadsheets write it; see docs/configuration.md.

mod header;
mod rows;
#[cfg(test)]
mod tests;
mod text;

use std::path::Path;

use super::error::RosterError;
use super::source::{Source, shown_path};
pub(super) use rows::{Key, Row};

/// A roster that has been read and found good.
#[derive(Clone, Debug, Default)]
pub(super) struct Roster {
    /// What messages call it.
    pub(super) name: String,
    /// Its rows, in its order.
    pub(super) rows: Vec<Row>,
}

impl Roster {
    /// Reads and checks the file at `path`.
    ///
    /// # Errors
    /// [`RosterError`]: why it cannot be read, or everything that is wrong with it.
    pub(super) fn load(path: &Path, key: Key) -> Result<Self, RosterError> {
        let name = shown_path(path);
        let text = text::load(path).map_err(|text::NotText { problem, hint, at }| {
            let message = match at {
                Some((line, column)) => format!("{name}:{line}:{column}: {problem}"),
                None => format!("the roster {name} {problem}"),
            };
            RosterError::Unreadable { message, hint }
        })?;
        Self::parse(path, text, key)
    }

    /// Checks a roster's text; `path` is what messages call it.
    ///
    /// # Errors
    /// [`RosterError::Invalid`]
    pub(super) fn parse(path: &Path, text: String, key: Key) -> Result<Self, RosterError> {
        let source = Source::new(path, text);
        let rows = rows::read(&source, key).map_err(|mut problems| {
            problems.sort_by_key(|problem| (problem.line, problem.column));
            RosterError::Invalid { file: source.name().to_owned(), problems }
        })?;
        Ok(Self { name: source.name().to_owned(), rows })
    }

    /// Where a row stands: `roster.csv:3`.
    pub(super) fn place(&self, row: &Row) -> String {
        format!("{}:{}", self.name, row.line)
    }
}
