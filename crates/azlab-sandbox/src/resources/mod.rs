//! Microsoft.Resources: subscriptions, resource groups, providers, lists of resources, tags.

pub(super) mod group_delete;
pub(super) mod groups;
pub(super) mod listing;
pub(super) mod providers;
pub(super) mod subscriptions;
pub(super) mod tags;
