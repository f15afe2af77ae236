use super::*;
use crate::faults::fault::{Fault, FaultKind, OperationFault};
use crate::state::open::reset;
use crate::state::operation_end::OperationEnd;

fn fault(method: Method, path: &str, kind: FaultKind) -> Fault {
    Fault { method: Some(method), path_contains: path.into(), skip: 0, times: 1, kind }
}

fn ends(ends: OperationEnd, at: f64) -> FaultKind {
    FaultKind::Operation(OperationFault { ends, at, code: "Broken".into(), message: "It broke.".into() })
}

fn state(got: &Got) -> &str {
    got.body["properties"]["provisioningState"].as_str().unwrap_or_default()
}

const USAGES: &str = "/providers/Microsoft.CognitiveServices/locations/westeurope/usages?api-version=2024-10-01";

impl Client {
    /// What is used of the quota of that name, in westeurope.
    async fn used(&self, usage: &str) -> i64 {
        let body = self.get(USAGES).await.body;
        let found = body["value"].as_array().unwrap().iter().find(|it| it["name"]["value"] == usage).cloned();
        found.unwrap()["currentValue"].as_i64().unwrap()
    }
}

#[tokio::test(start_paused = true)]
async fn a_cluster_whose_creation_fails_half_way_is_left_failed_and_a_put_repairs_it() {
    let azure = Client::new();
    azure.group().await;
    azure.sandbox.control().inject(fault(Method::PUT, "/managedclusters/aks", ends(OperationEnd::Failed, 0.5)));
    let made = azure.put(CLUSTER, cluster()).await;
    assert_eq!((made.status.as_u16(), state(&made)), (201, "Creating"));
    let poll = made.header("azure-asyncoperation").to_owned();
    azure.wait(150).await;
    let under_way = azure.get(&poll).await.body;
    assert_eq!((&under_way["error"], under_way["status"] == "Failed"), (&Value::Null, false), "{under_way}");
    azure.wait(30).await;
    let over = azure.get(&poll).await.body;
    assert_eq!(over["status"], "Failed");
    assert_eq!(over["error"], json!({"code": "Broken", "details": null, "message": "It broke.", "subcode": ""}));
    assert!(over["endTime"].is_string());
    let left = azure.get(CLUSTER).await;
    assert_eq!(state(&left), "Failed");
    let issuer = left.body["properties"]["oidcIssuerProfile"]["issuerURL"].clone();
    let repaired = azure.put(CLUSTER, cluster()).await;
    assert_eq!((repaired.status.as_u16(), state(&repaired)), (200, "Updating"));
    azure.wait(160).await;
    let ready = azure.get(CLUSTER).await;
    assert_eq!((state(&ready), &ready.body["properties"]["oidcIssuerProfile"]["issuerURL"]), ("Succeeded", &issuer));
}

#[tokio::test(start_paused = true)]
async fn a_failed_account_takes_no_deployment_until_it_is_repaired() {
    let azure = Client::new();
    azure.group().await;
    azure.sandbox.control().inject(fault(Method::PUT, "/accounts/openai1", ends(OperationEnd::Canceled, 1.0)));
    let poll = azure.put(ACCOUNT, account()).await.header("azure-asyncoperation").to_owned();
    azure.wait(17).await;
    let over = azure.get(&poll).await.body;
    assert_eq!((&over["status"], &over["error"]["code"]), (&json!("Canceled"), &json!("Broken")));
    assert_eq!(state(&azure.get(ACCOUNT).await), "Canceled");
    let path = child(ACCOUNT, "deployments/d1");
    let early = azure.put(&path, deployment("gpt-35-turbo", "0125", json!(1))).await;
    assert_eq!(early.code(), "AccountProvisioningStateInvalid");
    assert_eq!(azure.put(ACCOUNT, account()).await.status, 200);
    azure.wait(17).await;
    assert_eq!(azure.put(&path, deployment("gpt-35-turbo", "0125", json!(1))).await.status, 201);
}

