//! A time as people say it: `17:00`, `tomorrow 18:00`, `2026-12-01`, or RFC 3339 with its offset.

use std::str::FromStr;

use time::format_description::well_known::Rfc3339;
use time::macros::format_description;
use time::{Date, OffsetDateTime, PrimitiveDateTime, Time, UtcOffset};

use super::Zone;

/// A time that somebody named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeSpec {
    /// With its offset: the same everywhere.
    At(OffsetDateTime),
    /// By the clock on the wall. Without a time of day it is the end of the day.
    Local {
        /// The day.
        day: Day,
        /// The time of day.
        time: Option<Time>,
    },
}

/// A day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Day {
    /// The day on which it is said.
    Today,
    /// The day after.
    Tomorrow,
    /// A date.
    On(Date),
}

/// A text is not a time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "it must be a time such as 17:00, 'tomorrow 18:00', 2026-12-01, '2026-12-01 17:00' or 2026-12-01T17:00:00Z; a day alone \
     means its end"
)]
pub struct NotATime;

impl TimeSpec {
    /// When that is, said at `now` in `zone`; `None` beyond what a clock can show.
    pub(crate) fn resolve(self, now: OffsetDateTime, zone: &Zone) -> Option<OffsetDateTime> {
        let (day, time) = match self {
            Self::At(at) => return Some(at),
            Self::Local { day, time } => (day, time),
        };
        let today = || Some(zone.local(now)?.0.date());
        let day = match day {
            Day::Today => today()?,
            Day::Tomorrow => today()?.next_day()?,
            Day::On(date) => date,
        };
        let local = match time {
            Some(time) => PrimitiveDateTime::new(day, time),
            None => PrimitiveDateTime::new(day.next_day()?, Time::MIDNIGHT),
        };
        zone.moment(local)
    }
}

impl FromStr for TimeSpec {
    type Err = NotATime;

    fn from_str(text: &str) -> Result<Self, NotATime> {
        let text = text.trim();
        if let Ok(at) = OffsetDateTime::parse(text, &Rfc3339) {
            return Ok(Self::At(at));
        }
        // A date and a time may have a T between them, which also begins a word.
        let parts = text.split_once(' ').or_else(|| text.split_once('T').filter(|(date, _)| !date.is_empty()));
        let (day, time) = parts.map_or((text, None), |(day, time)| (day, Some(time.trim_start())));
        let time = time.map(time_of_day).transpose()?;
        let day = match day.to_ascii_lowercase().as_str() {
            "today" => Day::Today,
            "tomorrow" => Day::Tomorrow,
            _ if time.is_none() && day.contains(':') => {
                return Ok(Self::Local { day: Day::Today, time: Some(time_of_day(day)?) });
            }
            _ => Day::On(Date::parse(day, format_description!("[year]-[month]-[day]")).map_err(|_| NotATime)?),
        };
        Ok(Self::Local { day, time })
    }
}

/// `17:00`, `9:30`, `17:00:30`.
fn time_of_day(text: &str) -> Result<Time, NotATime> {
    let parsed = Time::parse(text, format_description!("[hour padding:none]:[minute]"))
        .or_else(|_| Time::parse(text, format_description!("[hour padding:none]:[minute]:[second]")));
    parsed.map_err(|_| NotATime)
}

/// A moment by the clock on the wall and in UTC: `2026-12-01 18:00 CET (2026-12-01T17:00:00Z)`.
pub(crate) fn both_clocks(at: OffsetDateTime, zone: &Zone) -> String {
    let utc = at.to_offset(UtcOffset::UTC);
    let utc = utc.replace_nanosecond(0).unwrap_or(utc).format(&Rfc3339).unwrap_or_else(|_| utc.to_string());
    local_clock(at, zone).map_or(utc.clone(), |local| format!("{local} ({utc})"))
}

