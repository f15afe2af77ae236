//! An entry of `[[placement]]`, and what the check is called.

use super::super::quota_pools::PLACEMENT_ID;
use super::super::subscription_cache::SubscriptionCache;
use crate::lab::placement::Placement;

/// The check's id.
pub(crate) const ID: &str = PLACEMENT_ID;
/// What helps where no place of the file does.
pub(super) const ANOTHER: &str = "add another location or subscription to [[placement]]";
/// The code where labs do not fit.
pub(crate) const CODE: &str = "PlacementFull";

/// An entry of `[[placement]]` whose subscription is known.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// Its subscription.
    pub(crate) cache: SubscriptionCache,
    /// What it says.
    pub(crate) placement: Placement,
    /// Where the file says it: `azlab.toml:12`.
    pub(crate) origin: String,
}

impl Entry {
    /// The subscription's id.
    pub(super) fn subscription(&self) -> &str {
        self.cache.azure.subscription()
    }
}
