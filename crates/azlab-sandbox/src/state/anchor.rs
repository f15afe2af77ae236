//! Where the service's time stands, shared by the processes that use one state.
//!
//! A row pairs a real time with a service time. Each process refreshes it as it serves requests; the next one to open the
//! state goes on from there. While some process is at work time runs at its speed; between runs it passes as outside.

use std::sync::atomic::{AtomicI64, Ordering};

use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};
use time::OffsetDateTime;

use super::timestamps::{Millis, millis, time_of};
use azlab_clock::Clock;

/// Milliseconds, real or the service's, after which a request looks whether the row must be refreshed. The service's
/// count too: a fast process is at its end within a few real ones, and what it has seen happen must stay happened.
const REFRESH: [Millis; 2] = [200, 1_000];
/// A row older than this many real milliseconds belongs to a process that is no longer at work: between its requests a
/// client waits at most some seconds of real time.
const AT_WORK: Millis = 5_000;

/// The first millisecond of the year 9000: what follows from it, some months of service time at most, can still be written.
const LATEST: Millis = 221_845_392_000_000;

/// When this process last looked at the row, in real and in service time.
pub(crate) struct Anchor {
    looked: [AtomicI64; 2],
}

/// Reads where time stands (the wall's time on first use) and starts a clock from there.
pub(crate) fn start(db: &Connection, speed: f64) -> rusqlite::Result<(Clock, Anchor)> {
    let real = millis(OffsetDateTime::now_utc());
    let service = read(db, real)?.unwrap_or(real);
    let anchor = Anchor { looked: [const { AtomicI64::new(0) }; 2] };
    let clock = Clock::scaled(time_of(service), speed);
    anchor.refresh(db, &clock)?;
    Ok((clock, anchor))
}

/// The service's time at `real`, if the state was ever used.
fn read(db: &Connection, real: Millis) -> rusqlite::Result<Option<Millis>> {
    let row: Option<(Millis, Millis, f64)> = db
        .query_row("SELECT real, service, speed FROM anchor", [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    // What stands there may have been damaged: a year that no date has is none.
    let at = |(then, service, speed): (Millis, Millis, f64)| {
        service.saturating_add(elapsed(real.saturating_sub(then), speed)).clamp(0, LATEST)
    };
    Ok(row.map(at))
}

/// Writes the row, unless what [`read`] makes of it is as late already: time never goes back, whichever process is slower.
fn write(db: &Connection, real: Millis, service: Millis, speed: f64) -> rusqlite::Result<()> {
    let is_known = |db: &Connection| Ok::<_, rusqlite::Error>(read(db, real)?.is_some_and(|known| known >= service));
    // Mostly the row need not be written, and then nobody waits for the lock.
    if is_known(db)? {
        return Ok(());
    }
    let transaction = Transaction::new_unchecked(db, TransactionBehavior::Immediate)?;
    if !is_known(&transaction)? {
        transaction
            .prepare_cached("INSERT OR REPLACE INTO anchor(one, real, service, speed) VALUES (1, ?1, ?2, ?3)")?
            .execute(params![real, service, speed])?;
    }
    transaction.commit()
}

/// Service milliseconds that passed in `gap` real ones.
fn elapsed(gap: Millis, speed: f64) -> Millis {
    let gap = gap.max(0);
    let at_work = gap.min(AT_WORK);
    ((at_work as f64 * speed).round() as Millis).saturating_add(gap - at_work)
}

impl Anchor {
    /// Writes the row if it must be.
    pub fn refresh(&self, db: &Connection, clock: &Clock) -> rusqlite::Result<()> {
        let now = [millis(OffsetDateTime::now_utc()), millis(clock.now())];
        let passed = |index: usize| now[index] - self.looked[index].load(Ordering::Relaxed) >= REFRESH[index];
        if !passed(0) && !passed(1) {
            return Ok(());
        }
        write(db, now[0], now[1], clock.speed())?;
        for (looked, now) in self.looked.iter().zip(now) {
            looked.store(now, Ordering::Relaxed);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_runs_fast_only_while_a_process_is_at_work() {
        assert_eq!(elapsed(1_000, 60.0), 60_000);
        assert_eq!(elapsed(3_605_000, 60.0), 300_000 + 3_600_000);
        assert_eq!(elapsed(-5, 60.0), 0);
    }

    #[test]
    fn time_never_goes_back_whichever_of_two_processes_is_faster() {
        for (first, second) in [(2_000.0, 200.0), (200.0, 2_000.0)] {
            let db = Connection::open_in_memory().expect("a database");
            db.execute_batch(crate::state::schema::SCHEMA).expect("the schema");
            let mut known = 0;
            // Both begin at 0; each looks at the row every 100 real milliseconds, and dies after 700.
            for real in (0..2_000).step_by(50) {
                if real < 700 {
                    let speed: f64 = if real % 100 == 0 { first } else { second };
                    let service = (real as f64 * speed) as Millis;
                    write(&db, real, service, speed).expect("written");
                    assert!(read(&db, real).expect("read") >= Some(service), "{speed} at {real}");
                }
                let now = read(&db, real).expect("read").expect("used");
                assert!(now >= known, "{now} after {known}");
                known = now;
            }
        }
    }
}
