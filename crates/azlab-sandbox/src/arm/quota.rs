//! Quota in use: who holds how much of what, in which region, and until when.
//!
//! Triggers keep the sum of each usage in a region (`quota_totals`), so that no request adds up what others hold.

use rusqlite::params;

use crate::state::store::Store;
use crate::state::subscriptions::counted_in;
use crate::state::timestamps::Millis;

/// One holding. `owner` groups holdings that end together (an account and its deployments).
pub(crate) struct Holding<'a> {
    pub holder: &'a str,
    pub owner: &'a str,
    pub location: &'a str,
    pub usage: &'a str,
    pub amount: i64,
}

/// The total, without what has ended since the last write, and without what one holder has of it.
pub(crate) const USED: &str = "SELECT
    COALESCE((SELECT amount FROM quota_totals WHERE location = ?1 AND usage = ?2), 0)
    - COALESCE((SELECT SUM(amount) FROM quota INDEXED BY quota_until WHERE until <= ?3 AND location = ?1 AND usage = ?2), 0)
    - COALESCE((SELECT amount FROM quota WHERE holder = ?4 AND usage = ?2 AND location = ?1
                AND (until IS NULL OR until > ?3)), 0)";

/// How much of `usage` is held in `location`, leaving out what `except` holds.
pub(crate) fn used(store: &Store<'_>, now: Millis, location: &str, usage: &str, except: &str) -> rusqlite::Result<i64> {
    store.db().prepare_cached(USED)?.query_row(
        params![counted_in(store.subscription, location), usage.to_lowercase(), now, except.to_lowercase()],
        |row| row.get(0),
    )
}

/// How much of `usage` one holder has, wherever.
pub(crate) fn held(store: &Store<'_>, now: Millis, holder: &str, usage: &str) -> rusqlite::Result<i64> {
    store
        .db()
        .prepare_cached(
            "SELECT COALESCE(SUM(amount), 0) FROM quota
             WHERE holder = ?1 AND usage = ?2 AND (until IS NULL OR until > ?3)",
        )?
        .query_row(params![holder.to_lowercase(), usage.to_lowercase(), now], |row| row.get(0))
}

/// Records a holding, replacing what the holder had of the same usage.
pub(crate) fn hold(store: &Store<'_>, holding: &Holding<'_>) -> rusqlite::Result<()> {
    // Not INSERT OR REPLACE, which goes past the trigger that counts what is given back.
    store
        .db()
        .prepare_cached("DELETE FROM quota WHERE holder = ?1 AND usage = ?2")?
        .execute(params![holding.holder.to_lowercase(), holding.usage.to_lowercase()])?;
    store
        .db()
        .prepare_cached(
            "INSERT INTO quota(holder, owner, location, usage, amount, until) VALUES (?1, ?2, ?3, ?4, ?5, NULL)",
        )?
        .execute(params![
            holding.holder.to_lowercase(),
            holding.owner.to_lowercase(),
            counted_in(store.subscription, holding.location),
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

pub(crate) const SWEEP: &str = "DELETE FROM quota INDEXED BY quota_until WHERE until <= ?1";

/// Forgets holdings that have ended.
pub(crate) fn sweep(store: &Store<'_>, now: Millis) -> rusqlite::Result<()> {
    store.db().prepare_cached(SWEEP)?.execute([now])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rusqlite::Connection;

    use super::*;
    use crate::state::schema;

    proptest! {
        /// What triggers keep is what adding up would give, whatever happened.
        #[test]
        fn what_is_used_is_the_sum_of_what_is_held(steps in proptest::collection::vec((0..5_u8, 0..3_u8, 0..9_i64), 0..40)) {
            let db = Connection::open_in_memory().expect("a database");
            schema::create(&db).expect("the schema");
            for (now, (what, who, amount)) in (0_i64..).zip(steps) {
                let store = Store::new(&db, now);
                let who = format!("H{who}");
                let holding = Holding { holder: &who, owner: "o", location: "l", usage: "Cores", amount };
                match what {
                    0 | 1 => hold(&store, &holding),
                    2 => release(&store, &who),
                    3 => end(&store, "O", Some(now + amount)),
                    _ => sweep(&store, now),
                }
                .expect("done");
                let sum: i64 = db
                    .query_row(
                        "SELECT COALESCE(SUM(amount), 0) FROM quota
                         WHERE (until IS NULL OR until > ?1) AND holder <> 'h0'",
                        [now],
                        |row| row.get(0),
                    )
                    .expect("a sum");
                prop_assert_eq!(used(&store, now, "l", "cores", "h0").expect("used"), sum);
            }
        }
    }
}
