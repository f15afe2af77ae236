//! Operations that people's tools ask for: each changes what it says it changes.

use super::*;
use crate::ids::TENANT_ID;

const POOL: &str = "agentPools/nodepool1";

async fn running() -> Client {
    let azure = Client::new();
    azure.group().await;
    assert_eq!(azure.put(CLUSTER, cluster()).await.status, 201);
    azure.wait(400).await;
    azure
}

impl Client {
    async fn post(&self, path: &str, body: Value) -> Got {
        self.send(Method::POST, path, Some(body)).await
    }

    /// Polls an operation to its end, and says how it ended.
    async fn ended(&self, started: &Got) -> String {
        self.wait(600).await;
        let polled = self.get(started.header("azure-asyncoperation")).await;
        polled.body["status"].as_str().unwrap_or_default().to_owned()
    }
}

#[tokio::test(start_paused = true)]
async fn a_pool_s_node_image_is_the_newest_after_its_upgrade_and_stays_through_a_put() {
    let azure = running().await;
    azure.wait(14 * 24 * 3600).await;
    let image = async || azure.get(&child(CLUSTER, POOL)).await.body["properties"]["nodeImageVersion"].clone();
    let profile =
        azure.get(&child(CLUSTER, &format!("{POOL}/upgradeProfiles/default"))).await.body["properties"].take();
    assert_eq!(
        (image().await, &profile["latestNodeImageVersion"]),
        (json!("AKSUbuntu-2204gen2containerd-202604.15.0"), &json!("AKSUbuntu-2204gen2containerd-202604.29.0"))
    );
    let started = azure.send(Method::POST, &child(CLUSTER, &format!("{POOL}/upgradeNodeImageVersion")), None).await;
    assert_eq!(
        (started.status.as_u16(), &started.body["properties"]["provisioningState"]),
        (202, &json!("UpgradingNodeImageVersion"))
    );
    let again = azure.send(Method::POST, &child(CLUSTER, &format!("{POOL}/upgradeNodeImageVersion")), None).await;
    assert_eq!(again.outcome(), (409, "OperationNotAllowed"));
    assert_eq!(azure.ended(&started).await, "Succeeded");
    assert_eq!(image().await, profile["latestNodeImageVersion"]);
    assert_eq!(azure.put(CLUSTER, cluster()).await.status, 200);
    azure.wait(400).await;
    assert_eq!(image().await, profile["latestNodeImageVersion"]);
    let absent = azure.get(&child(CLUSTER, "agentPools/none/upgradeProfiles/default")).await;
    assert_eq!(absent.outcome(), (404, "NotFound"));
    let told = azure.get(CLUSTER).await.body.to_string();
    assert!(!told.contains("nodeImagesOfPools"), "{told}");
}

#[tokio::test(start_paused = true)]
async fn a_new_pool_may_have_the_control_plane_s_version_and_none_that_is_newer() {
    let azure = running().await;
    let control_plane = azure.get(CLUSTER).await.body["properties"]["currentKubernetesVersion"].clone();
    let found = azure.get(&child(CLUSTER, "availableAgentPoolVersions")).await.body;
    let versions = found["properties"]["agentPoolVersions"].as_array().unwrap();
    let defaults: Vec<_> = versions.iter().filter(|one| one["default"] == true).collect();
    assert_eq!((defaults.len(), &defaults[0]["kubernetesVersion"]), (1, &control_plane));
    assert!(versions.iter().all(|one| !one["kubernetesVersion"].as_str().unwrap().starts_with("1.35")), "{found}");
    let path = "/providers/Microsoft.ContainerService/locations/westeurope/orchestrators?api-version=2019-04-01&resource-type=managedClusters";
    let listed = azure.get(path).await.body;
    let orchestrators = listed["properties"]["orchestrators"].as_array().unwrap();
    assert!(orchestrators.iter().any(|one| one["orchestratorVersion"] == control_plane && one["default"] == true));
}

