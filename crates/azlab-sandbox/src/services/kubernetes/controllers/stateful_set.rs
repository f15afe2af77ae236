//! A stateful set has its Pods one by one, each with its name and its volumes.

use serde_json::json;

use super::super::kinds::{Kind, pods};
use super::super::object::Object;
use super::super::refusal::Refusal;
use super::super::verbs::begin_deletion;
use super::super::world::World;
use super::deployment::hash;
use super::event::tell;
use super::replica_set::{available, live_pods, set_count};
use super::write::{self, CONTROLLERS, is_ready, make};

const COMPONENT: &str = "statefulset-controller";
const REVISION: &str = "controller-revision-hash";
/// More than that many are not made.
const MOST: i64 = 100;

pub(super) fn step(world: &World<'_>, set: &Object) -> Result<(), Refusal> {
    let wanted = set.body["spec"]["replicas"].as_i64().unwrap_or(1).clamp(0, MOST);
    let revision = format!("{}-{}", set.name(), hash(&set.body["spec"]["template"]));
    let live = live_pods(world, set)?;
    let going = world.owned_by(set.uid())?.into_iter().any(|it| it.kind.kind == "Pod" && it.is_deleting());
    let of = |ordinal: i64| live.iter().find(|pod| pod.name() == format!("{}-{ordinal}", set.name()));
    let in_order = set.body["spec"]["podManagementPolicy"] != "Parallel";
    let mut again = None;
    let mut is_settled = !going;
    for ordinal in 0..wanted {
        match of(ordinal) {
            Some(pod) if is_ready(&pod.body) || !in_order => is_settled &= is_ready(&pod.body),
            Some(_) => {
                is_settled = false;
                break;
            }
            None => {
                is_settled = false;
                if let Err(refusal) = add(world, set, ordinal, &revision) {
                    tell(world, set, COMPONENT, false, "FailedCreate", &refusal.message)?;
                    again = Some(world.later(10_000));
                }
                if in_order {
                    break;
                }
            }
        }
    }
    // From the highest down: those that are too many, then one of an old template.
    let mut above: Vec<&Object> = live.iter().filter(|pod| ordinal(set, pod).is_none_or(|at| at >= wanted)).collect();
    above.sort_by_key(|pod| std::cmp::Reverse(ordinal(set, pod)));
    let is_old = |pod: &&Object| pod.body["metadata"]["labels"][REVISION] != *revision;
    let rolls = set.body["spec"]["updateStrategy"]["type"] != "OnDelete";
    let highest_old = (0..wanted).rev().filter_map(of).find(is_old).filter(|_| rolls);
    let stuck = highest_old.filter(|pod| !is_ready(&pod.body));
    let chosen = above.first().copied().or(stuck).or(if is_settled { highest_old } else { None });
    if let Some(pod) = chosen.filter(|_| !going) {
        let message = format!("delete Pod {} in StatefulSet {} successful", pod.name(), set.name());
        tell(world, set, COMPONENT, true, "SuccessfulDelete", &message)?;
        begin_deletion(world, pod.clone())?;
    }
    tell_status(world, set, &revision, again)
}

fn ordinal(set: &Object, pod: &Object) -> Option<i64> {
    pod.name().strip_prefix(set.name())?.strip_prefix('-')?.parse().ok()
}

fn add(world: &World<'_>, set: &Object, ordinal: i64, revision: &str) -> Result<(), Refusal> {
    let spec = &set.body["spec"];
    let name = format!("{}-{ordinal}", set.name());
    let mut pod_spec = spec["template"]["spec"].clone();
    for claim in spec["volumeClaimTemplates"].as_array().into_iter().flatten() {
        let volume = claim["metadata"]["name"].as_str().unwrap_or_default();
        let claim_name = format!("{volume}-{name}");
        if let Some(kind) = Kind::named("PersistentVolumeClaim")
            && world.get(kind, set.namespace(), &claim_name)?.is_none()
        {
            let labels = &spec["selector"]["matchLabels"];
            let body = json!({"metadata": {"name": claim_name, "labels": labels}, "spec": claim["spec"]});
            make(world, kind, set.namespace(), body)?;
        }
        let reference = json!({"name": volume, "persistentVolumeClaim": {"claimName": claim_name}});
        match pod_spec["volumes"].as_array_mut() {
            Some(volumes) => volumes.push(reference),
            None => pod_spec["volumes"] = json!([reference]),
        }
    }
    pod_spec["hostname"] = name.clone().into();
    pod_spec["subdomain"] = spec["serviceName"].clone();
    let mut labels = spec["template"]["metadata"]["labels"].clone();
    labels[REVISION] = revision.into();
    labels["statefulset.kubernetes.io/pod-name"] = name.clone().into();
    labels["apps.kubernetes.io/pod-index"] = ordinal.to_string().into();
    let mut metadata = json!({"name": name, "labels": labels, "ownerReferences": [set.as_controller()]});
    let annotations = &spec["template"]["metadata"]["annotations"];
    if annotations.is_object() {
        metadata["annotations"] = annotations.clone();
    }
    let pod = make(world, pods(), set.namespace(), json!({"metadata": metadata, "spec": pod_spec}))?;
    let message = format!("create Pod {} in StatefulSet {} successful", pod.name(), set.name());
    tell(world, set, COMPONENT, true, "SuccessfulCreate", &message)
}

fn tell_status(world: &World<'_>, set: &Object, revision: &str, again: Option<i64>) -> Result<(), Refusal> {
    let live = live_pods(world, set)?;
    let ready: Vec<&Object> = live.iter().filter(|pod| is_ready(&pod.body)).collect();
    let (available, next) = available(world, &ready, &set.body["spec"]["minReadySeconds"]);
    let updated = live.iter().filter(|pod| pod.body["metadata"]["labels"][REVISION] == revision).count();
    let mut new = set.clone();
    let current = match set.body["status"]["currentRevision"].as_str() {
        Some(current) if updated < live.len() => current.to_owned(),
        _ => revision.to_owned(),
    };
    let on_current = live.iter().filter(|pod| pod.body["metadata"]["labels"][REVISION] == *current).count();
    let generation = set.generation();
    let status = new.status_mut();
    status.insert("replicas".into(), live.len().into());
    status.insert("observedGeneration".into(), generation.into());
    status.insert("currentRevision".into(), current.into());
    status.insert("updateRevision".into(), revision.into());
    status.insert("collisionCount".into(), 0.into());
    status.insert("availableReplicas".into(), available.into());
    set_count(status, "readyReplicas", ready.len());
    set_count(status, "currentReplicas", on_current);
    set_count(status, "updatedReplicas", updated);
    new.due = again.into_iter().chain(next).min();
    write::status(world, set, new, CONTROLLERS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ordinal_is_what_follows_the_set_s_name() {
        let named = |kind: &str, name: &str| Object {
            kind: Kind::named(kind).unwrap(),
            body: json!({"metadata": {"name": name}}),
            due: None,
        };
        let set = named("StatefulSet", "mongo-db");
        for (name, expected) in
            [("mongo-db-0", Some(0)), ("mongo-db-12", Some(12)), ("mongo-db", None), ("mongo-1", None)]
        {
            assert_eq!(ordinal(&set, &named("Pod", name)), expected, "{name}");
        }
    }
}
