//! What a kubelet would report of a Pod next, and after how long. The containers do not exist.

use serde_json::{Value, json};

use super::stand_in::{Change, Drawn, Step};

/// How a container fares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Runs,
    /// It runs, and its probes never succeed.
    NeverReady,
    /// It takes more memory than its limit before it is ready.
    OutOfMemory,
    /// Its image cannot be pulled.
    NoImage,
}

/// From a Pod's creation until its containers run, images pulled: least and most seconds.
const START_S: (f64, f64) = (2.0, 8.0);
/// From an image that cannot be pulled until the kubelet waits longer before it tries again.
const BACK_OFF_S: f64 = 15.0;
/// From a container's start until it takes too much memory.
const FILLS_S: (f64, f64) = (4.0, 9.0);
/// The first wait before a container that ended is started again; it doubles (Kubernetes, "Pod Lifecycle").
const CRASH_S: f64 = 10.0;
const MOST_CRASH_S: f64 = 300.0;
/// Until a container of a Pod that runs to its end has ended.
const WORK_S: (f64, f64) = (2.0, 6.0);
/// From the deletion until a Pod's containers have ended.
const END_S: (f64, f64) = (0.5, 2.0);
/// A container that a signal of the kernel ended: 128 and SIGKILL.
const KILLED: i64 = 137;

/// What happens to a Pod next; `None` where nothing does.
pub(super) fn next(pod: &Value, drawn: &Drawn<'_>) -> Option<Step> {
    let (metadata, spec, status) = (&pod["metadata"], &pod["spec"], &pod["status"]);
    if spec["nodeName"].as_str().is_none_or(str::is_empty) {
        return None;
    }
    if metadata["deletionTimestamp"].is_string() {
        return Some(Step { what: "end".into(), after_s: drawn.between("end", END_S), change: Change::Delete });
    }
    if matches!(status["phase"].as_str(), Some("Succeeded" | "Failed")) {
        return None;
    }
    let containers = spec["containers"].as_array()?;
    let Some(known) = status["containerStatuses"].as_array().filter(|known| known.len() == containers.len()) else {
        let created = containers.iter().map(|container| waiting(container, 0, "ContainerCreating", None, Value::Null));
        let change = Change::Status(report(pod, created.collect(), drawn));
        return Some(Step { what: "create".into(), after_s: 0.0, change });
    };
    let steps = containers.iter().enumerate().filter_map(|(at, container)| {
        let name = container["name"].as_str()?;
        let before = known.iter().find(|one| one["name"] == name)?;
        let (what, after_s, status) = of_container(container, before, spec["restartPolicy"] == "Always", drawn)?;
        Some((at, format!("{name}/{what}"), after_s, status))
    });
    let (at, what, after_s, status) = steps.min_by(|a, b| a.2.total_cmp(&b.2))?;
    let name = &containers[at]["name"];
    let replaced = known.iter().map(|one| if one["name"] == *name { status.clone() } else { one.clone() });
    Some(Step { what, after_s, change: Change::Status(report(pod, replaced.collect(), drawn)) })
}

/// What happens to a container next: what, after how long, and its status then.
fn of_container(
    container: &Value,
    before: &Value,
    is_forever: bool,
    drawn: &Drawn<'_>,
) -> Option<(String, f64, Value)> {
    let name = container["name"].as_str().unwrap_or_default();
    let fate = drawn.fate(container);
    let restarts = before["restartCount"].as_i64().unwrap_or(0);
    let (state, last) = (&before["state"], before["lastState"].clone());
    let at = |what: &str| format!("{what}{restarts}");
    let draw = |what: &str, range| drawn.between(&format!("{name}/{what}/{restarts}"), range);
    if let Some(reason) = state["waiting"]["reason"].as_str() {
        return match (reason, fate) {
            ("ContainerCreating", Fate::NoImage) => {
                let image = container["image"].as_str().unwrap_or_default();
                let message = format!("failed to pull and unpack image \"{image}\": not found");
                Some((
                    at("pull"),
                    draw("start", START_S),
                    waiting(container, restarts, "ErrImagePull", Some(message), last),
                ))
            }
            ("ErrImagePull", Fate::NoImage) => {
                let message = format!("Back-off pulling image \"{}\"", container["image"].as_str().unwrap_or_default());
                Some((at("wait"), BACK_OFF_S, waiting(container, restarts, "ImagePullBackOff", Some(message), last)))
            }
            // Once the scenario lets it, the next try succeeds.
            (_, Fate::NoImage) => None,
            ("CrashLoopBackOff", _) => {
                let doubled = i32::try_from(restarts - 1).unwrap_or(i32::MAX).clamp(0, 10);
                let wait = (CRASH_S * f64::powi(2.0, doubled)).min(MOST_CRASH_S);
                Some((at("again"), wait, running(container, restarts, false, last, drawn)))
            }
            _ => Some((at("start"), draw("start", START_S), running(container, restarts, false, last, drawn))),
        };
    }
    if let Some(ended) = state.get("terminated").filter(|ended| ended.is_object()) {
        if !is_forever && ended["exitCode"] == 0 {
            return None;
        }
        let message = format!("back-off restarting failed container {name}");
        let again = waiting(container, restarts + 1, "CrashLoopBackOff", Some(message), json!({"terminated": ended}));
        return Some((at("crash"), 1.0, again));
    }
    let began = &state["running"]["startedAt"];
    match fate {
        Fate::OutOfMemory => {
            let ended = terminated(container, restarts, KILLED, "OOMKilled", began, last, drawn);
            Some((at("fill"), draw("fill", FILLS_S), ended))
        }
        Fate::NeverReady => None,
        _ if !is_forever => {
            let ended = terminated(container, restarts, 0, "Completed", began, last, drawn);
            Some((at("finish"), draw("finish", WORK_S), ended))
        }
        _ if before["ready"] == true => None,
        _ => {
            let mut ready = before.clone();
            ready["ready"] = true.into();
            ready["started"] = true.into();
            Some((at("ready"), until_ready(container, &draw), ready))
        }
    }
}

