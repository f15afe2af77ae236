//! Which labs of a subscription have expired, by the tags on groups and on soft-deleted accounts.

use std::collections::BTreeSet;

use time::OffsetDateTime;

use super::soft_deleted_account::SoftDeletedAccount;
use crate::azure::client::Azure;
use crate::azure::error::Error as AzureError;
use crate::azure::groups::ResourceGroup;
use crate::lab::filter::Filter;
use crate::lab::shared::is_shared_group;
use crate::lab::spec::LabSpec;
use crate::lab::tags::{self, Expiry, Tags};

/// What was found.
#[derive(Clone, Debug, Default)]
pub(crate) struct Expired {
    /// The labs that have expired, by their groups' names.
    pub(crate) labs: Vec<LabSpec>,
    /// The labs whose expiry is no time, each with what it is.
    pub(crate) unreadable: Vec<(LabSpec, String)>,
}

impl Expired {
    /// With those of another subscription.
    pub(crate) fn with(mut self, other: Self) -> Self {
        self.labs.extend(other.labs);
        self.unreadable.extend(other.unreadable);
        self
    }
}

/// The labs that had expired at `now`: groups with our tag, and soft-deleted accounts with our tag whose group is gone. A
/// soft-deleted account of a group that exists is never judged by its own tag: the group's counts.
///
/// # Errors
/// What cannot be read.
pub(crate) async fn expired(azure: &Azure, filter: &Filter, now: OffsetDateTime) -> Result<Expired, AzureError> {
    let mut found = Expired::default();
    let mut seen = BTreeSet::new();
    for group in azure.groups_tagged(tags::WORKSHOP).await? {
        let Some(name) = group.name.clone() else { continue };
        let tags = Tags::read(group.tags.as_ref());
        // AKS gives a cluster's tags to the group of its nodes, which goes with the cluster.
        // What labs share goes with the last of them.
        if group.managed_by.is_some() || is_shared_group(&tags) || !filter.takes(&tags) {
            continue;
        }
        match tags.expiry() {
            Expiry::Unreadable(text) => found.unreadable.push((lab(azure, &name, &tags, Some(&group)), text)),
            expiry if expiry.has_come(now) && seen.insert(name.to_lowercase()) => {
                found.labs.push(lab(azure, &name, &tags, Some(&group)));
            }
            _ => {}
        }
    }
    for deleted_account in azure.deleted_accounts().await?.iter().filter_map(SoftDeletedAccount::read) {
        let is_labs = !is_shared_group(&deleted_account.tags) && filter.takes(&deleted_account.tags);
        let has_expired = is_labs && deleted_account.tags.expiry().has_come(now);
        if has_expired
            && !seen.contains(&deleted_account.group.to_lowercase())
            && azure.group(&deleted_account.group).await?.is_none()
        {
            seen.insert(deleted_account.group.to_lowercase());
            found.labs.push(lab(azure, &deleted_account.group, &deleted_account.tags, None));
        }
    }
    found.labs.sort_by(|one, other| one.group.cmp(&other.group));
    Ok(found)
}

/// A lab as its tags tell it.
fn lab(azure: &Azure, group: &str, tags: &Tags, found: Option<&ResourceGroup>) -> LabSpec {
    let mut lab =
        LabSpec::workshop(tags.get(tags::LAB).unwrap_or_else(|| LabSpec::name_by_group(group)), azure.subscription());
    group.clone_into(&mut lab.group);
    lab.location = found.map(|group| group.location.clone());
    lab
}
