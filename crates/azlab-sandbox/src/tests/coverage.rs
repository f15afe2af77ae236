//! `served.json`, and with it docs/sandbox.md, held against what the sandbox answers.

use std::collections::BTreeSet;

use crate::arm::coverage::{Simulated, whole};
use crate::providers::PROVIDERS;

use super::*;
use crate::ids::TENANT_ID;

const GUID: &str = "7b7a1a1e-0000-4000-8000-000000000001";
const CONTRIBUTOR: &str = "b24988ac-6180-42a0-ab88-20f7382dd24c";
const OWN_ROLE: &str = "7b7a1a1e-0000-4000-8000-000000000002";
const POLICY: &str = "e56962a6-4747-49cd-b67b-bf8b01975c4c";

/// A row's path with names in it; what is not made by [`prepared`] has any name.
fn named(path: &str) -> String {
    let known = [
        ("{subscriptionId}", SUBSCRIPTION_ID),
        ("{resourceGroupName}", "lab"),
        ("{scope}", "/subscriptions/5a9d0b0c-7d5e-4c1f-9a34-2f6b8e01c7d3/resourceGroups/lab"),
        ("{location}", "westeurope"),
        ("{namespace}", "Microsoft.Compute"),
        ("{agentPoolName}", "two"),
        ("{configName}", "default"),
        ("{federatedIdentityCredentialResourceName}", "trust"),
        ("{roleAssignmentName}", GUID),
        ("{operationName}", "latest"),
        ("{accessProfileName}", "clusterUser"),
    ];
    let path = if path.ends_with("/roleDefinitions/{roleDefinitionId}") {
        known
            .iter()
            .fold(whole(path), |path, (parameter, name)| path.replace(parameter, name))
            .replace("{roleDefinitionId}", OWN_ROLE)
    } else if path.starts_with("/providers/Microsoft.Authorization/policyDefinitions/{") {
        format!("/providers/Microsoft.Authorization/policyDefinitions/{POLICY}")
    } else {
        known.iter().fold(whole(path), |path, (parameter, name)| path.replace(parameter, name))
    };
    let mut plain = String::new();
    for part in path.split('/').skip(1) {
        let name = part.trim_matches(['{', '}']).to_lowercase();
        plain += &format!("/{}", if part.starts_with('{') { name.as_str() } else { part });
    }
    plain
}

/// The api-version that a service is asked with.
pub(super) fn version(path: &str) -> &'static str {
    let of = |namespace: &str| path.contains(namespace);
    match () {
        () if of("/orchestrators") => "2019-04-01",
        () if of("/listAssociatedResources") => "2022-01-31-preview",
        () if of("/providerOperations") => "2022-04-01",
        () if of("/diagnosticSettings") => "2021-05-01-preview",
        () if of("/metric") => "2018-01-01",
        () if of("/eventtypes") => "2015-04-01",
        () if of("/ResourceGraph/") || of("Microsoft.ResourceGraph") => "2021-03-01",
        () if of("Microsoft.Network") => "2022-01-01",
        () if of("/providers/{namespace}/operations") => "2024-07-01",
        () if of("/roleAssignments") || of("/roleDefinitions") || of("/permissions") || of("/denyAssignments") => {
            "2022-04-01"
        }
        () if of("/locks") => "2020-05-01",
        () if of("/policy") => "2023-04-01",
        () if of("Microsoft.ContainerService") => "2025-08-01",
        () if of("Microsoft.ManagedIdentity") => "2023-01-31",
        () if of("Microsoft.CognitiveServices") => "2025-06-01",
        () if of("Microsoft.Compute/skus") => "2021-07-01",
        () if of("Microsoft.Compute") => "2024-07-01",
        () if of("Microsoft.KeyVault") => "2023-07-01",
        () => "2021-04-01",
    }
}

/// What a POST of a row sends, if it needs a body.
pub(super) fn question(method: &str, path: &str) -> Option<Value> {
    let kind = "Microsoft.CognitiveServices/accounts";
    Some(match path.rsplit('/').next().unwrap_or_default() {
        _ if method != "POST" => return None,
        "runCommand" => json!({"command": "kubectl get pods"}),
        "regenerateKey" => json!({"keyName": "Key1"}),
        "checkDomainAvailability" => json!({"subdomainName": "some-name", "type": kind}),
        "checkSkuAvailability" => json!({"skus": ["S0"], "kind": "OpenAI", "type": kind}),
        "checkNameAvailability" => json!({"name": "some-vault", "type": "Microsoft.KeyVault/vaults"}),
        "resources" => json!({"query": "resources | project name"}),
        _ => return None,
    })
}

