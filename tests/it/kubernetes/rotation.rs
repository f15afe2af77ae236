//! A new key of a cluster's issuer, which the real API server signs with while everything else goes on.

use std::collections::BTreeSet;
use std::time::Instant;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::chain::{SCOPE, outputs};
use super::cluster::{Cluster, NEVER};

/// Which key signed a token.
fn kid(token: &str) -> String {
    let header = URL_SAFE_NO_PAD.decode(token.split('.').next().unwrap()).unwrap();
    serde_json::from_slice::<Value>(&header).unwrap()["kid"].as_str().unwrap().to_owned()
}

fn kids(keys: &Value) -> BTreeSet<String> {
    keys["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

/// Rotates, and waits for a token of another key than `before`.
async fn rotate(cluster: &Cluster, before: &str) -> String {
    let path = format!("{}/rotateServiceAccountSigningKeys?api-version=2025-08-01", cluster.id());
    let began = Instant::now();
    // The cluster may still be busy with the rotation before this one.
    while cluster.manage(http::Method::POST, &path, &Value::Null).await.status() != 202 {
        assert!(began.elapsed() < NEVER, "the cluster is busy for ever");
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
    loop {
        let words = ["create", "token", "ai-service-account", "--audience=api://AzureADTokenExchange"];
        let made = cluster.kubectl_with(&words, "").await;
        let token = made.stdout.trim().to_owned();
        if made.status.success() && kid(&token) != before {
            return token;
        }
        assert!(began.elapsed() < NEVER, "the API server signs with the old key: {made:#?}");
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
}

#[tokio::test]
async fn after_a_rotation_the_api_server_signs_with_the_new_key_and_takes_the_one_before_it() {
    let Some(cluster) = Cluster::new("a rotation", "600") else { return };
    cluster.connect();
    let outputs = outputs(&cluster);
    let client = outputs["identity_client_id"].as_str().unwrap();
    cluster.kubectl(&["create", "serviceaccount", "ai-service-account"]).await;
    let first =
        cluster.kubectl(&["create", "token", "ai-service-account", "--audience=api://AzureADTokenExchange"]).await;
    let first = first.trim().to_owned();
    let etcd = |cluster: &Cluster| cluster.processes().into_iter().find(|(_, part)| part == "etcd").unwrap();
    let before = etcd(&cluster);

    let is_taken = async |token: &str| {
        let review = json!({"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": {
            "token": token, "audiences": ["api://AzureADTokenExchange"]}});
        let said = cluster.kubectl_with(&["create", "-o", "json", "-f", "-"], &review.to_string()).await.done().stdout;
        let by_api_server = serde_json::from_str::<Value>(&said).unwrap()["status"]["authenticated"] == true;
        (by_api_server, cluster.exchange(client, token, SCOPE).await["access_token"].is_string())
    };
    let published = async || {
        let issuer: Value =
            serde_json::from_str(&cluster.kubectl(&["get", "--raw", "/.well-known/openid-configuration"]).await)
                .unwrap();
        let own = cluster.kubectl(&["get", "--raw", "/openid/v1/jwks"]).await;
        let by_issuer = cluster.published_keys(issuer["issuer"].as_str().unwrap()).await;
        (kids(&serde_json::from_str(&own).unwrap()), kids(&by_issuer))
    };
    assert_eq!(is_taken(&first).await, (true, true));
    let second = rotate(&cluster, &kid(&first)).await;
    assert_eq!(is_taken(&second).await, (true, true));
    assert_eq!(is_taken(&first).await, (true, true), "it holds for a day");
    let (own, by_issuer) = published().await;
    assert_eq!((own.len(), &own), (2, &by_issuer));
    assert_eq!(etcd(&cluster), before, "only who reads the key starts again");

    // Twice within the day ends the first at once.
    let third = rotate(&cluster, &kid(&second)).await;
    assert_eq!(is_taken(&third).await, (true, true));
    assert_eq!(is_taken(&second).await, (true, true));
    assert_eq!(is_taken(&first).await, (false, false));
}
