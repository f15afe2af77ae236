//! Tables, as `kubectl get` asks for them.

use serde_json::{Value, json};

use super::kinds::Kind;
use super::object::moment;
use super::request::Request;
use super::world::World;
use crate::state::timestamps::Millis;

/// What each row of a table carries of its object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    None,
    Metadata,
    Object,
}

/// The form of the table that the caller asks for, if it is a table.
pub(super) fn asked(request: &Request<'_>) -> Option<Form> {
    let first = request.accept().split(',').next().unwrap_or_default();
    let parts: Vec<&str> = first.split(';').map(str::trim).collect();
    if !(parts.contains(&"as=Table") && parts.contains(&"v=v1")) {
        return None;
    }
    Some(match request.parameter("includeObject") {
        Some("None") => Form::None,
        Some("Object") => Form::Object,
        _ => Form::Metadata,
    })
}

/// A column: its name, and 0 where it is always shown, 1 where a wide table shows it.
type Column = (&'static str, i64);

/// The table of objects of a kind.
pub(super) fn table(world: &World<'_>, kind: &Kind, items: &[Value], version: i64, form: Form) -> Value {
    let columns = columns(kind);
    let definitions: Vec<Value> = columns
        .iter()
        .map(|(name, priority)| {
            let is_name = *name == "Name";
            json!({"name": name, "type": "string", "format": if is_name { "name" } else { "" }, "description": "",
                "priority": priority})
        })
        .collect();
    let rows: Vec<Value> = items
        .iter()
        .map(|item| {
            let cells: Vec<String> = columns.iter().map(|(name, _)| cell(kind, name, item, world.now)).collect();
            let mut row = json!({"cells": cells});
            match form {
                Form::None => {}
                Form::Metadata => {
                    row["object"] = json!({
                        "kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": item["metadata"],
                    });
                }
                Form::Object => row["object"] = item.clone(),
            }
            row
        })
        .collect();
    json!({
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": {"resourceVersion": version.to_string()},
        "columnDefinitions": definitions,
        "rows": rows,
    })
}

fn columns(kind: &Kind) -> &'static [Column] {
    match kind.kind {
        "Pod" => &[
            ("Name", 0),
            ("Ready", 0),
            ("Status", 0),
            ("Restarts", 0),
            ("Age", 0),
            ("IP", 1),
            ("Node", 1),
            ("Nominated Node", 1),
            ("Readiness Gates", 1),
        ],
        "Deployment" => &[
            ("Name", 0),
            ("Ready", 0),
            ("Up-to-date", 0),
            ("Available", 0),
            ("Age", 0),
            ("Containers", 1),
            ("Images", 1),
            ("Selector", 1),
        ],
        "ReplicaSet" => &[
            ("Name", 0),
            ("Desired", 0),
            ("Current", 0),
            ("Ready", 0),
            ("Age", 0),
            ("Containers", 1),
            ("Images", 1),
            ("Selector", 1),
        ],
        "StatefulSet" => &[("Name", 0), ("Ready", 0), ("Age", 0), ("Containers", 1), ("Images", 1)],
        "Service" => &[
            ("Name", 0),
            ("Type", 0),
            ("Cluster-IP", 0),
            ("External-IP", 0),
            ("Port(s)", 0),
            ("Age", 0),
            ("Selector", 1),
        ],
        "Node" => &[
            ("Name", 0),
            ("Status", 0),
            ("Roles", 0),
            ("Age", 0),
            ("Version", 0),
            ("Internal-IP", 1),
            ("External-IP", 1),
            ("OS-Image", 1),
            ("Kernel-Version", 1),
            ("Container-Runtime", 1),
        ],
        "Namespace" => &[("Name", 0), ("Status", 0), ("Age", 0)],
        "ConfigMap" => &[("Name", 0), ("Data", 0), ("Age", 0)],
        "Secret" => &[("Name", 0), ("Type", 0), ("Data", 0), ("Age", 0)],
        "ServiceAccount" => &[("Name", 0), ("Secrets", 0), ("Age", 0)],
        "Event" => &[("Last Seen", 0), ("Type", 0), ("Reason", 0), ("Object", 0), ("Message", 0), ("Name", 1)],
        "PersistentVolumeClaim" => &[
            ("Name", 0),
            ("Status", 0),
            ("Volume", 0),
            ("Capacity", 0),
            ("Access Modes", 0),
            ("StorageClass", 0),
            ("VolumeAttributesClass", 0),
            ("Age", 0),
            ("VolumeMode", 1),
        ],
        _ => &[("Name", 0), ("Age", 0)],
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

fn or<'a>(text: &'a str, other: &'a str) -> String {
    if text.is_empty() { other.to_owned() } else { text.to_owned() }
}

fn cell(kind: &Kind, column: &str, item: &Value, now: Millis) -> String {
    let (spec, status) = (&item["spec"], &item["status"]);
    let number = |value: &Value| value.as_i64().unwrap_or_default();
    let count = |value: &Value| value.as_object().map_or(0, serde_json::Map::len).to_string();
    match (kind.kind, column) {
        (_, "Name") => text(&item["metadata"]["name"]),
        (_, "Age") => age(&item["metadata"]["creationTimestamp"], now),
        ("Pod", "Ready") => {
            let statuses = status["containerStatuses"].as_array();
            let ready = statuses.into_iter().flatten().filter(|one| one["ready"] == true).count();
            format!("{ready}/{}", spec["containers"].as_array().map_or(0, Vec::len))
        }
        ("Pod", "Status") => pod_status(item),
        ("Pod", "Restarts") => {
            let statuses = status["containerStatuses"].as_array();
            statuses.into_iter().flatten().map(|one| number(&one["restartCount"])).sum::<i64>().to_string()
        }
        ("Pod", "IP") => or(&text(&status["podIP"]), "<none>"),
        ("Pod", "Node") => or(&text(&spec["nodeName"]), "<none>"),
        ("Pod", _) => "<none>".to_owned(),
        ("Deployment" | "StatefulSet", "Ready") => {
            format!("{}/{}", number(&status["readyReplicas"]), number(&spec["replicas"]))
        }
        ("Deployment", "Up-to-date") => number(&status["updatedReplicas"]).to_string(),
        ("Deployment", "Available") => number(&status["availableReplicas"]).to_string(),
        ("ReplicaSet", "Desired") => number(&spec["replicas"]).to_string(),
        ("ReplicaSet", "Current") => number(&status["replicas"]).to_string(),
        ("ReplicaSet", "Ready") => number(&status["readyReplicas"]).to_string(),
        (_, "Containers") => of_containers(spec, "name"),
        (_, "Images") => of_containers(spec, "image"),
        ("Service", "Selector") => labels(&spec["selector"]),
        (_, "Selector") => labels(&spec["selector"]["matchLabels"]),
        ("Service", "Type") => text(&spec["type"]),
        ("Service", "Cluster-IP") => or(&text(&spec["clusterIP"]), "<none>"),
        ("Service", "External-IP") => external_address(spec, status),
        ("Service", "Port(s)") => ports(spec),
        ("Node", "Status") => {
            let conditions = status["conditions"].as_array();
            let is_ready =
                conditions.into_iter().flatten().any(|one| one["type"] == "Ready" && one["status"] == "True");
            if is_ready { "Ready" } else { "NotReady" }.to_owned()
        }
        ("Node", "Version") => text(&status["nodeInfo"]["kubeletVersion"]),
        ("Node", "Internal-IP") => text(&status["addresses"][0]["address"]),
        ("Node", "OS-Image") => text(&status["nodeInfo"]["osImage"]),
        ("Node", "Kernel-Version") => text(&status["nodeInfo"]["kernelVersion"]),
        ("Node", "Container-Runtime") => text(&status["nodeInfo"]["containerRuntimeVersion"]),
        ("Node", _) => "<none>".to_owned(),
        ("Namespace" | "PersistentVolumeClaim", "Status") => text(&status["phase"]),
        ("ConfigMap" | "Secret", "Data") => count(&item["data"]),
        ("Secret", "Type") => text(&item["type"]),
        ("ServiceAccount", "Secrets") => item["secrets"].as_array().map_or(0, Vec::len).to_string(),
        ("Event", "Last Seen") => age(&item["lastTimestamp"], now),
        ("Event", "Type") => text(&item["type"]),
        ("Event", "Reason") => text(&item["reason"]),
        ("Event", "Object") => {
            let of = &item["involvedObject"];
            format!("{}/{}", text(&of["kind"]).to_lowercase(), text(&of["name"]))
        }
        ("Event", "Message") => text(&item["message"]),
        ("PersistentVolumeClaim", "Volume") => text(&spec["volumeName"]),
        ("PersistentVolumeClaim", "Capacity") => text(&status["capacity"]["storage"]),
        ("PersistentVolumeClaim", "StorageClass") => text(&spec["storageClassName"]),
        ("PersistentVolumeClaim", "VolumeMode") => text(&spec["volumeMode"]),
        ("PersistentVolumeClaim", "Access Modes") => access_modes(&spec["accessModes"]),
        ("PersistentVolumeClaim", "VolumeAttributesClass") => "<unset>".to_owned(),
        _ => String::new(),
    }
}

fn access_modes(modes: &Value) -> String {
    let short = |mode: &Value| match mode.as_str() {
        Some("ReadWriteOnce") => "RWO",
        Some("ReadOnlyMany") => "ROX",
        Some("ReadWriteMany") => "RWX",
        _ => "RWOP",
    };
    modes.as_array().into_iter().flatten().map(short).collect::<Vec<_>>().join(",")
}

/// What is wrong with a Pod, else its phase.
fn pod_status(pod: &Value) -> String {
    if pod["metadata"]["deletionTimestamp"].is_string() {
        return "Terminating".to_owned();
    }
    let statuses = pod["status"]["containerStatuses"].as_array();
    for status in statuses.into_iter().flatten() {
        for state in ["waiting", "terminated"] {
            if let Some(reason) = status["state"][state]["reason"].as_str() {
                return reason.to_owned();
            }
        }
    }
    or(&text(&pod["status"]["reason"]), &text(&pod["status"]["phase"]))
}

fn of_containers(spec: &Value, field: &str) -> String {
    let containers = spec["template"]["spec"]["containers"].as_array();
    containers.into_iter().flatten().map(|one| text(&one[field])).collect::<Vec<_>>().join(",")
}

fn labels(labels: &Value) -> String {
    let all: Vec<String> =
        labels.as_object().into_iter().flatten().map(|(name, value)| format!("{name}={}", text(value))).collect();
    or(&all.join(","), "<none>")
}

fn external_address(spec: &Value, status: &Value) -> String {
    let ingress = status["loadBalancer"]["ingress"].as_array();
    let addresses: Vec<String> = ingress.into_iter().flatten().map(|one| text(&one["ip"])).collect();
    match spec["type"].as_str() {
        Some("LoadBalancer") => or(&addresses.join(","), "<pending>"),
        Some("ExternalName") => text(&spec["externalName"]),
        _ => "<none>".to_owned(),
    }
}

fn ports(spec: &Value) -> String {
    let ports = spec["ports"].as_array().into_iter().flatten().map(|port| {
        let node = port["nodePort"].as_i64().map(|node| format!(":{node}")).unwrap_or_default();
        format!("{}{node}/{}", port["port"], text(&port["protocol"]))
    });
    or(&ports.collect::<Vec<_>>().join(","), "<none>")
}

/// How long ago it was, as kubectl says it.
fn age(since: &Value, now: Millis) -> String {
    let Some(since) = moment(since) else { return "<unknown>".to_owned() };
    let seconds = (now - since).max(0) / 1000;
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    match () {
        () if seconds < 120 => format!("{seconds}s"),
        () if minutes < 10 && seconds % 60 > 0 => format!("{minutes}m{}s", seconds % 60),
        () if minutes < 180 => format!("{minutes}m"),
        () if hours < 8 && minutes % 60 > 0 => format!("{hours}h{}m", minutes % 60),
        () if hours < 48 => format!("{hours}h"),
        () if days < 8 && hours % 24 > 0 => format!("{days}d{}h", hours % 24),
        () => format!("{days}d"),
    }
}
