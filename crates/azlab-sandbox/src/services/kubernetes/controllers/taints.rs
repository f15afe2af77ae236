//! What taints do to Pods: they keep them from a node, and those of the effect NoExecute take them away from it, at once or after as
//! many seconds as a Pod tolerates them (Kubernetes, "Taints and Tolerations"; kube-controller-manager's
//! taint-eviction-controller).

use serde_json::{Value, json};

use super::super::kinds::{EVICTIONS, Kind, pods};
use super::super::object::Object;
use super::super::refusal::Refusal;
use super::super::verbs::begin_deletion;
use super::super::world::World;
use super::event::tell;
use super::write::{self, CONTROLLERS, condition};

const COMPONENT: &str = "taint-eviction-controller";
const NO_EXECUTE: &str = "NoExecute";

/// Whether no taint of a node keeps a Pod from it.
pub(super) fn admits(node: &Object, pod: &Object) -> bool {
    let keeps = |taint: &&Value| matches!(taint["effect"].as_str(), Some("NoSchedule" | NO_EXECUTE));
    taints(node).filter(keeps).all(|taint| toleration(pod, taint).is_some())
}

/// Looks at the Pods of a node whose taints may be others.
pub(super) fn look_at_node(world: &World<'_>, node: &Object) -> Result<(), Refusal> {
    for pod in world.list(pods(), "")? {
        if pod.body["spec"]["nodeName"] == node.name() {
            look_at(world, &pod, Some(node))?;
        }
    }
    Ok(())
}

/// Looks at a Pod that has come to a node, or tolerates others than before. Whether it is evicted now.
pub(super) fn look_at_pod(world: &World<'_>, pod: &Object) -> Result<bool, Refusal> {
    let Some(kind) = Kind::named("Node") else { return Ok(false) };
    let node = world.get(kind, "", pod.body["spec"]["nodeName"].as_str().unwrap_or_default())?;
    look_at(world, pod, node.as_ref())
}

/// The moment of an eviction that was put off has come.
pub(super) fn evict_at_last(world: &World<'_>, mut eviction: Object) -> Result<(), Refusal> {
    let pod = world.get(pods(), eviction.namespace(), eviction.name())?;
    world.remove(&mut eviction)?;
    match pod.filter(|pod| eviction.controller() == Some(pod.uid()) && !pod.is_deleting()) {
        Some(pod) => evict(world, &pod),
        None => Ok(()),
    }
}

fn look_at(world: &World<'_>, pod: &Object, node: Option<&Object>) -> Result<bool, Refusal> {
    if pod.is_deleting() {
        return Ok(false);
    }
    let waiting = world.get(&EVICTIONS, pod.namespace(), pod.name())?;
    let stays = match node.map_or(Stays::Forever, |node| stays(node, pod)) {
        // What was put off is not put off again, and comes no sooner.
        Stays::For(_) if waiting.is_some() => return Ok(false),
        stays => stays,
    };
    if let Some(mut waiting) = waiting {
        world.remove(&mut waiting)?;
        tell_of(world, pod, "Cancelling deletion of Pod")?;
    }
    match stays {
        Stays::Forever => Ok(false),
        Stays::For(seconds) => put_off(world, pod, seconds).map(|()| false),
        Stays::No => evict(world, pod).map(|()| true),
    }
}

/// How long a Pod stays on its node.
enum Stays {
    Forever,
    /// Seconds of the service, more than none.
    For(i64),
    No,
}

fn stays(node: &Object, pod: &Object) -> Stays {
    let mut least = Stays::Forever;
    for taint in taints(node).filter(|taint| taint["effect"] == NO_EXECUTE) {
        let Some(toleration) = toleration(pod, taint) else { return Stays::No };
        least = match (least, toleration["tolerationSeconds"].as_i64()) {
            (least, None) => least,
            (_, Some(..=0)) => return Stays::No,
            (Stays::For(least), Some(seconds)) => Stays::For(least.min(seconds)),
            (_, Some(seconds)) => Stays::For(seconds),
        };
    }
    least
}

fn taints(node: &Object) -> impl Iterator<Item = &Value> {
    node.body["spec"]["taints"].as_array().into_iter().flatten()
}

/// The first toleration of a Pod by which it tolerates a taint.
fn toleration<'a>(pod: &'a Object, taint: &Value) -> Option<&'a Value> {
    fn text<'a>(of: &'a Value, key: &str) -> &'a str {
        of[key].as_str().unwrap_or_default()
    }
    let same_or_any = |one: &Value, key: &str| text(one, key).is_empty() || text(one, key) == text(taint, key);
    pod.body["spec"]["tolerations"].as_array()?.iter().find(|one| {
        same_or_any(one, "effect")
            && same_or_any(one, "key")
            && (text(one, "operator") == "Exists"
                || !text(one, "key").is_empty() && text(one, "value") == text(taint, "value"))
    })
}

/// Notes that a Pod is to go in so many seconds. The note ends with the Pod, which owns it, or with its namespace.
fn put_off(world: &World<'_>, pod: &Object, seconds: i64) -> Result<(), Refusal> {
    let body = json!({"metadata": {
        "name": pod.name(),
        "namespace": pod.namespace(),
        "uid": world.new_uid()?.to_string(),
        "ownerReferences": [pod.as_controller()],
    }});
    let due = world.later(seconds.saturating_mul(1000));
    Ok(world.put(&mut Object { kind: &EVICTIONS, body, due: Some(due) })?)
}

fn evict(world: &World<'_>, pod: &Object) -> Result<(), Refusal> {
    tell_of(world, pod, "Marking for deletion Pod")?;
    let mut new = pod.clone();
    let message = "Taint manager: deleting due to NoExecute taint";
    condition(world, &mut new, "DisruptionTarget", true, "DeletionByTaintManager", message, false);
    write::status(world, pod, new, CONTROLLERS)?;
    match world.get(pods(), pod.namespace(), pod.name())? {
        Some(pod) => begin_deletion(world, pod),
        None => Ok(()),
    }
}

fn tell_of(world: &World<'_>, pod: &Object, what: &str) -> Result<(), Refusal> {
    let message = format!("{what} {}/{}", pod.namespace(), pod.name());
    tell(world, pod, COMPONENT, true, "TaintManagerEviction", &message)
}
