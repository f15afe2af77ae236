//! `azlab verify` along the application's own way to the model: each link broken by an attendee's hand, and the fix that it names.

use azlab::events::CheckStatus;
use azlab::outcome::{CheckReport, Exit};
use serde_json::{Value, json};

use super::{CONFIG_MAPS, DEPLOYMENTS, Kubectl, SERVICE_ACCOUNTS, at, well};
use crate::provision::fixture::{Azure, federated_credential};
use crate::provision::ran::Ran;

const CHAIN: [&str; 8] = [
    "app_deployment",
    "app_service_account",
    "app_pod_label",
    "app_settings",
    "app_projected_token",
    "app_federated_credential",
    "app_token_exchange",
    "app_chat_completion",
];

fn of_app(ran: &Ran) -> Vec<&CheckReport> {
    let checks = ran.lab().details.checks.as_deref().unwrap_or_default();
    checks.iter().filter(|check| check.id.starts_with("app_")).collect()
}

fn ended(ran: &Ran, status: CheckStatus) -> Vec<&'static str> {
    of_app(ran).iter().filter(|check| check.status == status).map(|check| check.id).collect()
}

async fn connected() -> Azure {
    let azure = Azure::with_lab().await;
    well(azure.run("app connect --auth workload-identity").await);
    azure
}

/// Asserts that these links failed alone, and that the fix of the first, run as it stands, makes all well.
async fn repaired(azure: &Azure, links: &[&str]) {
    let ran = azure.run("verify").await;
    assert_eq!(ended(&ran, CheckStatus::Fail), links, "{:#?}", of_app(&ran));
    assert_eq!(ran.exit(), Exit::Differs);
    let all = of_app(&ran);
    let fix = all.iter().find(|check| check.id == links[0]).and_then(|check| check.hint.clone()).expect("a fix");
    let line = fix.strip_prefix("azlab ").unwrap_or_else(|| panic!("not azlab's: {fix}"));
    let ran = azure.run(line).await;
    assert_eq!(ran.exit(), Exit::Done, "{fix}: {:#?}", ran.lab().error);
    azure.pass(120.0).await;
    let ran = azure.run("verify").await;
    assert_eq!(ended(&ran, CheckStatus::Pass), CHAIN, "after {fix}: {:#?}", of_app(&ran));
}

#[tokio::test(start_paused = true)]
async fn the_whole_chain_holds_where_the_ai_service_is_connected_without_a_key() {
    let azure = connected().await;
    let ran = azure.run("verify").await;
    assert_eq!(ended(&ran, CheckStatus::Pass), CHAIN, "{:#?}", of_app(&ran));
    assert_eq!(ran.exit(), Exit::Done);
}

#[tokio::test(start_paused = true)]
async fn where_the_application_is_not_there_that_is_said_in_a_word() {
    let azure = Azure::with_lab().await;
    let ran = azure.run("verify").await;
    assert_eq!((of_app(&ran).len(), ended(&ran, CheckStatus::Skip)), (1, vec!["app_deployment"]));
    assert!(of_app(&ran)[0].message.contains("not on the cluster"), "{:#?}", of_app(&ran));
    assert_eq!(ran.exit(), Exit::Done);
    well(azure.run("app connect --auth key").await);
    let ran = azure.run("verify").await;
    assert_eq!(ended(&ran, CheckStatus::Pass), ["app_deployment"], "{:#?}", of_app(&ran));
}

#[tokio::test(start_paused = true)]
async fn a_service_account_that_names_another_identity_is_found() {
    let azure = connected().await;
    let kubectl = Kubectl::of(&azure).await;
    let other = json!({"metadata": {"annotations": {"azure.workload.identity/client-id": "11111111-2222-3333-4444-555555555555"}}});
    // As `kubectl annotate` and `kubectl edit` name themselves: the workshop's text uses neither.
    for manager in ["kubectl", "kubectl-annotate", "kubectl-edit"] {
        kubectl.patch(&at(SERVICE_ACCOUNTS, "ai-service-account"), manager, &other).await;
        repaired(&azure, &["app_service_account"]).await;
    }
    // Pods that were made in the meantime ask for the other's tokens.
    kubectl.patch(&at(SERVICE_ACCOUNTS, "ai-service-account"), "kubectl-annotate", &other).await;
    restart(&azure, &kubectl, "1").await;
    repaired(&azure, &["app_service_account", "app_projected_token"]).await;
}

/// What `kubectl rollout restart` does.
async fn restart(azure: &Azure, kubectl: &Kubectl<'_>, when: &str) {
    let annotations = json!({"kubectl.kubernetes.io/restartedAt": when});
    let patch = json!({"spec": {"template": {"metadata": {"annotations": annotations}}}});
    kubectl.patch(&at(DEPLOYMENTS, "ai-service"), "kubectl-rollout", &patch).await;
    azure.pass(120.0).await;
}

