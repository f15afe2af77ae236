//! From what a file says to what each lab should be.

use super::file::{File, LabEntry, NamedLab};
use crate::lab::overrides::{LabOverrides, Merged, Origin};
use crate::lab::spec::LabSpec;
use crate::lab::tags;

/// One lab of a file.
#[derive(Clone, Debug)]
pub(super) struct Lab {
    pub(super) name: String,
    /// Its place in `labs`.
    pub(super) entry: Option<usize>,
    /// What the file says of it, its own on top of what holds for all.
    pub(super) said: Merged,
}

impl Lab {
    /// A lab that the file does not list.
    pub(super) fn unlisted(file: &File, name: &str) -> Self {
        let mut said = Merged::default();
        said.put(&file.lab, &|_, path| Origin::File(path.to_owned()));
        said.fill_in(name);
        Self { name: name.to_owned(), entry: None, said }
    }

    /// A lab of the entry `entry` of `labs`, which says `own` of it.
    fn listed(file: &File, name: String, entry: usize, own: &LabOverrides) -> Self {
        let mut said = Merged::default();
        said.put(&file.lab, &|_, path| Origin::File(path.to_owned()));
        said.put(own, &|_, path| Origin::File(format!("labs[{entry}].{path}")));
        said.fill_in(&name);
        Self { name, entry: Some(entry), said }
    }

    /// What it should be, in `subscription`.
    pub(super) fn spec(&self, file: &File, subscription: &str) -> LabSpec {
        let mut spec = bare(file, &self.name, subscription);
        self.said.overrides().apply(&mut spec);
        spec
    }
}

/// The lab `name` before anything is said of it.
pub(super) fn bare(file: &File, name: &str, subscription: &str) -> LabSpec {
    let mut spec = LabSpec::workshop(name, subscription);
    if let Some(workshop) = &file.workshop {
        spec.tags.set(tags::WORKSHOP, workshop);
    }
    spec
}

/// The labs of one entry of `labs`, with the names that it stands for.
pub(super) fn expand(file: &File, entry: usize, of: &LabEntry) -> Vec<Lab> {
    let lab = |name: String, own: &LabOverrides| Lab::listed(file, name, entry, own);
    match of {
        LabEntry::Name(name) => vec![lab(name.clone(), &LabOverrides::default())],
        LabEntry::Table(of) => match of.count {
            None => vec![lab(of.name.clone(), &of.lab)],
            Some(count) => (1..=count).map(|n| lab(numbered(of, n), &of.lab)).collect(),
        },
    }
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
