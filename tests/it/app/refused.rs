//! Clusters that cannot be asked, and manifests that cannot be applied: what is told, and with which exit code.

use azlab::outcome::{Exit, LabState};
use azlab_sandbox::{Fault, FaultKind};
use http::StatusCode;

use super::{Kubectl, objects, well};
use crate::provision::fixture::Azure;
use crate::provision::ran::Ran;

#[track_caller]
pub(super) fn refused(ran: &Ran, code: &str, exit: Exit, says: &str) {
    let error = ran.finished.result.error.as_ref().or_else(|| ran.lab().error.as_ref()).expect("an error");
    assert_eq!((error.code.as_str(), ran.exit()), (code, exit), "{error:#?}");
    let hint = error.hint.as_deref().unwrap_or_default();
    assert!(hint.contains(says) || error.message.contains(says), "{error:#?}");
}

#[tokio::test(start_paused = true)]
async fn a_cluster_that_is_not_there_or_stopped_is_told_with_what_brings_it_back() {
    let azure = Azure::new();
    refused(&azure.run("app deploy").await, "ClusterNotFound", Exit::NotFound, "azlab provision");
    azure.provision("").await.ready();
    azure.run("pause --yes").await;
    let ran = azure.run("app deploy").await;
    refused(&ran, "ClusterStopped", Exit::LabFailed, "azlab resume");
    assert_eq!(ran.lab().state, LabState::Paused);
    azure.run("resume").await;
    well(azure.run("app deploy").await);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_is_away_for_a_while_is_waited_for() {
    let azure = Azure::with_lab().await;
    azure.sandbox.control().inject(Fault {
        method: None,
        path_contains: "/apis/apps/v1/namespaces/default/".into(),
        skip: 0,
        times: 3,
        kind: FaultKind::Refuse {
            status: StatusCode::SERVICE_UNAVAILABLE,
            code: "ServiceUnavailable".into(),
            message: "the server is restarting".into(),
            headers: Vec::new(),
            handled: false,
        },
    });
    let ran = well(azure.run("app deploy --no-wait").await);
    assert_eq!(objects(&ran, "created").len(), 19);
}

#[tokio::test(start_paused = true)]
async fn a_manifest_with_a_mistake_is_told_by_file_and_line_before_anything_is_sent() {
    let azure = Azure::with_lab().await;
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.yaml"), "apiVersion: v1\nkind: Namespace\nmetadata: {name: x}\n").unwrap();
    let file = format!("version = 1\n[app]\nmanifests = {:?}\n", folder.path().display().to_string());
    let ran = azure.run_with(&file, "app deploy").await;
    refused(&ran, "InvalidManifest", Exit::Usage, "a.yaml:2: azlab applies no Namespace");
    let good = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata: {a: b}\n";
    std::fs::write(folder.path().join("a.yaml"), good).unwrap();
    let ran = well(azure.run_with(&file, "app deploy").await);
    assert_eq!(objects(&ran, "created"), ["ConfigMap x"]);
    let kubectl = Kubectl::of(&azure).await;
    assert!(kubectl.get(&super::at(super::CONFIG_MAPS, "x")).await.is_some());
}

#[tokio::test(start_paused = true)]
async fn an_image_of_no_container_is_told_with_the_one_that_was_meant() {
    let azure = Azure::with_lab().await;
    let file = "version = 1\n[app]\nimages = { store-fron = \"example.com/front:1\" }\n";
    let ran = azure.run_with(file, "app deploy").await;
    refused(
        &ran,
        "InvalidManifest",
        Exit::Usage,
        "azlab.toml:3: the application has no container store-fron: did you mean store-front?",
    );
}

/// From now on this happens to each request to a cluster's API server, so many times.
fn happens(azure: &Azure, times: usize, kind: FaultKind) {
    azure.sandbox.control().inject(Fault {
        method: None,
        path_contains: "/namespaces/default/".into(),
        skip: 2,
        times,
        kind,
    });
}

#[tokio::test(start_paused = true)]
async fn whoever_has_no_right_on_the_api_is_told_which_role_gives_it() {
    let azure = Azure::with_lab().await;
    happens(
        &azure,
        1000,
        FaultKind::Refuse {
            status: StatusCode::FORBIDDEN,
            code: "Forbidden".into(),
            message: "deployments.apps is forbidden: User \"ada\" cannot list resource".into(),
            headers: Vec::new(),
            handled: false,
        },
    );
    refused(&azure.run("app deploy").await, "Forbidden", Exit::LabFailed, "Azure Kubernetes Service RBAC Admin");
}

#[tokio::test(start_paused = true)]
async fn a_server_that_goes_away_half_way_is_told_and_the_same_command_continues() {
    let azure = Azure::with_lab().await;
    happens(&azure, 500, FaultKind::Drop);
    let ran = azure.run("app deploy --no-wait").await;
    refused(&ran, "ClusterUnreachable", Exit::LabFailed, "az aks show");
    azure.sandbox.control().clear_faults();
    let ran = well(azure.run("app deploy --no-wait").await);
    assert_eq!(["created", "unchanged"].map(|action| objects(&ran, action).len()).iter().sum::<usize>(), 19);
}

#[tokio::test(start_paused = true)]
async fn an_admission_webhook_that_refuses_is_named() {
    let azure = Azure::with_lab().await;
    let webhook = azlab_sandbox::RefusingWebhook {
        name: "images.example.com".into(),
        message: "no images from elsewhere".into(),
        resources: vec!["deployments".into()],
        names: Vec::new(),
    };
    let control = azure.sandbox.control();
    control.change_settings(|settings| settings.kubernetes.refusing_webhooks = vec![webhook]).expect("settings");
    refused(&azure.run("app deploy --no-wait").await, "AdmissionDenied", Exit::LabFailed, "images.example.com");
}
