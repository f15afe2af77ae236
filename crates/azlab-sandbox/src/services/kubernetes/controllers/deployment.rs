//! A deployment has its Pods of the newest template, by way of replica sets.

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::super::kinds::replica_sets;
use super::super::object::{Object, moment};
use super::super::refusal::Refusal;
use super::super::verbs::begin_deletion;
use super::super::world::World;
use super::event::tell;
use super::replica_set::set_count;
use super::rolling::{self, Scaling};
use super::write::{self, CONTROLLERS, condition, found_condition, make, without_condition};

/// The label by which replica sets of one deployment are told apart.
pub(super) const HASH: &str = "pod-template-hash";
const REVISION: &str = "deployment.kubernetes.io/revision";
const COMPONENT: &str = "deployment-controller";

pub(super) fn step(world: &World<'_>, deployment: &Object) -> Result<(), Refusal> {
    let mut sets = world.owned_by(deployment.uid())?;
    sets.retain(|it| it.kind.kind == "ReplicaSet" && !it.is_deleting());
    sets.sort_by_key(|set| (revision(&set.body), set.version()));
    let template = &deployment.body["spec"]["template"];
    let newest = sets.iter().position(|set| bare_template(&set.body["spec"]["template"]) == *template);
    let (newest, is_new) = match newest {
        Some(at) => (sets.remove(at), false),
        None => match begin(world, deployment, &sets) {
            Ok(set) => (set, true),
            Err(refusal) => return refused(world, deployment, &refusal),
        },
    };
    let newest = renumber(world, newest, &sets)?;
    let scaling = Scaling { deployment, newest, old: sets };
    let scaling = if deployment.body["spec"]["paused"] == true { scaling } else { rolling::advance(world, scaling)? };
    clean_up(world, &scaling)?;
    tell_status(world, &scaling, is_new)
}

/// A template without the label that tells replica sets apart.
fn bare_template(template: &Value) -> Value {
    let mut template = template.clone();
    if let Some(labels) = template.pointer_mut("/metadata/labels").and_then(Value::as_object_mut) {
        labels.remove(HASH);
    }
    template
}

fn revision(body: &Value) -> i64 {
    body["metadata"]["annotations"][REVISION].as_str().and_then(|text| text.parse().ok()).unwrap_or_default()
}

/// Ten letters and digits that follow from a template.
pub(super) fn hash(template: &Value) -> String {
    const LETTERS: &[u8] = b"bcdf456789";
    let digest = Sha256::digest(template.to_string().as_bytes());
    digest.iter().take(10).map(|byte| char::from(LETTERS[usize::from(*byte) % LETTERS.len()])).collect()
}

fn begin(world: &World<'_>, deployment: &Object, old: &[Object]) -> Result<Object, Refusal> {
    let spec = &deployment.body["spec"];
    let hash = hash(&spec["template"]);
    let mut template = spec["template"].clone();
    let mut selector = spec["selector"].clone();
    let mut labels = template["metadata"]["labels"].clone();
    labels[HASH] = hash.clone().into();
    template["metadata"]["labels"] = labels.clone();
    if !selector["matchLabels"].is_object() {
        selector["matchLabels"] = json!({});
    }
    selector["matchLabels"][HASH] = hash.clone().into();
    let wanted = spec["replicas"].as_i64().unwrap_or(1);
    let total: i64 = old.iter().map(|set| set.body["spec"]["replicas"].as_i64().unwrap_or_default()).sum();
    let is_recreated = spec["strategy"]["type"] == "Recreate" && total > 0;
    let room = (wanted + rolling::surge(deployment) - total).max(0);
    let replicas = if is_recreated { 0 } else { wanted.min(room) };
    let number = old.iter().map(|set| revision(&set.body)).max().unwrap_or_default() + 1;
    let body = json!({
        "metadata": {
            "name": format!("{}-{hash}", deployment.name()),
            "labels": labels,
            "annotations": {
                REVISION: number.to_string(),
                "deployment.kubernetes.io/desired-replicas": wanted.to_string(),
                "deployment.kubernetes.io/max-replicas": (wanted + rolling::surge(deployment)).to_string(),
            },
            "ownerReferences": [deployment.as_controller()],
        },
        "spec": {
            "replicas": replicas,
            "selector": selector,
            "template": template,
            "minReadySeconds": spec["minReadySeconds"],
        },
    });
    let set = make(world, replica_sets(), deployment.namespace(), body)?;
    if replicas > 0 {
        let message = format!("Scaled up replica set {} from 0 to {replicas}", set.name());
        tell(world, deployment, COMPONENT, true, "ScalingReplicaSet", &message)?;
    }
    Ok(set)
}

/// A template that is used again is the newest revision again.
fn renumber(world: &World<'_>, set: Object, old: &[Object]) -> Result<Object, Refusal> {
    let highest = old.iter().map(|set| revision(&set.body)).max().unwrap_or_default();
    if revision(&set.body) > highest {
        return Ok(set);
    }
    let mut body = set.body.clone();
    body["metadata"]["annotations"][REVISION] = (highest + 1).to_string().into();
    write::update(world, &set, body)
}

fn refused(world: &World<'_>, deployment: &Object, refusal: &Refusal) -> Result<(), Refusal> {
    let mut new = deployment.clone();
    condition(world, &mut new, "Progressing", false, "ReplicaSetCreateError", &refusal.message, true);
    new.status_mut().insert("observedGeneration".into(), deployment.generation().into());
    new.due = Some(world.later(10_000));
    write::status(world, deployment, new, CONTROLLERS)
}