#[tokio::test(start_paused = true)]
async fn an_aborted_operation_is_canceled_and_its_cluster_is_repaired_by_a_put() {
    let azure = Client::new();
    azure.group().await;
    let created = azure.put(CLUSTER, cluster()).await;
    azure.wait(60).await;
    let latest = azure.get(&child(CLUSTER, "operations/latest")).await.body;
    let polled = created
        .header("azure-asyncoperation")
        .split(['/', '?'])
        .find(|part| uuid::Uuid::try_parse(part).is_ok_and(|id| id.to_string() != SUBSCRIPTION_ID));
    assert_eq!(latest["name"].as_str(), polled);
    let aborted = azure.send(Method::POST, &child(CLUSTER, "abort"), None).await;
    assert_eq!(aborted.status, 202);
    assert_eq!(azure.get(CLUSTER).await.body["properties"]["provisioningState"], "Canceling");
    let twice = azure.send(Method::POST, &child(CLUSTER, "abort"), None).await;
    assert_eq!(twice.outcome(), (409, "OperationNotAllowed"));
    assert_eq!(azure.ended(&aborted).await, "Succeeded");
    let first = azure.get(created.header("azure-asyncoperation")).await;
    assert_eq!(
        (&first.body["status"], &first.body["error"]["code"]),
        (&json!("Canceled"), &json!("OperationCanceled"))
    );
    assert_eq!(azure.get(CLUSTER).await.body["properties"]["provisioningState"], "Canceled");
    assert_eq!(azure.put(CLUSTER, cluster()).await.status, 200);
    azure.wait(400).await;
    assert_eq!(azure.get(CLUSTER).await.body["properties"]["provisioningState"], "Succeeded");
    assert!(azure.get(&child(CLUSTER, "operations")).await.body["value"].as_array().unwrap().len() >= 3);
    let idle = azure.send(Method::POST, &child(CLUSTER, &format!("{POOL}/abort")), None).await;
    assert_eq!(idle.outcome(), (409, "OperationNotAllowed"));
}

#[tokio::test(start_paused = true)]
async fn an_access_profile_is_the_kubeconfig_unless_local_accounts_are_disabled() {
    let azure = running().await;
    let profile = child(CLUSTER, "accessProfiles/clusterAdmin/listCredential");
    let credentials = azure.send(Method::POST, &child(CLUSTER, "listClusterAdminCredential"), None).await;
    let found = azure.send(Method::POST, &profile, None).await;
    assert_eq!(found.body["properties"]["kubeConfig"], credentials.body["kubeconfigs"][0]["value"]);
    let mut asked = cluster();
    asked["properties"]["disableLocalAccounts"] = true.into();
    assert_eq!(azure.put(CLUSTER, asked).await.status, 200);
    azure.wait(400).await;
    for path in [profile, child(CLUSTER, "listClusterAdminCredential"), child(CLUSTER, "listClusterUserCredential")] {
        assert_eq!(azure.send(Method::POST, &path, None).await.outcome(), (400, "BadRequest"), "{path}");
    }
    let unknown = azure.send(Method::POST, &child(CLUSTER, "accessProfiles/root/listCredential"), None).await;
    assert_eq!(unknown.outcome(), (404, "NotFound"));
}

#[tokio::test(start_paused = true)]
async fn a_regenerated_key_opens_the_data_plane_and_the_one_before_no_longer_does() {
    let azure = Client::new();
    azure.group().await;
    azure.account().await;
    let deployed = azure.put(&child(ACCOUNT, "deployments/chat"), deployment("gpt-35-turbo", "0125", json!(20))).await;
    assert_eq!(deployed.status, 201);
    let ask = async |key: &Value| {
        let request = http::Request::post(
            "https://openai1.openai.azure.com/openai/deployments/chat/chat/completions?api-version=2024-10-21",
        )
        .header("api-key", key.as_str().unwrap())
        .header("content-type", "application/json");
        let body = json!({"messages": [{"role": "user", "content": "Hello"}]}).to_string();
        azure.sandbox.handle(request.body(Bytes::from(body)).unwrap()).await.status().as_u16()
    };
    let before = azure.send(Method::POST, &child(ACCOUNT, "listKeys"), None).await.body;
    let after = azure.post(&child(ACCOUNT, "regenerateKey"), json!({"keyName": "Key1"})).await.body;
    assert!(before["key1"] != after["key1"] && before["key2"] == after["key2"], "{before} {after}");
    assert_eq!(azure.send(Method::POST, &child(ACCOUNT, "listKeys"), None).await.body, after);
    assert_eq!([ask(&before["key1"]).await, ask(&after["key1"]).await, ask(&after["key2"]).await], [401, 200, 200]);
    let again = azure.post(&child(ACCOUNT, "regenerateKey"), json!({"keyName": "Key1"})).await.body;
    assert!(again["key1"] != before["key1"] && again["key1"] != after["key1"]);
    let wrong = azure.post(&child(ACCOUNT, "regenerateKey"), json!({"keyName": "Key3"})).await;
    assert_eq!(wrong.outcome(), (400, "InvalidKeyName"));
}

