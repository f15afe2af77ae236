//! The control planes of one sandbox: which of them run, and where.

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use azlab_clock::Clock;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use tokio::sync::{Mutex, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use super::client::Client;
use super::cluster::{Cluster, Power};
use super::endpoint::Endpoint;
use super::error::ControlPlaneError;
use super::folder::{self, Folder};
use super::life::{Life, State};
use super::lock::{self, Lock};
use super::program::Program;
use crate::arm::credentials::Access;
use crate::sandbox::{ApiServers, Sandbox};

/// Control planes at once: what a machine of 16 GB has.
const MOST: usize = 20;
/// How long another process may take to have the one that it starts.
const ELSEWHERE: Duration = Duration::from_secs(200);
/// Between looks at it.
const PAUSE: Duration = Duration::from_millis(100);
/// Between looks at what other processes want.
const LOOK: Duration = Duration::from_secs(1);

/// What lives on this machine for all control planes.
#[derive(Clone)]
pub(super) struct Host {
    pub program: Program,
    /// The sandbox's directory.
    dir: PathBuf,
    told: Arc<dyn Fn(String) + Send + Sync>,
}

impl Host {
    /// The sandbox's directory, where its certificate authority is.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Tells people of something that happened by itself.
    pub fn tell(&self, what: String) {
        (self.told)(what);
    }
}

/// Runs control planes for the clusters of a sandbox. Clones are the same.
#[derive(Clone)]
pub struct ControlPlanes(Arc<Planes>);

struct Planes {
    /// Without one, none is started here.
    host: Option<Host>,
    /// The sandbox's directory.
    dir: PathBuf,
    lives: Mutex<HashMap<Uuid, watch::Receiver<State>>>,
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl fmt::Debug for ControlPlanes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ControlPlanes")
    }
}

impl ControlPlanes {
    /// Control planes of the program at `program`, which keep what they have in `dir`, the sandbox's directory. `told` hears of
    /// what happens to them by itself: a part that ended and was started again.
    ///
    /// # Errors
    /// [`ControlPlaneError::NoProgram`]
    pub fn new(
        program: &Path,
        dir: &Path,
        told: impl Fn(String) + Send + Sync + 'static,
    ) -> Result<Self, ControlPlaneError> {
        let host = Host { program: Program::at(program)?, dir: dir.to_owned(), told: Arc::new(told) };
        Ok(Self::with(Some(host), dir))
    }

    /// Those that other processes run for the same sandbox, whose directory is `dir`: none is started here.
    pub fn of_others(dir: &Path) -> Self {
        Self::with(None, dir)
    }

    fn with(host: Option<Host>, dir: &Path) -> Self {
        Self(Arc::new(Planes {
            host,
            dir: dir.to_owned(),
            lives: Mutex::default(),
            stop: CancellationToken::new(),
            tasks: TaskTracker::new(),
        }))
    }

    /// Runs the program once, and gives the version of Kubernetes that it holds: `v1.34.3`; `None` without a program.
    ///
    /// # Errors
    /// [`ControlPlaneError::NoProgram`], [`ControlPlaneError::OtherProgram`]
    pub async fn version(&self) -> Result<Option<String>, ControlPlaneError> {
        match &self.0.host {
            Some(host) => host.program.version().await.map(Some),
            None => Ok(None),
        }
    }

    /// Keeps the control planes of clusters that had one before running, and starts those that other processes of the sandbox
    /// want, until [`ControlPlanes::stop`].
    ///
    /// # Errors
    /// [`ControlPlaneError`]
    pub async fn host(&self, sandbox: &Sandbox) -> Result<(), ControlPlaneError> {
        let Some(host) = self.0.host.clone() else { return Ok(()) };
        let dir = &self.0.dir;
        folder::sweep(dir, &Cluster::all(sandbox)?)?;
        // Where another process has it, that one does the same.
        let lock = lock::host(dir)?;
        self.look(&host, sandbox).await?;
        let (planes, sandbox) = (self.clone(), sandbox.clone());
        self.0.tasks.spawn(async move {
            let (_lock, clock) = (lock, Clock::real());
            loop {
                tokio::select! {
                    () = planes.0.stop.cancelled() => return,
                    () = clock.sleep(LOOK) => {}
                }
                if let Err(error) = planes.look(&host, &sandbox).await {
                    host.tell(error.to_string());
                }
            }
        });
        Ok(())
    }

