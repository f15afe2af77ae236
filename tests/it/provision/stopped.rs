//! Ctrl-C and `--timeout`: nothing new is begun, what goes on is told, and the next run finishes.

use azlab::outcome::{Exit, LabState};
use http::Method;
use time::Duration;

use super::fixture::{Azure, refusal_that_says};

#[tokio::test(start_paused = true)]
async fn after_ctrl_c_no_write_begins_and_the_next_run_finishes() {
    for at in [0.0, 0.1, 0.3, 1.0, 2.0, 2.45, 3.0, 5.0, 8.0, 9.6, 12.0, 20.0, 27.0, 29.0, 31.0, 48.0] {
        let azure = Azure::new();
        let pressed = azure.now() + Duration::seconds_f64(at);
        let ran = azure.interrupted_after("", at).await;
        assert_eq!((ran.exit(), ran.lab().state), (Exit::Interrupted, LabState::Interrupted), "at {at} s");
        assert_eq!(ran.error().code, "Interrupted");
        let late: Vec<_> = ran.writes().into_iter().filter(|request| request.at > pressed).collect();
        assert!(late.is_empty(), "at {at} s: {late:#?}");
        // A request that is on its way is waited for: the service answers it within seconds.
        assert!(ran.lab().elapsed_s < at + 10.0, "at {at} s: stopped after {} s", ran.lab().elapsed_s);
        azure.provision("").await.ready();
        azure.holds_exactly(1);
        azure.nothing_was_written_twice();
    }
}

#[tokio::test(start_paused = true)]
async fn what_goes_on_is_what_azure_works_on_and_nothing_else() {
    let cases: [(f64, &[&str]); 5] = [
        (0.1, &[]),
        (1.0, &[]),
        (5.0, &["cluster myAKSCluster", "OpenAI account"]),
        (20.0, &["cluster myAKSCluster", "OpenAI account"]),
        (100.0, &["cluster myAKSCluster: ProvisioningControlPlane"]),
    ];
    for (at, expected) in cases {
        let azure = Azure::as_recorded();
        let ran = azure.interrupted_after("", at).await;
        let told = ran.continuing().expect("it tells").to_vec();
        assert_eq!(told.len(), expected.len(), "at {at} s: {told:?}");
        for (told, expected) in told.iter().zip(expected) {
            assert!(told.starts_with(expected), "at {at} s: {told}");
        }
        let under_way = azure.census().into_iter().filter(|(kind, _)| !kind.ends_with(" Succeeded")).count();
        assert_eq!(under_way, expected.len(), "at {at} s: {:?}", azure.census());
    }
}

#[tokio::test(start_paused = true)]
async fn an_interrupted_wait_for_somebody_elses_cluster_names_it() {
    let azure = Azure::as_recorded();
    assert!(azure.killed_after("", 40.0).await.is_none());
    let ran = azure.interrupted_after("", 20.0).await;
    let told = ran.continuing().expect("it tells");
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].starts_with("cluster myAKSCluster"), "{told:?}");
}

#[tokio::test(start_paused = true)]
async fn the_command_that_continues_is_told() {
    let azure = Azure::new();
    let ran = azure.interrupted_after("--ttl 8h", 30.0).await;
    let resume = ran.events.iter().find_map(|event| match &event.kind {
        azlab::events::EventKind::Interrupted { resume, .. } => Some(resume.clone()),
        _ => None,
    });
    assert_eq!(resume.as_deref(), Some("azlab provision --ttl 8h"));
}

#[tokio::test(start_paused = true)]
async fn ctrl_c_while_waiting_out_a_refusal_stops_at_once() {
    let azure = Azure::with(|settings| settings.late_principals_with_type_s = 1e6);
    let ran = azure.interrupted_after("", 500.0).await;
    assert_eq!(ran.exit(), Exit::Interrupted);
    assert!(ran.lab().elapsed_s < 501.0, "{}", ran.lab().elapsed_s);
    assert_eq!(ran.continuing(), Some(&[][..]), "the cluster is ready, and the role was refused");
}

