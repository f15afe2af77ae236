//! The only vocabulary between work and display: work emits events, reporters consume them.

mod limit_waits;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::Serialize;
use time::OffsetDateTime;
use tokio::sync::mpsc;

pub use crate::values::CheckStatus;
use crate::values::{Action, ErrorReport, LabState, ModelSelection, ResourceKind, Warning};
use azlab_clock::Clock;
pub use limit_waits::LimitWait;
pub(crate) use limit_waits::{Notes, note_wait, noting_waits};

/// The `schema` of every line of `--progress json` and `--events FILE`.
pub(crate) const SCHEMA: &str = "azlab.event/v1";

/// Something happened. Serialized as one JSON object a line.
#[derive(Clone, Debug, Serialize)]
pub struct Event {
    /// Always [`SCHEMA`].
    pub schema: &'static str,
    /// When: the service's date.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// Seconds on the service's clock since the command began, without those in which people were asked.
    pub elapsed_s: f64,
    /// The lab it belongs to, if to one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lab: Option<String>,
    /// What happened.
    #[serde(flatten)]
    pub kind: EventKind,
}

/// What happened.
///
/// On the wire, how long something took is `took_s`: `elapsed_s` is the event's own time, in the same object.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum EventKind {
    /// A command began.
    RunStarted {
        /// The subcommand.
        command: &'static str,
        /// Whether it runs against the embedded Azure.
        sandbox: bool,
        /// Service seconds per real second (1 on real Azure).
        speed: f64,
        /// The subscription id.
        subscription: String,
        /// Which credential won, for people: `az CLI`, `sandbox`.
        credential: Option<String>,
    },
    /// The sandbox is served to other tools from now on; the requests that follow are theirs.
    Serving {
        /// Where: `https://localhost:8443`.
        url: String,
        /// The directory of its state.
        directory: String,
    },
    /// A board is served from now on.
    BoardServing {
        /// Where, with its token if it has one: `http://127.0.0.1:8480/`.
        url: String,
    },
    /// A lab's work began.
    LabStarted {
        /// Its resource group.
        resource_group: String,
        /// Its location.
        location: String,
    },
    /// A lab's region turned out full: what there is of it is deleted, and it is made elsewhere.
    LabMoved {
        /// The full location.
        from: String,
        /// The next one.
        to: String,
        /// The subscription's id there.
        subscription: String,
    },
    /// A preflight check was made.
    Check {
        /// Stable id of the check.
        id: &'static str,
        /// `pass`, `warn`, `fail` or `skip`.
        status: CheckStatus,
        /// One line.
        message: String,
    },
    /// The model of a deployment was chosen by azlab. A note tells people, once for all labs.
    ModelSelected(ModelSelection),
    /// Another run is at work on the lab.
    LabBusy {
        /// Its subcommand.
        command: String,
        /// Whose run it is: `ada@laptop`.
        by: String,
        /// When it began to write.
        #[serde(with = "time::serde::rfc3339")]
        since: OffsetDateTime,
        /// Whether this run waits for its end, or continues beside it.
        waits: bool,
    },
    /// Work on a resource began: it is being looked at.
    ResourceStarted {
        /// Its kind.
        resource: ResourceKind,
        /// Its name.
        name: String,
    },
    /// A resource is being written.
    ResourceWriting {
        /// Its kind.
        resource: ResourceKind,
        /// Its name.
        name: String,
        /// Whether it is being created (true) or changed in place.
        create: bool,
        /// The fields that differ, empty on create: `kubernetes_version: 1.31 -> 1.33`.
        differences: Vec<String>,
    },
    /// The service told an intermediate status, in its own words (`ProvisioningControlPlane`).
    ResourceStatus {
        /// The resource's kind.
        resource: ResourceKind,
        /// Its name.
        name: String,
        /// The service's own word.
        status: String,
    },
    /// A resource is waiting for something that is known, such as a propagation or a conflict.
    ResourceWaiting {
        /// The resource's kind.
        resource: ResourceKind,
        /// Its name.
        name: String,
        /// Why, for people, with the service's code.
        reason: String,
        /// For how long, in service seconds, until it is tried again.
        retry_in_s: f64,
    },
    /// A resource is as it should be.
    ResourceFinished {
        /// Its kind.
        resource: ResourceKind,
        /// Its name.
        name: String,
        /// Its ARM id.
        id: String,
        /// What was done.
        action: Action,
        /// Service seconds that it took.
        #[serde(rename = "took_s")]
        elapsed_s: f64,
        /// What it waited for the service's limits, where that was noticeable (a second or more of one limit).
        #[serde(skip_serializing_if = "Vec::is_empty")]
        limits: Vec<LimitWait>,
    },
    /// Work on a resource failed.
    ResourceFailed {
        /// Its kind.
        resource: ResourceKind,
        /// Its name.
        name: String,
        /// Why.
        error: ErrorReport,
        /// As of [`Self::ResourceFinished`].
        #[serde(skip_serializing_if = "Vec::is_empty")]
        limits: Vec<LimitWait>,
    },
    /// An object of the application was applied or deleted, or, in a dry run, would be.
    AppObject {
        /// `Deployment`
        kind: &'static str,
        /// Its name.
        name: String,
        /// `created`, `updated`, `unchanged`, `kept` or `deleted`.
        action: &'static str,
    },
    /// A part of the application is waited for.
    AppWaiting {
        /// `Deployment`, `StatefulSet`, `Service`
        kind: &'static str,
        /// Its name.
        name: String,
        /// What it waits for, for people.
        reason: String,
    },
    /// A request was sent (or, by `sandbox serve`, received) and answered, or not; shown with `-v`.
    Request {
        /// The HTTP method.
        method: String,
        /// Path and query, polling URLs' signatures left out.
        path: String,
        /// The status, `None` if no answer came.
        status: Option<u16>,
        /// 1 for the first try.
        attempt: u32,
        /// Service milliseconds that it took.
        elapsed_ms: u64,
        /// `x-ms-client-request-id` of this try; empty where a client of `sandbox serve` sent none.
        client_request_id: String,
        /// `x-ms-request-id` of the answer.
        request_id: Option<String>,
        /// What went wrong, if something did.
        problem: Option<String>,
    },
    /// A try failed and another will follow.
    Retrying {
        /// The HTTP method.
        method: String,
        /// Path and query.
        path: String,
        /// Why: `429 SubscriptionRequestsThrottled`, `connection reset`.
        reason: String,
        /// Service seconds until the next try.
        retry_in_s: f64,
    },
    /// Something that people should know.
    Note {
        /// How much it matters.
        level: Level,
        /// One or more lines.
        message: String,
    },
    /// Ctrl-C was pressed once.
    Interrupted {
        /// What goes on in Azure, one item a resource: `cluster myAKSCluster: Creating`.
        continuing: Vec<String>,
        /// The command that continues.
        resume: String,
    },
    /// A lab's work ended.
    LabFinished {
        /// The state at the end.
        state: LabState,
        /// Service seconds that it took.
        #[serde(rename = "took_s")]
        elapsed_s: f64,
        /// Why it failed.
        error: Option<ErrorReport>,
    },
    /// All labs were looked at, and the work on them begins.
    RunPlanned {
        /// Service seconds that the service's limits leave of it at best, from now on, of a class.
        bound_s: f64,
    },
    /// The command ended.
    RunFinished {
        /// The exit code.
        exit_code: u8,
        /// Service seconds.
        #[serde(rename = "took_s")]
        elapsed_s: f64,
        /// Service seconds that the service's limits leave of it at best, of a class.
        #[serde(skip_serializing_if = "Option::is_none")]
        bound_s: Option<f64>,
    },
}

