//! `azlab app deploy`, `goto` and `remove` on a real API server; kubectl says what came of them.

use serde_json::{Value, json};

use super::cluster::Cluster;
use crate::cli::Ended;

const OURS: &str = "app.kubernetes.io/managed-by=azlab";
const KINDS: &str = "deployments,statefulsets,services,configmaps,secrets,serviceaccounts";

/// The objects to which that was done.
#[track_caller]
pub(super) fn objects(ended: &Ended, action: &str) -> Vec<String> {
    let app = ended.json()["labs"][0]["app"].clone();
    assert!(app.is_object(), "{ended:#?}");
    let all = app["objects"].as_array().map(Vec::as_slice).unwrap_or_default();
    let of = |one: &Value| format!("{} {}", one["kind"].as_str().unwrap(), one["name"].as_str().unwrap());
    all.iter().filter(|one| one["action"] == action).map(of).collect()
}

/// What kubectl finds of azlab's: kind and name, and what moves when azlab writes it.
async fn written(cluster: &Cluster) -> Vec<(String, Value)> {
    let found = cluster.get(&[KINDS, "-l", OURS, "--show-managed-fields"]).await;
    let of = |one: &Value| {
        let metadata = &one["metadata"];
        let entries = metadata["managedFields"].as_array().unwrap().iter();
        let entry = entries.clone().find(|entry| entry["manager"] == "azlab" && entry["operation"] == "Apply");
        let entry = entry.unwrap_or_else(|| panic!("azlab has not applied it: {one:#}"));
        let name = format!("{} {}", one["kind"].as_str().unwrap(), metadata["name"].as_str().unwrap());
        (name, json!([metadata["uid"], metadata["generation"], entry["time"], one["data"]]))
    };
    found["items"].as_array().unwrap().iter().map(of).collect()
}

/// The names that kubectl finds of azlab's.
async fn names(cluster: &Cluster) -> Vec<String> {
    written(cluster).await.into_iter().map(|(name, _)| name).collect()
}

#[tokio::test]
async fn the_store_is_written_once_and_what_kubectl_has_changed_is_kept_until_it_is_forced() {
    let Some(cluster) = Cluster::new("app deploy", "600") else { return };
    cluster.connect();
    let dry = cluster.app(&["deploy", "--dry-run", "--exit-code"]).await.exit(7);
    assert_eq!(objects(&dry, "created").len(), 19);
    assert_eq!(names(&cluster).await, Vec::<String>::new());
    let first = cluster.app(&["deploy", "--no-wait"]).await.done();
    assert_eq!(objects(&first, "created").len(), 19, "{first:#?}");
    let before = written(&cluster).await;
    assert_eq!(before.len(), 19);
    // While its Pods start, Deployments' statuses move; that is nobody's change.
    let second = cluster.app(&["deploy", "--no-wait"]).await.done();
    assert_eq!(objects(&second, "unchanged").len(), 19, "{second:#?}");
    let third = cluster.app(&["deploy"]).await.done();
    assert_eq!(third.json()["labs"][0]["app"]["state"], "ready");
    assert_eq!(written(&cluster).await, before, "kubectl sees that azlab has written again");
    cluster.kubectl(&["rollout", "status", "deployment/store-front", "--timeout=60s"]).await;

    cluster.kubectl(&["scale", "deployment", "store-front", "--replicas=3"]).await;
    let replicas = async || cluster.get(&["deployment", "store-front"]).await["spec"]["replicas"].clone();
    let kept = cluster.app(&["deploy", "--no-wait"]).await.exit(10);
    assert_eq!(objects(&kept, "kept"), ["Deployment store-front"]);
    let error = kept.json()["labs"][0]["error"].clone();
    assert_eq!(error["code"], "NotOurs", "{error:#}");
    assert!(error["message"].as_str().unwrap().contains(".spec.replicas is set by kubectl"), "{error:#}");
    assert_eq!(replicas().await, 3);
    let forced = cluster.app(&["deploy", "--no-wait", "--force"]).await.done();
    assert_eq!(objects(&forced, "updated"), ["Deployment store-front"]);
    assert_eq!(replicas().await, 1);

    // A Service of somebody else's with a name of the store's.
    cluster.app(&["remove"]).await.done();
    cluster.kubectl(&["create", "service", "clusterip", "store-front", "--tcp=81:81"]).await;
    let kept = cluster.app(&["deploy", "--no-wait"]).await.exit(10);
    assert_eq!(objects(&kept, "kept"), ["Service store-front"]);
    cluster.app(&["remove"]).await.done();
    assert_eq!(names(&cluster).await, Vec::<String>::new());
    assert_eq!(cluster.get(&["service", "store-front"]).await["spec"]["ports"][0]["port"], 81);
}

#[tokio::test]
async fn goto_brings_what_the_text_has_made_by_a_chapter_and_takes_the_rest_away() {
    let Some(cluster) = Cluster::new("app goto", "600") else { return };
    cluster.connect();
    let wanted = [
        "Secret ai-service-key",
        "ServiceAccount ai-service-account",
        "ConfigMap ai-service-config",
        "Deployment ai-service",
        "Deployment store-front",
    ];
    // Forwards, and back from the last to the first.
    for (chapter, there) in [
        ("test-store", [false, false, false, false, true]),
        ("config-map", [true, true, false, true, true]),
        ("update-deployment", [true, true, true, true, true]),
        ("validate", [false, true, true, true, true]),
        ("secure-access", [true, false, false, true, true]),
        ("deploy-store", [false; 5]),
    ] {
        cluster.app(&["goto", chapter, "--no-wait"]).await.done();
        let names = names(&cluster).await;
        assert_eq!(wanted.map(|one| names.iter().any(|name| name == one)), there, "{chapter}: {names:?}");
        let again = cluster.app(&["goto", chapter, "--no-wait"]).await.done();
        assert_eq!(objects(&again, "unchanged").len(), names.len(), "{chapter}: {again:#?}");
    }
    cluster.until(&["pods"], "the end of the Pods", |it| it["items"] == json!([])).await;
}