#[tokio::test(start_paused = true)]
async fn a_time_limit_ends_the_run_with_its_own_exit_code_and_the_next_run_finishes() {
    for (limit, written) in [("1s", true), ("100ms", false), ("30s", true)] {
        let azure = Azure::new();
        let ran = azure.provision(&format!("--timeout {limit}")).await;
        assert_eq!(ran.exit(), Exit::TimedOut, "{limit}");
        assert_eq!(ran.error().code, "TimedOut");
        assert!(ran.error().retryable && ran.error().hint.is_some());
        assert_eq!(!ran.writes().is_empty(), written, "{limit}");
        azure.provision("--timeout 1h").await.ready();
        azure.holds_exactly(1);
        azure.nothing_was_written_twice();
    }
}

#[tokio::test(start_paused = true)]
async fn a_time_limit_that_passes_in_the_middle_tells_what_goes_on() {
    let azure = Azure::as_recorded();
    let ran = azure.provision("--timeout 2m").await;
    assert!((120.0..121.0).contains(&ran.lab().elapsed_s), "{}", ran.lab().elapsed_s);
    assert!(ran.told().contains("cluster myAKSCluster: ProvisioningControlPlane"), "{}", ran.told());
}

/// What was waited for, and the service's words, code and request id: whoever waits for an answer to a refusal has to know of it.
#[tokio::test(start_paused = true)]
async fn a_time_limit_that_passes_while_a_refusal_is_waited_out_names_the_refusal() {
    const SAID: &str = "Another operation is in progress, says the test.";
    let on_parent = "another operation on the parent is in progress";
    let cases = [
        (false, "provision", Method::PUT, "/deployments/", 409, "RequestConflict", on_parent),
        (
            false,
            "provision",
            Method::PUT,
            "/managedClusters/",
            409,
            "OperationNotAllowed",
            "another operation on the cluster is in progress",
        ),
        (
            false,
            "provision",
            Method::PUT,
            "/roleAssignments/",
            400,
            "PrincipalNotFound",
            "Entra does not know the new identity yet",
        ),
        (false, "provision", Method::PUT, "/managedClusters/", 429, "TooManyRequests", "the last try ended with"),
        (true, "teardown --yes", Method::DELETE, "/deletedAccounts/", 409, "RequestConflict", on_parent),
        (
            true,
            "deploy-model --remove gpt-35-turbo",
            Method::DELETE,
            "/deployments/",
            409,
            "RequestConflict",
            on_parent,
        ),
    ];
    for (exists, command, method, path, status, code, waited_for) in cases {
        let azure = if exists { Azure::with_lab().await } else { Azure::new() };
        azure.fault(method, path, usize::MAX, refusal_that_says(status, code, SAID));
        let ran = azure.run(&format!("{command} --timeout 6m")).await;
        assert_eq!(ran.exit(), Exit::TimedOut);
        let error = ran.error();
        for part in [SAID, &format!("{code} (HTTP {status})"), waited_for, "did not finish within 360 s"] {
            assert!(error.message.contains(part), "{command}, {code}: {part}: {error:?}");
        }
        assert_eq!(error.request_id.as_deref(), Some("e0e0e0e0-0000-4000-8000-000000000001"), "{command}, {code}");
        assert_eq!(error.code, "TimedOut");
    }
}

#[tokio::test(start_paused = true)]
async fn a_refusal_that_has_passed_is_not_named_when_the_time_is_up() {
    let azure = Azure::as_recorded();
    azure.fault(Method::PUT, "/deployments/", 2, refusal_that_says(409, "RequestConflict", "Another operation."));
    azure.fault(Method::PUT, "/managedClusters/", 2, refusal_that_says(429, "TooManyRequests", "Too many."));
    let ran = azure.provision("--timeout 3m").await;
    assert_eq!(ran.exit(), Exit::TimedOut);
    assert!(!ran.error().message.contains("Conflict") && !ran.error().message.contains("429"), "{:?}", ran.error());
    assert_eq!(ran.error().request_id, None);
}
