//! What stands for the labs in Azure: resource groups with azlab's tags, read from the sandbox's state alone.

use std::collections::BTreeMap;

use azlab_sandbox::{Inventory, InventoryItem};
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::oracle::is_in;
use crate::oracle::lab::Lab;
use crate::plan::Second;

/// The role that attendees have: Contributor.
pub const ROLE: &str = "b24988ac-6180-42a0-ab88-20f7382dd24c";

/// A resource group that is a lab.
#[derive(Clone, Debug)]
pub struct Body {
    /// Its subscription.
    pub subscription: String,
    /// Its name.
    pub group: String,
    /// Its id, in lower case.
    pub id: String,
    /// When it was made.
    pub created: OffsetDateTime,
    /// Where it is.
    pub location: String,
    /// The lab that its tag names.
    pub lab: String,
    tags: Value,
    /// Whether it is being deleted.
    pub is_going: bool,
    /// Clusters, accounts and identities that are complete: id and creation.
    pub parts: BTreeMap<String, OffsetDateTime>,
    /// Whether its cluster is complete.
    pub has_cluster: bool,
    /// Role assignments right at the group: id, principal and role.
    pub access: BTreeMap<String, (String, String)>,
}

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// The role assignments right at a scope.
fn access_at(scope: &str, inventory: &Inventory) -> BTreeMap<String, (String, String)> {
    let is_here = |item: &&InventoryItem| {
        item.resource_type.ends_with("/roleassignments")
            && text(&item.body, "/properties/scope").eq_ignore_ascii_case(scope)
    };
    let given = |item: &InventoryItem| {
        let role = text(&item.body, "/properties/roleDefinitionId").rsplit('/').next().unwrap_or_default();
        (item.id.clone(), (text(&item.body, "/properties/principalId").to_owned(), role.to_owned()))
    };
    inventory.resources.iter().filter(is_here).map(given).collect()
}

impl Body {
    fn of(item: &InventoryItem, inventory: &Inventory) -> Option<Self> {
        let is_group = item.resource_type.ends_with("/resourcegroups") && item.body.get("managedBy").is_none();
        let tags = item.body.get("tags").filter(|tags| is_group && !text(tags, "/azlab-workshop").is_empty())?;
        let (subscription, group) = (item.id.split('/').nth(2)?.to_owned(), item.id.split('/').nth(4)?.to_owned());
        const KINDS: [&str; 3] = ["/managedclusters", "/accounts", "/userassignedidentities"];
        let parts: Vec<&InventoryItem> = inventory
            .resources
            .iter()
            .filter(|one| is_in(&subscription, &group, &one.id) && one.state == "Succeeded")
            .filter(|one| KINDS.iter().any(|kind| one.resource_type.ends_with(kind)))
            .collect();
        Some(Self {
            id: item.id.to_ascii_lowercase(),
            created: item.created,
            location: item.location.clone(),
            lab: text(tags, "/azlab-lab").to_owned(),
            tags: tags.clone(),
            is_going: item.state == "Deleting",
            has_cluster: parts.iter().any(|one| one.resource_type.ends_with("/managedclusters")),
            parts: parts.iter().map(|one| (one.id.clone(), one.created)).collect(),
            access: access_at(&item.id, inventory),
            subscription,
            group,
        })
    }

    /// A tag of its group; empty if it has none.
    pub fn tag(&self, name: &str) -> &str {
        text(&self.tags, &format!("/{name}"))
    }

    /// Whether it is the same one as `other`, made at the same time.
    pub fn is(&self, other: &Self) -> bool {
        self.id == other.id && self.created == other.created
    }

    /// Until when it lives, if that is limited.
    pub fn expires(&self) -> Option<OffsetDateTime> {
        OffsetDateTime::parse(self.tag("azlab-expires"), &Rfc3339).ok()
    }

    /// Whether azlab has paused it.
    pub fn is_paused(&self) -> bool {
        !self.tag("azlab-paused").is_empty()
    }

    /// Whether a swap of another lab than `lab` has reserved it within the last two minutes.
    pub fn is_reserved(&self, lab: &str, now: OffsetDateTime) -> bool {
        let tags = self.tags.as_object().into_iter().flatten();
        let reserved = tags.filter(|(name, _)| name.starts_with("azlab-swap-"));
        let reserved = reserved.filter_map(|(_, value)| value.as_str()?.split_once(" since "));
        let others = reserved.filter(|(other, _)| *other != lab);
        let mut at = others.filter_map(|(_, since)| OffsetDateTime::parse(since, &Rfc3339).ok());
        at.any(|at| (now - at).unsigned_abs().as_secs() <= 121)
    }

    /// The group that it replaces by a swap that is not finished, and the spare that that group becomes.
    pub fn replaces(&self) -> Option<(&str, &str)> {
        self.tag("azlab-replaces").split_once(" as ")
    }

    /// What keeps it from being ready, but for access.
    pub fn short_of_ready(&self, inventory: &Inventory) -> Vec<String> {
        let lab = Lab::in_group(&self.lab, &self.subscription, &self.group, inventory);
        let mut short = lab.short_of_ready(Second::Unwanted);
        let account = lab.only("accounts").map(|account| text(&account.body, "/tags/azlab-lab").to_owned());
        if account.is_ok_and(|tagged| tagged != self.lab) {
            short.push("the account has the tag of another lab".to_owned());
        }
        if lab.credentials() > 1 {
            short.push(format!("{} credentials", lab.credentials()));
        }
        short
    }
}

/// The lab that a body counts as: the one that its tag names, but for a group that another one replaces by a swap that is not
/// finished: that is the spare.
pub fn settled<'a>(body: &'a Body, all: &'a [Body]) -> &'a str {
    let replacing = all.iter().filter(|one| one.lab == body.lab && !one.is(body)).find_map(Body::replaces);
    replacing.filter(|(group, _)| group.eq_ignore_ascii_case(&body.group)).map_or(&body.lab, |(_, spare)| spare)
}

/// All of them, but for those whose ids are in `foreign`.
pub fn read(inventory: &Inventory, foreign: &BTreeMap<String, String>) -> Vec<Body> {
    let ours = inventory.resources.iter().filter(|item| !foreign.contains_key(&item.id));
    ours.filter_map(|item| Body::of(item, inventory)).collect()
}
