//! Opening a sandbox, asking it, and telling it what to be like.

use std::path::Path;
use std::sync::atomic::AtomicI64;
use std::sync::{Arc, Mutex, OnceLock};

use azlab_clock::Clock;
use bytes::Bytes;
use rusqlite::Connection;
use time::Duration;

use crate::arm::chunks::Payload;
use crate::arm::router;
use crate::arm::throttle::Throttle;
use crate::control::Control;
use crate::faults::fault::{ConnectionReset, InjectedFaults};
use crate::faults::log::{LoggedRequest, RequestLog};
use crate::faults::matched::counts;
use crate::faults::responses::bad_gateway;
use crate::providers::PROVIDERS;
use crate::providers::authorization::signed_in;
use crate::sandbox::{Inner, Sandbox};
use crate::scenario::active::{ActiveFault, ActiveScenario, StoredScenario};
use crate::service;
use crate::services::kubernetes::Watch;
use crate::services::{graph, issuer, signin};
use crate::state::error::SandboxError;
use crate::state::inventory::{Inventory, inventory};
use crate::state::keys::Keys;
use crate::state::made;
use crate::state::open::{in_memory, open};
use crate::state::pace::Pace;
use crate::state::settings::Settings;
use crate::state::store::Store;
use crate::state::timestamps::{Millis, millis};

impl Sandbox {
    /// Opens the state in `dir`, making it on first use (`dir` with mode 0700, `dir/sandbox.db` with 0600).
    ///
    /// Several processes may have it open. Its dates are the machine's, ahead by what somebody has moved them on
    /// ([`Control::advance`]); what takes time takes a `speed`th of it.
    ///
    /// # Errors
    /// [`SandboxError`] names the path and the remedy: not a directory, not readable, not SQLite, another program's
    /// database, one of a newer azlab, one of an older azlab that still works on it.
    pub fn open(dir: &Path, speed: f64) -> Result<Self, SandboxError> {
        let (connection, ahead) = open(dir)?;
        Self::new(connection, Clock::today(speed), Some(ahead), false).map_err(|error| SandboxError::of(dir, error))
    }

    /// A fresh state in memory on the given clock, with its requests logged. For tests.
    ///
    /// # Errors
    /// [`SandboxError`] where SQLite cannot make a database in memory or the system gives no random numbers for its keys.
    pub fn in_memory(clock: Clock) -> Result<Self, SandboxError> {
        Self::new(in_memory(clock.now())?, clock, None, true)
    }

    fn new(mut connection: Connection, clock: Clock, shared: Option<Millis>, log: bool) -> Result<Self, SandboxError> {
        let ahead = shared.unwrap_or_default();
        let now = clock.ahead(Duration::milliseconds(ahead)).now();
        made::note(&Store::new(&connection, 0), now)?;
        let keys = Keys::load(&mut connection)?;
        signed_in::begin(&mut connection, millis(now))?;
        Ok(Self {
            inner: Arc::new(Inner {
                providers: &PROVIDERS,
                keys,
                db: Mutex::new(connection),
                clock,
                ahead: AtomicI64::new(ahead),
                is_shared: shared.is_some(),
                active: Mutex::new(None),
                faults: InjectedFaults::default(),
                log: RequestLog::new(log),
                throttle: Throttle::new(Pace::of(&clock)),
                api_servers: OnceLock::new(),
                kubernetes_changed: tokio::sync::Notify::new(),
            }),
        })
    }

    /// The service for a socket. A dropped connection (`FaultKind::Drop`, `FaultKind::HandleThenDrop`) shows as a
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
            Err(ConnectionReset) => bad_gateway(),
        }
    }

    /// Answers a request in process, or loses the connection where a fault says so. A streamed answer comes whole, once its
    /// last piece is due.
    ///
    /// # Errors
    /// [`ConnectionReset`] only for an injected fault.
    pub async fn try_handle(&self, request: http::Request<Bytes>) -> Result<http::Response<Bytes>, ConnectionReset> {
        let (mut parts, payload) = router::serve(self, request).await?.into_parts();
        let mut body = match payload {
            Payload::Whole(body) => body,
            Payload::Streamed(chunks) => chunks.whole(self.clock()).await,
        };
        // Nobody reads on in process: a watch ends with the next thing that it tells, and the client opens another.
        if let Some(mut watch) = parts.extensions.remove::<Watch>()
            && body.is_empty()
        {
            body = watch.next().await.unwrap_or_default();
        }
        Ok(http::Response::from_parts(parts, body))
    }

    /// What this sandbox is to be like: its settings, quotas and faults.
    pub fn control(&self) -> Control<'_> {
        Control { sandbox: self }
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

    /// The scenario in force; `None` if none was played since the beginning.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn scenario(&self) -> Result<Option<ActiveScenario>, SandboxError> {
        let db = self.connection();
        let active = self.active(&db)?;
        let StoredScenario { name, about, .. } = active.scenario.clone();
        if name.is_empty() {
            return Ok(None);
        }
        let faults = active.faults.iter().enumerate().map(|(at, rule)| {
            let (seen, met) = counts(&db, at)?;
            Ok(ActiveFault { entry: rule.entry.clone(), seen, met })
        });
        Ok(Some(ActiveScenario { name, about, faults: faults.collect::<rusqlite::Result<_>>()? }))
    }

    /// The settings in force.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn settings(&self) -> Result<Settings, SandboxError> {
        let db = self.connection();
        Ok(self.active(&db)?.settings.clone())
    }
}
