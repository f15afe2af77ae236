//! `app connect`: with a key, and then without; from whatever an attendee has there.

use azlab::outcome::Exit;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::{CONFIG_MAPS, DEPLOYMENTS, Kubectl, SECRETS, SERVICE_ACCOUNTS, app, at, by_the_text, well};
use crate::provision::fixture::Azure;

const WITHOUT_KEY: &str = "app connect --auth workload-identity --no-wait";

async fn ai_service(kubectl: &Kubectl<'_>) -> Value {
    kubectl.get(&at(DEPLOYMENTS, "ai-service")).await.expect("the ai-service")["spec"]["template"].clone()
}

/// Asserts that the ai-service has one container, a token, and nothing of a key.
async fn is_without_a_key(kubectl: &Kubectl<'_>) {
    let template = ai_service(kubectl).await;
    let containers = template["spec"]["containers"].as_array().unwrap();
    assert_eq!(containers.len(), 1, "{template:#}");
    assert_eq!(containers[0]["name"], "ai-service");
    let text = containers[0].to_string();
    assert!(!text.contains("API_KEY") && !text.contains("secretRef"), "{text}");
    assert_eq!(template["metadata"]["labels"]["azure.workload.identity/use"], "true");
    assert_eq!(template["spec"]["serviceAccountName"], "ai-service-account");
    assert_eq!(kubectl.get(&at(SECRETS, "ai-service-key")).await, None);
}

#[tokio::test(start_paused = true)]
async fn a_key_is_in_a_secret_and_gone_again_without_one() {
    let azure = Azure::with_lab().await;
    let ran = well(azure.run("app connect --auth key").await);
    assert_eq!(app(&ran)["auth"], "key");
    let kubectl = Kubectl::of(&azure).await;
    let secret = kubectl.get(&at(SECRETS, "ai-service-key")).await.unwrap();
    let key = STANDARD.decode(secret["data"]["OPENAI_API_KEY"].as_str().unwrap()).unwrap();
    let key = String::from_utf8(key).unwrap();
    assert!(key.len() > 20);
    let template = ai_service(&kubectl).await.to_string();
    assert!(!template.contains(&key) && template.contains("ai-service-key"), "{template}");
    let told = format!("{:?}{:?}", ran.finished, ran.events);
    assert!(!told.contains(&key), "the key is told");
    let ran = well(azure.run("app connect --auth workload-identity").await);
    assert_eq!(app(&ran)["auth"], "workload-identity");
    is_without_a_key(&kubectl).await;
    let account = kubectl.get(&at(SERVICE_ACCOUNTS, "ai-service-account")).await.unwrap();
    let client = ran.lab().details.app.is_some().then(|| account["metadata"]["annotations"].clone()).unwrap();
    assert!(client["azure.workload.identity/client-id"].as_str().is_some_and(|id| id.len() == 36), "{client}");
    let config = kubectl.get(&at(CONFIG_MAPS, "ai-service-config")).await.unwrap();
    assert_eq!(config["data"]["USE_AZURE_AD"], "True");
}

#[tokio::test(start_paused = true)]
async fn the_workshops_own_deployment_with_a_key_is_taken_over_whatever_its_container_is_called() {
    for container in ["order-service", "ai-service"] {
        let azure = Azure::with_lab().await;
        let kubectl = Kubectl::of(&azure).await;
        kubectl.create(DEPLOYMENTS, "kubectl-client-side-apply", by_the_text(container, "plain-key")).await;
        well(azure.run(WITHOUT_KEY).await);
        is_without_a_key(&kubectl).await;
    }
}

#[tokio::test(start_paused = true)]
async fn what_kubectl_has_created_by_the_text_is_taken_over_too() {
    let azure = Azure::with_lab().await;
    let kubectl = Kubectl::of(&azure).await;
    let config = json!({
        "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": "ai-service-config", "annotations": {}},
        "data": {"USE_AZURE_AD": "False", "AZURE_OPENAI_ENDPOINT": "https://wrong.openai.azure.com/"},
    });
    kubectl.create(CONFIG_MAPS, "kubectl-create", config).await;
    well(azure.run(WITHOUT_KEY).await);
    let config = kubectl.get(&at(CONFIG_MAPS, "ai-service-config")).await.unwrap();
    assert_eq!(config["data"]["USE_AZURE_AD"], "True");
    assert!(!config["data"]["AZURE_OPENAI_ENDPOINT"].as_str().unwrap().contains("wrong"));
}

#[tokio::test(start_paused = true)]
async fn a_key_that_somebody_else_has_set_is_told_and_taken_away_by_force() {
    let azure = Azure::with_lab().await;
    well(azure.run("app connect --auth key --no-wait").await);
    let kubectl = Kubectl::of(&azure).await;
    let edit = json!({"spec": {"template": {"spec": {"containers": [
        {"name": "ai-service", "env": [{"name": "OPENAI_API_KEY", "value": "by-hand"}]},
    ]}}}});
    kubectl.patch(&at(DEPLOYMENTS, "ai-service"), "kubectl-edit", &edit).await;
    let ran = azure.run(WITHOUT_KEY).await;
    assert_eq!((ran.exit(), ran.error().code.as_str()), (Exit::LabFailed, "KeyRemains"));
    assert!(ran.error().message.contains("OPENAI_API_KEY"), "{}", ran.error().message);
    well(azure.run(&format!("{WITHOUT_KEY} --force")).await);
    is_without_a_key(&kubectl).await;
}

#[tokio::test(start_paused = true)]
async fn the_ai_service_is_connected_to_nothing_where_the_lab_is_not_there() {
    let azure = Azure::new();
    let ran = azure.run("app connect --auth key").await;
    assert_eq!((ran.exit(), ran.error().code.as_str()), (Exit::NotFound, "LabNotFound"));
}
