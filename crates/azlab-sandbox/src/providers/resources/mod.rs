//! Microsoft.Resources: subscriptions, resource groups, providers, lists of resources, tags.

pub(crate) mod group_delete;
pub(crate) mod groups;
pub(crate) mod listing;
pub(crate) mod providers;
pub(crate) mod subscriptions;
pub(crate) mod tags;