#[tokio::test(start_paused = true)]
async fn a_deployment_s_patch_changes_its_tags_and_capacity_alone() {
    let azure = Client::new();
    azure.group().await;
    azure.account().await;
    let path = child(ACCOUNT, "deployments/chat");
    let absent = azure.send(Method::PATCH, &path, Some(json!({"tags": {}}))).await;
    assert_eq!(absent.outcome(), (404, "NotFound"));
    let mut asked = deployment("gpt-35-turbo", "0125", json!(3));
    asked["properties"]["versionUpgradeOption"] = "NoAutoUpgrade".into();
    asked["properties"]["spilloverDeploymentName"] = "other".into();
    azure.put(&path, asked).await;
    azure.wait(5).await;
    let tagged = azure.send(Method::PATCH, &path, Some(json!({"tags": {"a": "b"}}))).await;
    assert_eq!(
        (tagged.status.as_u16(), &tagged.body["sku"]["capacity"], &tagged.body["tags"]),
        (200, &json!(3), &json!({"a": "b"}))
    );
    azure.wait(5).await;
    let scaled = azure.send(Method::PATCH, &path, Some(json!({"sku": {"name": "Standard", "capacity": 5}}))).await;
    assert_eq!((&scaled.body["sku"]["capacity"], &scaled.body["tags"]), (&json!(5), &json!({"a": "b"})));
    let properties = &scaled.body["properties"];
    assert_eq!(properties["model"]["name"], "gpt-35-turbo");
    let kept = (&properties["versionUpgradeOption"], &properties["spilloverDeploymentName"]);
    assert_eq!(kept, (&json!("NoAutoUpgrade"), &json!("other")), "what a PATCH does not name stays");
    let usages = azure.get(&child(ACCOUNT, "usages")).await.body;
    assert_eq!((&usages["value"][0]["currentValue"], usages["value"].as_array().unwrap().len()), (&json!(5), 1));
    azure.wait(5).await;
    let model = azure.send(Method::PATCH, &path, Some(json!({"properties": {"model": {"name": "gpt-4"}}}))).await;
    assert_eq!(model.outcome(), (400, "InvalidRequestContent"));
    let too_much = azure.send(Method::PATCH, &path, Some(json!({"sku": {"capacity": 99999}}))).await;
    assert_eq!(too_much.outcome(), (400, "InsufficientQuota"));
}

#[tokio::test(start_paused = true)]
async fn names_and_skus_can_be_asked_about_before_an_account_is_made() {
    let azure = Client::new();
    azure.group().await;
    azure.account().await;
    let domain = async |name: &str| {
        let path = "/providers/Microsoft.CognitiveServices/checkDomainAvailability?api-version=2024-10-01";
        azure.post(path, json!({"subdomainName": name, "type": "Microsoft.CognitiveServices/accounts"})).await.body
    };
    assert_eq!(domain("OPENAI1").await["isSubdomainAvailable"], false);
    assert_eq!(domain("openai2").await["isSubdomainAvailable"], true);
    azure.delete(ACCOUNT).await;
    assert_eq!(domain("openai1").await["isSubdomainAvailable"], false, "a soft-deleted account keeps it");
    let path =
        "/providers/Microsoft.CognitiveServices/locations/westeurope/checkSkuAvailability?api-version=2024-10-01";
    let asked = json!({"skus": ["S0", "F0"], "kind": "OpenAI", "type": "Microsoft.CognitiveServices/accounts"});
    let found = azure.post(path, asked).await.body;
    assert_eq!([&found["value"][0]["skuAvailable"], &found["value"][1]["skuAvailable"]], [true, false]);
}

