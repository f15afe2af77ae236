//! The time zone in which people say times.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use time::{OffsetDateTime, PrimitiveDateTime};

/// A time zone with its changes of clocks; UTC by default.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Zone(TimeZone);

impl Default for Zone {
    fn default() -> Self {
        Self(TimeZone::UTC)
    }
}

impl Zone {
    /// What the variable `TZ` says, else the system's. Where neither says any, UTC.
    pub(crate) fn from_process() -> Self {
        Self(TimeZone::try_system().unwrap_or(TimeZone::UTC))
    }

    /// When a clock on the wall shows `local`; `None` outside the years that a clock can show. A time that it shows twice,
    /// when it is set back, is the later one; a time that it leaves out is as much later.
    pub(crate) fn moment(&self, local: PrimitiveDateTime) -> Option<OffsetDateTime> {
        let field = |value: u8| i8::try_from(value).ok();
        let local = jiff::civil::DateTime::new(
            i16::try_from(local.year()).ok()?,
            field(local.month().into())?,
            field(local.day())?,
            field(local.hour())?,
            field(local.minute())?,
            field(local.second())?,
            0,
        );
        let at = self.0.to_ambiguous_timestamp(local.ok()?).later().ok()?;
        OffsetDateTime::from_unix_timestamp(at.as_second()).ok()
    }

    /// What a clock on the wall shows at `moment`, and the zone's short name then: `CET`, `+05`; `None` outside the years
    /// that a clock can show.
    pub(crate) fn local(&self, moment: OffsetDateTime) -> Option<(PrimitiveDateTime, String)> {
        let at = Timestamp::from_second(moment.unix_timestamp()).ok()?;
        let info = self.0.to_offset_info(at);
        let offset = time::UtcOffset::from_whole_seconds(info.offset().seconds()).ok()?;
        let local = moment.checked_to_offset(offset)?;
        Some((PrimitiveDateTime::new(local.date(), local.time()), info.abbreviation().to_owned()))
    }
}

#[cfg(test)]
impl Zone {
    /// A zone as `TZ` may write it: `CET-1CEST,M3.5.0,M10.5.0/3`.
    pub(super) fn posix(rule: &str) -> Self {
        Self(TimeZone::posix(rule).expect("a rule"))
    }
}
