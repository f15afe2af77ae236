//! Refusals that pass by themselves are waited out, each with a deadline; others end the run.

use azlab::events::EventKind;
use azlab::outcome::{Action, Exit};
use azlab::values::ResourceKind;
use azlab_sandbox::FaultKind;
use bytes::Bytes;
use http::{Method, StatusCode};
use serde_json::json;

use super::fixture::{Azure, CLUSTER, GROUP, federated_credential, openai, refusal, refusal_that_says, trust};
use crate::support::IN_PROGRESS;

#[tokio::test(start_paused = true)]
async fn with_the_principals_type_nothing_has_to_be_waited_for() {
    let azure = Azure::with(|settings| settings.late_principals_s = 600.0);
    let ran = azure.provision("").await.ready();
    assert!(!ran.told().contains("PrincipalNotFound"));
}

#[tokio::test(start_paused = true)]
async fn a_principal_that_never_comes_ends_with_the_services_error_and_a_hint() {
    let azure = Azure::with(|settings| settings.late_principals_with_type_s = 1e6);
    let ran = azure.provision("").await;
    assert_eq!(ran.exit(), Exit::LabFailed);
    assert_eq!(ran.error().code, "PrincipalNotFound");
    assert!(ran.error().retryable && ran.error().hint.is_some());
    assert!((900.0..1000.0).contains(&ran.lab().elapsed_s), "{} s", ran.lab().elapsed_s);
}

#[tokio::test(start_paused = true)]
async fn writes_that_meet_another_are_tried_again() {
    let cases = [
        ("/deployments/", 409, "AccountProvisioningStateInvalid", ResourceKind::ModelDeployment),
        ("/deployments/", 409, "RequestConflict", ResourceKind::ModelDeployment),
        ("?api-version=2024-10-01", 409, "RequestConflict", ResourceKind::OpenaiAccount),
        (
            "/federatedidentitycredentials/",
            409,
            "ConcurrentFederatedIdentityCredentialsWritesForSingleManagedIdentity",
            ResourceKind::FederatedCredential,
        ),
        ("/managedclusters/", 409, "OperationNotAllowed", ResourceKind::Cluster),
    ];
    for (path, status, code, kind) in cases {
        let azure = Azure::new();
        azure.fault(Method::PUT, path, 3, refusal_that_says(status, code, IN_PROGRESS));
        let ran = azure.provision("").await.ready();
        let waits = ran
            .events
            .iter()
            .filter(|event| match &event.kind {
                EventKind::ResourceWaiting { resource, reason, .. } => *resource == kind && reason.contains(code),
                _ => false,
            })
            .count();
        assert_eq!(waits, 3, "{code}");
        azure.holds_exactly(1);
        assert_eq!(ran.action(kind), Action::Created, "{code}");
    }
}

#[tokio::test(start_paused = true)]
async fn refusals_that_do_not_pass_are_not_waited_for() {
    for code in ["RequestDisallowedByPolicy", "ScopeLocked", "AuthorizationFailed", "SpecialFeatureOrQuotaIdRequired"] {
        let azure = Azure::new();
        azure.fault(Method::PUT, "?api-version=2024-10-01", usize::MAX, refusal(403, code));
        let ran = azure.provision("").await;
        assert_eq!((ran.exit(), ran.error().code.as_str()), (Exit::LabFailed, code));
        assert!(ran.error().hint.is_some(), "{code}");
        let tries = ran.writes().iter().filter(|one| one.path.ends_with("?api-version=2024-10-01")).count();
        assert_eq!(tries, 1, "{code}");
    }
}

/// What a policy refuses for one resource it mostly refuses for the others: what has no answer yet is not told as begun.
#[tokio::test(start_paused = true)]
async fn after_a_refusal_only_what_the_service_took_is_said_to_go_on() {
    let policy = || refusal(403, "RequestDisallowedByPolicy");
    let azure = Azure::new();
    azure.fault(Method::PUT, "/accounts/", 1, policy());
    azure.fault(Method::PUT, "/managedclusters/", 1, FaultKind::Delay(5.0));
    azure.fault(Method::PUT, "/userassignedidentities/", 1, FaultKind::Delay(5.0));
    let told = azure.provision("").await.told();
    assert!(!told.contains("may continue"), "{told}");
    let unconfirmed =
        "has not confirmed what was requested:\n  cluster myAKSCluster: Creating\n  identity myIdentity: Creating\n";
    assert!(told.contains(unconfirmed), "{told}");
    assert!(!told.contains("account myopenai234f4c: "), "{told}");
    let azure = Azure::new();
    azure.fault(Method::PUT, "/deployments/", 1, policy());
    let told = azure.provision("").await.told();
    assert!(told.contains("Azure may continue what was started:\n  cluster myAKSCluster: "), "{told}");
    assert!(!told.contains("deployment gpt-35-turbo"), "{told}");
}

