//! The service's clock: the only source of "now" and of waiting.
//!
//! On real Azure a second is a second. In the sandbox a second of the service can be a sixtieth of a real one
//! (`--sandbox-speed 60`). Everything that waits or measures takes its durations in *service* seconds from here, so the
//! same code runs at any speed, and, because it stands on tokio's clock, under paused time in tests.
//!
//! A machine that sleeps (a closed laptop, a paused virtual machine, a stopped process) wakes with a gap in its time. A limit
//! counts the time in which the program could act: [`Stopwatch`] and [`Clock::timeout`] leave gaps out.

mod gaps;

use std::future::Future;
use std::time::Duration;

use time::OffsetDateTime;
use tokio::time::Instant;

/// Asks a person, which holds up the thread: no stopwatch and no timeout counts the time until the answer.
pub fn asking<T>(question: impl FnOnce() -> T) -> T {
    gaps::asking(question)
}

/// Waits for something that is no part of the service, such as a process of this machine that starts: no stopwatch and no
/// timeout of this thread counts the time until it is there.
pub async fn outside<F: Future>(work: F) -> F::Output {
    gaps::outside(work).await
}

/// A clock that runs `speed` service seconds for each real (or tokio-paused) second.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    service_start: OffsetDateTime,
    start: Instant,
    speed: f64,
}

/// The time given to [`Clock::timeout`] went by before the work was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("timed out")]
pub struct Elapsed;

/// The longest time that can be asked for: dates that follow from it can be written.
const LONGEST: Duration = Duration::from_secs(10 * 366 * 24 * 3600);

/// Reads `90s`, `45m`, `2h 30m`; above zero, and at most ten years.
///
/// # Errors
/// What is expected.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    match humantime::parse_duration(text) {
        Ok(duration) if duration.is_zero() => Err("a time above zero".into()),
        Ok(duration) if duration > LONGEST => Err("a time of at most ten years".into()),
        Ok(duration) => Ok(duration),
        Err(_) => match text.trim() {
            number if !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()) => {
                Err(format!("a time with its unit, such as {number}h, {number}m or {number}s"))
            }
            _ => Err("a time such as 90s, 45m or 2h".into()),
        },
    }
}

/// Measures the time in which the program could act: the time gone by, less the gaps in which the machine slept.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch {
    clock: Clock,
    began: Instant,
    slept: Duration,
}

impl Stopwatch {
    /// Service time since the start, without the gaps.
    pub fn elapsed(&self) -> Duration {
        let slept = gaps::slept().saturating_sub(self.slept);
        self.began.elapsed().saturating_sub(slept).mul_f64(self.clock.speed)
    }
}

impl Clock {
    /// Wall-clock time, one second a second.
    pub fn real() -> Self {
        Self::scaled(OffsetDateTime::now_utc(), 1.0)
    }

    /// A clock that reads `now` at this moment and runs at `speed` service seconds a real second.
    ///
    /// `speed` must be finite and above zero; anything else is taken as 1.
    pub fn scaled(now: OffsetDateTime, speed: f64) -> Self {
        let speed = if speed.is_finite() && speed > 0.0 { speed } else { 1.0 };
        Self { service_start: now, start: Instant::now(), speed }
    }

    /// Service seconds for each real second.
    pub fn speed(&self) -> f64 {
        self.speed
    }

    /// The time on the service's clock. Never goes back, and stays at the last moment that can be written.
    pub fn now(&self) -> OffsetDateTime {
        let passed = Duration::try_from_secs_f64(self.start.elapsed().as_secs_f64() * self.speed);
        let passed = passed.ok().and_then(|passed| passed.try_into().ok());
        self.service_start.saturating_add(passed.unwrap_or(time::Duration::MAX))
    }

    /// Service time since `then`; zero if `then` lies ahead.
    pub fn since(&self, then: OffsetDateTime) -> Duration {
        Duration::try_from(self.now() - then).unwrap_or(Duration::ZERO)
    }

    /// Waits for `duration` on the service's clock. Time in which the machine slept counts: whoever waits for a moment has
    /// waited long enough.
    pub async fn sleep(&self, duration: Duration) {
        if !duration.is_zero() {
            gaps::sleep(self.to_real(duration)).await;
        }
    }

    /// Runs `work`, for at most `limit` on the service's clock. Time in which the machine slept does not count.
    ///
    /// # Errors
    /// [`Elapsed`] when the limit passed first; the work is dropped.
    pub async fn timeout<F: Future>(&self, limit: Duration, work: F) -> Result<F::Output, Elapsed> {
        gaps::timeout(self.to_real(limit), work).await.ok_or(Elapsed)
    }

    /// Starts to measure the time in which the program could act.
    pub fn stopwatch(&self) -> Stopwatch {
        Stopwatch { clock: *self, began: Instant::now(), slept: gaps::slept() }
    }

    /// For how long this thread has waited for people's answers so far, in service time.
    pub fn asked(&self) -> Duration {
        gaps::asked().mul_f64(self.speed)
    }

    /// How long `duration` of the service takes in real time.
    pub fn to_real(&self, duration: Duration) -> Duration {
        Duration::try_from_secs_f64(duration.as_secs_f64() / self.speed).unwrap_or(Duration::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn sleeps_in_service_time() {
        let clock = Clock::scaled(OffsetDateTime::UNIX_EPOCH, 60.0);
        let real = Instant::now();
        clock.sleep(Duration::from_secs(600)).await;
        assert_eq!(real.elapsed(), Duration::from_secs(10));
        assert_eq!(clock.since(OffsetDateTime::UNIX_EPOCH), Duration::from_secs(600));
    }

    #[tokio::test(start_paused = true)]
    async fn a_clock_that_runs_out_of_dates_stands_still() {
        let last = time::PrimitiveDateTime::MAX.assume_utc();
        for clock in [Clock::scaled(last, 1.0), Clock::scaled(OffsetDateTime::UNIX_EPOCH, f64::MAX)] {
            clock.sleep(Duration::from_secs(1)).await;
            tokio::time::sleep(Duration::from_secs(1)).await;
            assert_eq!(clock.now(), last);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn timeout_is_on_the_service_clock() {
        let clock = Clock::scaled(OffsetDateTime::UNIX_EPOCH, 60.0);
        let work = clock.sleep(Duration::from_secs(61));
        assert_eq!(clock.timeout(Duration::from_secs(60), work).await, Err(Elapsed));
    }
}
