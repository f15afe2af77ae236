//! Why a state cannot be used.

use std::io;
use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

use super::schema::FILE;

/// Why the sandbox's state cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SandboxError {
    /// The directory or the file cannot be made or read.
    #[error("cannot use {}: {source}; check its permissions, or name another directory with AZLAB_SANDBOX_DIR", path.display())]
    Io {
        /// What could not be used.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// Something else is where the directory or the file should be.
    #[error("{} is not a {expected}; move it away, or name another directory with AZLAB_SANDBOX_DIR", path.display())]
    WrongKind {
        /// What is in the way.
        path: PathBuf,
        /// `directory` or `file`.
        expected: &'static str,
    },
    /// The file is damaged or no SQLite database: [`reset`](crate::reset) deletes it.
    #[error("{} is not a readable SQLite database ({reason})", path.display())]
    NotADatabase {
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        reason: String,
    },
    /// A SQLite database of another program.
    #[error("{} is another program's SQLite database; name another directory with AZLAB_SANDBOX_DIR (what is not the sandbox's own is never deleted)", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// Another process works on it.
    #[error("{} is in use by another azlab, which would continue with the deleted file (Ctrl-C stops one that serves it)", path.display())]
    InUse {
        /// The file.
        path: PathBuf,
    },
    /// An azlab of an older version works on it, and this one would have to upgrade it.
    #[error("{} is in use by an azlab of another version (schema {found}; this one upgrades it to {known}): stop that one first (Ctrl-C stops one that serves it), then try again", path.display())]
    InUseByOther {
        /// The file.
        path: PathBuf,
        /// Its schema.
        found: i64,
        /// The schema of this program.
        known: i64,
    },
    /// Another version of azlab has changed it since it was opened.
    #[error(transparent)]
    OtherSchema(OtherSchema),
    /// Written by a newer azlab: update this one, or [`reset`](crate::reset) the state.
    #[error("{} was written by a newer azlab (schema {found}, this one knows {known})", path.display())]
    NewerSchema {
        /// The file.
        path: PathBuf,
        /// Its schema.
        found: i64,
        /// The newest schema that this program knows.
        known: i64,
    },
    /// A statement failed; if it stays so, [`reset`](crate::reset) starts anew.
    #[error("the sandbox's database failed: {0}")]
    Database(rusqlite::Error),
    /// The settings cannot be stored.
    #[error("the sandbox's settings cannot be stored: {0}")]
    Settings(String),
    /// Its dates would be moved on too far.
    #[error("the sandbox's calendar can be at most a hundred years ahead")]
    TooFarAhead,
    /// A role that the sandbox does not have.
    #[error("the sandbox has no role '{name}'; it has: {known}")]
    UnknownRole {
        /// What was asked for.
        name: String,
        /// What there is.
        known: String,
    },
    /// A model that the catalogue does not have.
    #[error("the sandbox's catalogue has no model '{name}'; it has: {known}")]
    UnknownModel {
        /// What was asked for.
        name: String,
        /// What there is.
        known: String,
    },
}

impl From<rusqlite::Error> for SandboxError {
    fn from(error: rusqlite::Error) -> Self {
        OtherSchema::in_error(&error).map_or(Self::Database(error), Self::OtherSchema)
    }
}

impl SandboxError {
    /// The same with the file named, where SQLite says no more than that it is damaged or cannot be used.
    pub(crate) fn of(dir: &Path, error: Self) -> Self {
        match error {
            Self::Database(error) => unreadable(&dir.join(FILE), error),
            other => other,
        }
    }
}

/// The state has another schema than the one that this program works with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "another version of azlab has changed the sandbox's state meanwhile (schema {found}, this process works with {known}), and \
     nothing was done: end this process, and start it again with that version"
)]
pub struct OtherSchema {
    /// The schema of the state.
    pub found: i64,
    /// The schema that this program knows.
    pub known: i64,
}

impl OtherSchema {
    /// What [`check`](super::version::check) has found.
    pub(crate) fn in_error(error: &rusqlite::Error) -> Option<Self> {
        match error {
            rusqlite::Error::ToSqlConversionFailure(source) => source.downcast_ref().copied(),
            _ => None,
        }
    }
}

pub(crate) fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
}

/// The error of a state that is being opened, with the file's name. Tables that are missing and values that no column has
/// are damage, too: SQLite reads what is cut off from a file as zeros.
pub(crate) fn unreadable(path: &Path, error: rusqlite::Error) -> SandboxError {
    use ErrorCode::{CannotOpen, DatabaseCorrupt, DiskFull, NotADatabase, PermissionDenied, ReadOnly, SystemIoFailure};
    let error = match SandboxError::from(error) {
        SandboxError::Database(error) => error,
        told => return told,
    };
    match error.sqlite_error_code() {
        Some(NotADatabase | DatabaseCorrupt | ErrorCode::Unknown) | None => {
            SandboxError::NotADatabase { path: path.to_owned(), reason: error.to_string() }
        }
        Some(CannotOpen | PermissionDenied | ReadOnly | DiskFull | SystemIoFailure) => {
            SandboxError::Io { path: path.to_owned(), source: io::Error::other(error.to_string()) }
        }
        Some(_) => SandboxError::Database(error),
    }
}
