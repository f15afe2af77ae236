//! Files that appear whole or not at all.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use uuid::Uuid;

/// Who may read a file.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Readers {
    /// Its owner only.
    Owner,
    /// Whoever the system's defaults allow.
    Default,
}

/// Makes a folder, and those above it, for their owner only; one that is there stays as it is.
pub(crate) fn make_private_folder(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Writes `path`, in slot of what may be there.
pub(crate) fn replace(path: &Path, content: &[u8], readers: Readers) -> io::Result<()> {
    let temporary = Temporary::write(path, content, readers)?;
    fs::rename(&temporary.0, path)
}

/// Writes `path` unless there is one: `false` if another was faster.
pub(crate) fn create(path: &Path, content: &[u8], readers: Readers) -> io::Result<bool> {
    let temporary = Temporary::write(path, content, readers)?;
    // A link, unlike a rename, never takes another's slot.
    match fs::hard_link(&temporary.0, path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(error),
    }
}

/// A file beside the one to be, removed at the end unless it was renamed.
struct Temporary(PathBuf);

impl Temporary {
    fn write(beside: &Path, content: &[u8], readers: Readers) -> io::Result<Self> {
        let mut name = beside.file_name().ok_or(io::ErrorKind::InvalidFilename)?.to_owned();
        name.push(format!(".{}", Uuid::new_v4()));
        let temporary = Self(beside.with_file_name(name));
        let mut file = open(&temporary.0, readers)?;
        file.write_all(content)?;
        file.sync_all()?;
        Ok(temporary)
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // After a rename there is nothing to remove.
        let _ = fs::remove_file(&self.0);
    }
}

fn open(path: &Path, readers: Readers) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    if readers == Readers::Owner {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    #[cfg(not(unix))]
    // The user's data directory is the user's own there.
    let _ = readers;
    options.open(path)
}
