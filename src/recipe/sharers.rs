//! Which labs use an OpenAI account that is shared, by the tags of their groups.

use super::group::is_going;
use crate::azure::client::Azure;
use crate::azure::error::Error as AzureError;
use crate::azure::groups::ResourceGroup;
use crate::lab::ids::same;
use crate::lab::tags::{self, Expiry, Tags};

/// A lab that uses a shared account.
#[derive(Clone, Debug)]
pub(crate) struct Sharer {
    /// Its resource group.
    pub(crate) group: String,
    /// The tags of that.
    pub(crate) tags: Tags,
}

/// The labs that use the account in the group `shared`; one whose group is being deleted does not.
///
/// # Errors
/// The groups cannot be listed.
pub(crate) async fn sharers(azure: &Azure, shared: &str) -> Result<Vec<Sharer>, AzureError> {
    Ok(of(&azure.groups_tagged(tags::OPENAI).await?, shared))
}

/// The same, from the groups of the subscription.
pub(crate) fn of(groups: &[ResourceGroup], shared: &str) -> Vec<Sharer> {
    let read = |group: &ResourceGroup| {
        let tags = Tags::read(group.tags.as_ref());
        let uses = tags.get(tags::OPENAI).is_some_and(|name| same(name, shared));
        // AKS gives a cluster's tags to the group of its nodes.
        let is_lab = tags.is_ours() && group.managed_by.is_none() && !is_going(group);
        Some(Sharer { group: group.name.clone().filter(|_| uses && is_lab)?, tags })
    };
    groups.iter().filter_map(read).collect()
}

/// The latest of the expiries of labs, as a tag; `None` if one of them never expires, or there is none.
pub(crate) fn latest_expiry<'a>(labs: impl Iterator<Item = &'a Tags>) -> Option<String> {
    let mut latest = None;
    for tags in labs {
        let Expiry::At(at) = tags.expiry() else { return None };
        latest = latest.max(Some(at));
    }
    tags::moment_text(latest?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shared_expires_with_the_last_lab_and_never_if_one_never_does() {
        let lab = |text: &str| Tags::from_iter([(tags::EXPIRES, text)]);
        let (early, late) = (lab("2026-04-20T08:00:00Z"), lab("2026-04-20T11:00:00+02:00"));
        assert_eq!(latest_expiry([&early, &late].into_iter()).as_deref(), Some("2026-04-20T09:00:00Z"));
        assert_eq!(latest_expiry([&early, &Tags::default()].into_iter()), None);
        assert_eq!(latest_expiry([&early, &lab("soon")].into_iter()), None);
        assert_eq!(latest_expiry(std::iter::empty()), None);
    }
}
