//! One embedded Azure: its state, its clock, and what a process holds beside them.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use azlab_clock::Clock;
use futures::future::BoxFuture;
use rusqlite::Connection;

use crate::arm::credentials::Access;
use crate::arm::provider::Providers;
use crate::arm::throttle::Throttle;
use crate::faults::fault::InjectedFaults;
use crate::faults::log::RequestLog;
use crate::scenario::active::Active;
use crate::services::control_plane::error::ControlPlaneError;
use crate::services::signin::directory::Directory;
use crate::services::signin::signer::Signer;
use crate::state::calendar;
use crate::state::keys::Keys;
use crate::state::made::made_on;
use crate::state::store::Store;
use crate::state::version;

/// The embedded Azure. Clones share one state, faults and request log.
#[derive(Clone)]
pub struct Sandbox {
    pub(crate) inner: Arc<Inner>,
}

/// What the clones share.
pub(crate) struct Inner {
    pub(crate) db: Mutex<Connection>,
    pub(crate) providers: &'static Providers,
    pub(crate) keys: Keys,
    pub(crate) clock: Clock,
    /// By how many milliseconds the calendar is ahead of `clock`, as it was last read.
    pub(crate) ahead: AtomicI64,
    /// Whether other processes may use the state too: it is in a file.
    pub(crate) is_shared: bool,
    pub(crate) active: Mutex<Option<(String, Arc<Active>)>>,
    pub(crate) faults: InjectedFaults,
    pub(crate) log: RequestLog,
    pub(crate) throttle: Throttle,
    /// Tells watches that something has changed in a cluster.
    pub(crate) kubernetes_changed: tokio::sync::Notify,
    /// Real API servers, where there are any.
    pub(crate) api_servers: OnceLock<Box<dyn ApiServers>>,
}

/// Runs real API servers for clusters.
pub(crate) trait ApiServers: Send + Sync {
    /// The access to the one of the cluster with this ARM id, once it answers; `None` where the cluster does not run.
    ///
    /// # Errors
    /// Why there is none.
    fn access<'a>(
        &'a self,
        sandbox: &'a Sandbox,
        cluster: &'a str,
    ) -> BoxFuture<'a, Result<Option<Access>, ControlPlaneError>>;
}

impl Sandbox {
    /// Signs this sandbox's tokens, and checks them.
    pub fn signer(&self) -> &Signer {
        &self.inner.keys.signer
    }

    /// The tenant and its applications; the default one is the sandbox's own user.
    pub fn directory(&self) -> &Directory {
        &self.inner.keys.directory
    }

    /// The `IDENTITY_HEADER` of the managed-identity endpoint.
    pub fn identity_header(&self) -> zeroize::Zeroizing<String> {
        self.inner.keys.identity_header()
    }

    /// The service's clock, whose dates are ahead by what somebody has moved them on ([`crate::Control::advance`]) until now.
    pub fn clock(&self) -> Clock {
        self.inner.clock.ahead(self.ahead())
    }

    /// By how much the dates have been moved on, as it was last read.
    pub(crate) fn ahead(&self) -> time::Duration {
        time::Duration::milliseconds(self.inner.ahead.load(Ordering::Relaxed))
    }

    /// The clock by which tokens are made and judged: dates are the machine's, however far the sandbox's calendar was moved on,
    /// since clients hold tokens against their own clocks, and others make them too: a cluster's API server, and whoever holds
    /// its issuer's key. A state in memory has the clock that it was given.
    pub fn token_clock(&self) -> Clock {
        self.inner.clock
    }

    /// What is in force, the calendar included; parsed again only when the stored text has changed.
    pub(crate) fn active(&self, db: &Connection) -> Result<Arc<Active>, rusqlite::Error> {
        self.look(db)?;
        let stored = Store::new(db, 0).meta("settings")?.unwrap_or_default();
        let mut cached = self.inner.active.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some((text, active)) = cached.as_ref()
            && *text == stored
        {
            return Ok(active.clone());
        }
        let active = Arc::new(Active::read(&stored, made_on(&Store::new(db, 0))?).map_err(|error| {
            rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, error.into())
        })?);
        *cached = Some((stored, active.clone()));
        Ok(active)
    }

    /// Looks whether the state is still one of this program's, and by how much its calendar is ahead.
    pub(crate) fn look(&self, db: &Connection) -> rusqlite::Result<()> {
        self.check_schema(db)?;
        self.inner.ahead.store(calendar::ahead(db)?, Ordering::Relaxed);
        Ok(())
    }

    pub(crate) fn connection(&self) -> MutexGuard<'_, Connection> {
        // A panic elsewhere leaves SQLite consistent: an open transaction is rolled back when it is dropped.
        self.inner.db.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A state in a file may meanwhile have another schema than this program's; one in memory is ours alone.
    pub(crate) fn check_schema(&self, db: &Connection) -> rusqlite::Result<()> {
        if self.inner.is_shared { version::check(db) } else { Ok(()) }
    }

    pub(crate) async fn pass(&self, seconds: f64) {
        self.inner.clock.sleep(Duration::try_from_secs_f64(seconds).unwrap_or_default()).await;
    }
}
