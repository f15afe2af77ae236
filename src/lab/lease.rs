//! A lab's lease: the tag that says which run is at work on the lab, so that a second one knows of it. It locks nobody out.
//!
//! Its value is one line for people: `provision by ada@laptop since 2026-04-20T08:00:00Z renewed 2026-04-20T08:10:00Z
//! process 8c1f02d4a6b0/4711`.

use std::fmt;
use std::time::Duration;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::tags::{self, Tags};
use crate::values::Writer;

/// How long a lease is good for after it was taken or renewed: more than three times a fresh lab (345 s).
pub const GOOD_FOR: Duration = Duration::from_secs(20 * 60);
/// After how long a run renews its lease: one lost renewal is no loss.
pub const RENEWED_AFTER: Duration = Duration::from_secs(GOOD_FOR.as_secs() / 2);

/// Which run is at work on a lab.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// The subcommand.
    pub command: String,
    /// Whose run it is: `ada@laptop`.
    pub by: String,
    /// When it began to write.
    pub since: OffsetDateTime,
    /// When it was last known to be at work.
    pub renewed: OffsetDateTime,
    machine: String,
    process: u32,
}

impl Lease {
    /// The lease of the run `writer` of `command`, taken at `now`.
    pub(crate) fn new(writer: &Writer, command: &str, now: OffsetDateTime) -> Self {
        // The tag has whole seconds.
        let now = now.to_offset(time::UtcOffset::UTC).replace_nanosecond(0).unwrap_or(now);
        Self {
            command: command.to_owned(),
            by: writer.by().to_owned(),
            since: now,
            renewed: now,
            machine: writer.machine().to_owned(),
            process: writer.process(),
        }
    }

    /// The same, still at work at `now`.
    #[must_use]
    pub(crate) fn renewed_at(&self, now: OffsetDateTime) -> Self {
        let now = now.to_offset(time::UtcOffset::UTC).replace_nanosecond(0).unwrap_or(now);
        Self { renewed: now, ..self.clone() }
    }

    /// What the tag of `tags` says; `None` if there is none, or it is not a lease.
    pub(crate) fn read(tags: &Tags) -> Option<Self> {
        let words: Vec<&str> = tags.get(tags::LEASE)?.split_whitespace().collect();
        let [command, "by", by, "since", since, "renewed", renewed, "process", process] = words[..] else {
            return None;
        };
        let moment = |text| OffsetDateTime::parse(text, &Rfc3339).ok();
        let (machine, process) = process.rsplit_once('/')?;
        Some(Self {
            command: command.to_owned(),
            by: by.to_owned(),
            since: moment(since)?,
            renewed: moment(renewed)?,
            machine: machine.to_owned(),
            process: process.parse().ok()?,
        })
    }

    /// The lease that another run than `writer` holds by `tags` at `now`: one that is not stale.
    pub(crate) fn of_another(tags: &Tags, writer: &Writer, now: OffsetDateTime) -> Option<Self> {
        Self::read(tags).filter(|lease| !writer.is(&lease.machine, lease.process) && !lease.is_stale(writer, now))
    }

    /// Whether nobody is at work by it any more, as far as `writer` can tell at `now`. One from the future is a clock's
    /// mistake, and no reason to wait until then.
    pub(crate) fn is_stale(&self, writer: &Writer, now: OffsetDateTime) -> bool {
        (now - self.renewed).unsigned_abs() >= GOOD_FOR || writer.knows_to_be_gone(&self.machine, self.process)
    }
}

/// The tag's value.
impl fmt::Display for Lease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { command, by, machine, process, .. } = self;
        let [since, renewed] = [self.since, self.renewed].map(|at| tags::moment_text(at).unwrap_or_default());
        write!(f, "{command} by {by} since {since} renewed {renewed} process {machine}/{process}")
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-04-20 08:00:00.5 UTC);

    fn writer(machine: &str, process: u32) -> Writer {
        // Process 7 has ended.
        Writer::new("ada@laptop", machine, process, |process| process != 7)
    }

    fn tagged(lease: &Lease) -> Tags {
        Tags::from_iter([("AZLAB-lease", lease.to_string())])
    }

    #[test]
    fn a_lease_is_one_readable_value_that_fits_into_a_tag() {
        let lease = Lease::new(&writer("m1", 4711), "provision", NOW).renewed_at(NOW + time::Duration::minutes(10));
        assert_eq!(
            lease.to_string(),
            "provision by ada@laptop since 2026-04-20T08:00:00Z renewed 2026-04-20T08:10:00Z process m1/4711"
        );
        assert_eq!(Lease::read(&tagged(&lease)), Some(lease));
        let long = Writer::new(&"x".repeat(999), &"y".repeat(999), u32::MAX, |_| true);
        assert!(Lease::new(&long, "deploy-model", NOW).to_string().chars().count() <= 256);
    }

    #[test]
    fn what_is_not_a_lease_holds_nobody_up() {
        for text in
            ["", "mine", "provision by a since b renewed c process d/e", "provision by a since 2026-04-20T08:00:00Z"]
        {
            assert_eq!(Lease::read(&Tags::from_iter([(tags::LEASE, text)])), None, "{text}");
        }
    }

    #[test]
    fn a_lease_counts_until_it_is_old_or_its_process_has_ended() {
        let [soon, late] = [GOOD_FOR.as_secs() - 2, GOOD_FOR.as_secs() + 1].map(|s| NOW + Duration::from_secs(s));
        let of = |lease: &Lease, reader: &Writer, now| Lease::of_another(&tagged(lease), reader, now).is_some();
        let lease = Lease::new(&writer("m1", 4711), "provision", NOW);
        assert!(of(&lease, &writer("m2", 4711), soon) && of(&lease, &writer("m1", 1), soon));
        assert!(!of(&lease, &writer("m1", 4711), soon), "its own");
        assert!(!of(&lease, &writer("m2", 1), late), "not renewed");
        assert!(of(&lease.renewed_at(soon), &writer("m2", 1), late), "renewed");
        assert!(!of(&lease, &writer("m2", 1), NOW - GOOD_FOR - Duration::from_secs(1)), "from the future");
        let killed = Lease::new(&writer("m1", 7), "provision", NOW);
        assert!(!of(&killed, &writer("m1", 1), soon), "killed on this machine");
        assert!(of(&killed, &writer("m2", 1), soon), "nobody else knows");
    }
}
