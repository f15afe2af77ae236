//! Objects: made, read, changed, deleted.

use super::*;

const MAPS: &str = "/api/v1/namespaces/default/configmaps";

#[tokio::test(start_paused = true)]
async fn an_object_is_made_read_listed_changed_and_deleted() {
    let cluster = Cluster::new().await;
    let made = cluster.post(MAPS, json!({"metadata": {"name": "a", "labels": {"x": "1"}}, "data": {"k": "v"}})).await;
    assert_eq!(made.status, 201, "{}", made.body);
    assert_eq!((&made.body["kind"], &made.body["apiVersion"]), (&json!("ConfigMap"), &json!("v1")));
    let again = cluster.post(MAPS, json!({"metadata": {"name": "a"}})).await;
    assert_eq!((again.status.as_u16(), &again.body["reason"]), (409, &json!("AlreadyExists")));
    assert_eq!(again.body["message"], "configmaps \"a\" already exists");
    let one = format!("{MAPS}/a");
    assert_eq!(cluster.get(&one).await.body, made.body);
    let listed = cluster.get(&format!("{MAPS}?labelSelector=x%3D1")).await;
    assert_eq!((&listed.body["kind"], listed.body["items"].as_array().unwrap().len()), (&json!("ConfigMapList"), 1));
    assert_eq!(cluster.get(&format!("{MAPS}?labelSelector=x%3D2")).await.body["items"], json!([]));

    let mut changed = made.body.clone();
    changed["data"]["k"] = "w".into();
    let put = cluster.put(&one, changed.clone()).await;
    assert_eq!((put.status.as_u16(), &put.body["data"]["k"]), (200, &json!("w")));
    let stale = cluster.put(&one, changed).await;
    assert_eq!((stale.status.as_u16(), &stale.body["reason"]), (409, &json!("Conflict")));
    let merged = cluster
        .send(Method::PATCH, &one, "application/merge-patch+json", &json!({"data": {"k": null, "l": "1"}}))
        .await;
    assert_eq!(merged.body["data"], json!({"l": "1"}));
    assert_eq!(cluster.delete(&one).await.body["status"], "Success");
    let gone = cluster.get(&one).await;
    assert_eq!((gone.status.as_u16(), &gone.body["message"]), (404, &json!("configmaps \"a\" not found")));
}

#[tokio::test(start_paused = true)]
async fn only_a_credential_of_the_cluster_is_let_in() {
    let cluster = Cluster::new().await;
    let arm = cluster.azure.bearer();
    for token in ["", "x", arm.trim_start_matches("Bearer ")] {
        let refused = got(cluster.raw(Method::GET, MAPS, "", token, String::new()).await);
        assert_eq!((refused.status.as_u16(), &refused.body["reason"]), (401, &json!("Unauthorized")));
    }
    assert_eq!(cluster.get("/version").await.body["gitVersion"], "v1.34.3");
}
