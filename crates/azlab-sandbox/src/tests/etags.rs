//! Entity tags of clusters and pools, and writes that depend on them.

use super::*;

const POOL: &str = "/resourceGroups/lab/providers/Microsoft.ContainerService/managedClusters/aks/agentPools/two?api-version=2025-08-01";

/// Sends with a condition.
async fn conditional(azure: &Client, method: Method, path: &str, body: &Value, conditions: &[(&str, &str)]) -> Got {
    let url = format!("https://management.azure.com/subscriptions/{SUBSCRIPTION_ID}{path}");
    let mut request = http::Request::builder().method(method).uri(url).header("authorization", azure.bearer());
    for (name, value) in conditions {
        request = request.header(*name, *value);
    }
    let request = request.header("content-type", "application/json");
    let bytes = if body.is_null() { Bytes::new() } else { Bytes::from(body.to_string()) };
    got(azure.sandbox.handle(request.body(bytes).unwrap()).await)
}

/// The tags of the cluster and of its pools, as it tells them.
async fn tags(azure: &Client) -> Vec<String> {
    let cluster = azure.get(CLUSTER).await.body;
    let text = |value: &Value| value["eTag"].as_str().unwrap_or_default().to_owned();
    let pools = cluster["properties"]["agentPoolProfiles"].as_array().unwrap();
    std::iter::once(text(&cluster)).chain(pools.iter().map(text)).collect()
}

fn pool(count: i64) -> Value {
    json!({"properties": {"count": count, "vmSize": "Standard_DS2_v2", "mode": "User"}})
}

