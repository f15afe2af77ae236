//! Two runs on one lab know of each other: the lease, a tag of the lab's group.

use azlab::events::EventKind;
use azlab::lab::lease::{GOOD_FOR, RENEWED_AFTER};
use azlab::outcome::{Exit, LabState};
use azlab_sandbox::FaultKind;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::fixture::{Azure, CLUSTER, GROUP, IDENTITY};
use super::ran::Ran;

/// What a run of somebody else's, on another machine, writes into the lab's group.
fn of_another(command: &str, at: &str) -> String {
    format!("{command} by ben@desk since {at} renewed {at} process elsewhere/1")
}

async fn tags(azure: &Azure) -> Value {
    azure.get(GROUP).await["tags"].clone()
}

async fn lease(azure: &Azure) -> Option<String> {
    tags(azure).await["azlab-lease"].as_str().map(str::to_owned)
}

/// Lets the tag say that.
async fn tagged(azure: &Azure, lease: &str) {
    let mut group = azure.get(GROUP).await;
    group["tags"]["azlab-lease"] = json!(lease);
    azure.put(GROUP, json!({"location": group["location"], "tags": group["tags"]})).await;
}

/// The other runs that people were told of: command, and whether it is waited for.
fn told(ran: &Ran) -> Vec<(String, bool)> {
    let busy = |kind: &EventKind| match kind {
        EventKind::LabBusy { command, waits, .. } => Some((command.clone(), *waits)),
        _ => None,
    };
    ran.events.iter().filter_map(|event| busy(&event.kind)).collect()
}

fn refusal(status: StatusCode, code: &str) -> FaultKind {
    FaultKind::Refuse { status, code: code.into(), message: "No.".into(), headers: Vec::new(), handled: false }
}

/// A lab on which `command` of somebody else's has been at work for a minute.
async fn busy_with(command: &str) -> Azure {
    let azure = Azure::with_lab().await;
    tagged(&azure, &of_another(command, "2026-04-20T08:00:00Z")).await;
    azure
}

#[tokio::test(start_paused = true)]
async fn a_fresh_lab_is_leased_by_the_write_of_its_group_and_released_by_one_more() {
    let azure = Azure::as_recorded();
    let look = async {
        azure.pass(60.0).await;
        (lease(&azure).await, azure.run("status").await)
    };
    let (ran, (during, status)) = tokio::join!(azure.provision(""), look);
    let during = during.expect("a lease");
    assert!(during.starts_with("provision by somebody@laptop since 2026-04-20T08:00:0"), "{during}");
    let busy = status.lab().details.about.as_ref().and_then(|about| about.busy.clone()).expect("busy");
    assert_eq!((busy.command.as_str(), busy.by.as_str()), ("provision", "somebody@laptop"));
    assert_eq!(lease(&azure).await, None);
    assert_eq!(ran.lease_writes().len(), 1, "{:#?}", ran.lease_writes());
    let status = azure.run("status").await;
    assert_eq!(status.lab().details.about.as_ref().and_then(|about| about.busy.clone()), None);
}

#[tokio::test(start_paused = true)]
async fn a_run_that_has_nothing_to_write_takes_no_lease() {
    let azure = Azure::with_lab().await;
    for line in ["provision", "reset", "deploy-model", "status", "verify"] {
        let ran = azure.run(line).await;
        assert!(ran.lease_writes().is_empty(), "{line}: {:#?}", ran.lease_writes());
    }
}

#[tokio::test(start_paused = true)]
async fn a_repair_takes_a_lease_and_gives_it_back_and_the_tags_of_others_stay() {
    let azure = Azure::with_lab().await;
    azure
        .put(GROUP, {
            let mut tags = tags(&azure).await;
            tags["course"] = json!("42");
            json!({"location": "westeurope", "tags": tags})
        })
        .await;
    azure.delete(IDENTITY).await;
    let ran = azure.run("reset").await.ready();
    assert_eq!(ran.lease_writes().len(), 2, "{:#?}", ran.lease_writes());
    let tags = tags(&azure).await;
    assert_eq!((&tags["azlab-lease"], &tags["course"]), (&Value::Null, &json!("42")));
}

