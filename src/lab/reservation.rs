//! A swap's reservation of a spare: a tag of the spare's group, `azlab-swap-RUN` = `ada since 2026-04-20T08:00:00Z`. It keeps other swaps
//! away for as long as the swap takes, and no longer.

use std::time::Duration;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::ids::same;
use super::tags::{self, Tags};

/// How old a reservation may be: a swap writes its tags within seconds, and reserves again before it does if that took longer.
pub(crate) const GOOD_FOR: Duration = Duration::from_secs(120);
/// After how long it is written again.
pub(crate) const RENEWED_AFTER: Duration = Duration::from_secs(60);

/// What stands between the lab and the moment.
const SINCE: &str = " since ";

/// The name of the tag of the run `run`, which holds few other characters than letters ([`crate::values::Writer::in_tag_name`]).
pub(crate) fn tag_name(run: &str) -> String {
    format!("{}{run}", tags::SWAP)
}

/// Its value, where the run gives a spare to `lab` at `now`.
pub(crate) fn tag_value(lab: &str, now: OffsetDateTime) -> String {
    format!("{lab}{SINCE}{}", tags::moment_text(now).unwrap_or_default())
}

/// A reservation as it is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reservation {
    /// The swap's run.
    pub(crate) run: String,
    /// The lab that is to get the spare.
    pub(crate) lab: String,
    /// How long ago it was written, by clocks that may differ.
    pub(crate) age: Duration,
}

/// The reservations that `found` has at `now` and that still mean something.
pub(crate) fn reservations(found: &Tags, now: OffsetDateTime) -> Vec<Reservation> {
    let reserved = found.iter().filter_map(|(name, value)| {
        let run = name.get(tags::SWAP.len()..).filter(|_| tags::is_of_swap(name))?;
        let (lab, moment) = value.split_once(SINCE)?;
        let age = (now - OffsetDateTime::parse(moment, &Rfc3339).ok()?).unsigned_abs();
        (age <= GOOD_FOR).then(|| Reservation { run: run.to_owned(), lab: lab.to_owned(), age })
    });
    reserved.collect()
}

/// Whether a swap of `lab` has reserved what has these tags: another one of the same lab goes on with that.
pub(crate) fn is_for(found: &Tags, lab: &str, now: OffsetDateTime) -> bool {
    reservations(found, now).iter().any(|one| same(&one.lab, lab))
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn a_reservation_counts_for_two_minutes() {
        let now = datetime!(2026-11-29 12:00 UTC);
        let (name, value) = (tag_name("m1-7"), tag_value("ada", now));
        assert_eq!((name.as_str(), value.as_str()), ("azlab-swap-m1-7", "ada since 2026-11-29T12:00:00Z"));
        let tags = Tags::from_iter([
            (name.as_str(), value.as_str()),
            ("AZLAB-SWAP-m2-7", "ben since 2026-11-29T11:59:00Z"),
            ("azlab-swap-m3-7", "cleo since 2026-11-29T11:57:00Z"),
            ("azlab-swap-m4-7", "dov since soon"),
            ("azlab-swap-m5-7", "2026-11-29T12:00:00Z"),
            ("azlab-lab", "spare-1"),
        ]);
        let mut labs: Vec<String> = reservations(&tags, now).into_iter().map(|one| one.lab).collect();
        labs.sort();
        assert_eq!(labs, ["ada", "ben"]);
        assert!(is_for(&tags, "Ada", now) && !is_for(&tags, "cleo", now));
    }
}
