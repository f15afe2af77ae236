//! Writing a first file.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use crate::lab::defaults::{
    ACCOUNT_PREFIX, AUDIENCE, DEFAULT_CAPACITY, DEFAULT_CLUSTER, DEFAULT_CREDENTIAL, DEFAULT_DEPLOYMENT, DEFAULT_GROUP,
    DEFAULT_IDENTITY, DEFAULT_LOCATION, DEFAULT_MODEL, DEFAULT_NAMESPACE, DEFAULT_NODE_COUNT, DEFAULT_ROLE,
    DEFAULT_SERVICE_ACCOUNT, DEFAULT_SUBJECT, DEFAULT_VM_SIZE,
};
use crate::lab::spec::SoftDeleted;
use crate::lab::tags::DEFAULT_WORKSHOP;

/// A commented file that says what holds without any: template.toml with the defaults in it.
pub static TEMPLATE: LazyLock<String> = LazyLock::new(|| {
    let (node_count, capacity) = (DEFAULT_NODE_COUNT.to_string(), DEFAULT_CAPACITY.to_string());
    let values = [
        ("<WORKSHOP>", DEFAULT_WORKSHOP),
        ("<GROUP>", DEFAULT_GROUP),
        ("<LOCATION>", DEFAULT_LOCATION),
        ("<ROLE>", DEFAULT_ROLE),
        ("<CLUSTER>", DEFAULT_CLUSTER),
        ("<NODE_COUNT>", &node_count),
        ("<VM_SIZE>", DEFAULT_VM_SIZE),
        ("<IDENTITY>", DEFAULT_IDENTITY),
        ("<CREDENTIAL>", DEFAULT_CREDENTIAL),
        ("<NAMESPACE>", DEFAULT_NAMESPACE),
        ("<SERVICE_ACCOUNT>", DEFAULT_SERVICE_ACCOUNT),
        ("<SUBJECT>", DEFAULT_SUBJECT),
        ("<AUDIENCE>", AUDIENCE),
        ("<ACCOUNT>", ACCOUNT_PREFIX),
        ("<SOFT_DELETED>", SoftDeleted::default().as_str()),
        ("<DEPLOYMENT>", DEFAULT_DEPLOYMENT),
        ("<MODEL>", DEFAULT_MODEL),
        ("<CAPACITY>", &capacity),
    ];
    let template = include_str!("template.toml").to_owned();
    values.iter().fold(template, |text, (name, value)| text.replace(name, value))
});

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
