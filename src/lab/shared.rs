//! The OpenAI account that the labs of a place share: whether a lab uses it, and what it should be.
//!
//! It is in a resource group of its own, which its name and a tag ([`tags::SHARED`]) tell from those of labs. A tag of a lab's
//! group ([`tags::OPENAI`]) says that the lab uses it; the account is as large as the labs that do are many.

use sha2::{Digest, Sha256};

use super::defaults::DEFAULT_CAPACITY;
use super::names;
use super::spec::{AccountSpec, Housed, LabSpec, ModelSpec};
use super::tags::{self, Tags};

/// What its group's name begins with.
const GROUP_PREFIX: &str = "azlab-openai";
/// What stands for it where a lab's name is asked for; no lab can be called so.
pub(crate) const SHARED_LAB: &str = "(shared)";
/// The value of [`tags::SHARED`].
const OPENAI: &str = "openai";

/// Whether the group with these tags is that of a shared account.
pub(crate) fn is_shared_group(tags: &Tags) -> bool {
    tags.is_ours() && tags.get(tags::SHARED).is_some()
}

/// The group of the account that the labs of `workshop` at `location` share: the same for the same two. Six digits of the
/// workshop's name tell workshops apart whose names are the same in letters that a group takes.
fn group_of(workshop: &str, location: &str) -> String {
    let digits: String = Sha256::digest(workshop.as_bytes()).iter().take(3).map(|byte| format!("{byte:02x}")).collect();
    let called = names::lab_called(workshop).map_or_else(String::new, |name| format!("-{name}"));
    format!("{GROUP_PREFIX}{called}-{location}-{digits}")
}

/// What stands for a shared account that is in `group`, which has, or had, these tags.
pub(crate) fn standing_for(subscription: &str, group: &str, tags: &Tags) -> LabSpec {
    let mut lab = LabSpec::workshop(SHARED_LAB, subscription);
    group.clone_into(&mut lab.group);
    lab.tags = [tags::WORKSHOP, tags::SHARED].into_iter().filter_map(|name| Some((name, tags.get(name)?))).collect();
    lab
}

impl LabSpec {
    /// Takes over from the tags of its group, if that is ours, whose account it uses: what was made stays as it was made.
    pub(crate) fn settle_account(&mut self, group: &Tags) {
        if group.is_ours() {
            let shared = group.get(tags::OPENAI).filter(|name| !name.is_empty());
            self.account.housed = Some(shared.map_or(Housed::Own, |name| Housed::In(name.to_owned())));
        }
    }

    /// Whether it is what stands for an account that labs share: it has no cluster.
    pub(crate) fn is_shared(&self) -> bool {
        self.name == SHARED_LAB
    }

    /// Whether it uses an account that it shares with others.
    pub(crate) fn is_sharing(&self) -> bool {
        match &self.account.housed {
            Some(housed) => matches!(housed, Housed::In(_)),
            None => self.account.shared == Some(true),
        }
    }

    /// The group of the account that it shares with others, if it does; it is at `location`.
    pub(crate) fn shared_group(&self, location: &str) -> Option<String> {
        let workshop = self.tags.get(tags::WORKSHOP).unwrap_or_default();
        let derived = || group_of(workshop, &names::location(location).unwrap_or_else(|_| location.to_owned()));
        match &self.account.housed {
            Some(Housed::In(group)) => Some(group.clone()),
            Some(Housed::Own) => None,
            None => (self.account.shared == Some(true)).then(derived),
        }
    }

    /// The group that its account is in.
    pub(crate) fn account_group(&self, location: &str) -> String {
        self.shared_group(location).unwrap_or_else(|| self.group.clone())
    }

    /// What one lab takes of the account that it shares: its deployments, each with the capacity for one lab.
    pub(crate) fn share(&self) -> LabSpec {
        let mut lab = self.clone();
        for deployment in &mut lab.deployments {
            deployment.model.capacity = Some(self.share_of(&deployment.model));
        }
        lab
    }

    /// The capacity of a shared deployment for one lab.
    pub(crate) fn share_of(&self, model: &ModelSpec) -> u32 {
        self.account.per_lab.or(model.capacity).unwrap_or(DEFAULT_CAPACITY)
    }

    /// What has the account of a lab at `location`: itself, or what stands for the account that it shares. Of the latter only
    /// the group, the account and its deployments mean anything; how much capacity they have is not said.
    pub(crate) fn host(&self, location: &str) -> Self {
        let Some(group) = self.shared_group(location) else { return self.clone() };
        let mut tags = self.account.common_tags.clone();
        for name in [tags::WORKSHOP, tags::VERSION] {
            if let Some(value) = self.tags.get(name) {
                tags.set(name, value);
            }
        }
        tags.set(tags::SHARED, OPENAI);
        let mut deployments = self.deployments.clone();
        deployments.iter_mut().for_each(|one| one.model.capacity = None);
        Self {
            name: SHARED_LAB.to_owned(),
            group,
            location: Some(location.to_owned()),
            account: AccountSpec { name: None, soft_deleted: self.account.soft_deleted, ..AccountSpec::default() },
            deployments,
            attendee: None,
            access: None,
            tags,
            default_owner: self.default_owner.clone(),
            default_ttl: None,
            keeps_expiry: false,
            still_called: None,
            ..self.clone()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lab(workshop: &str) -> LabSpec {
        let mut lab = LabSpec::workshop("ada", "s");
        lab.tags.set(tags::WORKSHOP, workshop);
        lab.account.shared = Some(true);
        lab
    }

    #[test]
    fn the_group_of_a_shared_account_is_another_for_another_workshop_and_location() {
        let group = |workshop: &str, location: &str| lab(workshop).shared_group(location).expect("shared");
        assert_eq!(group("ai", "westeurope"), group("ai", "westeurope"));
        let all =
            [("ai", "westeurope"), ("ai", "eastus"), ("a-i", "westeurope"), ("AI", "westeurope"), ("愛", "eastus")];
        let mut names: Vec<String> =
            all.iter().map(|(workshop, location)| group(workshop, location).to_lowercase()).collect();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), all.len(), "{names:?}");
        let long = group(&"wörkshop ".repeat(28), "germanywestcentral");
        assert_eq!(names::group(&long), Ok(()), "{long}");
        assert!(names::lab(SHARED_LAB).is_err(), "no lab is called so");
    }

    #[test]
    fn a_lab_that_exists_keeps_the_account_that_it_was_made_with_whatever_the_file_says_now() {
        let group = |more: &[(&'static str, &'static str)]| {
            let tags = [(tags::WORKSHOP, "ai"), (tags::LAB, "ada")].into_iter().chain(more.iter().copied());
            tags.collect::<Tags>()
        };
        let settled = |shared: Option<bool>, tags: &Tags| {
            let mut lab = lab("ai");
            lab.account.shared = shared;
            lab.settle_account(tags);
            lab.shared_group("westeurope")
        };
        let shares = group(&[(tags::OPENAI, "rg-shared")]);
        for said in [None, Some(false), Some(true)] {
            assert_eq!(settled(said, &shares).as_deref(), Some("rg-shared"), "{said:?}");
            assert_eq!(settled(said, &group(&[])), None, "{said:?}");
        }
        assert!(settled(Some(true), &Tags::default()).is_some(), "nothing is there yet");
        assert_eq!(settled(None, &Tags::default()), None);
    }
}
