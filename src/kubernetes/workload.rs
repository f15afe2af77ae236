//! What the API server tells of Deployments, StatefulSets, Pods and Services, as plain values.

use std::collections::BTreeMap;

use k8s_openapi::api::apps::v1::{Deployment, StatefulSet};
use k8s_openapi::api::core::v1 as core;
use serde::de::DeserializeOwned;

use super::error::Error;
use super::kind::Kind;
use super::object::Object;

/// What makes Pods, and how far it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Workload {
    /// `Deployment`, `StatefulSet`.
    pub(crate) kind: &'static str,
    /// Its name.
    pub(crate) name: String,
    /// How many Pods it should have.
    pub(crate) desired: i32,
    /// How many of them are as it says now.
    pub(crate) updated: i32,
    /// How many of them take requests.
    pub(crate) ready: i32,
    /// How many there are, those of before among them.
    pub(crate) all: i32,
    /// Whether a controller has seen what it says now.
    pub(crate) is_observed: bool,
    /// What its controller says of it.
    pub(crate) conditions: Vec<Condition>,
    /// The labels that its Pods have.
    pub(crate) selector: BTreeMap<String, String>,
}

/// What a controller says of an object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Condition {
    /// `ReplicaFailure`, `PodScheduled`.
    pub(crate) kind: String,
    /// Whether it is so.
    pub(crate) is_true: bool,
    /// In a word: `FailedCreate`.
    pub(crate) reason: String,
    /// In words.
    pub(crate) message: String,
}

/// A Pod.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Pod {
    /// Its name.
    pub(crate) name: String,
    /// Its labels.
    pub(crate) labels: BTreeMap<String, String>,
    /// `Pending`, `Running`, `Succeeded`, `Failed`.
    pub(crate) phase: String,
    /// Why it is in that phase, if it failed: `Evicted`.
    pub(crate) reason: String,
    /// Whether it is being deleted.
    pub(crate) is_going: bool,
    /// What is said of it.
    pub(crate) conditions: Vec<Condition>,
    /// Its containers, those that run before the others first.
    pub(crate) containers: Vec<Container>,
}

/// A container of a Pod.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Container {
    /// Its name.
    pub(crate) name: String,
    /// Its image.
    pub(crate) image: String,
    /// Whether it runs, and ends, before the others begin.
    pub(crate) is_init: bool,
    /// Whether it takes requests.
    pub(crate) is_ready: bool,
    /// How often it was started again.
    pub(crate) restarts: i32,
    /// What it does now.
    pub(crate) state: State,
    /// How it ended the last time.
    pub(crate) last: Option<Ended>,
}

/// What a container does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum State {
    /// Nobody knows yet.
    #[default]
    Unknown,
    /// It waits, for a reason (`ImagePullBackOff`), told in words.
    Waiting(String, String),
    /// It runs.
    Running,
    /// It has ended.
    Ended(Ended),
}

/// How a container ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Ended {
    /// `OOMKilled`, `Error`, `Completed`.
    pub(crate) reason: String,
    /// Its exit code.
    pub(crate) exit_code: i32,
    /// What it said.
    pub(crate) message: String,
}

impl Workload {
    /// What the API server tells of a Deployment or a StatefulSet; `None` for another kind.
    ///
    /// # Errors
    /// [`Error::Answer`]
    pub(crate) fn read(object: &Object) -> Result<Option<Self>, Error> {
        match object.kind() {
            Kind::Deployment => typed(object).map(|found| Some(Self::of_deployment(found))),
            Kind::StatefulSet => typed(object).map(|found| Some(Self::of_stateful_set(found))),
            _ => Ok(None),
        }
    }

    fn of_deployment(found: Deployment) -> Self {
        let (spec, status) = (found.spec.unwrap_or_default(), found.status.unwrap_or_default());
        let conditions = status.conditions.unwrap_or_default().into_iter();
        Self {
            kind: Kind::Deployment.name(),
            name: found.metadata.name.unwrap_or_default(),
            desired: spec.replicas.unwrap_or(1),
            updated: status.updated_replicas.unwrap_or_default(),
            ready: status.available_replicas.unwrap_or_default(),
            all: status.replicas.unwrap_or_default(),
            is_observed: status.observed_generation >= found.metadata.generation,
            conditions: conditions.map(|one| condition(one.type_, &one.status, one.reason, one.message)).collect(),
            selector: spec.selector.match_labels.unwrap_or_default(),
        }
    }

    fn of_stateful_set(found: StatefulSet) -> Self {
        let (spec, status) = (found.spec.unwrap_or_default(), found.status.unwrap_or_default());
        let conditions = status.conditions.unwrap_or_default().into_iter();
        Self {
            kind: Kind::StatefulSet.name(),
            name: found.metadata.name.unwrap_or_default(),
            desired: spec.replicas.unwrap_or(1),
            updated: status.updated_replicas.unwrap_or_default(),
            ready: status.ready_replicas.unwrap_or_default(),
            all: status.replicas,
            is_observed: status.observed_generation >= found.metadata.generation,
            conditions: conditions.map(|one| condition(one.type_, &one.status, one.reason, one.message)).collect(),
            selector: spec.selector.match_labels.unwrap_or_default(),
        }
    }

