//! Which resource group is which lab, by the tags that groups carry. A lab's own group is called after it until a swap: then
//! the lab's tag and the name of its group part ways.

use std::fmt;

use super::ids::same;
use super::tags::{self, Tags};

/// A group that says that it is a lab.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Claim {
    /// Its subscription's id.
    pub(crate) subscription: String,
    /// Its name.
    pub(crate) group: String,
    /// Where it is.
    pub(crate) location: String,
    /// The lab's name.
    pub(crate) lab: String,
    /// The lab that its tag still names, where a swap that is not finished has made it another.
    pub(crate) still_called: Option<String>,
    /// Whether a tag says so.
    pub(crate) is_tagged: bool,
    /// Whose it is.
    pub(crate) owner: Option<String>,
    /// The swap that has given it to the lab, and is not finished.
    pub(crate) replaces: Option<Replaces>,
}

/// What a swap that is not finished says in a tag of the group that it gives to a lab: `myResourceGroup-ada as spare-1`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Replaces {
    /// The group that the lab had, or would have had.
    pub(crate) group: String,
    /// The lab that that group becomes: the spare.
    pub(crate) spare: String,
}

impl Replaces {
    /// What the tag of `tags` says; `None` if there is none, or it is nothing that a swap writes.
    pub(crate) fn read(tags: &Tags) -> Option<Self> {
        let (group, spare) = tags.get(tags::REPLACES)?.split_once(" as ")?;
        Some(Self { group: group.to_owned(), spare: spare.to_owned() })
    }
}

/// The tag's value.
impl fmt::Display for Replaces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} as {}", self.group, self.spare)
    }
}

impl Claim {
    /// What a group with these tags says; `by_name` is the lab that its name tells, where no tag does.
    pub(crate) fn new((subscription, group, location): (&str, &str, &str), tags: &Tags, by_name: &str) -> Self {
        let tag = tags.get(tags::LAB);
        Self {
            subscription: subscription.to_owned(),
            group: group.to_owned(),
            location: location.to_owned(),
            lab: tag.unwrap_or(by_name).to_owned(),
            still_called: None,
            is_tagged: tag.is_some(),
            owner: tags.get(tags::OWNER).map(str::to_owned),
            replaces: Replaces::read(tags),
        }
    }
}

/// Settles who is which lab: of two groups that claim one, the one that replaces the other is it, and the other is the spare
/// whose swap is not finished.
pub(crate) fn settled(mut claims: Vec<Claim>) -> Vec<Claim> {
    let unfinished: Vec<(String, Replaces)> =
        claims.iter().filter_map(|one| Some((one.lab.clone(), one.replaces.clone()?))).collect();
    for (lab, replaces) in unfinished {
        let is_old =
            |one: &&mut Claim| same(&one.lab, &lab) && same(&one.group, &replaces.group) && one.replaces.is_none();
        for old in claims.iter_mut().filter(is_old) {
            old.still_called = Some(std::mem::replace(&mut old.lab, replaces.spare.clone()));
            old.owner = None;
        }
    }
    claims
}

/// The group that a lab of which nothing exists is made in: its `own`, unless a swap has made that another lab; then the one
/// that that lab does not need, and so on. `own_of` is the group that the file makes for a lab.
pub(crate) fn free_group(lab: &str, own: &str, claims: &[Claim], own_of: impl Fn(&str) -> String) -> String {
    let mut group = own.to_owned();
    for _ in 0..=claims.len() {
        let other = claims.iter().find(|one| one.is_tagged && same(&one.group, &group) && !same(&one.lab, lab));
        let Some(other) = other else { return group };
        group = own_of(&other.lab);
    }
    own.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claim(group: &str, lab: &str, replaces: Option<&str>) -> Claim {
        let mut tags = Tags::from_iter([(tags::LAB, lab), (tags::OWNER, "ada@contoso.com")]);
        if let Some(text) = replaces {
            tags.set(tags::REPLACES, text);
        }
        Claim::new(("s", group, "westeurope"), &tags, group)
    }

    #[test]
    fn of_two_groups_that_claim_a_lab_the_one_that_replaces_the_other_is_it() {
        let claims = settled(vec![
            claim("rg-ada", "ada", None),
            claim("rg-spare-1", "Ada", Some("RG-ada as spare-1")),
            claim("rg-other", "ada", None),
        ]);
        let labs: Vec<&str> = claims.iter().map(|one| one.lab.as_str()).collect();
        assert_eq!(labs, ["spare-1", "Ada", "ada"]);
        let called: Vec<Option<&str>> = claims.iter().map(|one| one.still_called.as_deref()).collect();
        assert_eq!(called, [Some("ada"), None, None], "what its tag says until the swap is finished");
        assert_eq!(claims[0].owner, None, "whoever looks for the attendee's lab by address finds the new one");
        assert_eq!(claims[1].replaces.as_ref().map(ToString::to_string).as_deref(), Some("RG-ada as spare-1"));
    }

    #[test]
    fn a_tag_that_no_swap_writes_replaces_nothing() {
        for text in ["", "rg-ada", "rg-ada for spare-1"] {
            assert_eq!(claim("rg", "ada", Some(text)).replaces, None, "{text}");
        }
    }

    #[test]
    fn a_lab_is_made_in_the_group_that_swaps_have_left_free() {
        let own = |lab: &str| format!("rg-{lab}");
        let free = |claims: &[Claim]| free_group("ada", "rg-ada", claims, own);
        assert_eq!(free(&[]), "rg-ada");
        assert_eq!(free(&[claim("rg-ada", "spare-1", None)]), "rg-spare-1");
        assert_eq!(free(&[claim("rg-ada", "spare-1", None), claim("rg-spare-1", "ben", None)]), "rg-ben");
        // Somebody else's, who has one of each: nothing is free, and the refusal says so.
        assert_eq!(free(&[claim("rg-ada", "spare-1", None), claim("rg-spare-1", "spare-1", None)]), "rg-ada");
    }
}
