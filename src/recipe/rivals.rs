//! Other swaps of the same lab, with other spares: what the groups of all subscriptions in which its labs are say of them.

use futures::future::join_all;
use time::OffsetDateTime;

use super::group;
use crate::azure::client::Azure;
use crate::azure::error::Error as AzureError;
use crate::lab::claims::Claim;
use crate::lab::ids::same;
use crate::lab::reservation::reservations;
use crate::lab::spec::LabSpec;
use crate::lab::tags::{self, Tags};

/// The group of a spare, for the swap of a lab.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spare<'a> {
    /// The lab that is to get it, in its group.
    pub(crate) lab: &'a LabSpec,
    /// The spare's name.
    pub(crate) name: &'a str,
    /// The group that the lab has, or would have, before.
    pub(crate) old: &'a str,
}

/// A group, and all its tags.
pub(crate) type Tagged = (Claim, Tags);

/// Another swap of a lab.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rival {
    /// The group that it gives.
    pub(crate) group: String,
    /// Its spare.
    pub(crate) spare: String,
    /// How far it has come.
    pub(crate) stage: Stage,
}

/// How far a swap has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stage {
    /// The spare is reserved.
    Reserved,
    /// The spare's group is the lab.
    Given,
    /// The group that the lab had is the spare.
    Done,
}

impl Rival {
    /// Whether it goes before the swap of the same lab that gives the spare `name`: by the name of its own.
    pub(crate) fn is_before(&self, name: &str) -> bool {
        self.spare.to_lowercase() < name.to_lowercase()
    }
}

/// The groups that are labs, as their tags say now: one list for each subscription. Of one that may not be read, none.
///
/// # Errors
/// What is no refusal.
pub(crate) async fn groups(subscriptions: &[Azure]) -> Result<Vec<Tagged>, AzureError> {
    let lists = join_all(subscriptions.iter().map(|azure| azure.groups_tagged(tags::WORKSHOP))).await;
    let mut all = Vec::new();
    for (azure, list) in subscriptions.iter().zip(lists) {
        let found = match list {
            Ok(found) => found,
            Err(error) if error.service().is_some_and(|refusal| refusal.status.is_client_error()) => continue,
            Err(error) => return Err(error),
        };
        let staying = found.iter().filter(|one| !group::is_going(one));
        let says = |one| Some((group::which_lab(azure.subscription(), one)?, Tags::read(one.tags.as_ref())));
        all.extend(staying.filter_map(says));
    }
    Ok(all)
}

