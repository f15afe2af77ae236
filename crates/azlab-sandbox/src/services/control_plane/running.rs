//! A control plane whose parts run: their order, what to do when one ends, and what to do when its cluster changes.

use std::time::Duration;

use azlab_clock::Clock;
use futures::future::select_all;
use tokio_util::task::AbortOnDropHandle;

use super::client::Client;
use super::cluster::{Cluster, NodeOf, Power};
use super::endpoint::Endpoint;
use super::error::ControlPlaneError;
use super::life::{LOOK, Life, State};
use super::lock::Lock;
use super::nodes;
use super::parts::Part;
use super::process::Process;
use super::stand_in;
use super::webhook::{self, Webhook};

/// How long it may take until the API server answers, on a busy machine; alone it takes 3 s.
const READY: Duration = Duration::from_secs(180);
/// Between looks at what becomes ready.
const PAUSE: Duration = Duration::from_millis(50);
/// A part that ends this often in [`WITHIN`] is not started again.
const OFTEN: usize = 5;
const WITHIN: Duration = Duration::from_secs(60);
/// How long a part that is started again at once may take to end. An API server with watches takes a minute; what it is asked at
/// other times it answers within this, and what it has written is in etcd.
const HAND_OVER: Duration = Duration::from_secs(2);
/// What a client reads when the API server is ready, and what a Pod needs in its namespace, which the controllers make.
const READYZ: &str = "/readyz";
const ACCOUNT: &str = "/api/v1/namespaces/default/serviceaccounts/default";

/// Why its parts are to end.
pub(super) enum End {
    /// The sandbox ends.
    Stop,
    /// The cluster is gone.
    Gone,
    /// The cluster does not run.
    Off(String),
    /// What it was started for has changed.
    Changed(Box<Cluster>),
}

/// What became of the cluster while its parts run.
enum Changed {
    /// They are to end.
    End(End),
    /// Its issuer has other keys.
    Keys,
}

/// The parts of a life while they run.
pub(super) struct Running<'a> {
    life: &'a Life,
    cluster: Cluster,
    lock: &'a Lock,
    endpoint: Endpoint,
    client: Client,
    processes: Vec<Process>,
    /// When parts have ended by themselves.
    ends: Vec<time::OffsetDateTime>,
}

