//! By how much the sandbox's calendar is ahead of the machine's: not at all, unless somebody has moved it on. Whoever uses the
//! state reads it at each request, so that all processes have one calendar.

use rusqlite::{Connection, params};

use super::error::SandboxError;
use super::timestamps::Millis;

/// The most that it may be ahead: a hundred years, with which every date can still be written.
const MOST: Millis = 100 * 366 * 24 * 3600 * 1000;

/// Milliseconds. What may have been damaged stays within what can be written.
pub(crate) fn ahead(db: &Connection) -> rusqlite::Result<Millis> {
    let ahead: Millis = db.prepare_cached("SELECT ahead FROM calendar")?.query_row([], |row| row.get(0))?;
    Ok(ahead.clamp(0, MOST))
}

/// Moves the calendar on; how much it is ahead then.
///
/// # Errors
/// [`SandboxError::TooFarAhead`], or SQLite's.
pub(crate) fn advance(db: &Connection, by: Millis) -> Result<Millis, SandboxError> {
    let ahead = ahead(db)?.saturating_add(by);
    if ahead > MOST {
        return Err(SandboxError::TooFarAhead);
    }
    db.prepare_cached("UPDATE calendar SET ahead = ?1")?.execute(params![ahead])?;
    Ok(ahead)
}
