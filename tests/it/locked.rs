//! Teardown and provision where a lock or a policy refuses, and what teardown's proof finds: the real commands against the
//! embedded Azure on paused time.
use std::sync::{Arc, Mutex};

use azlab::commands::finished::Finished;
use azlab::commands::run_options::RunOptions;
use azlab::outcome::{ErrorReport, Exit, LabState};
use azlab_sandbox::{Fault, FaultKind, OperationEnd, OperationFault, SUBSCRIPTION_ID};
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::life::{Azure, code, state};
use crate::support::arm::Arm;

const GROUP: &str = "/resourceGroups/myResourceGroup";

async fn lock(arm: &Arm<'_>, scope: &str, name: &str, level: &str) {
    let path = format!("{scope}/providers/Microsoft.Authorization/locks/{name}?api-version=2020-05-01");
    arm.put(&path, json!({"properties": {"level": level, "notes": "until the exam"}})).await;
}

async fn unlock(arm: &Arm<'_>, scope: &str, name: &str) {
    arm.delete(&format!("{scope}/providers/Microsoft.Authorization/locks/{name}?api-version=2020-05-01")).await;
}

/// A custom policy in force at the subscription.
async fn policy(arm: &Arm<'_>, rule: Value) {
    let path = "/providers/Microsoft.Authorization/policyDefinitions/rule?api-version=2021-06-01";
    let definition = json!({"properties": {"displayName": "the school's rule", "mode": "Indexed", "policyRule": rule}});
    let made = arm.put(path, definition).await;
    let assignment = json!({"properties": {"displayName": "for the labs", "policyDefinitionId": made["id"]}});
    arm.put("/providers/Microsoft.Authorization/policyAssignments/labs?api-version=2022-06-01", assignment).await;
}

fn error(finished: &Finished) -> ErrorReport {
    finished.result.labs.as_ref().unwrap().iter().find_map(|lab| lab.error.clone()).unwrap()
}

fn account(azure: &Azure) -> String {
    let id =
        azure.everything().into_iter().find(|id| id.contains("/accounts/") && !id.contains("/deployments/")).unwrap();
    id.split_once(SUBSCRIPTION_ID).unwrap().1.to_owned()
}

/// Refuses matching requests for good.
fn refuse(azure: &Azure, method: Method, path: &str, status: StatusCode, body: &str) {
    azure.0.control().inject(Fault {
        method: Some(method),
        path_contains: path.into(),
        skip: 0,
        times: 1000,
        kind: FaultKind::Respond { status, headers: Vec::new(), body: body.to_owned().into() },
    });
}

#[tokio::test(start_paused = true)]
async fn a_lock_on_the_account_alone_leaves_nothing_half_deleted_and_is_named_with_its_remedy() {
    let azure = Azure::new();
    azure.lab().await;
    let arm = Arm(&azure.0);
    let scope = account(&azure);
    lock(&arm, &scope, "keep", "CanNotDelete").await;
    let (before, changes) = (azure.everything(), azure.changes());
    let asked = Arc::new(Mutex::new(0));
    let counter = Arc::clone(&asked);
    let confirm = move |_: &str, _: &str, _: Option<&str>| {
        *counter.lock().unwrap() += 1;
        true
    };
    let options = RunOptions { confirm: Some(Arc::new(confirm)), ..RunOptions::default() };
    let (refused, _) = azure.run_with("teardown", options).await;
    assert_eq!((refused.exit, code(&refused).as_str()), (Exit::LabFailed, "ScopeLocked"), "{:?}", refused.result);
    assert_eq!(*asked.lock().unwrap(), 0, "people learn of it before they are asked");
    let error = error(&refused);
    for part in ["'keep'", "CanNotDelete", "until the exam", &scope] {
        assert!(error.message.contains(part), "{part}: {}", error.message);
    }
    let command = format!(
        "az lock delete --ids /subscriptions/{SUBSCRIPTION_ID}{scope}/providers/Microsoft.Authorization/locks/keep"
    );
    assert!(error.hint.as_ref().unwrap().ends_with(&command), "{:?}", error.hint);
    assert_eq!((azure.everything(), azure.changes()), (before, changes), "not even a write was tried");
    unlock(&arm, &scope, "keep").await;
    assert_eq!(azure.run("teardown --yes").await.exit, Exit::Done);
}