#[tokio::test(start_paused = true)]
async fn a_deployment_that_fails_says_so_at_once_and_keeps_saying_it() {
    let azure = Client::new();
    azure.group().await;
    azure.account().await;
    let path = child(ACCOUNT, "deployments/d1");
    azure.sandbox.control().inject(fault(Method::PUT, "/deployments/d1", ends(OperationEnd::Failed, 1.0)));
    let put = async || azure.put(&path, deployment("gpt-35-turbo", "0125", json!(1))).await;
    assert_eq!(state(&put().await), "Failed");
    assert_eq!(state(&azure.get(&path).await), "Failed");
    assert_eq!(state(&put().await), "Succeeded");
}

#[tokio::test(start_paused = true)]
async fn an_error_can_be_shown_by_an_operation_that_succeeds() {
    let azure = Client::new();
    azure.group().await;
    azure.sandbox.control().inject(fault(Method::PUT, "/managedclusters/aks", ends(OperationEnd::Succeeded, 0.1)));
    let poll = azure.put(CLUSTER, cluster()).await.header("azure-asyncoperation").to_owned();
    azure.wait(100).await;
    let under_way = azure.get(&poll).await.body;
    assert_eq!((&under_way["error"]["code"], under_way["endTime"].is_null()), (&json!("Broken"), true));
    azure.wait(240).await;
    let over = azure.get(&poll).await.body;
    assert_eq!((&over["status"], &over["error"]["code"]), (&json!("Succeeded"), &json!("Broken")));
    assert_eq!(state(&azure.get(CLUSTER).await), "Succeeded");
}

#[tokio::test(start_paused = true)]
async fn a_group_whose_deletion_fails_half_way_keeps_what_had_not_gone_and_its_quota() {
    let azure = Client::new();
    azure.group().await;
    azure.account().await;
    azure.put(IDENTITY, json!({"location": "westeurope"})).await;
    azure.put(CLUSTER, cluster()).await;
    azure.wait(340).await;
    azure.sandbox.control().inject(fault(Method::DELETE, "/resourcegroups/lab", ends(OperationEnd::Failed, 0.9)));
    let poll = azure.delete(GROUP).await.header("location").to_owned();
    azure.wait(100).await;
    assert_eq!(state(&azure.get(GROUP).await), "Deleting");
    let early = azure.put(IDENTITY, json!({"location": "westeurope"})).await;
    assert_eq!(early.outcome(), (409, "ResourceGroupBeingDeleted"));
    azure.wait(150).await;
    assert_eq!(azure.get(&poll).await.outcome(), (409, "Broken"));
    assert_eq!(state(&azure.get(GROUP).await), "Succeeded");
    assert_eq!(azure.get(IDENTITY).await.status, 404, "it had gone before");
    assert_eq!(azure.get(ACCOUNT).await.status, 404, "it had gone before");
    assert_eq!(state(&azure.get(CLUSTER).await), "Failed");
    let nodes = "/resourceGroups/MC_lab_aks_westeurope?api-version=2021-04-01";
    assert_eq!(state(&azure.get(nodes).await), "Succeeded");
    let cores = azure.get("/providers/Microsoft.Compute/locations/westeurope/usages?api-version=2024-07-01").await;
    assert_eq!(cores.body["value"][0]["currentValue"], 4, "the cluster still holds its cores");
    assert_eq!(azure.delete(GROUP).await.status, 202);
    azure.wait(260).await;
    assert_eq!(azure.get(GROUP).await.status, 404);
    assert_eq!(azure.get(nodes).await.status, 404);
}