/// The swaps of the lab that `spare` is for, with other spares, by what `groups` say at `now`. There are none once the group that it had
/// is this spare.
pub(crate) fn of(spare: &Spare<'_>, groups: &[Tagged], now: OffsetDateTime) -> Vec<Rival> {
    let lab = spare.lab;
    let is_own = |one: &Claim| same(&one.group, &lab.group) && same(&one.subscription, &lab.subscription);
    let old = groups.iter().map(|(one, _)| one).find(|one| same(&one.group, spare.old) && !is_own(one));
    let old_is = old.map(|old| old.lab.as_str());
    if old_is.is_some_and(|name| same(name, spare.name)) {
        return Vec::new();
    }
    // Else the group that she has is still hers.
    let has_left = old_is.is_none_or(|name| !same(name, &lab.name));
    let rival = |(one, has): &Tagged| {
        if is_own(one) || same(&one.group, spare.old) {
            return None;
        }
        let rival = |spare: &str, stage| Rival { group: one.group.clone(), spare: spare.to_owned(), stage };
        if !same(&one.lab, &lab.name) {
            let is_reserved = reservations(has, now).iter().any(|reserved| same(&reserved.lab, &lab.name));
            return is_reserved.then(|| rival(&one.lab, Stage::Reserved));
        }
        match &one.replaces {
            Some(its) if same(&its.group, spare.old) => {
                let is_done = old_is.is_some_and(|name| same(name, &its.spare));
                Some(rival(&its.spare, if is_done { Stage::Done } else { Stage::Given }))
            }
            Some(_) => None,
            // Another workshop may have a lab of that name.
            None => (has_left && has.get(tags::WORKSHOP) == lab.tags.get(tags::WORKSHOP))
                .then(|| rival(old_is.unwrap_or(&one.group), Stage::Done)),
        }
    };
    groups.iter().filter_map(rival).collect()
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-11-30 12:00 UTC);

    /// What a group with these tags says, beside those that every lab's has.
    fn group(name: &str, lab: &str, rest: &[(&str, &str)]) -> Tagged {
        let own = [(tags::WORKSHOP, tags::DEFAULT_WORKSHOP), (tags::LAB, lab)];
        let tags = Tags::from_iter(own.iter().chain(rest).copied());
        (Claim::new(("s", name, "westeurope"), &tags, name), tags)
    }

    /// The rivals of a swap of ada with spare-2.
    fn rivals(groups: &[Tagged]) -> Vec<(String, Stage)> {
        let lab = LabSpec { group: "rg-spare-2".to_owned(), ..LabSpec::workshop("ada", "s") };
        let spare = Spare { lab: &lab, name: "spare-2", old: "rg-ada" };
        of(&spare, groups, NOW).into_iter().map(|one| (one.spare, one.stage)).collect()
    }

    fn spare_1(stage: Stage) -> Vec<(String, Stage)> {
        vec![("spare-1".to_owned(), stage)]
    }

    #[test]
    fn another_swap_of_the_lab_is_known_by_what_it_has_reserved_or_given() {
        let old = group("rg-ada", "ada", &[]);
        let own = group("rg-spare-2", "spare-2", &[("azlab-swap-m-1", "ada since 2026-11-30T12:00:00Z")]);
        assert!(rivals(&[old.clone(), own.clone()]).is_empty());
        for (value, expected) in [
            ("Ada since 2026-11-30T11:59:00Z", spare_1(Stage::Reserved)),
            ("ada since 2026-11-30T11:50:00Z", Vec::new()),
            ("ben since 2026-11-30T12:00:00Z", Vec::new()),
        ] {
            let other = group("rg-spare-1", "spare-1", &[("azlab-swap-m-2", value)]);
            assert_eq!(rivals(&[old.clone(), own.clone(), other]), expected, "{value}");
        }
        let given = group("rg-spare-1", "ada", &[(tags::REPLACES, "rg-ada as spare-1")]);
        assert_eq!(rivals(&[old, own.clone(), given.clone()]), spare_1(Stage::Given));
        assert_eq!(rivals(&[own.clone(), given.clone()]), spare_1(Stage::Given), "she had no group before");
        let left = group("rg-ada", "spare-1", &[]);
        assert_eq!(rivals(&[left.clone(), own.clone(), given]), spare_1(Stage::Done));
        let finished = group("rg-spare-1", "ada", &[]);
        assert_eq!(rivals(&[left, own.clone(), finished.clone()]), spare_1(Stage::Done));
        assert_eq!(rivals(&[own, finished]), [("rg-spare-1".to_owned(), Stage::Done)], "she had no group before");
    }

    #[test]
    fn a_swap_that_has_her_old_group_has_no_rivals_any_more() {
        let old = group("rg-ada", "spare-2", &[]);
        let own = group("rg-spare-2", "ada", &[(tags::REPLACES, "rg-ada as spare-2")]);
        let given = group("rg-spare-1", "ada", &[(tags::REPLACES, "rg-ada as spare-1")]);
        assert!(rivals(&[old, own, given]).is_empty());
    }

    #[test]
    fn a_lab_of_that_name_in_another_workshop_is_no_rival() {
        let (old, own) = (group("rg-ada", "ada", &[]), group("rg-spare-2", "spare-2", &[]));
        let theirs = group("rg-theirs", "ada", &[]);
        assert!(rivals(&[old, own.clone(), theirs.clone()]).is_empty(), "hers is where it was");
        let (claim, mut tags) = theirs;
        tags.set(tags::WORKSHOP, "another");
        assert!(rivals(&[own, (claim, tags)]).is_empty());
    }
}
