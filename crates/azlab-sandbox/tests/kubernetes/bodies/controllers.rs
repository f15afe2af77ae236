//! What controllers make of objects, and take away with them.

use serde_json::{Value, json};

use super::super::server::{Answer, Server};
use super::{deployment, deployments, maps};

fn is_true(object: &Value, condition: &str) -> bool {
    let conditions = object["status"]["conditions"].as_array();
    conditions.into_iter().flatten().any(|one| one["type"] == condition && one["status"] == "True")
}

pub async fn a_deployment_becomes_available_and_goes_with_its_pods(server: &Server) {
    let namespace = server.namespace().await;
    let all = deployments(&namespace);
    server.post(&all, &deployment("web", "nginx:1.27")).await.ok();
    let one = format!("{all}/web");
    let done = server.until(&one, "available", |answer| is_true(&answer.body, "Available")).await.body;
    assert_eq!((&done["status"]["readyReplicas"], &done["status"]["observedGeneration"]), (&json!(1), &json!(1)));
    let pods = format!("/api/v1/namespaces/{namespace}/pods");
    let listed = server.get(&format!("{pods}?labelSelector=app%3Dweb")).await.ok();
    let pod = &listed["items"][0];
    assert_eq!(
        (&pod["status"]["phase"], pod["metadata"]["ownerReferences"][0]["kind"].as_str()),
        (&json!("Running"), Some("ReplicaSet"))
    );
    assert!(is_true(pod, "Ready") && pod["spec"]["nodeName"].is_string());
    server.delete(&one).await.ok();
    server.until(&pods, "no pods", |answer| answer.body["items"].as_array().is_some_and(Vec::is_empty)).await;
}

pub async fn who_is_deleted_in_the_foreground_waits_for_what_it_owns(server: &Server) {
    let namespace = server.namespace().await;
    let all = deployments(&namespace);
    server.post(&all, &deployment("web", "nginx:1.27")).await.ok();
    let one = format!("{all}/web");
    server.until(&one, "available", |answer| is_true(&answer.body, "Available")).await;
    let options = json!({"kind": "DeleteOptions", "apiVersion": "v1", "propagationPolicy": "Foreground"});
    let begun = server.send("DELETE", &one, "application/json", &options).await.ok();
    assert!(begun["metadata"]["deletionTimestamp"].is_string(), "{begun}");
    assert_eq!(begun["metadata"]["finalizers"], json!(["foregroundDeletion"]));
    server.until(&one, "gone", |answer| answer.status == 404).await;
    let sets = server.get(&format!("/apis/apps/v1/namespaces/{namespace}/replicasets")).await.ok();
    assert_eq!(sets["items"], json!([]), "what it owned went first");
}

pub async fn orphans_stay(server: &Server) {
    let namespace = server.namespace().await;
    let all = deployments(&namespace);
    server.post(&all, &deployment("web", "nginx:1.27")).await.ok();
    let one = format!("{all}/web");
    server.until(&one, "available", |answer| is_true(&answer.body, "Available")).await;
    server.delete(&format!("{one}?propagationPolicy=Orphan")).await.ok();
    server.until(&one, "gone", |answer| answer.status == 404).await;
    let sets = server.get(&format!("/apis/apps/v1/namespaces/{namespace}/replicasets")).await.ok();
    assert_eq!(sets["items"].as_array().unwrap().len(), 1);
    assert!(sets["items"][0]["metadata"]["ownerReferences"].is_null(), "{sets}");
}

pub async fn a_namespace_goes_with_what_is_in_it(server: &Server) {
    let namespace = server.namespace().await;
    let maps = maps(&namespace);
    server.post(&maps, &json!({"metadata": {"name": "a"}})).await.ok();
    let one = format!("/api/v1/namespaces/{namespace}");
    let begun = server.delete(&one).await.ok();
    assert_eq!(begun["status"]["phase"], "Terminating", "{begun}");
    server.until(&one, "gone", |answer| answer.status == 404).await;
    assert_eq!(server.get(&maps).await.ok()["items"], json!([]));
}

pub async fn a_scale_is_a_number_of_replicas(server: &Server) {
    let namespace = server.namespace().await;
    let all = deployments(&namespace);
    server.post(&all, &deployment("web", "nginx:1.27")).await.ok();
    let scale = format!("{all}/web/scale");
    let now = server.get(&scale).await.ok();
    assert_eq!(
        (&now["kind"], &now["spec"]["replicas"], &now["status"]["selector"]),
        (&json!("Scale"), &json!(1), &json!("app=web"))
    );
    let more = server.merge(&scale, &json!({"spec": {"replicas": 2}})).await.ok();
    assert_eq!(more["spec"]["replicas"], 2);
    let one = format!("{all}/web");
    server.until(&one, "two", |answer| answer.body["status"]["availableReplicas"] == 2).await;
}

/// Taints keep Pods from nodes, but not those that tolerate them.
pub async fn a_tainted_node_takes_those_pods_alone_that_tolerate_it(server: &Server) {
    let namespace = server.namespace().await;
    let pods = format!("/api/v1/namespaces/{namespace}/pods");
    let nodes = server.get("/api/v1/nodes").await.ok();
    let nodes: Vec<String> = nodes["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["metadata"]["name"].as_str().unwrap().to_owned())
        .collect();
    let taint = async |taints: Value| {
        for node in &nodes {
            server.merge(&format!("/api/v1/nodes/{node}"), &json!({"spec": {"taints": taints}})).await.ok();
        }
    };
    taint(json!([{"key": "kept", "value": "free", "effect": "NoSchedule"}])).await;
    let pod = |name: &str, tolerations: Value| {
        json!({"metadata": {"name": name}, "spec": {
            "tolerations": tolerations, "containers": [{"name": "a", "image": "nginx:1.27"}]}})
    };
    server.post(&pods, &pod("refused", json!([]))).await.ok();
    server.post(&pods, &pod("other", json!([{"key": "kept", "value": "other"}]))).await.ok();
    server
        .post(&pods, &pod("tolerant", json!([{"key": "kept", "operator": "Exists", "effect": "NoSchedule"}])))
        .await
        .ok();
    let is_placed = |answer: &Answer| answer.body["spec"]["nodeName"].is_string();
    server.until(&format!("{pods}/tolerant"), "it is placed", is_placed).await;
    for name in ["refused", "other"] {
        let waits = |answer: &Answer| {
            let conditions = answer.body["status"]["conditions"].as_array();
            conditions.into_iter().flatten().any(|one| {
                one["reason"] == "Unschedulable"
                    && one["message"].as_str().unwrap().contains("had untolerated taint(s)")
            })
        };
        let waiting = server.until(&format!("{pods}/{name}"), "it waits", waits).await;
        assert!(!is_placed(&waiting), "{}", waiting.text);
    }
    taint(Value::Null).await;
    server.until(&format!("{pods}/refused"), "it is placed then", is_placed).await;
}