#[tokio::test(start_paused = true)]
async fn a_creation_tells_no_tag_an_update_and_every_look_do_and_older_versions_know_none() {
    let azure = Client::new();
    azure.group().await;
    let made = azure.put(CLUSTER, cluster()).await.body;
    assert!(!made.to_string().contains("eTag"), "{made}");
    azure.wait(600).await;
    let before = tags(&azure).await;
    assert!(before.iter().all(|tag| uuid::Uuid::try_parse(tag).is_ok()), "{before:?}");
    assert_eq!(tags(&azure).await, before, "the same at every look");
    let updated = azure.put(CLUSTER, cluster()).await.body;
    assert_eq!(updated["eTag"], tags(&azure).await[0], "{updated}");
    let listed = azure.get("/providers/Microsoft.ContainerService/managedClusters?api-version=2025-08-01").await;
    assert_eq!(listed.body["value"][0]["eTag"], updated["eTag"]);
    for older in ["2024-08-01", "2024-02-01"] {
        let shown = azure.get(&CLUSTER.replace("2025-08-01", older)).await;
        assert!(shown.status == 200 && !shown.body.to_string().contains("eTag"), "{older}: {}", shown.body);
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_done_to_a_cluster_changes_all_tags_and_what_is_done_to_a_pool_its_own_alone() {
    let azure = with_cluster().await;
    assert!(!azure.put(POOL, pool(1)).await.body.to_string().contains("eTag"), "a creation");
    azure.wait(300).await;
    let mut last = tags(&azure).await;
    let changed = azure.put(POOL, pool(2)).await.body;
    azure.wait(300).await;
    let now = tags(&azure).await;
    assert_eq!((&now[..2], now[2] == last[2]), (&last[..2], false), "the cluster's and the first pool's stay");
    assert_eq!(changed["properties"]["eTag"], *now[2]);
    assert_eq!(azure.get(POOL).await.body["properties"]["eTag"], *now[2]);
    last = now;
    let image = POOL.replace("?", "/upgradeNodeImageVersion?");
    assert_eq!(azure.send(Method::POST, &image, None).await.status, 202);
    azure.wait(300).await;
    let now = tags(&azure).await;
    assert_eq!((&now[..2], now[2] == last[2]), (&last[..2], false));
    last = now;
    let tagged = json!({"tags": {"a": "b"}});
    for (method, action, body) in [
        (Method::PATCH, "", Some(tagged)),
        (Method::POST, "/rotateClusterCertificates", None),
        (Method::POST, "/rotateServiceAccountSigningKeys", None),
        (Method::POST, "/stop", None),
        (Method::POST, "/start", None),
    ] {
        let done = azure.send(method, &CLUSTER.replace("?", &format!("{action}?")), body).await;
        assert!(done.status.is_success(), "{action}: {}", done.body);
        azure.wait(600).await;
        let now = tags(&azure).await;
        assert!(now.iter().zip(&last).all(|(now, last)| now != last), "{action}: {now:?}");
        last = now;
    }
}

#[tokio::test(start_paused = true)]
async fn a_write_on_a_condition_is_made_only_where_it_holds() {
    let azure = Client::new();
    azure.group().await;
    let failed = (412, "PreconditionFailed");
    let [put, patch, delete] = [Method::PUT, Method::PATCH, Method::DELETE];
    let on = |method: &Method, path: &'static str, body: &Value, conditions: Vec<(&'static str, String)>| {
        let (azure, method, body) = (&azure, method.clone(), body.clone());
        async move {
            let conditions: Vec<(&str, &str)> =
                conditions.iter().map(|(name, value)| (*name, value.as_str())).collect();
            conditional(azure, method, path, &body, &conditions).await
        }
    };
    let matching = |value: &str| vec![("if-match", value.to_owned())];
    let none = |value: &str| vec![("if-none-match", value.to_owned())];
    let both = vec![("if-match", "x".to_owned()), ("if-none-match", "*".to_owned())];
    let (aks, tagged) = (cluster(), json!({"tags": {}}));

    // Nothing is there.
    for value in ["*", "x"] {
        let refused = on(&put, CLUSTER, &aks, matching(value)).await;
        assert_eq!(refused.outcome(), failed, "{value}");
        assert!(
            refused.body["error"].is_null() && refused.body["message"].as_str().unwrap().starts_with("Resource not")
        );
        assert_eq!(on(&patch, CLUSTER, &tagged, matching(value)).await.outcome(), (404, "ResourceNotFound"));
        assert_eq!(on(&delete, CLUSTER, &Value::Null, matching(value)).await.status, 204);
    }
    assert_eq!(on(&put, CLUSTER, &aks, none("x")).await.outcome(), (400, "BadRequest"));
    assert_eq!(on(&put, CLUSTER, &aks, both).await.outcome(), (400, "BadRequest"));
    assert_eq!(on(&put, CLUSTER, &aks, none("*")).await.status, 201);
    // Another operation is in progress, too: what a client knows is old is told first.
    assert_eq!(on(&put, CLUSTER, &aks, matching("x")).await.outcome(), failed);
    azure.wait(600).await;

    // It is there.
    let old = tags(&azure).await[0].clone();
    assert_eq!(on(&put, CLUSTER, &aks, none("*")).await.outcome(), failed);
    for (method, body) in [(&put, &aks), (&patch, &tagged), (&delete, &Value::Null)] {
        assert_eq!(on(method, CLUSTER, body, matching("x")).await.outcome(), failed, "{method}");
    }
    assert_eq!(tags(&azure).await[0], old, "a refused write changes nothing");
    // In quotation marks, as az and the SDKs send it; without, as it was told, is a pool's below.
    assert_eq!(on(&put, CLUSTER, &aks, matching(&format!("\"{old}\""))).await.status, 200);
    azure.wait(600).await;
    assert_eq!(on(&put, CLUSTER, &aks, matching(&old)).await.outcome(), failed, "written since");
    assert_eq!(on(&patch, CLUSTER, &tagged, matching("*")).await.status, 200);
    azure.wait(600).await;

    // The same for a pool, by its own tag.
    assert_eq!(on(&put, POOL, &pool(1), matching("*")).await.outcome(), failed);
    assert_eq!(on(&delete, POOL, &Value::Null, matching("x")).await.status, 204);
    assert_eq!(on(&put, POOL, &pool(1), none("*")).await.status, 201);
    azure.wait(300).await;
    let of = tags(&azure).await;
    assert_eq!(on(&put, POOL, &pool(2), none("*")).await.outcome(), failed);
    assert_eq!(on(&put, POOL, &pool(2), matching(&of[0])).await.outcome(), failed, "the cluster's");
    assert_eq!(on(&delete, POOL, &Value::Null, matching(&of[0])).await.outcome(), failed);
    assert_eq!(on(&put, POOL, &pool(2), matching(&of[2])).await.status, 200);
    azure.wait(300).await;
    let of = tags(&azure).await;
    assert_eq!(on(&delete, POOL, &Value::Null, matching(&of[2])).await.status, 202);
    azure.wait(300).await;

    // An older version takes no conditions.
    const OLDER: &str =
        "/resourceGroups/lab/providers/Microsoft.ContainerService/managedClusters/aks?api-version=2024-08-01";
    assert_eq!(on(&put, OLDER, &aks, matching("x")).await.status, 200);
    azure.wait(600).await;
    let last = tags(&azure).await[0].clone();
    assert_eq!(on(&delete, CLUSTER, &Value::Null, matching(&last)).await.status, 202);
}