#[tokio::test(start_paused = true)]
async fn the_polling_url_of_a_failed_deletion_is_answered_after_the_group_is_deleted_again() {
    let azure = Client::new();
    azure.group().await;
    azure.sandbox.control().inject(fault(Method::DELETE, "/resourcegroups/lab", ends(OperationEnd::Failed, 0.5)));
    let first = azure.delete(GROUP).await.header("location").to_owned();
    azure.wait(20).await;
    assert_eq!(azure.get(&first).await.outcome(), (409, "Broken"));
    assert_eq!(state(&azure.get(GROUP).await), "Succeeded");
    let second = azure.delete(GROUP).await.header("location").to_owned();
    assert_ne!(first, second);
    for poll in [&first, &second] {
        assert_eq!(azure.get(poll).await.status, 202);
    }
    azure.wait(20).await;
    for poll in [&first, &second] {
        assert_eq!(azure.get(poll).await.status, 200);
    }
    assert_eq!(azure.get(GROUP).await.status, 404);
}

#[tokio::test(start_paused = true)]
async fn an_account_whose_groups_deletion_fails_before_its_turn_is_not_soft_deleted() {
    let azure = Client::new();
    azure.group().await;
    azure.account().await;
    azure.put(&child(ACCOUNT, "deployments/d1"), deployment("gpt-35-turbo", "0125", json!(20))).await;
    azure.sandbox.control().inject(fault(Method::DELETE, "/resourcegroups/lab", ends(OperationEnd::Failed, 0.01)));
    azure.delete(GROUP).await;
    azure.wait(300).await;
    assert_eq!(azure.get(&child(ACCOUNT, "deployments/d1")).await.status, 200);
    let deleted = azure.get("/providers/Microsoft.CognitiveServices/deletedAccounts?api-version=2024-10-01").await;
    assert_eq!(deleted.body["value"], json!([]));
    azure.wait(49 * 3600).await;
    azure.put(IDENTITY, json!({"location": "westeurope"})).await;
    assert_eq!(azure.used("OpenAI.Standard.gpt-35-turbo").await, 20);
}

#[tokio::test(start_paused = true)]
async fn a_purge_that_fails_leaves_the_account_soft_deleted() {
    const DELETED: &str = "/providers/Microsoft.CognitiveServices/locations/westeurope/resourceGroups/lab/deletedAccounts/openai1?api-version=2024-10-01";
    let azure = Client::new();
    azure.group().await;
    azure.account().await;
    azure.delete(ACCOUNT).await;
    azure.sandbox.control().inject(fault(Method::DELETE, "/deletedaccounts/", ends(OperationEnd::Failed, 1.0)));
    let poll = azure.delete(DELETED).await.header("azure-asyncoperation").to_owned();
    azure.wait(5).await;
    assert_eq!(azure.get(&poll).await.body["status"], "Failed");
    assert_eq!(azure.get(DELETED).await.status, 200);
    assert_eq!(azure.used("OpenAI.S0.AccountCount").await, 1);
    azure.delete(DELETED).await;
    azure.wait(5).await;
    assert_eq!(azure.get(DELETED).await.status, 404);
    assert_eq!(azure.used("OpenAI.S0.AccountCount").await, 0);
}

#[tokio::test(start_paused = true)]
async fn an_expired_polling_url_is_not_found_while_the_operation_goes_on() {
    let azure = Client::new();
    azure.group().await;
    azure.sandbox.control().inject(fault(
        Method::PUT,
        "/managedclusters/aks",
        FaultKind::PollingExpires { after: 60.0 },
    ));
    let poll = azure.put(CLUSTER, cluster()).await.header("azure-asyncoperation").to_owned();
    azure.wait(59).await;
    assert_eq!(azure.get(&poll).await.status, 200);
    azure.wait(2).await;
    assert_eq!(azure.get(&poll).await.outcome(), (404, "NotFound"));
    assert_eq!(state(&azure.get(CLUSTER).await), "Creating");
    azure.wait(280).await;
    assert_eq!(state(&azure.get(CLUSTER).await), "Succeeded");
}

