//! What every step of a lab's recipe needs: Azure, the clock, where to tell, and the locks of parents.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OwnedMutexGuard;

use super::error::Error;
use super::leasing::Leasing;
use super::ledger::Ledger;
use crate::azure::client::Azure;
use crate::events::Events;
use crate::lab::spec::LabSpec;
use crate::values::ErrorReport;
use azlab_clock::Clock;

/// One writer per parent: Azure refuses, or worse, mixes up two writes below one account or identity at a time
/// (azure-facts.md sections 3 and 4). Shared by all labs of a run.
#[derive(Clone, Debug, Default)]
pub struct ParentLocks(Arc<Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>>);

impl ParentLocks {
    /// Waits until nobody else of this run writes below `parent` (an ARM id).
    pub async fn lock(&self, parent: &str) -> OwnedMutexGuard<()> {
        let lock = {
            let mut locks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(locks.entry(parent.to_ascii_lowercase()).or_default())
        };
        lock.lock_owned().await
    }
}

/// What every step needs. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Context {
    /// The subscription.
    pub azure: Azure,
    /// Where this lab's events go.
    pub events: Events,
    /// What has been done.
    pub ledger: Ledger,
    /// One writer per parent.
    pub parents: ParentLocks,
    /// This run's side of the lab's lease, if it takes one.
    pub leasing: Option<Leasing>,
    /// How an error is told in an event: what to do about errors is known above the recipe.
    pub describe: Describe,
}

/// An error as people and scripts see it.
pub(crate) type Describe = fn(&Error) -> ErrorReport;

impl Context {
    /// A context for one lab of a run.
    pub fn new(azure: Azure, events: &Events, parents: ParentLocks, lab: &LabSpec, describe: Describe) -> Self {
        Self { azure, events: events.for_lab(&lab.name), ledger: Ledger::default(), parents, leasing: None, describe }
    }

    /// With this run's side of the lab's lease.
    #[must_use]
    pub(crate) fn with_leasing(self, leasing: Option<Leasing>) -> Self {
        Self { leasing, ..self }
    }

    /// The service's clock.
    pub fn clock(&self) -> Clock {
        self.azure.arm().clock()
    }
}
