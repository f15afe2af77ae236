//! Answers that are lost, cut off, refused for now, or not Azure's at all.

use azlab::events::EventKind;
use azlab::outcome::{Action, Exit};
use azlab::values::ResourceKind;
use azlab_sandbox::FaultKind;
use bytes::Bytes;
use http::{Method, StatusCode};

use super::fixture::{Azure, refusal};

/// What each PUT of a lab has in its path, and nothing else's PUT has.
const PUTS: [(&str, ResourceKind); 7] = [
    ("/resourcegroups/myresourcegroup?", ResourceKind::ResourceGroup),
    ("/managedclusters/", ResourceKind::Cluster),
    ("/userassignedidentities/myidentity?", ResourceKind::Identity),
    ("/federatedidentitycredentials/", ResourceKind::FederatedCredential),
    ("?api-version=2024-10-01", ResourceKind::OpenaiAccount),
    ("/deployments/", ResourceKind::ModelDeployment),
    ("/roleassignments/", ResourceKind::RoleAssignment),
];

#[tokio::test(start_paused = true)]
async fn a_write_whose_answer_is_lost_is_looked_behind_and_counts_as_done() {
    for (path, kind) in PUTS {
        let azure = Azure::new();
        azure.fault(Method::PUT, path, 1, FaultKind::HandleThenDrop);
        let ran = azure.provision("").await.ready();
        azure.nothing_was_written_twice();
        azure.holds_exactly(1);
        assert_eq!(ran.action(kind), Action::Created, "{kind}: this run made it");
        assert!(ran.told().contains("checking whether it took effect"), "{kind}: {}", ran.told());
        assert!(ran.lab().elapsed_s < 70.0, "{kind}: {} s", ran.lab().elapsed_s);
    }
}

#[tokio::test(start_paused = true)]
async fn a_proxys_error_page_on_a_write_is_got_over() {
    for (path, kind) in PUTS {
        let azure = Azure::new();
        azure.fault(Method::PUT, path, 2, FaultKind::Html502);
        let ran = azure.provision("").await.ready();
        azure.holds_exactly(1);
        assert_eq!(ran.action(kind), Action::Created);
    }
}

#[tokio::test(start_paused = true)]
async fn a_throttled_write_waits_as_long_as_it_is_told_and_is_sent_again() {
    for (path, kind) in PUTS {
        let azure = Azure::new();
        let body = r#"{"error":{"code":"SubscriptionRequestsThrottled","message":"Slow down."}}"#;
        let headers = vec![("content-type".into(), "application/json".into()), ("Retry-After".into(), "23".into())];
        azure.fault(
            Method::PUT,
            path,
            1,
            FaultKind::Respond { status: StatusCode::TOO_MANY_REQUESTS, headers, body: Bytes::from(body) },
        );
        let ran = azure.provision("").await.ready();
        azure.holds_exactly(1);
        let at: Vec<_> = ran
            .writes()
            .iter()
            .filter(|request| request.path.to_lowercase().contains(path) && request.method == Method::PUT)
            .map(|request| request.at)
            .collect();
        let wait = (at[1] - at[0]).as_seconds_f64();
        assert!((23.0..28.0).contains(&wait), "{kind}: {wait} s");
        assert_eq!(ran.finished.result.requests.map(|requests| requests.throttled), Some(1));
    }
}

#[tokio::test(start_paused = true)]
async fn reads_that_fail_for_now_are_repeated() {
    for times in [1, 4] {
        let azure = Azure::new();
        azure.fault(Method::GET, "", times, refusal(503, "ServiceUnavailable"));
        azure.fault(Method::GET, "/operations/", times, refusal(503, "ServiceUnavailable"));
        azure.fault(Method::GET, "/operationresults/", times, FaultKind::Drop);
        azure.fault(Method::GET, "roleassignments", times, FaultKind::Html502);
        let ran = azure.provision("").await.ready();
        azure.holds_exactly(1);
        assert!(ran.lab().elapsed_s < 90.0, "{} s", ran.lab().elapsed_s);
        assert!(ran.finished.result.requests.is_some_and(|requests| requests.retried as usize >= times));
    }
}

