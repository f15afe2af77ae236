//! An embedded Azure with a command line in front of it and another tool's hands inside it.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::future::poll_fn;
use std::path::Path;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use azlab::cli::Cli;
use azlab::commands::ask::Ask;
use azlab::commands::run_options::RunOptions;
use azlab::commands::session::Prepared;
use azlab::config::Config;
use azlab::settings::LabSource;
use azlab_clock::Clock;
use azlab_sandbox::{Fault, FaultKind, SUBSCRIPTION_ID, Sandbox, Settings};
use bytes::Bytes;
use http::{Method, StatusCode};
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::macros::datetime;
use tokio_util::sync::CancellationToken;

use super::ran::Ran;
use azlab_simulation::dispatch;
use azlab_simulation::process::Process;

/// A day on which the catalogue's models are as azure-facts.md lists them.
const TODAY: OffsetDateTime = datetime!(2026-04-20 08:00 UTC);

pub const GROUP: &str = "/resourceGroups/myResourceGroup?api-version=2021-04-01";
pub const CLUSTER: &str = "/resourceGroups/myResourceGroup/providers/Microsoft.ContainerService/managedClusters/myAKSCluster?api-version=2025-08-01";
pub const IDENTITY: &str = "/resourceGroups/myResourceGroup/providers/Microsoft.ManagedIdentity/userAssignedIdentities/myIdentity?api-version=2023-01-31";

/// A sandbox in which the workshop's model can be deployed, for tests of which the model is not the subject.
pub fn selling_the_workshops_model(sandbox: Sandbox) -> Sandbox {
    sandbox.control().keep_model_open("gpt-35-turbo", "0125").expect("the catalogue has it");
    sandbox
}

/// The path of `name` below what `path` names, before the query.
pub fn child(path: &str, kind: &str, name: &str) -> String {
    path.replace('?', &format!("/{kind}/{name}?"))
}

/// The path of the federated credential `name`.
pub fn federated_credential(name: &str) -> String {
    child(IDENTITY, "federatedIdentityCredentials", name)
}

/// The path of an account in the default group.
pub fn account(name: &str) -> String {
    format!(
        "/resourceGroups/myResourceGroup/providers/Microsoft.CognitiveServices/accounts/{name}?api-version=2024-10-01"
    )
}

/// An answer of the service.
pub struct Answer {
    pub status: StatusCode,
    pub body: Value,
}

/// An embedded Azure of its own.
#[derive(Clone)]
pub struct Azure {
    pub sandbox: Sandbox,
    /// Processes started so far.
    processes: Rc<Cell<u32>>,
}

impl Azure {
    /// One whose clusters are ready after 40 s, which spares the tests most of the polls.
    pub fn new() -> Self {
        Self::with(|settings| settings.durations.cluster_create = 40.0)
    }

    /// One that takes as long as the recorded Azure.
    pub fn as_recorded() -> Self {
        Self::of(selling_the_workshops_model(Sandbox::in_memory(Clock::scaled(TODAY, 1.0)).unwrap()))
    }

    /// This one.
    pub fn of(sandbox: Sandbox) -> Self {
        Self { sandbox, processes: Rc::default() }
    }

    /// One as recorded, but for this.
    pub fn with(change: impl FnOnce(&mut Settings)) -> Self {
        let azure = Self::as_recorded();
        azure.sandbox.control().change_settings(change).expect("settings");
        azure
    }

    /// One in which a lab is ready.
    pub async fn with_lab() -> Self {
        let azure = Self::new();
        azure.provision("").await.ready();
        azure
    }

    pub fn now(&self) -> OffsetDateTime {
        self.sandbox.clock().now()
    }

    pub async fn pass(&self, seconds: f64) {
        self.sandbox.clock().sleep(Duration::from_secs_f64(seconds)).await;
    }

    /// `azlab provision` with these arguments.
    pub async fn provision(&self, arguments: &str) -> Ran {
        self.provision_until(arguments, CancellationToken::new()).await
    }

    /// The same, until Ctrl-C cancels `stop`.
    pub async fn provision_until(&self, arguments: &str, stop: CancellationToken) -> Ran {
        self.provision_asking(arguments, stop, None).await
    }

