//! Which file is meant when none is named.

use std::path::{Path, PathBuf};

/// The file's name.
pub(crate) const FILE_NAME: &str = "azlab.toml";

/// The nearest `azlab.toml`: in `directory` or above it.
pub(crate) fn find(directory: &Path) -> Option<PathBuf> {
    // A directory of that name, or a link to nowhere, is told when it is read, not passed over.
    let named = directory.ancestors().map(|one| one.join(FILE_NAME));
    named.into_iter().find(|path| path.symlink_metadata().is_ok())
}
