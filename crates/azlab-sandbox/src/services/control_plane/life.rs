//! The life of one cluster's control plane: its parts in their order, what to do when one ends, and the end of all of them.

use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::time::Duration;

use azlab_clock::Clock;
use futures::future::select_all;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use super::client::Client;
use super::cluster::{Cluster, NodeOf, Power};
use super::endpoint::Endpoint;
use super::error::ControlPlaneError;
use super::folder::{Folder, file};
use super::lock::Lock;
use super::nodes;
use super::parts::Part;
use super::planes::Host;
use super::process::Process;
use super::stand_in;
use crate::sandbox::Sandbox;

/// How long it may take until the API server answers, on a busy machine; alone it takes 3 s.
const READY: Duration = Duration::from_secs(180);
/// Between looks at what becomes ready.
const PAUSE: Duration = Duration::from_millis(50);
/// Between looks at the cluster in the state.
const LOOK: Duration = Duration::from_secs(1);
/// A part that ends this often in [`WITHIN`] is not started again.
const OFTEN: usize = 5;
const WITHIN: Duration = Duration::from_secs(60);
/// What a client reads when the API server is ready, and what a Pod needs in its namespace, which the controllers make.
const READYZ: &str = "/readyz";
const ACCOUNT: &str = "/api/v1/namespaces/default/serviceaccounts/default";

/// How far a control plane is.
#[derive(Clone)]
pub(super) enum State {
    Starting,
    Ready(Endpoint),
    /// It does not run, and will not before something changes.
    Off(ControlPlaneError),
}

/// What a life needs.
pub(super) struct Life {
    pub host: Host,
    pub sandbox: Sandbox,
    pub folder: Folder,
    pub state: watch::Sender<State>,
}

/// Why its parts are to end.
enum End {
    /// The sandbox ends.
    Stop,
    /// The cluster is gone.
    Gone,
    /// The cluster does not run.
    Off(String),
    /// What it was started for has changed.
    Changed(Cluster),
}

impl Life {
    /// Runs the control plane of `cluster` while there is such a cluster, until `stop`.
    pub async fn run(self, cluster: Cluster, lock: Lock, stop: CancellationToken) {
        let mut cluster = cluster;
        loop {
            let ended = match cluster.power.clone() {
                Power::On => self.while_on(&cluster, &lock, &stop).await,
                Power::Off(state) => Ok(End::Off(state)),
            };
            match ended {
                Ok(End::Stop) => return,
                Ok(End::Gone) => {
                    // What was in a cluster is gone with it.
                    drop(self.folder.remove());
                    self.state.send_replace(State::Off(not_running(&cluster, "absent")));
                    return;
                }
                Ok(End::Changed(now)) => cluster = now,
                Ok(End::Off(state)) => {
                    self.state.send_replace(State::Off(not_running(&cluster, &state)));
                    match self.until_on(&cluster, &stop).await {
                        Some(now) => cluster = now,
                        None => return,
                    }
                }
                Err(error) => {
                    self.folder.give_up(&error.to_string());
                    self.host.tell(error.to_string());
                    self.state.send_replace(State::Off(error));
                    return;
                }
            }
        }
    }

    /// Waits until the cluster runs again; `None` where it never does.
    async fn until_on(&self, cluster: &Cluster, stop: &CancellationToken) -> Option<Cluster> {
        let clock = Clock::real();
        loop {
            tokio::select! {
                () = stop.cancelled() => return None,
                () = clock.sleep(LOOK) => {}
            }
            match Cluster::find(&self.sandbox, &cluster.id) {
                Ok(Some(now)) if now.folder == cluster.folder => {
                    if now.power == Power::On {
                        return Some(now);
                    }
                }
                Ok(_) => {
                    drop(self.folder.remove());
                    return None;
                }
                // Another look may find it.
                Err(_) => {}
            }
        }
    }

    /// Starts the parts, and ends them.
    async fn while_on(
        &self,
        cluster: &Cluster,
        lock: &Lock,
        stop: &CancellationToken,
    ) -> Result<End, ControlPlaneError> {
        self.state.send_replace(State::Starting);
        let port = port(&self.folder)?;
        let key = match cluster.signing_key(&self.sandbox)? {
            Some(key) => key,
            None => self.folder.own_key()?,
        };
        let endpoint = self.folder.prepare(cluster, &key, port)?;
        let client = Client::new(&endpoint).map_err(|error| self.broken(cluster, error.to_string()))?;
        let mut running =
            Running { life: self, cluster: cluster.clone(), lock, port, processes: Vec::new(), ends: Vec::new() };
        let ended = tokio::select! {
            () = stop.cancelled() => Ok(End::Stop),
            ended = running.go(&endpoint, &client) => ended,
        };
        // From the last to the first: none misses another while it ends.
        while let Some(process) = running.processes.pop() {
            process.end().await;
        }
        drop(fs::remove_file(self.folder.file(file::ENDPOINT)));
        ended
    }

    fn broken(&self, cluster: &Cluster, reason: String) -> ControlPlaneError {
        ControlPlaneError::Broken { cluster: cluster.name.clone(), reason, logs: self.folder.path().to_owned() }
    }
}

fn not_running(cluster: &Cluster, state: &str) -> ControlPlaneError {
    ControlPlaneError::NotRunning { cluster: cluster.name.clone(), state: state.to_owned() }
}

/// A control plane whose parts run.
struct Running<'a> {
    life: &'a Life,
    cluster: Cluster,
    lock: &'a Lock,
    port: u16,
    processes: Vec<Process>,
    /// When parts have ended by themselves.
    ends: Vec<time::OffsetDateTime>,
}