/// What a PUT, PATCH or POST of a row sends.
fn body(azure: &Prepared, method: &str, path: &str) -> Option<Value> {
    let asked = question(method, path);
    if asked.is_some() {
        return asked;
    }
    if !matches!(method, "PUT" | "PATCH") {
        return None;
    }
    let last = path.rsplit('/').nth(1).unwrap_or_default();
    Some(match last {
        "managedClusters" if method == "PATCH" => json!({"tags": {"a": "b"}}),
        "managedClusters" => cluster(),
        "tags" => json!({"operation": "Merge", "properties": {"tags": {"a": "b"}}}),
        "agentPools" => json!({"properties": {"count": 1, "vmSize": "Standard_DS2_v2", "mode": "User"}}),
        "maintenanceConfigurations" => {
            let weekly = json!({"weekly": {"intervalWeeks": 1, "dayOfWeek": "Saturday"}});
            json!({"properties": {"maintenanceWindow": {"schedule": weekly, "durationHours": 8, "startTime": "00:00"}}})
        }
        "federatedIdentityCredentials" => {
            let audiences = ["api://AzureADTokenExchange"];
            json!({"properties": {"issuer": "https://i.example/", "subject": "s", "audiences": audiences}})
        }
        "accounts" => json!({
            "location": "westeurope",
            "kind": "AIServices",
            "sku": {"name": "S0"},
            "properties": {"customSubDomainName": "served", "allowProjectManagement": true},
        }),
        "vaults" => {
            let sku = json!({"family": "A", "name": "standard"});
            let properties = json!({"tenantId": TENANT_ID, "sku": sku, "accessPolicies": []});
            json!({"location": "westeurope", "properties": properties})
        }
        "deployments" if method == "PATCH" => json!({"tags": {"a": "b"}}),
        "raiPolicies" => json!({"properties": {"basePolicyName": "Microsoft.DefaultV2", "contentFilters": []}}),
        "roleDefinitions" => {
            let scopes = [format!("/subscriptions/{SUBSCRIPTION_ID}")];
            let permissions = [json!({"actions": ["Microsoft.Resources/*/read"]})];
            json!({"properties": {"roleName": "mine", "assignableScopes": scopes, "permissions": permissions}})
        }
        "deployments" => deployment("gpt-35-turbo", "0125", json!(1)),
        "projects" => json!({"location": "westeurope", "properties": {"displayName": "P"}}),
        "roleAssignments" => {
            let role = format!("/providers/Microsoft.Authorization/roleDefinitions/{CONTRIBUTOR}");
            let principal = &azure.principal;
            json!({"properties": {"roleDefinitionId": role, "principalId": principal, "principalType": "ServicePrincipal"}})
        }
        "locks" => json!({"properties": {"level": "CanNotDelete"}}),
        "policyDefinitions" => {
            let rule = json!({"if": {"field": "type", "equals": "x"}, "then": {"effect": "deny"}});
            json!({"properties": {"mode": "All", "policyRule": rule}})
        }
        "policyAssignments" => {
            let id = format!("/providers/Microsoft.Authorization/policyDefinitions/{POLICY}");
            let parameters = json!({"listOfAllowedLocations": {"value": ["westeurope"]}});
            json!({"properties": {"policyDefinitionId": id, "parameters": parameters}})
        }
        _ => json!({"location": "westeurope"}),
    })
}

/// Whether a row is an address that the answer to another one gives.
fn is_polled(path: &str) -> bool {
    path.contains("{operationId}") || path.contains("{commandId}")
}

/// A sandbox and the principal of an identity in it.
struct Prepared {
    client: Client,
    principal: Value,
}

impl Prepared {
    async fn new() -> Self {
        let client = Client::new();
        client.group().await;
        let made = client.put(&IDENTITY.replace("/ident?", "/other?"), json!({"location": "westeurope"})).await;
        Self { client, principal: made.body["properties"]["principalId"].clone() }
    }