    /// The same with a file of this repository: what it names is beside it.
    pub async fn run_with_file(&self, path: &str, line: &str) -> Ran {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
        let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let file = Config::parse(&path, &text).unwrap_or_else(|error| panic!("{error}"));
        self.command(line, Some(Arc::new(file)), CancellationToken::new(), None).await
    }

    /// The same, with somebody at the terminal.
    pub async fn provision_asking(&self, arguments: &str, stop: CancellationToken, ask: Option<Ask>) -> Ran {
        self.command(&format!("provision {arguments}"), None, stop, ask).await
    }

    /// Any command line.
    pub async fn run(&self, line: &str) -> Ran {
        self.command(line, None, CancellationToken::new(), None).await
    }

    /// Any command line, where this azlab.toml is.
    pub async fn run_with(&self, file: &str, line: &str) -> Ran {
        let file = Config::parse(Path::new("azlab.toml"), file).unwrap_or_else(|error| panic!("{error}"));
        self.command(line, Some(Arc::new(file)), CancellationToken::new(), None).await
    }

    /// The same, with somebody at the terminal.
    pub async fn run_asking(&self, line: &str, ask: Option<Ask>) -> Ran {
        self.command(line, None, CancellationToken::new(), ask).await
    }

    async fn command(&self, line: &str, file: Option<Arc<Config>>, stop: CancellationToken, ask: Option<Ask>) -> Ran {
        let arguments: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        let words = std::iter::once("azlab").chain(line.split_whitespace());
        let cli = Cli::read_from(words).unwrap_or_else(|error| panic!("{line}: {error}"));
        self.processes.set(self.processes.get() + 1);
        let process = Process::start(self.processes.get());
        let options = RunOptions {
            writer: Some(process.writer("laptop")),
            if_busy: cli.global.if_busy,
            timeout: cli.global.timeout,
            ask,
            yes: cli.global.yes,
            place: azlab::settings::place(&cli, None, &arguments),
            ..RunOptions::default()
        };
        let before = self.sandbox.request_log().len();
        let prepared = Prepared::sandbox(&self.sandbox).expect("a connection to the sandbox");
        let (session, mut receiver) = prepared.begin(stop).expect("a session");
        let labs = LabSource::resolve(&cli.global, file).expect("labs").made_by(Some("somebody".into()));
        let finished = dispatch::run(&cli, &labs, &session, &options).await;
        let mut events = Vec::new();
        while let Ok(event) = receiver.try_recv() {
            events.push(event);
        }
        Ran { finished, events, log: self.sandbox.request_log().split_off(before) }
    }

    /// Any command line, where this azlab.toml is, killed as soon as the service has got its
    /// `count`th request (and has not answered it yet); `None` if it was killed.
    pub async fn killed_with(&self, file: &str, line: &str, count: usize) -> Option<Ran> {
        let before = self.sandbox.request_log().len();
        let mut run = pin!(self.run_with(file, line));
        poll_fn(|cx| match run.as_mut().poll(cx) {
            Poll::Ready(ran) => Poll::Ready(Some(ran)),
            Poll::Pending if self.sandbox.request_log().len() - before >= count => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        })
        .await
    }

    /// Runs it, and kills it after so much of the service's time; `None` if it was killed.
    pub async fn killed_after(&self, arguments: &str, seconds: f64) -> Option<Ran> {
        let limit = Duration::from_secs_f64(seconds);
        self.sandbox.clock().timeout(limit, self.provision(arguments)).await.ok()
    }

    /// Runs it, and kills it as soon as the service has got its `count`th request (and has not answered it yet).
    pub async fn killed_at_request(&self, arguments: &str, count: usize) -> Option<Ran> {
        self.command_killed_at_request(&format!("provision {arguments}"), count).await
    }

    /// The same with any command line.
    pub async fn command_killed_at_request(&self, line: &str, count: usize) -> Option<Ran> {
        let before = self.sandbox.request_log().len();
        let mut run = pin!(self.run(line));
        poll_fn(|cx| match run.as_mut().poll(cx) {
            Poll::Ready(ran) => Poll::Ready(Some(ran)),
            Poll::Pending if self.sandbox.request_log().len() - before >= count => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        })
        .await
    }