#[tokio::test(start_paused = true)]
async fn locks_above_the_lab_and_on_its_nodes_hold_it_and_locks_beside_it_do_not() {
    let azure = Azure::new();
    azure.lab().await;
    let arm = Arm(&azure.0);
    let nodes = "/resourceGroups/MC_myResourceGroup_myAKSCluster_westeurope";
    for scope in ["", GROUP, nodes] {
        lock(&arm, scope, "x", "ReadOnly").await;
        let refused = azure.run("teardown --yes").await;
        assert_eq!((refused.exit, code(&refused).as_str()), (Exit::LabFailed, "ScopeLocked"), "{scope}");
        unlock(&arm, scope, "x").await;
    }
    arm.put("/resourceGroups/myResourceGroup2?api-version=2021-04-01", json!({"location": "westeurope"})).await;
    lock(&arm, "/resourceGroups/myResourceGroup2", "x", "ReadOnly").await;
    assert_eq!(azure.run("teardown --yes").await.exit, Exit::Done);
}

#[tokio::test(start_paused = true)]
async fn one_locked_lab_of_several_stops_all_before_anything_is_deleted() {
    let azure = Azure::new();
    azure.run("provision --lab a b").await;
    lock(&Arm(&azure.0), "/resourceGroups/myResourceGroup-b", "x", "CanNotDelete").await;
    let before = azure.everything();
    let refused = azure.run("teardown --yes --lab a b").await;
    assert_eq!((refused.exit, code(&refused).as_str()), (Exit::LabFailed, "ScopeLocked"));
    assert_eq!(azure.everything(), before);
}

#[tokio::test(start_paused = true)]
async fn who_may_not_read_locks_can_still_tear_down_and_is_told_by_the_service() {
    let azure = Azure::new();
    azure.lab().await;
    let may_not = r#"{"error":{"code":"AuthorizationFailed","message":"no"}}"#;
    refuse(&azure, Method::GET, "/locks", StatusCode::FORBIDDEN, may_not);
    lock(&Arm(&azure.0), GROUP, "keep", "CanNotDelete").await;
    let refused = azure.run("teardown --yes").await;
    assert_eq!((refused.exit, code(&refused).as_str()), (Exit::LabFailed, "ScopeLocked"), "{:?}", refused.result);
    let error = error(&refused);
    assert!(error.message.contains("following scope(s) are locked") && error.request_id.is_some(), "{error:?}");
    assert!(error.hint.unwrap().contains("az lock list -g myResourceGroup"));
    unlock(&Arm(&azure.0), GROUP, "keep").await;
    let gone = azure.run("teardown --yes").await;
    assert_eq!((gone.exit, state(&gone)), (Exit::Done, LabState::Deleted), "{:?}", gone.result);
}