#[tokio::test(start_paused = true)]
async fn the_second_run_is_told_who_is_at_work_and_continues_beside_it() {
    let azure = Azure::as_recorded();
    let second = async {
        azure.pass(60.0).await;
        azure.provision("").await.ready()
    };
    let (first, second) = tokio::join!(azure.provision(""), second);
    assert_eq!(told(&first.ready()), []);
    assert_eq!(told(&second), [("provision".to_owned(), false)]);
    azure.holds_exactly(1);
    assert_eq!(lease(&azure).await, None);
}

#[tokio::test(start_paused = true)]
async fn a_run_that_is_not_to_disturb_others_ends_before_it_writes() {
    for line in [
        "provision",
        "reset",
        "reset --rebuild --yes",
        "teardown --yes",
        "extend --ttl 9h",
        "deploy-model --capacity 2",
    ] {
        let azure = busy_with("provision").await;
        let ran = azure.run(&format!("{line} --if-busy fail")).await.refused(Exit::NotOurs);
        let error = ran.error();
        assert_eq!(error.code, "LabBusy", "{line}");
        assert!(error.message.contains("provision by ben@desk, since 2026-04-20T08:00:00Z"), "{}", error.message);
        let hint = error.hint.clone().unwrap_or_default();
        assert!(hint.contains(&format!("azlab {line} ")) && hint.contains("--if-busy wait"), "{hint}");
        assert!(!hint.contains("--if-busy fail"), "{hint}");
        assert!(error.retryable);
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_that_waits_begins_when_the_other_has_ended() {
    for line in ["provision --capacity 2", "teardown --yes", "extend --ttl 9h", "deploy-model --capacity 2"] {
        let azure = busy_with("reset").await;
        let other = async {
            azure.pass(300.0).await;
            tagged(&azure, "nobody").await;
            azure.now()
        };
        let line = format!("{line} --if-busy wait");
        let (ran, ended) = tokio::join!(azure.run(&line), other);
        assert_eq!((ran.exit(), told(&ran)), (Exit::Done, vec![("reset".to_owned(), true)]), "{line}");
        let first = ran.log.iter().find(|one| one.is_write() && one.at > ended - time::Duration::seconds(1));
        let early = ran.writes().into_iter().any(|one| one.at < ended - time::Duration::seconds(3));
        assert!(first.is_some() && !early, "{line}: {:#?}", ran.writes());
    }
}

#[tokio::test(start_paused = true)]
async fn a_wait_ends_with_the_time_limit_and_with_ctrl_c() {
    let azure = busy_with("reset").await;
    let began = azure.now();
    let ran = azure.provision("--capacity 2 --if-busy wait --timeout 5m").await.refused(Exit::TimedOut);
    assert!((azure.now() - began).whole_seconds() <= 301, "{:?}", ran.exit());
    let ran = azure.interrupted_after("--capacity 2 --if-busy wait", 30.0).await.refused(Exit::Interrupted);
    assert_eq!(ran.lab().state, LabState::Interrupted);
}

#[tokio::test(start_paused = true)]
async fn a_lease_that_is_not_renewed_holds_nobody_up() {
    let azure = busy_with("provision").await;
    azure.pass(GOOD_FOR.as_secs_f64()).await;
    let ran = azure.provision("--capacity 2 --if-busy fail").await.ready();
    assert_eq!(told(&ran), []);
    assert_eq!(lease(&azure).await, None, "who writes takes a stale one over");
}

#[tokio::test(start_paused = true)]
async fn after_kill_9_the_same_machine_continues_at_once() {
    let azure = Azure::new();
    assert!(azure.killed_after("", 10.0).await.is_none());
    assert!(lease(&azure).await.is_some());
    let ran = azure.provision("--if-busy fail").await.ready();
    assert_eq!(told(&ran), []);
    assert_eq!(lease(&azure).await, None);
}

#[tokio::test(start_paused = true)]
async fn ctrl_c_gives_the_lease_back() {
    let azure = Azure::as_recorded();
    let ran = azure.interrupted_after("", 60.0).await;
    assert_eq!((ran.exit(), lease(&azure).await), (Exit::Interrupted, None));
    azure.interrupted_after("", 30.0).await;
    assert_eq!(lease(&azure).await, None);
}

#[tokio::test(start_paused = true)]
async fn a_long_run_renews_its_lease_now_and_then() {
    let hour = 3600.0;
    let azure = Azure::with(|settings| settings.durations.cluster_create = hour);
    let look = async {
        azure.pass(hour - 60.0).await;
        azure.provision("--if-busy fail").await.refused(Exit::NotOurs)
    };
    let (ran, _) = tokio::join!(azure.provision(""), look);
    let most = (hour / RENEWED_AFTER.as_secs_f64()) as usize + 1;
    assert!((2..=most).contains(&ran.lease_writes().len()), "{:#?}", ran.lease_writes());
    assert_eq!(lease(&azure).await, None);
}

#[tokio::test(start_paused = true)]
async fn a_lease_that_went_with_its_group_is_not_written_again() {
    let azure = Azure::with(|settings| {
        settings.durations.account_purge = 550.0;
        settings.purge_conflict_s = 280.0;
    });
    azure.provision("").await.ready();
    let teardown = azure.run("teardown --yes").await;
    assert_eq!(teardown.exit(), Exit::Done);
    // Taken over before the deletion, and at most one try to renew it, which finds no group.
    assert!((1..=2).contains(&teardown.lease_writes().len()), "{:#?}", teardown.lease_writes());
}

#[tokio::test(start_paused = true)]
async fn a_lease_that_cannot_be_written_is_none_and_nothing_else_fails() {
    for status in [StatusCode::FORBIDDEN, StatusCode::CONFLICT, StatusCode::BAD_REQUEST, StatusCode::BAD_GATEWAY] {
        let azure = Azure::with_lab().await;
        azure.fault(Method::PATCH, "/tags/default", usize::MAX, refusal(status, "RequestDisallowedByPolicy"));
        let ran = azure.provision("--capacity 2").await.ready();
        assert!(ran.lease_writes().len() <= 2, "{:#?}", ran.lease_writes());
    }
}

#[tokio::test(start_paused = true)]
async fn a_group_with_fifty_tags_has_no_place_for_a_lease() {
    let azure = Azure::new();
    let tags: serde_json::Map<String, Value> = (0..45).map(|at| (format!("tag{at}"), json!("x"))).collect();
    azure.put(GROUP, json!({"location": "westeurope", "tags": tags})).await;
    azure.provision("--adopt --ttl 9h").await.ready();
    assert_eq!(azure.get(GROUP).await["tags"].as_object().map(serde_json::Map::len), Some(50));
}

#[tokio::test(start_paused = true)]
async fn a_run_whose_lab_is_deleted_says_by_which_command_and_how_to_go_on() {
    let azure = Azure::as_recorded();
    let teardown = async {
        azure.pass(60.0).await;
        azure.run("teardown --yes").await
    };
    let (ran, teardown) = tokio::join!(azure.provision(""), teardown);
    assert_eq!(told(&teardown), [("provision".to_owned(), false)]);
    assert_eq!(teardown.exit(), Exit::Done);
    assert_eq!(told(&ran), [("teardown".to_owned(), false)], "the run that is there first hears of it too");
    let hint = ran.error().hint.clone().expect("a hint");
    assert!(hint.contains("teardown by somebody@laptop (since ") && hint.contains("azlab provision"), "{hint}");
}

#[tokio::test(start_paused = true)]
async fn a_deletion_that_is_refused_gives_the_lease_back() {
    let azure = Azure::with_lab().await;
    azure.fault(Method::DELETE, "/resourceGroups/", usize::MAX, refusal(StatusCode::CONFLICT, "ScopeLocked"));
    assert_eq!(azure.run("teardown --yes").await.exit(), Exit::LabFailed);
    assert_eq!(lease(&azure).await, None);
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_takes_no_lease_and_waits_for_none() {
    let azure = busy_with("provision").await;
    azure.delete(CLUSTER).await;
    azure.pass(400.0).await;
    for line in [
        "provision --dry-run",
        "teardown --dry-run",
        "reset --rebuild --dry-run",
        "deploy-model --capacity 2 --dry-run",
    ] {
        let ran = azure.run(&format!("{line} --if-busy wait")).await;
        assert_eq!((ran.exit(), told(&ran)), (Exit::Done, Vec::new()), "{line}");
        assert!(ran.lease_writes().is_empty(), "{line}");
    }
}
