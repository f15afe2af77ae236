//! Every body fits the types of the SDK crates that the client reads it with.

use azure_mgmt_authorization::package_2022_04_01::models as authorization;
use azure_mgmt_cognitiveservices::package_2024_10::models as cognitive;
use azure_mgmt_containerservice::package_preview_2023_01::models as containers;
use azure_mgmt_msi::package_2023_01_31::models as msi;
use azure_mgmt_resources::package_resources_2021_04::models as resources;
use serde::de::DeserializeOwned;

use super::*;

fn read<T: DeserializeOwned>(got: Got) -> T {
    assert!(got.status.is_success(), "{:?}", got.outcome());
    serde_json::from_value(got.body.clone()).unwrap_or_else(|error| panic!("{error}: {}", got.body))
}

#[tokio::test(start_paused = true)]
async fn groups_providers_and_lists_fit() {
    let azure = Client::new();
    azure.group().await;
    azure.put(IDENTITY, json!({"location": "westeurope"})).await;
    let _: resources::ResourceGroup = read(azure.get(GROUP).await);
    let all: resources::ResourceGroupListResult = read(azure.get("/resourcegroups?api-version=2021-04-01").await);
    assert_eq!(all.value.len(), 1);
    let all: resources::ResourceListResult = read(azure.get("/resources?api-version=2021-04-01").await);
    assert_eq!(all.value.len(), 1);
    let all: resources::ProviderListResult = read(azure.get("/providers?api-version=2021-04-01").await);
    let simulated = crate::providers::PROVIDERS.iter().count();
    assert_eq!(all.value.len(), simulated + crate::arm::elsewhere::namespaces().len());
}

#[tokio::test(start_paused = true)]
async fn clusters_fit_in_each_of_their_states() {
    let azure = Client::new();
    azure.group().await;
    let made: containers::ManagedCluster = read(azure.put(CLUSTER, cluster()).await);
    let issuer = made.properties.unwrap().oidc_issuer_profile.unwrap();
    assert!(issuer.issuer_url.is_some());
    azure.wait(332).await;
    let _: containers::ManagedCluster = read(azure.get(CLUSTER).await);
    let all: containers::ManagedClusterListResult = read(azure.get(&CLUSTER.replace("/aks?", "?")).await);
    assert_eq!(all.value.len(), 1);
    let _: containers::AgentPoolListResult = read(azure.get(&child(CLUSTER, "agentPools")).await);
    let path = child(CLUSTER, "listClusterUserCredential");
    let _: containers::CredentialResults = read(azure.send(Method::POST, &path, None).await);
}

#[tokio::test(start_paused = true)]
async fn accounts_deployments_models_and_usages_fit() {
    let azure = Client::new();
    azure.group().await;
    let made: cognitive::Account = read(azure.put(ACCOUNT, account()).await);
    assert_eq!(
        made.properties.unwrap().provisioning_state,
        Some(cognitive::account_properties::ProvisioningState::Creating)
    );
    azure.wait(17).await;
    let path = child(ACCOUNT, "deployments/d1");
    let made: cognitive::Deployment = read(azure.put(&path, deployment("gpt-35-turbo", "0125", json!(1))).await);
    assert_eq!(made.sku.unwrap().capacity, Some(1));
    let _: cognitive::DeploymentListResult = read(azure.get(&child(ACCOUNT, "deployments")).await);
    let _: cognitive::ApiKeys = read(azure.send(Method::POST, &child(ACCOUNT, "listKeys"), None).await);
    let place = "/providers/Microsoft.CognitiveServices/locations/westeurope";
    let models: cognitive::ModelListResult = read(azure.get(&format!("{place}/models?api-version=2024-10-01")).await);
    assert!(models.value.len() > 4);
    let usages: cognitive::UsageListResult = read(azure.get(&format!("{place}/usages?api-version=2024-10-01")).await);
    assert!(usages.value.len() > 4);
    azure.delete(ACCOUNT).await;
    let path = "/providers/Microsoft.CognitiveServices/deletedAccounts?api-version=2024-10-01";
    let deleted: cognitive::AccountListResult = read(azure.get(path).await);
    assert!(deleted.value[0].properties.as_ref().unwrap().deletion_date.is_some());
}

#[tokio::test(start_paused = true)]
async fn identities_credentials_and_roles_fit() {
    let azure = Client::new();
    azure.group().await;
    let made: msi::Identity = read(azure.put(IDENTITY, json!({"location": "westeurope"})).await);
    let principal = made.properties.unwrap().principal_id.unwrap();
    azure.wait(4).await;
    let path = child(IDENTITY, "federatedIdentityCredentials/fic");
    let asked = json!({"properties": {"issuer": "https://i.example/", "subject": "s", "audiences": ["api://AzureADTokenExchange"]}});
    let _: msi::FederatedIdentityCredential = read(azure.put(&path, asked).await);
    let role = "/providers/Microsoft.Authorization/roleDefinitions/5e0bd9bd-7b93-4f28-af87-19fc36ad61bd";
    let asked = json!({"properties": {"principalId": principal, "roleDefinitionId": role, "principalType": "ServicePrincipal"}});
    let assignments = "/resourceGroups/lab/providers/Microsoft.Authorization/roleAssignments";
    let one = format!("{assignments}/{}?api-version=2022-04-01", uuid::Uuid::nil());
    let _: authorization::RoleAssignment = read(azure.put(&one, asked).await);
    let all = format!("{assignments}?api-version=2022-04-01&$filter=atScope()");
    let all: authorization::RoleAssignmentListResult = read(azure.get(&all).await);
    assert_eq!(all.value.len(), 2, "this one, and that of the signed-in principal, inherited");
    let path = "/providers/Microsoft.Authorization/roleDefinitions?api-version=2022-04-01";
    let _: authorization::RoleDefinitionListResult = read(azure.get(path).await);
}
