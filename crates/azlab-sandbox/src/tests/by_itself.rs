//! What the service does without being asked: it scales pools, moves deployments to younger versions, and runs full.

use super::*;
use crate::scenario::Scenario;

fn playing(text: &str) -> Client {
    let azure = Client::new();
    azure.sandbox.play(&Scenario::parse("mine.toml", &format!("about = 'a'\n{text}")).expect(text)).expect(text);
    azure
}

fn scaled_cluster() -> Value {
    let mut body = cluster();
    let pool = &mut body["properties"]["agentPoolProfiles"][0];
    pool["enableAutoScaling"] = true.into();
    pool["minCount"] = 1.into();
    pool["maxCount"] = 3.into();
    body
}

async fn count(azure: &Client) -> i64 {
    azure.get(CLUSTER).await.body["properties"]["agentPoolProfiles"][0]["count"].as_i64().unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_pool_with_an_autoscaler_changes_its_count_between_its_bounds_and_what_is_written_begins_again() {
    let azure = playing("[settings]\nautoscaler_s = 600.0\n");
    azure.group().await;
    azure.put(CLUSTER, scaled_cluster()).await;
    azure.wait(340).await;
    let mut counts = Vec::new();
    for _ in 0..5 {
        counts.push(count(&azure).await);
        azure.wait(600).await;
    }
    assert_eq!(counts, [2, 3, 2, 1, 2]);
    let pools = azure.get(&child(CLUSTER, "agentPools")).await.body;
    let listed = azure.get(&CLUSTER.replace("/aks?", "?")).await.body;
    assert_eq!(pools["value"][0]["properties"]["count"], 3);
    assert_eq!(listed["value"][0]["properties"]["agentPoolProfiles"][0]["count"], 3, "a list tells the same");
    // Whoever leaves the pools out keeps what there is.
    assert_eq!(azure.put(CLUSTER, json!({"location": "westeurope"})).await.status, 200);
    azure.wait(200).await;
    assert_eq!(count(&azure).await, 3);
    azure.wait(600).await;
    assert_eq!(count(&azure).await, 2);
}

#[tokio::test(start_paused = true)]
async fn a_pool_without_an_autoscaler_and_a_stopped_cluster_stay_as_they_are() {
    let azure = playing("[settings]\nautoscaler_s = 600.0\n");
    azure.group().await;
    azure.put(CLUSTER, cluster()).await;
    azure.wait(3600).await;
    assert_eq!(count(&azure).await, 2);
    azure.put(CLUSTER, scaled_cluster()).await;
    azure.wait(200).await;
    azure.send(Method::POST, &child(CLUSTER, "stop"), None).await;
    azure.wait(3600).await;
    assert_eq!(count(&azure).await, 2);
}

#[tokio::test(start_paused = true)]
async fn a_deployment_moves_to_the_default_version_unless_it_says_otherwise() {
    let azure = playing("catalogue_day = '2024-03-01'\n[settings]\nversion_upgrades_s = 3600.0\n");
    azure.group().await;
    azure.account().await;
    let place = |name: &str| child(ACCOUNT, &format!("deployments/{name}"));
    let mut bodies = Vec::new();
    for (name, option, version) in [
        ("moves", None, "0125"),
        ("stays", Some("NoAutoUpgrade"), "0613"),
        ("waits", Some("OnceCurrentVersionExpired"), "0613"),
    ] {
        let mut body = deployment("gpt-35-turbo", "0613", json!(5));
        if let Some(option) = option {
            body["properties"]["versionUpgradeOption"] = option.into();
        }
        assert_eq!(azure.put(&place(name), body).await.status, 201, "{name}");
        azure.wait(5).await;
        bodies.push((name, azure.get(&place(name)).await.body, version));
    }
    azure.wait(3600).await;
    for (name, before, version) in &bodies {
        let after = azure.get(&place(name)).await;
        assert_eq!(after.body["properties"]["model"]["version"], *version, "{name}");
        assert_eq!(after.body["etag"] == before["etag"], *version == "0613", "{name}: {}", after.body);
        assert_eq!(after.header("etag"), after.body["etag"].as_str().unwrap());
        assert_eq!(azure.get(&place(name)).await.body, after.body, "the same at every look");
    }
    let listed = azure.get(&child(ACCOUNT, "deployments")).await.body;
    let versions = listed["value"].as_array().unwrap().iter().map(|it| it["properties"]["model"]["version"].clone());
    assert_eq!(versions.collect::<Vec<_>>(), ["0125", "0613", "0613"]);
    // In the catalogue of today its own version has retired.
    let today = Scenario::parse("today.toml", "about = 'a'\n[settings]\nversion_upgrades_s = 3600.0\n").unwrap();
    azure.sandbox.play(&today).unwrap();
    assert_eq!(azure.get(&place("waits")).await.body["properties"]["model"]["version"], "0125");
    assert_eq!(azure.get(&place("stays")).await.body["properties"]["model"]["version"], "0613");
}

#[tokio::test(start_paused = true)]
async fn a_full_region_refuses_new_clusters_or_lets_their_operation_fail_and_others_have_room() {
    let elsewhere = |body: Value| {
        Value::Object(
            body.as_object()
                .unwrap()
                .clone()
                .into_iter()
                .chain([("location".into(), "swedencentral".into())])
                .collect(),
        )
    };
    let azure = playing("[settings]\nfull_regions = ['West Europe']\n");
    azure.group().await;
    assert_eq!(azure.put(CLUSTER, cluster()).await.outcome(), (409, "AKSCapacityHeavyUsage"));
    assert_eq!(azure.get(CLUSTER).await.status, 404);
    assert_eq!(azure.get("/resourceGroups/MC_lab_aks_westeurope?api-version=2021-04-01").await.status, 404);
    assert_eq!(azure.put(CLUSTER, elsewhere(cluster())).await.status, 201);

    let azure = playing("[settings]\nfull_regions = ['westeurope']\nfull_regions_refuse = 'operation'\n");
    azure.group().await;
    for status in [201, 200] {
        let made = azure.put(CLUSTER, cluster()).await;
        assert_eq!(made.status, status);
        azure.wait(250).await;
        let poll = azure.get(made.header("azure-asyncoperation")).await.body;
        assert_eq!((&poll["status"], &poll["error"]["code"]), (&json!("Failed"), &json!("AKSCapacityHeavyUsage")));
        assert_eq!(azure.get(CLUSTER).await.body["properties"]["provisioningState"], "Failed");
    }
    let room = Scenario::load("standard").unwrap();
    azure.sandbox.play(&room).unwrap();
    azure.put(CLUSTER, cluster()).await;
    azure.wait(400).await;
    assert_eq!(azure.get(CLUSTER).await.body["properties"]["provisioningState"], "Succeeded");
}

#[tokio::test(start_paused = true)]
async fn a_claims_challenge_tells_the_claims_that_the_next_token_must_have_and_takes_no_effect() {
    use base64::Engine as _;
    let azure = playing("[[faults]]\nmethod = 'PUT'\ntimes = 1\nanswer = 'claims-challenge'\n");
    let refused = azure.put(GROUP, json!({"location": "westeurope"})).await;
    assert_eq!(refused.outcome(), (401, "InvalidAuthenticationToken"));
    let challenge = refused.header("www-authenticate");
    assert!(challenge.contains("error=\"insufficient_claims\""), "{challenge}");
    let claims = challenge.split("claims=\"").nth(1).unwrap().trim_end_matches('"');
    let claims = base64::engine::general_purpose::STANDARD.decode(claims).expect(claims);
    let claims: Value = serde_json::from_slice(&claims).unwrap();
    assert_eq!(claims["access_token"]["acrs"]["essential"], true);
    assert_eq!(azure.get(GROUP).await.status, 404);
}

#[tokio::test(start_paused = true)]
async fn a_region_that_lacks_a_type_is_in_no_list_of_it_and_refuses_it() {
    let azure = playing("[settings]\nnot_offered = ['West Europe/microsoft.containerservice/managedclusters']\n");
    azure.group().await;
    let provider = "/providers/Microsoft.ContainerService?api-version=2021-04-01";
    let types = azure.get(provider).await.body["resourceTypes"].clone();
    let clusters = types.as_array().unwrap().iter().find(|one| one["resourceType"] == "managedClusters").unwrap();
    let locations = clusters["locations"].as_array().unwrap();
    assert!(
        !locations.contains(&json!("West Europe")) && locations.contains(&json!("Sweden Central")),
        "{locations:?}"
    );
    let refused = azure.put(CLUSTER, cluster()).await;
    assert_eq!(refused.outcome(), (400, "LocationNotAvailableForResourceType"));
    assert_eq!(azure.put(IDENTITY, json!({"location": "westeurope"})).await.status, 201, "the region has all else");
}
