//! Where the service's time stands, shared by the processes that use one state.
//!
//! A row pairs a real time with a service time. Each process refreshes it as it serves requests; the next one to open the
//! state goes on from there. While some process is at work time runs at its speed; between runs it passes as outside.

use std::sync::atomic::{AtomicI64, Ordering};

use rusqlite::{Connection, OptionalExtension, params};
use time::OffsetDateTime;

use super::moment::{Millis, millis, time_of};
use crate::clock::Clock;

/// Real milliseconds after which a request refreshes the row.
const REFRESH: Millis = 200;
/// A row older than this many real milliseconds belongs to a process that is no longer at work: between its requests a
/// client waits at most some seconds of real time.
const AT_WORK: Millis = 5_000;

/// When this process last wrote the row.
pub(super) struct Anchor {
    written: AtomicI64,
}

/// Reads where time stands (the wall's time on first use) and starts a clock from there.
pub(super) fn start(db: &Connection, speed: f64) -> rusqlite::Result<(Clock, Anchor)> {
    let real = millis(OffsetDateTime::now_utc());
    let row: Option<(Millis, Millis, f64)> = db
        .query_row("SELECT real, service, speed FROM anchor", [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    let service = row.map_or(real, |(then, service, speed)| service + elapsed(real - then, speed));
    let anchor = Anchor { written: AtomicI64::new(0) };
    let clock = Clock::scaled(time_of(service), speed);
    anchor.refresh(db, &clock)?;
    Ok((clock, anchor))
}

/// Service milliseconds that passed in `gap` real ones.
fn elapsed(gap: Millis, speed: f64) -> Millis {
    let gap = gap.max(0);
    let at_work = gap.min(AT_WORK);
    (at_work as f64 * speed).round() as Millis + (gap - at_work)
}

impl Anchor {
    /// Writes the row if it has aged. It never goes back: a slower process leaves a faster one's time alone.
    pub fn refresh(&self, db: &Connection, clock: &Clock) -> rusqlite::Result<()> {
        let real = millis(OffsetDateTime::now_utc());
        if real - self.written.load(Ordering::Relaxed) < REFRESH {
            return Ok(());
        }
        db.prepare_cached(
            "INSERT INTO anchor(one, real, service, speed) VALUES (1, ?1, ?2, ?3)
             ON CONFLICT(one) DO UPDATE SET real = excluded.real, service = excluded.service, speed = excluded.speed
             WHERE excluded.service > service",
        )?
        .execute(params![real, millis(clock.now()), clock.speed()])?;
        self.written.store(real, Ordering::Relaxed);
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
}
