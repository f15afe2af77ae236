//! An embedded Azure for other people's tests, rehearsals and lessons: a server of Azure Resource Manager that behaves as the
//! real one does, in memory ([`Sandbox::in_memory`]) or in a SQLite file that several processes may use
//! ([`Sandbox::open`]).
//!
//! [`Sandbox`] is a [`Service`](tower::Service) for requests in process, and [`serve::serve`] offers it on a socket, with TLS, a sign-in
//! service and Microsoft Graph. The README has a whole example of each.
//!
//! ```
//! use azlab_sandbox::{Clock, Sandbox, SUBSCRIPTION_ID};
//! use tower::ServiceExt as _;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let azure = Sandbox::in_memory(Clock::real())?;
//! let request = http::Request::get(format!("/subscriptions/{SUBSCRIPTION_ID}?api-version=2021-04-01"))
//!     .header("authorization", azure.bearer()?)
//!     .body(String::new())?;
//! assert_eq!(azure.oneshot(request).await?.status(), 200);
//! # Ok(())
//! # }
//! ```
//!
//! Time is the [`Clock`] given on opening, which stands on tokio's: a call's effect is stored when the request arrives, its
//! latency is slept on that clock, then the answer goes out. Nothing runs in the background: each resource's state follows from
//! what was asked, when, and the time now.
//!
//! What is wrong with a state is a [`SandboxError`], and what is wrong with a request is answered as Azure answers it, or with
//! a code that says that it is of the sandbox (`SandboxStateChanged`, `SandboxWithoutRuntime`).

mod access_token;
mod anchor;
mod answer;
mod api_versions;
mod authorization;
mod authorize;
mod call;
mod cognitive;
mod compute;
mod containerservice;
mod dispatch;
mod draw;
mod errors;
mod faults;
mod filter;
mod forwarded;
mod graph;
mod host;
mod identity;
mod inventory;
mod issuer;
mod keys;
mod latencies;
mod lists;
mod moment;
mod object;
mod open;
mod openai;
mod operations;
mod paging;
mod places;
mod policy;
mod quota;
mod resources;
mod router;
pub mod scenario;
mod schema;
mod script;
pub mod serve;
mod served;
mod service;
mod settings;
pub mod signin;
mod slip;
mod store;
#[cfg(test)]
mod tests;
mod throttle;
mod version;
mod visit;

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use rusqlite::Connection;

pub use azlab_clock::Clock;

pub use access_token::ARM_AUDIENCE;
pub use cognitive::changes::ModelChange;
pub use faults::entry::{AnswerFault, FaultEntry, OperationEntry};
pub use faults::{ConnectionReset, Fault, FaultKind, LoggedRequest, OperationEnd, OperationFault};
pub use inventory::{Inventory, InventoryItem, InventoryOperation};
pub use issuer::{ClusterChoice, ServiceAccount, ServiceAccountToken, ServiceAccountTokenError};
pub use latencies::Latencies;
pub use open::{SandboxError, reset};
pub use script::{FaultInForce, ScenarioInForce};
pub use settings::{Durations, GrantedRole, RetiredModel, Settings, SubscriptionState};
pub use version::OtherSchema;

/// The one subscription of the embedded Azure.
pub const SUBSCRIPTION_ID: &str = "5a9d0b0c-7d5e-4c1f-9a34-2f6b8e01c7d3";
/// The tenant (directory) of that subscription.
pub const TENANT_ID: &str = "b3f1c6a2-4e0d-4f57-8c19-6d2a7e95f048";
/// Object id of the user who is signed in to the embedded Azure; creator of everything in it.
pub const SIGNED_IN_OBJECT_ID: &str = "a21ab000-0000-4000-8000-000000000002";

/// The embedded Azure. Clones share one state, faults and request log.
#[derive(Clone)]
pub struct Sandbox {
    inner: Arc<Inner>,
}

struct Inner {
    db: Mutex<Connection>,
    keys: keys::Keys,
    clock: Clock,
    anchor: Option<anchor::Anchor>,
    in_force: Mutex<Option<(String, Arc<script::InForce>)>>,
    faults: faults::Injected,
    log: faults::RequestLog,
    throttle: throttle::Throttle,
}

impl Sandbox {
    /// Opens the state in `dir`, making it on first use (`dir` with mode 0700, `dir/sandbox.db` with 0600).
    ///
    /// Several processes may have it open. The clock goes on from where the state's last user left it, at `speed`
    /// service seconds a real second; between runs time passes as it does outside.
    ///
    /// # Errors
    /// [`SandboxError`] names the path and the remedy: not a directory, not readable, not SQLite, another program's
    /// database, one of a newer azlab, one of an older azlab that still works on it.
    pub fn open(dir: &Path, speed: f64) -> Result<Self, SandboxError> {
        let (connection, clock, anchor) = open::open(dir, speed)?;
        Self::new(connection, clock, Some(anchor), false).map_err(|error| SandboxError::of(dir, error))
    }

