//! The file: found as kubectl finds it, locked as kubectl locks it, replaced in one step where that can be.

use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind, Read as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::document::Document;
use super::encoding;
use super::malformed::Malformed;
use super::merge::Conflict;
use super::replace::replace;
use azlab_clock::Clock;

/// A kubeconfig of a thousand clusters has 10 MB; what is beyond is something else.
const LARGEST: u64 = 16 << 20;
/// How long another program may hold the lock; kubectl takes milliseconds.
const LOCK_PATIENCE: Duration = Duration::from_secs(10);
const LOCK_PAUSE: Duration = Duration::from_millis(20);
/// What is wrong with a device, a pipe and the like.
const NO_FILE: &str = "is not a regular file (to print the kubeconfig, use --file -)";

/// Why the file stays as it is.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FileError {
    /// It cannot be read or written.
    #[error("{path} {problem}")]
    Unusable {
        /// The file.
        path: PathBuf,
        /// Why not.
        problem: String,
    },
    /// It is no kubeconfig.
    #[error("{path} is not a kubeconfig: {problem}")]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Why not.
        problem: Malformed,
    },
    /// Somebody else writes it.
    #[error("{lock} exists: another program is writing the kubeconfig, or stopped while it was")]
    Locked {
        /// The lock file.
        lock: PathBuf,
    },
    /// It has other entries of the same names.
    #[error("{path} has other entries of the same names: {}", list(conflicts))]
    Conflicts {
        /// The file.
        path: PathBuf,
        /// The entries.
        conflicts: Vec<Conflict>,
    },
    /// Another file that kubectl reads behind it has other entries of the same names.
    #[error(
        "{path} has other entries of the same names, which kubectl would not see any more, for it takes the first file of KUBECONFIG that has one: {}",
        list(conflicts)
    )]
    Hides {
        /// The other file.
        path: PathBuf,
        /// Its entries.
        conflicts: Vec<Conflict>,
    },
}

fn list(conflicts: &[Conflict]) -> String {
    conflicts.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// What became of the file besides the merge.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Written {
    /// Others could read it before.
    pub(crate) tightened: bool,
    /// It had comments, which are gone.
    pub(crate) lost_comments: bool,
}

/// The file that kubectl would write: of several, the first that exists, else the last (client-go's `PathOptions`).
pub(crate) fn choose(candidates: &[PathBuf]) -> Option<PathBuf> {
    candidates.iter().find(|path| path.exists()).or_else(|| candidates.last()).cloned()
}

/// Whether the file could be changed: everything but the change itself.
///
/// # Errors
/// [`FileError`]
pub(crate) fn check(path: &Path) -> Result<(), FileError> {
    read(path, &target(path)?).map(drop)
}

/// Changes the file under its lock, in one step where the system allows it: whoever reads it meanwhile sees all of the old or
/// all of the new. Its owner and group, its names and its attributes stay.
/// What `edit` leaves as it is is not written. It must not hide entries of the files `behind`, which kubectl reads after it.
///
/// # Errors
/// [`FileError`]; the file is then as it was.
pub(crate) async fn update(
    path: &Path,
    behind: &[(PathBuf, Document)],
    edit: impl FnOnce(&mut Document) -> Result<(), Vec<Conflict>>,
) -> Result<Written, FileError> {
    let target = target(path)?;
    let unusable = |error: io::Error| unusable(path, &error);
    if let Some(folder) = target.parent().filter(|folder| !folder.exists()) {
        make_folder(folder).map_err(unusable)?;
    }
    let _lock = Lock::take(path, &target).await?;
    let before = read(path, &target)?;
    let mut document = before.document.clone();
    edit(&mut document).map_err(|conflicts| FileError::Conflicts { path: path.to_owned(), conflicts })?;
    for (path, other) in behind {
        let hidden = document.hides(&before.document, other);
        if !hidden.is_empty() {
            return Err(FileError::Hides { path: path.clone(), conflicts: hidden });
        }
    }
    // A file that is not ours to close stays as open as its owner left it.
    let close = || before.is_lax && tighten(&target).is_ok();
    if document == before.document && before.meta.is_some() {
        return Ok(Written { tightened: close(), lost_comments: false });
    }
    let text = document.to_yaml().map_err(|problem| FileError::Malformed { path: path.to_owned(), problem })?;
    // Before the secrets come into it.
    let closed = close();
    replace(&target, before.meta.as_ref(), text.reveal()).map_err(unusable)?;
    Ok(Written { tightened: closed, lost_comments: before.has_comments })
}

/// The files that kubectl reads behind `chosen`. One that cannot be read is none to kubectl either.
pub(crate) fn behind(candidates: &[PathBuf], chosen: &Path) -> Vec<(PathBuf, Document)> {
    let others = candidates.iter().filter(|path| *path != chosen && path.is_file());
    others.filter_map(|path| Some((path.clone(), document(path)?))).collect()
}