/// What is waited for while it starts.
#[derive(Clone, Copy)]
enum Until {
    Answers,
    HasNodes,
    HasServiceAccount,
}

impl Running<'_> {
    /// Starts all of it, and goes on until it is to end.
    async fn go(&mut self, endpoint: &Endpoint, client: &Client) -> Result<End, ControlPlaneError> {
        self.start(Part::Etcd)?;
        self.start(Part::ApiServer)?;
        self.wait(Until::Answers, client).await?;
        // Started earlier they would find nobody, and end.
        self.start(Part::Controllers)?;
        self.start(Part::Scheduler)?;
        self.wait(Until::HasNodes, client).await?;
        let tending = stand_in::tend(client.clone(), self.life.sandbox.clone());
        let _tending = AbortOnDropHandle::new(tokio::spawn(tending));
        self.wait(Until::HasServiceAccount, client).await?;
        endpoint.write(&self.life.folder)?;
        self.life.state.send_replace(State::Ready(endpoint.clone()));
        loop {
            let (at, how) = tokio::select! {
                end = changed(self.life, &self.cluster, client) => return Ok(end),
                ended = first_ended(&mut self.processes) => ended,
            };
            self.again(at, how)?;
        }
    }

    fn start(&mut self, part: Part) -> Result<(), ControlPlaneError> {
        let Life { host, folder, .. } = self.life;
        self.processes.push(Process::start(part, &host.program, &self.cluster, folder, self.lock, self.port)?);
        Ok(())
    }

    /// Waits until something holds; an error if it never does, or a part ends.
    async fn wait(&mut self, until: Until, client: &Client) -> Result<(), ControlPlaneError> {
        let nodes = self.cluster.nodes.clone();
        let clock = Clock::real();
        let holds = async {
            while !until.holds(client, &nodes).await {
                clock.sleep(PAUSE).await;
            }
        };
        let reason = tokio::select! {
            waited = clock.timeout(READY, holds) => match waited {
                Ok(()) => return Ok(()),
                Err(_) => format!("{} within {} s", until.failed(), READY.as_secs()),
            },
            (_, how) = first_ended(&mut self.processes) => how,
        };
        Err(self.life.broken(&self.cluster, reason))
    }

    /// Starts a part that has ended, unless it ends again and again.
    fn again(&mut self, at: usize, how: String) -> Result<(), ControlPlaneError> {
        let now = Clock::real().now();
        self.ends.retain(|then| now - *then < WITHIN);
        self.ends.push(now);
        if self.ends.len() >= OFTEN {
            return Err(self.life.broken(&self.cluster, format!("{how} ({OFTEN} ends of its parts within a minute)")));
        }
        let Life { host, folder, .. } = self.life;
        host.tell(format!("{how}; it is started again for the cluster {}", self.cluster.name));
        let part = self.processes[at].part;
        self.processes[at] = Process::start(part, &host.program, &self.cluster, folder, self.lock, self.port)?;
        Ok(())
    }
}

impl Until {
    async fn holds(self, client: &Client, nodes: &[NodeOf]) -> bool {
        match self {
            Self::Answers => client.is_well(READYZ).await,
            Self::HasNodes => nodes::register(client, nodes).await.is_ok(),
            Self::HasServiceAccount => client.is_well(ACCOUNT).await,
        }
    }

    fn failed(self) -> &'static str {
        match self {
            Self::Answers => "the API server was not ready",
            Self::HasNodes => "the nodes were not registered",
            Self::HasServiceAccount => "the controllers made no service account",
        }
    }
}

/// The first part that ends: which, and how.
async fn first_ended(processes: &mut [Process]) -> (usize, String) {
    let ends =
        processes.iter_mut().enumerate().map(|(at, process)| Box::pin(async move { (at, process.ended().await) }));
    select_all(ends).await.0
}

/// Waits until the cluster is no longer what its parts were started for. Nodes come and go meanwhile.
async fn changed(life: &Life, cluster: &Cluster, client: &Client) -> End {
    let mut nodes = cluster.nodes.clone();
    loop {
        Clock::real().sleep(LOOK).await;
        let now = match Cluster::find(&life.sandbox, &cluster.id) {
            Ok(Some(now)) if now.folder == cluster.folder => now,
            Ok(_) => return End::Gone,
            // Another look may find it.
            Err(_) => continue,
        };
        match &now.power {
            Power::Off(state) => return End::Off(state.clone()),
            Power::On if now.issuer != cluster.issuer => return End::Changed(now),
            Power::On if now.nodes != nodes && nodes::replace(client, &nodes, &now.nodes).await.is_ok() => {
                nodes = now.nodes;
            }
            Power::On => {}
        }
    }
}

/// The port that it had before, if nobody has it now: kubeconfigs name it. Otherwise any free one.
fn port(folder: &Folder) -> Result<u16, ControlPlaneError> {
    let free = |port: u16| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).and_then(|listener| listener.local_addr());
    let kept = fs::read_to_string(folder.file(file::PORT)).ok().and_then(|text| text.trim().parse().ok());
    if let Some(kept) = kept.filter(|kept| *kept != 0 && free(*kept).is_ok()) {
        return Ok(kept);
    }
    let port = free(0).map_err(|error| ControlPlaneError::unread("127.0.0.1", &error))?.port();
    folder.write(file::PORT, &port.to_string())?;
    Ok(port)
}
