//! What is counted, where, and how a request for too much is refused.

use super::*;

/// The usage of this name in westeurope: in use, and the limit.
async fn usage(azure: &Client, provider: &str, version: &str, name: &str) -> (i64, i64) {
    usage_in(azure, "westeurope", provider, version, name).await
}

async fn usage_in(azure: &Client, region: &str, provider: &str, version: &str, name: &str) -> (i64, i64) {
    let path = format!("/providers/{provider}/locations/{region}/usages?api-version={version}");
    let got = azure.get(&path).await;
    assert_eq!(got.status, 200, "{}", got.body);
    let one = got.body["value"].as_array().unwrap().iter().find(|one| one["name"]["value"] == name).cloned();
    let one = one.unwrap_or_else(|| panic!("no {name}: {}", got.body));
    (one["currentValue"].as_i64().unwrap(), one["limit"].as_i64().unwrap())
}

async fn clusters(azure: &Client) -> (i64, i64) {
    usage(azure, "Microsoft.ContainerService", "2025-08-01", "ManagedClusters").await
}

async fn addresses(azure: &Client) -> (i64, i64) {
    usage(azure, "Microsoft.Network", "2024-05-01", "IPv4StandardSkuPublicIpAddresses").await
}

fn second() -> String {
    CLUSTER.replace("/aks?", "/aks2?")
}

#[tokio::test(start_paused = true)]
async fn a_region_counts_its_clusters_and_refuses_one_too_many_with_the_numbers() {
    let azure = Client::new();
    azure.group().await;
    assert_eq!(clusters(&azure).await, (0, 100));
    azure.sandbox.control().set_quota("westeurope", "ManagedClusters", 1).unwrap();
    assert_eq!(azure.put(CLUSTER, cluster()).await.status, 201);
    assert_eq!(clusters(&azure).await, (1, 1));
    let refused = azure.put(&second(), cluster()).await;
    assert_eq!(refused.outcome(), (400, "ManagedClusterCountExceedsQuotaLimit"));
    let message = refused.body["message"].as_str().unwrap();
    assert!(message.contains("Maximum allowed: 1, Current usage: 1, Additional requested: 1."), "{message}");
}

#[tokio::test(start_paused = true)]
async fn an_update_that_takes_no_more_is_not_refused_for_a_quota_that_was_lowered() {
    let azure = Client::new();
    azure.group().await;
    azure.put(CLUSTER, cluster()).await;
    azure.wait(400).await;
    for usage in ["ManagedClusters", "cores", "IPv4StandardSkuPublicIpAddresses"] {
        azure.sandbox.control().set_quota("westeurope", usage, 0).unwrap();
    }
    assert_eq!(azure.put(CLUSTER, cluster()).await.status, 200);
    azure.wait(400).await;
    let mut grown = cluster();
    grown["properties"]["agentPoolProfiles"][0]["count"] = 9.into();
    assert_eq!(azure.put(CLUSTER, grown).await.outcome(), (400, "ErrCode_InsufficientVCPUQuota"));
}

#[tokio::test(start_paused = true)]
async fn a_cluster_takes_its_outbound_addresses_until_it_is_gone() {
    let azure = Client::new();
    azure.group().await;
    azure.sandbox.control().set_quota("westeurope", "IPv4StandardSkuPublicIpAddresses", 2).unwrap();
    let mut asked = cluster();
    asked["properties"]["networkProfile"]["loadBalancerProfile"]["managedOutboundIPs"]["count"] = 3.into();
    assert_eq!(azure.put(CLUSTER, asked).await.outcome(), (400, "PublicIPCountLimitReached"));
    assert_eq!(addresses(&azure).await, (0, 2));
    azure.put(CLUSTER, cluster()).await;
    assert_eq!(addresses(&azure).await, (1, 2));
    azure.wait(400).await;
    azure.delete(CLUSTER).await;
    azure.wait(400).await;
    assert_eq!(addresses(&azure).await, (0, 2));
}

