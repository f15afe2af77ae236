//! Quota in use: who holds how much of what, in which region, and until when.

use rusqlite::params;

use super::moment::Millis;
use super::store::Store;

/// One holding. `owner` groups holdings that end together (an account and its deployments).
pub(crate) struct Holding<'a> {
    pub holder: &'a str,
    pub owner: &'a str,
    pub location: &'a str,
    pub usage: &'a str,
    pub amount: i64,
}

/// How much of `usage` is held in `location`, leaving out what `except` holds.
pub(crate) fn used(store: &Store<'_>, now: Millis, location: &str, usage: &str, except: &str) -> rusqlite::Result<i64> {
    store
        .db()
        .prepare_cached(
            "SELECT COALESCE(SUM(amount), 0) FROM quota
             WHERE location = ?1 AND usage = ?2 AND (until IS NULL OR until > ?3) AND holder <> ?4",
        )?
        .query_row(params![location, usage.to_lowercase(), now, except.to_lowercase()], |row| row.get(0))
}

/// Records a holding, replacing what the holder had of the same usage.
pub(crate) fn hold(store: &Store<'_>, holding: &Holding<'_>) -> rusqlite::Result<()> {
    store
        .db()
        .prepare_cached(
            "INSERT OR REPLACE INTO quota(holder, owner, location, usage, amount, until) VALUES (?1, ?2, ?3, ?4, ?5, NULL)",
        )?
        .execute(params![
            holding.holder.to_lowercase(),
            holding.owner.to_lowercase(),
            holding.location,
            holding.usage.to_lowercase(),
            holding.amount
        ])?;
    Ok(())
}

/// Ends all holdings of a holder now.
pub(crate) fn release(store: &Store<'_>, holder: &str) -> rusqlite::Result<()> {
    store.db().prepare_cached("DELETE FROM quota WHERE holder = ?1")?.execute([holder.to_lowercase()])?;
    Ok(())
}

/// Lets all holdings of an owner end at `until`; `None` keeps them.
pub(crate) fn end(store: &Store<'_>, owner: &str, until: Option<Millis>) -> rusqlite::Result<()> {
    store
        .db()
        .prepare_cached("UPDATE quota SET until = ?2 WHERE owner = ?1")?
        .execute(params![owner.to_lowercase(), until])?;
    Ok(())
}

/// Forgets holdings that have ended.
pub(crate) fn sweep(store: &Store<'_>, now: Millis) -> rusqlite::Result<()> {
    store.db().prepare_cached("DELETE FROM quota WHERE until <= ?1")?.execute([now])?;
    Ok(())
}
