//! A run as the recipe tells it, and something to catch what is written.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use time::OffsetDateTime;

use crate::events::{CheckStatus, EventKind, Events, Level};
use crate::outcome::{Action, ErrorReport, LabState};
use crate::report::reporter::Reporter;
use crate::report::sink::LineSink;
use crate::values::{ReportOptions, ResourceKind, TerminalEnvironment};
use azlab_clock::Clock;

pub(super) const SUBSCRIPTION: &str = "11111111-2222-3333-4444-555555550001";

/// Catches what is written; clones share it.
#[derive(Clone, Debug, Default)]
pub(super) struct Caught(Arc<Mutex<Vec<u8>>>);

impl Caught {
    pub(super) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Caught {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Options of a terminal that knows UTF-8.
pub(super) fn options() -> ReportOptions {
    ReportOptions {
        is_terminal: true,
        environment: TerminalEnvironment { utf8: true, ..TerminalEnvironment::default() },
        ..ReportOptions::default()
    }
}

/// A clock that begins at the epoch, at the sandbox's speed.
pub(super) fn clock() -> Clock {
    Clock::scaled(OffsetDateTime::UNIX_EPOCH, 60.0)
}

/// Plays `script` to a reporter that writes lines; gives what it wrote.
pub(super) async fn lines<F: Future<Output = ()>>(
    options: &ReportOptions,
    script: impl FnOnce(Clock, Events) -> F,
) -> String {
    let caught = Caught::default();
    let (clock, stderr) = (clock(), LineSink::new(Box::new(caught.clone())));
    let reporter = Reporter::with(options, clock, stderr, || unreachable!("lines need no screen")).unwrap();
    let (events, receiver) = Events::channel(clock);
    tokio::join!(reporter.run(receiver), script(clock, events));
    caught.text()
}

pub(super) fn started(command: &'static str) -> EventKind {
    EventKind::RunStarted {
        command,
        sandbox: true,
        speed: 60.0,
        subscription: SUBSCRIPTION.to_owned(),
        credential: Some("sandbox".to_owned()),
    }
}

pub(super) fn looking(resource: ResourceKind, name: &str) -> EventKind {
    EventKind::ResourceStarted { resource, name: name.to_owned() }
}

pub(super) fn creating(resource: ResourceKind, name: &str) -> EventKind {
    EventKind::ResourceWriting { resource, name: name.to_owned(), create: true, differences: Vec::new() }
}

pub(super) fn status(resource: ResourceKind, name: &str, status: &str) -> EventKind {
    EventKind::ResourceStatus { resource, name: name.to_owned(), status: status.to_owned() }
}

pub(super) fn waiting(resource: ResourceKind, name: &str, reason: &str, retry_in_s: f64) -> EventKind {
    EventKind::ResourceWaiting { resource, name: name.to_owned(), reason: reason.to_owned(), retry_in_s }
}

pub(super) fn finished(resource: ResourceKind, name: &str, action: Action, elapsed_s: f64) -> EventKind {
    let id = format!("/subscriptions/{SUBSCRIPTION}/x/{name}");
    EventKind::ResourceFinished { resource, name: name.to_owned(), id, action, elapsed_s, limits: Vec::new() }
}

pub(super) fn lab_started() -> EventKind {
    EventKind::LabStarted { resource_group: "myResourceGroup".to_owned(), location: "westeurope".to_owned() }
}

pub(super) fn request() -> EventKind {
    EventKind::Request {
        method: "GET".to_owned(),
        path: format!("/subscriptions/{SUBSCRIPTION}/operations/1?api-version=2025-03-01&t=6&c=MII&s=ab&h=x"),
        status: Some(200),
        attempt: 2,
        elapsed_ms: 41,
        client_request_id: "99999999-0000-0000-0000-00000000c11e".to_owned(),
        request_id: Some("99999999-0000-0000-0000-0000000000aa".to_owned()),
        problem: None,
    }
}

pub(super) fn no_quota() -> ErrorReport {
    ErrorReport {
        code: "InsufficientQuota".to_owned(),
        message: "This operation require 30 new capacity, which is bigger than the current available capacity 8."
            .to_owned(),
        resource: Some(format!("/subscriptions/{SUBSCRIPTION}/deployments/gpt-35-turbo")),
        request_id: Some("99999999-0000-0000-0000-0000000000aa".to_owned()),
        hint: Some("azlab provision --capacity 8".to_owned()),
        retryable: false,
    }
}

/// One lab: a group that exists, a cluster whose status is told twice, an identity, a role assignment that waits, an
/// account that fails. 400 s of the service, with a silence of 40 real seconds if `silence`.
pub(super) async fn one_lab(clock: Clock, events: Events, silence: bool) {
    use ResourceKind::{Cluster, Identity, OpenaiAccount, ResourceGroup, RoleAssignment};
    let lab = events.for_lab("default");
    let after = |seconds| clock.sleep(Duration::from_secs(seconds));
    events.emit(started("provision"));
    events.emit(EventKind::Check { id: "quota", status: CheckStatus::Pass, message: "30 free".to_owned() });
    events.note(Level::Warning, "gpt-35-turbo retires soon\nsee --model auto");
    lab.emit(lab_started());
    lab.emit(looking(ResourceGroup, "myResourceGroup"));
    lab.emit(request());
    after(1).await;
    lab.emit(finished(ResourceGroup, "myResourceGroup", Action::Unchanged, 1.0));
    lab.emit(looking(Identity, "myIdentity"));
    lab.emit(looking(Cluster, "myAKSCluster"));
    lab.emit(creating(Cluster, "myAKSCluster"));
    lab.emit(creating(Identity, "myIdentity"));
    after(2).await;
    lab.emit(finished(Identity, "myIdentity", Action::Created, 2.04));
    lab.emit(looking(RoleAssignment, "openai-user"));
    lab.emit(waiting(RoleAssignment, "openai-user", "PrincipalNotFound: not known everywhere yet", 45.0));
    lab.emit(status(Cluster, "myAKSCluster", "ProvisioningControlPlane"));
    lab.emit(creating(OpenaiAccount, "myopenai1a2b3c"));
    after(7).await;
    lab.emit(status(Cluster, "myAKSCluster", "ProvisioningControlPlane"));
    let error = no_quota();
    lab.emit(EventKind::ResourceFailed {
        resource: OpenaiAccount,
        name: "myopenai1a2b3c".to_owned(),
        error,
        limits: Vec::new(),
    });
    if silence {
        after(40 * 60).await;
    }
    after(390).await;
    lab.emit(finished(Cluster, "myAKSCluster", Action::Created, 399.0));
    lab.emit(EventKind::LabFinished { state: LabState::Failed, elapsed_s: 400.0, error: Some(no_quota()) });
    events.emit(EventKind::RunFinished { exit_code: 5, elapsed_s: 400.0, bound_s: None });
}
