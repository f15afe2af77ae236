//! What a run has done to a lab so far, and what is under way; read at the end, on failure and on Ctrl-C.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::azure::error::Error as AzureError;
use crate::azure::refusal::Refusal;
use crate::outcome::{Change, ModelSelection};
use crate::values::ResourceKind;

/// Shared by the branches of one lab's recipe.
#[derive(Clone, Debug, Default)]
pub struct Ledger(Arc<Mutex<Entries>>);

#[derive(Debug, Default)]
struct Entries {
    changes: Vec<Change>,
    selections: Vec<ModelSelection>,
    under_way: BTreeMap<(ResourceKind, String), UnderWay>,
    /// The refusals that are waited out, each with what is waited for.
    waited_out: BTreeMap<(ResourceKind, String), (String, Refusal)>,
}

/// How far a write has come.
#[derive(Debug)]
struct UnderWay {
    /// Whether the service said that it took the write, or showed that it works on it.
    taken: bool,
    /// In its own words.
    status: String,
    /// Whether somebody has been told so.
    told: bool,
}

impl Ledger {
    fn entries(&self) -> MutexGuard<'_, Entries> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A resource is as it should be.
    pub(crate) fn finished(&self, name: &str, change: Change) {
        let mut entries = self.entries();
        entries.under_way.remove(&(change.resource, name.to_owned()));
        entries.waited_out.remove(&(change.resource, name.to_owned()));
        entries.changes.push(change);
    }

    /// A request for a resource was refused, or not answered clearly, and is sent again: `reason` says what is waited for.
    /// Whoever's time is up meanwhile names it.
    pub(crate) fn waits_out(&self, kind: ResourceKind, name: &str, reason: &str, error: &AzureError) {
        let refusal = (reason.to_owned(), Refusal::of(error));
        self.entries().waited_out.insert((kind, name.to_owned()), refusal);
    }

    /// What was refused is taken.
    pub(crate) fn taken(&self, kind: ResourceKind, name: &str) {
        self.entries().waited_out.remove(&(kind, name.to_owned()));
    }

    /// What is waited for until it is no longer refused, and the first of the refusals as it came.
    pub(crate) fn waited_out(&self) -> Option<(String, Refusal)> {
        let entries = self.entries();
        let told = |((kind, name), (reason, refusal)): (&(ResourceKind, String), &(String, Refusal))| {
            format!("{reason}; the {kind} {name} was refused last with {}", refusal.said)
        };
        let all: Vec<String> = entries.waited_out.iter().map(told).collect();
        let (_, (_, first)) = entries.waited_out.first_key_value()?;
        Some((all.join("; "), first.clone()))
    }

    /// The service is asked to work on a resource; whether it does is not known before it answers.
    pub(crate) fn asked(&self, kind: ResourceKind, name: &str, status: &str) {
        self.put(kind, name, UnderWay { taken: false, status: status.to_owned(), told: false });
    }

    /// The service has begun to work on a resource, in its own words.
    pub(crate) fn under_way(&self, kind: ResourceKind, name: &str, status: &str) {
        self.put(kind, name, UnderWay { taken: true, status: status.to_owned(), told: false });
        self.taken(kind, name);
    }

    /// The service is at work on a resource, and says so; whether that is news. Who waits for a class of clusters hears the same of
    /// each every few seconds.
    #[must_use]
    pub(crate) fn is_news(&self, kind: ResourceKind, name: &str, status: &str) -> bool {
        let told = UnderWay { taken: true, status: status.to_owned(), told: true };
        let before = self.put(kind, name, told);
        before.is_none_or(|before| !before.told || before.status != status)
    }

    fn put(&self, kind: ResourceKind, name: &str, under_way: UnderWay) -> Option<UnderWay> {
        self.entries().under_way.insert((kind, name.to_owned()), under_way)
    }

    /// The service is not at work on a resource, although it was told or asked to be: it refused, or failed.
    pub(crate) fn at_rest(&self, kind: ResourceKind, name: &str) {
        self.entries().under_way.remove(&(kind, name.to_owned()));
    }

    /// azlab chose a model for a deployment of the lab; a later choice for the same one takes its place.
    pub(crate) fn selected(&self, selection: ModelSelection) {
        let mut entries = self.entries();
        entries.selections.retain(|one| one.deployment != selection.deployment);
        entries.selections.push(selection);
    }

    /// The models that azlab chose, in the order of the deployments.
    pub(crate) fn selections(&self) -> Vec<ModelSelection> {
        self.entries().selections.clone()
    }

    /// What was done, in the order of [`ResourceKind::ALL`].
    pub fn changes(&self) -> Vec<Change> {
        let mut changes = self.entries().changes.clone();
        changes.sort_by_key(|change| change.resource);
        changes
    }

    /// What the service goes on with: `cluster myAKSCluster: ProvisioningControlPlane`.
    pub fn continuing(&self) -> Vec<String> {
        self.list(true)
    }

    /// What the service was asked for without an answer: it may have refused it, or go on with it.
    pub fn unanswered(&self) -> Vec<String> {
        self.list(false)
    }

    fn list(&self, taken: bool) -> Vec<String> {
        let entries = self.entries();
        let listed = entries.under_way.iter().filter(|(_, under_way)| under_way.taken == taken);
        listed.map(|((kind, name), under_way)| format!("{kind} {name}: {}", under_way.status)).collect()
    }
}
