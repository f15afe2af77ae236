//! From what a file says to what each lab should be.

use super::file::{File, LabEntry, NamedLab};
use super::roster::Row;
use crate::lab::attendee::Attendee;
use crate::lab::overrides::{LabOverrides, Merged, Origin};
use crate::lab::spec::LabSpec;
use crate::lab::tags;

/// One lab of a file.
#[derive(Clone, Debug)]
pub(super) struct Lab {
    pub(super) name: String,
    /// Its place in `labs`.
    pub(super) entry: Option<usize>,
    /// Its row of the roster, by its index.
    pub(super) row: Option<usize>,
    /// Whether it waits for somebody whose own lab breaks.
    pub(super) is_spare: bool,
    /// Who it is for.
    pub(super) attendee: Option<Attendee>,
    /// What the file says of it, its own on top of what holds for all.
    pub(super) said: Merged,
}

impl Lab {
    /// A lab that the file does not list.
    pub(super) fn unlisted(file: &File, name: &str) -> Self {
        let mut said = for_all(file);
        said.fill_in(name);
        Self { name: name.to_owned(), entry: None, row: None, is_spare: false, attendee: None, said }
    }

    /// A lab of the entry `entry` of `labs`, which says `own` of it, and of a row of the roster, if it has one.
    fn listed(file: &File, name: String, entry: usize, own: &LabOverrides, row: Option<(usize, &Row)>) -> Self {
        let mut said = for_all(file);
        if let Some((index, row)) = row {
            put_row(&mut said, index, row);
        }
        said.put(own, &|_, path| Origin::File(format!("labs[{entry}].{path}")));
        said.fill_in(&name);
        let attendee = row.map(|(_, row)| row.attendee.clone());
        Self { name, entry: Some(entry), row: row.map(|(index, _)| index), is_spare: false, attendee, said }
    }

    /// A lab that only a row of the roster names.
    pub(super) fn of_row(file: &File, index: usize, row: &Row) -> Self {
        let mut said = for_all(file);
        put_row(&mut said, index, row);
        said.fill_in(&row.lab);
        let attendee = Some(row.attendee.clone());
        Self { name: row.lab.clone(), entry: None, row: Some(index), is_spare: false, attendee, said }
    }

    /// The spare of that number, from 1: it is nobody's.
    pub(super) fn spare(file: &File, number: u32) -> Self {
        let name = format!("spare-{number}");
        let mut said = Merged::default();
        said.put(&LabOverrides { owner: None, ..file.lab.clone() }, &|_, path| Origin::File(path.to_owned()));
        said.fill_in(&name);
        Self { name, entry: None, row: None, is_spare: true, attendee: None, said }
    }

    /// What it should be, in `subscription`.
    pub(super) fn spec(&self, file: &File, subscription: &str) -> LabSpec {
        let mut spec = self.bare(file, subscription);
        self.said.overrides().apply(&mut spec);
        spec
    }

    /// The same before anything is said of it but whose it is.
    pub(super) fn bare(&self, file: &File, subscription: &str) -> LabSpec {
        LabSpec { attendee: self.attendee.clone(), ..bare(file, &self.name, subscription) }
    }
}

/// What the file says of all labs.
fn for_all(file: &File) -> Merged {
    let mut said = Merged::default();
    said.put(&file.lab, &|_, path| Origin::File(path.to_owned()));
    said
}

/// What a row of the roster says of its lab: where it is, and that it is its attendee's.
fn put_row(said: &mut Merged, index: usize, row: &Row) {
    let attendee = &row.attendee;
    let owner = attendee.address().or(attendee.name.as_deref()).map(str::to_owned);
    let own = LabOverrides { owner, location: row.location.clone(), ..LabOverrides::default() };
    said.put(&own, &|_, path| Origin::File(format!("{}.{path}", row_path(index))));
    said.told("attendee", Origin::File(row_path(index)));
}

/// The path of a row, beside those of the file's keys.
pub(super) fn row_path(index: usize) -> String {
    format!("roster[{index}]")
}

/// The row of a path that [`row_path`] made, or of one below it.
pub(super) fn row_of(path: &str) -> Option<usize> {
    let (index, _) = path.strip_prefix("roster[")?.split_once(']')?;
    index.parse().ok()
}

/// The lab `name` before anything is said of it.
pub(super) fn bare(file: &File, name: &str, subscription: &str) -> LabSpec {
    let mut spec = LabSpec::workshop(name, subscription);
    if let Some(workshop) = &file.workshop {
        spec.tags.set(tags::WORKSHOP, workshop);
    }
    spec
}

/// The labs of one entry of `labs`, with the names that it stands for. A row of the roster that names one of them says who
/// that is for.
pub(super) fn expand(file: &File, entry: usize, of: &LabEntry, rows: &[Row]) -> Vec<Lab> {
    let lab = |name: String, own: &LabOverrides| {
        let row = rows.iter().enumerate().find(|(_, row)| row.lab.eq_ignore_ascii_case(&name));
        Lab::listed(file, name, entry, own, row)
    };
    match of {
        LabEntry::Name(name) => vec![lab(name.clone(), &LabOverrides::default())],
        LabEntry::Table(of) => match of.count {
            None => vec![with_attendee(lab(of.name.clone(), &of.lab), entry, of)],
            Some(count) => (1..=count).map(|n| lab(numbered(of, n), &of.lab)).collect(),
        },
    }
}

/// A lab with the attendee that its own entry names.
fn with_attendee(mut lab: Lab, entry: usize, of: &NamedLab) -> Lab {
    if let Some(attendee) = of.attendee.as_deref().and_then(Attendee::named) {
        let path = || Origin::File(format!("labs[{entry}].attendee"));
        if lab.said.origin("owner").is_none_or(|origin| matches!(origin, Origin::File(path) if path == "owner")) {
            let own = LabOverrides { owner: attendee.address().map(str::to_owned), ..LabOverrides::default() };
            lab.said.put(&own, &|_, _| path());
        }
        lab.said.told("attendee", path());
        lab.attendee = Some(attendee);
    }
    lab
}

/// How `{n}` stands in a name: where, and with how many digits.
pub(super) struct Number {
    pub(super) range: std::ops::Range<usize>,
    digits: usize,
}

/// The first `{n}` or `{n:02}` of a name.
pub(super) fn number(name: &str) -> Option<Number> {
    let start = name.find("{n")?;
    let rest = name.get(start + 2..)?;
    let end = rest.find('}')?;
    let digits = match rest.get(..end)? {
        "" => 1,
        format => match format.strip_prefix(":0")?.as_bytes() {
            [digit @ b'1'..=b'9'] => usize::from(digit - b'0'),
            _ => return None,
        },
    };
    Some(Number { range: start..start + 2 + end + 1, digits })
}

fn numbered(of: &NamedLab, n: u32) -> String {
    let mut name = of.name.clone();
    if let Some(Number { range, digits }) = number(&name) {
        name.replace_range(range, &format!("{n:0digits$}"));
    }
    name
}