/// Deletes replica sets that nobody will go back to.
fn clean_up(world: &World<'_>, scaling: &Scaling<'_>) -> Result<(), Refusal> {
    let kept = scaling.deployment.body["spec"]["revisionHistoryLimit"].as_i64().unwrap_or(10).max(0);
    let idle: Vec<&Object> = scaling
        .old
        .iter()
        .filter(|set| set.body["spec"]["replicas"] == 0 && set.body["status"]["replicas"] == 0)
        .collect();
    let gone = idle.len().saturating_sub(usize::try_from(kept).unwrap_or(usize::MAX));
    for set in idle.into_iter().take(gone) {
        begin_deletion(world, set.clone())?;
    }
    Ok(())
}

fn tell_status(world: &World<'_>, scaling: &Scaling<'_>, is_new: bool) -> Result<(), Refusal> {
    let (deployment, newest) = (scaling.deployment, &scaling.newest);
    let spec = &deployment.body["spec"];
    let wanted = spec["replicas"].as_i64().unwrap_or(1);
    let count = |set: &Object, name: &str| set.body["status"][name].as_i64().unwrap_or_default();
    let sum = |name: &str| scaling.all().map(|set| count(set, name)).sum::<i64>();
    let (total, updated) = (sum("replicas"), count(newest, "replicas"));
    let (ready, available) = (sum("readyReplicas"), sum("availableReplicas"));
    let mut new = deployment.clone();
    let old_status = deployment.body["status"].clone();
    let status = new.status_mut();
    status.insert("observedGeneration".into(), deployment.generation().into());
    for (name, count) in [
        ("replicas", total),
        ("updatedReplicas", updated),
        ("readyReplicas", ready),
        ("availableReplicas", available),
        ("unavailableReplicas", (wanted.max(total) - available).max(0)),
    ] {
        set_count(status, name, usize::try_from(count).unwrap_or_default());
    }
    let is_enough = available >= wanted - rolling::unavailable(deployment);
    let (reason, message) = match is_enough {
        true => ("MinimumReplicasAvailable", "Deployment has minimum availability."),
        false => ("MinimumReplicasUnavailable", "Deployment does not have minimum availability."),
    };
    condition(world, &mut new, "Available", is_enough, reason, message, true);
    match found_condition(&newest.body, "ReplicaFailure") {
        Some(failure) => {
            let message = failure["message"].as_str().unwrap_or_default().to_owned();
            condition(world, &mut new, "ReplicaFailure", true, "FailedCreate", &message, true);
        }
        None => without_condition(&mut new, "ReplicaFailure"),
    }
    let name = newest.name();
    let is_complete = updated == wanted && total == wanted && available == wanted;
    let advanced = ["replicas", "updatedReplicas", "readyReplicas", "availableReplicas"]
        .iter()
        .any(|name| old_status[*name] != new.body["status"][*name]);
    let progress = found_condition(&deployment.body, "Progressing").cloned().unwrap_or_default();
    let deadline = spec["progressDeadlineSeconds"].as_i64().unwrap_or(600).clamp(1, 1_000_000) * 1000;
    let deadline = world.pace.span(deadline);
    let late = moment(&progress["lastUpdateTime"]).map(|since| since + world.pace.hidden() + deadline);
    if is_complete {
        let message = format!("ReplicaSet \"{name}\" has successfully progressed.");
        condition(world, &mut new, "Progressing", true, "NewReplicaSetAvailable", &message, true);
    } else if is_new || progress.is_null() {
        let message = format!("Created new replica set \"{name}\"");
        condition(world, &mut new, "Progressing", true, "NewReplicaSetCreated", &message, true);
        new.due = Some(world.now + deadline);
    } else if !advanced && progress["reason"] != "NewReplicaSetAvailable" && late.is_some_and(|late| late <= world.now)
    {
        let message = format!("ReplicaSet \"{name}\" has timed out progressing.");
        condition(world, &mut new, "Progressing", false, "ProgressDeadlineExceeded", &message, true);
    } else if advanced || progress["reason"] == "NewReplicaSetAvailable" {
        if progress["reason"] != "ProgressDeadlineExceeded" || advanced {
            let message = format!("ReplicaSet \"{name}\" is progressing.");
            condition(world, &mut new, "Progressing", true, "ReplicaSetUpdated", &message, true);
            touch(world, &mut new);
        }
        new.due = Some(world.now + deadline);
    } else {
        new.due = late.filter(|late| *late > world.now);
    }
    let number = newest.body["metadata"]["annotations"][REVISION].clone();
    if new.body["metadata"]["annotations"][REVISION] != number {
        if !new.body["metadata"]["annotations"].is_object() {
            new.body["metadata"]["annotations"] = json!({});
        }
        new.body["metadata"]["annotations"][REVISION] = number;
    }
    write::status(world, deployment, new, CONTROLLERS)
}

/// Progress was made, although nothing else of the condition is new.
fn touch(world: &World<'_>, new: &mut Object) {
    let now = super::super::object::stamp(world.now);
    let conditions = new.status_mut().get_mut("conditions").and_then(Value::as_array_mut);
    for one in conditions.into_iter().flatten().filter(|one| one["type"] == "Progressing") {
        one["lastUpdateTime"] = now.clone().into();
    }
}
