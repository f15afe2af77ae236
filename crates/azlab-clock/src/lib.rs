//! The service's clock: the only source of "now" and of waiting.
//!
//! A clock tells two things: the date, and durations in *service* seconds. On real Azure both pass alike. In the sandbox the
//! date is the machine's ([`Clock::today`]), and `speed` service seconds pass in each real one (`--sandbox-speed 60`). What
//! takes so long, or was measured, is a duration; a moment that is written down or compared with another is a date;
//! [`Clock::since`], [`Clock::after`] and [`Clock::until`] are the only ways from one to the other. So the same code runs at
//! any speed, and, because durations stand on tokio's clock, under paused time in tests.
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
    /// The date at the start.
    began: OffsetDateTime,
    start: Instant,
    speed: f64,
    calendar: Calendar,
}

/// How dates go on from the start.
#[derive(Clone, Copy, Debug)]
enum Calendar {
    /// As the service's seconds do.
    Service,
    /// As the machine's, which told this at the start.
    Machine(OffsetDateTime),
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

    /// A clock that reads `now` at this moment and runs at `speed` service seconds a real second, its dates too. For tests: it
    /// follows tokio's time alone.
    ///
    /// `speed` must be finite and above zero; anything else is taken as 1.
    pub fn scaled(now: OffsetDateTime, speed: f64) -> Self {
        let speed = if speed.is_finite() && speed > 0.0 { speed } else { 1.0 };
        Self { began: now, start: Instant::now(), speed, calendar: Calendar::Service }
    }

    /// A clock whose dates are the machine's, and whose durations pass at `speed` service seconds a real second.
    ///
    /// A machine that sleeps has the right date again when it wakes. One whose date is set back has the later one until the
    /// next clock is made.
    pub fn today(speed: f64) -> Self {
        let now = OffsetDateTime::now_utc();
        Self { calendar: Calendar::Machine(now), ..Self::scaled(now, speed) }
    }

    /// The same clock with dates that are later by `offset`.
    #[must_use]
    pub fn ahead(self, offset: time::Duration) -> Self {
        Self { began: self.began.saturating_add(offset), ..self }
    }

    /// Service seconds for each real second.
    pub fn speed(&self) -> f64 {
        self.speed
    }

    /// Service seconds between two dates that are a second apart.
    pub fn rate(&self) -> f64 {
        match self.calendar {
            Calendar::Service => 1.0,
            Calendar::Machine(_) => self.speed,
        }
    }

    /// By how much the date moves on in `duration` of real time.
    ///
    /// `None` where that is longer than can be told.
    pub fn calendar_time(&self, duration: Duration) -> Option<time::Duration> {
        time::Duration::checked_seconds_f64(duration.as_secs_f64() * self.speed / self.rate())
    }

    /// The date. Never goes back, and stays at the last moment that can be written.
    pub fn now(&self) -> OffsetDateTime {
        let passed = match self.calendar {
            Calendar::Service => {
                let passed = Duration::try_from_secs_f64(self.start.elapsed().as_secs_f64() * self.speed);
                passed.ok().and_then(|passed| passed.try_into().ok()).unwrap_or(time::Duration::MAX)
            }
            // tokio's time stands while a machine sleeps, and passes at once where a test pauses it.
            Calendar::Machine(then) => {
                let passed = time::Duration::try_from(self.start.elapsed()).unwrap_or(time::Duration::MAX);
                passed.max(OffsetDateTime::now_utc() - then)
            }
        };
        self.began.saturating_add(passed)
    }

    /// Service time since the date `then`; zero if `then` lies ahead.
    pub fn since(&self, then: OffsetDateTime) -> Duration {
        self.service_time(self.now() - then)
    }

    /// Service time until the date `then`; zero if it has passed.
    pub fn until(&self, then: OffsetDateTime) -> Duration {
        self.service_time(then - self.now())
    }

    /// Service time in a span of the calendar; zero for one that goes back.
    fn service_time(&self, span: time::Duration) -> Duration {
        let span = Duration::try_from(span).unwrap_or(Duration::ZERO);
        match self.calendar {
            Calendar::Service => span,
            Calendar::Machine(_) => {
                Duration::try_from_secs_f64(span.as_secs_f64() * self.speed).unwrap_or(Duration::MAX)
            }
        }
    }

    /// The date at which `duration` of service time has passed since the date `then`, or the last one that can be written.
    pub fn after(&self, then: OffsetDateTime, duration: Duration) -> OffsetDateTime {
        let span = match self.calendar {
            Calendar::Service => duration,
            Calendar::Machine(_) => self.to_real(duration),
        };
        then.saturating_add(span.try_into().unwrap_or(time::Duration::MAX))
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
    async fn a_clock_of_today_has_the_machines_date_and_short_durations() {
        let (before, clock) = (OffsetDateTime::now_utc(), Clock::today(60.0));
        let began = clock.now();
        let due = clock.after(began, Duration::from_secs(600));
        assert_eq!(due - began, time::Duration::seconds(10));
        clock.sleep(Duration::from_secs(600)).await;
        // Ten real seconds have passed, on the calendar too, and ten minutes of the service.
        let passed = clock.now() - before;
        assert!(passed >= time::Duration::seconds(9) && passed < time::Duration::seconds(12), "{passed}");
        let served = clock.since(began);
        assert!(served >= Duration::from_secs(599) && served < Duration::from_secs(720), "{served:?}");
        assert!(clock.until(due) < Duration::from_secs(1));
        let left = clock.until(clock.after(clock.now(), Duration::from_secs(90)));
        assert!(left <= Duration::from_secs(90) && left > Duration::from_secs(30), "{left:?}");
        let later = clock.ahead(time::Duration::hours(47)).now() - clock.now();
        assert!(later > time::Duration::hours(46) && later < time::Duration::hours(48), "{later}");
        assert_eq!(clock.calendar_time(Duration::from_secs(5)), Some(time::Duration::seconds(5)));
    }

    #[tokio::test(start_paused = true)]
    async fn dates_of_a_tests_clock_pass_as_the_services_seconds_do() {
        let clock = Clock::scaled(OffsetDateTime::UNIX_EPOCH, 60.0);
        let due = clock.after(clock.now(), Duration::from_secs(600));
        assert_eq!(clock.until(due), Duration::from_secs(600));
        tokio::time::advance(Duration::from_secs(10)).await;
        assert_eq!((clock.now(), clock.since(OffsetDateTime::UNIX_EPOCH)), (due, Duration::from_secs(600)));
        assert_eq!(clock.calendar_time(Duration::from_secs(5)), Some(time::Duration::seconds(300)));
    }

    #[tokio::test(start_paused = true)]
    async fn timeout_is_on_the_service_clock() {
        let clock = Clock::scaled(OffsetDateTime::UNIX_EPOCH, 60.0);
        let work = clock.sleep(Duration::from_secs(61));
        assert_eq!(clock.timeout(Duration::from_secs(60), work).await, Err(Elapsed));
    }
}
