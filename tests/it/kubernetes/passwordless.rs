//! The workshop's end on one machine: a lab in its last chapter, and every link of the way to the model without a key.

use super::cluster::Cluster;

#[tokio::test]
async fn a_lab_in_the_last_chapter_passes_every_check() {
    let Some(cluster) = Cluster::new("the last chapter", "600") else { return };
    let there = cluster.app(&["goto", "summary"]).await.done().json();
    assert_eq!(
        (&there["labs"][0]["app"]["state"], &there["labs"][0]["app"]["auth"]),
        (&"ready".into(), &"workload-identity".into()),
        "{there:#}"
    );
    let verified = cluster.meanwhile(&["verify"]).await.done().json();
    let checks = verified["labs"][0]["checks"].as_array().unwrap();
    let others: Vec<_> = checks.iter().filter(|one| one["status"] != "pass").collect();
    assert!(others.is_empty(), "{others:#?}");
    for link in ["app_projected_token", "app_token_exchange", "app_chat_completion"] {
        assert!(checks.iter().any(|one| one["id"] == link), "{link}: {checks:#?}");
    }
}

#[tokio::test]
async fn without_workload_identity_a_cluster_has_no_webhook_and_gets_one_with_it() {
    let Some(cluster) = Cluster::new("no workload identity", "600") else { return };
    cluster.connect();
    let names = async || cluster.kubectl(&["get", "mutatingwebhookconfigurations", "-o", "name"]).await;
    assert!(names().await.contains("azure-wi-webhook-mutating-webhook-configuration"));
    for (enabled, there) in [(false, false), (true, true)] {
        cluster.set_workload_identity(enabled).await;
        let began = std::time::Instant::now();
        loop {
            let found = cluster.kubectl_with(&["get", "mutatingwebhookconfigurations", "-o", "name"], "").await;
            if found.status.success() && found.stdout.contains("azure-wi-webhook") == there {
                break;
            }
            assert!(began.elapsed() < super::cluster::NEVER, "{enabled}: {found:#?}");
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
    }
}
