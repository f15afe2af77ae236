//! A cache for each subscription that a run works in.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::subscription_cache::SubscriptionCache;
use crate::azure::client::Azure;
use crate::azure::error::Error;

/// A [`SubscriptionCache`] for each subscription, made when it is first asked for.
#[derive(Clone, Debug)]
pub(crate) struct SubscriptionCaches {
    azure: Azure,
    caches: Arc<Mutex<HashMap<String, SubscriptionCache>>>,
}

impl SubscriptionCaches {
    /// Nothing is read yet. `azure` is any of the subscriptions.
    pub(crate) fn new(azure: Azure) -> Self {
        Self { azure, caches: Arc::default() }
    }

    /// That of a subscription. `who` is the object id of who is signed in, if known.
    pub(crate) fn of(&self, subscription: &str, who: Option<&str>) -> SubscriptionCache {
        let mut caches = self.caches.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || SubscriptionCache::new(self.azure.in_subscription(subscription), who.map(str::to_owned));
        caches.entry(subscription.to_owned()).or_insert_with(new).clone()
    }

    /// A read of any subscription that brought no answer of the service.
    pub(crate) fn unanswered(&self) -> Option<Error> {
        let caches = self.caches.lock().unwrap_or_else(PoisonError::into_inner);
        caches.values().find_map(SubscriptionCache::unanswered)
    }
}
