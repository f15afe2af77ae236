//! Why a file cannot be used.

use std::fmt;

use crate::follow_up::{Advice, FollowUp, Verb};

/// Why an `azlab.toml` cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// The file that was named is not there.
    #[error("there is no file {file}")]
    Missing {
        /// The file.
        file: String,
    },
    /// A directory in place of a file.
    #[error("{file} is a directory: the settings are read from a file")]
    Directory {
        /// The directory.
        file: String,
    },
    /// The system refuses.
    #[error("{file} cannot be read: {reason}")]
    Unreadable {
        /// The file.
        file: String,
        /// The system's words.
        reason: String,
    },
    /// Nobody writes so much by hand.
    #[error("{file} is larger than {limit} bytes: this is not a file of settings")]
    TooLarge {
        /// The file.
        file: String,
        /// The limit.
        limit: u64,
    },
    /// Another encoding.
    #[error("{file}:{line}:{column}: this is not UTF-8{}", guess.map(|guess| format!(" ({guess})")).unwrap_or_default())]
    Encoding {
        /// The file.
        file: String,
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
        /// What it may be instead.
        guess: Option<&'static str>,
    },
    /// Nothing in it.
    #[error("{file} is empty")]
    Empty {
        /// The file.
        file: String,
    },
    /// The roster that it names cannot be used.
    #[error("{0}")]
    Roster(RosterError),
    /// It says what cannot be.
    #[error("{}", listed(file, problems))]
    Invalid {
        /// The file.
        file: String,
        /// Everything that is wrong, in the order of the file.
        problems: Vec<Problem>,
    },
}

impl ConfigError {
    /// What to do.
    pub fn hint(&self) -> Advice {
        let init = FollowUp::new(Verb::ConfigInit);
        match self {
            Self::Missing { file } => Advice::from("write a commented one: ").run(init.with([file])),
            Self::Empty { file } => Advice::from("write a commented one: ").run(init.with(["--force"]).with([file])),
            Self::Directory { .. } | Self::Unreadable { .. } | Self::TooLarge { .. } => {
                "name another file with --config FILE (or AZLAB_CONFIG)".into()
            }
            Self::Encoding { .. } => "save it as UTF-8".into(),
            Self::Roster(RosterError::Unreadable { hint, .. }) => hint.as_str().into(),
            Self::Roster(RosterError::Invalid { .. }) => {
                "a roster has a first line such as name,email,lab,location and a line for each attendee; \
                 docs/configuration.md has more"
                    .into()
            }
            Self::Invalid { .. } => Advice::from("what a file may hold: ")
                .run(FollowUp::new(Verb::ConfigSchema))
                .say("; a commented one: ")
                .run(init.with(["example.toml"])),
        }
    }
}

/// Why a roster cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RosterError {
    /// It is no text that can be read.
    Unreadable {
        /// What is wrong, with the file's name.
        message: String,
        /// What to do.
        hint: String,
    },
    /// What it says cannot be.
    Invalid {
        /// The file.
        file: String,
        /// Everything that is wrong, in the order of the file.
        problems: Vec<Problem>,
    },
}

impl fmt::Display for RosterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable { message, .. } => f.write_str(message),
            Self::Invalid { file, problems } => f.write_str(&listed(file, problems)),
        }
    }
}

/// One thing that is wrong in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The file as it was named.
    pub(crate) file: String,
    /// The line, from 1.
    pub(crate) line: usize,
    /// The column in characters, from 1.
    pub(crate) column: usize,
    /// What is wrong.
    pub(crate) message: String,
    /// What would be right.
    pub(crate) help: Option<String>,
    /// The line's text with a mark below; `None` where a secret may be in it.
    pub(crate) excerpt: Option<String>,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, column, message, help, excerpt } = self;
        write!(f, "{file}:{line}:{column}: {message}")?;
        if let Some(excerpt) = excerpt {
            write!(f, "\n{excerpt}")?;
        }
        if let Some(help) = help {
            write!(f, "\n    {help}")?;
        }
        Ok(())
    }
}

/// As many as are looked for: each costs a walk to its place, and a large file of noise has very many.
pub(super) const MOST: usize = 100;
/// As many as fit on a screen; the rest is likely of the same kind.
const SHOWN: usize = 12;

fn listed(file: &str, problems: &[Problem]) -> String {
    let mut text = match problems {
        [only] => return only.to_string(),
        all if all.len() >= MOST => format!("{file} has {MOST} errors or more"),
        all => format!("{file} has {} errors", all.len()),
    };
    for problem in problems.iter().take(SHOWN) {
        text.push('\n');
        text.push_str(&problem.to_string());
    }
    if problems.len() > SHOWN {
        text.push_str("\nand more");
    }
    text
}
