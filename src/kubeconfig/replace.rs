//! Puts a new text into a file that may be more than its text: somebody else's, under several names, mounted by itself, with
//! attributes and access lists of its own.
//!
//! A file is replaced in one step where the new one can be what the old one was. Where it cannot, the old one is written in
//! place, as kubectl does it, while the whole of the new text stands beside it until that is done.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

use tempfile::NamedTempFile;

/// Writes `text`, readable by its owner only, to `target`, of which `before` tells what was there.
pub(super) fn replace(target: &Path, before: Option<&Metadata>, text: &str) -> io::Result<()> {
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut new = tempfile::Builder::new().prefix(".azlab-kubeconfig-").tempfile_in(folder)?;
    new.write_all(text.as_bytes())?;
    new.as_file().sync_all()?;
    match before {
        Some(before) if !can_become(new.as_file(), target, before) => in_place(target, text, new),
        Some(_) => match new.persist(target) {
            Ok(_) => Ok(()),
            // A mount point (EBUSY), or somebody's file in a folder where only owners may take their files away.
            Err(error) => in_place(target, text, error.file),
        },
        None => new.persist(target).map(drop).map_err(|error| error.error),
    }
}

/// Makes `new` what the file of `before` is in everything but its text; false if it cannot be.
#[cfg(unix)]
fn can_become(new: &File, target: &Path, before: &Metadata) -> bool {
    use std::os::unix::fs::{MetadataExt as _, fchown};
    if before.nlink() > 1 || has_attributes(target) {
        return false;
    }
    let Ok(made) = new.metadata() else { return false };
    let (user, group) = (before.uid(), before.gid());
    (made.uid(), made.gid()) == (user, group) || fchown(new, Some(user), Some(group)).is_ok()
}

#[cfg(not(unix))]
fn can_become(_: &File, _: &Path, _: &Metadata) -> bool {
    true
}

/// Whether somebody gave the file extended attributes, an access list among them; the system gives its labels by itself.
#[cfg(unix)]
fn has_attributes(path: &Path) -> bool {
    let mut names = vec![0_u8; 64 * 1024];
    match rustix::fs::listxattr(path, &mut names[..]) {
        Ok(length) => names[..length.min(names.len())]
            .split(|byte| *byte == 0)
            .any(|name| !name.is_empty() && !name.starts_with(b"security.") && !name.starts_with(b"com.apple.")),
        // A file system without any; or more names than anybody gives.
        Err(error) => error == rustix::io::Errno::RANGE,
    }
}

/// Writes the file itself. Should that break off, the whole text is in `whole`, which then stays.
fn in_place(target: &Path, text: &str, whole: NamedTempFile) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).open(target)?;
    let length = text.len() as u64;
    let written = file.write_all(text.as_bytes()).and_then(|()| file.set_len(length)).and_then(|()| file.sync_all());
    written.map_err(|error| match whole.keep() {
        Ok((_, path)) => {
            io::Error::new(error.kind(), format!("{error}; what was to be written is in {}", path.display()))
        }
        Err(_) => error,
    })
}
