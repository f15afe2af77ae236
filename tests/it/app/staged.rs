//! `app goto`: the state in which the workshop's text begins a chapter, from any other.

use serde_json::json;

use super::{CONFIG_MAPS, DEPLOYMENTS, Kubectl, SECRETS, SERVICE_ACCOUNTS, app, at, objects, well};
use crate::provision::fixture::Azure;

#[tokio::test(start_paused = true)]
async fn each_chapter_is_reached_from_the_one_before_and_from_the_last() {
    let azure = Azure::with_lab().await;
    let kubectl = Kubectl::of(&azure).await;
    let there = async |list: &str, name: &str| kubectl.get(&at(list, name)).await.is_some();
    // Store, ai-service, Secret, service account, ConfigMap.
    for (chapter, want) in [
        ("test-store", [true, false, false, false, false]),
        ("test-ai", [true, true, true, false, false]),
        ("config-map", [true, true, true, true, false]),
        ("update-deployment", [true, true, true, true, true]),
        ("validate", [true, true, false, true, true]),
        ("secure-access", [true, true, true, false, false]),
        ("add-ai", [true, false, false, false, false]),
        ("deploy-store", [false, false, false, false, false]),
    ] {
        let ran = well(azure.run(&format!("app goto {chapter} --no-wait")).await);
        let seen = [
            there(DEPLOYMENTS, "store-front").await,
            there(DEPLOYMENTS, "ai-service").await,
            there(SECRETS, "ai-service-key").await,
            there(SERVICE_ACCOUNTS, "ai-service-account").await,
            there(CONFIG_MAPS, "ai-service-config").await,
        ];
        assert_eq!(seen, want, "{chapter}: {:#}", app(&ran));
    }
}

#[tokio::test(start_paused = true)]
async fn a_second_goto_changes_nothing() {
    let azure = Azure::with_lab().await;
    well(azure.run("app goto validate").await);
    let ran = well(azure.run("app goto validate").await);
    assert_eq!(objects(&ran, "unchanged").len(), 23, "{:#}", app(&ran));
    assert_eq!(app(&ran)["state"], json!("ready"));
}

#[test]
fn an_unknown_chapter_is_told_with_the_one_that_was_meant() {
    let error = azlab::cli::Cli::read_from(["azlab", "app", "goto", "valdate"]).unwrap_err().to_string();
    assert!(error.contains("validate") && error.contains("deploy-store"), "{error}");
}

#[test]
fn how_azlab_signs_in_is_not_what_the_ai_service_signs_in_with() {
    let read = |words: &[&str]| azlab::cli::Cli::read_from(words.iter().copied()).unwrap();
    let cli = read(&["azlab", "app", "connect", "--auth", "key"]);
    assert_eq!(cli.global.auth, None);
    let cli = read(&["azlab", "--auth", "cli", "app", "connect", "--auth", "workload-identity"]);
    assert_eq!(cli.global.auth, Some(azlab::values::AuthMode::Cli));
    let cli = read(&["azlab", "status", "--auth", "workload-identity"]);
    assert_eq!(cli.global.auth, Some(azlab::values::AuthMode::WorkloadIdentity));
}
