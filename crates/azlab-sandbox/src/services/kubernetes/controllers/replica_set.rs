//! A replica set has as many Pods as it should.

use serde_json::{Value, json};

use super::super::kinds::pods;
use super::super::object::{Object, moment};
use super::super::refusal::Refusal;
use super::super::verbs::begin_deletion;
use super::super::world::World;
use super::event::tell;
use super::write::{self, CONTROLLERS, condition, found_condition, is_ready, make, without_condition};
use crate::state::timestamps::Millis;

const COMPONENT: &str = "replicaset-controller";
/// So many Pods a replica set makes at a time.
const BATCH: i64 = 50;
/// So many Pods a cluster of the sandbox has at most.
const MOST_PODS: usize = 1000;
/// How long after a Pod was refused the next try comes.
const AGAIN: Millis = 10_000;

pub(super) fn step(world: &World<'_>, set: &Object) -> Result<(), Refusal> {
    let wanted = set.body["spec"]["replicas"].as_i64().unwrap_or(1).max(0);
    let mut live = live_pods(world, set)?;
    let have = i64::try_from(live.len()).unwrap_or(i64::MAX);
    let mut failure = None;
    let mut again = None;
    if have < wanted {
        failure = add(world, set, (wanted - have).min(BATCH))?;
        again = match &failure {
            Some(_) => Some(world.later(AGAIN)),
            None => (wanted - have > BATCH).then_some(world.later(1000)),
        };
    } else if have > wanted {
        // Those that are not ready go first, then the youngest.
        live.sort_by_key(|pod| (is_ready(&pod.body), std::cmp::Reverse(pod.version())));
        for pod in live.drain(..usize::try_from(have - wanted).unwrap_or_default()) {
            tell(world, set, COMPONENT, true, "SuccessfulDelete", &format!("Deleted pod: {}", pod.name()))?;
            begin_deletion(world, pod)?;
        }
    }
    let mut new = set.clone();
    new.due = again;
    let next = count(world, set, &mut new)?;
    match failure {
        Some(message) => {
            tell(world, set, COMPONENT, false, "FailedCreate", &format!("Error creating: {message}"))?;
            condition(world, &mut new, "ReplicaFailure", true, "FailedCreate", &message, false);
        }
        None if have >= wanted || found_condition(&set.body, "ReplicaFailure").is_some() => {
            without_condition(&mut new, "ReplicaFailure");
        }
        None => {}
    }
    new.due = new.due.into_iter().chain(next).min();
    write::status(world, set, new, CONTROLLERS)
}

/// The Pods of an owner that are there to stay.
pub(super) fn live_pods(world: &World<'_>, owner: &Object) -> Result<Vec<Object>, Refusal> {
    let mut owned = world.owned_by(owner.uid())?;
    owned.retain(|it| it.kind.kind == "Pod" && !it.is_deleting());
    Ok(owned)
}

/// Makes Pods; why one cannot be made.
fn add(world: &World<'_>, set: &Object, count: i64) -> Result<Option<String>, Refusal> {
    let there = world.list(pods(), "")?.len();
    for index in 0..count {
        if there + usize::try_from(index).unwrap_or_default() >= MOST_PODS {
            return Ok(Some(format!("the sandbox keeps at most {MOST_PODS} Pods of a cluster")));
        }
        let mut metadata = json!({
            "generateName": format!("{}-", set.name()),
            "ownerReferences": [set.as_controller()],
        });
        let template = &set.body["spec"]["template"];
        for part in ["labels", "annotations"] {
            if !template["metadata"][part].is_null() {
                metadata[part] = template["metadata"][part].clone();
            }
        }
        let body = json!({"metadata": metadata, "spec": template["spec"]});
        match make(world, pods(), set.namespace(), body) {
            Ok(pod) => {
                tell(world, set, COMPONENT, true, "SuccessfulCreate", &format!("Created pod: {}", pod.name()))?;
            }
            Err(refusal) if refusal.code == 500 && refusal.reason == "InternalError" => return Err(refusal),
            Err(refusal) => return Ok(Some(refusal.message)),
        }
    }
    Ok(None)
}

/// Counts the Pods into the status; when the count changes by itself.
fn count(world: &World<'_>, set: &Object, new: &mut Object) -> Result<Option<Millis>, Refusal> {
    let live = live_pods(world, set)?;
    let ready: Vec<&Object> = live.iter().filter(|pod| is_ready(&pod.body)).collect();
    let (available, next) = available(world, &ready, &set.body["spec"]["minReadySeconds"]);
    let generation = set.generation();
    let status = new.status_mut();
    status.insert("replicas".into(), live.len().into());
    status.insert("observedGeneration".into(), generation.into());
    for (name, count) in
        [("fullyLabeledReplicas", live.len()), ("readyReplicas", ready.len()), ("availableReplicas", available)]
    {
        set_count(status, name, count);
    }
    Ok(next)
}

/// A count that is left out where it is none.
pub(super) fn set_count(status: &mut serde_json::Map<String, Value>, name: &str, count: usize) {
    match count {
        0 => _ = status.remove(name),
        count => _ = status.insert(name.into(), count.into()),
    }
}

/// How many of the ready Pods have been so for long enough, and when the next one has.
pub(super) fn available(world: &World<'_>, ready: &[&Object], least: &Value) -> (usize, Option<Millis>) {
    let least = least.as_i64().unwrap_or_default().clamp(0, 86_400) * 1000;
    let least = world.pace.span(least);
    let since = |pod: &Object| found_condition(&pod.body, "Ready").and_then(|one| moment(&one["lastTransitionTime"]));
    let at: Vec<Millis> = ready.iter().map(|pod| since(pod).unwrap_or(world.now) + least).collect();
    let available = at.iter().filter(|at| **at <= world.now).count();
    (available, at.into_iter().filter(|at| *at > world.now).min())
}