/// What is waited for while it starts.
enum Until<'a> {
    Answers,
    /// The webhook is registered, or that of an earlier start no longer is.
    Knows(Option<&'a Webhook>),
    HasNodes(&'a [NodeOf]),
    HasServiceAccount,
    AsksWebhook,
}

impl<'a> Running<'a> {
    /// None of them runs yet.
    pub fn new(
        life: &'a Life,
        cluster: Cluster,
        lock: &'a Lock,
        endpoint: Endpoint,
    ) -> Result<Self, ControlPlaneError> {
        let client = Client::new(&endpoint).map_err(|error| life.broken(&cluster, error.to_string()))?;
        Ok(Self { life, cluster, lock, endpoint, client, processes: Vec::new(), ends: Vec::new() })
    }

    /// Starts all of it, and goes on until it is to end.
    pub async fn go(&mut self) -> Result<End, ControlPlaneError> {
        self.start(Part::Etcd)?;
        self.start(Part::ApiServer)?;
        self.wait(Until::Answers).await?;
        let webhook = self.webhook().await?;
        // Before there are controllers, so that none makes a Pod that the webhook has not seen.
        self.wait(Until::Knows(webhook.as_ref())).await?;
        // Started earlier they would find nobody, and end.
        self.start(Part::Controllers)?;
        self.start(Part::Scheduler)?;
        self.wait(Until::HasNodes(&self.cluster.nodes.clone())).await?;
        let tending = stand_in::tend(self.client.clone(), self.life.sandbox.clone());
        let _tending = AbortOnDropHandle::new(tokio::spawn(tending));
        self.wait(Until::HasServiceAccount).await?;
        if webhook.is_some() {
            self.wait(Until::AsksWebhook).await?;
        }
        self.tell_ready()?;
        loop {
            let (at, how) = tokio::select! {
                changed = changed(self.life, &self.cluster, &self.client) => match changed {
                    Changed::End(end) => return Ok(end),
                    Changed::Keys => {
                        self.take_new_keys().await?;
                        continue;
                    }
                },
                ended = first_ended(&mut self.processes) => ended,
            };
            self.again(at, how)?;
        }
    }

    /// Ends what runs, from the last to the first: none misses another while it ends.
    pub async fn end(mut self) {
        while let Some(process) = self.processes.pop() {
            process.end().await;
        }
    }

    fn tell_ready(&self) -> Result<(), ControlPlaneError> {
        self.endpoint.write(&self.life.folder)?;
        self.life.state.send_replace(State::Ready(self.endpoint.clone()));
        Ok(())
    }

    /// The webhook of workload identity, served, where the cluster has that.
    async fn webhook(&self) -> Result<Option<Webhook>, ControlPlaneError> {
        if !self.cluster.has_workload_identity {
            return Ok(None);
        }
        let served = Webhook::serve(self.life.host.dir(), self.client.clone()).await;
        served.map(Some).map_err(|reason| {
            self.life.broken(&self.cluster, format!("the webhook of workload identity cannot be served: {reason}"))
        })
    }

    /// Has the API server sign with the issuer's new key, and take tokens of the one before it as long as that holds. It reads
    /// keys when it starts, and so do the controllers, which sign the tokens of Secrets.
    async fn take_new_keys(&mut self) -> Result<(), ControlPlaneError> {
        self.life.starting();
        let keys = self.life.signing_keys(&self.cluster)?;
        self.life.folder.write_keys(&keys)?;
        self.cluster.keys = keys.marks;
        let mut ended = Vec::new();
        for part in [Part::Controllers, Part::ApiServer] {
            if let Some(at) = self.processes.iter().position(|process| process.part == part) {
                self.processes.remove(at).end_within(HAND_OVER).await;
                ended.push(part);
            }
        }
        while let Some(part) = ended.pop() {
            self.start(part)?;
            self.wait(Until::Answers).await?;
        }
        self.wait(Until::HasServiceAccount).await?;
        self.tell_ready()
    }

    fn process(&self, part: Part) -> Result<Process, ControlPlaneError> {
        let Life { host, folder, .. } = self.life;
        Process::start(part, &host.program, &self.cluster, folder, self.lock, self.endpoint.port)
    }

    fn start(&mut self, part: Part) -> Result<(), ControlPlaneError> {
        let process = self.process(part)?;
        self.processes.push(process);
        Ok(())
    }

    /// Waits until something holds; an error if it never does, or a part ends.
    async fn wait(&mut self, until: Until<'_>) -> Result<(), ControlPlaneError> {
        let (clock, client) = (Clock::real(), &self.client);
        let holds = async {
            while !until.holds(client).await {
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
        self.life.host.tell(format!("{how}; it is started again for the cluster {}", self.cluster.name));
        self.processes[at] = self.process(self.processes[at].part)?;
        Ok(())
    }
}

impl Until<'_> {
    async fn holds(&self, client: &Client) -> bool {
        match self {
            Self::Answers => client.is_well(READYZ).await,
            Self::Knows(Some(webhook)) => webhook.register(client).await.is_ok(),
            Self::Knows(None) => webhook::unregister(client).await.is_ok(),
            Self::HasNodes(nodes) => nodes::register(client, nodes).await.is_ok(),
            Self::HasServiceAccount => client.is_well(ACCOUNT).await,
            Self::AsksWebhook => webhook::is_asked(client).await,
        }
    }

    fn failed(&self) -> &'static str {
        match self {
            Self::Answers => "the API server was not ready",
            Self::Knows(_) => "the webhook of workload identity was not registered",
            Self::HasNodes(_) => "the nodes were not registered",
            Self::HasServiceAccount => "the controllers made no service account",
            Self::AsksWebhook => "the API server did not ask the webhook of workload identity",
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
async fn changed(life: &Life, cluster: &Cluster, client: &Client) -> Changed {
    let mut nodes = cluster.nodes.clone();
    loop {
        Clock::real().sleep(LOOK).await;
        let now = match Cluster::find(&life.sandbox, &cluster.id) {
            Ok(Some(now)) if now.folder == cluster.folder => now,
            Ok(_) => return Changed::End(End::Gone),
            // Another look may find it.
            Err(_) => continue,
        };
        let is_same =
            |now: &Cluster| now.issuer == cluster.issuer && now.has_workload_identity == cluster.has_workload_identity;
        match &now.power {
            Power::Off(state) => return Changed::End(End::Off(state.clone())),
            Power::On if !is_same(&now) => return Changed::End(End::Changed(Box::new(now))),
            Power::On if now.keys != cluster.keys => return Changed::Keys,
            Power::On if now.nodes != nodes && nodes::replace(client, &nodes, &now.nodes).await.is_ok() => {
                nodes = now.nodes;
            }
            Power::On => {}
        }
    }
}
