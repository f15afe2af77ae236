//! Which options were given, and how.

use std::collections::BTreeMap;

use clap::parser::ValueSource;
use clap::{ArgMatches, Command};

pub(crate) use crate::lab::overrides::Origin;
use crate::values::keeping_bytes;

/// The options that were given, by clap's id; what has its default is not among them.
#[derive(Clone, Debug, Default)]
pub struct Given {
    origins: BTreeMap<String, Origin>,
    /// The values of those on the command line, as they were typed.
    values: BTreeMap<String, Vec<String>>,
}

impl Given {
    /// Reads them from a command line that `command` has taken.
    pub(crate) fn read(command: &Command, matches: &ArgMatches) -> Self {
        let mut given = Self::default();
        given.add(command, matches);
        given
    }

    /// Where the option of that id has its value from; `None` if it was not given.
    pub(crate) fn origin(&self, id: &str) -> Option<&Origin> {
        self.origins.get(id)
    }

    /// An option of the command line and its values, as they were typed; `None` if it is not there.
    pub(crate) fn typed(&self, id: &str) -> Option<(&str, &[String])> {
        match self.origin(id)? {
            Origin::Flag(flag) => Some((flag, self.values.get(id).map_or(&[], Vec::as_slice))),
            Origin::Environment(_) | Origin::File(_) => None,
        }
    }

    /// Those of `ids` that are on the command line, as they are written there.
    pub(crate) fn flags(&self, ids: &[&str]) -> Vec<&str> {
        let flag = |id: &&str| match self.origin(id) {
            Some(Origin::Flag(flag)) => Some(flag.as_str()),
            _ => None,
        };
        ids.iter().filter_map(flag).collect()
    }

    /// What was said of this option was not meant for it.
    pub(super) fn forget(&mut self, id: &str) {
        self.origins.remove(id);
        self.values.remove(id);
    }

    fn add(&mut self, command: &Command, matches: &ArgMatches) {
        let ids: Vec<&str> = matches.ids().map(clap::Id::as_str).collect();
        for arg in command.get_arguments().filter(|arg| ids.contains(&arg.get_id().as_str())) {
            let id = arg.get_id().as_str();
            let origin = match matches.value_source(id) {
                Some(ValueSource::CommandLine) => Origin::Flag(format!("--{}", arg.get_long().unwrap_or(id))),
                Some(ValueSource::EnvVariable) => {
                    Origin::Environment(arg.get_env().unwrap_or_default().to_string_lossy().into_owned())
                }
                _ => continue,
            };
            if matches!(origin, Origin::Flag(_)) && arg.get_action().takes_values() {
                let values = matches.get_raw(id).into_iter().flatten();
                self.values.insert(id.to_owned(), values.map(keeping_bytes).collect());
            }
            self.origins.insert(id.to_owned(), origin);
        }
        if let Some((name, matches)) = matches.subcommand()
            && let Some(command) = command.find_subcommand(name)
        {
            self.add(command, matches);
        }
    }
}
