//! Answers beside the recorded ones: same status, same members, same types of values.

use std::path::PathBuf;

use super::*;

/// The recordings lie beside the repository; where they do not, their tests say so and pass.
fn recorded(file: &str, sequence: u64) -> Option<Value> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/recordings").join(file);
    let Ok(text) = std::fs::read_to_string(&path) else {
        println!("skipped: no recordings at {}", path.display());
        return None;
    };
    let exchanges = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    Some(exchanges.into_iter().find(|it| it["seq"] == sequence).unwrap())
}

/// Every member of `recorded` is in `ours`, of the same type; `except` are paths that the sandbox leaves out on purpose.
fn compare(path: &str, recorded: &Value, ours: &Value, except: &[&str]) {
    if except.contains(&path) {
        return;
    }
    match (recorded, ours) {
        (Value::Object(recorded), Value::Object(ours)) => {
            for (name, value) in recorded {
                let path = format!("{path}/{name}");
                match ours.get(name) {
                    Some(our) => compare(&path, value, our, except),
                    None => assert!(except.contains(&path.as_str()), "{path} is missing: {value}"),
                }
            }
        }
        (Value::Array(recorded), Value::Array(ours)) => {
            if let (Some(recorded), Some(ours)) = (recorded.first(), ours.first()) {
                compare(&format!("{path}/0"), recorded, ours, except);
            }
        }
        (Value::Null, _) | (_, Value::Null) => {}
        _ => assert_eq!(
            std::mem::discriminant(recorded),
            std::mem::discriminant(ours),
            "{path}: {recorded} was recorded, {ours} answered"
        ),
    }
}

fn check(file: &str, sequence: u64, ours: &Got, except: &[&str]) {
    let Some(recorded) = recorded(file, sequence) else { return };
    assert_eq!(recorded["status"], ours.status.as_u16(), "{file} {sequence}");
    for name in ["azure-asyncoperation", "location", "retry-after", "x-ms-failure-cause", "etag", "content-type"] {
        let was = recorded["headers"].get(name).is_some();
        assert_eq!(was, ours.headers.contains_key(name), "{file} {sequence}: header {name}");
    }
    if recorded["headers"].get("content-type").is_some() {
        assert_eq!(recorded["headers"]["content-type"], ours.header("content-type"), "{file} {sequence}");
    }
    if recorded["response_body"].is_object() {
        compare("", &recorded["response_body"], &ours.body, except);
    }
}

#[tokio::test(start_paused = true)]
async fn groups_and_identities_are_as_recorded() {
    let azure = Client::new();
    let asked = json!({"location": "westus2", "tags": {"CreatedAt": "x"}});
    check("resource_group_crud.jsonl", 0, &azure.put(GROUP, asked).await, &[]);
    check("resource_group_crud.jsonl", 1, &azure.get(GROUP).await, &["/tags/CreatedAt"]);
    let identity = json!({"location": "westus2"});
    check("managed_identity_crud.jsonl", 2, &azure.put(IDENTITY, identity.clone()).await, &[]);
    azure.wait(5).await;
    check("managed_identity_crud.jsonl", 3, &azure.put(IDENTITY, identity).await, &[]);
    let credential = child(IDENTITY, "federatedIdentityCredentials/fic1");
    let asked = json!({"properties": {"issuer": "https://i.example/", "subject": "s", "audiences": ["api://AzureADTokenExchange"]}});
    check("federated_credential_crud.jsonl", 2, &azure.put(&credential, asked.clone()).await, &[]);
    check("federated_credential_crud.jsonl", 4, &azure.get(&credential).await, &[]);
    azure.wait(5).await;
    check("federated_credential_crud.jsonl", 6, &azure.put(&credential, asked).await, &[]);
    azure.wait(5).await;
    check("federated_credential_crud.jsonl", 7, &azure.delete(&credential).await, &[]);
    check("resource_group_crud.jsonl", 5, &azure.delete(GROUP).await, &[]);
    azure.wait(17).await;
    check("resource_group_crud.jsonl", 7, &azure.get(GROUP).await, &[]);
    let bad = azure.put(GROUP, json!({"location": "BadLocation"})).await;
    check("resource_group_bad_region.jsonl", 0, &bad, &[]);
}