    /// The answer to the row, asked with names in its path.
    async fn ask(&self, method: &str, path: &str) -> Got {
        if method != "PUT" && (path.ends_with("/abort") || path.contains("/operations/{operationName}")) {
            // Something must be going on, or have been within a day.
            let changed = if path.contains("/agentPools/") {
                let pool = child(&CLUSTER.replace("/aks?", "/resourcename?"), "agentPools/two");
                self.client
                    .put(&pool, json!({"properties": {"count": 1, "vmSize": "Standard_DS2_v2", "mode": "User"}}))
                    .await
            } else {
                let cluster = CLUSTER.replace("/aks?", "/resourcename?");
                self.client.send(Method::PATCH, &cluster, Some(json!({"tags": {"a": "b"}}))).await
            };
            assert!(changed.status.is_success() || changed.status == 409, "{}", changed.body);
        }
        let mut named = named(path);
        if path.contains("/providers/Microsoft.Network/") && path.ends_with("Name}") && method != "PUT" {
            let kind = path.rsplit('/').nth(1).unwrap();
            let all = self.client.get(&format!("/providers/Microsoft.Network/{kind}?api-version=2022-01-01")).await;
            named = all.body["value"][0]["id"].as_str().unwrap_or(&named).to_owned();
        }
        let filter =
            if path.ends_with("/management/values") { "&$filter=eventTimestamp%20ge%202026-04-20" } else { "" };
        let url = format!("https://management.azure.com{named}?api-version={}{filter}", version(path));
        self.client.send(method.parse().unwrap(), &url, body(self, method, path)).await
    }
}

/// The order of an operation in the life of things: made, looked at, changed, taken away; parents outlive their children.
fn turn(method: &str, path: &str) -> (u8, i64) {
    let depth = path.split('/').count() as i64;
    match method {
        "PUT" => (0, depth),
        "GET" if path.contains("/deletedAccounts/") || path.contains("/deletedVaults/") => (10, 0),
        "DELETE" if path.contains("/deletedAccounts/") => (11, 0),
        "POST" if path.ends_with("/purge") => (11, 0),
        // A lock stands in the way of all the others.
        "DELETE" if path.contains("/locks/") => (8, 0),
        "DELETE" => (9, -depth),
        "POST" if path.ends_with("/stop") => (6, 0),
        "POST" if path.ends_with("/start") => (7, 0),
        "POST" if path.ends_with("/unregister") => (8, 0),
        _ => (5, depth),
    }
}

#[tokio::test(start_paused = true)]
async fn every_operation_that_is_listed_as_simulated_is_granted() {
    let azure = Prepared::new().await;
    let rows = PROVIDERS.coverage.operations();
    let mut rows: Vec<_> = rows.filter(|row| row.2 != Simulated::No).collect();
    rows.sort_by_key(|row| turn(&row.0, &row.1));
    let mut polled = BTreeSet::new();
    let mut refused = Vec::new();
    for row in &rows {
        let (method, path) = (row.0.as_str(), row.1.as_str());
        if is_polled(path) {
            continue;
        }
        let got = azure.ask(method, path).await;
        if !got.status.is_success() || got.status == 204 && method == "DELETE" {
            refused.push(format!("{method} {path}: {} {}", got.status, got.body));
        }
        azure.client.wait(2000).await;
        for url in ["azure-asyncoperation", "location"].map(|name| got.header(name)) {
            // The Location of a 201 is a path: it names what was made.
            let Some(path) = url.strip_prefix("https://management.azure.com/subscriptions/") else { continue };
            let polled_now = azure.client.get(url).await;
            assert!(polled_now.status.is_success(), "{method} {path}: {}", polled_now.body);
            let path = path.split('?').next().unwrap().to_lowercase();
            polled.insert(path.rsplit_once('/').unwrap().0.split_once('/').unwrap().1.to_owned());
        }
    }
    assert!(refused.is_empty(), "{}", refused.join("\n"));
    let listed = rows.iter().filter(|row| is_polled(&row.1));
    let listed: BTreeSet<_> = listed
        .map(|row| row.1.to_lowercase().replace("{subscription}/", "").replace("{location}", "westeurope"))
        .map(|path| path.replace("{group}/", "resourcegroups/lab/").replace("{resourcename}", "resourcename"))
        .map(|path| path.rsplit_once('/').unwrap().0.to_owned())
        .collect();
    assert_eq!(polled, listed, "what is polled");
}

