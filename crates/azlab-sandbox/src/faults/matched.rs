//! The fault that a request meets: one of this process, or one of the active scenario, which is counted in the state.

use std::sync::Arc;

use http::Method;
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};

use super::entry::Rule;
use super::fault::FaultKind;
use crate::sandbox::Sandbox;
use crate::scenario::active::Active;

/// What goes wrong with a request.
#[derive(Default)]
pub(crate) struct MatchedFault {
    /// Seconds to wait first.
    pub delay: f64,
    pub kind: Option<FaultKind>,
    /// What was in force when the request came, if the state was read.
    active: Option<Arc<Active>>,
}

impl MatchedFault {
    /// What was in force when the request came, if the request is handled at once: whoever waits first looks again.
    pub(crate) fn in_force(&self) -> Option<Arc<Active>> {
        let is_held = self.delay > 0.0 || matches!(self.kind, Some(FaultKind::Delay(_)));
        self.active.clone().filter(|_| !is_held)
    }
}

impl Sandbox {
    /// What goes wrong with this request: a fault of this process first, then one of the scenario in force, which is counted
    /// in the state. `path` has the query.
    pub(crate) fn match_fault(&self, method: &Method, path: &str) -> MatchedFault {
        if let Some(kind) = self.inner.faults.take(method, path) {
            return MatchedFault { kind: Some(kind), ..MatchedFault::default() };
        }
        let mut db = self.connection();
        // A state that cannot be read is told by the handler.
        let Ok(active) = self.active(&db) else { return MatchedFault::default() };
        let met = met(&mut db, &active.faults, method, path);
        let (delay, kind) = met.map_or((0.0, None), |rule| (rule.delay, rule.kind.clone()));
        MatchedFault { delay, kind, active: Some(active) }
    }
}

/// The first of the scenario's faults that strikes this request.
fn met<'a>(db: &mut Connection, faults: &'a [Rule], method: &Method, path: &str) -> Option<&'a Rule> {
    if faults.is_empty() {
        return None;
    }
    let path = path.split('?').next().unwrap_or_default().to_lowercase();
    let fitting: Vec<(usize, &Rule)> = faults.iter().enumerate().filter(|(_, rule)| rule.fits(method, &path)).collect();
    if fitting.is_empty() {
        return None;
    }
    let transaction = db.transaction_with_behavior(TransactionBehavior::Immediate).ok()?;
    let met = count(&transaction, &fitting).ok()?;
    transaction.commit().ok()?;
    met
}

/// How many requests the fault was meant for, and how many of them went wrong.
pub(crate) fn counts(db: &Connection, fault: usize) -> rusqlite::Result<(u32, u32)> {
    let sql = "SELECT seen, met FROM faults_met WHERE fault = ?1";
    let row = db.prepare_cached(sql)?.query_row([fault as i64], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    Ok(row.unwrap_or_default())
}

/// Counts a request that `fitting` faults are meant for; the first that strikes is the one, and later ones do not see it.
fn count<'a>(transaction: &Transaction<'_>, fitting: &[(usize, &'a Rule)]) -> rusqlite::Result<Option<&'a Rule>> {
    for (fault, rule) in fitting {
        let (seen, met) = counts(transaction, *fault)?;
        if rule.is_spent(met) {
            continue;
        }
        let strikes = rule.strikes(seen, met);
        transaction
            .prepare_cached("INSERT OR REPLACE INTO faults_met(fault, seen, met) VALUES (?1, ?2, ?3)")?
            .execute(params![*fault as i64, seen.saturating_add(1), met + u32::from(strikes)])?;
        if strikes {
            return Ok(Some(rule));
        }
    }
    Ok(None)
}
