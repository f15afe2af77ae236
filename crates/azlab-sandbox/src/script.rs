//! What is in force: the settings, and what a scenario has added to them. Kept as one JSON row, parsed when it changes.

use std::sync::Arc;

use http::Method;
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::cognitive::catalogue::{CATALOGUE, Catalogue};
use super::cognitive::changes::{self, ModelChange};
use super::faults::FaultKind;
use super::faults::entry::{FaultEntry, Rule};
use super::latencies::Latencies;
use super::settings::Settings;
use super::store::Store;
use super::{Sandbox, SandboxError};

/// What a scenario adds to the settings.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Script {
    /// The scenario's name or file.
    pub name: String,
    /// What it teaches.
    pub about: String,
    pub latencies: Option<Latencies>,
    pub models: Vec<ModelChange>,
    pub faults: Vec<FaultEntry>,
}

/// The settings and the script, with what follows from them.
#[derive(Debug, Default)]
pub(super) struct InForce {
    pub settings: Settings,
    pub script: Script,
    catalogue: Option<Catalogue>,
    faults: Vec<Rule>,
}

/// What goes wrong with a request.
#[derive(Debug, Default)]
pub(super) struct Met {
    /// Seconds to wait first.
    pub delay: f64,
    pub kind: Option<FaultKind>,
}

/// A fault of the scenario in force.
#[derive(Clone, Debug, PartialEq)]
pub struct FaultInForce {
    /// As the scenario has it.
    pub entry: FaultEntry,
    /// How many requests it was meant for so far.
    pub seen: u32,
    /// How many of them went wrong.
    pub met: u32,
}

/// The scenario in force, for `sandbox scenario` and `sandbox show`.
#[derive(Clone, Debug, PartialEq)]
pub struct ScenarioInForce {
    /// Its name or file.
    pub name: String,
    /// What it teaches.
    pub about: String,
    /// Its faults, with how often they struck.
    pub faults: Vec<FaultInForce>,
}

impl InForce {
    /// The model catalogue.
    pub fn catalogue(&self) -> &Catalogue {
        self.catalogue.as_ref().unwrap_or(&CATALOGUE)
    }

    /// From the stored text; empty is the beginning.
    fn read(stored: &str) -> Result<Self, String> {
        if stored.is_empty() {
            return Ok(Self::default());
        }
        let mut stored: Value = serde_json::from_str(stored).map_err(|error| error.to_string())?;
        let script = stored
            .as_object_mut()
            .and_then(|stored| stored.remove("script"))
            .unwrap_or_else(|| Value::Object(Default::default()));
        let settings = serde_json::from_value(stored).map_err(|error| error.to_string())?;
        let script = serde_json::from_value(script).map_err(|error| error.to_string())?;
        Self::of(settings, script)
    }

    /// Settings and script, checked.
    pub fn of(settings: Settings, script: Script) -> Result<Self, String> {
        let catalogue = match script.models.as_slice() {
            [] => None,
            changed => Some(changes::apply(changed)?),
        };
        let faults = script.faults.iter().map(Rule::of).collect::<Result<_, _>>()?;
        Ok(Self { settings, script, catalogue, faults })
    }

    /// Stores it.
    pub fn save(store: &Store<'_>, settings: &Settings, script: &Script) -> Result<(), SandboxError> {
        let text = || -> serde_json::Result<String> {
            let mut stored = serde_json::to_value(settings)?;
            if *script != Script::default() {
                stored["script"] = serde_json::to_value(script)?;
            }
            Ok(stored.to_string())
        };
        store.set_meta("settings", &text().map_err(|error| SandboxError::Settings(error.to_string()))?)?;
        Ok(())
    }
}

impl Sandbox {
    /// What is in force; parsed again only when the stored text has changed.
    pub(super) fn in_force(&self, db: &Connection) -> Result<Arc<InForce>, rusqlite::Error> {
        self.check_schema(db)?;
        let stored = Store::new(db, 0).meta("settings")?.unwrap_or_default();
        let mut cached = self.inner.in_force.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some((text, in_force)) = cached.as_ref()
            && *text == stored
        {
            return Ok(in_force.clone());
        }
        let in_force = Arc::new(InForce::read(&stored).map_err(|error| {
            rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, error.into())
        })?);
        *cached = Some((stored, in_force.clone()));
        Ok(in_force)
    }

    /// What goes wrong with this request: a fault of this process first, then one of the scenario in force, which is counted
    /// in the state. `path` has the query.
    pub(super) fn meet(&self, method: &Method, path: &str) -> Met {
        if let Some(kind) = self.inner.faults.meet(method, path) {
            return Met { delay: 0.0, kind: Some(kind) };
        }
        let mut db = self.connection();
        // A state that cannot be read is told by the handler.
        let Ok(in_force) = self.in_force(&db) else { return Met::default() };
        if in_force.faults.is_empty() {
            return Met::default();
        }
        let path = path.split('?').next().unwrap_or_default().to_lowercase();
        let fitting: Vec<(usize, &Rule)> =
            in_force.faults.iter().enumerate().filter(|(_, rule)| rule.fits(method, &path)).collect();
        if fitting.is_empty() {
            return Met::default();
        }
        let met = db
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .and_then(|transaction| count(&transaction, &fitting).and_then(|met| transaction.commit().map(|()| met)));
        match met {
            Ok(Some(rule)) => Met { delay: rule.delay, kind: rule.kind.clone() },
            _ => Met::default(),
        }
    }

    /// The scenario in force; `None` if none was played since the beginning.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn scenario(&self) -> Result<Option<ScenarioInForce>, SandboxError> {
        let db = self.connection();
        let in_force = self.in_force(&db)?;
        let Script { name, about, .. } = in_force.script.clone();
        if name.is_empty() {
            return Ok(None);
        }
        let faults = in_force.faults.iter().enumerate().map(|(at, rule)| {
            let (seen, met) = counts(&db, at)?;
            Ok(FaultInForce { entry: rule.entry.clone(), seen, met })
        });
        Ok(Some(ScenarioInForce { name, about, faults: faults.collect::<rusqlite::Result<_>>()? }))
    }
}

impl FaultInForce {
    /// How many more requests can go wrong; `None`: there is no end.
    pub fn left(&self) -> Option<u32> {
        self.entry.times.map(|times| times.saturating_sub(self.met))
    }
}

/// How many requests the fault was meant for, and how many of them went wrong.
fn counts(db: &Connection, fault: usize) -> rusqlite::Result<(u32, u32)> {
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
