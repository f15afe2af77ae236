//! Every write that a provider takes, with a body that it would take.

use http::Method;
use serde_json::{Value, json};

use super::questions::questions;
use crate::ids::{SUBSCRIPTION_ID, TENANT_ID};
use crate::tests::{ACCOUNT, CLUSTER, GROUP, IDENTITY, account, cluster, deployment};

/// A method, a path below the subscription or a whole address, and a body.
pub(super) type Write = (Method, &'static str, Value);

const TAGS: &str = "/resourceGroups/lab/providers/Microsoft.Resources/tags/default?api-version=2021-04-01";
const POOL: &str = "/resourceGroups/lab/providers/Microsoft.ContainerService/managedClusters/aks/agentPools/two?api-version=2025-08-01";
const MAINTENANCE: &str = "/resourceGroups/lab/providers/Microsoft.ContainerService/managedClusters/aks/maintenanceConfigurations/default?api-version=2025-08-01";
const RUN: &str =
    "/resourceGroups/lab/providers/Microsoft.ContainerService/managedClusters/aks/runCommand?api-version=2025-08-01";
const DEPLOYMENT: &str =
    "/resourceGroups/lab/providers/Microsoft.CognitiveServices/accounts/openai1/deployments/d1?api-version=2024-10-01";
const RESPONDS: &str =
    "/resourceGroups/lab/providers/Microsoft.CognitiveServices/accounts/openai1/deployments/d2?api-version=2024-10-01";
const EMBEDS: &str =
    "/resourceGroups/lab/providers/Microsoft.CognitiveServices/accounts/openai1/deployments/d3?api-version=2024-10-01";
const POLICY: &str =
    "/resourceGroups/lab/providers/Microsoft.CognitiveServices/accounts/openai1/raiPolicies/p?api-version=2024-10-01";
const REGENERATE: &str =
    "/resourceGroups/lab/providers/Microsoft.CognitiveServices/accounts/openai1/regenerateKey?api-version=2024-10-01";
const FOUNDRY: &str =
    "/resourceGroups/lab/providers/Microsoft.CognitiveServices/accounts/foundry1?api-version=2025-06-01";
const PROJECT: &str =
    "/resourceGroups/lab/providers/Microsoft.CognitiveServices/accounts/foundry1/projects/p1?api-version=2025-06-01";
const DOMAIN: &str = "/providers/Microsoft.CognitiveServices/checkDomainAvailability?api-version=2024-10-01";
const SKU: &str =
    "/providers/Microsoft.CognitiveServices/locations/westeurope/checkSkuAvailability?api-version=2024-10-01";
const CREDENTIAL: &str = "/resourceGroups/lab/providers/Microsoft.ManagedIdentity/userAssignedIdentities/ident/federatedIdentityCredentials/fic?api-version=2023-01-31";
const VAULT: &str = "/resourceGroups/lab/providers/Microsoft.KeyVault/vaults/vault1?api-version=2023-07-01";
const NAME: &str = "/providers/Microsoft.KeyVault/checkNameAvailability?api-version=2023-07-01";
const ROLE: &str = "/resourceGroups/lab/providers/Microsoft.Authorization/roleAssignments/5a9d0b0c-7d5e-4c1f-9a34-2f6b8e01c7d3?api-version=2022-04-01";
const OWN_ROLE: &str =
    "/providers/Microsoft.Authorization/roleDefinitions/0c0ffee0-0000-4000-8000-000000000001?api-version=2022-04-01";
const LOCK: &str = "/resourceGroups/lab/providers/Microsoft.Authorization/locks/l?api-version=2020-05-01";
const DEFINITION: &str = "/providers/Microsoft.Authorization/policyDefinitions/d?api-version=2023-04-01";
const ASSIGNMENT: &str =
    "/resourceGroups/lab/providers/Microsoft.Authorization/policyAssignments/a?api-version=2023-04-01";
const QUERY: &str = "https://management.azure.com/providers/Microsoft.ResourceGraph/resources?api-version=2021-03-01";

/// All of them, in an order in which each is taken.
pub(super) fn writes() -> Vec<Write> {
    lists().into_iter().flat_map(|(shared, list)| list.into_iter().skip(shared)).collect()
}

/// Lists of them, of which each write is taken after those before it in its own list. So many at the beginning are another list's.
pub(super) fn lists() -> Vec<(usize, Vec<Write>)> {
    let in_the_group = |own: Vec<Write>| (1, [vec![resources().swap_remove(0)], own].concat());
    vec![
        (0, resources()),
        in_the_group(containers()),
        in_the_group(identities()),
        in_the_group([accounts(), models(), questions()].concat()),
        in_the_group(vaults()),
        (0, custom_roles()),
        (0, graph()),
        in_the_group(access()),
        in_the_group(policies()),
    ]
}

fn resources() -> Vec<Write> {
    let group = json!({"location": "westeurope", "tags": {"a": "b"}, "managedBy": null});
    vec![
        (Method::PUT, GROUP, group.clone()),
        (Method::PATCH, GROUP, group),
        (Method::PUT, TAGS, json!({"properties": {"tags": {"a": "b"}}})),
        (Method::PATCH, TAGS, json!({"operation": "Merge", "properties": {"tags": {"c": "d"}}})),
    ]
}

fn containers() -> Vec<Write> {
    let mut full = cluster();
    full["properties"]["networkProfile"] = json!({
        "podCidr": "10.244.0.0/16", "serviceCidr": "10.0.0.0/16", "dnsServiceIP": "10.0.0.10", "dockerBridgeCidr": "172.17.0.1/16",
        "loadBalancerProfile": {"managedOutboundIPs": {"count": 1}},
    });
    full["properties"]["agentPoolProfiles"][0]["nodeLabels"] = json!({"example.com/team": "blue"});
    let pool = json!({"count": 1, "mode": "User", "powerState": {"code": "Running"}, "nodeLabels": {"team": ""}, "nodeTaints": ["a=b:NoExecute"]});
    let window = json!({
        "schedule": {"weekly": {"intervalWeeks": 1, "dayOfWeek": "Saturday"}},
        "durationHours": 8,
        "utcOffset": "+01:00",
        "startDate": "2026-05-01",
        "startTime": "00:00",
        "notAllowedDates": [{"start": "2026-12-23", "end": "2027-01-05"}],
    });
    vec![
        (Method::PUT, CLUSTER, full),
        (Method::PATCH, CLUSTER, json!({"tags": {"a": "b"}})),
        (Method::PUT, POOL, json!({ "properties": pool })),
        (Method::PUT, MAINTENANCE, json!({"properties": {"maintenanceWindow": window}})),
        (Method::POST, RUN, json!({"command": "kubectl get pods -A", "context": "", "clusterToken": ""})),
    ]
}

fn identities() -> Vec<Write> {
    let credential = json!({"properties": {
        "issuer": "https://issuer", "subject": "system:serviceaccount:a:b", "audiences": ["api://AzureADTokenExchange"],
    }});
    vec![
        (Method::PUT, IDENTITY, json!({"location": "westeurope", "tags": {"a": "b"}})),
        (Method::PATCH, IDENTITY, json!({"tags": {"a": "b"}})),
        (Method::PUT, CREDENTIAL, credential),
    ]
}

fn accounts() -> Vec<Write> {
    let mut full = account();
    full["properties"]["restore"] = false.into();
    full["properties"]["networkAcls"] = json!({"defaultAction": "Allow", "ipRules": []});
    full["properties"]["disableLocalAuth"] = false.into();
    full["identity"] = json!({"type": "SystemAssigned"});
    let foundry = json!({
        "location": "westeurope",
        "kind": "AIServices",
        "sku": {"name": "S0"},
        "properties": {"customSubDomainName": "foundry1", "allowProjectManagement": true},
    });
    let filters = json!({"basePolicyName": "Microsoft.Default", "contentFilters": [{"name": "Hate"}]});
    vec![
        (Method::PUT, ACCOUNT, full.clone()),
        (Method::PATCH, ACCOUNT, full),
        (Method::PUT, DEPLOYMENT, deployment("gpt-35-turbo", "0125", json!(1))),
        (Method::PATCH, DEPLOYMENT, json!({"tags": {"a": "b"}, "sku": {"name": "Standard", "capacity": 1}})),
        (Method::PUT, POLICY, json!({"properties": filters})),
        (Method::PUT, FOUNDRY, foundry),
        (
            Method::PUT,
            PROJECT,
            json!({"location": "westeurope", "identity": {"type": "SystemAssigned"}, "properties": {"displayName": "P", "description": "d"}}),
        ),
        (Method::POST, REGENERATE, json!({"keyName": "Key1"})),
        (
            Method::POST,
            DOMAIN,
            json!({"subdomainName": "a-name", "type": "Microsoft.CognitiveServices/accounts", "kind": "OpenAI"}),
        ),
        (Method::POST, SKU, json!({"skus": ["S0"], "kind": "OpenAI", "type": "Microsoft.CognitiveServices/accounts"})),
    ]
}

fn vaults() -> Vec<Write> {
    let policy = json!({
        "tenantId": TENANT_ID,
        "objectId": "a21ab000-0000-4000-8000-000000000002",
        "permissions": {"secrets": ["get", "list"], "keys": []},
    });
    let properties = json!({
        "tenantId": TENANT_ID,
        "sku": {"family": "A", "name": "standard"},
        "accessPolicies": [policy],
        "softDeleteRetentionInDays": 7,
        "enableRbacAuthorization": false,
    });
    vec![
        (Method::PUT, VAULT, json!({"location": "westeurope", "tags": {"a": "b"}, "properties": properties})),
        (
            Method::PATCH,
            VAULT,
            json!({"tags": {"c": "d"}, "properties": {"sku": {"family": "A", "name": "premium"}, "enabledForDeployment": true}}),
        ),
        (Method::POST, NAME, json!({"name": "another-vault", "type": "Microsoft.KeyVault/vaults"})),
    ]
}

fn custom_roles() -> Vec<Write> {
    let role = json!({"properties": {
        "roleName": "own",
        "type": "CustomRole",
        "description": "d",
        "assignableScopes": [format!("/subscriptions/{SUBSCRIPTION_ID}")],
        "permissions": [{"actions": ["*/read"], "notActions": ["Microsoft.Storage/*"], "dataActions": [], "notDataActions": []}],
    }});
    vec![(Method::PUT, OWN_ROLE, role)]
}

fn graph() -> Vec<Write> {
    let query = json!({
        "subscriptions": [SUBSCRIPTION_ID],
        "query": "resources | where type =~ 'a' or tags['b'] has 'c' | summarize n = count() by name | order by n desc | take 3",
        "options": {"$top": 2, "$skip": 0, "resultFormat": "table"},
    });
    vec![(Method::POST, QUERY, query)]
}

fn access() -> Vec<Write> {
    let role = format!(
        "/subscriptions/{SUBSCRIPTION_ID}/providers/Microsoft.Authorization/roleDefinitions/5e0bd9bd-7b93-4f28-af87-19fc36ad61bd"
    );
    let assignment = json!({"properties": {
        "roleDefinitionId": role,
        "principalId": "a21ab000-0000-4000-8000-000000000002",
        "principalType": "ServicePrincipal",
        "description": "d",
    }});
    vec![
        (Method::PUT, ROLE, assignment),
        (Method::PUT, LOCK, json!({"properties": {"level": "CanNotDelete", "notes": "n"}})),
    ]
}

fn policies() -> Vec<Write> {
    let definition = json!({"properties": {
        "mode": "Indexed",
        "displayName": "d",
        "parameters": {"p": {"type": "Array", "defaultValue": ["x"], "allowedValues": [["x"]]}},
        "policyRule": {
            "if": {"allOf": [
                {"not": {"field": "location", "in": "[parameters('p')]"}},
                {"anyOf": [{"field": "type", "equals": "a"}, {"field": "tags['a']", "exists": "true"}]},
            ]},
            "then": {"effect": "deny", "details": {"actionNames": ["delete"], "cascadeBehaviors": {"resourceGroup": "deny"}}},
        },
    }});
    let id = format!("/subscriptions/{SUBSCRIPTION_ID}/providers/Microsoft.Authorization/policyDefinitions/d");
    let assignment = json!({"properties": {
        "policyDefinitionId": id,
        "parameters": {"p": {"value": ["x"]}},
        "notScopes": ["/x"],
        "enforcementMode": "Default",
        "displayName": "a",
    }});
    vec![(Method::PUT, DEFINITION, definition), (Method::PUT, ASSIGNMENT, assignment)]
}

/// The deployments that [`questions`] ask, beside the first.
fn models() -> Vec<Write> {
    let sold = |model: &str, version: &str, sku: &str| {
        let mut body = deployment(model, version, json!(1));
        body["sku"]["name"] = sku.into();
        body
    };
    vec![
        (Method::PUT, RESPONDS, sold("gpt-4.1-mini", "2025-04-14", "GlobalStandard")),
        (Method::PUT, EMBEDS, sold("text-embedding-3-small", "1", "Standard")),
    ]
}
