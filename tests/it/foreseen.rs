//! What Azure will refuse and preflight foresees: locks, deny assignments, and an identity that is full.

use azlab::events::CheckStatus;
use azlab::outcome::{Exit, LabState};
use azlab_sandbox::{DenyAssignment, Fault, FaultKind, SUBSCRIPTION_ID};
use http::{Method, StatusCode};
use serde_json::json;

use crate::provision::fixture::{Azure, IDENTITY, child, federated_credential};
use crate::provision::ran::Ran;

pub(crate) const GROUP: &str = "/resourceGroups/myResourceGroup";
pub(crate) const CLUSTER: &str =
    "/resourceGroups/myResourceGroup/providers/Microsoft.ContainerService/managedClusters/myAKSCluster";

fn lock_path(scope: &str) -> String {
    format!("{scope}/providers/Microsoft.Authorization/locks/exam?api-version=2020-05-01")
}

pub(crate) async fn lock(azure: &Azure, scope: &str, level: &str) {
    azure.put(&lock_path(scope), json!({"properties": {"level": level, "notes": "until the exam"}})).await;
}

pub(crate) async fn unlock(azure: &Azure, scope: &str) {
    azure.delete(&lock_path(scope)).await;
}

/// The finding of the check `locks`, and the text of its hint.
fn finding(ran: &Ran) -> (CheckStatus, String, String) {
    let checks = ran.finished.result.checks.as_deref().expect("checks");
    let found = checks.iter().find(|check| check.id == "locks").expect("the check");
    (found.status, found.message.clone(), found.hint.clone().unwrap_or_default())
}

fn removal(scope: &str) -> String {
    format!("az lock delete --ids /subscriptions/{SUBSCRIPTION_ID}{scope}/providers/Microsoft.Authorization/locks/exam")
}

#[tokio::test(start_paused = true)]
async fn a_read_only_lock_is_told_with_the_command_that_removes_it_before_anything_is_written() {
    let azure = Azure::new();
    lock(&azure, "", "ReadOnly").await;
    for line in ["doctor", "provision", "provision --dry-run", "provision --lab a b c"] {
        let ran = azure.run(line).await.refused(Exit::Preflight);
        let (message, hint) = match line {
            "doctor" => {
                let (status, message, hint) = finding(&ran);
                assert_eq!(status, CheckStatus::Fail);
                (message, hint)
            }
            _ => {
                let error = ran.labs()[0].error.clone().expect("an error");
                assert_eq!(error.code, "ScopeLocked");
                (error.message, error.hint.unwrap_or_default())
            }
        };
        let scope = format!("on /subscriptions/{SUBSCRIPTION_ID}");
        for part in ["'exam'", "ReadOnly", "until the exam", scope.as_str()] {
            assert!(message.contains(part), "{line}: {part}: {message}");
        }
        assert!(hint.contains(&removal("")), "{line}: {hint}");
        let reads = ran.log.iter().filter(|request| request.path.to_lowercase().contains("/locks?")).count();
        assert_eq!(reads, 1, "{line}: one read, however many labs");
    }
    unlock(&azure, "").await;
    azure.run("provision").await.ready();
}

#[tokio::test(start_paused = true)]
async fn a_lock_on_a_lab_that_exists_stops_what_it_refuses_and_nothing_else() {
    let azure = Azure::with_lab().await;
    for scope in ["", GROUP, CLUSTER] {
        lock(&azure, scope, "ReadOnly").await;
        // Nothing is to be written.
        azure.run("provision").await.refused(Exit::Done);
        let (status, message, hint) = finding(&azure.run("doctor").await.refused(Exit::Done));
        assert_eq!(status, CheckStatus::Warn, "{scope}");
        assert!(message.contains("refuses to delete") && hint.contains(&removal(scope)), "{scope}: {message} {hint}");
        unlock(&azure, scope).await;
    }
    // The credential is not below the cluster; the group is above both.
    azure.delete(&federated_credential("myFederatedCredential")).await;
    lock(&azure, GROUP, "ReadOnly").await;
    for line in ["doctor", "reset", "reset --dry-run"] {
        azure.run(line).await.refused(Exit::Preflight);
    }
    unlock(&azure, GROUP).await;
    lock(&azure, GROUP, "CanNotDelete").await;
    lock(&azure, CLUSTER, "ReadOnly").await;
    azure.run("reset").await.ready();
    let (status, message, _) = finding(&azure.run("doctor").await.refused(Exit::Done));
    assert_eq!((status, message.matches("'exam'").count()), (CheckStatus::Warn, 2), "{message}");
}

#[tokio::test(start_paused = true)]
async fn who_may_not_read_locks_is_told_that_they_were_not_checked() {
    let azure = Azure::new();
    let body = r#"{"error":{"code":"AuthorizationFailed","message":"no"}}"#;
    for path in ["/locks", "/denyAssignments"] {
        azure.sandbox.control().inject(Fault {
            method: Some(Method::GET),
            path_contains: path.into(),
            skip: 0,
            times: 100,
            kind: FaultKind::Respond {
                status: StatusCode::FORBIDDEN,
                headers: Vec::new(),
                body: body.to_owned().into(),
            },
        });
    }
    let (status, message, _) = finding(&azure.run("doctor").await.refused(Exit::Done));
    assert_eq!(status, CheckStatus::Skip);
    assert!(message.contains("locks cannot be read"), "{message}");
    azure.run("provision").await.ready();
}

