//! Whose turn it is to be read by itself, for what looks again and again: a class's deployments and federated credentials have no
//! list, and the checks of `verify` read more. So as not to take the reads from a run elsewhere, each look reads some labs by
//! themselves, the oldest first.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use time::OffsetDateTime;

use crate::azure::client::Azure;

/// Reads a second that single labs take: a fifth of what Azure gives back (azure-facts.md: 25 a second for a subscription).
const READS_A_SECOND: f64 = 5.0;
/// Reads of a lab by itself: its deployment, its federated credential, and the deployments for `verify`.
const READS_A_LAB: f64 = 3.0;
/// As many labs as are read by themselves in a look at most: in a sandbox whose time runs fast, this machine is the limit.
const MOST: usize = 60;
/// What is not ready changes soon: its last reading counts as so many times as old.
const UNREADY: i32 = 4;

/// What is known of a lab by its resource group, in lower case.
#[derive(Clone, Copy, Debug)]
struct Read {
    at: OffsetDateTime,
    is_ready: bool,
    is_checked: bool,
}

/// Whose turn it is.
#[derive(Debug)]
pub(super) struct Turns {
    labs: HashMap<String, Read>,
    a_look: usize,
}

impl Turns {
    /// With looks that are `interval` of the service's time apart.
    pub(super) fn new(interval: Duration) -> Self {
        // At most some millions.
        let a_look = (interval.as_secs_f64() * READS_A_SECOND / READS_A_LAB).floor() as usize;
        Self { labs: HashMap::new(), a_look: a_look.clamp(1, MOST) }
    }

    /// With one look, which has time: it is everybody's turn.
    pub(super) fn once() -> Self {
        Self { labs: HashMap::new(), a_look: usize::MAX }
    }

    /// Begins to look at the labs in `groups`, all of them in lower case, at `now`: in this look what has no list is read again of
    /// those whose turn it is, which it gives, and of what labs share. A lab by itself is read by itself.
    pub(super) fn begin(&self, azure: &Azure, groups: &[String], now: OffsetDateTime) -> HashSet<String> {
        let turn = self.next(groups.iter().map(String::as_str), now);
        if groups.len() > 1 {
            let own: HashSet<&str> = groups.iter().map(String::as_str).collect();
            azure.read_again(|group| turn.contains(group) || !own.contains(group));
        } else {
            azure.look_at_each();
        }
        turn
    }

    /// The groups whose turn it is at `now`, of all `groups` in lower case.
    fn next<'a>(&self, groups: impl Iterator<Item = &'a str>, now: OffsetDateTime) -> HashSet<String> {
        let age = |group: &str| match self.labs.get(group) {
            None => time::Duration::MAX,
            Some(one) if one.is_ready && !one.is_checked => time::Duration::MAX,
            Some(one) if one.is_ready => now - one.at,
            Some(one) => (now - one.at).saturating_mul(UNREADY),
        };
        let mut by_age: Vec<(time::Duration, &str)> = groups.map(|group| (age(group), group)).collect();
        // Stable: who came first goes first.
        by_age.sort_by_key(|(age, _)| std::cmp::Reverse(*age));
        by_age.into_iter().take(self.a_look).map(|(_, group)| group.to_owned()).collect()
    }

    /// A lab was looked at; `is_turn` if it was read by itself.
    pub(super) fn looked(&mut self, group: &str, is_turn: bool, is_ready: bool, is_checked: bool, now: OffsetDateTime) {
        let before = self.labs.get(group).map(|before| before.at);
        let at = before.filter(|_| !is_turn).unwrap_or(now);
        self.labs.insert(group.to_owned(), Read { at, is_ready, is_checked });
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    const START: OffsetDateTime = datetime!(2026-04-20 08:00 UTC);

    #[test]
    fn every_lab_has_its_turn_and_what_is_not_ready_more_often() {
        let groups: Vec<String> = (0..300).map(|number| format!("rg-{number}")).collect();
        let mut turns = Turns::new(Duration::from_secs(10));
        let mut count = HashMap::<String, usize>::new();
        for look in 0..100 {
            let now = START + time::Duration::seconds(10 * look);
            let turn = turns.next(groups.iter().map(String::as_str), now);
            assert_eq!(turn.len(), 16, "50 reads in 10 s are 16 labs");
            for group in &groups {
                let (is_turn, is_ready) = (turn.contains(group), !group.ends_with("00"));
                let is_checked = is_ready && (is_turn || count.contains_key(group));
                turns.looked(group, is_turn, is_ready, is_checked, now);
                *count.entry(group.clone()).or_default() += usize::from(is_turn);
            }
        }
        let least = groups.iter().map(|group| count[group]).min().unwrap();
        assert!(least >= 3, "{least} turns in 1,000 s");
        assert!(count["rg-100"] >= 3 * least, "{} beside {least}", count["rg-100"]);
    }

    #[test]
    fn a_lab_that_became_ready_is_checked_next() {
        let mut turns = Turns::new(Duration::from_secs(1));
        for group in ["a", "b", "c"] {
            turns.looked(group, true, true, group != "c", START);
        }
        assert_eq!(turns.next(["a", "b", "c"].into_iter(), START), HashSet::from(["c".to_owned()]));
    }
}
