//! One lab, as azlab makes it: seven writes.

use serde_json::{Value, json};

use super::client::Client;

pub const GROUPS: &str = "api-version=2021-04-01";
pub const CLUSTERS: &str = "api-version=2025-08-01";
pub const IDENTITIES: &str = "api-version=2023-01-31";
pub const ACCOUNTS: &str = "api-version=2024-10-01";
pub const ROLES: &str = "api-version=2022-04-01";

/// The names of a lab by number.
pub struct Names {
    pub lab: String,
    pub group: String,
    pub cluster: String,
    pub identity: String,
    pub account: String,
}

impl Names {
    pub fn of(number: usize) -> Self {
        let lab = format!("l{number:05}");
        let group = format!("/resourceGroups/myResourceGroup-{lab}");
        let of = |kind: &str| format!("{group}/providers/{kind}");
        Self {
            cluster: of("Microsoft.ContainerService/managedClusters/myAKSCluster"),
            identity: of("Microsoft.ManagedIdentity/userAssignedIdentities/myIdentity"),
            account: of(&format!("Microsoft.CognitiveServices/accounts/myopenai{number:06}")),
            lab,
            group,
        }
    }
}

pub fn group(lab: &str) -> Value {
    json!({"location": "westeurope", "tags": tags(lab)})
}

pub fn identity(lab: &str) -> Value {
    json!({"location": "westeurope", "tags": tags(lab)})
}

fn tags(lab: &str) -> Value {
    json!({"azlab-workshop": "intelligent-apps-aks", "azlab-lab": lab, "azlab-owner": "bench", "azlab-version": "0.1.0"})
}

/// The body of a cluster's PUT.
pub fn cluster(lab: &str) -> Value {
    json!({
        "location": "westeurope",
        "tags": tags(lab),
        "identity": {"type": "SystemAssigned"},
        "properties": {
            "dnsPrefix": "lab",
            "agentPoolProfiles": [{"name": "nodepool1", "count": 2, "vmSize": "Standard_D2s_v5", "mode": "System"}],
            "oidcIssuerProfile": {"enabled": true},
            "securityProfile": {"workloadIdentity": {"enabled": true}},
        },
    })
}

/// A PUT that was answered with success.
pub struct Written {
    /// "a cluster"
    pub what: &'static str,
    /// Of the resource, as in its id.
    pub kind: &'static str,
    pub path: String,
    pub version: &'static str,
    pub body: Value,
}

/// Makes the whole lab, and tells what was written.
pub async fn make(client: &Client, number: usize) -> Vec<Written> {
    let names = Names::of(number);
    let mut all = Vec::new();
    let mut put = async |what, kind, path: &str, query: &'static str, body: Value| {
        let answer = client.put(&format!("{path}?{query}"), &body).await;
        let version = query.trim_start_matches("api-version=");
        all.push(Written { what, kind, path: format!("{path}?{query}"), version, body });
        answer
    };
    put("a group", "Microsoft.Resources/resourceGroups", &names.group, GROUPS, group(&names.lab)).await;
    let kind = "Microsoft.ContainerService/managedClusters";
    let cluster = put("a cluster", kind, &names.cluster, CLUSTERS, cluster(&names.lab)).await;
    let kind = "Microsoft.ManagedIdentity/userAssignedIdentities";
    let made = put("an identity", kind, &names.identity, IDENTITIES, identity(&names.lab)).await;
    let credential = json!({"properties": {
        "issuer": cluster["properties"]["oidcIssuerProfile"]["issuerURL"],
        "subject": "system:serviceaccount:default:ai-service-account",
        "audiences": ["api://AzureADTokenExchange"],
    }});
    let kind = "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials";
    let path = format!("{}/federatedIdentityCredentials/myFederatedCredential", names.identity);
    put("a credential", kind, &path, IDENTITIES, credential).await;
    let account = json!({
        "location": "westeurope",
        "tags": tags(&names.lab),
        "kind": "OpenAI",
        "sku": {"name": "S0"},
        "properties": {"customSubDomainName": format!("myopenai{number:06}")},
    });
    put("an account", "Microsoft.CognitiveServices/accounts", &names.account, ACCOUNTS, account).await;
    let deployment = json!({
        "sku": {"name": "GlobalStandard", "capacity": 1},
        "properties": {"model": {"format": "OpenAI", "name": "gpt-5-mini", "version": "2025-08-07"}},
    });
    let path = format!("{}/deployments/chat", names.account);
    put("a deployment", "Microsoft.CognitiveServices/accounts/deployments", &path, ACCOUNTS, deployment).await;
    let role = format!(
        "/subscriptions/{}/providers/Microsoft.Authorization/roleDefinitions/5e0bd9bd-7b93-4f28-af87-19fc36ad61bd",
        azlab_sandbox::SUBSCRIPTION_ID
    );
    let assignment = json!({"properties": {
        "roleDefinitionId": role,
        "principalId": made["properties"]["principalId"],
        "principalType": "ServicePrincipal",
    }});
    let guid = uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_OID, names.lab.as_bytes());
    let path = format!("{}/providers/Microsoft.Authorization/roleAssignments/{guid}", names.account);
    put("a role assignment", "Microsoft.Authorization/roleAssignments", &path, ROLES, assignment).await;
    all
}
