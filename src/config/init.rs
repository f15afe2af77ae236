//! Writing a first file.

use std::io::Write as _;
use std::path::{Path, PathBuf};

/// A commented file that says what holds without any.
pub const TEMPLATE: &str = include_str!("template.toml");

/// Why no file was written.
#[derive(Debug, thiserror::Error)]
pub enum InitError {
    /// One is there.
    #[error("{} exists, and is left as it is", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// The system refuses.
    #[error("{} cannot be written: {source}", path.display())]
    Refused {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

/// Writes [`TEMPLATE`] to `path`: whole or not at all, readable by all as it holds no secret. What exists is only replaced
/// with `force`.
///
/// # Errors
/// [`InitError`]
pub fn init(path: &Path, force: bool) -> Result<(), InitError> {
    let refused = |source| InitError::Refused { path: path.to_owned(), source };
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(".azlab-").suffix(".toml");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644));
    let mut file = builder.tempfile_in(directory).map_err(refused)?;
    file.write_all(TEMPLATE.as_bytes()).map_err(refused)?;
    file.as_file().sync_all().map_err(refused)?;
    if force {
        return file.persist(path).map(drop).map_err(|error| refused(error.error));
    }
    file.persist_noclobber(path).map(drop).map_err(|error| match error.error.kind() {
        std::io::ErrorKind::AlreadyExists => InitError::Exists { path: path.to_owned() },
        _ => refused(error.error),
    })
}
