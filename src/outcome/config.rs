//! What the `config` subcommands have to tell.

use std::path::PathBuf;

/// The `schema` of what these commands print with `-o json`.
pub(crate) const SCHEMA: &str = "azlab.config/v1";

/// The subcommand's name.
pub(crate) const COMMAND: &str = "config";

/// A first file has been written.
#[derive(Clone, Debug)]
pub(crate) struct WrittenFile {
    /// The file.
    pub(crate) file: PathBuf,
    /// The command that shows its values.
    pub(crate) show: String,
}
