//! One look at the state for the services beside Resource Manager (sign-in, Graph, issuers): what [`super::call::Call`] is
//! to a request of Resource Manager.

use rusqlite::TransactionBehavior;

use super::Sandbox;
use super::moment::{Millis, millis};
use super::settings::Settings;
use super::store::Store;

/// The state within one transaction, at one moment.
pub(super) struct Visit<'a> {
    pub store: Store<'a>,
    pub settings: &'a Settings,
    pub now: Millis,
}

/// Reads the state.
pub(super) fn read<T, E: From<rusqlite::Error>>(
    sandbox: &Sandbox,
    work: impl FnOnce(&Visit<'_>) -> Result<T, E>,
) -> Result<T, E> {
    run(sandbox, TransactionBehavior::Deferred, work)
}

/// Reads and writes the state; an error leaves it as it was.
pub(super) fn write<T, E: From<rusqlite::Error>>(
    sandbox: &Sandbox,
    work: impl FnOnce(&Visit<'_>) -> Result<T, E>,
) -> Result<T, E> {
    run(sandbox, TransactionBehavior::Immediate, work)
}

fn run<T, E: From<rusqlite::Error>>(
    sandbox: &Sandbox,
    behavior: TransactionBehavior,
    work: impl FnOnce(&Visit<'_>) -> Result<T, E>,
) -> Result<T, E> {
    let mut db = sandbox.connection();
    let in_force = sandbox.in_force(&db)?;
    if let Some(anchor) = &sandbox.inner.anchor {
        anchor.refresh(&db, &sandbox.inner.clock)?;
    }
    let transaction = db.transaction_with_behavior(behavior)?;
    // Once more: whoever waited for its turn may have waited for an upgrade.
    sandbox.check_schema(&transaction)?;
    let now = millis(sandbox.inner.clock.now());
    let done = work(&Visit { store: Store::new(&transaction, now), settings: &in_force.settings, now })?;
    transaction.commit()?;
    Ok(done)
}
