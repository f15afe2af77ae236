//! A Pod on its way: to a node, its containers up, ready.

use serde_json::{Value, json};

use super::super::object::{Object, stamp};
use super::super::refusal::Refusal;
use super::super::world::World;
use super::container::{self, Next};
use super::event::tell;
use super::schedule::node_for;
use super::taints;
use super::write::{self, condition};
use crate::state::timestamps::Millis;

const MANAGER: &str = "kubelet";
/// How long after a failure the scheduler tries again.
const AGAIN: Millis = 30_000;

pub(super) fn step(world: &World<'_>, pod: Object) -> Result<(), Refusal> {
    let mut new = pod.clone();
    if !pod.body["spec"]["nodeName"].is_string() {
        return schedule(world, pod, new);
    }
    if taints::look_at_pod(world, &pod)? {
        return Ok(());
    }
    if pod.body["status"]["startTime"].is_null() {
        begin(world, &mut new);
    }
    let mut next: Option<Millis> = None;
    let mut note = |moment: Option<Millis>| next = next.into_iter().chain(moment).min();
    let inits_done = advance_inits(world, &mut new, &mut note)?;
    if inits_done {
        advance(world, &mut new, "containers", "containerStatuses", &mut note)?;
    }
    set_conditions(world, &mut new, inits_done);
    new.due = next;
    write::status(world, &pod, new, MANAGER)
}

fn schedule(world: &World<'_>, pod: Object, mut new: Object) -> Result<(), Refusal> {
    match node_for(world, &pod)? {
        Err(why) => {
            condition(world, &mut new, "PodScheduled", false, "Unschedulable", &why, false);
            tell(world, &pod, "default-scheduler", false, "FailedScheduling", &why)?;
            new.due = Some(world.later(AGAIN));
            write::status(world, &pod, new, "kube-scheduler")
        }
        Ok(node) => {
            new.body["spec"]["nodeName"] = node.name().into();
            condition(world, &mut new, "PodScheduled", true, "", "", false);
            let address = node.body["status"]["addresses"][0]["address"].clone();
            new.status_mut().insert("hostIP".into(), address.clone());
            new.status_mut().insert("hostIPs".into(), json!([{"ip": address}]));
            let message = format!("Successfully assigned {}/{} to {}", pod.namespace(), pod.name(), node.name());
            tell(world, &pod, "default-scheduler", true, "Scheduled", &message)?;
            new.due = Some(world.later(100));
            write::status(world, &pod, new, MANAGER)
        }
    }
}

/// The kubelet takes note of the Pod.
fn begin(world: &World<'_>, pod: &mut Object) {
    let now = stamp(world.now);
    let generation = pod.generation();
    for (list, statuses, reason) in [
        ("initContainers", "initContainerStatuses", "PodInitializing"),
        ("containers", "containerStatuses", "ContainerCreating"),
    ] {
        let containers = pod.body["spec"][list].as_array().cloned().unwrap_or_default();
        let has_inits = pod.body["spec"]["initContainers"].as_array().is_some_and(|inits| !inits.is_empty());
        let reason = if has_inits { "PodInitializing" } else { reason };
        let all: Vec<Value> = containers
            .iter()
            .map(|one| {
                json!({
                    "name": one["name"], "image": one["image"], "imageID": "", "ready": false, "started": false,
                    "restartCount": 0, "state": {"waiting": {"reason": reason}}, "lastState": {},
                })
            })
            .collect();
        if !all.is_empty() {
            pod.status_mut().insert(statuses.into(), all.into());
        }
    }
    let status = pod.status_mut();
    status.insert("startTime".into(), now.into());
    status.insert("observedGeneration".into(), generation.into());
}

/// Runs the init containers, one after the other; whether all are done.
fn advance_inits(world: &World<'_>, pod: &mut Object, note: &mut impl FnMut(Option<Millis>)) -> Result<bool, Refusal> {
    let inits = pod.body["spec"]["initContainers"].as_array().cloned().unwrap_or_default();
    for (index, init) in inits.iter().enumerate() {
        let status = pod.body["status"]["initContainerStatuses"][index].clone();
        if status["state"]["terminated"]["reason"] == "Completed" {
            continue;
        }
        let begins = match index.checked_sub(1) {
            None => pod.body["status"]["startTime"].clone(),
            Some(before) => {
                pod.body["status"]["initContainerStatuses"][before]["state"]["terminated"]["finishedAt"].clone()
            }
        };
        let (new, next) = container::advance(world, pod, init, status, &begins, true)?;
        let done = new["state"]["terminated"]["reason"] == "Completed";
        pod.body["status"]["initContainerStatuses"][index] = new;
        note(next);
        if !done {
            return Ok(false);
        }
    }
    Ok(true)
}

fn advance(
    world: &World<'_>,
    pod: &mut Object,
    list: &str,
    statuses: &str,
    note: &mut impl FnMut(Option<Millis>),
) -> Result<(), Refusal> {
    let containers = pod.body["spec"][list].as_array().cloned().unwrap_or_default();
    let inits = pod.body["status"]["initContainerStatuses"].as_array();
    let last = inits.and_then(|inits| inits.last()).map(|init| init["state"]["terminated"]["finishedAt"].clone());
    let begins = last.unwrap_or_else(|| pod.body["status"]["startTime"].clone());
    for (index, of) in containers.iter().enumerate() {
        let status = pod.body["status"][statuses][index].clone();
        let (new, next): (Value, Next) = container::advance(world, pod, of, status, &begins, false)?;
        pod.body["status"][statuses][index] = new;
        note(next);
    }
    Ok(())
}

fn set_conditions(world: &World<'_>, pod: &mut Object, inits_done: bool) {
    let statuses = pod.body["status"]["containerStatuses"].as_array().cloned().unwrap_or_default();
    let runs = |one: &&Value| one["state"]["running"].is_object();
    let unready: Vec<&str> =
        statuses.iter().filter(|one| one["ready"] != true).filter_map(|one| one["name"].as_str()).collect();
    let all_ready = unready.is_empty() && !statuses.is_empty();
    let (reason, message) = match all_ready {
        true => ("", String::new()),
        false => ("ContainersNotReady", format!("containers with unready status: [{}]", unready.join(" "))),
    };
    condition(world, pod, "PodReadyToStartContainers", true, "", "", false);
    let (init_reason, init_message) = match inits_done {
        true => ("", ""),
        false => ("ContainersNotInitialized", "containers with incomplete status"),
    };
    condition(world, pod, "Initialized", inits_done, init_reason, init_message, false);
    condition(world, pod, "Ready", all_ready, reason, &message, false);
    condition(world, pod, "ContainersReady", all_ready, reason, &message, false);
    let was_up = statuses.iter().any(|one| one["restartCount"] != 0);
    let phase = if inits_done && (was_up || statuses.iter().any(|one| runs(&one))) { "Running" } else { "Pending" };
    let octets = *uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_OID, pod.uid().as_bytes()).as_bytes();
    let status = pod.status_mut();
    status.insert("phase".into(), phase.into());
    if phase == "Running" {
        let address = format!("10.244.{}.{}", octets[0], octets[1].clamp(1, 254));
        status.insert("podIP".into(), address.clone().into());
        status.insert("podIPs".into(), json!([{"ip": address}]));
    }
}