    /// Starts what should run and does not.
    async fn look(&self, host: &Host, sandbox: &Sandbox) -> Result<(), ControlPlaneError> {
        for cluster in Cluster::all(sandbox)? {
            if let Some(folder) = Folder::found(&self.0.dir, &cluster).filter(|folder| folder.broken().is_none()) {
                self.life(host, sandbox, &cluster, &folder).await?;
            }
        }
        Ok(())
    }

    /// Ends all of them, and waits for that.
    pub async fn stop(&self) {
        self.0.stop.cancel();
        self.0.tasks.close();
        self.0.tasks.wait().await;
    }

    /// The API server of a cluster, once it is ready; `None` where the cluster does not run.
    async fn endpoint(&self, sandbox: &Sandbox, cluster: &str) -> Result<Option<Endpoint>, ControlPlaneError> {
        let Some(cluster) = Cluster::find(sandbox, cluster)?.filter(|cluster| cluster.power == Power::On) else {
            return Ok(None);
        };
        let host = self.0.host.as_ref();
        if host.is_none() && !lock::is_hosted(&self.0.dir) {
            return Ok(None);
        }
        // That there is one is what a process that hosts looks for.
        let folder = Folder::of(&self.0.dir, &cluster)?;
        folder.want()?;
        let clock = Clock::real();
        let began = clock.now();
        loop {
            if let Some(host) = host
                && let Some(mut state) = self.life(host, sandbox, &cluster, &folder).await?
            {
                return ready(&mut state).await;
            }
            if let Some(reason) = folder.broken() {
                return Err(ControlPlaneError::Reported(reason));
            }
            let process = match Endpoint::read(&folder)? {
                Some(endpoint) if answers(&endpoint).await => return Ok(Some(endpoint)),
                Some(endpoint) => endpoint.process,
                None => 0,
            };
            if clock.since(began) > ELSEWHERE {
                return Err(ControlPlaneError::Elsewhere { cluster: cluster.name, process });
            }
            clock.sleep(PAUSE).await;
        }
    }

    /// How far the cluster's control plane is, which is started unless it runs; `None` where another process runs it.
    async fn life(
        &self,
        host: &Host,
        sandbox: &Sandbox,
        cluster: &Cluster,
        folder: &Folder,
    ) -> Result<Option<watch::Receiver<State>>, ControlPlaneError> {
        let mut lives = self.0.lives.lock().await;
        // Whose life has ended can have another.
        lives.retain(|_, state| state.has_changed().is_ok());
        if let Some(state) = lives.get(&cluster.folder) {
            return Ok(Some(state.clone()));
        }
        if lives.len() >= MOST {
            return Err(ControlPlaneError::TooMany(MOST));
        }
        let Some(lock) = Lock::take(folder).await? else { return Ok(None) };
        let (state, seen) = watch::channel(State::Starting);
        let life = Life { host: host.clone(), sandbox: sandbox.clone(), folder: folder.clone(), state };
        let (cluster_now, stop) = (cluster.clone(), self.0.stop.clone());
        self.0.tasks.spawn(life.run(cluster_now, lock, stop));
        lives.insert(cluster.folder, seen.clone());
        Ok(Some(seen))
    }
}

/// Waits until a control plane is ready; `None` where its cluster stops before.
async fn ready(state: &mut watch::Receiver<State>) -> Result<Option<Endpoint>, ControlPlaneError> {
    loop {
        let now = state.borrow_and_update().clone();
        match now {
            State::Ready(endpoint) => return Ok(Some(endpoint)),
            State::Off(ControlPlaneError::NotRunning { .. }) => return Ok(None),
            State::Off(error) => return Err(error),
            State::Starting if state.changed().await.is_err() => return Ok(None),
            State::Starting => {}
        }
    }
}

async fn answers(endpoint: &Endpoint) -> bool {
    match Client::new(endpoint) {
        Ok(client) => client.is_well("/readyz").await,
        Err(_) => false,
    }
}

impl ApiServers for ControlPlanes {
    fn access<'a>(
        &'a self,
        sandbox: &'a Sandbox,
        cluster: &'a str,
    ) -> BoxFuture<'a, Result<Option<Access>, ControlPlaneError>> {
        // No service waits for processes of this machine.
        azlab_clock::outside(async move { Ok(self.endpoint(sandbox, cluster).await?.map(|it| it.access())) }).boxed()
    }
}

impl Sandbox {
    /// From now on the clusters' credentials lead to real API servers. The first call counts.
    pub fn use_control_planes(&self, planes: &ControlPlanes) {
        let _ = self.inner.api_servers.set(Box::new(planes.clone()));
    }
}
