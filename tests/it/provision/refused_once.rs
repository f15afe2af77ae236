//! Codes with several meanings: what cannot pass by itself is written once and told with what helps; what a look shows to
//! be in progress is waited for.

use azlab::events::EventKind;
use azlab::outcome::Exit;
use azlab::values::ResourceKind;
use azlab_sandbox::FaultKind;
use bytes::Bytes;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::fixture::{Azure, CLUSTER, GROUP, refusal_that_says};
use super::ran::Ran;

const CORES: &str = "Operation could not be completed as it results in exceeding approved standardDSv3Family Cores quota. \
                     Additional details: Location: westeurope, Current Limit: 10, Current Usage: 8, Additional Required: 4.";

fn answer(status: u16, body: &Value) -> FaultKind {
    FaultKind::Respond {
        status: StatusCode::from_u16(status).expect("a status"),
        headers: vec![("content-type".into(), "application/json".into())],
        body: Bytes::from(body.to_string()),
    }
}

fn writes(ran: &Ran, path: &str) -> usize {
    ran.log.iter().filter(|one| one.method == Method::PUT && one.path.to_ascii_lowercase().contains(path)).count()
}

#[tokio::test(start_paused = true)]
async fn a_quota_that_comes_as_operation_not_allowed_is_written_once_and_told_with_what_is_missing() {
    let inside = json!({"code": "OperationNotAllowed", "message": CORES});
    for body in [
        inside.clone(),
        json!({"error": inside}),
        json!({"error": {"code": "QuotaExceeded", "message": "Provisioning of nodes failed.", "details": [inside]}}),
        json!({"error": {"code": "BadRequest", "message": json!({"error": inside}).to_string()}}),
    ] {
        let azure = Azure::new();
        azure.fault(Method::PUT, "/managedclusters/", usize::MAX, answer(409, &body));
        let ran = azure.provision("").await;
        assert_eq!((ran.exit(), writes(&ran, "/managedclusters/")), (Exit::LabFailed, 1), "{body}");
        let hint = ran.error().hint.as_deref().expect("a hint");
        for says in ["standardDSv3Family Cores", "westeurope", "10 allowed", "8 in use", "4 more needed"] {
            assert!(hint.contains(says), "{body}: {hint}");
        }
        assert!(!ran.error().retryable, "{body}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_conflict_that_nothing_shows_to_be_in_progress_ends_at_once_with_all_of_the_services_words() {
    for (code, path) in [
        ("OperationNotAllowed", "/managedclusters/"),
        ("Conflict", "/accounts/myopenai"),
        ("RequestConflict", "/deployments/"),
        ("NobodyHasHeardOfThis", "/userassignedidentities/"),
    ] {
        let azure = Azure::new();
        let words = "The first sentence. The second one names the cause: a thing that is set elsewhere.";
        let mut details = json!({"error": {"code": code, "message": words}});
        details["error"]["details"] = json!([{"code": "Inner", "message": "And the last words."}]);
        azure.fault(Method::PUT, path, usize::MAX, answer(409, &details));
        let ran = azure.provision("").await;
        assert_eq!((ran.exit(), writes(&ran, path)), (Exit::LabFailed, 1), "{code}");
        let message = &ran.error().message;
        assert!(message.contains(words) && message.contains("And the last words."), "{code}: {message}");
        assert!(ran.error().hint.is_some(), "{code}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_refusal_without_a_word_is_waited_for_while_a_look_shows_something_in_progress() {
    let azure = Azure::with_lab().await;
    // Somebody's update was there first; the refusal itself does not say so.
    let refused = FaultKind::Refuse {
        status: StatusCode::CONFLICT,
        code: "OperationNotAllowed".into(),
        message: "It is not allowed.".into(),
        headers: Vec::new(),
        handled: true,
    };
    azure.fault(Method::PUT, "/managedclusters/", 1, refused);
    let ran = azure.provision("--node-count 3").await.ready();
    let waited = ran
        .events
        .iter()
        .any(|event| matches!(&event.kind, EventKind::ResourceWaiting { resource: ResourceKind::Cluster, .. }));
    assert!(waited, "{}", ran.told());
    assert_eq!(azure.get(CLUSTER).await["properties"]["agentPoolProfiles"][0]["count"], 3);
}

#[tokio::test(start_paused = true)]
async fn a_region_that_is_full_is_told_with_commands_that_make_the_lab_elsewhere() {
    for kind in [
        refusal_that_says(409, "AKSCapacityHeavyUsage", "The region is under heavy usage."),
        refusal_that_says(409, "OperationNotAllowed", "Code='ZonalAllocationFailed', Message='Allocation failed.'"),
    ] {
        let azure = Azure::new();
        azure.fault(Method::PUT, "/managedclusters/", 1, kind);
        let ran = azure.provision("").await;
        assert_eq!((ran.exit(), writes(&ran, "/managedclusters/")), (Exit::LabFailed, 1));
        assert!(!ran.error().retryable);
        let hint = ran.error().hint.clone().expect("a hint");
        let commands: Vec<_> = hint.split("azlab ").skip(1).filter_map(|rest| rest.split([';', '\n']).next()).collect();
        let [remove, make] = commands.as_slice() else { panic!("{hint}") };
        assert!(remove.starts_with("teardown") && make.contains("--location"), "{hint}");
        azure.run(&format!("{} --yes", remove.replace(" --sandbox", ""))).await;
        assert!(azure.census().is_empty(), "{:?}", azure.census());
        let ran = azure.run(&make.replace(" --sandbox", "")).await.ready();
        assert_ne!(ran.lab().location, "westeurope");
        assert_ne!(azure.get(GROUP).await["location"], "westeurope");
    }
}