/// A moment by the clock of `zone`: `2026-12-01 18:00 CET`; `None` outside the years that a clock can show.
pub(crate) fn local_clock(at: OffsetDateTime, zone: &Zone) -> Option<String> {
    let (local, name) = zone.local(at)?;
    let form = format_description!("[year]-[month]-[day] [hour]:[minute]");
    Some(format!("{} {name}", local.format(form).ok()?))
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    /// The rule of middle Europe.
    fn berlin() -> Zone {
        Zone::posix("CET-1CEST,M3.5.0,M10.5.0/3")
    }

    #[track_caller]
    fn at(text: &str, now: OffsetDateTime, zone: &Zone) -> OffsetDateTime {
        let moment: TimeSpec = text.parse().unwrap_or_else(|error| panic!("{text}: {error}"));
        moment.resolve(now, zone).unwrap_or_else(|| panic!("{text} is never"))
    }

    #[test]
    fn times_are_taken_by_the_clock_on_the_wall() {
        // It is the first of December there already.
        let now = datetime!(2026-11-30 23:30 UTC);
        for (text, want) in [
            ("17:00", datetime!(2026-12-01 16:00 UTC)),
            ("9:30", datetime!(2026-12-01 08:30 UTC)),
            (" today 17:00:30 ", datetime!(2026-12-01 16:00:30 UTC)),
            ("Tomorrow 18:00", datetime!(2026-12-02 17:00 UTC)),
            ("tomorrow", datetime!(2026-12-02 23:00 UTC)),
            ("2026-12-01", datetime!(2026-12-01 23:00 UTC)),
            ("2026-12-01 17:00", datetime!(2026-12-01 16:00 UTC)),
            ("2026-12-01T17:00", datetime!(2026-12-01 16:00 UTC)),
            ("2026-07-01 17:00", datetime!(2026-07-01 15:00 UTC)),
            ("2026-12-01T17:00:00Z", datetime!(2026-12-01 17:00 UTC)),
            ("2026-12-01T17:00:00+05:30", datetime!(2026-12-01 11:30 UTC)),
        ] {
            assert_eq!(at(text, now, &berlin()), want, "{text}");
        }
        assert_eq!(at("17:00", now, &Zone::default()), datetime!(2026-11-30 17:00 UTC));
    }

    #[test]
    fn a_time_that_comes_twice_or_never_is_never_too_early() {
        let now = datetime!(2026-01-01 0:00 UTC);
        assert_eq!(at("2026-10-25 02:30", now, &berlin()), datetime!(2026-10-25 01:30 UTC), "the second time");
        assert_eq!(at("2026-03-29 02:30", now, &berlin()), datetime!(2026-03-29 01:30 UTC), "it is 03:30 then");
    }

    #[test]
    fn what_is_not_a_time_is_refused() {
        for text in
            ["", "17", "25:00", "17:60", "yesterday", "friday 17:00", "2026-13-01", "2026-12-01 25:00", "17:00 x"]
        {
            assert_eq!(text.parse::<TimeSpec>(), Err(NotATime), "{text}");
        }
        let far: TimeSpec = "9999-12-31".parse().expect("a day");
        assert_eq!(far.resolve(datetime!(2026-01-01 0:00 UTC), &berlin()), None);
    }

    #[test]
    fn a_moment_is_shown_by_both_clocks() {
        let shown = both_clocks(datetime!(2026-12-01 17:00:00.5 UTC), &berlin());
        assert_eq!(shown, "2026-12-01 18:00 CET (2026-12-01T17:00:00Z)");
        assert_eq!(
            both_clocks(datetime!(2026-07-01 17:00 UTC), &berlin()),
            "2026-07-01 19:00 CEST (2026-07-01T17:00:00Z)"
        );
    }

    proptest::proptest! {
        #[test]
        fn no_text_breaks_it(text in "[0-9TZ:tomrwday +-]{0,24}") {
            if let Ok(moment) = text.parse::<TimeSpec>() {
                let _ = moment.resolve(datetime!(9999-12-31 23:59 UTC), &berlin());
            }
        }
    }
}