#[tokio::test(start_paused = true)]
async fn what_shows_late_is_not_there_for_reads_and_lists_but_for_writes() {
    let azure = Client::new();
    azure.group().await;
    let late = || FaultKind::Late { seconds: 20.0 };
    azure.sandbox.control().inject(fault(Method::PUT, "/userassignedidentities/ident?", late()));
    assert_eq!(azure.put(IDENTITY, json!({"location": "westeurope"})).await.status, 201);
    assert_eq!(azure.get(IDENTITY).await.outcome(), (404, "ResourceNotFound"));
    let list = "/resourceGroups/lab/providers/Microsoft.ManagedIdentity/userAssignedIdentities?api-version=2023-01-31";
    assert_eq!(azure.get(list).await.body["value"], json!([]));
    azure.wait(5).await;
    assert_eq!(azure.put(IDENTITY, json!({"location": "westeurope"})).await.status, 200, "a write sees it");
    azure.wait(16).await;
    assert_eq!(azure.get(IDENTITY).await.status, 200);
    // Only what is new can be late.
    azure.sandbox.control().inject(fault(Method::PUT, "/userassignedidentities/ident?", late()));
    assert_eq!(azure.put(IDENTITY, json!({"location": "westeurope"})).await.status, 200);
    assert_eq!(azure.get(IDENTITY).await.status, 200);
    azure.sandbox.control().inject(fault(Method::PUT, "/roleassignments/", late()));
    let role =
        child(IDENTITY, "providers/Microsoft.Authorization/roleAssignments/11111111-1111-1111-1111-111111111111")
            .replace("2023-01-31", "2022-04-01");
    let principal = azure.get(IDENTITY).await.body["properties"]["principalId"].clone();
    let definition = format!(
        "/subscriptions/{SUBSCRIPTION_ID}/providers/Microsoft.Authorization/roleDefinitions/5e0bd9bd-7b93-4f28-af87-19fc36ad61bd"
    );
    let body = json!({"properties": {"roleDefinitionId": definition, "principalId": principal, "principalType": "ServicePrincipal"}});
    assert_eq!(azure.put(&role, body).await.status, 201);
    assert_eq!(azure.get(&role).await.outcome(), (404, "RoleAssignmentNotFound"));
    azure.wait(21).await;
    assert_eq!(azure.get(&role).await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn answers_can_be_garbage_expired_or_a_services_own_refusal() {
    let azure = Client::new();
    azure.sandbox.control().inject(fault(Method::PUT, "/resourcegroups/lab", FaultKind::Garbage));
    assert_eq!(azure.put(GROUP, json!({"location": "westeurope"})).await.body, Value::Null);
    assert_eq!(azure.get(GROUP).await.status, 200, "it took effect");
    azure.sandbox.control().inject(fault(Method::GET, "/resourcegroups/lab", FaultKind::ExpiredToken));
    let refused = azure.get(GROUP).await;
    assert_eq!(refused.outcome(), (401, "ExpiredAuthenticationToken"));
    assert!(refused.header("www-authenticate").contains("invalid_token"));
    let refuse = |handled| FaultKind::Refuse {
        status: StatusCode::TOO_MANY_REQUESTS,
        code: "Throttled".into(),
        message: "Too many.".into(),
        headers: vec![("retry-after".into(), "7".into())],
        handled,
    };
    azure.sandbox.control().inject(fault(Method::PUT, "/managedclusters/aks", refuse(false)));
    let flat = azure.put(CLUSTER, cluster()).await;
    assert_eq!((flat.status.as_u16(), &flat.body["code"], flat.header("retry-after")), (429, &json!("Throttled"), "7"));
    assert!(flat.headers.contains_key("x-ms-request-id"));
    assert_eq!(azure.get(CLUSTER).await.status, 404);
    azure.sandbox.control().inject(fault(Method::PUT, "/userassignedidentities/ident", refuse(true)));
    let wrapped = azure.put(IDENTITY, json!({"location": "westeurope"})).await;
    assert_eq!((wrapped.status.as_u16(), &wrapped.body["error"]["code"]), (429, &json!("Throttled")));
    assert_eq!(azure.get(IDENTITY).await.status, 200);
    azure.wait(5).await;
    azure.sandbox.control().inject(fault(Method::PUT, "/userassignedidentities/ident", FaultKind::HandleThenHtml502));
    let page = azure.put(IDENTITY, json!({"location": "westeurope", "tags": {"a": "b"}})).await;
    assert_eq!((page.status.as_u16(), page.header("content-type")), (502, "text/html"));
    assert_eq!(azure.get(IDENTITY).await.body["tags"]["a"], "b");
}

#[tokio::test]
async fn a_state_of_the_first_schema_is_upgraded_in_place() {
    let dir = tempfile::tempdir().unwrap();
    let open = || Client { sandbox: Sandbox::open(dir.path(), 10_000.0).unwrap() };
    open().group().await;
    let db = rusqlite::Connection::open(dir.path().join("sandbox.db")).unwrap();
    db.execute_batch(
        "ALTER TABLE resources DROP COLUMN ended; ALTER TABLE resources DROP COLUMN hidden;
         ALTER TABLE operations DROP COLUMN ended; ALTER TABLE operations DROP COLUMN error;
         ALTER TABLE operations DROP COLUMN expires; DROP TABLE faults_met; DROP TABLE calendar;
         CREATE TABLE anchor(one INTEGER PRIMARY KEY, real INTEGER NOT NULL, service INTEGER NOT NULL, speed REAL NOT NULL);
         PRAGMA user_version = 1;",
    )
    .unwrap();
    drop(db);
    let azure = open();
    assert_eq!(state(&azure.get(GROUP).await), "Succeeded");
    assert_eq!(azure.put(CLUSTER, cluster()).await.status, 201);
    drop(azure);
    assert_eq!(open().get(CLUSTER).await.status, 200);
    reset(dir.path()).unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_change_of_tags_neither_repairs_what_has_failed_nor_shows_what_is_still_hidden() {
    let azure = Client::new();
    azure.group().await;
    azure.sandbox.control().inject(fault(Method::PUT, "/managedclusters/aks", ends(OperationEnd::Failed, 0.5)));
    azure.put(CLUSTER, cluster()).await;
    azure.sandbox.control().inject(fault(Method::PUT, "/accounts/openai1", ends(OperationEnd::Canceled, 1.0)));
    azure.put(ACCOUNT, account()).await;
    azure.wait(400).await;
    let tags = |path: &str| {
        let scope = path.split('?').next().unwrap();
        format!("{scope}/providers/Microsoft.Resources/tags/default?api-version=2021-04-01")
    };
    let sent = json!({"operation": "Merge", "properties": {"tags": {"owner": "me"}}});
    for (path, left) in [(CLUSTER, "Failed"), (ACCOUNT, "Canceled")] {
        assert_eq!(azure.put(&tags(path), sent.clone()).await.status, 200);
        assert_eq!(azure.send(Method::PATCH, &tags(path), Some(sent.clone())).await.status, 200);
        let got = azure.get(path).await;
        assert_eq!((state(&got), &got.body["tags"]["owner"]), (left, &json!("me")));
        assert_eq!(azure.delete(&tags(path)).await.status, 200);
        assert_eq!(state(&azure.get(path).await), left);
    }
    let other = "/resourceGroups/other?api-version=2021-04-01";
    for (path, called) in [(IDENTITY, "/userassignedidentities/"), (other, "/resourcegroups/other")] {
        azure.sandbox.control().inject(fault(Method::PUT, called, FaultKind::Late { seconds: 60.0 }));
        assert_eq!(azure.put(path, json!({"location": "westeurope"})).await.status, 201);
        azure.wait(10).await;
        assert_eq!(azure.get(path).await.status, 404);
        let patched = azure.send(Method::PATCH, path, Some(json!({"tags": {"owner": "me"}}))).await;
        assert_eq!((patched.status.as_u16(), &patched.body["tags"]["owner"]), (200, &json!("me")), "{path}");
        assert_eq!(azure.get(path).await.status, 404, "{path} still shows late");
        azure.wait(60).await;
        assert_eq!(azure.get(path).await.body["tags"]["owner"], "me", "{path}");
    }
}
