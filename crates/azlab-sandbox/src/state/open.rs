//! Opening, making and deleting the state's files.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};
use time::OffsetDateTime;

use super::calendar;
use super::error::{SandboxError, is_busy, unreadable};
use super::schema::{self, APPLICATION_ID, FILE, SCHEMA_VERSION};
use super::store::Store;
use super::timestamps::Millis;
use super::version;
use crate::services::control_plane;

/// What SQLite keeps beside it.
const COMPANIONS: [&str; 3] = ["sandbox.db-wal", "sandbox.db-shm", "sandbox.db-journal"];
/// How long a statement waits for another process's write. Writes take well under a millisecond each.
const BUSY: Duration = Duration::from_secs(10);
/// Statements kept prepared; the store has about as many.
const STATEMENTS: usize = 96;

/// Statements are prepared once. Without the guarantee of a stable plan SQLite compiles one anew whenever a bound moment
/// has changed, which is at each request; its plans do not hang on values: whatever can grow is read by an index that is named.
fn keep_statements(connection: &Connection) -> rusqlite::Result<()> {
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map(drop)
}

pub(crate) fn in_memory(now: OffsetDateTime) -> rusqlite::Result<Connection> {
    let mut connection = Connection::open_in_memory()?;
    keep_statements(&connection)?;
    let transaction = connection.transaction()?;
    // The salt is fixed: a test's guids are the same every time.
    create(&transaction, &format!("memory-{}", now.year()))?;
    transaction.commit()?;
    Ok(connection)
}

/// Opens the state in a directory; the second value is by how much its calendar is ahead.
pub(crate) fn open(dir: &Path) -> Result<(Connection, Millis), SandboxError> {
    let path = make_file(dir)?;
    let mut connection = connect(&path).map_err(|error| unreadable(&path, error))?;
    if is_older(&connection).map_err(|error| unreadable(&path, error))? {
        drop(connection);
        version::upgrade(&path).map_err(|error| SandboxError::of(dir, error))?;
        connection = connect(&path).map_err(|error| unreadable(&path, error))?;
    }
    prepare(&mut connection, &path)?;
    // WAL: readers and a writer of several processes do not block each other. Switching can lose a race against another
    // process that does the same; the result is the same.
    match connection.pragma_update(None, "journal_mode", "wal") {
        Err(error) if !is_busy(&error) => return Err(unreadable(&path, error)),
        _ => {}
    }
    // NORMAL: a killed process loses nothing and a power cut at most the last answers, never the file.
    connection.pragma_update(None, "synchronous", "normal")?;
    let ahead = calendar::ahead(&connection).map_err(|error| unreadable(&path, error))?;
    Ok((connection, ahead))
}

fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    keep_statements(&connection)?;
    connection.busy_timeout(BUSY)?;
    Ok(connection)
}

/// Makes directory and file for their owner only, before SQLite sees them.
fn make_file(dir: &Path) -> Result<PathBuf, SandboxError> {
    let io = |path: &Path| {
        let path = path.to_owned();
        move |source| SandboxError::Io { path, source }
    };
    if dir.exists() && !dir.is_dir() {
        return Err(SandboxError::WrongKind { path: dir.to_owned(), expected: "directory" });
    }
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir).map_err(io(dir))?;
    let path = dir.join(FILE);
    // A link is not followed: where the directory is open to others, somebody else may have put it there.
    if fs::symlink_metadata(&path).is_ok_and(|found| !found.is_file()) {
        return Err(SandboxError::WrongKind { path, expected: "file" });
    }
    let mut options = fs::OpenOptions::new();
    options.read(true).append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(&path).map_err(io(&path))?;
    tighten(&file);
    Ok(path)
}

/// Takes the file from others who could read it: the key that signs tokens is in it. One that is not ours to change stays
/// as it is, and can then be used as far as it can.
fn tighten(file: &fs::File) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let is_lax = file.metadata().is_ok_and(|found| found.permissions().mode() & 0o077 != 0);
        if is_lax && let Err(error) = file.set_permissions(fs::Permissions::from_mode(0o600)) {
            tracing::warn!(%error, "others can read the sandbox's state");
        }
    }
    #[cfg(not(unix))]
    // The user's data directory is the user's own there.
    let _ = file;
}

