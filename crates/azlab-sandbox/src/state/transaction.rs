//! One look at the state for the services beside Resource Manager (sign-in, Graph, issuers, the data plane, clusters): what [`crate::arm::call::Call`] is
//! to a request of Resource Manager.

use rusqlite::TransactionBehavior;

use super::pace::Pace;
use super::store::Store;
use super::timestamps::{Millis, millis};
use crate::sandbox::Sandbox;
use crate::scenario::active::Active;

/// The state within one transaction, at one moment.
pub(crate) struct Transaction<'a> {
    pub store: Store<'a>,
    pub active: &'a Active,
    pub now: Millis,
    pub pace: Pace,
}

/// Reads the state.
pub(crate) fn read<T, E: From<rusqlite::Error>>(
    sandbox: &Sandbox,
    work: impl FnOnce(&Transaction<'_>) -> Result<T, E>,
) -> Result<T, E> {
    run(sandbox, TransactionBehavior::Deferred, work)
}

/// Reads and writes the state; an error leaves it as it was.
pub(crate) fn write<T, E: From<rusqlite::Error>>(
    sandbox: &Sandbox,
    work: impl FnOnce(&Transaction<'_>) -> Result<T, E>,
) -> Result<T, E> {
    run(sandbox, TransactionBehavior::Immediate, work)
}

fn run<T, E: From<rusqlite::Error>>(
    sandbox: &Sandbox,
    behavior: TransactionBehavior,
    work: impl FnOnce(&Transaction<'_>) -> Result<T, E>,
) -> Result<T, E> {
    let mut db = sandbox.connection();
    let active = sandbox.active(&db)?;
    let transaction = db.transaction_with_behavior(behavior)?;
    // Once more: whoever waited for its turn may have waited for an upgrade.
    sandbox.check_schema(&transaction)?;
    let clock = sandbox.clock();
    let (now, pace) = (millis(clock.now()), Pace::of(&clock));
    let done = work(&Transaction { store: Store::new(&transaction, now), active: &active, now, pace })?;
    transaction.commit()?;
    Ok(done)
}