#[tokio::test(start_paused = true)]
async fn a_deny_assignment_is_named_before_anything_is_written_or_deleted() {
    let deny = |azure: &Azure, group: Option<&str>, actions: &[&str]| {
        let one = DenyAssignment {
            name: "managed by the school".into(),
            group: group.map(str::to_owned),
            actions: actions.iter().map(|one| (*one).to_owned()).collect(),
            not_actions: vec!["*/read".into()],
        };
        azure.sandbox.control().change_settings(|settings| settings.deny_assignments = vec![one]).expect("settings");
    };
    let azure = Azure::new();
    deny(&azure, None, &["Microsoft.ContainerService/*"]);
    for line in ["doctor", "provision"] {
        azure.run(line).await.refused(Exit::Preflight);
    }
    let error = azure.run("provision").await.error().clone();
    assert_eq!(error.code, "DenyAssignmentAuthorizationFailed");
    assert!(error.message.contains("'managed by the school'") && error.hint.is_some(), "{error:?}");
    // Without the check the service says the same, and it is too late.
    let late = azure.run("provision --skip-preflight").await;
    assert_eq!((late.exit(), late.error().code.as_str()), (Exit::LabFailed, "DenyAssignmentAuthorizationFailed"));
    deny(&azure, None, &["Microsoft.Network/*"]);
    azure.run("provision").await.ready();
    deny(&azure, Some("myResourceGroup"), &["Microsoft.Resources/subscriptions/resourceGroups/delete"]);
    azure.run("provision").await.refused(Exit::Done);
    let (status, message, _) = finding(&azure.run("doctor").await.refused(Exit::Done));
    assert!(status == CheckStatus::Warn && message.contains("'managed by the school'"), "{message}");
    for line in ["teardown --yes", "teardown --dry-run"] {
        let refused = azure.run(line).await.refused(Exit::LabFailed);
        assert_eq!(refused.error().code, "DenyAssignmentAuthorizationFailed", "{line}");
        assert!(refused.error().message.contains("'managed by the school'"), "{}", refused.error().message);
    }
}

#[tokio::test(start_paused = true)]
async fn a_lock_that_keeps_a_soft_deleted_account_from_being_purged_is_told_before_it_is_tried() {
    let azure = Azure::with_lab().await;
    azure.run("teardown --yes --no-purge").await;
    lock(&azure, "", "CanNotDelete").await;
    let refused = azure.run("teardown --yes").await.refused(Exit::LabFailed);
    assert_eq!(refused.error().code, "ScopeLocked");
    unlock(&azure, "").await;
    let gone = azure.run("teardown --yes").await;
    assert_eq!((gone.exit(), gone.lab().state), (Exit::Done, LabState::Deleted));
}

#[tokio::test(start_paused = true)]
async fn an_identity_with_twenty_federated_credentials_is_told_with_the_way_out_before_the_twenty_first_is_tried() {
    let azure = Azure::with_lab().await;
    azure.delete(&federated_credential("myFederatedCredential")).await;
    for number in 0..20 {
        azure.pass(10.0).await;
        let body = json!({"properties": {"issuer": "https://example.com/", "subject": format!("s{number}"),
            "audiences": ["api://AzureADTokenExchange"]}});
        azure.put(&child(IDENTITY, "federatedIdentityCredentials", &format!("other{number}")), body).await;
    }
    azure.pass(10.0).await;
    let body = json!({"properties": {"issuer": "https://example.com/", "subject": "one more",
        "audiences": ["api://AzureADTokenExchange"]}});
    let refused = azure.send(Method::PUT, &federated_credential("oneMore"), Some(body)).await;
    assert_eq!((refused.status, &refused.body["error"]["code"]), (StatusCode::BAD_REQUEST, &json!("BadRequest")));
    for (line, exit) in [("reset --dry-run", Exit::Preflight), ("reset", Exit::LabFailed)] {
        let ran = azure.run(line).await.refused(exit);
        let error = ran.error();
        assert_eq!(error.code, "TooManyFederatedCredentials", "{line}");
        assert!(error.message.contains("holds 20") && error.message.contains("myIdentity"), "{}", error.message);
        let hint = error.hint.clone().expect("a hint");
        assert!(hint.contains("federated-credential list --identity-name myIdentity -g myResourceGroup"), "{hint}");
    }
    azure.delete(&federated_credential("other7")).await;
    azure.pass(10.0).await;
    azure.run("reset").await.ready();
}

#[tokio::test(start_paused = true)]
async fn the_services_own_refusal_of_the_twenty_first_federated_credential_has_the_same_way_out() {
    let azure = Azure::with_lab().await;
    azure.delete(&federated_credential("myFederatedCredential")).await;
    // Another program takes the last place between the look and the write; the words are the service's, and those of a look-alike.
    for message in [
        "Too many Federated Identity Credentials are supplied. The number of Federated Identity Credentials is limited to 20.",
        "The maximum number of credentials for this identity has been reached.",
    ] {
        azure.pass(10.0).await;
        let body = json!({"error": {"code": "BadRequest", "message": message}}).to_string();
        azure.sandbox.control().inject(Fault {
            method: Some(Method::PUT),
            path_contains: "/federatedIdentityCredentials/".into(),
            skip: 0,
            times: 1,
            kind: FaultKind::Respond { status: StatusCode::BAD_REQUEST, headers: Vec::new(), body: body.into() },
        });
        let ran = azure.run("reset").await;
        let error = ran.error();
        assert_eq!((ran.exit(), error.code.as_str()), (Exit::LabFailed, "BadRequest"));
        let hint = error.hint.clone().expect("a hint");
        for part in ["list", "delete --name NAME"] {
            let command = format!("federated-credential {part} --identity-name myIdentity -g myResourceGroup");
            assert!(hint.contains(&command), "{part}: {hint}");
        }
        assert!(!error.retryable, "{error:?}");
    }
    azure.run("reset").await.ready();
}