    /// A fresh state in memory on the given clock, with its requests logged. For tests.
    ///
    /// # Errors
    /// [`SandboxError`] where SQLite cannot make a database in memory or the system gives no random numbers for its keys.
    pub fn in_memory(clock: Clock) -> Result<Self, SandboxError> {
        Self::new(open::in_memory(clock.now())?, clock, None, true)
    }

    fn new(
        mut connection: Connection,
        clock: Clock,
        anchor: Option<anchor::Anchor>,
        log: bool,
    ) -> Result<Self, SandboxError> {
        let keys = keys::Keys::load(&mut connection)?;
        authorization::begin(&mut connection, moment::millis(clock.now()))?;
        Ok(Self {
            inner: Arc::new(Inner {
                keys,
                db: Mutex::new(connection),
                clock,
                anchor,
                in_force: Mutex::new(None),
                faults: faults::Injected::default(),
                log: faults::RequestLog::new(log),
                throttle: throttle::Throttle::default(),
            }),
        })
    }

    /// Signs this sandbox's tokens, and checks them.
    pub fn signer(&self) -> &signin::Signer {
        &self.inner.keys.signer
    }

    /// The tenant and its applications; the default one is the sandbox's own user.
    pub fn directory(&self) -> &signin::Directory {
        &self.inner.keys.directory
    }

    /// The `IDENTITY_HEADER` of the managed-identity endpoint.
    pub fn identity_header(&self) -> zeroize::Zeroizing<String> {
        self.inner.keys.identity_header()
    }

    /// The service's clock.
    pub fn clock(&self) -> Clock {
        self.inner.clock
    }

    /// The service for a socket. A dropped connection ([`FaultKind::Drop`], [`FaultKind::HandleThenDrop`]) shows as a
    /// response body that breaks off.
    pub fn router(&self) -> axum::Router {
        service::router(self.clone())
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
            Err(ConnectionReset) => faults::answers::bad_gateway(),
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
        inventory::inventory(self)
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
        script::InForce::save(&store::Store::new(&transaction, 0), &settings, &in_force.script)?;
        transaction.commit()?;
        Ok(())
    }

    /// Closes a model (or one version of it) to new deployments, from now on. It stays listed, even as the default, as on
    /// the real Azure; its skus' `deprecationDate` lies in the past.
    ///
    /// # Errors
    /// [`SandboxError::UnknownModel`] if the catalogue does not have it.
    pub fn retire_model(&self, name: &str, version: Option<&str>) -> Result<(), SandboxError> {
        if !cognitive::catalogue::has(name, version) {
            return Err(SandboxError::UnknownModel {
                name: version.map_or_else(|| name.to_owned(), |version| format!("{name} {version}")),
                known: cognitive::catalogue::names().join(", "),
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
        let key = format!("{}/{}", places::normal(location), usage.to_lowercase());
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
        let now = moment::millis(self.inner.clock.now());
        let mut db = self.connection();
        let transaction = db.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        self.check_schema(&transaction)?;
        authorization::set(&store::Store::new(&transaction, now), now, on)?;
        transaction.commit()?;
        Ok(())
    }

    /// Takes back the registration of a resource provider.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn unregister_provider(&self, namespace: &str) -> Result<(), SandboxError> {
        let db = self.connection();
        self.check_schema(&db)?;
        Ok(resources::providers::set(&db, namespace, None)?)
    }

    /// Lets every resource provider be registered, also those whose registration is under way.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn register_all_providers(&self) -> Result<(), SandboxError> {
        let db = self.connection();
        self.check_schema(&db)?;
        Ok(resources::providers::forget_all(&db)?)
    }

    fn connection(&self) -> MutexGuard<'_, Connection> {
        // A panic elsewhere leaves SQLite consistent: an open transaction is rolled back when it is dropped.
        self.inner.db.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A state in a file may meanwhile have another schema than this program's; one in memory is ours alone.
    fn check_schema(&self, db: &Connection) -> rusqlite::Result<()> {
        if self.inner.anchor.is_some() { version::check(db) } else { Ok(()) }
    }

    async fn pass(&self, seconds: f64) {
        self.inner.clock.sleep(Duration::try_from_secs_f64(seconds).unwrap_or_default()).await;
    }
}
