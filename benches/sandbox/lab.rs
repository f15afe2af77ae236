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

/// Makes the whole lab.
pub async fn make(client: &Client, number: usize) {
    let names = Names::of(number);
    client.put(&format!("{}?{GROUPS}", names.group), &group(&names.lab)).await;
    let cluster = cluster(&names.lab);
    let cluster = client.put(&format!("{}?{CLUSTERS}", names.cluster), &cluster).await;
    let made = client.put(&format!("{}?{IDENTITIES}", names.identity), &identity(&names.lab)).await;
    let credential = json!({"properties": {
        "issuer": cluster["properties"]["oidcIssuerProfile"]["issuerURL"],
        "subject": "system:serviceaccount:default:ai-service-account",
        "audiences": ["api://AzureADTokenExchange"],
    }});
    let path = format!("{}/federatedIdentityCredentials/myFederatedCredential?{IDENTITIES}", names.identity);
    client.put(&path, &credential).await;
    let account = json!({
        "location": "westeurope",
        "tags": tags(&names.lab),
        "kind": "OpenAI",
        "sku": {"name": "S0"},
        "properties": {"customSubDomainName": format!("myopenai{number:06}")},
    });
    client.put(&format!("{}?{ACCOUNTS}", names.account), &account).await;
    let deployment = json!({
        "sku": {"name": "GlobalStandard", "capacity": 1},
        "properties": {"model": {"format": "OpenAI", "name": "gpt-5-mini", "version": "2025-08-07"}},
    });
    client.put(&format!("{}/deployments/chat?{ACCOUNTS}", names.account), &deployment).await;
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
    let path = format!("{}/providers/Microsoft.Authorization/roleAssignments/{guid}?{ROLES}", names.account);
    client.put(&path, &assignment).await;
}
