//! Points in time as the store keeps them: milliseconds since the epoch, on the sandbox's calendar.

use time::OffsetDateTime;

/// Milliseconds since the epoch, on the sandbox's calendar.
pub(crate) type Millis = i64;

/// The stored form of `time`.
pub(crate) fn millis(time: OffsetDateTime) -> Millis {
    i64::try_from(time.unix_timestamp_nanos() / 1_000_000).unwrap_or(i64::MAX)
}

/// `at` plus `seconds` of the calendar: how long something is kept. What takes time is for [`super::pace::Pace`].
pub(crate) fn plus(at: Millis, seconds: f64) -> Millis {
    at.saturating_add((seconds * 1000.0).round() as Millis)
}

/// The time of `at`.
pub(crate) fn time_of(at: Millis) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(at) * 1_000_000).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

/// As the services write timestamps: seven decimals, UTC (`2026-04-21T09:47:06.3647068Z`).
pub(crate) fn stamp(at: Millis) -> String {
    let time = time_of(at);
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}0000Z",
        time.year(),
        u8::from(time.month()),
        time.day(),
        time.hour(),
        time.minute(),
        time.second(),
        time.millisecond()
    )
}

/// Whether `text` has the form `YYYY-MM-DD`.
pub(crate) fn is_date(text: &str) -> bool {
    let fits = |(at, byte): (usize, u8)| if at == 4 || at == 7 { byte == b'-' } else { byte.is_ascii_digit() };
    text.len() == 10 && text.bytes().enumerate().all(fits)
}
