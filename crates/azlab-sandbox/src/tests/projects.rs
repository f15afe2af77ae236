//! Foundry projects, and what they mean to their account.

use super::*;

fn foundry() -> Value {
    let mut asked = account();
    asked["kind"] = "AIServices".into();
    asked["identity"] = json!({"type": "SystemAssigned"});
    asked["properties"]["allowProjectManagement"] = true.into();
    asked
}

/// A project's path, in the first version that has projects and is no preview.
fn project(name: &str) -> String {
    child(ACCOUNT, &format!("projects/{name}")).replace("2024-10-01", "2025-06-01")
}

#[tokio::test(start_paused = true)]
async fn an_account_knows_its_projects_and_is_not_deleted_before_them() {
    let azure = Client::new();
    azure.group().await;
    let made = azure.put(ACCOUNT, foundry()).await;
    let principal = made.body["identity"]["principalId"].clone();
    assert!(principal.is_string(), "{}", made.body);
    azure.wait(30).await;
    let asked = json!({"location": "westeurope", "properties": {"displayName": "P"}});
    for (name, is_default) in [("one", true), ("two", false)] {
        let made = azure.put(&project(name), asked.clone()).await;
        assert_eq!((made.status.as_u16(), &made.body["properties"]["isDefault"]), (201, &json!(is_default)));
    }
    let list = project("x").replace("/projects/x", "/projects");
    let first = azure.get(&format!("{list}&$top=1")).await.body;
    assert_eq!((&first["value"].as_array().unwrap().len(), first["value"][0]["name"].is_string()), (&1, true));
    let rest = azure.get(first["nextLink"].as_str().expect("another page")).await.body;
    assert!(rest["value"].as_array().unwrap().len() == 1 && rest["nextLink"].is_null(), "{rest}");
    let properties = azure.get(ACCOUNT).await.body["properties"].clone();
    assert_eq!(
        (&properties["associatedProjects"], &properties["defaultProject"]),
        (&json!(["one", "two"]), &json!("one"))
    );
    let refused = azure.delete(ACCOUNT).await;
    assert_eq!(refused.outcome(), (409, "CannotDeleteResource"));
    assert_eq!(refused.header("x-ms-failure-cause"), "gateway");
    // An update of the account leaves them, and its identity, as they are.
    assert_eq!(azure.put(ACCOUNT, foundry()).await.body["identity"]["principalId"], principal);
    azure.wait(30).await;
    assert_eq!(azure.get(ACCOUNT).await.body["properties"]["associatedProjects"], json!(["one", "two"]));
    for name in ["one", "two"] {
        assert_eq!(azure.delete(&project(name)).await.status, 200);
    }
    assert_eq!(azure.get(&project("one")).await.outcome(), (404, "ResourceNotFound"));
    assert_eq!(azure.delete(ACCOUNT).await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn an_account_that_did_not_ask_for_projects_takes_none() {
    let azure = Client::new();
    azure.group().await;
    azure.account().await;
    let refused = azure.put(&project("one"), json!({"location": "westeurope"})).await;
    assert_eq!(refused.outcome(), (400, "ProjectManagementNotAllowed"));
    let orphan = project("one").replace("openai1", "nobody");
    assert_eq!(azure.delete(&orphan).await.outcome(), (404, "ParentResourceNotFound"));
}

#[tokio::test(start_paused = true)]
async fn a_restored_account_is_ready_at_once() {
    let azure = Client::new();
    azure.group().await;
    azure.account().await;
    azure.delete(ACCOUNT).await;
    let restored = azure.put(ACCOUNT, json!({"location": "westeurope", "properties": {"restore": true}})).await;
    assert_eq!((restored.status.as_u16(), restored.header("azure-asyncoperation")), (201, ""));
    assert_eq!(restored.body["properties"]["provisioningState"], "Succeeded");
    assert_eq!(
        azure.put(&child(ACCOUNT, "deployments/d1"), deployment("gpt-35-turbo", "0125", json!(1))).await.status,
        201
    );
}
