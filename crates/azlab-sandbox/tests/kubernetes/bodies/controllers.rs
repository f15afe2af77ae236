//! What controllers make of objects, and take away with them.

use serde_json::{Value, json};

use super::super::server::Server;
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
