//! ../shared/recordings-2.md, 1 to 9: what recordings that nobody had tuned to say of the answers.

use super::*;

const POOL: &str = "agentPools/two";

fn with(path: &str, value: Value) -> Value {
    let mut body = cluster();
    let (above, name) = path.rsplit_once('/').unwrap();
    body.pointer_mut(above).unwrap()[name] = value;
    body
}

async fn role(azure: &Client, name: &str) -> Value {
    let filter = format!("%24filter=roleName%20eq%20%27{}%27", name.replace(' ', "%20"));
    let path = format!("/providers/Microsoft.Authorization/roleDefinitions?api-version=2022-04-01&{filter}");
    azure.get(&path).await.body["value"][0]["properties"]["permissions"][0].clone()
}

#[tokio::test(start_paused = true)]
async fn built_in_roles_are_whole_and_an_openai_contributor_deploys_models() {
    let azure = Client::new();
    let has = |role: &Value, list: &str, what: &str| role[list].as_array().unwrap().contains(&json!(what));
    let contributor = role(&azure, "Cognitive Services OpenAI Contributor").await;
    for what in ["deployments/write", "deployments/delete", "raiPolicies/write", "commitmentplans/delete"] {
        assert!(has(&contributor, "actions", &format!("Microsoft.CognitiveServices/accounts/{what}")), "{what}");
    }
    let user = role(&azure, "Cognitive Services OpenAI User").await;
    for what in
        ["deployments/completions/action", "deployments/embeddings/action", "deployments/audio/action", "assistants/*"]
    {
        assert!(has(&user, "dataActions", &format!("Microsoft.CognitiveServices/accounts/OpenAI/{what}")), "{what}");
    }
    assert!(has(&user, "notDataActions", "Microsoft.CognitiveServices/accounts/OpenAI/stored-completions/read"));
    assert_eq!(role(&azure, "Contributor").await["notActions"].as_array().unwrap().len(), 11);
    let admin = role(&azure, "Azure Kubernetes Service Cluster Admin Role").await;
    assert!(has(&admin, "actions", "Microsoft.ContainerService/managedClusters/accessProfiles/listCredential/action"));

    azure.group().await;
    azure.account().await;
    let settings = |settings: &mut crate::state::settings::Settings| {
        settings.roles[0].role = "Cognitive Services OpenAI Contributor".into();
    };
    azure.sandbox.control().change_settings(settings).unwrap();
    let path = child(ACCOUNT, "deployments/d1");
    assert_eq!(azure.put(&path, deployment("gpt-35-turbo", "0125", json!(1))).await.status, 201);
    assert_eq!(azure.delete(&path).await.status, 200);
    assert_eq!(azure.put(ACCOUNT, account()).await.outcome(), (403, "AuthorizationFailed"));
}

#[tokio::test(start_paused = true)]
async fn a_patch_of_an_account_with_tags_alone_is_done_at_once_and_any_other_has_two_polling_urls() {
    let azure = Client::new();
    azure.group().await;
    azure.account().await;
    let patch = async |body: Value| azure.send(Method::PATCH, ACCOUNT, Some(body)).await;
    let tagged = patch(json!({"tags": {"a": "b"}})).await;
    assert_eq!((tagged.status.as_u16(), &tagged.body["properties"]["provisioningState"]), (200, &json!("Succeeded")));
    assert_eq!((tagged.header("azure-asyncoperation"), &tagged.body["tags"]), ("", &json!({"a": "b"})));
    for body in [
        json!({"properties": {"networkAcls": {"defaultAction": "Deny"}}}),
        json!({"identity": {"type": "SystemAssigned"}}),
        json!({"properties": {"encryption": {"keySource": "Microsoft.CognitiveServices"}}}),
    ] {
        let accepted = patch(body.clone()).await;
        assert_eq!(accepted.status, 202, "{body}");
        let (poll, location) =
            (accepted.header("azure-asyncoperation").to_owned(), accepted.header("location").to_owned());
        assert!(poll.contains("/operationResults/") && location.contains("/operationResults/"), "{poll} {location}");
        azure.wait(60).await;
        assert_eq!(azure.get(&poll).await.body["status"], "Succeeded");
        assert_eq!(azure.get(&location).await.status, 200);
    }
    assert_eq!(azure.get(ACCOUNT).await.body["properties"]["networkAcls"]["defaultAction"], "Deny");
    patch(json!({"tags": {"a": "c"}})).await;
    assert_eq!(azure.delete(ACCOUNT).await.status, 200, "right after a change of tags");
}

