//! Bodies that a service refuses: those that clients met (../shared/clients.md), and those that the tables say.

mod addresses;
mod changes;
mod labels;
mod listed;
mod tables;
mod told;

use super::*;

const FOUNDRY: &str =
    "/resourceGroups/lab/providers/Microsoft.CognitiveServices/accounts/foundry1?api-version=2025-06-01";
const OWN_ROLE: &str =
    "/providers/Microsoft.Authorization/roleDefinitions/0c0ffee0-0000-4000-8000-000000000001?api-version=2022-04-01";
const VAULT: &str = "/resourceGroups/lab/providers/Microsoft.KeyVault/vaults/kv-new1?api-version=2023-07-01";
const TAGS: &str = "/resourceGroups/lab/providers/Microsoft.Resources/tags/default?api-version=2021-04-01";
const POLICY: &str = "/providers/Microsoft.Authorization/policyDefinitions/own?api-version=2023-04-01";
const POLICY_ASSIGNMENT: &str = "/providers/Microsoft.Authorization/policyAssignments/regions?api-version=2023-04-01";
const RESOURCE_GRAPH: &str =
    "https://management.azure.com/providers/Microsoft.ResourceGraph/resources?api-version=2021-03-01";
const LOCK: &str = "/resourceGroups/lab/providers/Microsoft.Authorization/locks/l?api-version=2020-05-01";
const POOL: &str = "agentPools/two";
const CREDENTIAL: &str = "federatedIdentityCredentials/fic";
const DEPLOYMENT: &str = "deployments/d1";
const OPENAI_USER: &str = "5e0bd9bd-7b93-4f28-af87-19fc36ad61bd";

fn pool() -> Value {
    json!({"properties": {"count": 1, "vmSize": "Standard_DS2_v2", "mode": "User"}})
}

fn credential() -> Value {
    json!({"properties": {
        "issuer": "https://i.example/",
        "subject": "system:serviceaccount:default:ai",
        "audiences": ["api://AzureADTokenExchange"],
    }})
}

fn role_assignment(principal: &str) -> Value {
    let role =
        format!("/subscriptions/{SUBSCRIPTION_ID}/providers/Microsoft.Authorization/roleDefinitions/{OPENAI_USER}");
    json!({"properties": {"roleDefinitionId": role, "principalId": principal, "principalType": "ServicePrincipal"}})
}

fn own_role() -> Value {
    json!({"properties": {
        "roleName": "Lab Helper",
        "assignableScopes": [format!("/subscriptions/{SUBSCRIPTION_ID}")],
        "permissions": [{"actions": ["Microsoft.Resources/*/read"]}],
    }})
}

fn vault() -> Value {
    json!({"location": "westeurope", "properties": {
        "tenantId": crate::ids::TENANT_ID,
        "sku": {"family": "A", "name": "standard"},
        "enableRbacAuthorization": true,
    }})
}

/// A rule that refuses nothing.
fn policy() -> Value {
    let rule = json!({"if": {"field": "location", "equals": "nowhere"}, "then": {"effect": "deny"}});
    json!({"properties": {"mode": "All", "policyRule": rule}})
}

/// The built-in definition of allowed locations.
fn policy_assignment(allowed: &str) -> Value {
    json!({"properties": {
        "policyDefinitionId": "/providers/Microsoft.Authorization/policyDefinitions/e56962a6-4747-49cd-b67b-bf8b01975c4c",
        "parameters": {"listOfAllowedLocations": {"value": [allowed]}},
    }})
}

fn assignment_path() -> String {
    "/resourceGroups/lab/providers/Microsoft.Authorization/roleAssignments/5a9d0b0c-7d5e-4c1f-9a34-2f6b8e01c7d3?api-version=2022-04-01".to_owned()
}

/// `body` with `value` at `path`, a JSON pointer; what lies above it is made where it is missing.
fn with(mut body: Value, path: &str, value: Value) -> Value {
    let mut at = &mut body;
    for name in path.split('/').skip(1) {
        at = match name.parse::<usize>() {
            Ok(index) => {
                if !at.is_array() {
                    *at = json!([]);
                }
                let entries = at.as_array_mut().unwrap();
                while entries.len() <= index {
                    entries.push(Value::Null);
                }
                &mut entries[index]
            }
            Err(_) => {
                if !at.is_object() {
                    *at = json!({});
                }
                at.as_object_mut().unwrap().entry(name.to_owned()).or_insert(Value::Null)
            }
        };
    }
    *at = value;
    body
}

/// A lab that has everything but what is named `two`, `default`, `d1`, `strict`, `p1`, `fic` and the role assignment; the
/// identity's principal.
async fn lab() -> (Client, String) {
    let azure = Client::new();
    azure.sandbox.control().change_settings(|settings| settings.throttling = false).unwrap();
    azure.group().await;
    azure.account().await;
    let made = azure.put(IDENTITY, json!({"location": "westeurope"})).await;
    let principal = made.body["properties"]["principalId"].as_str().unwrap().to_owned();
    assert_eq!(azure.put(CLUSTER, cluster()).await.status, 201);
    let mut foundry = with(account(), "/properties/customSubDomainName", json!("foundry1"));
    foundry["kind"] = "AIServices".into();
    foundry["properties"]["allowProjectManagement"] = true.into();
    assert_eq!(azure.put(FOUNDRY, foundry).await.status, 201);
    azure.wait(400).await;
    (azure, principal)
}
