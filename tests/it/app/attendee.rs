//! What an attendee has made or changed by hand is told, and kept unless somebody says otherwise.

use azlab::outcome::Exit;
use serde_json::json;

use super::{DEPLOYMENTS, Kubectl, app, at, objects, well};
use crate::provision::fixture::Azure;

#[tokio::test(start_paused = true)]
async fn what_somebody_has_changed_is_told_by_name_and_field_and_kept() {
    let azure = Azure::with_lab().await;
    well(azure.run("app deploy").await);
    let kubectl = Kubectl::of(&azure).await;
    let front = at(DEPLOYMENTS, "store-front");
    kubectl.patch(&front, "kubectl-edit", &json!({"spec": {"replicas": 3}})).await;
    let ran = azure.run("app deploy --no-wait").await;
    assert_eq!(ran.exit(), Exit::NotOurs);
    assert_eq!(objects(&ran, "kept"), ["Deployment store-front"]);
    assert_eq!(objects(&ran, "unchanged").len(), 18);
    let message = &ran.error().message;
    assert!(message.contains("kubectl-edit") && message.contains(".spec.replicas"), "{message}");
    assert!(ran.error().hint.as_deref().is_some_and(|hint| hint.contains("--force")));
    assert_eq!(kubectl.get(&front).await.unwrap()["spec"]["replicas"], 3);
    let ran = well(azure.run("app deploy --no-wait --force").await);
    assert_eq!(objects(&ran, "updated"), ["Deployment store-front"]);
    assert_eq!(kubectl.get(&front).await.unwrap()["spec"]["replicas"], 1);
}

#[tokio::test(start_paused = true)]
async fn what_is_somebody_s_own_is_neither_changed_nor_removed() {
    let azure = Azure::with_lab().await;
    let kubectl = Kubectl::of(&azure).await;
    let own = json!({
        "apiVersion": "v1", "kind": "Service",
        "metadata": {"name": "store-front", "annotations": {}},
        "spec": {"type": "ClusterIP", "selector": {"app": "mine"}, "ports": [{"port": 80}]},
    });
    let services = "/api/v1/namespaces/default/services";
    kubectl.create(services, "kubectl-client-side-apply", own).await;
    let ran = azure.run("app deploy --no-wait").await;
    assert_eq!((ran.exit(), objects(&ran, "kept")), (Exit::NotOurs, vec!["Service store-front".to_owned()]));
    assert!(ran.error().message.contains("made by kubectl-client-side-apply"), "{}", ran.error().message);
    well(azure.run("app remove").await);
    let still = kubectl.get(&at(services, "store-front")).await.expect("it is still there");
    assert_eq!(still["spec"]["selector"], json!({"app": "mine"}));
    let ran = well(azure.run("app deploy --no-wait --force").await);
    assert!(objects(&ran, "updated").contains(&"Service store-front".to_owned()), "{:#}", app(&ran));
}
