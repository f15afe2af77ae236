//! `azlab.toml`: one file that says what the labs of a workshop are; see docs/configuration.md.
//!
//! Read in three steps, each of which tells all that it finds: the syntax, the shape (against the JSON schema that
//! [`mod@file`]'s types generate, the same that editors use), and the rules that a schema cannot say.

#[cfg(test)]
mod any_text_tests;
mod check;
mod error;
pub(crate) mod file;
mod find;
mod init;
mod lab_rules;
mod labs;
mod lookalikes;
mod nearest;
mod place;
mod placement_rules;
mod problems;
mod roster;
#[cfg(test)]
mod roster_tests;
mod rules;
mod schema;
mod secrets;
mod shared_rules;
mod source;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use toml::de::DeTable;

use crate::lab::attendee::Attendee;
use crate::lab::overrides::Merged;
use crate::lab::placement::{OnFull, Placement};
use crate::lab::spec::LabSpec;
use crate::lab::tags::Tags;
pub(crate) use error::ConfigError;
pub(crate) use file::File;
use file::PlacementEntry;
pub(crate) use find::{FILE_NAME, find};
pub use init::{InitError, TEMPLATE, init};
use labs::Lab;
pub(crate) use nearest::nearest;
use place::{Place, Places};
use roster::{Key, Roster};
pub(crate) use schema::{VERSION, schema, schema_of, schema_text};
use source::Source;

/// An `azlab.toml` that has been read and found good.
#[derive(Clone, Debug)]
pub struct Config {
    path: PathBuf,
    source: Source,
    places: Places,
    file: File,
    roster: Roster,
    labs: Vec<Lab>,
}