#[tokio::test(start_paused = true)]
async fn a_lock_that_was_not_there_at_the_look_is_named_all_the_same() {
    let azure = Azure::new();
    azure.lab().await;
    let arm = Arm(&azure.0);
    lock(&arm, GROUP, "late", "CanNotDelete").await;
    // The first list, the look's, does not show it yet.
    azure.0.control().inject(Fault {
        method: Some(Method::GET),
        path_contains: "/locks".into(),
        skip: 0,
        times: 1,
        kind: FaultKind::Respond { status: StatusCode::OK, headers: Vec::new(), body: r#"{"value":[]}"#.into() },
    });
    let (refused, notes) = azure.run_with("teardown", RunOptions { yes: true, ..RunOptions::default() }).await;
    let error = error(&refused);
    assert_eq!((refused.exit, error.code.as_str()), (Exit::LabFailed, "ScopeLocked"));
    assert!(error.message.contains("'late'") && error.request_id.is_some(), "{error:?}");
    assert!(!notes.iter().any(|note| note.contains("may continue")), "Azure has begun nothing: {notes:?}");
}

#[tokio::test(start_paused = true)]
async fn a_policy_that_refuses_the_deletion_is_named_with_its_assignment_and_the_request() {
    let azure = Azure::new();
    azure.lab().await;
    let arm = Arm(&azure.0);
    let details = json!({"actionNames": ["delete"], "cascadeBehaviors": {"resourceGroup": "deny"}});
    policy(
        &arm,
        json!({
            "if": {"field": "type", "equals": "Microsoft.CognitiveServices/accounts"},
            "then": {"effect": "denyAction", "details": details},
        }),
    )
    .await;
    let before = azure.everything();
    let (refused, notes) = azure.run_with("teardown", RunOptions { yes: true, ..RunOptions::default() }).await;
    let error = error(&refused);
    assert_eq!((refused.exit, error.code.as_str()), (Exit::LabFailed, "RequestDisallowedByPolicy"));
    for part in ["the policy 'the school's rule'", "assigned as 'for the labs'", "policyAssignments/labs"] {
        assert!(error.message.contains(part), "{part}: {}", error.message);
    }
    assert!(!error.message.contains('{'), "the service's JSON is not for people: {}", error.message);
    assert!(error.request_id.is_some());
    let command = format!("az policy assignment delete --name labs --scope /subscriptions/{SUBSCRIPTION_ID}");
    assert!(error.hint.as_ref().unwrap().contains(&command), "{:?}", error.hint);
    assert_eq!(azure.everything(), before);
    assert!(!notes.iter().any(|note| note.contains("may continue")), "Azure has begun nothing: {notes:?}");
    arm.delete("/providers/Microsoft.Authorization/policyAssignments/labs?api-version=2022-06-01").await;
    assert_eq!(azure.run("teardown --yes").await.exit, Exit::Done);
}

#[tokio::test(start_paused = true)]
async fn provision_refused_by_a_policy_says_which() {
    let azure = Azure::new();
    let rule = json!({"if": {"field": "location", "notIn": ["swedencentral"]}, "then": {"effect": "deny"}});
    policy(&Arm(&azure.0), rule).await;
    let refused = azure.run("provision").await;
    assert_eq!(
        (refused.exit, code(&refused).as_str()),
        (Exit::LabFailed, "RequestDisallowedByPolicy"),
        "{:?}",
        refused.result
    );
    assert!(error(&refused).message.contains("the policy 'the school's rule', assigned as 'for the labs'"));
    assert!(error(&refused).hint.unwrap().contains("az policy assignment delete --name labs"));
}

#[tokio::test(start_paused = true)]
async fn deleting_several_labs_wants_the_name_of_each_workshop_that_loses_some() {
    let azure = Azure::new();
    azure.run("provision --lab a b c").await;
    let arm = Arm(&azure.0);
    for (lab, workshop) in [("a", "Spring"), ("b", "Spring"), ("c", "Autumn")] {
        let path = format!("/resourceGroups/myResourceGroup-{lab}?api-version=2021-04-01");
        arm.patch(&path, json!({"tags": {"azlab-workshop": workshop, "azlab-lab": lab}})).await;
    }
    let before = azure.everything();
    let typing = |words: &'static [&'static str]| {
        let asked = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&asked);
        let confirm = move |_: &str, question: &str, word: Option<&str>| {
            seen.lock().unwrap().push(question.to_owned());
            word.is_some_and(|word| words.contains(&word))
        };
        (RunOptions { confirm: Some(Arc::new(confirm)), ..RunOptions::default() }, asked)
    };
    for words in [&["Spring"][..], &["Autumn"], &["intelligent-apps-aks"], &[]] {
        let (options, _) = typing(words);
        let (refused, _) = azure.run_with("teardown --lab a b c", options).await;
        assert_eq!(refused.exit, Exit::NeedsConfirmation, "{words:?}");
    }
    assert_eq!(azure.everything(), before);
    let (options, asked) = typing(&["Spring", "Autumn"]);
    let (gone, _) = azure.run_with("teardown --lab a b c", options).await;
    assert_eq!(gone.exit, Exit::Done, "{:?}", gone.result);
    let asked = asked.lock().unwrap().clone();
    assert_eq!(asked, ["This is 1 lab of the workshop Autumn.", "These are 2 labs of the workshop Spring."]);
}