/// A kubeconfig that is read only.
fn document(path: &Path) -> Option<Document> {
    let mut bytes = zeroize::Zeroizing::new(Vec::new());
    fs::File::open(path).ok()?.take(LARGEST).read_to_end(&mut bytes).ok()?;
    Document::parse(&encoding::decode(&bytes).ok()?).ok()
}

struct Found {
    document: Document,
    /// What it was before; `None` if it was not there.
    meta: Option<fs::Metadata>,
    is_lax: bool,
    has_comments: bool,
}

fn unusable(path: &Path, error: &io::Error) -> FileError {
    let problem = match error.kind() {
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => format!("cannot be written: {error}"),
        _ => format!("cannot be used: {error}"),
    };
    FileError::Unusable { path: path.to_owned(), problem }
}

/// Where the file really is: behind symbolic links, which stay.
fn target(path: &Path) -> Result<PathBuf, FileError> {
    let is_link = fs::symlink_metadata(path).is_ok_and(|meta| meta.is_symlink());
    if !is_link {
        return Ok(path.to_owned());
    }
    // A pipe or a socket behind `/dev/stdout` has no name of its own.
    let is_nameless = || fs::metadata(path).is_ok_and(|meta| !meta.is_file() && !meta.is_dir());
    fs::canonicalize(path).map_err(|error| FileError::Unusable {
        path: path.to_owned(),
        problem: if is_nameless() {
            NO_FILE.to_owned()
        } else {
            format!("is a symbolic link that leads nowhere: {error}")
        },
    })
}

fn read(path: &Path, target: &Path) -> Result<Found, FileError> {
    let refuse = |problem: &str| FileError::Unusable { path: path.to_owned(), problem: problem.to_owned() };
    let unusable = |error: io::Error| unusable(path, &error);
    let meta = match fs::metadata(target) {
        Ok(meta) => meta,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Ok(Found { document: Document::default(), meta: None, is_lax: false, has_comments: false });
        }
        Err(error) => return Err(unusable(error)),
    };
    if meta.is_dir() {
        return Err(refuse("is a directory"));
    }
    if !meta.is_file() {
        return Err(refuse(NO_FILE));
    }
    // It would be replaced, not written: the system would not refuse that.
    if meta.permissions().readonly() {
        return Err(refuse("is read-only"));
    }
    if meta.len() > LARGEST {
        return Err(refuse("is larger than 16 MiB, too large for a kubeconfig"));
    }
    let file = OpenOptions::new().read(true).append(true).open(target).map_err(unusable)?;
    let mut bytes = zeroize::Zeroizing::new(Vec::new());
    file.take(LARGEST).read_to_end(&mut bytes).map_err(unusable)?;
    let malformed = |problem| FileError::Malformed { path: path.to_owned(), problem };
    let text = encoding::decode(&bytes).map_err(malformed)?;
    let document = Document::parse(&text).map_err(malformed)?;
    Ok(Found {
        document,
        is_lax: is_lax(&meta),
        meta: Some(meta),
        has_comments: text.lines().any(|line| line.trim_start().starts_with('#')),
    })
}

#[cfg(unix)]
fn is_lax(meta: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    meta.permissions().mode() & 0o077 != 0
}

#[cfg(not(unix))]
fn is_lax(_: &fs::Metadata) -> bool {
    false
}

#[cfg(unix)]
fn tighten(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(0o600))
}

#[cfg(not(unix))]
fn tighten(_: &Path) -> io::Result<()> {
    Ok(())
}

fn make_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// kubectl's lock: a file beside the kubeconfig, `.lock` behind its name. Where the kubeconfig is a symbolic link, beside
/// what it leads to as well, so that those who come by another link wait too.
struct Lock(Vec<PathBuf>);

impl Lock {
    async fn take(path: &Path, target: &Path) -> Result<Self, FileError> {
        let beside = |path: &Path| {
            let mut name = path.as_os_str().to_owned();
            name.push(".lock");
            PathBuf::from(name)
        };
        let mut wanted = vec![beside(path)];
        if path != target {
            wanted.push(beside(target));
        }
        let clock = Clock::real();
        let began = clock.now();
        let mut taken = Self(Vec::new());
        for lock in wanted {
            loop {
                match OpenOptions::new().write(true).create_new(true).open(&lock) {
                    Ok(_) => {
                        taken.0.push(lock);
                        break;
                    }
                    Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                        if clock.since(began) > LOCK_PATIENCE {
                            return Err(FileError::Locked { lock });
                        }
                        clock.sleep(LOCK_PAUSE).await;
                    }
                    Err(error) => {
                        let problem = format!("cannot be locked, for {} cannot be made: {error}", lock.display());
                        return Err(FileError::Unusable { path: path.to_owned(), problem });
                    }
                }
            }
        }
        Ok(taken)
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        for lock in self.0.iter().rev() {
            // Should it stay, the next run says where it is.
            drop(fs::remove_file(lock));
        }
    }
}