#[tokio::test(start_paused = true)]
async fn a_cluster_that_somebody_else_is_changing_is_waited_for_and_then_changed() {
    let azure = Azure::with_lab().await;
    let mut cluster = azure.get(CLUSTER).await;
    cluster["tags"] = json!({"by": "another"});
    azure.put(CLUSTER, cluster).await;
    let ran = azure.provision("--node-count 3").await.ready();
    assert_eq!(ran.changed(), [(ResourceKind::Cluster, Action::Updated)]);
    assert_eq!(azure.get(CLUSTER).await["properties"]["agentPoolProfiles"][0]["count"], 3);
    assert_eq!(azure.get(CLUSTER).await["tags"]["by"], "another", "what others set stays");
}

#[tokio::test(start_paused = true)]
async fn an_account_that_somebody_else_is_creating_is_waited_for() {
    let azure = Azure::new();
    assert!(azure.killed_after("", 3.5).await.is_none());
    let name = azure.sandbox.inventory().expect("inventory").resources;
    let account = name.iter().find(|item| item.resource_type.ends_with("/accounts")).expect("an account under way");
    assert_eq!(account.state, "Creating");
    let ran = azure.provision("").await.ready();
    assert_eq!(ran.action(ResourceKind::OpenaiAccount), Action::Unchanged);
    azure.nothing_was_written_twice();
}

#[tokio::test(start_paused = true)]
async fn a_group_that_is_being_deleted_is_waited_for_and_made_anew() {
    for wait in [0.0, 5.0, 20.0, 200.0] {
        let azure = Azure::with_lab().await;
        azure.delete(GROUP).await;
        azure.pass(wait).await;
        let ran = azure.provision("").await.ready();
        assert!(ran.lab().changes.iter().all(|one| one.action != Action::Unchanged), "{:#?}", ran.lab().changes);
        assert!(ran.lab().elapsed_s > 240.0 - wait + 49.0, "{wait} s: {}", ran.lab().elapsed_s);
        azure.holds_exactly(1);
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_group_takes_along_is_checked_as_if_it_were_gone() {
    let azure = Azure::with_lab().await;
    azure.delete(GROUP).await;
    azure.sandbox.control().retire_model("gpt-35-turbo", None).expect("retired");
    let ran = azure.provision("--model gpt-35-turbo").await.refused(Exit::Preflight);
    assert_eq!(ran.error().code, "ServiceModelDeprecated");
}

#[tokio::test(start_paused = true)]
async fn a_federated_credential_written_by_somebody_else_at_the_same_time_is_waited_out() {
    let azure = Azure::new();
    let other = async {
        // Just before ours, which is written four seconds after the identity.
        azure.pass(7.1).await;
        let trust = trust(&json!("https://issuer.example/"), "system:serviceaccount:x:y");
        azure.send(Method::PUT, &federated_credential("other"), Some(trust)).await
    };
    let (ran, other) = tokio::join!(azure.provision(""), other);
    assert!(other.status.is_success(), "{} {}", other.status, other.body);
    ran.ready();
    assert_eq!(azure.census()["federatedidentitycredentials Succeeded"], 2);
}

#[tokio::test(start_paused = true)]
async fn a_subdomain_is_not_waited_for() {
    let azure = Azure::new();
    azure.put("/resourceGroups/other?api-version=2021-04-01", json!({"location": "westeurope"})).await;
    let path = super::fixture::account("mine").replace("myResourceGroup", "other");
    azure.put(&path, openai("mine")).await;
    let ran = azure.provision("--account mine").await;
    assert_eq!((ran.exit(), ran.error().code.as_str()), (Exit::LabFailed, "CustomDomainInUse"));
    assert!(ran.error().hint.as_deref().is_some_and(|hint| hint.contains("--account")));
}

#[tokio::test(start_paused = true)]
async fn what_the_service_asked_to_wait_for_is_told_by_the_event_that_ends_the_resource() {
    let azure = Azure::new();
    let throttled = FaultKind::Respond {
        status: StatusCode::TOO_MANY_REQUESTS,
        headers: vec![("retry-after".into(), "17".into()), ("content-type".into(), "application/json".into())],
        body: Bytes::from(json!({"error": {"code": "SubscriptionRequestsThrottled", "message": "slow"}}).to_string()),
    };
    azure.fault(Method::PUT, "/accounts/myopenai", 2, throttled);
    let ran = azure.provision("").await.ready();
    let mut waited = Vec::new();
    for event in &ran.events {
        if let EventKind::ResourceFinished { resource, limits, .. } = &event.kind {
            waited.extend(limits.iter().map(|wait| (*resource, wait.limit.as_str(), wait.waited_ms)));
        }
    }
    let account = ResourceKind::OpenaiAccount;
    // One entry: what lies between the two is the try itself.
    assert_eq!(waited, [(account, "429 SubscriptionRequestsThrottled", 34_000)]);
}