/// From a container's start until its probes have succeeded.
fn until_ready(container: &Value, draw: &dyn Fn(&str, (f64, f64)) -> f64) -> f64 {
    let of_probe = |name: &str| {
        let probe = container.get(name).filter(|probe| probe.is_object())?;
        let seconds = |name: &str, default: f64| probe[name].as_f64().unwrap_or(default);
        Some(seconds("initialDelaySeconds", 0.0) + draw(name, (0.0, seconds("periodSeconds", 10.0))))
    };
    ["startupProbe", "readinessProbe"].into_iter().filter_map(of_probe).sum()
}

fn container_status(container: &Value, restarts: i64, state: Value, last: Value) -> Value {
    let image = container["image"].as_str().unwrap_or_default();
    json!({
        "name": container["name"],
        "image": image,
        "imageID": "",
        "restartCount": restarts,
        "ready": false,
        "started": false,
        "state": state,
        "lastState": if last.is_object() { last } else { json!({}) },
    })
}

fn waiting(container: &Value, restarts: i64, reason: &str, message: Option<String>, last: Value) -> Value {
    container_status(container, restarts, json!({"waiting": {"reason": reason, "message": message}}), last)
}

fn running(container: &Value, restarts: i64, is_ready: bool, last: Value, drawn: &Drawn<'_>) -> Value {
    let mut status = container_status(container, restarts, json!({"running": {"startedAt": drawn.now}}), last);
    status["ready"] = is_ready.into();
    status["started"] = container["startupProbe"].is_null().into();
    status["containerID"] = id(container, restarts, drawn).into();
    status
}

fn terminated(
    container: &Value,
    restarts: i64,
    code: i64,
    reason: &str,
    began: &Value,
    last: Value,
    drawn: &Drawn<'_>,
) -> Value {
    let ended = json!({"terminated": {"exitCode": code, "reason": reason, "startedAt": began, "finishedAt": drawn.now,
                                      "containerID": id(container, restarts, drawn)}});
    container_status(container, restarts, ended, last)
}

fn id(container: &Value, restarts: i64, drawn: &Drawn<'_>) -> String {
    let name = container["name"].as_str().unwrap_or_default();
    let uid = uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_OID, format!("{}/{name}/{restarts}", drawn.uid).as_bytes());
    format!("containerd://{}", uid.simple())
}

/// The status of a Pod whose containers are so, with the conditions that a kubelet writes.
fn report(pod: &Value, containers: Vec<Value>, drawn: &Drawn<'_>) -> Value {
    let all = |holds: &dyn Fn(&Value) -> bool| containers.iter().all(holds);
    let is_ready = all(&|one| one["ready"] == true);
    let has_run = all(&|one| one["state"]["running"].is_object() || one["restartCount"] != 0);
    let is_over = all(&|one| one["state"]["terminated"]["reason"] == "Completed");
    let phase = match (is_over, has_run || containers.iter().any(|one| one["state"]["terminated"].is_object())) {
        (true, _) => "Succeeded",
        (_, true) => "Running",
        _ => "Pending",
    };
    let old = pod["status"]["conditions"].as_array();
    let condition = |kind: &str, holds: bool, reason: Option<&str>| {
        let status = if holds { "True" } else { "False" };
        let before = old.into_iter().flatten().find(|one| one["type"] == kind && one["status"] == status);
        let since = before.map_or(json!(drawn.now), |before| before["lastTransitionTime"].clone());
        json!({"type": kind, "status": status, "reason": reason, "lastTransitionTime": since})
    };
    let unready = if is_over { "PodCompleted" } else { "ContainersNotReady" };
    let reason = (!is_ready).then_some(unready);
    let conditions = [
        condition("PodReadyToStartContainers", true, None),
        condition("Initialized", true, None),
        condition("ContainersReady", is_ready, reason),
        condition("Ready", is_ready, reason),
    ];
    let init = pod["spec"]["initContainers"].as_array().into_iter().flatten().map(|container| {
        let began = json!(drawn.now);
        let mut status = terminated(container, 0, 0, "Completed", &began, Value::Null, drawn);
        status["ready"] = true.into();
        status
    });
    let began = pod["status"]["startTime"].as_str().unwrap_or(drawn.now);
    let ip = drawn.address([10, 244]);
    json!({
        "phase": phase,
        "conditions": conditions,
        "hostIP": super::nodes::ADDRESS,
        "hostIPs": [{"ip": super::nodes::ADDRESS}],
        "podIP": ip,
        "podIPs": [{"ip": ip}],
        "startTime": began,
        "initContainerStatuses": init.collect::<Vec<_>>(),
        "containerStatuses": containers,
    })
}
