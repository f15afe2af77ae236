//! `app deploy`, `app status`, `app url` and `app remove` on a lab as it should be.

use azlab::outcome::{Exit, LabState};
use http::Method;
use serde_json::json;

use super::{DEPLOYMENTS, Kubectl, app, at, objects, well};
use crate::provision::fixture::Azure;

#[tokio::test(start_paused = true)]
async fn the_store_is_there_at_once_and_ready_a_little_later() {
    let azure = Azure::with_lab().await;
    let ran = well(azure.run("app deploy").await);
    assert_eq!(objects(&ran, "created").len(), 19, "{:#}", app(&ran));
    assert_eq!((app(&ran)["state"].clone(), ran.lab().state), (json!("ready"), LabState::Ready));
    let workloads = app(&ran)["workloads"].as_array().unwrap().len();
    assert_eq!(workloads, 9);
}

#[tokio::test(start_paused = true)]
async fn a_second_deploy_changes_nothing() {
    let azure = Azure::with_lab().await;
    well(azure.run("app deploy").await);
    let ran = well(azure.run("app deploy").await);
    assert_eq!(objects(&ran, "unchanged").len(), 19, "{:#}", app(&ran));
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_tells_all_and_leaves_nothing() {
    let azure = Azure::with_lab().await;
    let ran = azure.run("app deploy --dry-run --exit-code").await;
    assert_eq!(ran.exit(), Exit::Differs);
    assert_eq!(objects(&ran, "created").len(), 19);
    assert_eq!(Kubectl::of(&azure).await.get(&at(DEPLOYMENTS, "store-front")).await, None);
    well(azure.run("app deploy --no-wait").await);
    let again = azure.run("app deploy --dry-run --exit-code").await;
    assert_eq!((again.exit(), objects(&again, "unchanged").len()), (Exit::Done, 19), "{:#}", app(&again));
}

#[tokio::test(start_paused = true)]
async fn status_shows_each_part_and_the_url_where_it_is_reached() {
    let azure = Azure::with_lab().await;
    let ran = azure.run("app status --exit-code").await;
    assert_eq!((ran.exit(), app(&ran)["state"].clone()), (Exit::Differs, json!("absent")));
    well(azure.run("app deploy").await);
    let url = well(azure.run("app url").await);
    let printed = url.finished.data.as_ref().unwrap().reveal().trim().to_owned();
    assert!(printed.starts_with("http://"), "{printed}");
    let ran = well(azure.run("app status --exit-code").await);
    assert_eq!((app(&ran)["state"].clone(), app(&ran)["url"].clone()), (json!("ready"), json!(printed)));
}

#[tokio::test(start_paused = true)]
async fn remove_deletes_what_azlab_has_made_and_nothing_else() {
    let azure = Azure::with_lab().await;
    well(azure.run("app deploy").await);
    let kubectl = Kubectl::of(&azure).await;
    let own =
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "mine", "annotations": {}}, "data": {}});
    kubectl.create(super::CONFIG_MAPS, "kubectl-create", own).await;
    let ran = well(azure.run("app remove").await);
    assert_eq!(objects(&ran, "deleted").len(), 19, "{:#}", app(&ran));
    assert!(kubectl.get(&at(super::CONFIG_MAPS, "mine")).await.is_some());
    assert_eq!(kubectl.get(&at(DEPLOYMENTS, "store-front")).await, None);
    assert!(objects(&well(azure.run("app remove").await), "deleted").is_empty(), "again");
}

#[tokio::test(start_paused = true)]
async fn a_command_that_is_not_about_the_application_asks_no_cluster() {
    let azure = Azure::with_lab().await;
    for line in ["status", "provision", "env", "verify --skip-app"] {
        let ran = azure.run(line).await;
        let asked = |path: &str| path.contains("listClusterUserCredential") || path.starts_with("/api");
        assert!(!ran.log.iter().any(|one| asked(&one.path)), "{line}: {:#?}", ran.log);
    }
    let credentials = |one: &&azlab_sandbox::LoggedRequest| one.method == Method::POST;
    let ran = azure.run("app status").await;
    assert_eq!(ran.log.iter().filter(credentials).count(), 1, "{:#?}", ran.log);
}

#[tokio::test(start_paused = true)]
async fn provision_brings_the_application_along() {
    let azure = Azure::new();
    let ran = well(azure.provision("--with-app").await);
    assert_eq!((app(&ran)["state"].clone(), ran.lab().state), (json!("ready"), LabState::Ready));
    assert!(ran.outputs().openai_endpoint.is_some(), "the lab's own outputs are there too");
    let ran = well(azure.provision("--with-app=validate").await);
    assert_eq!(app(&ran)["auth"], "workload-identity");
}
