//! The schema of the state file as it is now: another version of azlab may have changed it since it was opened.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use super::error::{OtherSchema, SandboxError, is_busy};
use super::schema::{self, SCHEMA_VERSION};

/// How long a statement of the upgrade waits for another process's.
const BUSY: Duration = Duration::from_secs(2);
/// How long to wait for another process that has the state open, in turn: two of the new version that start at the same
/// moment are in each other's way, and one of them is then done.
const PAUSES_MS: [u64; 4] = [20, 70, 150, 400];

/// Passes if the state still has our schema. Within a transaction it stays so until its end.
///
/// The error is one of SQLite's in its form, since it goes the same way; [`OtherSchema::in_error`] tells it.
pub(crate) fn check(db: &Connection) -> rusqlite::Result<()> {
    let found: i64 = db.prepare_cached("PRAGMA user_version")?.query_row([], |row| row.get(0))?;
    if found == SCHEMA_VERSION {
        return Ok(());
    }
    let other = OtherSchema { found, known: SCHEMA_VERSION };
    Err(rusqlite::Error::ToSqlConversionFailure(Box::new(other)))
}

/// Brings the state at `path`, which is ours and older, to this version while nobody else has it open: an azlab of the older
/// version would go on with tables that it does not know.
///
/// # Errors
/// [`SandboxError::InUseByOther`], or SQLite's.
pub(crate) fn upgrade(path: &Path) -> Result<(), SandboxError> {
    for pause in PAUSES_MS {
        match upgrade_alone(path) {
            Err(SandboxError::InUseByOther { .. }) => std::thread::sleep(Duration::from_millis(pause)),
            done => return done,
        }
    }
    upgrade_alone(path)
}

fn upgrade_alone(path: &Path) -> Result<(), SandboxError> {
    let version = |db: &Connection| db.pragma_query_value(None, "user_version", |row| row.get::<_, i64>(0));
    let mut db = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    db.busy_timeout(BUSY)?;
    let found = version(&db)?;
    if found >= SCHEMA_VERSION {
        // Another process was faster; one of a newer version even, which is told by who opens the state.
        return Ok(());
    }
    let in_use = |error| match error {
        error if is_busy(&error) => SandboxError::InUseByOther { path: path.to_owned(), found, known: SCHEMA_VERSION },
        error => SandboxError::Database(error),
    };
    // SQLite leaves WAL only for a connection that is the only one.
    db.pragma_update(None, "journal_mode", "delete").map_err(in_use)?;
    let transaction = db.transaction_with_behavior(TransactionBehavior::Exclusive).map_err(in_use)?;
    // Once more, now that it stays so.
    let found = version(&transaction)?;
    if found < SCHEMA_VERSION {
        schema::upgrade(&transaction, found)?;
    }
    transaction.commit()?;
    Ok(())
}
