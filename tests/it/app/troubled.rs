//! What keeps the application from running is told with what to do about it.

use azlab::outcome::Exit;
use serde_json::Value;

use super::app;
use crate::provision::fixture::Azure;
use crate::provision::ran::Ran;

/// The part of that name.
fn part(ran: &Ran, name: &str) -> Value {
    let app = app(ran);
    let all = app["workloads"].as_array().cloned().unwrap_or_default();
    all.into_iter().find(|one| one["name"] == name).unwrap_or_else(|| panic!("no {name}: {app:#}"))
}

#[track_caller]
fn fails(ran: &Ran, name: &str, code: &str, says: &str) {
    assert_eq!((ran.exit(), ran.error().code.as_str()), (Exit::LabFailed, code), "{:#?}", ran.error());
    let part = part(ran, name);
    assert_eq!((part["state"].as_str(), part["trouble"]["code"].as_str()), (Some("failing"), Some(code)), "{part:#}");
    let hint = part["trouble"]["hint"].as_str().unwrap_or_default();
    assert!(hint.contains(says), "{hint}");
}

async fn with(change: impl FnOnce(&mut azlab_sandbox::KubernetesSettings)) -> Azure {
    let azure = Azure::with_lab().await;
    azure.sandbox.control().change_settings(|settings| change(&mut settings.kubernetes)).expect("settings");
    azure
}

#[tokio::test(start_paused = true)]
async fn a_container_that_needs_more_memory_is_told_with_the_limit_that_it_gets() {
    let azure = with(|settings| settings.out_of_memory = vec!["ai-service".into()]).await;
    let ran = azure.run("app connect --auth key").await;
    fails(&ran, "ai-service", "OutOfMemory", "azlab app connect");
}

#[tokio::test(start_paused = true)]
async fn an_image_that_cannot_be_pulled_is_named() {
    let azure = with(|settings| settings.image_pull_fails = vec!["store-front".into()]).await;
    let ran = azure.run("app deploy").await;
    fails(&ran, "store-front", "ImagePull", "[app] images");
    assert!(ran.error().message.contains("store-front:2.2.0"), "{}", ran.error().message);
}

#[tokio::test(start_paused = true)]
async fn a_part_that_never_answers_its_probe_ends_the_wait_with_its_time() {
    let azure = with(|settings| settings.never_ready = vec!["store-admin".into()]).await;
    let ran = azure.run("app deploy").await;
    assert!(matches!(ran.exit(), Exit::TimedOut | Exit::LabFailed), "{:#?}", ran.error());
    assert!(ran.error().message.contains("store-admin"), "{}", ran.error().message);
}

#[tokio::test(start_paused = true)]
async fn nodes_that_are_full_are_told_with_the_command_that_adds_one() {
    let azure = with(|settings| settings.unschedulable = vec!["store-front".into()]).await;
    let ran = azure.run("app deploy").await;
    fails(&ran, "store-front", "Unschedulable", "");
}

#[tokio::test(start_paused = true)]
async fn a_load_balancer_without_an_address_ends_the_wait_for_the_url() {
    let azure = with(|settings| settings.no_address = vec!["*".into()]).await;
    azure.run("app deploy").await;
    let ran = azure.run("app url --wait 30s").await;
    assert_eq!((ran.exit(), ran.error().code.as_str()), (Exit::TimedOut, "NoAddress"));
    assert!(ran.error().hint.as_deref().is_some_and(|hint| hint.contains("port-forward")));
}

/// A StatefulSet has no condition that says so, as a Deployment has.
#[tokio::test(start_paused = true)]
async fn a_stateful_set_whose_pods_are_refused_is_told_by_whom() {
    let webhook = azlab_sandbox::RefusingWebhook {
        name: "validation.gatekeeper.sh".into(),
        message: "no databases".into(),
        resources: vec!["pods".into()],
        names: vec!["documentdb".into()],
    };
    let azure = with(|settings| settings.refusing_webhooks = vec![webhook]).await;
    let ran = azure.run("app deploy").await;
    fails(&ran, "documentdb", "AdmissionWebhook", "validation.gatekeeper.sh");
    azure.sandbox.control().change_settings(|all| all.kubernetes.refusing_webhooks.clear()).expect("settings");
    super::well(azure.run("app deploy").await);
}
