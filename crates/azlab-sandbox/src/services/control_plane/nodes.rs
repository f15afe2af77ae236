//! The nodes of a cluster as a kubelet would register them: ready, and with what their size has.

use azlab_clock::Clock;
use reqwest::Method;
use serde_json::{Value, json};
use time::format_description::well_known::Rfc3339;

use super::client::{Body, Client, ClientError};
use super::cluster::NodeOf;

/// Pods that a node takes (Azure docs, "Configure Azure CNI": 250 at most; AKS's default with overlay).
const PODS: u32 = 250;
/// Where they are; there is no network behind it.
pub(super) const ADDRESS: &str = "10.224.0.4";

/// The taint of a node that has not reported yet.
const NOT_READY: &str = "node.kubernetes.io/not-ready";

/// Registers the nodes, or brings those that are there to the state of ready ones.
pub(super) async fn register(client: &Client, nodes: &[NodeOf]) -> Result<(), ClientError> {
    for node in nodes {
        let path = format!("/api/v1/nodes/{}", node.name);
        let found = match client.send(Method::POST, "/api/v1/nodes", Body::Object, &object(node)).await {
            Err(error) if error.status() == Some(409) => client.get(&path).await?,
            made => made?,
        };
        // A new node has the taint that a kubelet's first report takes away. Other taints are whoever set them's.
        let taints = found["spec"]["taints"].as_array().cloned().unwrap_or_default();
        let left: Vec<Value> = taints.iter().filter(|taint| taint["key"] != NOT_READY).cloned().collect();
        if left.len() < taints.len() {
            client.send(Method::PATCH, &path, Body::MergePatch, &json!({"spec": {"taints": left}})).await?;
        }
        let path = format!("{path}/status");
        client.send(Method::PATCH, &path, Body::StrategicMergePatch, &json!({"status": status(node)})).await?;
    }
    Ok(())
}

/// Registers those that are new, and takes away those that are no longer.
pub(super) async fn replace(client: &Client, before: &[NodeOf], now: &[NodeOf]) -> Result<(), ClientError> {
    register(client, now).await?;
    for gone in before.iter().filter(|node| now.iter().all(|other| other.name != node.name)) {
        match client.send(Method::DELETE, &format!("/api/v1/nodes/{}", gone.name), Body::Object, &json!({})).await {
            Err(error) if error.status() != Some(404) => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

fn object(node: &NodeOf) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": node.name,
            "labels": {
                "agentpool": node.pool,
                "kubernetes.azure.com/agentpool": node.pool,
                "kubernetes.azure.com/mode": "system",
                "beta.kubernetes.io/arch": "amd64",
                "beta.kubernetes.io/os": "linux",
                "kubernetes.io/arch": "amd64",
                "kubernetes.io/hostname": node.name,
                "kubernetes.io/os": "linux",
                "node.kubernetes.io/instance-type": node.size,
            },
        },
    })
}

fn status(node: &NodeOf) -> Value {
    let now = Clock::real().now().replace_nanosecond(0).ok().and_then(|now| now.format(&Rfc3339).ok());
    let condition = |kind: &str, holds: bool, reason: &str| {
        json!({
            "type": kind,
            "status": if holds { "True" } else { "False" },
            "reason": reason,
            "message": "told by the sandbox, which has no kubelet",
            "lastHeartbeatTime": now,
            "lastTransitionTime": now,
        })
    };
    let NodeOf { cores, memory_gb, .. } = node;
    let all = json!({"cpu": cores.to_string(), "memory": format!("{memory_gb}Gi"), "ephemeral-storage": "124Gi",
                     "pods": PODS.to_string()});
    // AKS keeps 100 millicores of two cores, and memory, for the node itself ("Node resource reservations").
    let left = json!({"cpu": format!("{}m", cores * 1000 - 100), "memory": format!("{}Mi", memory_gb * 1024 * 4 / 5),
                      "ephemeral-storage": "111Gi", "pods": PODS.to_string()});
    json!({
        "capacity": all,
        "allocatable": left,
        "addresses": [
            {"type": "InternalIP", "address": ADDRESS},
            {"type": "Hostname", "address": node.name},
        ],
        "conditions": [
            condition("MemoryPressure", false, "KubeletHasSufficientMemory"),
            condition("DiskPressure", false, "KubeletHasNoDiskPressure"),
            condition("PIDPressure", false, "KubeletHasSufficientPID"),
            condition("Ready", true, "KubeletReady"),
        ],
        "nodeInfo": {
            "architecture": "amd64", "operatingSystem": "linux", "kubeletVersion": node.version, "kubeProxyVersion": "",
            "containerRuntimeVersion": "containerd://2.0.0", "osImage": "Ubuntu 22.04.5 LTS", "kernelVersion": "5.15.0-azure",
            "machineID": "", "systemUUID": "", "bootID": "",
        },
    })
}
