//! Clusters that are not as the workshop's: with Entra ID alone, of another tenant, in a network of their own.

use azlab::outcome::Exit;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::refused::refused;
use super::{objects, well};
use crate::provision::fixture::{Azure, CLUSTER};

/// The role that lets its holder do everything in a cluster with `enableAzureRBAC` (Azure built-in roles).
const CLUSTER_ADMIN: &str = "b1ff04bb-8a4e-4dc4-8eb5-8693973ce19b";

/// A lab whose cluster is another one.
async fn with_cluster(change: impl FnOnce(&mut Value)) -> Azure {
    let azure = Azure::with_lab().await;
    let mut body = azure.send(Method::GET, CLUSTER, None).await.body;
    change(&mut body["properties"]);
    azure.send(Method::DELETE, CLUSTER, None).await;
    azure.pass(600.0).await;
    let made = azure.send(Method::PUT, CLUSTER, Some(body)).await;
    assert!(made.status.is_success(), "{:#}", made.body);
    azure.pass(600.0).await;
    azure
}

#[tokio::test(start_paused = true)]
async fn a_cluster_without_local_accounts_takes_azlabs_own_token_once_it_has_a_right() {
    let azure = with_cluster(|properties| {
        properties["aadProfile"] = json!({"managed": true, "enableAzureRBAC": true});
        properties["disableLocalAccounts"] = true.into();
    })
    .await;
    // Its own token is known, and has no right yet: the hint names the role.
    let ran = azure.run("app deploy --no-wait").await;
    refused(&ran, "Forbidden", Exit::LabFailed, "Azure Kubernetes Service RBAC Admin");
    let (cluster, _) = CLUSTER.split_once('?').unwrap();
    let path = format!(
        "{cluster}/providers/Microsoft.Authorization/roleAssignments/0a1b2c3d-0000-4000-8000-000000000001?api-version=2022-04-01"
    );
    let role = format!(
        "/subscriptions/{}/providers/Microsoft.Authorization/roleDefinitions/{CLUSTER_ADMIN}",
        azlab_sandbox::SUBSCRIPTION_ID
    );
    let properties = json!({"roleDefinitionId": role, "principalId": azure.sandbox.directory().default_application().principal.object_id, "principalType": "ServicePrincipal"});
    let made = azure.send(Method::PUT, &path, Some(json!({"properties": properties}))).await;
    assert_eq!(made.status, StatusCode::CREATED, "{:#}", made.body);
    azure.pass(600.0).await;
    let ran = well(azure.run("app deploy --no-wait").await);
    assert_eq!(objects(&ran, "created").len(), 19);
    // Nobody was asked for a program that gets a token, and nothing of a local account was used.
    assert!(!ran.log.iter().any(|one| one.path.contains("listClusterAdminCredential")), "{:#?}", ran.log);
}

#[tokio::test(start_paused = true)]
async fn a_cluster_that_trusts_another_tenant_is_told_with_how_to_name_that() {
    let azure = with_cluster(|properties| {
        properties["aadProfile"] = json!({"managed": true, "tenantID": "11111111-2222-4333-8444-555555555555"});
    })
    .await;
    refused(&azure.run("app deploy").await, "Unauthorized", Exit::NotSignedIn, "--tenant");
}

#[tokio::test(start_paused = true)]
async fn a_private_cluster_is_told_at_once_with_where_it_answers() {
    let azure = with_cluster(|properties| {
        properties["apiServerAccessProfile"] = json!({"enablePrivateCluster": true});
    })
    .await;
    let began = azure.now();
    refused(&azure.run("app deploy").await, "ClusterUnreachable", Exit::LabFailed, "in its own network alone");
    assert!(azure.now() - began < std::time::Duration::from_secs(30), "nobody waits for it");
}
