//! Tells a sandbox what to be like: what a scenario file says, from a program. Tests use it.

use crate::arm::regions;
use crate::faults::fault::Fault;
use crate::ids::SUBSCRIPTION_ID;
use crate::providers::authorization::signed_in;
use crate::providers::cognitiveservices::catalogue::{self, NEVER};
use crate::providers::cognitiveservices::changes::ModelChange;
use crate::providers::resources::registrations;
use crate::sandbox::Sandbox;
use crate::scenario::active::Active;
use crate::state::calendar;
use crate::state::error::SandboxError;
use crate::state::made::made_on;
use crate::state::settings::{RetiredModel, Settings};
use crate::state::store::Store;
use crate::state::timestamps;

/// What a sandbox is to be like, from [`Sandbox::control`].
#[derive(Clone, Copy)]
pub struct Control<'a> {
    pub(crate) sandbox: &'a Sandbox,
}

impl Control<'_> {
    /// Lets the next matching requests go wrong. Faults are tried in the order in which they were injected.
    pub fn inject(&self, fault: Fault) {
        self.sandbox.inner.faults.inject(fault);
    }

    /// From now on nothing goes wrong by an injected fault.
    pub fn clear_faults(&self) {
        self.sandbox.inner.faults.clear();
    }

    /// Starts or stops the request log; starting empties it.
    pub fn log_requests(&self, on: bool) {
        self.sandbox.inner.log.switch(on);
    }

    /// Replaces the settings.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn set_settings(&self, settings: &Settings) -> Result<(), SandboxError> {
        self.change_settings(|current| *current = settings.clone())
    }

    /// Changes the settings in one step, so that two processes do not undo each other's changes.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn change_settings(&self, change: impl FnOnce(&mut Settings)) -> Result<(), SandboxError> {
        let mut db = self.sandbox.connection();
        let transaction = db.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        let active = self.sandbox.active(&transaction)?;
        let mut settings = active.settings.clone();
        change(&mut settings);
        Active::save(&Store::new(&transaction, 0), &settings, &active.scenario)?;
        transaction.commit()?;
        Ok(())
    }

    /// Closes a model (or one version of it) to new deployments, from now on. It stays listed, even as the default, as on
    /// the real Azure; its skus' `deprecationDate` lies in the past.
    ///
    /// # Errors
    /// [`SandboxError::UnknownModel`] if the catalogue does not have it.
    pub fn retire_model(&self, name: &str, version: Option<&str>) -> Result<(), SandboxError> {
        if !catalogue::has(name, version) {
            return Err(SandboxError::UnknownModel {
                name: version.map_or_else(|| name.to_owned(), |version| format!("{name} {version}")),
                known: catalogue::names().join(", "),
            });
        }
        let retired = RetiredModel::on_the_day_of(self.sandbox.clock().now(), name, version);
        self.change_settings(|settings| {
            if !settings
                .retired_models
                .iter()
                .any(|known| known.name == retired.name && known.version == retired.version)
            {
                settings.retired_models.push(retired);
            }
        })
    }

    /// Keeps a version of a model open to new deployments, as if its day had not come.
    ///
    /// # Errors
    /// [`SandboxError::UnknownModel`] if the catalogue does not have it.
    pub fn keep_model_open(&self, name: &str, version: &str) -> Result<(), SandboxError> {
        let version = Some(version.to_owned());
        let stays =
            ModelChange { name: name.to_owned(), version, closes: Some(NEVER.to_owned()), ..ModelChange::default() };
        let mut db = self.sandbox.connection();
        let transaction = db.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        let active = self.sandbox.active(&transaction)?;
        let mut scenario = active.scenario.clone();
        scenario.models.push(stays);
        let store = Store::new(&transaction, 0);
        let settings = active.settings.clone();
        if Active::of(settings.clone(), scenario.clone(), made_on(&store)?).is_err() {
            return Err(SandboxError::UnknownModel { name: name.to_owned(), known: catalogue::names().join(", ") });
        }
        Active::save(&store, &settings, &scenario)?;
        transaction.commit()?;
        Ok(())
    }

    /// Sets a quota limit: `usage` in `location` (`*`: everywhere); see [`Settings::quota`] for the names.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn set_quota(&self, location: &str, usage: &str, limit: i64) -> Result<(), SandboxError> {
        let key = format!("{}/{}", regions::normal(location), usage.to_lowercase());
        self.change_settings(|settings| {
            settings.quota.insert(key, limit);
        })
    }

    /// Lets the signed-in principal use the models of every account (it may, from the beginning), or no longer: takes away
    /// the role assignment that every state begins with, and no other.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn set_data_role(&self, on: bool) -> Result<(), SandboxError> {
        let mut db = self.sandbox.connection();
        let transaction = db.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        self.sandbox.look(&transaction)?;
        let now = timestamps::millis(self.sandbox.clock().now());
        signed_in::set(&Store::new(&transaction, now), now, on)?;
        transaction.commit()?;
        Ok(())
    }

    /// Moves the sandbox's dates on by `by`: what was to happen until then has happened. Expiries pass, soft-deleted accounts are
    /// purged, models retire, operations end. Tokens hold as before. Dates never go back.
    ///
    /// # Errors
    /// [`SandboxError::TooFarAhead`] beyond a hundred years in all, or when the database cannot be written.
    pub fn advance(&self, by: std::time::Duration) -> Result<(), SandboxError> {
        let mut db = self.sandbox.connection();
        let transaction = db.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        self.sandbox.check_schema(&transaction)?;
        calendar::advance(&transaction, i64::try_from(by.as_millis()).unwrap_or(i64::MAX))?;
        transaction.commit()?;
        Ok(self.sandbox.look(&db)?)
    }

    /// Takes back the registration of a resource provider.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn unregister_provider(&self, namespace: &str) -> Result<(), SandboxError> {
        let db = self.sandbox.connection();
        self.sandbox.check_schema(&db)?;
        Ok(registrations::set(&db, SUBSCRIPTION_ID, namespace, None)?)
    }

    /// Lets every resource provider be registered, also those whose registration is under way.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn register_all_providers(&self) -> Result<(), SandboxError> {
        let db = self.sandbox.connection();
        self.sandbox.check_schema(&db)?;
        Ok(registrations::forget_all(&db)?)
    }
}
