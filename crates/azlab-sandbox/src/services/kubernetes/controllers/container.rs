//! One container: pulled, started, ready, or what comes in its way.

use serde_json::{Value, json};

use super::super::kinds::Kind;
use super::super::object::{Object, moment, stamp};
use super::super::refusal::Refusal;
use super::super::world::World;
use super::event::tell;
use super::schedule::quantity;
use crate::scenario::random::random;
use crate::state::kubernetes::means;
use crate::state::timestamps::Millis;

/// When something happens to it next.
pub(super) type Next = Option<Millis>;

/// How long pulling an image takes, from one that is near to a large one, in milliseconds (inferred).
const PULL: (f64, f64) = (1500.0, 12_000.0);
/// From its start until a process answers.
const BOOT: (f64, f64) = (500.0, 2500.0);
/// From its start until a container has used up its memory.
const FILLS: Millis = 3000;
/// How long an init container works.
const INIT: Millis = 1500;
/// Between two tries to pull an image, or to find what its environment needs: at first, and at most.
const RETRY: (Millis, Millis) = (15_000, 300_000);

/// What images need beside what they are given, in bytes: an ai-service of the store demo has 72 MiB after its imports
/// (measured; kubernetes.md), so that a limit below is its end.
const NEEDS: [(&str, f64); 1] = [("ai-service", 72.0 * 1024.0 * 1024.0)];

/// The state of a container, moved on to now; `begins` is when it is its turn.
///
/// # Errors
/// When the state cannot be read.
pub(super) fn advance(
    world: &World<'_>,
    pod: &Object,
    of: &Value,
    status: Value,
    begins: &Value,
    is_init: bool,
) -> Result<(Value, Next), Refusal> {
    let state = &status["state"];
    match state["waiting"]["reason"].as_str() {
        Some("ContainerCreating" | "PodInitializing") => create(world, pod, of, status, begins),
        Some("ErrImagePull") => {
            let image = of["image"].as_str().unwrap_or_default();
            let message = format!("Back-off pulling image \"{image}\"");
            tell(world, pod, "kubelet", true, "BackOff", &message)?;
            Ok((waiting(status, "ImagePullBackOff", &message), Some(again(world, pod))))
        }
        Some("ImagePullBackOff") => pull_again(world, pod, of, status),
        Some("CreateContainerConfigError") => start(world, pod, of, status),
        Some("CrashLoopBackOff") => restart(world, pod, of, status),
        _ if state["running"].is_object() => run(world, pod, of, status, is_init),
        _ if state["terminated"].is_object() && !is_init => back_off(world, pod, of, status),
        _ if state["terminated"].is_object() => Ok((status, None)),
        _ => Ok((waiting(status, "ContainerCreating", ""), Some(world.now))),
    }
}

fn waiting(mut status: Value, reason: &str, message: &str) -> Value {
    let mut waiting = json!({"reason": reason});
    if !message.is_empty() {
        waiting["message"] = message.into();
    }
    status["state"] = json!({"waiting": waiting});
    status["ready"] = false.into();
    status["started"] = false.into();
    status
}

/// When something that fails is tried again: the later the rarer.
fn again(world: &World<'_>, pod: &Object) -> Millis {
    let since = moment(&pod.body["status"]["startTime"]).unwrap_or(world.now);
    world.later((world.pace.served(world.now - since) / 2).clamp(RETRY.0, RETRY.1))
}

fn drawn(range: (f64, f64), what: &str) -> Millis {
    (range.0 + (range.1 - range.0) * random(what)) as Millis
}

fn is_meant(names: &[String], pod: &Object, of: &Value) -> bool {
    let text = |name: &str| of[name].as_str().unwrap_or_default();
    means(names, pod.name(), text("name"), text("image"))
}

fn create(
    world: &World<'_>,
    pod: &Object,
    of: &Value,
    status: Value,
    begins: &Value,
) -> Result<(Value, Next), Refusal> {
    let image = of["image"].as_str().unwrap_or_default();
    let pulled =
        moment(begins).unwrap_or(world.now) + world.pace.span(drawn(PULL, &format!("{}/{image}", world.cluster.key())));
    if world.now < pulled {
        tell(world, pod, "kubelet", true, "Pulling", &format!("Pulling image \"{image}\""))?;
        return Ok((status, Some(pulled)));
    }
    pull_again(world, pod, of, status)
}

