//! The options of `board`.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{LabSource, SettingsError};
use crate::cli::board::BoardArgs;
use crate::lab::overrides::LabOverrides;

/// What `board` needs to know.
#[derive(Clone, Debug)]
pub struct BoardSettings {
    labs: LabSource,
    listen: SocketAddr,
    out: Option<PathBuf>,
    interval: Duration,
    verifies: bool,
    shows_ids: bool,
}

impl BoardSettings {
    /// Resolves the options of `board`.
    ///
    /// # Errors
    /// [`SettingsError`]
    pub fn resolve(args: &BoardArgs, labs: &LabSource) -> Result<Self, SettingsError> {
        if let Some(directory) = args.out.as_deref().filter(|out| out.is_dir()) {
            let message = format!(
                "--out {} is a directory: name a file, such as {}",
                directory.display(),
                directory.join("board.html").display()
            );
            return Err(SettingsError::Combination(message));
        }
        let labs = labs.clone().or_all().with(&LabOverrides::default())?;
        Ok(Self {
            labs,
            listen: args.listen,
            out: args.out.clone(),
            interval: args.interval,
            verifies: !args.skip_verify,
            shows_ids: args.ids,
        })
    }

    /// The labs that are meant.
    pub(crate) fn labs(&self) -> &LabSource {
        &self.labs
    }

    /// Where it is served.
    pub(crate) fn listen(&self) -> SocketAddr {
        self.listen
    }

    /// The file that it is written to instead.
    pub(crate) fn out(&self) -> Option<&Path> {
        self.out.as_deref()
    }

    /// The real time between two looks.
    pub(crate) fn interval(&self) -> Duration {
        self.interval
    }

    /// Whether the checks of `verify` are made.
    pub(crate) fn verifies(&self) -> bool {
        self.verifies
    }

    /// Whether ids are shown.
    pub(crate) fn shows_ids(&self) -> bool {
        self.shows_ids
    }
}