/// How much a note matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Good to know.
    Info,
    /// Something is not as asked.
    Warning,
}

/// Where work emits its events. Cheap to clone; emitting never blocks and never fails.
#[derive(Clone, Debug)]
pub struct Events {
    sender: mpsc::UnboundedSender<Event>,
    clock: Clock,
    start: OffsetDateTime,
    /// What people had been asked for by then, in service time.
    asked: Duration,
    lab: Option<String>,
    /// The warnings so far, of all labs.
    warnings: Arc<Mutex<Vec<Warning>>>,
}

impl Events {
    /// A sink and the stream that it fills; the command begins now.
    pub fn channel(clock: Clock) -> (Self, mpsc::UnboundedReceiver<Event>) {
        let (sender, receiver) = mpsc::unbounded_channel();
        (
            Self { sender, clock, start: clock.now(), asked: clock.asked(), lab: None, warnings: Arc::default() },
            receiver,
        )
    }

    /// The same sink, for one lab.
    #[must_use]
    pub(crate) fn for_lab(&self, lab: &str) -> Self {
        Self { lab: Some(lab.to_owned()), ..self.clone() }
    }

    /// Tells that something happened now.
    pub(crate) fn emit(&self, kind: EventKind) {
        let elapsed_s = self.elapsed().as_secs_f64();
        let event = Event { schema: SCHEMA, at: self.clock.now(), elapsed_s, lab: self.lab.clone(), kind };
        // The reporter may be gone (its pipe broke): the work goes on.
        let _ = self.sender.send(event);
    }

    /// A note for people.
    pub(crate) fn note(&self, level: Level, message: impl Into<String>) {
        let message = message.into();
        if level == Level::Warning {
            let warning = Warning { lab: self.lab.clone(), message: message.clone() };
            let mut known = self.known();
            // Whoever looks again and again says the same again.
            if !known.contains(&warning) {
                known.push(warning);
            }
        }
        self.emit(EventKind::Note { level, message });
    }

    /// The warnings of the run so far, for its result.
    pub(crate) fn warnings(&self) -> Vec<Warning> {
        self.known().clone()
    }

    fn known(&self) -> MutexGuard<'_, Vec<Warning>> {
        self.warnings.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Service time since the command began, without that in which people were asked.
    pub(crate) fn elapsed(&self) -> Duration {
        let asked = self.clock.asked().saturating_sub(self.asked);
        self.clock.since(self.start).saturating_sub(asked)
    }
}
