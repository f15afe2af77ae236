//! How the service's seconds lie on the calendar.
//!
//! What takes so long (operations, what shows late) is told in service seconds, and what is kept is moments. A moment follows
//! from a duration by the speed of whoever starts it: an operation ends when it was to end, whoever looks.

use azlab_clock::Clock;

use super::timestamps::{Millis, plus};

/// Service seconds in a second of the calendar.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace(f64);

impl Pace {
    /// That of a clock.
    pub fn of(clock: &Clock) -> Self {
        Self(clock.rate())
    }

    /// The moment `seconds` of service time after `at`.
    pub fn after(self, at: Millis, seconds: f64) -> Millis {
        plus(at, seconds / self.0)
    }

    /// The milliseconds of the calendar in so many of the service; at least one, unless there are none.
    pub fn span(self, service: Millis) -> Millis {
        (service as f64 / self.0).ceil() as Millis
    }

    /// What a date that is told in whole seconds may hide, in milliseconds: more than nothing only where seconds of the service
    /// are shorter.
    pub fn hidden(self) -> Millis {
        if self.0 > 1.0 { 999 } else { 0 }
    }

    /// The milliseconds of the service in so many of the calendar.
    pub fn served(self, span: Millis) -> Millis {
        (span as f64 * self.0).round() as Millis
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn durations_of_the_service_are_short_on_the_calendar() {
        let pace = Pace::of(&Clock::today(60.0));
        assert_eq!((pace.after(1000, 90.0), pace.span(90_000), pace.served(1500)), (2500, 1500, 90_000));
        assert_eq!((pace.hidden(), pace.span(0), pace.span(1)), (999, 0, 1), "what takes time takes time");
        let same = Pace::of(&Clock::scaled(time::OffsetDateTime::UNIX_EPOCH, 60.0));
        assert_eq!((same.after(1000, 90.0), same.span(90_000), same.served(1500)), (91_000, 90_000, 1500));
        assert_eq!(same.hidden(), 0);
    }
}
