//! Several runs and several labs at once.

use azlab::outcome::{Exit, LabState};
use azlab_sandbox::Settings;
use http::Method;

use super::fixture::{Azure, GROUP};

fn quick(settings: &mut Settings) {
    settings.durations.cluster_create = 60.0;
}

#[tokio::test(start_paused = true)]
async fn two_runs_of_one_lab_at_once_both_end_ready_with_one_of_each() {
    for after in [0.0, 0.1, 0.25, 0.4, 1.0, 2.2, 2.5, 4.0, 9.3, 27.0] {
        let azure = Azure::with(quick);
        let second = async {
            azure.pass(after).await;
            azure.provision("").await
        };
        let (first, second) = tokio::join!(azure.provision(""), second);
        let (first, second) = (first.ready(), second.ready());
        assert_eq!(first.outputs(), second.outputs(), "{after} s after");
        azure.holds_exactly(1);
        for id in ["managedclusters/", "userassignedidentities/myidentity?", "accounts/", "deployments/"] {
            let log = azure.sandbox.request_log();
            let made = log.iter().filter(|request| {
                request.method == Method::PUT
                    && request.status.is_some_and(|status| status == 201)
                    && request.path.to_lowercase().contains(id)
                    && (id != "accounts/" || !request.path.contains("/deployments/") && !request.path.contains("roleA"))
            });
            assert_eq!(made.count(), 1, "{after} s after: {id}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_that_has_waited_for_another_looks_at_what_that_one_has_made() {
    let azure = Azure::with(quick);
    let (first, second) = tokio::join!(azure.provision("--if-busy wait"), azure.provision("--if-busy wait"));
    let (first, second) = (first.ready(), second.ready());
    assert_eq!(first.outputs(), second.outputs());
    for id in ["/managedclusters/myakscluster?", "/userassignedidentities/myidentity?", "/deployments/"] {
        let log = azure.sandbox.request_log();
        let puts = log.iter().filter(|one| one.method == Method::PUT && one.path.to_lowercase().contains(id));
        assert_eq!(puts.count(), 1, "{id}");
    }
}

#[tokio::test(start_paused = true)]
async fn every_lab_is_looked_at_before_the_first_write() {
    let azure = Azure::new();
    let ran = azure.provision("--lab red blue green").await.ready();
    let first_write = ran.log.iter().position(|request| request.is_write()).expect("a write");
    for group in ["myResourceGroup-red?", "myResourceGroup-blue?", "myResourceGroup-green?"] {
        let looked = ran.log.iter().position(|request| request.path.contains(group)).expect("a look");
        assert!(looked < first_write, "{group}");
    }
    azure.holds_exactly(3);
}

#[tokio::test(start_paused = true)]
async fn one_lab_that_cannot_be_made_keeps_all_from_being_written() {
    let azure = Azure::new();
    let blue = GROUP.replace("myResourceGroup", "myResourceGroup-blue");
    azure.put(&blue, serde_json::json!({"location": "westeurope"})).await;
    let ran = azure.provision("--lab red blue green").await.refused(Exit::NotOurs);
    let states: Vec<_> = ran.labs().iter().map(|lab| lab.state).collect();
    assert_eq!(states, [LabState::Absent, LabState::Failed, LabState::Absent]);
    assert!(ran.labs()[1].error.as_ref().is_some_and(|error| error.code == "NotOurs"));
    assert!(ran.labs()[0].error.is_none());
}

#[tokio::test(start_paused = true)]
async fn one_lab_that_fails_leaves_the_others_to_finish() {
    let azure = Azure::with(quick);
    azure.fault(
        Method::PUT,
        "myresourcegroup-blue/providers/microsoft.containerservice",
        usize::MAX,
        super::fixture::refusal(403, "RequestDisallowedByPolicy"),
    );
    let ran = azure.provision("--lab red blue").await;
    assert_eq!(ran.exit(), Exit::LabFailed);
    let states: Vec<_> = ran.labs().iter().map(|lab| lab.state).collect();
    assert_eq!(states, [LabState::Ready, LabState::Failed]);
}