#[tokio::test(start_paused = true)]
async fn a_content_filter_policy_of_an_account_is_kept_until_nothing_uses_it() {
    let azure = Client::new();
    azure.group().await;
    azure.account().await;
    let path = child(ACCOUNT, "raiPolicies/mine");
    let names = async || {
        let listed = azure.get(&child(ACCOUNT, "raiPolicies")).await.body;
        listed["value"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["name"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(names().await, ["Microsoft.Default", "Microsoft.DefaultV2"]);
    let body = json!({"properties": {"basePolicyName": "Microsoft.Default", "contentFilters": [{"name": "Hate"}]}});
    assert_eq!(azure.put(&path, body.clone()).await.status, 201);
    assert_eq!(azure.put(&path, body).await.status, 200);
    assert_eq!(azure.get(&path).await.body["properties"]["contentFilters"][0]["name"], "Hate");
    let mut deployed = deployment("gpt-35-turbo", "0125", json!(1));
    deployed["properties"]["raiPolicyName"] = "mine".into();
    azure.put(&child(ACCOUNT, "deployments/chat"), deployed).await;
    assert_eq!(azure.delete(&path).await.outcome(), (409, "RaiPolicyInUse"));
    azure.wait(5).await;
    azure.delete(&child(ACCOUNT, "deployments/chat")).await;
    assert_eq!(azure.delete(&path).await.status, 200);
    assert_eq!(azure.get(&path).await.outcome(), (404, "NotFound"));
    assert_eq!(
        azure.put(&child(ACCOUNT, "raiPolicies/Microsoft.Default"), json!({"properties": {}})).await.status,
        400
    );
}

#[tokio::test(start_paused = true)]
async fn an_identity_tells_what_it_is_assigned_to() {
    let azure = Client::new();
    azure.group().await;
    let identity = azure.put(IDENTITY, json!({"location": "westeurope"})).await.body["id"].as_str().unwrap().to_owned();
    let path = child(IDENTITY, "listAssociatedResources").replace("2023-01-31", "2022-01-31-preview");
    assert_eq!(azure.send(Method::POST, &path, None).await.body["totalCount"], 0);
    let mut asked = account();
    asked["identity"] = json!({"type": "UserAssigned", "userAssignedIdentities": {identity.to_uppercase().replace("/SUBSCRIPTIONS", "/subscriptions"): {}}});
    azure.put(ACCOUNT, asked).await;
    let found = azure.send(Method::POST, &path, None).await.body;
    assert_eq!((&found["totalCount"], &found["value"][0]["name"]), (&json!(1), &json!("openai1")));
}

#[tokio::test(start_paused = true)]
async fn the_network_and_the_address_of_a_cluster_s_nodes_are_told_while_it_exists() {
    let azure = running().await;
    let shown = azure.get(CLUSTER).await.body;
    let nodes = shown["properties"]["nodeResourceGroup"].as_str().unwrap().to_owned();
    let path =
        |kind: &str| format!("/resourceGroups/{nodes}/providers/Microsoft.Network/{kind}?api-version=2024-05-01");
    let address = azure.get(&path("publicIPAddresses")).await.body["value"][0].take();
    let told = &shown["properties"]["networkProfile"]["loadBalancerProfile"]["effectiveOutboundIPs"][0]["id"];
    assert_eq!(&address["id"], told);
    assert_eq!(
        azure
            .get(&format!(
                "{}?api-version=2024-05-01",
                told.as_str().unwrap().replace(&format!("/subscriptions/{SUBSCRIPTION_ID}"), "")
            ))
            .await
            .body,
        address
    );
    let network = azure.get(&path("virtualNetworks")).await.body["value"][0].take();
    assert_eq!(network["properties"]["subnets"][0]["name"], "aks-subnet");
    let elsewhere =
        azure.get("/resourceGroups/lab/providers/Microsoft.Network/virtualNetworks?api-version=2024-05-01").await;
    assert_eq!(elsewhere.body["value"], json!([]));
    let everywhere = azure.get("/providers/Microsoft.Network/publicIPAddresses?api-version=2024-05-01").await;
    assert_eq!(everywhere.body["value"][0], address);
    azure.delete(CLUSTER).await;
    azure.wait(600).await;
    let gone = azure.get("/providers/Microsoft.Network/publicIPAddresses?api-version=2024-05-01").await;
    assert_eq!(gone.body["value"], json!([]));
}

#[tokio::test(start_paused = true)]
async fn the_activity_log_has_the_last_write_of_each_thing_the_newest_first() {
    let azure = Client::new();
    azure.group().await;
    azure.wait(60).await;
    azure.put(IDENTITY, json!({"location": "westeurope"})).await;
    let log = async |filter: &str| {
        let filter: String = url::form_urlencoded::byte_serialize(filter.as_bytes()).collect();
        azure
            .get(&format!(
                "/providers/Microsoft.Insights/eventtypes/management/values?api-version=2015-04-01&$filter={filter}"
            ))
            .await
    };
    let all = log("eventTimestamp ge '2026-04-20T00:00:00Z' and resourceGroupName eq 'LAB'").await.body;
    let names: Vec<_> =
        all["value"].as_array().unwrap().iter().map(|one| one["operationName"]["value"].as_str().unwrap()).collect();
    assert_eq!(
        names,
        ["Microsoft.ManagedIdentity/userAssignedIdentities/write", "Microsoft.Resources/resourceGroups/write"]
    );
    assert_eq!(log("eventTimestamp ge '2027-01-01'").await.body["value"], json!([]));
    assert_eq!(log("").await.outcome(), (400, "BadRequest"));
    let account = "/resourceGroups/lab/providers/Microsoft.ManagedIdentity/userAssignedIdentities/ident/providers/Microsoft.Insights";
    for (tail, version) in
        [("diagnosticSettings", "2021-05-01-preview"), ("metricDefinitions", "2018-01-01"), ("metrics", "2018-01-01")]
    {
        let found = azure.get(&format!("{account}/{tail}?api-version={version}")).await;
        assert_eq!((found.status.as_u16(), &found.body["value"]), (200, &json!([])), "{tail}");
    }
    let absent =
        azure.get(&format!("{}?api-version=2018-01-01", account.replace("ident/", "none/") + "/metrics")).await;
    assert_eq!(absent.outcome(), (404, "ResourceNotFound"));
}

#[tokio::test(start_paused = true)]
async fn what_azure_has_and_the_sandbox_does_not_is_refused_by_its_name() {
    let azure = Client::new();
    azure.group().await;
    for (method, path, name) in [
        (Method::POST, child(CLUSTER, "resetAADProfile"), "POST Microsoft.ContainerService/managedClusters/resetAADProfile"),
        (Method::GET, "/resourceGroups/lab/providers/Microsoft.ContainerService/fleets/f?api-version=2025-03-01".into(), "GET Microsoft.ContainerService/fleets"),
        (Method::PUT, "/resourceGroups/lab/providers/Microsoft.Storage/storageAccounts/s?api-version=2023-01-01".into(), "PUT Microsoft.Storage/storageAccounts"),
        (Method::GET, "/resourceGroups/lab/providers/Microsoft.DocumentDB/databaseAccounts/d?api-version=2023-01-01".into(), "GET Microsoft.DocumentDB/databaseAccounts"),
        (Method::PUT, "/resourceGroups/lab/providers/Microsoft.Resources/deployments/d?api-version=2021-04-01".into(), "PUT Microsoft.Resources/deployments"),
        (Method::GET, "/resourceGroups/lab/providers/Microsoft.ManagedIdentity/userAssignedIdentities/i/providers/Microsoft.GuestConfiguration/guestConfigurationAssignments?api-version=2022-01-25".into(), "GET Microsoft.GuestConfiguration/guestConfigurationAssignments"),
    ] {
        let refused = azure.send(method, &path, None).await;
        assert_eq!(refused.outcome(), (501, "NotImplemented"), "{path}: {}", refused.body);
        let message = refused.body["error"]["message"].as_str().unwrap();
        assert!(message.contains(&format!("'{name}'")) && message.contains("docs/sandbox.md"), "{message}");
    }
    // What Azure does not have either is refused as Azure refuses it.
    let teapots = "/resourceGroups/lab/providers/Microsoft.ContainerService/teapots/t?api-version=2025-08-01";
    assert_eq!(azure.get(teapots).await.outcome(), (404, "InvalidResourceType"));
    let nobody = "/resourceGroups/lab/providers/Nobody.Here/things/t?api-version=2025-08-01";
    assert_eq!(azure.get(nobody).await.outcome(), (404, "InvalidResourceNamespace"));
}

#[tokio::test(start_paused = true)]
async fn any_namespace_of_azure_is_registered() {
    let azure = Client::new();
    let path = |tail: &str| format!("/providers/microsoft.storage{tail}?api-version=2021-04-01");
    let state = async || azure.get(&path("")).await.body["registrationState"].clone();
    assert_eq!(state().await, "NotRegistered");
    let asked = azure.send(Method::POST, &path("/register"), None).await;
    assert_eq!(
        (&asked.body["registrationState"], &asked.body["namespace"]),
        (&json!("Registering"), &json!("Microsoft.Storage"))
    );
    azure.wait(600).await;
    assert_eq!(state().await, "Registered");
    azure.send(Method::POST, &path("/unregister"), None).await;
    assert_eq!(state().await, "NotRegistered");
    let unknown = azure.send(Method::POST, "/providers/Nobody.Here/register?api-version=2021-04-01", None).await;
    assert_eq!(unknown.outcome(), (404, "InvalidResourceNamespace"));
}

#[tokio::test(start_paused = true)]
async fn a_provider_s_operations_are_those_that_are_answered() {
    let azure = Client::new();
    let url = |path: &str| format!("https://management.azure.com/providers/{path}");
    let list = azure.get(&url("Microsoft.CognitiveServices/operations?api-version=2024-10-01")).await.body;
    let names: Vec<_> = list["value"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert!(names.contains(&"Microsoft.CognitiveServices/accounts/regenerateKey/action"), "{names:?}");
    assert!(!names.iter().any(|name| name.contains("encryptionScopes") || name.contains('{')), "{names:?}");
    let data = list["value"].as_array().unwrap().iter().find(|one| one["isDataAction"] == true).unwrap();
    assert!(data["name"].as_str().unwrap().contains("/OpenAI/"), "{data}");
    let metadata = azure
        .get(&url("Microsoft.Authorization/providerOperations/Microsoft.ContainerService?api-version=2022-04-01"))
        .await
        .body;
    let types: Vec<_> =
        metadata["resourceTypes"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert!(types.contains(&"managedClusters/agentPools"), "{types:?}");
    let other = azure.get(&url("Microsoft.Storage/operations?api-version=2024-10-01")).await;
    assert_eq!(other.outcome(), (501, "NotImplemented"));
}

#[tokio::test(start_paused = true)]
async fn the_sandbox_s_application_is_in_its_directory() {
    let azure = Client::new();
    let get = async |path: &str| {
        azure.served(Method::GET, &format!("/graph/v1.0/{path}"), "https://graph.microsoft.com", "").await
    };
    let list = get(&format!("applications?$filter=appId%20eq%20'{DEFAULT_CLIENT_ID}'")).await.body;
    let id = list["value"][0]["id"].as_str().unwrap();
    assert_eq!(get(&format!("applications/{id}")).await.body["appId"], DEFAULT_CLIENT_ID.to_string());
    assert_eq!(get(&format!("applications(appId='{DEFAULT_CLIENT_ID}')")).await.body["id"], id);
    assert_eq!(get(&format!("applications/{TENANT_ID}")).await.status, 404);
    assert_eq!(get("domains").await.status, 501);
}
