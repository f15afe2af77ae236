//! Puts a scenario in force: all of it, or nothing.

use rusqlite::TransactionBehavior;

use super::active::{Active, StoredScenario};
use super::initial_resources::InitialResources;
use super::{Scenario, ScenarioError};
use crate::ids::SUBSCRIPTION_ID;
use crate::providers::authorization::signed_in;
use crate::providers::resources::registrations;
use crate::sandbox::Sandbox;
use crate::state::error::SandboxError;
use crate::state::made::made_on;
use crate::state::pace::Pace;
use crate::state::settings::RetiredModel;
use crate::state::store::Store;
use crate::state::timestamps::{millis, time_of};

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
        self.look(&transaction)?;
        let clock = self.clock();
        let (now, pace) = (millis(clock.now()), Pace::of(&clock));
        if fresh {
            transaction.execute_batch(
                "DELETE FROM resources; DELETE FROM tags; DELETE FROM operations; DELETE FROM quota;
                 DELETE FROM principals;",
            )?;
        }
        registrations::forget_all(&transaction)?;
        transaction.execute_batch("DELETE FROM faults_met;")?;
        let store = Store::new(&transaction, now);
        signed_in::set(&store, now, scenario.data_role)?;
        let mut settings = scenario.settings.clone();
        settings.retired_models.extend(
            scenario
                .retire
                .iter()
                .map(|retire| RetiredModel::on_the_day_of(time_of(now), &retire.model, retire.version.as_deref())),
        );
        let adds = StoredScenario {
            name: scenario.name.clone(),
            about: scenario.about.clone(),
            latencies: scenario.latencies.as_ref().map(|placed| placed.value.clone()),
            catalogue_day: scenario.catalogue_day.clone(),
            models: scenario.models.iter().map(|placed| placed.value.clone()).collect(),
            answers: scenario.answers.iter().map(|placed| placed.value.clone()).collect(),
            faults: scenario.faults.iter().map(|placed| placed.value.clone()).collect(),
        };
        Active::save(&store, &settings, &adds)?;
        let active = Active::of(settings, adds, made_on(&store)?).map_err(SandboxError::Settings)?;
        let overrides = active.past_overrides();
        InitialResources { scenario, db: &transaction, now, pace, active: &active, overrides }.make_all()?;
        // Last: what is there was made while its provider was registered.
        for namespace in &scenario.unregister {
            registrations::set(&transaction, SUBSCRIPTION_ID, namespace, None)?;
        }
        for other in &scenario.settings.subscriptions {
            for namespace in &other.unregister {
                registrations::set(&transaction, &other.id, namespace, None)?;
            }
        }
        transaction.commit()?;
        Ok(())
    }
}
