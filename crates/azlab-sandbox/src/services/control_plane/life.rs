//! The life of one cluster's control plane: its parts in their order, what to do when one ends, and the end of all of them.

use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::ops::Range;
use std::time::Duration;

use azlab_clock::Clock;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::cluster::{Cluster, Power};
use super::endpoint::Endpoint;
use super::error::ControlPlaneError;
use super::folder::{Folder, file};
use super::lock::Lock;
use super::planes::Host;
use super::running::{End, Running};
use crate::sandbox::Sandbox;
use crate::services::issuer::SigningKeys;

/// Between looks at the cluster in the state.
pub(super) const LOOK: Duration = Duration::from_secs(1);

/// Where API servers are. Systems take the ports of outgoing connections from above these (Linux from 32768 on, others from 49152 on,
/// unless they are told otherwise): such a connection, of any program, would hold a port that a control plane has left for a moment.
const PORTS: Range<u16> = 20_000..32_768;

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
                Ok(End::Changed(now)) => cluster = *now,
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
        self.starting();
        let port = port(&self.folder, cluster)?;
        let keys = self.signing_keys(cluster)?;
        let endpoint = self.folder.prepare(cluster, &keys, port)?;
        let cluster = Cluster { keys: keys.marks, ..cluster.clone() };
        let mut running = Running::new(self, cluster, lock, endpoint)?;
        let ended = tokio::select! {
            () = stop.cancelled() => Ok(End::Stop),
            ended = running.go() => ended,
        };
        // Before they end: another process would be told of one that is on its way out.
        Endpoint::forget(&self.folder);
        running.end().await;
        ended
    }

    /// Nobody is told of an API server before it is ready, after a rotation of keys too.
    pub fn starting(&self) {
        Endpoint::forget(&self.folder);
        self.state.send_replace(State::Starting);
    }

    /// The keys of the cluster's service accounts' tokens.
    pub fn signing_keys(&self, cluster: &Cluster) -> Result<SigningKeys, ControlPlaneError> {
        match cluster.signing_keys(&self.sandbox)? {
            Some(keys) => Ok(keys),
            None => self.folder.own_keys(),
        }
    }

    pub fn broken(&self, cluster: &Cluster, reason: String) -> ControlPlaneError {
        ControlPlaneError::Broken { cluster: cluster.name.clone(), reason, logs: self.folder.path().to_owned() }
    }
}

fn not_running(cluster: &Cluster, state: &str) -> ControlPlaneError {
    ControlPlaneError::NotRunning { cluster: cluster.name.clone(), state: state.to_owned() }
}

/// The port that it had before, if nobody has it now: kubeconfigs name it. Otherwise a free one, the first to be tried by the
/// cluster.
fn port(folder: &Folder, cluster: &Cluster) -> Result<u16, ControlPlaneError> {
    let free = |port: u16| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).and_then(|listener| listener.local_addr());
    let kept = fs::read_to_string(folder.file(file::PORT)).ok().and_then(|text| text.trim().parse().ok());
    if let Some(kept) = kept.filter(|kept| *kept != 0 && free(*kept).is_ok()) {
        return Ok(kept);
    }
    let first = (cluster.folder.as_u128() % PORTS.len() as u128) as usize;
    let found = PORTS.cycle().skip(first).take(PORTS.len()).find(|port| free(*port).is_ok());
    let port = match found {
        Some(port) => port,
        None => free(0).map_err(|error| ControlPlaneError::unread("127.0.0.1", &error))?.port(),
    };
    folder.write(file::PORT, &port.to_string())?;
    Ok(port)
}
