//! A second run: it looks, finds everything, and writes nothing but what was asked for anew.

use azlab::outcome::{Action, Exit};
use azlab::values::ResourceKind;
use http::Method;
use serde_json::{Value, json};

use super::fixture::{Azure, GROUP};

async fn tags(azure: &Azure) -> Value {
    azure.get(GROUP).await["tags"].clone()
}

#[tokio::test(start_paused = true)]
async fn a_second_run_writes_nothing_and_says_so() {
    let azure = Azure::with_lab().await;
    let ran = azure.provision("").await.ready();
    assert!(ran.writes().is_empty(), "{:#?}", ran.writes());
    assert_eq!(ran.finished.result.requests.map(|requests| (requests.writes, requests.deletes)), Some((0, 0)));
    let kinds: Vec<_> = ran.lab().changes.iter().map(|change| change.resource).collect();
    assert_eq!(kinds, ResourceKind::ALL);
    assert_eq!(ran.changed(), []);
    assert!(ran.lab().elapsed_s < 2.0, "{} s", ran.lab().elapsed_s);
}

#[tokio::test(start_paused = true)]
async fn a_second_run_tells_the_same_outputs() {
    let azure = Azure::new();
    let first = azure.provision("").await.ready();
    let second = azure.provision("").await.ready();
    assert_eq!(first.outputs(), second.outputs());
    let ids = |ran: &super::ran::Ran| ran.lab().changes.iter().map(|one| one.id.clone()).collect::<Vec<_>>();
    assert_eq!(ids(&first), ids(&second));
}

#[tokio::test(start_paused = true)]
async fn a_time_to_live_counts_from_the_run_that_names_it_and_stays_otherwise() {
    let azure = Azure::with_lab().await;
    assert_eq!(tags(&azure).await["azlab-expires"], Value::Null);
    let ran = azure.provision("--ttl 8h").await.ready();
    assert_eq!(
        ran.changed(),
        [(ResourceKind::ResourceGroup, Action::Updated), (ResourceKind::OpenaiAccount, Action::Updated)]
    );
    assert_eq!(ran.writes().len(), 2);
    let expires = tags(&azure).await["azlab-expires"].clone();
    assert!(expires.as_str().is_some_and(|text| text.starts_with("2026-04-20T16:00")), "{expires}");

    assert!(azure.provision("").await.ready().writes().is_empty());
    assert_eq!(tags(&azure).await["azlab-expires"], expires);
    azure.pass(3600.0).await;
    azure.provision("--ttl 8h").await.ready();
    assert_ne!(tags(&azure).await["azlab-expires"], expires);
}

#[tokio::test(start_paused = true)]
async fn an_owner_who_is_named_is_written_and_whoever_runs_it_next_does_not_take_it_over() {
    let azure = Azure::new();
    azure.provision("").await.ready();
    assert_eq!(tags(&azure).await["azlab-owner"], "somebody", "a new lab belongs to who made it");

    let ran = azure.provision("--owner alice").await.ready();
    assert_eq!(ran.changed(), [(ResourceKind::ResourceGroup, Action::Updated)]);
    assert_eq!(tags(&azure).await["azlab-owner"], "alice");

    assert!(azure.provision("").await.ready().writes().is_empty());
    azure.provision("--ttl 1h").await.ready();
    assert_eq!(tags(&azure).await["azlab-owner"], "alice", "writing another tag leaves the owner");
}

#[tokio::test(start_paused = true)]
async fn tags_of_others_stay_when_ours_are_written() {
    let azure = Azure::with_lab().await;
    let mut all = tags(&azure).await;
    all["cost-center"] = json!("42");
    azure.put(GROUP, json!({"location": "westeurope", "tags": all})).await;
    azure.provision("--ttl 1h").await.ready();
    assert_eq!(tags(&azure).await["cost-center"], "42");
}

#[tokio::test(start_paused = true)]
async fn each_field_that_is_asked_for_anew_is_changed_in_place_and_nothing_else() {
    let cases = [
        ("--node-count 3", ResourceKind::Cluster),
        ("--kubernetes-version 1.35", ResourceKind::Cluster),
        ("--subject system:serviceaccount:shop:ai", ResourceKind::FederatedCredential),
        ("--capacity 20", ResourceKind::ModelDeployment),
    ];
    let azure = Azure::with_lab().await;
    let mut so_far = String::new();
    for (arguments, kind) in cases {
        so_far = format!("{so_far} {arguments}");
        let ran = azure.provision(&so_far).await.ready();
        assert_eq!(ran.changed(), [(kind, Action::Updated)], "{arguments}");
        assert_eq!(ran.writes().len(), 1, "{arguments}: {:#?}", ran.writes());
        assert!(azure.provision(&so_far).await.ready().writes().is_empty(), "{arguments}, once more");
    }
    azure.holds_exactly(1);
}

#[tokio::test(start_paused = true)]
async fn a_name_that_is_new_makes_a_resource_beside_the_others() {
    let azure = Azure::with_lab().await;
    let ran = azure.provision("--deployment chat").await.ready();
    assert_eq!(ran.changed(), [(ResourceKind::ModelDeployment, Action::Created)]);
    assert_eq!(ran.exit(), Exit::Done);
    assert!(ran.writes().iter().all(|request| request.method == Method::PUT));
}
