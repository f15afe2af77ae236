//! `[app] manifests`: manifests of one's own in the place of azlab's, the ai-service's too.

use azlab::outcome::Exit;
use serde_json::json;

use super::refused::refused;
use super::{DEPLOYMENTS, Kubectl, at, objects, well};
use crate::provision::fixture::Azure;

const AI_SERVICE: &str = "\
apiVersion: v1
kind: ConfigMap
metadata: { name: prompts, labels: { app: ai-service } }
data: { TONE: friendly }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: ai-service }
spec:
  selector: { matchLabels: { app: ai-service } }
  template:
    metadata: { labels: { app: ai-service } }
    spec:
      containers:
        - name: mine
          image: example.com/ai-service@sha256:0000000000000000000000000000000000000000000000000000000000000000
          envFrom: [{ configMapRef: { name: prompts } }]
";

#[tokio::test(start_paused = true)]
async fn an_ai_service_of_ones_own_is_connected_and_the_store_stays_azlabs() {
    let azure = Azure::with_lab().await;
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("ai.yaml"), AI_SERVICE).unwrap();
    let file = format!("version = 1\n[app]\nmanifests = {:?}\n", folder.path().display().to_string());
    let ran = well(azure.run_with(&file, "app connect --auth key --no-wait").await);
    let created = objects(&ran, "created");
    for one in ["ConfigMap prompts", "Deployment ai-service", "Service ai-service", "Secret ai-service-key"] {
        assert!(created.iter().any(|name| name == one), "{created:?} lacks {one}");
    }
    well(azure.run_with(&file, "app connect --auth workload-identity --no-wait").await);
    let kubectl = Kubectl::of(&azure).await;
    let deployment = kubectl.get(&at(DEPLOYMENTS, "ai-service")).await.unwrap();
    let container = &deployment["spec"]["template"]["spec"]["containers"][0];
    assert!(container["image"].as_str().unwrap().contains("@sha256:"), "{container:#}");
    let sources = ["prompts", "ai-service-config"].map(|name| json!({"configMapRef": {"name": name}}));
    assert_eq!(container["envFrom"], json!(sources));
    assert_eq!(deployment["spec"]["template"]["spec"]["serviceAccountName"], "ai-service-account");
    let ran = well(azure.run_with(&file, "app deploy --no-wait").await);
    assert_eq!(objects(&ran, "created").len(), 19, "the store is azlab's own");
    // A chapter without the ai-service has nothing of it.
    let ran = well(azure.run_with(&file, "app goto test-store --no-wait").await);
    assert!(objects(&ran, "deleted").contains(&"ConfigMap prompts".to_owned()), "{:?}", objects(&ran, "deleted"));
}

#[tokio::test(start_paused = true)]
async fn a_key_in_a_manifest_is_a_mistake_with_its_line_before_anything_is_sent() {
    let azure = Azure::with_lab().await;
    let folder = tempfile::tempdir().unwrap();
    let text = format!("{AI_SERVICE}          env: [{{ name: OPENAI_API_KEY, value: in-the-plain }}]\n");
    std::fs::write(folder.path().join("ai.yaml"), text).unwrap();
    let file = format!("version = 1\n[app]\nmanifests = {:?}\n", folder.path().display().to_string());
    let ran = azure.run_with(&file, "app connect --auth key --no-wait").await;
    refused(&ran, "InvalidManifest", Exit::Usage, "ai.yaml:14: the container mine has the variable OPENAI_API_KEY");
    assert!(!ran.finished.result.error.as_ref().unwrap().message.contains("in-the-plain"));
    assert!(!ran.log.iter().any(|one| one.path.starts_with("/api")), "{:#?}", ran.log);
}

#[tokio::test(start_paused = true)]
async fn an_image_of_ones_own_may_be_pinned_by_its_digest_and_a_digest_that_is_none_is_a_mistake() {
    let azure = Azure::with_lab().await;
    let pinned = format!("registry.example.com/ai-service@sha256:{}", "0a".repeat(32));
    let file = |image: &str| format!("version = 1\n[app]\nimages = {{ ai-service = \"{image}\" }}\n");
    well(azure.run_with(&file(&pinned), "app connect --auth key --no-wait").await);
    let kubectl = Kubectl::of(&azure).await;
    let deployment = kubectl.get(&at(DEPLOYMENTS, "ai-service")).await.unwrap();
    assert_eq!(deployment["spec"]["template"]["spec"]["containers"][0]["image"], pinned.as_str());
    let short = &pinned[..pinned.len() - 1];
    let ran = azure.run_with(&file(short), "app connect --auth key --no-wait").await;
    refused(&ran, "InvalidManifest", Exit::Usage, &format!("azlab.toml:3: '{short}' is not an image"));
}

#[tokio::test(start_paused = true)]
async fn a_value_of_another_kind_is_found_in_the_file_though_only_the_server_knows() {
    let azure = Azure::with_lab().await;
    let folder = tempfile::tempdir().unwrap();
    let text = AI_SERVICE.replace("  selector: {", "  replicas: three\n  selector: {");
    std::fs::write(folder.path().join("ai.yaml"), text).unwrap();
    let file = format!("version = 1\n[app]\nmanifests = {:?}\n", folder.path().display().to_string());
    let ran = azure.run_with(&file, "app connect --auth key --no-wait").await;
    refused(&ran, "InvalidManifest", Exit::Usage, "ai.yaml:10: Deployment ai-service");
}
