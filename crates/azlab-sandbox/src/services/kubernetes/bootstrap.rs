//! What a new cluster has: its namespaces, their service accounts, the API server's own service, its nodes.

use serde_json::{Value, json};

use super::kinds::Kind;
use super::object::{Object, stamp};
use super::prepare;
use super::refusal::Refusal;
use super::world::World;

/// The namespaces that every cluster has.
const NAMESPACES: [&str; 4] = ["default", "kube-node-lease", "kube-public", "kube-system"];

/// Makes what a cluster begins with.
pub(super) fn begin(world: &World<'_>) -> Result<(), Refusal> {
    for name in NAMESPACES {
        let metadata = json!({"name": name, "labels": {"kubernetes.io/metadata.name": name}});
        put(world, "Namespace", json!({"metadata": metadata}))?;
        fill_namespace(world, name)?;
    }
    let service = json!({
        "metadata": {
            "name": "kubernetes",
            "namespace": "default",
            "labels": {"component": "apiserver", "provider": "kubernetes"},
        },
        "spec": {
            "type": "ClusterIP", "clusterIP": "10.0.0.1", "clusterIPs": ["10.0.0.1"], "ipFamilies": ["IPv4"],
            "ipFamilyPolicy": "SingleStack", "sessionAffinity": "None", "internalTrafficPolicy": "Cluster",
            "ports": [{"name": "https", "port": 443, "protocol": "TCP", "targetPort": 443}],
        },
    });
    put(world, "Service", service)?;
    sync_nodes(world)
}

/// What every namespace gets: a service account, and the authority of the cluster's API server.
pub(super) fn fill_namespace(world: &World<'_>, namespace: &str) -> Result<(), Refusal> {
    put(world, "ServiceAccount", json!({"metadata": {"name": "default", "namespace": namespace}}))?;
    let authority = crate::providers::containerservice::authority_pem(&world.cluster.id).unwrap_or_default();
    let metadata = json!({
        "name": "kube-root-ca.crt",
        "namespace": namespace,
        "annotations": {"kubernetes.io/description": "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters."},
    });
    put(world, "ConfigMap", json!({"metadata": metadata, "data": {"ca.crt": authority}}))
}

fn put(world: &World<'_>, kind: &str, mut body: Value) -> Result<(), Refusal> {
    let Some(kind) = Kind::named(kind) else { return Ok(()) };
    body["apiVersion"] = kind.api_version().into();
    body["kind"] = kind.kind.into();
    let mut object = Object { kind, body, due: None };
    if world.get(kind, object.namespace(), object.name())?.is_none() {
        prepare::begin(world, &mut object)?;
        world.put(&mut object)?;
    }
    Ok(())
}

/// Makes the nodes that the cluster's pools have, and takes away those that they no longer have.
pub(super) fn sync_nodes(world: &World<'_>) -> Result<(), Refusal> {
    let Some(kind) = Kind::named("Node") else { return Ok(()) };
    let mut wanted = Vec::new();
    for pool in world.cluster.body["properties"]["agentPoolProfiles"].as_array().into_iter().flatten() {
        let count = pool["count"].as_i64().unwrap_or(1).clamp(0, 1000);
        let name = pool["name"].as_str().unwrap_or("nodepool1");
        let running = pool["powerState"]["code"] != "Stopped";
        for index in 0..if running { count } else { 0 } {
            let mark = uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_OID, world.cluster.key().as_bytes()).as_fields().0
                % 100_000_000;
            wanted.push((format!("aks-{name}-{mark:08}-vmss{}", base36(index)), pool, index));
        }
    }
    let there = world.list(kind, "")?;
    for mut node in there.iter().filter(|node| !wanted.iter().any(|(name, ..)| name == node.name())).cloned() {
        world.remove(&mut node)?;
    }
    for (name, pool, index) in wanted {
        if !there.iter().any(|node| node.name() == name) {
            put(world, "Node", node(world, &name, pool, index))?;
        }
    }
    Ok(())
}

/// Six digits, as the machines of a scale set are counted.
fn base36(index: i64) -> String {
    let digits = b"0123456789abcdefghijklmnopqrstuvwxyz";
    let mut left = usize::try_from(index).unwrap_or_default();
    let mut text = Vec::new();
    for _ in 0..6 {
        text.push(char::from(digits[left % 36]));
        left /= 36;
    }
    text.iter().rev().collect()
}

fn node(world: &World<'_>, name: &str, pool: &Value, index: i64) -> Value {
    let size = pool["vmSize"].as_str().unwrap_or("Standard_D2s_v5");
    let (cores, memory) =
        crate::providers::compute::size(size, &world.cluster.location).map_or((2, 8), |size| (size.vcpus, size.memory));
    let memory = memory * 1024 * 1024;
    let now = stamp(world.now);
    let version = pool["currentOrchestratorVersion"].as_str().unwrap_or("1.34.3");
    let condition = |kind: &str, status: &str, reason: &str, message: &str| {
        json!({"type": kind, "status": status, "reason": reason, "message": message,
            "lastHeartbeatTime": now, "lastTransitionTime": now})
    };
    let resources = |cores: String, memory: i64| {
        json!({"cpu": cores, "memory": format!("{memory}Ki"), "pods": pool["maxPods"].as_i64().unwrap_or(250).to_string(),
            "ephemeral-storage": "129886128Ki"})
    };
    json!({
        "metadata": {
            "name": name,
            "labels": {
                "agentpool": pool["name"],
                "kubernetes.azure.com/agentpool": pool["name"],
                "kubernetes.azure.com/mode": pool["mode"].as_str().unwrap_or("System").to_lowercase(),
                "kubernetes.io/arch": "amd64",
                "kubernetes.io/hostname": name,
                "kubernetes.io/os": "linux",
                "node.kubernetes.io/instance-type": size,
                "topology.kubernetes.io/region": world.cluster.location,
            },
        },
        "spec": {"providerID": format!("azure://{}/nodes/{name}", world.cluster.id), "podCIDR": format!("10.244.{}.0/24", index % 256)},
        "status": {
            "capacity": resources(cores.to_string(), memory),
            "allocatable": resources(format!("{}m", cores * 950), memory * 8 / 10),
            "conditions": [
                condition("MemoryPressure", "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
                condition("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
                condition("PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
                condition("Ready", "True", "KubeletReady", "kubelet is posting ready status"),
            ],
            "addresses": [
                {"type": "InternalIP", "address": format!("10.224.0.{}", 4 + index % 250)},
                {"type": "Hostname", "address": name},
            ],
            "nodeInfo": {
                "architecture": "amd64", "operatingSystem": "linux", "osImage": "Ubuntu 22.04.5 LTS",
                "kernelVersion": "5.15.0-1098-azure", "containerRuntimeVersion": "containerd://1.7.30-1",
                "kubeletVersion": format!("v{version}"), "kubeProxyVersion": "", "machineID": "", "systemUUID": "", "bootID": "",
            },
        },
    })
}
