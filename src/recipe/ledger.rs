//! What a run has done to a lab so far, and what is under way; read at the end, on failure and on Ctrl-C.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::lab::kind::ResourceKind;
use crate::outcome::Change;

/// Shared by the branches of one lab's recipe.
#[derive(Clone, Debug, Default)]
pub struct Ledger(Arc<Mutex<Entries>>);

#[derive(Debug, Default)]
struct Entries {
    changes: Vec<Change>,
    under_way: BTreeMap<(ResourceKind, String), String>,
}

impl Ledger {
    fn entries(&self) -> MutexGuard<'_, Entries> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A resource is as it should be.
    pub fn finished(&self, name: &str, change: Change) {
        let mut entries = self.entries();
        entries.under_way.remove(&(change.resource, name.to_owned()));
        entries.changes.push(change);
    }

    /// The service has begun to work on a resource, in its own words.
    pub fn under_way(&self, kind: ResourceKind, name: &str, status: &str) {
        self.entries().under_way.insert((kind, name.to_owned()), status.to_owned());
    }

    /// The service is not at work on a resource, although it was told or asked to be: it refused, or failed.
    pub fn at_rest(&self, kind: ResourceKind, name: &str) {
        self.entries().under_way.remove(&(kind, name.to_owned()));
    }

    /// What was done, in the order of [`ResourceKind::ALL`].
    pub fn changes(&self) -> Vec<Change> {
        let mut changes = self.entries().changes.clone();
        changes.sort_by_key(|change| change.resource);
        changes
    }

    /// What the service goes on with: `cluster myAKSCluster: ProvisioningControlPlane`.
    pub fn continuing(&self) -> Vec<String> {
        let entries = self.entries();
        entries.under_way.iter().map(|((kind, name), status)| format!("{kind} {name}: {status}")).collect()
    }
}
