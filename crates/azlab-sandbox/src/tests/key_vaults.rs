//! Vaults of Microsoft.KeyVault as a client sees them.

use super::*;

const VAULT: &str = "/resourceGroups/lab/providers/Microsoft.KeyVault/vaults/kv-lab1?api-version=2023-07-01";
const DELETED: &str = "/providers/Microsoft.KeyVault/locations/westeurope/deletedVaults/kv-lab1?api-version=2023-07-01";
const DAY: u64 = 24 * 3600;

fn vault() -> Value {
    json!({
        "location": "westeurope",
        "tags": {"course": "ai"},
        "properties": {
            "tenantId": crate::ids::TENANT_ID,
            "sku": {"family": "A", "name": "standard"},
            "enableRbacAuthorization": true,
        },
    })
}

/// The vault with one more property.
fn vault_with(name: &str, value: Value) -> Value {
    let mut vault = vault();
    vault["properties"][name] = value;
    vault
}

async fn with_vault() -> Client {
    let azure = Client::new();
    azure.group().await;
    assert_eq!(azure.put(VAULT, vault()).await.status, 200);
    azure.wait(30).await;
    azure
}

async fn availability(azure: &Client, name: &str) -> Value {
    let path = "/providers/Microsoft.KeyVault/checkNameAvailability?api-version=2023-07-01";
    let body = json!({"name": name, "type": "Microsoft.KeyVault/vaults"});
    azure.send(Method::POST, path, Some(body)).await.body
}

