//! Watches in process, where an answer is a whole.

use super::*;

const MAPS: &str = "/api/v1/namespaces/default/configmaps";

/// The events of one answer, and the last version that they tell.
async fn events(cluster: &Cluster, query: &str) -> Vec<Value> {
    let path = format!("{MAPS}?watch=true&{query}");
    let response = cluster.raw(Method::GET, &path, "", &cluster.token, String::new()).await;
    assert_eq!(response.status(), 200);
    let text = String::from_utf8(response.into_body().to_vec()).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test(start_paused = true)]
async fn a_watch_in_process_waits_for_the_next_thing_that_happens_and_ends() {
    let cluster = Cluster::new().await;
    let version = cluster.get(MAPS).await.body["metadata"]["resourceVersion"].as_str().unwrap().to_owned();
    let query = format!("resourceVersion={version}&timeoutSeconds=100");
    let began = cluster.azure.sandbox.clock().now();
    let (told, ()) = tokio::join!(events(&cluster, &query), async {
        cluster.azure.wait(30).await;
        cluster.post(MAPS, json!({"metadata": {"name": "a"}})).await;
    });
    assert_eq!(
        (told.len(), &told[0]["type"], &told[0]["object"]["metadata"]["name"]),
        (1, &json!("ADDED"), &json!("a"))
    );
    let took = cluster.azure.sandbox.clock().now() - began;
    assert!((30..33).contains(&took.whole_seconds()), "{took}");
    let next = told[0]["object"]["metadata"]["resourceVersion"].as_str().unwrap().to_owned();
    assert!(events(&cluster, &format!("resourceVersion={next}&timeoutSeconds=5")).await.is_empty(), "nothing more");
}

#[tokio::test(start_paused = true)]
async fn a_version_whose_changes_are_forgotten_is_gone() {
    let cluster = Cluster::new().await;
    let version = cluster.get(MAPS).await.body["metadata"]["resourceVersion"].as_str().unwrap().to_owned();
    cluster.post(MAPS, json!({"metadata": {"name": "a"}})).await;
    for count in 0..2100 {
        cluster
            .send(
                Method::PATCH,
                &format!("{MAPS}/a"),
                "application/merge-patch+json",
                &json!({"data": {"k": count.to_string()}}),
            )
            .await;
    }
    let told = events(&cluster, &format!("resourceVersion={version}")).await;
    assert_eq!((&told[0]["type"], &told[0]["object"]["code"]), (&json!("ERROR"), &json!(410)), "{told:?}");
}
