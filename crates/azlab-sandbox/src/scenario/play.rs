//! Puts a scenario in force: all of it, or nothing.

use rusqlite::TransactionBehavior;

use super::begun::Beginning;
use super::{Scenario, ScenarioError};
use crate::moment::{millis, time_of};
use crate::resources::providers;
use crate::script::{InForce, Script};
use crate::store::Store;
use crate::{RetiredModel, Sandbox, SandboxError, authorization};

impl Sandbox {
    /// Puts a scenario in force: its settings, faults and changes take the place of those of the one before; what exists
    /// stays, and what the scenario begins with is added to it.
    ///
    /// # Errors
    /// [`ScenarioError::Exists`] if something that it begins with is there already, [`ScenarioError::Invalid`] if the
    /// sandbox does not take it, or when the database cannot be written. Nothing is changed then.
    pub fn play(&self, scenario: &Scenario) -> Result<(), ScenarioError> {
        self.put_in_force(scenario, false)
    }

    /// The same in an empty sandbox: everything that exists is forgotten first. Time, keys and sign-ins stay, so processes
    /// that use the state can go on.
    ///
    /// # Errors
    /// As [`Sandbox::play`].
    pub fn play_fresh(&self, scenario: &Scenario) -> Result<(), ScenarioError> {
        self.put_in_force(scenario, true)
    }

    fn put_in_force(&self, scenario: &Scenario, fresh: bool) -> Result<(), ScenarioError> {
        let mut db = self.connection();
        let transaction = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        self.check_schema(&transaction)?;
        let now = millis(self.inner.clock.now());
        if fresh {
            transaction.execute_batch(
                "DELETE FROM resources; DELETE FROM tags; DELETE FROM operations; DELETE FROM quota;
                 DELETE FROM principals;",
            )?;
        }
        providers::forget_all(&transaction)?;
        transaction.execute_batch("DELETE FROM faults_met;")?;
        let store = Store::new(&transaction, now);
        authorization::set(&store, now, scenario.data_role)?;
        let mut settings = scenario.settings.clone();
        settings.retired_models.extend(
            scenario
                .retire
                .iter()
                .map(|retire| RetiredModel::on_the_day_of(time_of(now), &retire.model, retire.version.as_deref())),
        );
        let script = Script {
            name: scenario.name.clone(),
            about: scenario.about.clone(),
            latencies: scenario.latencies.as_ref().map(|placed| placed.value.clone()),
            models: scenario.models.iter().map(|placed| placed.value.clone()).collect(),
            faults: scenario.faults.iter().map(|placed| placed.value.clone()).collect(),
        };
        InForce::save(&store, &settings, &script)?;
        let in_force = InForce::of(settings, script).map_err(SandboxError::Settings)?;
        Beginning { scenario, db: &transaction, now, in_force: &in_force }.make_all()?;
        // Last: what is there was made while its provider was registered.
        for namespace in &scenario.unregister {
            providers::set(&transaction, namespace, None)?;
        }
        transaction.commit()?;
        Ok(())
    }
}
