//! Opening a sandbox, asking it, and telling it what to be like.

use std::path::Path;
use std::sync::{Arc, Mutex};

use azlab_clock::Clock;
use bytes::Bytes;
use rusqlite::Connection;

use crate::arm::throttle::Throttle;
use crate::arm::{regions, router};
use crate::faults::answers::bad_gateway;
use crate::faults::fault::{ConnectionReset, Fault, Injected};
use crate::faults::log::{LoggedRequest, RequestLog};
use crate::providers::PROVIDERS;
use crate::providers::authorization::signed_in;
use crate::providers::cognitiveservices::catalogue;
use crate::providers::resources::registrations;
use crate::sandbox::{Inner, Sandbox};
use crate::scenario::active::InForce;
use crate::services::{graph, issuer, signin};
use crate::state::anchor::Anchor;
use crate::state::inventory::{Inventory, inventory};
use crate::state::keys::Keys;
use crate::state::open::{SandboxError, in_memory, open};
use crate::state::settings::{RetiredModel, Settings};
use crate::state::store::Store;
use crate::state::timestamps;

impl Sandbox {
    /// Opens the state in `dir`, making it on first use (`dir` with mode 0700, `dir/sandbox.db` with 0600).
    ///
    /// Several processes may have it open. The clock goes on from where the state's last user left it, at `speed`
    /// service seconds a real second; between runs time passes as it does outside.
    ///
    /// # Errors
    /// [`SandboxError`] names the path and the remedy: not a directory, not readable, not SQLite, another program's
    /// database, one of a newer azlab.
    pub fn open(dir: &Path, speed: f64) -> Result<Self, SandboxError> {
        let (connection, clock, anchor) = open(dir, speed)?;
        Self::new(connection, clock, Some(anchor), false)
    }

    /// A fresh state in memory on the given clock, with its requests logged. For tests.
    ///
    /// # Panics
    /// If SQLite cannot make a database in memory, which means that the machine is out of it.
    pub fn in_memory(clock: Clock) -> Self {
        let made = in_memory(clock.now()).map_err(SandboxError::from);
        match made.and_then(|connection| Self::new(connection, clock, None, true)) {
            Ok(sandbox) => sandbox,
            Err(error) => panic!("no in-memory database: {error}"),
        }
    }

    fn new(mut connection: Connection, clock: Clock, anchor: Option<Anchor>, log: bool) -> Result<Self, SandboxError> {
        let keys = Keys::load(&mut connection)?;
        signed_in::begin(&mut connection, timestamps::millis(clock.now()))?;
        Ok(Self {
            inner: Arc::new(Inner {
                providers: &PROVIDERS,
                keys,
                db: Mutex::new(connection),
                clock,
                anchor,
                in_force: Mutex::new(None),
                faults: Injected::default(),
                log: RequestLog::new(log),
                throttle: Throttle::default(),
            }),
        })
    }

    /// The service for a socket. A dropped connection ([`FaultKind::Drop`], [`FaultKind::HandleThenDrop`]) shows as a
    /// response body that breaks off.
    pub fn router(&self) -> axum::Router {
        router::router(self.clone())
    }

    /// [`Sandbox::router`] and what stands beside Resource Manager, at one address: the sign-in service, the clusters'
    /// OIDC issuers and Microsoft Graph.
    pub fn public_router(&self) -> axum::Router {
        signin::router(self.clone())
            .merge(issuer::router(self.clone()))
            .merge(graph::router(self.clone()))
            .fallback_service(self.router())
    }

    /// Answers a request in process. Where a fault drops the connection, this is a proxy's 502.
    pub async fn handle(&self, request: http::Request<Bytes>) -> http::Response<Bytes> {
        match self.try_handle(request).await {
            Ok(response) => response,
            Err(ConnectionReset) => bad_gateway(),
        }
    }

    /// Answers a request in process, or loses the connection where a fault says so.
    ///
    /// # Errors
    /// [`ConnectionReset`] only for an injected fault.
    pub async fn try_handle(&self, request: http::Request<Bytes>) -> Result<http::Response<Bytes>, ConnectionReset> {
        router::serve(self, request).await
    }

    /// Lets the next matching requests go wrong. Faults are tried in the order in which they were injected.
    pub fn inject(&self, fault: Fault) {
        self.inner.faults.inject(fault);
    }

    /// From now on nothing goes wrong by an injected fault.
    pub fn clear_faults(&self) {
        self.inner.faults.clear();
    }

    /// Starts or stops the request log; starting empties it.
    pub fn log_requests(&self, on: bool) {
        self.inner.log.switch(on);
    }

    /// The requests so far, oldest first; empty unless the log is on (it is for [`Sandbox::in_memory`]).
    pub fn request_log(&self) -> Vec<LoggedRequest> {
        self.inner.log.from(0)
    }

    /// The same without the first `first` ones.
    pub fn requests_from(&self, first: usize) -> Vec<LoggedRequest> {
        self.inner.log.from(first)
    }

    /// How many requests are in the log.
    pub fn request_count(&self) -> usize {
        self.inner.log.len()
    }

    /// What exists, for `sandbox show`.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn inventory(&self) -> Result<Inventory, SandboxError> {
        inventory(self)
    }

    /// The settings in force.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn settings(&self) -> Result<Settings, SandboxError> {
        let db = self.connection();
        Ok(self.in_force(&db)?.settings.clone())
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
        let mut db = self.connection();
        let transaction = db.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        let in_force = self.in_force(&transaction)?;
        let mut settings = in_force.settings.clone();
        change(&mut settings);
        InForce::save(&Store::new(&transaction, 0), &settings, &in_force.script)?;
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
        let retired = RetiredModel::on_the_day_of(self.inner.clock.now(), name, version);
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
        let now = timestamps::millis(self.inner.clock.now());
        let mut db = self.connection();
        let transaction = db.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        signed_in::set(&Store::new(&transaction, now), now, on)?;
        transaction.commit()?;
        Ok(())
    }

    /// Takes back the registration of a resource provider.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn unregister_provider(&self, namespace: &str) -> Result<(), SandboxError> {
        Ok(registrations::set(&self.connection(), namespace, None)?)
    }

    /// Lets every resource provider be registered, also those whose registration is under way.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn register_all_providers(&self) -> Result<(), SandboxError> {
        Ok(registrations::forget_all(&self.connection())?)
    }
}