fn pull_again(world: &World<'_>, pod: &Object, of: &Value, status: Value) -> Result<(Value, Next), Refusal> {
    let image = of["image"].as_str().unwrap_or_default();
    if is_meant(&world.settings.kubernetes.image_pull_fails, pod, of) {
        let message = format!(
            "failed to pull and unpack image \"{image}\": failed to resolve reference \"{image}\": {image}: not found"
        );
        tell(world, pod, "kubelet", false, "Failed", &format!("Failed to pull image \"{image}\": {message}"))?;
        return Ok((waiting(status, "ErrImagePull", &message), Some(again(world, pod))));
    }
    tell(world, pod, "kubelet", true, "Pulled", &format!("Successfully pulled image \"{image}\""))?;
    start(world, pod, of, status)
}

/// Starts a container whose image is there.
fn start(world: &World<'_>, pod: &Object, of: &Value, mut status: Value) -> Result<(Value, Next), Refusal> {
    if let Some(message) = missing(world, pod, of)? {
        tell(world, pod, "kubelet", false, "Failed", &format!("Error: {message}"))?;
        return Ok((waiting(status, "CreateContainerConfigError", &message), Some(again(world, pod))));
    }
    let name = of["name"].as_str().unwrap_or_default();
    let id = uuid::Uuid::new_v5(
        &uuid::Uuid::NAMESPACE_OID,
        format!("{}/{name}/{}", pod.uid(), status["restartCount"]).as_bytes(),
    );
    status["state"] = json!({"running": {"startedAt": stamp(world.now)}});
    status["containerID"] = format!("containerd://{}{}", id.simple(), id.simple()).into();
    status["imageID"] = of["image"].clone();
    status["started"] = of["startupProbe"].is_null().into();
    status["ready"] = false.into();
    tell(world, pod, "kubelet", true, "Started", &format!("Started container {name}"))?;
    Ok((status, Some(world.later(1))))
}

/// What a container's environment names and does not exist.
fn missing(world: &World<'_>, pod: &Object, of: &Value) -> Result<Option<String>, Refusal> {
    let mut wanted: Vec<(&str, String, Option<String>)> = Vec::new();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    for variable in of["env"].as_array().into_iter().flatten() {
        for (field, kind) in [("configMapKeyRef", "ConfigMap"), ("secretKeyRef", "Secret")] {
            let reference = &variable["valueFrom"][field];
            if reference.is_object() && reference["optional"] != true {
                wanted.push((kind, text(&reference["name"]), Some(text(&reference["key"]))));
            }
        }
    }
    for source in of["envFrom"].as_array().into_iter().flatten() {
        for (field, kind) in [("configMapRef", "ConfigMap"), ("secretRef", "Secret")] {
            let reference = &source[field];
            if reference.is_object() && reference["optional"] != true {
                wanted.push((kind, text(&reference["name"]), None));
            }
        }
    }
    for (kind, name, key) in wanted {
        let Some(of_kind) = Kind::named(kind) else { continue };
        let found = world.get(of_kind, pod.namespace(), &name)?;
        let Some(found) = found else { return Ok(Some(format!("{} \"{name}\" not found", kind.to_lowercase()))) };
        if let Some(key) = key
            && found.body["data"].get(&key).is_none()
            && found.body["binaryData"].get(&key).is_none()
        {
            return Ok(Some(format!("couldn't find key {key} in {kind} {}/{name}", pod.namespace())));
        }
    }
    Ok(None)
}