/// Makes the schema in a fresh file; refuses a file that is not ours.
fn prepare(connection: &mut Connection, path: &Path) -> Result<(), SandboxError> {
    let unreadable = |error| unreadable(path, error);
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(unreadable)?;
    match ownership(&transaction).map_err(unreadable)? {
        Ownership::Fresh => {
            create(&transaction, &uuid::Uuid::new_v4().to_string()).map_err(unreadable)?;
            transaction.commit().map_err(unreadable)?;
            Ok(())
        }
        Ownership::Ours(SCHEMA_VERSION) => Ok(()),
        Ownership::Ours(found) if found > SCHEMA_VERSION => {
            Err(SandboxError::NewerSchema { path: path.to_owned(), found, known: SCHEMA_VERSION })
        }
        Ownership::Ours(found) => {
            Err(SandboxError::NotADatabase { path: path.to_owned(), reason: format!("there is no schema {found}") })
        }
        Ownership::Foreign => Err(SandboxError::Foreign { path: path.to_owned() }),
    }
}

/// Whether it is a state of an older version.
fn is_older(connection: &Connection) -> rusqlite::Result<bool> {
    ownership(connection).map(|found| matches!(found, Ownership::Ours(1..SCHEMA_VERSION)))
}

enum Ownership {
    Fresh,
    Ours(i64),
    Foreign,
}

fn ownership(connection: &Connection) -> rusqlite::Result<Ownership> {
    let pragma = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    if pragma("application_id")? == APPLICATION_ID {
        return Ok(Ownership::Ours(pragma("user_version")?));
    }
    let objects: i64 = connection.query_row("SELECT count(*) FROM sqlite_master", [], |row| row.get(0))?;
    Ok(if objects == 0 && pragma("application_id")? == 0 { Ownership::Fresh } else { Ownership::Foreign })
}

fn create(transaction: &Transaction<'_>, salt: &str) -> rusqlite::Result<()> {
    schema::create(transaction)?;
    Store::new(transaction, 0).set_meta("salt", salt)
}

/// Deletes the state in `dir`: the database, what SQLite keeps beside it, and what its clusters' control planes kept, nothing
/// else; the directory too if it is then
/// empty. It is fine if there is none. A file by the database's name that is not SQLite at all counts as a damaged state of
/// ours; another program's database is left alone.
///
/// # Errors
/// [`SandboxError::Foreign`], [`SandboxError::WrongKind`] or [`SandboxError::Io`].
pub fn reset(dir: &Path) -> Result<(), SandboxError> {
    let path = dir.join(FILE);
    if path.exists() {
        if !path.is_file() {
            return Err(SandboxError::WrongKind { path, expected: "file" });
        }
        let foreign = Connection::open_with_flags(&path, OpenFlags::SQLITE_OPEN_READ_ONLY)
            .and_then(|connection| ownership(&connection))
            .is_ok_and(|found| matches!(found, Ownership::Foreign));
        if foreign {
            return Err(SandboxError::Foreign { path });
        }
        if is_in_use(&path) {
            return Err(SandboxError::InUse { path });
        }
    }
    for name in std::iter::once(FILE).chain(COMPANIONS) {
        let path = dir.join(name);
        match fs::remove_file(&path) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => return Err(SandboxError::Io { path, source }),
            _ => {}
        }
    }
    control_plane::forget(dir)?;
    // Only if nothing of the user's is in it; otherwise it stays.
    let _ = fs::remove_dir(dir);
    Ok(())
}

/// Whether another process has the database open: SQLite leaves WAL only for a connection that is the only one. What is no
/// database nobody can use.
fn is_in_use(path: &Path) -> bool {
    let alone = || -> rusqlite::Result<()> {
        let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        connection.busy_timeout(Duration::ZERO)?;
        connection.pragma_update(None, "journal_mode", "delete")
    };
    alone().is_err_and(|error| is_busy(&error))
}