#[tokio::test(start_paused = true)]
async fn a_subscription_takes_980_groups_and_those_of_nodes_are_among_them() {
    let azure = Client::new();
    let unhurried = |settings: &mut crate::Settings| settings.throttling = false;
    azure.sandbox.control().change_settings(unhurried).unwrap();
    let put = async |name: String| {
        azure.put(&format!("/resourceGroups/{name}?api-version=2021-04-01"), json!({"location": "westeurope"})).await
    };
    for number in 0..978 {
        assert_eq!(put(format!("g{number}")).await.status, 201);
    }
    azure.group().await;
    assert_eq!(azure.put(CLUSTER, cluster()).await.status, 201, "the group of its nodes is the 980th");
    let refused = put("more".into()).await;
    assert_eq!(refused.outcome(), (409, "ResourceGroupQuotaExceeded"));
    assert!(refused.body["error"]["message"].as_str().unwrap().contains("'980'"), "{}", refused.body);
    assert_eq!(put("g0".into()).await.status, 200, "one that exists is not one more");
    assert_eq!(azure.put(&second(), cluster()).await.outcome(), (409, "ResourceGroupQuotaExceeded"));
}

#[tokio::test(start_paused = true)]
async fn an_offer_grants_what_its_subscriptions_begin_with() {
    const MODEL: &str = "OpenAI.Standard.gpt-35-turbo";
    let azure = Client::new();
    let cognitive = "Microsoft.CognitiveServices";
    for (offer, most_clusters, units) in [
        ("EnterpriseAgreement_2014-09-01", 100, 300),
        ("PayAsYouGo_2014-09-01", 10, 300),
        ("FreeTrial_2014-09-01", 3, 0),
        ("AzureForStudents_2018-01-01", 3, 1),
    ] {
        azure.sandbox.control().change_settings(|settings| settings.offer = offer.into()).unwrap();
        let whole = azure.get("?api-version=2022-12-01").await.body;
        assert_eq!(whole["subscriptionPolicies"]["quotaId"], offer);
        assert_eq!(clusters(&azure).await, (0, most_clusters), "{offer}");
        assert_eq!(usage(&azure, cognitive, "2024-10-01", MODEL).await, (0, units), "{offer}");
        assert_eq!(usage(&azure, cognitive, "2024-10-01", "OpenAI.S0.AccountCount").await, (0, 30), "{offer}");
    }
    azure.sandbox.control().set_quota("westeurope", MODEL, 7).unwrap();
    assert_eq!(usage(&azure, cognitive, "2024-10-01", MODEL).await, (0, 7), "what was asked for goes before it");
}

#[tokio::test(start_paused = true)]
async fn a_pooled_quota_is_one_for_all_regions_or_for_those_of_a_data_zone() {
    let azure = Client::new();
    let pooled = |settings: &mut crate::Settings| settings.pooled_models = vec!["gpt-5-mini".into()];
    azure.sandbox.control().change_settings(pooled).unwrap();
    azure.group().await;
    azure.account().await;
    for (name, sku) in [("one", "GlobalStandard"), ("two", "DataZoneStandard")] {
        let mut asked = deployment("gpt-5-mini", "2025-08-07", json!(7));
        asked["sku"]["name"] = sku.into();
        let got = azure.put(&child(ACCOUNT, &format!("deployments/{name}")), asked).await;
        assert_eq!(got.status, 201, "{}", got.body);
        azure.wait(5).await;
    }
    for (region, global, zone) in [("westeurope", 7, 7), ("swedencentral", 7, 7), ("eastus2", 7, 0)] {
        let used =
            async |name: &str| usage_in(&azure, region, "Microsoft.CognitiveServices", "2024-10-01", name).await.0;
        assert_eq!(used("OpenAI.GlobalStandard.gpt-5-mini").await, global, "{region}");
        assert_eq!(used("OpenAI.DataZoneStandard.gpt-5-mini").await, zone, "{region}");
        assert_eq!(used("OpenAI.GlobalStandard.gpt-4o-mini").await, 0, "{region}");
    }
}
