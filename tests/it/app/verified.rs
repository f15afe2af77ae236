//! `azlab verify` along the application's own way to the model: each link broken by an attendee's hand, and the fix that it names.

use azlab::events::CheckStatus;
use azlab::outcome::{CheckReport, Exit};
use serde_json::{Value, json};

use super::{DEPLOYMENTS, Kubectl, SERVICE_ACCOUNTS, at, well};
use crate::provision::fixture::{Azure, federated_credential};
use crate::provision::ran::Ran;

const CHAIN: [&str; 7] = [
    "app_deployment",
    "app_service_account",
    "app_pod_label",
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
    kubectl.patch(&at(SERVICE_ACCOUNTS, "ai-service-account"), "kubectl", &other).await;
    repaired(&azure, &["app_service_account"]).await;
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
}

#[tokio::test(start_paused = true)]
async fn a_federated_credential_for_another_service_account_breaks_the_exchange() {
    let azure = connected().await;
    let name = "myFederatedCredential";
    let mut body = azure.get(&federated_credential(name)).await;
    body["properties"]["subject"] = "system:serviceaccount:default:another".into();
    azure.put(&federated_credential(name), json!({"properties": body["properties"]})).await;
    repaired(&azure, &["app_federated_credential", "app_token_exchange"]).await;
}
