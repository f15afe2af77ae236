//! `pause` and `resume`: the cluster of a lab stopped and started, and what every other command makes of it.
use azlab::events::Level;
use azlab::outcome::plan::PlannedAction;
use azlab::outcome::state::ResourceState;
use azlab::outcome::{Action, CheckReport, Exit, LabState};
use azlab::values::{CheckStatus, ResourceKind};
use azlab_sandbox::FaultKind;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::provision::fixture::{Azure, CLUSTER, GROUP};
use crate::provision::ran::Ran;

const TAG: &str = "azlab-paused";

async fn tag(azure: &Azure) -> Value {
    azure.get(GROUP).await["tags"][TAG].clone()
}

async fn power(azure: &Azure) -> Value {
    azure.get(CLUSTER).await["properties"]["powerState"]["code"].clone()
}

async fn paused_lab() -> Azure {
    let azure = Azure::with_lab().await;
    paused(&azure.run("pause").await);
    azure
}

#[track_caller]
fn paused(ran: &Ran) {
    assert_eq!((ran.exit(), ran.lab().state), (Exit::Done, LabState::Paused), "{:#?}", ran.finished.result);
}

/// As `az aks start` does.
async fn starts_the_cluster(azure: &Azure) {
    let started = azure.send(Method::POST, &CLUSTER.replace('?', "/start?"), None).await;
    assert_eq!(started.status, 202, "{}", started.body);
    azure.pass(600.0).await;
}

fn checks(ran: &Ran, wanted: CheckStatus) -> Vec<CheckReport> {
    let all = ran.lab().details.checks.clone().unwrap_or_default();
    all.into_iter().filter(|check| check.status == wanted).collect()
}

#[tokio::test(start_paused = true)]
async fn a_pause_stops_the_cluster_and_a_resume_starts_it_and_both_keep_the_tags_of_others() {
    let azure = Azure::with_lab().await;
    let mut group = azure.get(GROUP).await;
    group["tags"]["costCenter"] = json!("42");
    azure.put(GROUP, json!({"location": "westeurope", "tags": group["tags"]})).await;
    let before = azure.get(GROUP).await["tags"].clone();
    let ran = azure.run("pause").await;
    paused(&ran);
    let both = vec![(ResourceKind::ResourceGroup, Action::Updated), (ResourceKind::Cluster, Action::Updated)];
    assert_eq!(ran.changed(), both);
    assert_eq!(power(&azure).await, "Stopped");
    assert!(tag(&azure).await.as_str().is_some_and(|text| text.starts_with("2026-04-20T")), "since when");
    let resumed = azure.run("resume").await.ready();
    assert_eq!(resumed.changed(), both);
    assert_eq!((power(&azure).await, azure.get(GROUP).await["tags"].clone()), (json!("Running"), before));
    let warned = resumed.notes(Level::Warning);
    assert!(warned.len() == 1 && warned[0].contains("may not have the capacity"), "{warned:?}");
    azure.run("status --exit-code").await.ready();
}

#[tokio::test(start_paused = true)]
async fn a_second_pause_and_a_second_resume_write_nothing() {
    let azure = paused_lab().await;
    let since = tag(&azure).await;
    azure.pass(3600.0).await;
    let again = azure.run("pause").await;
    paused(&again);
    assert!(again.writes().is_empty(), "{:#?}", again.writes());
    assert_eq!(tag(&azure).await, since, "it has been paused since the first");
    azure.run("resume").await.ready();
    let again = azure.run("resume").await.ready();
    assert!(again.writes().is_empty() && again.notes(Level::Warning).is_empty(), "{:#?}", again.writes());
}

#[tokio::test(start_paused = true)]
async fn a_paused_lab_is_a_state_of_its_own_and_no_drift() {
    let azure = paused_lab().await;
    let seen = azure.run("status --exit-code").await;
    paused(&seen);
    let resources = seen.lab().details.resources.clone().unwrap_or_default();
    let odd: Vec<_> = resources.iter().filter(|one| one.state != ResourceState::Ready).collect();
    assert!(matches!(odd[..], [one] if one.resource == ResourceKind::Cluster && one.state == ResourceState::Paused));
    let about = json!(seen.lab().details.about);
    assert_eq!(about["paused_at"], tag(&azure).await);
    assert_eq!(seen.finished.next.len(), 1);
    assert_eq!(seen.finished.next[0].command, "azlab resume");
}