#[tokio::test(start_paused = true)]
async fn what_is_asked_for_is_told_back() {
    let azure = Client::new();
    azure.group().await;
    let mut asked = with("/properties/supportPlan", json!("AKSLongTermSupport"));
    asked["sku"] = json!({"name": "Base", "tier": "Premium"});
    asked["properties"]["workloadAutoScalerProfile"] = json!({"keda": {"enabled": true}});
    asked["properties"]["ingressProfile"] = json!({"webAppRouting": {"enabled": true}});
    asked["properties"]["azureMonitorProfile"] = json!({"metrics": {"enabled": true}});
    asked["properties"]["serviceMeshProfile"] = json!({"mode": "Istio", "istio": {"revisions": ["asm-1-27"]}});
    asked["properties"]["upgradeSettings"] = json!({"overrideSettings": {"forceUpgrade": true}});
    asked["properties"]["aadProfile"] = json!({"managed": true, "enableAzureRBAC": true});
    asked["properties"]["networkProfile"] = json!({"serviceCidr": "10.2.0.0/16"});
    let windows = json!({"name": "win", "count": 1, "vmSize": "Standard_DS2_v2", "mode": "User", "osType": "Windows"});
    asked["properties"]["agentPoolProfiles"].as_array_mut().unwrap().push(windows);
    let made = azure.put(CLUSTER, asked.clone()).await;
    assert_eq!(made.status, 201, "{}", made.body);
    azure.wait(400).await;
    let got = azure.get(CLUSTER).await.body["properties"].take();
    for name in [
        "supportPlan",
        "workloadAutoScalerProfile/keda",
        "ingressProfile/webAppRouting",
        "azureMonitorProfile/metrics",
        "serviceMeshProfile",
        "upgradeSettings",
    ] {
        assert_eq!(got.pointer(&format!("/{name}")), asked.pointer(&format!("/properties/{name}")), "{name}");
    }
    assert_eq!(got["autoUpgradeProfile"]["upgradeChannel"], "patch");
    assert_eq!(got["agentPoolProfiles"][1]["osSKU"], "Windows2022");
    assert_eq!(
        (&got["aadProfile"]["tenantID"], &got["aadProfile"]["adminUsers"]),
        (&json!(crate::ids::TENANT_ID), &Value::Null)
    );
    assert!(got["aadProfile"].as_object().unwrap().contains_key("adminUsers"));
    assert_eq!(
        (&got["networkProfile"]["dnsServiceIP"], &got["networkProfile"]["serviceCidrs"]),
        (&json!("10.2.0.10"), &json!(["10.2.0.0/16"]))
    );
}

#[tokio::test(start_paused = true)]
async fn a_pool_of_the_service_s_own_mode_is_taken_once() {
    let azure = Client::new();
    azure.group().await;
    let managed = |name: &str| json!({"name": name, "count": 1, "vmSize": "Standard_DS2_v2", "mode": "ManagedSystem"});
    let two = azure.put(CLUSTER, with("/properties/agentPoolProfiles", json!([managed("one"), managed("two")]))).await;
    assert_eq!((two.outcome(), &two.body["target"]), ((400, "InvalidParameter"), &json!("agentPoolProfile.mode")));
    let one = azure.put(CLUSTER, with("/properties/agentPoolProfiles", json!([managed("one")]))).await;
    assert_eq!(
        (one.status.as_u16(), &one.body["properties"]["agentPoolProfiles"][0]["mode"]),
        (201, &json!("ManagedSystem"))
    );
    azure.wait(400).await;
    let tainted = json!({"properties": {"count": 1, "vmSize": "Standard_DS2_v2", "mode": "System", "nodeTaints": ["a=b:NoSchedule"]}});
    let refused = azure.put(&child(CLUSTER, POOL), tainted).await;
    assert_eq!(refused.outcome(), (400, "SystemPoolHasRestrictedTaint"));
    assert!(refused.body.get("error").is_none(), "flat");
}