#[tokio::test(start_paused = true)]
async fn a_polling_url_that_expires_gives_way_to_looking_at_the_resource() {
    let azure = Azure::new();
    azure.fault(Method::GET, "/operations/", usize::MAX, refusal(404, "NotFound"));
    azure.fault(Method::GET, "/operationresults/", usize::MAX, refusal(404, "NotFound"));
    let ran = azure.provision("").await.ready();
    azure.nothing_was_written_twice();
    assert!(ran.lab().elapsed_s < 60.0, "{} s", ran.lab().elapsed_s);
}

#[tokio::test(start_paused = true)]
async fn answers_cut_off_are_got_over() {
    for (path, _) in PUTS {
        let azure = Azure::new();
        azure.fault(Method::PUT, path, 1, FaultKind::Truncate);
        azure.provision("").await.ready();
        azure.nothing_was_written_twice();
        azure.holds_exactly(1);
    }
}

#[tokio::test(start_paused = true)]
async fn what_stays_out_of_order_ends_with_an_error_that_says_so() {
    let azure = Azure::new();
    azure.fault(Method::PUT, "/managedclusters/", usize::MAX, FaultKind::Html502);
    let ran = azure.provision("").await;
    assert_eq!(ran.exit(), Exit::LabFailed);
    let error = ran.error();
    assert!(error.retryable && error.hint.is_some(), "{error:#?}");
    assert!(error.resource.as_deref().is_some_and(|id| id.ends_with("/managedClusters/myAKSCluster")), "{error:#?}");
    let told = ran.events.iter().filter(|event| matches!(event.kind, EventKind::ResourceFailed { .. })).count();
    assert_eq!(told, 1, "one failure is told once");
}

#[tokio::test(start_paused = true)]
async fn a_write_that_is_taken_and_never_shows_does_not_go_on_for_ever() {
    let azure = Azure::new();
    azure.fault(Method::PUT, "/roleassignments/", usize::MAX, refusal(409, "RoleAssignmentExists"));
    let ran = tokio::time::timeout(std::time::Duration::from_secs(7200), azure.provision("")).await.expect("an end");
    assert_eq!(ran.exit(), Exit::LabFailed);
    let tries = ran.writes().iter().filter(|request| request.path.contains("roleAssignments")).count();
    assert!(tries <= 8, "{tries} tries");
}

#[tokio::test(start_paused = true)]
async fn a_deployment_is_removed_when_it_is_gone_and_not_when_something_says_ok() {
    let azure = Azure::with_lab().await;
    let portal = FaultKind::Respond {
        status: StatusCode::OK,
        headers: vec![("content-type".into(), "text/html".into())],
        body: Bytes::from_static(b"<html>Please sign in.</html>"),
    };
    azure.fault(Method::DELETE, "/deployments/", 1, portal);
    let ran = azure.run("deploy-model --remove gpt-35-turbo").await;
    assert_eq!(ran.exit(), Exit::TimedOut, "{:?}", ran.lab().error);
    assert!(ran.lab().changes.is_empty(), "{:?}", ran.lab().changes);
    let again = azure.run("deploy-model --remove gpt-35-turbo").await;
    assert_eq!((again.exit(), again.action(ResourceKind::ModelDeployment)), (Exit::Done, Action::Deleted));
}

#[tokio::test(start_paused = true)]
async fn a_refusal_that_is_cut_off_before_its_code_is_no_reason_to_give_up() {
    let cut_off = |status: u16| FaultKind::Respond {
        status: StatusCode::from_u16(status).expect("a status"),
        headers: vec![("content-type".into(), "application/json".into())],
        body: Bytes::from_static(br#"{"error":{"code":"RequestConflict","message":"Another oper"#),
    };
    for (path, kind) in PUTS {
        let azure = Azure::new();
        azure.fault(Method::PUT, path, 1, cut_off(409));
        let ran = azure.provision("").await.ready();
        azure.holds_exactly(1);
        assert_eq!(ran.action(kind), Action::Created, "{kind}");
    }
    let azure = Azure::with_lab().await;
    azure.fault(Method::DELETE, "/deletedaccounts/", 1, cut_off(409));
    let ran = azure.run("teardown --yes").await;
    assert_eq!(ran.exit(), Exit::Done, "{:?}", ran.lab().error);
    assert!(azure.census().is_empty(), "{:?}", azure.census());
}