#[tokio::test(start_paused = true)]
async fn provision_and_reset_leave_a_paused_lab_alone_and_say_how_to_resume() {
    let azure = paused_lab().await;
    for line in ["provision", "provision --node-count 3", "reset", "reset --kubernetes-version 1.35"] {
        let ran = azure.run(line).await;
        paused(&ran);
        assert!(ran.writes().is_empty(), "{line}: {:#?}", ran.writes());
        assert!(ran.told().contains("azlab resume"), "{line}: {}", ran.told());
        let plan = azure.run(&format!("{line} --dry-run --exit-code")).await;
        paused(&plan);
    }
    // What else differs is repaired beside it.
    azure.delete(&crate::provision::fixture::federated_credential("myFederatedCredential")).await;
    azure.pass(5.0).await;
    let ran = azure.run("reset").await;
    paused(&ran);
    assert_eq!(ran.changed(), [(ResourceKind::FederatedCredential, Action::Created)]);
    assert_eq!(power(&azure).await, "Stopped");
}

#[tokio::test(start_paused = true)]
async fn verify_of_a_paused_lab_fails_once_and_names_resume() {
    let azure = paused_lab().await;
    let ran = azure.run("verify").await;
    assert_eq!((ran.exit(), ran.lab().state), (Exit::Differs, LabState::Paused));
    let failed = checks(&ran, CheckStatus::Fail);
    assert!(matches!(&failed[..], [one] if one.id == "cluster" && one.message.contains("paused")), "{failed:#?}");
    assert_eq!(failed[0].hint.as_deref(), Some("azlab resume"));
    azure.run("resume").await.ready();
    azure.run("verify").await.ready();
}

#[tokio::test(start_paused = true)]
async fn a_tag_beside_a_running_cluster_and_a_stopped_cluster_without_the_tag_are_no_pause() {
    let azure = paused_lab().await;
    starts_the_cluster(&azure).await;
    azure.run("status --exit-code").await.ready();
    azure.run("verify").await.ready();
    azure.run("resume").await.ready();
    assert_eq!(tag(&azure).await, Value::Null, "resume takes away what means nothing");
    azure.stops_the_cluster().await;
    let seen = azure.run("status --exit-code").await;
    assert_eq!((seen.exit(), seen.lab().state), (Exit::Differs, LabState::Incomplete));
    // A pause takes over what somebody stopped by hand, and a resume starts what is stopped, whoever did it.
    let ran = azure.run("pause").await;
    paused(&ran);
    assert_eq!(ran.changed(), [(ResourceKind::ResourceGroup, Action::Updated)]);
    azure.run("resume").await.ready();
}