#[tokio::test(start_paused = true)]
async fn a_vault_is_made_listed_changed_and_found_by_its_name() {
    let azure = Client::new();
    azure.group().await;
    assert_eq!(availability(&azure, "kv-lab1").await, json!({"nameAvailable": true}));
    let made = azure.put(VAULT, vault()).await;
    assert_eq!((made.status.as_u16(), &made.body["properties"]["provisioningState"]), (200, &json!("RegisteringDns")));
    assert_eq!(made.body["properties"]["vaultUri"], "https://kv-lab1.vault.azure.net");
    azure.wait(30).await;
    let ready = azure.get(VAULT).await;
    let properties = &ready.body["properties"];
    assert_eq!(properties["provisioningState"], "Succeeded");
    assert_eq!(properties["vaultUri"], "https://kv-lab1.vault.azure.net/");
    assert_eq!((&properties["enableSoftDelete"], &properties["softDeleteRetentionInDays"]), (&json!(true), &json!(90)));
    let patch = json!({"properties": {"publicNetworkAccess": "Disabled"}});
    let patched = azure.send(Method::PATCH, VAULT, Some(patch)).await;
    assert_eq!(patched.body["properties"]["publicNetworkAccess"], "Disabled");
    assert_eq!(patched.body["tags"]["course"], "ai", "what a PATCH does not name stays");
    for list in [
        "/providers/Microsoft.KeyVault/vaults?api-version=2023-07-01",
        "/resourceGroups/lab/providers/Microsoft.KeyVault/vaults?api-version=2023-07-01",
        "/resources?api-version=2021-04-01&$filter=resourceType%20eq%20'Microsoft.KeyVault/vaults'",
    ] {
        let listed = azure.get(list).await;
        assert_eq!(listed.body["value"][0]["name"], "kv-lab1", "{list}: {}", listed.body);
    }
    assert_eq!(availability(&azure, "KV-LAB1").await["reason"], "AlreadyExists");
    for name in ["1vault", "kv", "kv--lab", "kv-", "a-name-that-is-much-too-long", "kv_lab"] {
        assert_eq!(availability(&azure, name).await["reason"], "AccountNameInvalid", "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_vault_cannot_be_is_refused() {
    let azure = with_vault().await;
    let other = VAULT.replace("kv-lab1", "kv-lab2");
    for (path, body, outcome) in [
        (VAULT.replace("kv-lab1", "kv"), vault(), (400, "VaultNameNotValid")),
        (other.clone(), vault_with("sku", Value::Null), (400, "BadRequest")),
        (other.clone(), vault_with("tenantId", json!("7b7a1a1e-0000-4000-8000-000000000001")), (400, "BadRequest")),
        (other.clone(), vault_with("enableRbacAuthorization", json!(false)), (400, "BadRequest")),
        (other.clone(), vault_with("softDeleteRetentionInDays", json!(6)), (400, "BadRequest")),
        (other.clone(), vault_with("enablePurgeProtection", json!(false)), (400, "BadRequest")),
        (other.clone(), vault_with("createMode", json!("recover")), (404, "DeletedVaultNotFound")),
        (VAULT.to_owned(), vault_with("softDeleteRetentionInDays", json!(7)), (400, "BadRequest")),
        (VAULT.to_owned(), vault_with("enableSoftDelete", json!(false)), (400, "BadRequest")),
    ] {
        let refused = azure.put(&path, body.clone()).await;
        assert_eq!(refused.outcome(), outcome, "{path} {body}: {}", refused.body);
    }
    let moved = json!({"location": "swedencentral", "properties": vault()["properties"]});
    assert_eq!(azure.put(VAULT, moved).await.outcome(), (409, "InvalidResourceLocation"));
    azure.put("/resourceGroups/other?api-version=2021-04-01", json!({"location": "westeurope"})).await;
    let elsewhere = azure.put(&VAULT.replace("/lab/", "/other/"), vault()).await;
    assert_eq!(elsewhere.outcome(), (409, "VaultAlreadyExists"), "names are those of all groups");
}

#[tokio::test(start_paused = true)]
async fn a_deleted_vault_keeps_its_name_until_it_is_recovered_purged_or_its_time_is_over() {
    let azure = with_vault().await;
    assert_eq!(azure.delete(VAULT).await.status, 200);
    assert_eq!(azure.delete(VAULT).await.status, 204);
    assert_eq!(azure.get(VAULT).await.outcome(), (404, "ResourceNotFound"));
    let deleted = azure.get(DELETED).await;
    assert_eq!(deleted.body["properties"]["tags"]["course"], "ai");
    let listed = azure.get("/providers/Microsoft.KeyVault/deletedVaults?api-version=2023-07-01").await;
    assert_eq!(listed.body["value"], json!([deleted.body]));
    assert_eq!(availability(&azure, "kv-lab1").await["reason"], "AlreadyExists");
    assert_eq!(azure.put(VAULT, vault()).await.outcome(), (409, "ConflictError"));

    let recover = json!({"location": "westeurope", "tags": {}, "properties": {"createMode": "recover"}});
    let recovered = azure.put(VAULT, recover).await;
    assert_eq!(recovered.status, 200, "{}", recovered.body);
    assert_eq!(recovered.body["tags"]["course"], "ai", "it comes back as it was, whatever else is sent");
    assert_eq!(azure.get(DELETED).await.outcome(), (404, "DeletedVaultNotFound"));

    azure.delete(VAULT).await;
    let purge = azure.send(Method::POST, &DELETED.replace('?', "/purge?"), None).await;
    assert_eq!(purge.status, 202);
    assert_eq!(azure.get(purge.header("location")).await.status, 202);
    azure.wait(15).await;
    assert_eq!(azure.get(purge.header("location")).await.status, 200);
    assert_eq!(azure.put(VAULT, vault_with("softDeleteRetentionInDays", json!(7))).await.status, 200, "free again");

    azure.delete(VAULT).await;
    azure.wait(7 * DAY - 60).await;
    assert_eq!(azure.get(DELETED).await.status, 200);
    azure.wait(120).await;
    assert_eq!(azure.get(DELETED).await.status, 404, "after the days that it was made with");
}

#[tokio::test(start_paused = true)]
async fn nobody_purges_a_vault_with_purge_protection_and_it_stays_protected() {
    let azure = Client::new();
    azure.group().await;
    assert_eq!(azure.put(VAULT, vault_with("enablePurgeProtection", json!(true))).await.status, 200);
    let off = json!({"properties": {"enablePurgeProtection": false}});
    assert_eq!(azure.send(Method::PATCH, VAULT, Some(off)).await.outcome(), (400, "BadRequest"));
    azure.delete(VAULT).await;
    assert_eq!(azure.get(DELETED).await.body["properties"]["purgeProtectionEnabled"], true);
    let purge = azure.send(Method::POST, &DELETED.replace('?', "/purge?"), None).await;
    assert_eq!(purge.outcome(), (405, "MethodNotAllowed"));
}

#[tokio::test(start_paused = true)]
async fn a_group_s_deletion_leaves_its_vaults_soft_deleted_and_one_that_fails_leaves_them_where_they_are() {
    let azure = with_vault().await;
    let ends = crate::OperationEnd::Failed;
    let fault = crate::OperationFault { ends, at: 0.0, code: "Conflict".into(), message: "no".into() };
    azure.sandbox.control().inject(crate::Fault {
        method: Some(Method::DELETE),
        path_contains: String::new(),
        skip: 0,
        times: 1,
        kind: crate::FaultKind::Operation(fault),
    });
    assert_eq!(azure.delete(GROUP).await.status, 202);
    azure.wait(600).await;
    assert_eq!(azure.get(VAULT).await.status, 200);
    assert_eq!(azure.get(DELETED).await.status, 404);

    assert_eq!(azure.delete(GROUP).await.status, 202);
    azure.wait(600).await;
    assert_eq!(azure.get(GROUP).await.status, 404);
    let left = azure.get(DELETED).await;
    let id = left.body["properties"]["vaultId"].as_str().unwrap_or_default();
    assert!(id.ends_with("/resourceGroups/lab/providers/Microsoft.KeyVault/vaults/kv-lab1"), "{id}");
    let shown = azure.sandbox.inventory().unwrap();
    assert_eq!(shown.soft_deleted.len(), 1, "`sandbox show` tells of it");
}

#[tokio::test(start_paused = true)]
async fn a_role_for_secrets_is_assigned_at_a_vault_and_a_contributor_of_vaults_does_not_purge() {
    let azure = with_vault().await;
    let identity = azure.put(IDENTITY, json!({"location": "westeurope"})).await;
    azure.wait(60).await;
    let role = "/providers/Microsoft.Authorization/roleDefinitions/4633458b-17de-408a-b874-0445c86b69e6";
    let assignment =
        child(VAULT, "providers/Microsoft.Authorization/roleAssignments/7b7a1a1e-0000-4000-8000-000000000009")
            .replace("2023-07-01", "2022-04-01");
    let properties = json!({"roleDefinitionId": role, "principalId": identity.body["properties"]["principalId"]});
    let assigned = azure.put(&assignment, json!({"properties": properties})).await;
    assert_eq!(assigned.status, 201, "{}", assigned.body);

    azure.delete(VAULT).await;
    let roles =
        ["Key Vault Contributor"].map(|role| crate::GrantedRole { role: role.into(), group: None, condition: None });
    azure.sandbox.control().change_settings(|settings| settings.roles = roles.to_vec()).unwrap();
    assert_eq!(availability(&azure, "kv-lab9").await["nameAvailable"], true, "to ask is to read");
    let purge = azure.send(Method::POST, &DELETED.replace('?', "/purge?"), None).await;
    assert_eq!(purge.outcome(), (403, "AuthorizationFailed"));
}

#[tokio::test(start_paused = true)]
async fn a_scenario_begins_with_a_vault_that_was_deleted() {
    let azure = Client::new();
    let text = format!(
        "about = 'a'\n[[resources]]\ntype = 'Microsoft.Resources/resourceGroups'\nname = 'lab'\nlocation = 'westeurope'\n\
         [[resources]]\ntype = 'Microsoft.KeyVault/vaults'\nname = 'kv-lab1'\ngroup = 'lab'\nlocation = 'westeurope'\n\
         deleted = '2h'\n[resources.properties]\ntenantId = '{}'\nenableRbacAuthorization = true\n\
         sku = {{ family = 'A', name = 'standard' }}\n",
        crate::ids::TENANT_ID
    );
    let scenario = crate::scenario::Scenario::parse("vault.toml", &text).unwrap();
    azure.sandbox.play(&scenario).unwrap();
    assert_eq!(azure.put(VAULT, vault()).await.outcome(), (409, "ConflictError"));
}

#[tokio::test(start_paused = true)]
async fn a_vault_is_read_in_any_casing_and_told_as_azure_writes_it() {
    let azure = Client::new();
    azure.group().await;
    let loud = json!({
        "LOCATION": "westeurope",
        "TAGS": {"Course": "ai"},
        "PROPERTIES": {
            "TenantId": crate::ids::TENANT_ID,
            "SKU": {"FAMILY": "a", "NAME": "Standard"},
            "EnableRbacAuthorization": true,
            "PUBLICNETWORKACCESS": "disabled",
            "NetworkAcls": {"DefaultAction": "deny", "IPRULES": [{"VALUE": "203.0.113.0/24"}]},
            "VaultUri": "https://other.example/",
            "PrivateEndpointConnections": [{"id": "x"}],
        },
    });
    let made = azure.put(VAULT, loud).await;
    assert_eq!(made.status, 200, "{}", made.body);
    azure.wait(30).await;
    let told = azure.get(VAULT).await.body;
    assert_eq!((&told["location"], &told["tags"]), (&json!("westeurope"), &json!({"Course": "ai"})));
    let properties = &told["properties"];
    assert_eq!(properties["sku"], json!({"family": "A", "name": "standard"}));
    assert_eq!(properties["publicNetworkAccess"], "Disabled");
    assert_eq!(properties["networkAcls"], json!({"defaultAction": "Deny", "ipRules": [{"value": "203.0.113.0/24"}]}));
    assert_eq!(properties["vaultUri"], "https://kv-lab1.vault.azure.net/", "what is read-only is the service's");
    assert!(properties["privateEndpointConnections"].is_null(), "{told}");
    let names: Vec<&String> = properties.as_object().unwrap().keys().collect();
    assert!(names.iter().all(|name| name.starts_with(|c: char| c.is_ascii_lowercase())), "{names:?}");
    let patched =
        azure.send(Method::PATCH, VAULT, Some(json!({"Properties": {"PublicNetworkAccess": "ENABLED"}}))).await;
    assert_eq!(patched.body["properties"]["publicNetworkAccess"], "Enabled");
    azure.delete(VAULT).await;
    let recovered = azure.put(VAULT, json!({"Location": "westeurope", "Properties": {"CREATEMODE": "Recover"}})).await;
    assert_eq!(recovered.status, 200, "{}", recovered.body);
    assert_eq!(recovered.body["tags"]["Course"], "ai");
    let asked = json!({"NAME": "kv-lab1", "Type": "microsoft.keyvault/VAULTS"});
    let path = "/providers/Microsoft.KeyVault/checkNameAvailability?api-version=2023-07-01";
    assert_eq!(azure.send(Method::POST, path, Some(asked)).await.body["reason"], "AlreadyExists");
}
