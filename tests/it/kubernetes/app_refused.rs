//! What a real API server refuses of `azlab app`, and one that goes away half-way.

use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::admission::{REFUSAL, Webhooks};
use super::app_deployed::objects;
use super::cluster::{Cluster, NEVER};
use crate::cli::Ended;

#[track_caller]
fn refused(ended: &Ended, code: &str, says: &str) {
    let result = ended.json();
    let error = [&result["labs"][0]["error"], &result["error"]].into_iter().find(|one| one.is_object());
    let error = error.unwrap_or_else(|| panic!("no error: {result:#}"));
    assert_eq!(error["code"], code, "{error:#}");
    let text = format!("{} {}", error["message"], error["hint"]);
    assert!(text.contains(says), "{error:#}");
}

#[tokio::test]
async fn a_webhook_that_refuses_is_named_and_without_it_the_same_command_continues() {
    let Some(cluster) = Cluster::new("a refusal", "600") else { return };
    cluster.connect();
    let webhooks = Webhooks::new(&cluster).await;
    webhooks.register_refusal_of("store-admin").await;
    let ended = cluster.app(&["deploy", "--no-wait"]).await.exit(5);
    refused(&ended, "AdmissionDenied", REFUSAL);
    // One that does not answer is another thing.
    webhooks.stop();
    let ended = cluster.app(&["deploy", "--no-wait"]).await.exit(5);
    refused(&ended, "AdmissionWebhook", REFUSAL);
    cluster.kubectl(&["delete", "validatingwebhookconfiguration", REFUSAL]).await;
    let began = Instant::now();
    let ended = loop {
        let ended = cluster.app(&["deploy", "--no-wait"]).await;
        // The API server learns of it from a watch.
        if ended.status.success() {
            break ended;
        }
        assert!(began.elapsed() < NEVER, "{ended:#?}");
    };
    assert_eq!(["created", "unchanged"].map(|action| objects(&ended, action).len()), [1, 18]);
}

#[tokio::test]
async fn a_manifests_mistake_that_only_the_server_knows_is_told_by_file_and_line() {
    let Some(cluster) = Cluster::new("a mistake", "600") else { return };
    cluster.connect();
    let folder = cluster.world.path().join("manifests");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(cluster.world.path().join("azlab.toml"), "version = 1\n[app]\nmanifests = \"manifests\"\n").unwrap();
    let with = |spec: &str| {
        let text = format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web}}\nspec:\n  selector: {{matchLabels: {{app: web}}}}\n\
             {spec}  template:\n    metadata: {{labels: {{app: web}}}}\n    spec:\n      containers:\n        - name: web\n          \
             image: nginx:1.29\n"
        );
        std::fs::write(folder.join("web.yaml"), text).unwrap();
    };
    for (spec, line) in [("  replica: 1\n", "web.yaml:6"), ("  paused: false\n  replicas: -1\n", "web.yaml:7")] {
        with(spec);
        refused(&cluster.app(&["deploy", "--no-wait"]).await.exit(2), "InvalidManifest", line);
        assert_eq!(cluster.kubectl(&["get", "deployments", "-o", "name"]).await, "");
    }
    with("  replicas: 1\n");
    cluster.app(&["deploy"]).await.done();
    assert_eq!(cluster.kubectl(&["get", "deployments", "-o", "name"]).await, "deployment.apps/web\n");

    // An image that cannot be pulled is named with its workload.
    cluster.world.scenario("about = 'no image'\n[settings.kubernetes]\nimage_pull_fails = ['nginx']\n");
    cluster.kubectl(&["rollout", "restart", "deployment/web"]).await;
    cluster.kubectl(&["delete", "pods", "--all", "--wait=false"]).await;
    let began = Instant::now();
    loop {
        let status = cluster.app(&["status", "--exit-code"]).await.json();
        let web = &status["labs"][0]["app"]["workloads"][0];
        if web["trouble"]["code"] == "ImagePull" {
            assert!(web["trouble"]["message"].as_str().unwrap().contains("nginx:1.29"), "{web:#}");
            break;
        }
        assert!(began.elapsed() < NEVER, "{status:#}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test]
async fn a_server_that_goes_away_half_way_is_waited_for_and_the_deploy_ends_well() {
    let Some(cluster) = Cluster::new("a server that goes away", "600") else { return };
    cluster.connect();
    let deploying = cluster.app(&["deploy", "--no-wait"]);
    let killing = async {
        // As soon as something is written.
        while cluster.kubectl(&["get", "services", "-o", "name"]).await.lines().count() < 2 {}
        let server = cluster.processes().into_iter().find(|(_, part)| part == "kube-apiserver").unwrap();
        kill_process(Pid::from_raw(server.0).unwrap(), Signal::KILL).unwrap();
    };
    let (ended, ()) = tokio::join!(deploying, killing);
    ended.done();
    let again = cluster.app(&["deploy", "--no-wait"]).await.done();
    assert_eq!(objects(&again, "unchanged").len(), 19, "{again:#?}");
}