#[tokio::test(start_paused = true)]
async fn where_there_is_a_get_there_is_a_head_without_a_body() {
    let azure = Prepared::new().await;
    let rows = PROVIDERS.coverage.operations();
    let mut rows: Vec<_> = rows.filter(|row| row.2 != Simulated::No && !is_polled(&row.1)).collect();
    rows.sort_by_key(|row| turn(&row.0, &row.1));
    let (mut asked, mut refused) = (0, Vec::new());
    for row in rows {
        if row.0 == "GET" {
            let head = azure.ask("HEAD", &row.1).await;
            let ok = matches!(head.status.as_u16(), 200 | 204) && head.body.is_null();
            if !ok {
                refused.push(format!("HEAD {}: {} {}", row.1, head.status, head.body));
            }
            asked += 1;
        } else {
            azure.ask(&row.0, &row.1).await;
            azure.client.wait(2000).await;
        }
    }
    assert!(refused.is_empty() && asked > 40, "{asked}: {}", refused.join("\n"));
}

#[tokio::test(start_paused = true)]
async fn every_operation_that_is_listed_as_missing_is_refused_by_its_name() {
    let azure = Prepared::new().await;
    let mut asked = 0;
    for row in PROVIDERS.coverage.operations().filter(|row| row.2 == Simulated::No) {
        let got = azure.ask(&row.0, &row.1).await;
        // The answer to a HEAD has no body that could name anything.
        let named =
            row.0 == "HEAD" || got.code() == "NotImplemented" && got.body.to_string().contains("docs/sandbox.md");
        assert!(got.status == 501 && named, "{} {}: {} {}", row.0, row.1, got.status, got.body);
        asked += 1;
    }
    assert!(asked > 15, "{asked}");
}

#[test]
fn every_row_says_what_is_missing_and_where_it_is_from() {
    let mut seen = BTreeSet::new();
    for row in PROVIDERS.coverage.operations() {
        let crate::arm::coverage::Operation(method, path, simulated, note, source, recorded) = row;
        assert!(seen.insert((method, path)), "{method} {path} is there twice");
        assert_eq!(*simulated == Simulated::Yes, note.is_empty(), "{method} {path}");
        let known = !source.is_empty() || !recorded.is_empty() || *simulated == Simulated::No || note == "the same";
        assert!(known, "{method} {path}: from where?");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_not_listed_is_not_answered() {
    let check = |method: &Method, path: &[&str]| {
        crate::arm::coverage::check(PROVIDERS.coverage.find(method, path), method, path)
    };
    let refused = check(&Method::GET, &["subscriptions", SUBSCRIPTION_ID, "resourcegroups", "lab", "secrets"]);
    assert_eq!(refused.unwrap_err().into_answer().status, StatusCode::NOT_IMPLEMENTED);
    for (method, path) in [
        (Method::HEAD, "subscriptions/x/resourcegroups/lab/providers/microsoft.containerservice/managedclusters/aks"),
        (Method::GET, "providers/microsoft.authorization/roleassignments"),
        (Method::PUT, "subscriptions/x/resourcegroups/lab/providers/microsoft.authorization/locks/a"),
    ] {
        assert!(check(&method, &path.split('/').collect::<Vec<_>>()).is_ok(), "{method} {path}");
    }
    assert!(check(&Method::PUT, &["subscriptions"]).is_err());
}

#[tokio::test(start_paused = true)]
async fn a_method_that_a_path_does_not_have_is_refused_and_not_answered() {
    let azure = Prepared::new().await;
    let mut rows: Vec<_> = PROVIDERS.coverage.operations().filter(|row| row.2 != Simulated::No).collect();
    let has = |method: &str, path: &str| rows.iter().any(|row| row.0 == method && row.1 == path);
    let others: Vec<Vec<&str>> = rows
        .iter()
        .map(|row| ["GET", "PUT", "POST", "PATCH", "DELETE"].into_iter().filter(|it| !has(it, &row.1)).collect())
        .collect();
    let mut both: Vec<_> = rows.drain(..).zip(others).collect();
    both.sort_by_key(|(row, _)| turn(&row.0, &row.1));
    let mut answered = Vec::new();
    for (row, others) in both {
        azure.ask(&row.0, &row.1).await;
        azure.client.wait(2000).await;
        for method in others {
            let got = azure.ask(method, &row.1).await;
            if got.status.is_success() || got.code() == "OperationNotListed" || got.status == 500 {
                answered.push(format!("{method} {}: {} {}", row.1, got.status, got.body));
            }
        }
    }
    assert!(answered.is_empty(), "{}", answered.join("\n"));
}