    /// Presses Ctrl-C after so much of the service's time.
    pub async fn interrupted_after(&self, arguments: &str, seconds: f64) -> Ran {
        let stop = CancellationToken::new();
        let press = async {
            self.pass(seconds).await;
            stop.cancel();
        };
        tokio::join!(self.provision_until(arguments, stop.clone()), press).0
    }

    /// What another tool (az, the portal) sends; `path` is below the subscription.
    pub async fn send(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        let request = http::Request::builder()
            .method(method)
            .uri(format!("https://management.azure.com/subscriptions/{SUBSCRIPTION_ID}{path}"))
            .header("authorization", self.sandbox.bearer().expect("a token"))
            .header("content-type", "application/json")
            .body(body.map_or_else(Bytes::new, |body| Bytes::from(body.to_string())))
            .expect("a request");
        let (parts, body) = self.sandbox.handle(request).await.into_parts();
        Answer { status: parts.status, body: serde_json::from_slice(&body).unwrap_or_default() }
    }

    /// What another tool reads.
    #[track_caller]
    pub fn get(&self, path: &str) -> impl Future<Output = Value> {
        let path = path.to_owned();
        let caller = std::panic::Location::caller();
        async move {
            let got = self.send(Method::GET, &path, None).await;
            assert!(got.status.is_success(), "{caller}: GET {path}: {} {}", got.status, got.body);
            got.body
        }
    }

    /// What another tool creates or changes.
    pub async fn put(&self, path: &str, body: Value) -> Value {
        let got = self.send(Method::PUT, path, Some(body)).await;
        assert!(got.status.is_success(), "PUT {path}: {} {}", got.status, got.body);
        got.body
    }

    /// What another tool deletes.
    pub async fn delete(&self, path: &str) {
        let got = self.send(Method::DELETE, path, None).await;
        assert!(got.status.is_success(), "DELETE {path}: {} {}", got.status, got.body);
    }

    /// What the workshop's own script makes, with names of its own: az knows no tags, draws a random account name and a
    /// random guid for the role assignment. The cluster is as small as can be.
    pub async fn made_by_az(&self) {
        self.put(GROUP, json!({"location": "westeurope", "tags": {"course": "42"}})).await;
        let cluster = json!({"location": "westeurope", "identity": {"type": "SystemAssigned"}, "properties": {
            "dnsPrefix": "lab",
            "agentPoolProfiles": [{"name": "nodepool1", "count": 1, "vmSize": "Standard_DS2_v2", "mode": "System"}],
            "oidcIssuerProfile": {"enabled": true},
            "securityProfile": {"workloadIdentity": {"enabled": true}}}});
        self.put(CLUSTER, cluster).await;
        self.put(IDENTITY, json!({"location": "westeurope"})).await;
        self.openai_account("myopenai12345", "myopenai12345").await;
        self.pass(400.0).await;
        let issuer = self.get(CLUSTER).await["properties"]["oidcIssuerProfile"]["issuerURL"].clone();
        self.put(&federated_credential("fromAz"), trust(&issuer, "system:serviceaccount:default:ai-service-account"))
            .await;
        let deployment = json!({"sku": {"name": "Standard", "capacity": 1},
            "properties": {"model": {"format": "OpenAI", "name": "gpt-35-turbo", "version": "0125"}}});
        self.put(&child(&account("myopenai12345"), "deployments", "gpt-35-turbo"), deployment).await;
        let principal = self.get(IDENTITY).await["properties"]["principalId"].clone();
        let role = format!(
            "/subscriptions/{SUBSCRIPTION_ID}/providers/Microsoft.Authorization/roleDefinitions/5e0bd9bd-7b93-4f28-af87-19fc36ad61bd"
        );
        let assignment = json!({"properties": {"roleDefinitionId": role, "principalId": principal, "principalType": "ServicePrincipal"}});
        let path = account("myopenai12345").replace(
            "?api-version=2024-10-01",
            "/providers/Microsoft.Authorization/roleAssignments/7f1de6a0-1111-4222-8333-944444444444?api-version=2022-04-01",
        );
        self.put(&path, assignment).await;
        self.pass(5.0).await;
    }