fn run(
    world: &World<'_>,
    pod: &Object,
    of: &Value,
    mut status: Value,
    is_init: bool,
) -> Result<(Value, Next), Refusal> {
    let since = moment(&status["state"]["running"]["startedAt"]).unwrap_or(world.now);
    if is_init {
        let done = since + world.pace.span(INIT);
        if world.now < done {
            return Ok((status, Some(done)));
        }
        return Ok((ended(world, status, "Completed", 0), None));
    }
    if runs_out_of_memory(world, pod, of) {
        let full = since + world.pace.span(FILLS);
        if world.now < full {
            return Ok((status, Some(full)));
        }
        return Ok((ended(world, status, "OOMKilled", 137), Some(world.later(1000))));
    }
    // From the start, in service time.
    let up = drawn(BOOT, &format!("{}/{}", pod.uid(), of["name"]));
    let startup = probed(&of["startupProbe"], 0, up);
    let ready = probed(&of["readinessProbe"], startup, up);
    let [startup, ready] = [startup, ready].map(|after| since + world.pace.span(after));
    if is_meant(&world.settings.kubernetes.never_ready, pod, of) {
        let why = "Readiness probe failed: the scenario lets it never succeed";
        tell(world, pod, "kubelet", false, "Unhealthy", why)?;
        status["started"] = true.into();
        return Ok((status, None));
    }
    status["started"] = (of["startupProbe"].is_null() || world.now >= startup).into();
    status["ready"] = (world.now >= ready).into();
    let next = [startup, ready].into_iter().filter(|at| *at > world.now).min();
    Ok((status, next))
}

/// When a probe that begins at `from` first finds a process that is up since `up`; without one, at once.
fn probed(probe: &Value, from: Millis, up: Millis) -> Millis {
    if !probe.is_object() {
        return from;
    }
    let seconds = |name: &str, least: i64| probe[name].as_i64().unwrap_or(least).clamp(least, 3600) * 1000;
    let first = from + seconds("initialDelaySeconds", 0);
    let period = seconds("periodSeconds", 1);
    let late = (up - first).max(0);
    first + (late + period - 1) / period * period
}

fn runs_out_of_memory(world: &World<'_>, pod: &Object, of: &Value) -> bool {
    if is_meant(&world.settings.kubernetes.out_of_memory, pod, of) {
        return true;
    }
    let limit = &of["resources"]["limits"]["memory"];
    let image = of["image"].as_str().unwrap_or_default();
    let last = image.rsplit('/').next().unwrap_or_default().split([':', '@']).next().unwrap_or_default();
    !limit.is_null() && NEEDS.iter().any(|(name, needs)| *name == last && quantity(limit) < *needs)
}

fn ended(world: &World<'_>, mut status: Value, reason: &str, code: i64) -> Value {
    status["state"] = json!({"terminated": {
        "exitCode": code,
        "reason": reason,
        "startedAt": status["state"]["running"]["startedAt"],
        "finishedAt": stamp(world.now),
        "containerID": status["containerID"],
    }});
    status["ready"] = (code == 0).into();
    status["started"] = false.into();
    status
}

/// How long after its end a container that has been restarted so often begins again.
fn pause(restarts: i64) -> Millis {
    10_000 * (1 << restarts.clamp(0, 5)).min(30)
}

fn back_off(world: &World<'_>, pod: &Object, of: &Value, mut status: Value) -> Result<(Value, Next), Refusal> {
    let name = of["name"].as_str().unwrap_or_default();
    let restarts = status["restartCount"].as_i64().unwrap_or_default();
    let seconds = pause(restarts) / 1000;
    status["lastState"] = json!({"terminated": status["state"]["terminated"]});
    let message = format!(
        "back-off {seconds}s restarting failed container={name} pod={}_{}({})",
        pod.name(),
        pod.namespace(),
        pod.uid()
    );
    tell(
        world,
        pod,
        "kubelet",
        false,
        "BackOff",
        &format!("Back-off restarting failed container {name} in pod {}", pod.name()),
    )?;
    Ok((waiting(status, "CrashLoopBackOff", &message), Some(world.later(pause(restarts)))))
}

fn restart(world: &World<'_>, pod: &Object, of: &Value, mut status: Value) -> Result<(Value, Next), Refusal> {
    let restarts = status["restartCount"].as_i64().unwrap_or_default();
    let ended = moment(&status["lastState"]["terminated"]["finishedAt"]).unwrap_or(world.now);
    let at = ended + world.pace.span(1000 + pause(restarts));
    if world.now < at {
        return Ok((status, Some(at)));
    }
    status["restartCount"] = (restarts + 1).into();
    start(world, pod, of, status)
}