#[tokio::test(start_paused = true)]
async fn settings_that_name_another_model_are_found() {
    let azure = connected().await;
    let kubectl = Kubectl::of(&azure).await;
    let map = at(CONFIG_MAPS, "ai-service-config");
    for (variable, other) in [
        ("AZURE_OPENAI_ENDPOINT", json!("https://other.openai.azure.com/")),
        ("AZURE_OPENAI_DEPLOYMENT_NAME", json!("nobody")),
        ("USE_AZURE_AD", json!("False")),
        ("AZURE_OPENAI_ENDPOINT", Value::Null),
    ] {
        kubectl.patch(&map, "kubectl-edit", &json!({"data": {variable: other}})).await;
        repaired(&azure, &["app_settings"]).await;
    }
    let (status, body) = kubectl.send(http::Method::DELETE, &map, None).await;
    assert_eq!(status, 200, "{body}");
    repaired(&azure, &["app_settings"]).await;
}

/// A container reads its variables when it starts.
#[tokio::test(start_paused = true)]
async fn pods_that_read_other_settings_are_made_again() {
    let azure = connected().await;
    let kubectl = Kubectl::of(&azure).await;
    let map = at(CONFIG_MAPS, "ai-service-config");
    let before = kubectl.get(&map).await.unwrap()["data"]["AZURE_OPENAI_ENDPOINT"].clone();
    let endpoint = |value: &Value| json!({"data": {"AZURE_OPENAI_ENDPOINT": value}});
    let other = json!("https://other.openai.azure.com/");
    kubectl.patch(&map, "kubectl-edit", &endpoint(&other)).await;
    restart(&azure, &kubectl, "1").await;
    let ran = azure.run("app connect --auth workload-identity --force").await;
    assert!(super::objects(&well(ran), "updated").contains(&"Deployment ai-service".to_owned()));
    let again = well(azure.run("app connect --auth workload-identity").await);
    assert_eq!(super::objects(&again, "unchanged").len(), 4, "{:#?}", super::app(&again));

    // Put right by hand, and not started again.
    kubectl.patch(&map, "kubectl-edit", &endpoint(&other)).await;
    restart(&azure, &kubectl, "2").await;
    azure.pass(5.0).await;
    kubectl.patch(&map, "kubectl-edit", &endpoint(&before)).await;
    let ran = azure.run("verify").await;
    assert_eq!(ended(&ran, CheckStatus::Fail), ["app_settings"], "{:#?}", of_app(&ran));
    let told = of_app(&ran).into_iter().find(|check| check.id == "app_settings").unwrap();
    assert_eq!(told.hint.as_deref(), Some("kubectl -n default rollout restart deployment ai-service"));
    restart(&azure, &kubectl, "3").await;
    let ran = azure.run("verify").await;
    assert_eq!(ended(&ran, CheckStatus::Pass), CHAIN, "{:#?}", of_app(&ran));
}

#[tokio::test(start_paused = true)]
async fn a_service_account_that_is_gone_is_found() {
    let azure = connected().await;
    let kubectl = Kubectl::of(&azure).await;
    let (status, body): (u16, Value) =
        kubectl.send(http::Method::DELETE, &at(SERVICE_ACCOUNTS, "ai-service-account"), None).await;
    assert_eq!(status, 200, "{body}");
    repaired(&azure, &["app_service_account"]).await;
}

#[tokio::test(start_paused = true)]
async fn pods_without_the_label_have_no_token_and_that_is_found() {
    let azure = connected().await;
    let kubectl = Kubectl::of(&azure).await;
    let unlabelled = json!({"spec": {"template": {"metadata": {"labels": {"azure.workload.identity/use": null}}}}});
    kubectl.patch(&at(DEPLOYMENTS, "ai-service"), "kubectl", &unlabelled).await;
    azure.pass(120.0).await;
    repaired(&azure, &["app_pod_label"]).await;
    let other = json!({"spec": {"template": {"metadata": {"labels": {"azure.workload.identity/use": "false"}}}}});
    kubectl.patch(&at(DEPLOYMENTS, "ai-service"), "kubectl-edit", &other).await;
    azure.pass(120.0).await;
    repaired(&azure, &["app_pod_label"]).await;
}

#[tokio::test(start_paused = true)]
async fn a_federated_credential_for_another_service_account_breaks_the_exchange() {
    let azure = connected().await;
    let name = "myFederatedCredential";
    let mut body = azure.get(&federated_credential(name)).await;
    body["properties"]["subject"] = "system:serviceaccount:default:another".into();
    azure.put(&federated_credential(name), json!({"properties": body["properties"]})).await;
    let ran = azure.run("verify").await;
    let told = of_app(&ran).into_iter().find(|check| check.id == "app_token_exchange").unwrap();
    // 700211 until the change has reached all of Entra, then 700213.
    assert!(told.message.contains("AADSTS70021"), "Entra's reason: {}", told.message);
    repaired(&azure, &["app_federated_credential", "app_token_exchange"]).await;
}
