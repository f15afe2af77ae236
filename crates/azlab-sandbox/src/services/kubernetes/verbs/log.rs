//! `GET …/pods/{name}/log`: a few true lines of what a container does in the sandbox.

use serde_json::Value;

use super::super::object::{moment, stamp};
use super::super::refusal::Refusal;
use super::super::reply::Reply;
use super::super::request::{Address, Request};
use super::super::world::World;

pub(super) fn answer(world: &World<'_>, request: &Request<'_>, address: &Address) -> Result<Reply, Refusal> {
    let found = world.get(address.kind, &address.namespace, &address.name)?;
    let pod = found.ok_or_else(|| Refusal::not_found(address.kind, &address.name))?.body;
    if !pod["spec"]["nodeName"].is_string() {
        // No kubelet has it, and so nobody has lines.
        return Ok(Reply::text(""));
    }
    let names: Vec<&str> = ["initContainers", "containers"]
        .iter()
        .flat_map(|list| pod["spec"][list].as_array().into_iter().flatten())
        .filter_map(|container| container["name"].as_str())
        .collect();
    let asked = request.parameter("container");
    let name = match asked {
        Some(name) if names.contains(&name) => name,
        Some(name) => {
            return Err(Refusal::bad_request(format!("container {name} is not valid for pod {}", address.name)));
        }
        None if names.len() == 1 => names[0],
        None => {
            let choose = format!("choose one of: [{}]", names.join(" "));
            let message = format!("a container name must be specified for pod {}, {choose}", address.name);
            return Err(Refusal::bad_request(message));
        }
    };
    let statuses = ["initContainerStatuses", "containerStatuses"];
    let mut statuses = statuses.iter().flat_map(|list| pod["status"][list].as_array().into_iter().flatten());
    let status = statuses.find(|status| status["name"] == name).unwrap_or(&Value::Null);
    let previous = request.flag("previous");
    let state = if previous { &status["lastState"] } else { &status["state"] };
    let run = if state["running"].is_object() { &state["running"] } else { &state["terminated"] };
    let Some(started) = moment(&run["startedAt"]) else {
        let message = if previous {
            format!("previous terminated container \"{name}\" in pod \"{}\" not found", address.name)
        } else {
            let why = state["waiting"]["reason"].as_str().unwrap_or("ContainerCreating");
            let why = match why {
                "ImagePullBackOff" | "ErrImagePull" => "trying and failing to pull image",
                why => why,
            };
            format!("container \"{name}\" in pod \"{}\" is waiting to start: {why}", address.name)
        };
        return Err(Refusal::bad_request(message));
    };
    let image = status["image"].as_str().unwrap_or_default();
    let mut lines = vec![(started, format!("the sandbox runs no containers: this one stands for {image}"))];
    let containers = pod["spec"]["containers"].as_array().into_iter().flatten();
    for container in containers.filter(|container| container["name"] == name) {
        let ports: Vec<String> = container["ports"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|port| format!("{}/{}", port["containerPort"], port["protocol"].as_str().unwrap_or("TCP")))
            .collect();
        if !ports.is_empty() {
            lines.push((
                started + world.pace.span(500),
                format!("container {name} would listen on {}", ports.join(", ")),
            ));
        }
    }
    if let Some(ended) = moment(&run["finishedAt"]) {
        let why = run["reason"].as_str().unwrap_or("Error");
        lines.push((ended, format!("container {name} ended: {why}, exit code {}", run["exitCode"])));
    }
    lines.retain(|(at, _)| *at <= world.now);
    if let Some(seconds) = request.number("sinceSeconds")? {
        lines.retain(|(at, _)| *at >= world.now.saturating_sub(seconds.saturating_mul(1000)));
    }
    if let Some(time) = request.parameter("sinceTime") {
        let from = moment(&Value::from(time));
        let from = from.ok_or_else(|| Refusal::bad_request(format!("sinceTime: {time} is not a time (RFC 3339)")))?;
        lines.retain(|(at, _)| *at >= from);
    }
    if let Some(last) = request.number("tailLines")?.and_then(|last| usize::try_from(last).ok()) {
        lines.drain(..lines.len().saturating_sub(last));
    }
    let with_time = request.flag("timestamps");
    let text = lines.into_iter().map(|(at, line)| match with_time {
        true => format!("{} {line}\n", stamp(at)),
        false => format!("{line}\n"),
    });
    Ok(Reply::text(text.collect::<String>()))
}