#[tokio::test(start_paused = true)]
async fn clusters_are_as_recorded() {
    let azure = Client::new();
    azure.group().await;
    let file = "managed_cluster_workload_identity_create.jsonl";
    // What the recorded preview version had or the recorded request asked for.
    let except = [
        "/properties/agentPoolProfiles/0/workloadRuntime",
        "/properties/agentPoolProfiles/0/enableCustomCATrust",
        "/properties/agentPoolProfiles/0/enableEncryptionAtHost",
        "/properties/agentPoolProfiles/0/enableUltraSSD",
        "/properties/agentPoolProfiles/0/networkProfile",
        "/properties/enablePodSecurityPolicy",
        "/properties/linuxProfile",
        "/properties/storageProfile/diskCSIDriver/version",
    ];
    check(file, 0, &azure.get(CLUSTER).await, &[]);
    let made = azure.put(CLUSTER, cluster()).await;
    check(file, 1, &made, &except);
    let poll = made.header("azure-asyncoperation").to_owned();
    check(file, 2, &azure.get(&poll).await, &[]);
    azure.wait(332).await;
    check(file, 16, &azure.get(&poll).await, &[]);
    check(file, 17, &azure.get(CLUSTER).await, &except);
    let file = "managed_cluster_2025-08-01_crud.jsonl";
    let except = [
        "/tags",
        "/properties/addonProfiles",
        "/properties/agentPoolProfiles/0/tags",
        "/properties/agentPoolProfiles/0/nodeLabels",
        "/properties/agentPoolProfiles/0/securityProfile",
        "/properties/securityProfile",
        "/eTag",
        "/properties/agentPoolProfiles/0/eTag",
    ];
    check(file, 38, &azure.get(&child(CLUSTER, "agentPools/ap2")).await, &[]);
    check(file, 3, &azure.put(CLUSTER, cluster()).await, &except);
    azure.wait(150).await;
    check(file, 35, &azure.send(Method::POST, &child(CLUSTER, "listClusterUserCredential"), None).await, &[]);
    check(file, 65, &azure.delete(CLUSTER).await, &[]);
    azure.wait(240).await;
    check(file, 69, &azure.get(CLUSTER).await, &[]);
}

#[tokio::test(start_paused = true)]
async fn accounts_and_deployments_are_as_recorded() {
    let azure = Client::new();
    azure.group().await;
    let file = "account_soft_delete_purge_restore.jsonl";
    // Rules and endpoints of another kind of account.
    let except = [
        "/properties/callRateLimit/rules/0/dynamicThrottlingEnabled",
        "/properties/callRateLimit/rules/0/key",
        "/properties/endpoints",
    ];
    let made = azure.put(ACCOUNT, account()).await;
    check(file, 0, &made, &except);
    azure.wait(17).await;
    check(file, 1, &azure.get(made.header("azure-asyncoperation")).await, &[]);
    check(file, 3, &azure.get(ACCOUNT).await, &except);
    let file = "openai_account_and_deployment_crud.jsonl";
    check(file, 7, &azure.send(Method::POST, &child(ACCOUNT, "listKeys"), None).await, &[]);
    let path = child(ACCOUNT, "deployments/d1");
    check(file, 23, &azure.get(&path).await, &[]);
    let except = [
        "/properties/model/publisher",
        "/properties/capabilities/area",
        "/properties/capabilities/jsonSchemaResponse",
        "/properties/capabilities/responses",
        "/properties/capabilities/agentsV2",
    ];
    check(file, 14, &azure.put(&path, deployment("gpt-4o", "2024-11-20", json!(1))).await, &except);
    check(file, 15, &azure.get(&path).await, &except);
    check(file, 17, &azure.put(&path, deployment("gpt-4o", "2024-11-20", json!(2))).await, &except);
    check(file, 21, &azure.delete(&path).await, &[]);
    check(file, 29, &azure.delete(ACCOUNT).await, &[]);
    check(file, 30, &azure.get(ACCOUNT).await, &[]);
    let deleted = "/providers/Microsoft.CognitiveServices/locations/westeurope/resourceGroups/lab/deletedAccounts/openai1?api-version=2024-10-01";
    let except = ["/properties/callRateLimit", "/properties/endpoints"];
    check("account_soft_delete_purge_restore.jsonl", 5, &azure.get(deleted).await, &except);
    check("account_soft_delete_purge_restore.jsonl", 9, &azure.delete(deleted).await, &[]);
}

#[tokio::test(start_paused = true)]
async fn the_catalogue_and_the_usages_are_as_recorded() {
    let azure = Client::new();
    let place = "/providers/Microsoft.CognitiveServices/locations/eastus2";
    let except = [
        "/value/0/model/finetuneCapabilities",
        "/value/0/model/description",
        "/value/0/model/skus/0/costs",
        "/value/0/model/capabilities",
        "/value/0/model/deprecation/fineTune",
    ];
    let file = "model_catalogue_and_usages.jsonl";
    check(file, 0, &azure.get(&format!("{place}/usages?api-version=2024-10-01")).await, &[]);
    check(file, 1, &azure.get(&format!("{place}/models?api-version=2024-10-01")).await, &except);
}

#[tokio::test(start_paused = true)]
async fn role_assignments_are_as_recorded() {
    let azure = Client::new();
    azure.group().await;
    let made = azure.put(IDENTITY, json!({"location": "westeurope"})).await;
    let role = format!(
        "/subscriptions/{SUBSCRIPTION_ID}/providers/Microsoft.Authorization/roleDefinitions/b24988ac-6180-42a0-ab88-20f7382dd24c"
    );
    let asked =
        json!({"properties": {"principalId": made.body["properties"]["principalId"], "roleDefinitionId": role}});
    let path = "/resourceGroups/lab/providers/Microsoft.Authorization/roleAssignments/ed3c9f84-ae20-5aea-8602-58ed2eeffef1?api-version=2022-04-01";
    let file = "role_assignment_crud.jsonl";
    check(file, 5, &azure.put(path, asked.clone()).await, &[]);
    azure.wait(42).await;
    check(file, 10, &azure.put(path, asked).await, &[]);
    check(file, 11, &azure.get(path).await, &[]);
    check(file, 13, &azure.delete(path).await, &[]);
    check(file, 14, &azure.get(path).await, &[]);
}
