use std::fs;
use std::path::Path;

use azlab_sandbox::{Sandbox, SandboxError};
use rusqlite::Connection;

/// The error of opening `dir`, whose text names `path`.
#[track_caller]
fn refused(dir: &Path, path: &Path) -> SandboxError {
    let error = Sandbox::open(dir, 1.0).err().expect("it cannot be opened");
    let text = error.to_string();
    assert!(text.contains(path.to_str().unwrap()), "{text}");
    error
}

/// A folder with a state in it, in one file.
fn state() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    drop(Sandbox::open(dir.path(), 1.0).unwrap());
    Connection::open(dir.path().join("sandbox.db")).unwrap().pragma_update(None, "journal_mode", "delete").unwrap();
    dir
}

#[test]
fn a_path_that_is_no_directory_is_refused_and_stays_as_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("notes.txt");
    fs::write(&file, "mine").unwrap();
    assert!(matches!(refused(&file, &file), SandboxError::WrongKind { expected: "directory", .. }));
    let below = file.join("deeper");
    assert!(matches!(refused(&below, &below), SandboxError::Io { .. }));
    assert_eq!(fs::read(&file).unwrap(), b"mine");
}

#[cfg(unix)]
#[test]
fn a_link_that_leads_nowhere_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let link = dir.path().join("link");
    std::os::unix::fs::symlink(dir.path().join("nowhere"), &link).unwrap();
    assert!(matches!(refused(&link, &link), SandboxError::Io { .. }));
}

#[cfg(target_os = "linux")]
#[test]
fn a_directory_that_nobody_may_write_to_is_refused() {
    // Root may write to any other.
    let dir = Path::new("/proc/azlab-sandbox");
    assert!(matches!(refused(dir, dir), SandboxError::Io { .. }));
}

#[test]
fn another_program_s_database_is_refused_and_stays_as_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("sandbox.db");
    Connection::open(&file).unwrap().execute_batch("CREATE TABLE theirs(x); PRAGMA user_version = 4;").unwrap();
    let before = fs::read(&file).unwrap();
    assert!(matches!(refused(dir.path(), &file), SandboxError::Foreign { .. }));
    assert_eq!(fs::read(&file).unwrap(), before);
}

#[test]
fn what_is_no_database_is_refused_and_stays_as_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("sandbox.db");
    // SQLite takes a file of one byte for an empty one.
    for content in [&b"xx"[..], &b"no database at all".repeat(500), &[0; 4096]] {
        fs::write(&file, content).unwrap();
        assert!(matches!(refused(dir.path(), &file), SandboxError::NotADatabase { .. }), "{} bytes", content.len());
        assert_eq!(fs::read(&file).unwrap(), content);
    }
}

#[test]
fn a_state_that_was_cut_off_is_refused_by_name_wherever_it_ends() {
    let dir = state();
    let file = dir.path().join("sandbox.db");
    let whole = fs::read(&file).unwrap();
    let page = 4096;
    for end in (2..whole.len()).step_by(page / 2 - 1) {
        fs::write(&file, &whole[..end]).unwrap();
        assert!(matches!(refused(dir.path(), &file), SandboxError::NotADatabase { .. }), "{end} of {}", whole.len());
    }
}

#[test]
fn a_state_of_a_newer_version_or_of_none_is_refused() {
    let dir = state();
    let file = dir.path().join("sandbox.db");
    let version = |version: i64| {
        Connection::open(&file).unwrap().pragma_update(None, "user_version", version).unwrap();
        refused(dir.path(), &file)
    };
    let newer = version(99);
    assert!(matches!(newer, SandboxError::NewerSchema { found: 99, .. }));
    assert!(newer.to_string().contains("by a newer azlab (schema 99"), "{newer}");
    for none in [0, -1] {
        assert!(matches!(version(none), SandboxError::NotADatabase { .. }), "{none}");
    }
}