#[tokio::test(start_paused = true)]
async fn a_role_assignment_left_at_the_subscription_is_named_by_the_proof() {
    let azure = Azure::new();
    // Names of its own: the proof must not depend on the workshop's.
    let made = azure.run("provision --identity other-identity --cluster other-cluster").await;
    let principal = made.result.labs.unwrap()[0].outputs.identity_principal_id.clone().unwrap();
    let arm = Arm(&azure.0);
    let path = "/providers/Microsoft.Authorization/roleAssignments/11111111-2222-4333-8444-555555555555?api-version=2022-04-01";
    let role = format!(
        "/subscriptions/{SUBSCRIPTION_ID}/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7"
    );
    let body = json!({"properties": {"principalId": principal, "roleDefinitionId": role, "principalType": "ServicePrincipal"}});
    arm.put(path, body).await;
    let (left, _) = azure.run_with("teardown", RunOptions { yes: true, ..RunOptions::default() }).await;
    assert_eq!((left.exit, code(&left).as_str()), (Exit::LabFailed, "StillThere"), "{:?}", left.result);
    let error = error(&left);
    assert!(error.resource.as_ref().unwrap().ends_with("11111111-2222-4333-8444-555555555555"), "{error:?}");
    assert!(error.message.contains("az role assignment delete --ids"), "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn who_may_not_read_role_assignments_can_still_tear_down() {
    let azure = Azure::new();
    azure.lab().await;
    let may_not = r#"{"error":{"code":"AuthorizationFailed","message":"no"}}"#;
    refuse(&azure, Method::GET, "/roleAssignments", StatusCode::FORBIDDEN, may_not);
    let (gone, notes) = azure.run_with("teardown", RunOptions { yes: true, ..RunOptions::default() }).await;
    assert_eq!((gone.exit, state(&gone)), (Exit::Done, LabState::Deleted), "{:?}", gone.result);
    assert!(notes.iter().any(|note| note.contains("you may not read role assignments")), "{notes:?}");
}

#[tokio::test(start_paused = true)]
async fn deleting_a_cluster_failed_costing_me_money_so_what_is_left_and_bills_is_told() {
    let azure = Azure::new();
    azure.lab().await;
    // The nodes' group outlives the cluster: Azure answers for it as if it were still there.
    let nodes = "MC_myResourceGroup_myAKSCluster_westeurope";
    let body = json!({"id": format!("/subscriptions/{SUBSCRIPTION_ID}/resourceGroups/{nodes}"), "name": nodes,
        "location": "westeurope", "properties": {"provisioningState": "Succeeded"}});
    refuse(&azure, Method::GET, nodes, StatusCode::OK, &body.to_string());
    let (left, _) = azure.run_with("teardown", RunOptions { yes: true, ..RunOptions::default() }).await;
    assert_eq!((left.exit, code(&left).as_str()), (Exit::LabFailed, "StillThere"), "{:?}", left.result);
    assert_eq!(state(&left), LabState::Incomplete);
    let told = error(&left).message;
    assert!(told.lines().any(|line| line.contains("still there and still billed") && line.contains(nodes)), "{told}");
}

#[tokio::test(start_paused = true)]
async fn a_groups_deletion_that_fails_half_way_tells_what_is_left_and_bills_and_the_next_run_ends_it() {
    let azure = Azure::new();
    azure.lab().await;
    azure.0.control().inject(Fault {
        method: Some(Method::DELETE),
        path_contains: "/resourceGroups/myResourceGroup".into(),
        skip: 0,
        times: 1,
        kind: FaultKind::Operation(OperationFault {
            ends: OperationEnd::Failed,
            at: 0.5,
            code: "InternalServerError".into(),
            message: "The deletion could not be completed.".into(),
        }),
    });
    let (left, notes) = azure.run_with("teardown", RunOptions { yes: true, ..RunOptions::default() }).await;
    assert_eq!(left.exit, Exit::LabFailed, "{:?}", left.result);
    assert!(!notes.iter().any(|note| note.contains("may continue")), "it has ended: {notes:?}");
    let error = error(&left);
    let billed = error.message.lines().filter(|line| line.contains("still there and still billed")).collect::<Vec<_>>();
    assert!(matches!(billed.as_slice(), [one] if one.ends_with("managedClusters/myAKSCluster")), "{error:?}");
    assert!(
        error.retryable && error.hint.as_ref().is_some_and(|hint| hint.contains("run the same command")),
        "{error:?}"
    );
    let gone = azure.run("teardown --yes").await;
    assert_eq!((gone.exit, state(&gone)), (Exit::Done, LabState::Deleted), "{:?}", gone.result);
}

#[tokio::test(start_paused = true)]
async fn a_purged_account_that_is_still_listed_for_a_moment_is_not_taken_for_a_remain() {
    let azure = Azure::new();
    azure.lab().await;
    azure.run("teardown --yes --no-purge").await;
    let list = "/providers/Microsoft.CognitiveServices/deletedAccounts";
    let stale = Arm(&azure.0).get(&format!("{list}?api-version=2024-10-01")).await;
    azure.0.control().inject(Fault {
        method: Some(Method::GET),
        path_contains: format!("{SUBSCRIPTION_ID}{list}"),
        // The look and the purge see it rightly.
        skip: 2,
        times: 3,
        kind: FaultKind::Respond { status: StatusCode::OK, headers: Vec::new(), body: stale.to_string().into() },
    });
    let gone = azure.run("teardown --yes").await;
    assert_eq!((gone.exit, state(&gone)), (Exit::Done, LabState::Deleted), "{:?}", gone.result);
}