#[tokio::test(start_paused = true)]
async fn a_pause_and_a_resume_that_are_killed_at_any_request_are_continued_by_the_same_command() {
    for (first, line, whole) in [("", "pause", LabState::Paused), ("pause", "resume", LabState::Ready)] {
        for count in 1..=9 {
            let azure = Azure::with_lab().await;
            if !first.is_empty() {
                azure.run(first).await;
            }
            let killed = azure.command_killed_at_request(line, count).await;
            assert!(killed.is_none(), "{line} {count}: it ended before it was killed");
            let between = azure.run("status").await.lab().state;
            assert_ne!(between, LabState::Failed, "{line} {count}");
            let again = azure.run(line).await;
            assert_eq!((again.exit(), again.lab().state), (Exit::Done, whole), "{line} {count}");
            let is_paused = whole == LabState::Paused;
            assert_eq!(tag(&azure).await.is_string(), is_paused, "{line} {count}");
            assert_eq!(power(&azure).await, if is_paused { "Stopped" } else { "Running" }, "{line} {count}");
            let status = azure.run("status --exit-code").await;
            assert_eq!((status.exit(), status.lab().state), (Exit::Done, whole), "{line} {count}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_tells_the_tag_and_the_power_state_and_writes_nothing() {
    let azure = Azure::with_lab().await;
    let told = azure.run("pause --dry-run --exit-code").await.refused(Exit::Differs);
    let plan = told.lab().details.plan.clone().unwrap_or_default();
    let actions: Vec<_> = plan.iter().map(|change| (change.resource, change.action)).collect();
    let change = PlannedAction::Change;
    assert_eq!(actions, [(ResourceKind::ResourceGroup, change), (ResourceKind::Cluster, change)]);
    assert_eq!(json!(plan[1].fields), json!([{"field": "power_state", "have": "Running", "want": "Stopped"}]));
    azure.run("pause").await;
    azure.run("pause --dry-run --exit-code").await.refused(Exit::Done);
    let told = azure.run("resume --dry-run --exit-code").await.refused(Exit::Differs);
    assert_eq!(told.lab().state, LabState::Paused);
}

#[tokio::test(start_paused = true)]
async fn a_region_without_capacity_leaves_the_lab_paused_and_says_what_can_be_done() {
    let azure = paused_lab().await;
    let refusal = FaultKind::Refuse {
        status: StatusCode::BAD_REQUEST,
        code: "AKSCapacityHeavyUsage".into(),
        message: "AKS is experiencing heavy usage in this region.".into(),
        headers: Vec::new(),
        handled: false,
    };
    azure.fault(Method::POST, "myAKSCluster/start", 1, refusal);
    let ran = azure.run("resume").await;
    assert_eq!(ran.exit(), Exit::LabFailed);
    let hint = ran.error().hint.clone().unwrap_or_default();
    for says in ["Try again later: azlab resume", "azlab teardown", "--location REGION", "stays paused"] {
        assert!(hint.contains(says), "{says}: {hint}");
    }
    paused(&azure.run("status --exit-code").await);
    azure.run("resume").await.ready();
}

#[tokio::test(start_paused = true)]
async fn a_class_is_paused_at_once_and_each_lab_tells_its_own() {
    let azure = Azure::new();
    azure.provision("-l a b c").await.ready();
    let ran = azure.run("pause -l a b c nobody").await;
    let states: Vec<_> = ran.labs().iter().map(|lab| lab.state).collect();
    let is = LabState::Paused;
    assert_eq!((ran.exit(), states), (Exit::NotFound, vec![is, is, is, LabState::Absent]));
    let each = ran.labs()[0].elapsed_s;
    assert!(ran.labs()[..3].iter().all(|lab| lab.elapsed_s < each * 1.3), "side by side");
    let resumed = azure.run("resume -l a b c").await.ready();
    assert_eq!(resumed.notes(Level::Warning).len(), 1, "one line for all");
}

#[tokio::test(start_paused = true)]
async fn what_has_no_cluster_or_is_not_ours_is_refused_and_nothing_is_written() {
    let azure = Azure::new();
    azure.put(GROUP, json!({"location": "westeurope"})).await;
    azure.run("pause").await.refused(Exit::NotOurs);
    azure.put(GROUP, json!({"location": "westeurope", "tags": {"azlab-workshop": "w", "azlab-lab": "default"}})).await;
    let ran = azure.run("pause").await.refused(Exit::NotFound);
    assert!(ran.error().hint.as_deref().is_some_and(|hint| hint.contains("azlab provision")));
}

#[tokio::test(start_paused = true)]
async fn other_commands_work_on_a_paused_lab_as_before() {
    let azure = paused_lab().await;
    azure.run("extend --ttl 4h").await.ready();
    assert!(tag(&azure).await.is_string(), "the tag stays");
    assert_eq!(azure.run("env").await.exit(), Exit::Done);
    let gone = azure.run("teardown --yes").await;
    assert_eq!((gone.exit(), gone.lab().state), (Exit::Done, LabState::Deleted), "{:#?}", gone.finished.result);
}

#[tokio::test(start_paused = true)]
async fn a_rebuilt_lab_runs() {
    let azure = paused_lab().await;
    azure.run("reset --rebuild --yes").await.ready();
    assert_eq!((power(&azure).await, tag(&azure).await), (json!("Running"), Value::Null));
}

#[tokio::test(start_paused = true)]
async fn a_paused_cluster_without_an_issuer_is_told_to_be_resumed_and_not_waited_for() {
    let azure = Azure::with_lab().await;
    paused(&azure.run("pause").await);
    let mut cluster = azure.get(CLUSTER).await;
    cluster["properties"]["oidcIssuerProfile"] = json!({"enabled": false});
    for line in ["provision", "provision --dry-run"] {
        let kind = FaultKind::Respond {
            status: StatusCode::OK,
            headers: vec![("content-type".into(), "application/json".into())],
            body: cluster.to_string().into(),
        };
        azure.fault(Method::GET, "managedClusters/myAKSCluster", 2, kind);
        let ran = azure.run(line).await;
        let hint = ran.error().hint.clone().unwrap_or_default();
        assert!(ran.exit() != Exit::Done && hint.contains("azlab resume"), "{line}: {hint}");
    }
}
