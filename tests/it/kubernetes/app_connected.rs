//! `azlab app connect` on a real API server: with a key, without one, and from what the workshop's text has an attendee apply.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::cluster::{Cluster, deployment};

/// The ai-service's Pod template, by kubectl.
async fn template(cluster: &Cluster) -> Value {
    cluster.get(&["deployment", "ai-service"]).await["spec"]["template"].clone()
}

/// kubectl finds one container that has a token and nothing of a key, and no Secret of one.
async fn is_without_a_key(cluster: &Cluster) {
    let template = template(cluster).await;
    let containers = template["spec"]["containers"].as_array().unwrap();
    assert_eq!(containers.len(), 1, "{template:#}");
    let text = containers[0].to_string();
    assert!(!text.contains("API_KEY") && !text.contains("secretRef"), "{text}");
    assert_eq!(template["metadata"]["labels"]["azure.workload.identity/use"], "true");
    let secret = cluster.kubectl(&["get", "secret", "ai-service-key", "--ignore-not-found"]).await;
    assert_eq!(secret, "");
}

#[tokio::test]
async fn the_key_is_in_a_secret_and_workload_identity_takes_it_away_and_proves_the_chain() {
    let Some(cluster) = Cluster::new("app connect", "600") else { return };
    cluster.connect();
    let told = cluster.app(&["connect", "--auth", "key", "--no-wait"]).await.done();
    let secret = cluster.get(&["secret", "ai-service-key"]).await;
    let key = STANDARD.decode(secret["data"]["OPENAI_API_KEY"].as_str().unwrap()).unwrap();
    let key = String::from_utf8(key).unwrap();
    assert!(key.len() > 20, "a key");
    let with_key = template(&cluster).await.to_string();
    assert!(with_key.contains("ai-service-key") && !with_key.contains(&key), "{with_key}");
    assert!(!told.stdout.contains(&key) && !told.stderr.contains(&key), "the key is told");

    cluster.app(&["connect", "--auth", "workload-identity"]).await.done();
    is_without_a_key(&cluster).await;
    let pods = cluster
        .until(&["pods", "-l", "app=ai-service"], "one Pod", |it| {
            it["items"].as_array().is_some_and(|all| all.len() == 1)
        })
        .await;
    let env = pods["items"][0]["spec"]["containers"][0]["env"].as_array().unwrap();
    assert!(env.iter().any(|one| one["name"] == "AZURE_FEDERATED_TOKEN_FILE"), "{env:?}");
    let verified = cluster.meanwhile(&["verify", "--app"]).await.done().json();
    let checks = verified["labs"][0]["checks"].as_array().unwrap();
    let of_app: Vec<_> = checks.iter().filter(|one| one["id"].as_str().unwrap().starts_with("app_")).collect();
    assert_eq!(of_app.len(), 8, "{checks:#?}");
    assert!(of_app.iter().all(|one| one["status"] == "pass"), "{of_app:#?}");

    // What the text has an attendee write brings a key back, and perhaps a second container.
    for container in ["ai-service", "order-service"] {
        let mut by_the_text = deployment("ai-service", "ghcr.io/azure-samples/aks-store-demo/ai-service:latest");
        let only = &mut by_the_text["spec"]["template"]["spec"]["containers"][0];
        only["name"] = container.into();
        only["env"] = json!([{"name": "OPENAI_API_KEY", "value": "in the plain"}]);
        cluster.kubectl(&["delete", "deployment", "ai-service"]).await;
        cluster.apply(&by_the_text).await;
        cluster.app(&["connect", "--auth", "workload-identity", "--no-wait"]).await.done();
        is_without_a_key(&cluster).await;
    }
    // One that kubectl has edited is told, and gone by force.
    cluster.kubectl(&["set", "env", "deployment/ai-service", "AZURE_OPENAI_API_KEY=by hand"]).await;
    let edit = json!({"spec": {"template": {"spec": {"containers": [
        {"name": "ai-service", "env": [{"name": "OPENAI_API_KEY", "value": "by hand"}]}]}}}});
    let patch = ["patch", "deployment", "ai-service", "--field-manager=somebody", "-p", &edit.to_string()];
    cluster.kubectl(&patch).await;
    let without = ["connect", "--auth", "workload-identity", "--no-wait"];
    let refused = cluster.app(&without).await.exit(5).json();
    assert_eq!(refused["labs"][0]["error"]["code"], "KeyRemains", "{refused:#}");
    cluster.app(&[&without[..], &["--force"]].concat()).await.done();
    is_without_a_key(&cluster).await;
}
