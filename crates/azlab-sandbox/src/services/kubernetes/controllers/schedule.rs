//! Which node a Pod goes to.

use serde_json::Value;

use super::super::kinds::{Kind, pods};
use super::super::object::Object;
use super::super::refusal::Refusal;
use super::super::world::World;
use super::taints;
use crate::state::kubernetes::means;

/// The node for a Pod, or why there is none.
///
/// # Errors
/// When the state cannot be read.
pub(super) fn node_for(world: &World<'_>, pod: &Object) -> Result<Result<Object, String>, Refusal> {
    let Some(kind) = Kind::named("Node") else { return Ok(Err("no nodes available to schedule pods".to_owned())) };
    let nodes = world.list(kind, "")?;
    if nodes.is_empty() {
        return Ok(Err("no nodes available to schedule pods".to_owned()));
    }
    let total = nodes.len();
    let not_available = |why: &str| {
        format!(
            "0/{total} nodes are available: {total} {why}. preemption: 0/{total} nodes are available: {total} No preemption \
             victims found for incoming pod."
        )
    };
    if means(&world.settings.kubernetes.unschedulable, pod.name(), "", "") {
        return Ok(Err(not_available("Insufficient cpu")));
    }
    let wanted = pod.body["spec"]["nodeSelector"].as_object();
    let fits: Vec<&Object> = nodes
        .iter()
        .filter(|node| node.body["spec"]["unschedulable"] != true)
        .filter(|node| {
            let labels = &node.body["metadata"]["labels"];
            wanted.into_iter().flatten().all(|(name, value)| labels.get(name) == Some(value))
        })
        .collect();
    let is_free = |node: &&Object| taints::admits(node, pod);
    if !fits.is_empty() && !fits.iter().any(is_free) {
        return Ok(Err(format!(
            "0/{total} nodes are available: {total} node(s) had untolerated taint(s). preemption: 0/{total} nodes are available: \
             {total} Preemption is not helpful for scheduling."
        )));
    }
    let fits: Vec<&Object> = fits.into_iter().filter(is_free).collect();
    if fits.is_empty() {
        return Ok(Err(not_available("node(s) didn't match Pod's node affinity/selector")));
    }
    let placed = world.list(pods(), "")?;
    let mut lacking = "Insufficient cpu";
    let mut best: Option<(f64, &Object)> = None;
    for node in fits {
        let there: Vec<&Value> =
            placed.iter().map(|other| &other.body).filter(|other| other["spec"]["nodeName"] == node.name()).collect();
        let left = |what: &str| {
            let taken: f64 = there.iter().map(|other| asked_for(other, what)).sum();
            quantity(&node.body["status"]["allocatable"][what]) - taken
        };
        let (cpu, memory) = (left("cpu"), left("memory"));
        if quantity(&node.body["status"]["allocatable"]["pods"]) <= there.len() as f64 {
            lacking = "Too many pods";
        } else if asked_for(&pod.body, "memory") > memory {
            lacking = "Insufficient memory";
        } else if asked_for(&pod.body, "cpu") > cpu {
            lacking = "Insufficient cpu";
        } else if best.is_none_or(|(most, _)| cpu > most) {
            best = Some((cpu, node));
        }
    }
    Ok(best.map(|(_, node)| node.clone()).ok_or_else(|| not_available(lacking)))
}

/// What the containers of a Pod ask for together.
fn asked_for(pod: &Value, what: &str) -> f64 {
    let containers = pod["spec"]["containers"].as_array();
    containers.into_iter().flatten().map(|one| quantity(&one["resources"]["requests"][what])).sum()
}

/// A quantity as a number: `250m`, `128Mi`.
pub(super) fn quantity(value: &Value) -> f64 {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => return 0.0,
    };
    let end = text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len());
    let (number, suffix) = text.split_at(end);
    let factor = match suffix {
        "n" => 1e-9,
        "u" => 1e-6,
        "m" => 1e-3,
        "k" => 1e3,
        "M" => 1e6,
        "G" => 1e9,
        "T" => 1e12,
        "Ki" => 1024.0,
        "Mi" => 1024.0 * 1024.0,
        "Gi" => 1024.0 * 1024.0 * 1024.0,
        "Ti" => 1024.0 * 1024.0 * 1024.0 * 1024.0,
        _ => 1.0,
    };
    number.parse::<f64>().unwrap_or(0.0) * factor
}
