//! Which labs a command is to be about.

use crate::lab::spec::{DEFAULT_LAB, LabSpec};
use crate::outcome::LabOutcome;

/// The labs of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Labs {
    which: Which,
    /// The resource group of the one lab, where its name does not tell.
    group: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Which {
    /// All that the file lists.
    All,
    /// Those of these names; the default lab if there is none.
    Named(Vec<String>),
}

impl Labs {
    /// All that the file lists.
    pub(crate) fn all() -> Self {
        Self { which: Which::All, group: None }
    }

    /// Labs by name and resource group. Several are found by their tags: a group can be named for one only.
    pub(crate) fn placed<'a>(labs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let labs: Vec<(&str, &str)> = labs.into_iter().collect();
        let group = match labs[..] {
            [(name, group)] if LabSpec::workshop(name, "").group != group => Some(group.to_owned()),
            _ => None,
        };
        Self { which: Which::Named(labs.iter().map(|(name, _)| (*name).to_owned()).collect()), group }
    }

    /// Labs by name, in `group` if that was said.
    pub(crate) fn named(names: &[String], group: Option<&str>) -> Self {
        Self { which: Which::Named(names.to_vec()), group: group.map(str::to_owned) }
    }

    /// As options. The default lab need not be named, unless a file lists others (`listed`), and all that a file lists are
    /// named together.
    pub(super) fn options(&self, listed: &[String]) -> Vec<String> {
        let mut words = Vec::new();
        match &self.which {
            Which::All => words.push("--all".to_owned()),
            Which::Named(names) if are_all(names, listed) => words.push("--all".to_owned()),
            Which::Named(names) => {
                let is_default = matches!(names.as_slice(), [only] if only == DEFAULT_LAB) && listed.is_empty();
                if !names.is_empty() && !is_default {
                    words.push("--lab".to_owned());
                    words.extend(names.iter().cloned());
                }
            }
        }
        if let Some(group) = &self.group {
            words.extend(["--resource-group".to_owned(), group.clone()]);
        }
        words
    }
}

/// Whether `names` are several, and all that are `listed`.
fn are_all(names: &[String], listed: &[String]) -> bool {
    names.len() > 1 && names.len() == listed.len() && listed.iter().all(|lab| names.contains(lab))
}

impl From<&LabSpec> for Labs {
    fn from(lab: &LabSpec) -> Self {
        Self::placed([(lab.name.as_str(), lab.group.as_str())])
    }
}

impl<'a> FromIterator<&'a LabOutcome> for Labs {
    fn from_iter<T: IntoIterator<Item = &'a LabOutcome>>(labs: T) -> Self {
        Self::placed(labs.into_iter().map(|lab| (lab.name.as_str(), lab.resource_group.as_str())))
    }
}
