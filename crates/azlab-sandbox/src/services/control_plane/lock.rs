//! Who runs a control plane: one process of the sandbox, and none until all parts that an earlier one started have ended.

use std::fs::{File, TryLockError};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use azlab_clock::Clock;

use super::endpoint::Endpoint;
use super::error::ControlPlaneError;
use super::folder::{self, Folder};
use crate::serve::files::make_private_folder;

/// Held by the process that runs the control plane.
const OWNER: &str = "owner.lock";
/// Held by its parts, each of which has it as its standard output: nothing else tells that all of them have ended, since they may
/// outlive the process that started them by some seconds.
const PARTS: &str = "parts.lock";
/// Held by the process that starts control planes for others, beside all folders.
pub(super) const HOST: &str = "host.lock";
/// How long parts may take to end, more than `grace` in tests/kubernetes/main.go.
const LIMIT: Duration = Duration::from_secs(20);
/// Between looks.
const PAUSE: Duration = Duration::from_millis(50);

/// The right to run the control plane of a folder; given up when dropped.
pub(super) struct Lock {
    _owner: File,
    parts: File,
}

impl Lock {
    /// Takes it, and waits for the parts of whoever had it before, whose endpoint no longer holds; `None` where another process
    /// has it.
    pub async fn take(folder: &Folder) -> Result<Option<Self>, ControlPlaneError> {
        let owner = open(folder, OWNER)?;
        if !locked(&owner, folder, OWNER)? {
            return Ok(None);
        }
        // It was killed: its API server may still answer, and soon the next one does, before it is ready.
        Endpoint::forget(folder);
        let parts = open(folder, PARTS)?;
        let clock = Clock::real();
        let free = async {
            while !locked(&parts, folder, PARTS)? {
                clock.sleep(PAUSE).await;
            }
            Ok::<(), ControlPlaneError>(())
        };
        clock.timeout(LIMIT, free).await.map_err(|_| ControlPlaneError::File {
            path: folder.file(PARTS),
            action: "locked",
            reason: "the processes of an earlier azlab have not ended".to_owned(),
        })??;
        Ok(Some(Self { _owner: owner, parts }))
    }

    /// What ties a part to it.
    pub fn for_part(&self, folder: &Folder) -> Result<Stdio, ControlPlaneError> {
        let file = self.parts.try_clone().map_err(|error| ControlPlaneError::unread(folder.file(PARTS), &error))?;
        Ok(file.into())
    }
}

/// Held by the process that starts control planes for others, as long as the file that is given.
///
/// # Errors
/// [`ControlPlaneError::File`]
pub(super) fn host(dir: &Path) -> Result<Option<File>, ControlPlaneError> {
    let all = folder::all(dir);
    make_private_folder(&all).map_err(|error| ControlPlaneError::unwritten(&all, &error))?;
    let path = all.join(HOST);
    let file = open_at(&path)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(ControlPlaneError::unwritten(path, &error)),
    }
}

/// Whether another process does.
pub(super) fn is_hosted(dir: &Path) -> bool {
    let file = File::open(folder::all(dir).join(HOST));
    file.is_ok_and(|file| matches!(file.try_lock(), Err(TryLockError::WouldBlock)))
}

fn open(folder: &Folder, name: &str) -> Result<File, ControlPlaneError> {
    open_at(&folder.file(name))
}

fn open_at(path: &Path) -> Result<File, ControlPlaneError> {
    let mut options = File::options();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map_err(|error| ControlPlaneError::unwritten(path, &error))
}

fn locked(file: &File, folder: &Folder, name: &str) -> Result<bool, ControlPlaneError> {
    match file.try_lock() {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => Err(ControlPlaneError::unwritten(folder.file(name), &error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::services::control_plane::certificates::Pair;

    fn pair() -> Pair {
        Pair { certificate: String::new(), key: zeroize::Zeroizing::new(String::new()) }
    }

    #[tokio::test]
    async fn who_takes_it_forgets_the_endpoint_of_one_that_was_killed_and_who_does_not_get_it_leaves_it() {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::at(dir.path());
        let written = || Endpoint::new(1, &pair(), pair()).write(&folder).unwrap();
        written();
        let lock = Lock::take(&folder).await.unwrap().expect("nobody has it");
        assert!(Endpoint::read(&folder).unwrap().is_none());
        written();
        assert!(Lock::take(&folder).await.unwrap().is_none());
        assert!(Endpoint::read(&folder).unwrap().is_some());
        drop(lock);
    }
}