#[tokio::test(start_paused = true)]
async fn the_first_look_at_a_cluster_that_is_gone_is_answered_by_its_provider() {
    let azure = with_cluster().await;
    let poll = azure.delete(CLUSTER).await.header("azure-asyncoperation").to_owned();
    while azure.get(&poll).await.body["status"] != "Succeeded" {
        azure.wait(5).await;
    }
    let first = azure.get(CLUSTER).await;
    assert_eq!(
        (first.outcome(), &first.body["subcode"]),
        ((404, "NotFound"), &json!("GetManagedCluster_NotFound_HCPServerError"))
    );
    assert!(first.body["details"].is_array() && first.header("x-ms-failure-cause").is_empty(), "{}", first.body);
    let second = azure.get(CLUSTER).await;
    assert_eq!((second.outcome(), second.header("x-ms-failure-cause")), ((404, "ResourceNotFound"), "gateway"));
    assert_eq!(azure.put(CLUSTER, cluster()).await.status, 201, "the name is free");
}

#[tokio::test(start_paused = true)]
async fn what_was_in_a_group_that_is_gone_is_missing_in_three_ways() {
    let azure = Client::new();
    azure.sandbox.control().change_settings(|settings| settings.throttling = false).unwrap();
    azure.group().await;
    azure.account().await;
    azure.put(IDENTITY, json!({"location": "westeurope"})).await;
    azure.delete(GROUP).await;
    azure.wait(2000).await;
    assert_eq!(azure.get(GROUP).await.outcome(), (404, "ResourceGroupNotFound"));
    assert_eq!(azure.get(ACCOUNT).await.outcome(), (404, "ResourceNotFound"));
    for below in ["deployments/d1", "projects/p"] {
        let path = child(ACCOUNT, below).replace("2024-10-01", "2025-06-01");
        assert_eq!(azure.get(&path).await.outcome(), (404, "ResourceGroupNotFound"), "{below}");
    }
    let credential = child(IDENTITY, "federatedIdentityCredentials/fic");
    assert_eq!(azure.delete(&credential).await.outcome(), (404, "ParentResourceNotFound"));
    assert_eq!(azure.delete(IDENTITY).await.outcome(), (404, "ResourceGroupNotFound"));
}

#[tokio::test(start_paused = true)]
async fn pools_and_clusters_say_what_is_done_to_them() {
    let azure = Client::new();
    azure.group().await;
    assert_eq!(azure.put(CLUSTER, with("/properties/kubernetesVersion", json!("1.33.5"))).await.status, 201);
    azure.wait(400).await;
    let state = async |what: &str| {
        let body = azure.get(CLUSTER).await.body;
        let pool = if what == "pool" { "/agentPoolProfiles/0" } else { "" };
        body.pointer(&format!("/properties{pool}/provisioningState")).cloned().unwrap()
    };
    let pool = child(CLUSTER, "agentPools/nodepool1");
    let scaled = azure.put(&pool, json!({"properties": {"count": 3, "mode": "System"}})).await;
    assert_eq!(scaled.body["properties"]["provisioningState"], "Scaling");
    azure.wait(400).await;
    let upgraded = azure.put(CLUSTER, with("/properties/kubernetesVersion", json!("1.34.1"))).await;
    assert_eq!(
        (upgraded.status.as_u16(), &upgraded.body["properties"]["provisioningState"]),
        (200, &json!("Upgrading"))
    );
    assert_eq!(state("pool").await, "Upgrading");
    azure.wait(400).await;
    for (action, during) in [("stop", "Stopping"), ("start", "Starting")] {
        azure.send(Method::POST, &child(CLUSTER, action), None).await;
        assert_eq!((state("cluster").await, state("pool").await), (json!(during), json!(during)));
        azure.wait(400).await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_identity_that_is_taken_away_stays_as_none() {
    let azure = Client::new();
    azure.group().await;
    let mut asked = account();
    asked["identity"] = json!({"type": "SystemAssigned"});
    azure.put(ACCOUNT, asked.clone()).await;
    azure.wait(60).await;
    assert!(azure.get(ACCOUNT).await.body["identity"]["principalId"].is_string());
    asked["identity"] = json!({"type": "None"});
    azure.put(ACCOUNT, asked).await;
    azure.wait(60).await;
    assert_eq!(azure.get(ACCOUNT).await.body["identity"], json!({"type": "None"}));
}