    /// Whether all its Pods are as it says now and take requests, and none of before is left.
    pub(crate) fn is_available(&self) -> bool {
        self.is_observed && self.updated >= self.desired && self.ready >= self.desired && self.all <= self.desired
    }

    /// Whether `pod` is one of its own.
    pub(crate) fn has(&self, pod: &Pod) -> bool {
        !self.selector.is_empty() && self.selector.iter().all(|(key, value)| pod.labels.get(key) == Some(value))
    }

    /// What is said of it under that name.
    pub(crate) fn condition(&self, kind: &str) -> Option<&Condition> {
        self.conditions.iter().find(|one| one.kind == kind)
    }
}

impl Pod {
    /// What the API server tells of a Pod.
    ///
    /// # Errors
    /// [`Error::Answer`]
    pub(crate) fn read(object: &Object) -> Result<Self, Error> {
        let found: core::Pod = typed(object)?;
        let (spec, status) = (found.spec.unwrap_or_default(), found.status.unwrap_or_default());
        let first = statuses(spec.init_containers.unwrap_or_default(), status.init_container_statuses, true);
        let rest = statuses(spec.containers, status.container_statuses, false);
        let conditions = status.conditions.unwrap_or_default().into_iter();
        Ok(Self {
            name: found.metadata.name.unwrap_or_default(),
            labels: found.metadata.labels.unwrap_or_default(),
            phase: status.phase.unwrap_or_default(),
            reason: status.reason.unwrap_or_default(),
            is_going: found.metadata.deletion_timestamp.is_some(),
            conditions: conditions.map(|one| condition(one.type_, &one.status, one.reason, one.message)).collect(),
            containers: first.chain(rest).collect(),
        })
    }

    /// Whether it takes requests.
    pub(crate) fn is_ready(&self) -> bool {
        self.condition("Ready").is_some_and(|one| one.is_true)
    }

    /// What is said of it under that name.
    pub(crate) fn condition(&self, kind: &str) -> Option<&Condition> {
        self.conditions.iter().find(|one| one.kind == kind)
    }
}

/// The address at which a Service of a load balancer is reached from outside; `None` while it has none.
pub(crate) fn address(service: &Object) -> Option<String> {
    let first = service.body().pointer("/status/loadBalancer/ingress/0")?;
    let text = |key: &str| first.get(key)?.as_str().filter(|text| !text.is_empty());
    let host = text("ip").or_else(|| text("hostname"))?;
    let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
    let port = service.body().pointer("/spec/ports/0/port").and_then(serde_json::Value::as_u64).unwrap_or(80);
    Some(if port == 80 { format!("http://{host}") } else { format!("http://{host}:{port}") })
}

fn statuses(
    specs: Vec<core::Container>,
    statuses: Option<Vec<core::ContainerStatus>>,
    is_init: bool,
) -> impl Iterator<Item = Container> {
    let statuses = statuses.unwrap_or_default();
    specs.into_iter().map(move |spec| {
        let status = statuses.iter().find(|status| status.name == spec.name).cloned();
        let image = spec.image.unwrap_or_default();
        let Some(status) = status else {
            return Container { name: spec.name, image, is_init, ..Container::default() };
        };
        Container {
            name: spec.name,
            image,
            is_init,
            is_ready: status.ready,
            restarts: status.restart_count,
            state: status.state.map(state).unwrap_or_default(),
            last: status.last_state.and_then(|last| last.terminated).map(ended),
        }
    })
}

fn state(state: core::ContainerState) -> State {
    match (state.running, state.terminated, state.waiting) {
        (Some(_), ..) => State::Running,
        (_, Some(end), _) => State::Ended(ended(end)),
        (.., Some(wait)) => State::Waiting(wait.reason.unwrap_or_default(), wait.message.unwrap_or_default()),
        _ => State::Unknown,
    }
}

fn ended(end: core::ContainerStateTerminated) -> Ended {
    Ended { reason: end.reason.unwrap_or_default(), exit_code: end.exit_code, message: end.message.unwrap_or_default() }
}

fn condition(kind: String, status: &str, reason: Option<String>, message: Option<String>) -> Condition {
    Condition {
        kind,
        is_true: status == "True",
        reason: reason.unwrap_or_default(),
        message: message.unwrap_or_default(),
    }
}

fn typed<T: DeserializeOwned>(object: &Object) -> Result<T, Error> {
    T::deserialize(object.body())
        .map_err(|error| Error::Answer { what: object.to_string(), problem: format!("it cannot be read: {error}") })
}