    /// An account of kind OpenAI in the default group.
    pub async fn openai_account(&self, name: &str, subdomain: &str) {
        self.put(&account(name), openai(subdomain)).await;
        self.pass(20.0).await;
    }

    /// How many of each type exist, and in which states.
    pub fn census(&self) -> BTreeMap<String, usize> {
        let inventory = self.sandbox.inventory().expect("the inventory");
        let mut census = BTreeMap::new();
        for item in &inventory.resources {
            let kind = item.resource_type.rsplit('/').next().unwrap_or_default();
            *census.entry(format!("{kind} {}", item.state)).or_default() += 1;
        }
        for _ in &inventory.soft_deleted {
            *census.entry("soft-deleted".to_owned()).or_default() += 1;
        }
        census
    }

    /// Asserts that exactly `labs` whole labs exist, and nothing else.
    #[track_caller]
    pub fn holds_exactly(&self, labs: usize) {
        assert_eq!(self.census(), Self::whole(labs));
    }

    /// Asserts that one whole lab exists, and an empty group of somebody else's.
    #[track_caller]
    pub fn holds_exactly_beside(&self, group: &str) {
        let mut wanted = Self::whole(1);
        *wanted.entry("resourcegroups Succeeded".into()).or_default() += 1;
        assert_eq!(self.census(), wanted, "beside {group}");
    }

    fn whole(labs: usize) -> BTreeMap<String, usize> {
        let wanted = [
            // Each cluster has a group for its nodes.
            ("resourcegroups Succeeded", 2),
            ("managedclusters Succeeded", 1),
            ("userassignedidentities Succeeded", 1),
            ("federatedidentitycredentials Succeeded", 1),
            ("accounts Succeeded", 1),
            ("deployments Succeeded", 1),
            ("roleassignments Succeeded", 1),
        ];
        wanted.map(|(kind, count)| (kind.to_owned(), count * labs)).into()
    }

    /// Asserts that no request of the log so far created what was there: for every id at most one PUT that was not
    /// refused.
    #[track_caller]
    pub fn nothing_was_written_twice(&self) {
        let mut written: BTreeMap<String, usize> = BTreeMap::new();
        for request in self.sandbox.request_log() {
            // Without a status its answer was lost, or nobody waited for it: it took effect.
            if request.method == Method::PUT && request.status.is_none_or(|status| status.is_success()) {
                *written.entry(request.path.to_lowercase()).or_default() += 1;
            }
        }
        let twice: Vec<_> = written.into_iter().filter(|(_, count)| *count > 1).collect();
        assert!(twice.is_empty(), "{twice:#?}");
    }

    /// Lets `times` requests go wrong from the next on.
    pub fn fault(&self, method: Method, path_contains: &str, times: usize, kind: FaultKind) {
        self.sandbox.control().inject(Fault {
            method: Some(method),
            path_contains: path_contains.into(),
            skip: 0,
            times,
            kind,
        });
    }
}

/// What an account of kind OpenAI is made with.
pub fn openai(subdomain: &str) -> Value {
    json!({"location": "westeurope", "kind": "OpenAI", "sku": {"name": "S0"}, "properties": {"customSubDomainName": subdomain}})
}

/// What a federated credential is made with.
pub fn trust(issuer: &Value, subject: &str) -> Value {
    json!({"properties": {"issuer": issuer, "subject": subject, "audiences": ["api://AzureADTokenExchange"]}})
}

/// An error answer in ARM's envelope.
pub fn refusal(status: u16, code: &str) -> FaultKind {
    refusal_that_says(status, code, &format!("{code}, says the test."))
}

/// The same with a message of one's own.
pub fn refusal_that_says(status: u16, code: &str, message: &str) -> FaultKind {
    let body = json!({"error": {"code": code, "message": message}});
    FaultKind::Respond {
        status: StatusCode::from_u16(status).expect("a status"),
        headers: vec![
            ("content-type".into(), "application/json".into()),
            ("x-ms-request-id".into(), "e0e0e0e0-0000-4000-8000-000000000001".into()),
        ],
        body: Bytes::from(body.to_string()),
    }
}