impl Config {
    /// Reads and checks the file at `path`.
    ///
    /// # Errors
    /// [`ConfigError`]: why it cannot be read, or everything that is wrong with it.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        Self::read(path, Source::load(path)?)
    }

    /// Checks a file's text; `path` is what messages call it.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`], [`ConfigError::Empty`]
    pub fn parse(path: &Path, text: &str) -> Result<Self, ConfigError> {
        Self::read(path, Source::new(path, text.to_owned()))
    }

    fn read(path: &Path, source: Source) -> Result<Self, ConfigError> {
        if source.text().trim().is_empty() {
            return Err(ConfigError::Empty { file: source.name().to_owned() });
        }
        let (table, syntax) = DeTable::parse_recoverable(source.text());
        if !syntax.is_empty() {
            let problems = syntax.iter().take(error::MOST).map(|error| {
                let range = error.span().unwrap_or(0..0);
                let help = lookalikes::help(source.text(), source.position(range.start).0);
                source.problem(&range, error.message().to_owned(), help)
            });
            return Err(source.invalid(problems.collect()));
        }
        let checked = check::check(&source, table.get_ref());
        if !checked.problems.is_empty() {
            return Err(source.invalid(checked.problems));
        }
        let file: File = toml::from_str(source.text()).map_err(|error| {
            let range = error.span().unwrap_or(0..0);
            source.invalid(vec![source.problem(&range, error.message().to_owned(), None)])
        })?;
        let roster = Self::roster_of(path, &file)?;
        let labs =
            rules::check(&source, &checked.places, &file, &roster).map_err(|problems| source.invalid(problems))?;
        Ok(Self { path: path.to_owned(), places: checked.places, source, file, roster, labs })
    }

    /// The roster that a file names, which stands beside it unless its path says otherwise.
    fn roster_of(path: &Path, file: &File) -> Result<Roster, ConfigError> {
        let Some(roster) = &file.roster else { return Ok(Roster::default()) };
        let key = if file.lab.access.roles.as_ref().is_some_and(Vec::is_empty) { Key::Unused } else { Key::Needed };
        let at = path.parent().unwrap_or(Path::new("")).join(roster);
        Roster::load(&at, key).map_err(ConfigError::Roster)
    }

    /// What messages call its roster, if it has one.
    pub(crate) fn roster_name(&self) -> Option<&str> {
        self.file.roster.as_ref().map(|_| self.roster.name.as_str())
    }

    /// The name of the lab of the attendee with this address or object id.
    pub(crate) fn lab_of(&self, attendee: &str) -> Option<&str> {
        let is_theirs = |lab: &&Lab| lab.attendee.as_ref().is_some_and(|known| known.is(attendee));
        self.labs.iter().find(is_theirs).map(|lab| lab.name.as_str())
    }

    /// Whom its labs are for.
    pub(crate) fn attendees(&self) -> impl Iterator<Item = &Attendee> {
        self.labs.iter().filter_map(|lab| lab.attendee.as_ref())
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// What it holds, as written.
    pub(crate) fn file(&self) -> &File {
        &self.file
    }

    /// The names of its labs in its order; empty if it leaves them to the command line.
    pub fn lab_names(&self) -> impl Iterator<Item = &str> {
        self.labs.iter().map(|lab| lab.name.as_str())
    }

    /// What the lab `name` should be: one of the file's, or any if it lists none.
    pub fn spec(&self, name: &str, subscription: &str) -> LabSpec {
        let mut spec = self.bare(name, subscription);
        self.said(name).overrides().apply(&mut spec);
        spec
    }

    /// The same before the file says what it says of labs.
    pub(crate) fn bare(&self, name: &str, subscription: &str) -> LabSpec {
        match self.lab(name) {
            Some(lab) => lab.bare(&self.file, subscription),
            None => labs::bare(&self.file, name, subscription),
        }
    }

    /// What the file says of the lab `name`.
    pub(crate) fn said(&self, name: &str) -> Merged {
        match self.lab(name) {
            Some(lab) => lab.said.clone(),
            None => Lab::unlisted(&self.file, name).said,
        }
    }

    /// The tags that it has for all labs.
    pub(crate) fn common_tags(&self) -> Tags {
        self.file.lab.tags.iter().flatten().collect()
    }

    /// Whether its labs share OpenAI accounts.
    pub(crate) fn is_sharing(&self) -> bool {
        shared_rules::is_sharing(&self.file)
    }

    /// Whether the lab `name` is one of its spares.
    pub(crate) fn is_spare(&self, name: &str) -> bool {
        self.lab(name).is_some_and(|lab| lab.is_spare)
    }

    /// The names of its spares.
    pub(crate) fn spares(&self) -> impl Iterator<Item = &str> {
        self.labs.iter().filter(|lab| lab.is_spare).map(|lab| lab.name.as_str())
    }

    /// Where its labs may go, in order of preference; empty if it does not say.
    pub(crate) fn placements(&self) -> Vec<Placement> {
        self.file.placement.iter().flatten().map(PlacementEntry::read).collect()
    }

    /// What happens to a lab whose region turns out full.
    pub(crate) fn on_full(&self) -> OnFull {
        self.file.on_full.as_deref().and_then(OnFull::named).unwrap_or_default()
    }

    /// Where a path of the file stands, as `azlab.toml:12`, or what a row of its roster says, as `roster.csv:3`; `None` if it
    /// is not in it.
    pub fn place(&self, path: &str) -> Option<String> {
        if let Some(row) = labs::row_of(path).and_then(|index| self.roster.rows.get(index)) {
            return Some(self.roster.place(row));
        }
        let place = self.places.get(path)?;
        Some(format!("{}:{}", self.source.name(), self.source.position(place.key.start).0))
    }

    /// Where the file lists the lab `name`, as `azlab.toml:12`; else where its roster does.
    pub(crate) fn lab_place(&self, name: &str) -> Option<String> {
        let lab = self.lab(name)?;
        if lab.is_spare {
            return self.place("spares");
        }
        let Some(entry) = lab.entry else { return self.place(&labs::row_path(lab.row?)) };
        let place =
            self.places.get(&format!("labs[{entry}].name")).or_else(|| self.places.get(&format!("labs[{entry}]")))?;
        Some(format!("{}:{}", self.source.name(), self.source.position(place.value.start).0))
    }

    /// What messages call the file.
    pub(crate) fn name(&self) -> &str {
        self.source.name()
    }

    fn lab(&self, name: &str) -> Option<&Lab> {
        self.labs.iter().find(|lab| lab.name.eq_ignore_ascii_case(name))
    }
}
