//! A command beside a cluster, and new certificates of one.

use super::kubernetes::{Cluster, field, kubeconfig};
use super::*;

async fn invoke(azure: &Client, command: &str) -> Got {
    azure.send(Method::POST, &child(CLUSTER, "runCommand"), Some(json!({"command": command}))).await
}

/// Exit code and logs of a command that is taken, polled to its end as az does.
async fn ran(azure: &Client, command: &str) -> (i64, String) {
    let taken = invoke(azure, command).await;
    assert_eq!(taken.status, 202, "{}", taken.body);
    assert_eq!(azure.get(taken.header("location")).await.status, 202, "it takes a while");
    azure.wait(10).await;
    let done = azure.get(taken.header("location")).await;
    let properties = &done.body["properties"];
    assert_eq!((done.status.as_u16(), &properties["provisioningState"]), (200, &json!("Succeeded")), "{}", done.body);
    (properties["exitCode"].as_i64().unwrap(), properties["logs"].as_str().unwrap().to_owned())
}

#[tokio::test(start_paused = true)]
async fn kubectl_get_runs_beside_a_cluster_and_prints_what_kubectl_prints() {
    let cluster = Cluster::new().await;
    let azure = &cluster.azure;
    let map =
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "colours"}, "data": {"sky": "blue"}});
    assert_eq!(cluster.post("/api/v1/namespaces/default/configmaps", map).await.status, 201);
    let (code, logs) = ran(azure, "kubectl get configmap colours").await;
    let lines: Vec<&str> = logs.lines().collect();
    assert_eq!((code, lines.len()), (0, 2), "{logs}");
    assert_eq!(lines[0], "NAME      DATA   AGE");
    assert!(lines[1].starts_with("colours   1      "), "{logs}");
    let (_, json) = ran(azure, "kubectl get cm/colours -o json").await;
    assert_eq!(serde_json::from_str::<Value>(&json).unwrap()["data"], json!({"sky": "blue"}));
    assert_eq!(ran(azure, "kubectl get cm colours -o name").await, (0, "configmap/colours\n".into()));
    assert_eq!(ran(azure, "kubectl get pods").await, (0, "No resources found in default namespace.\n".into()));
    let (_, nodes) = ran(azure, "kubectl get nodes --no-headers").await;
    assert!(nodes.contains("Ready"), "{nodes}");
    let (_, all) = ran(azure, "kubectl get cm -A").await;
    assert!(all.starts_with("NAMESPACE ") && all.contains("default  "), "{all}");
    let missing = "Error from server (NotFound): configmaps \"sea\" not found\n";
    assert_eq!(ran(azure, "kubectl get cm sea").await, (1, missing.into()));
    let unknown = "error: the server doesn't have a resource type \"teapots\"\n";
    assert_eq!(ran(azure, "kubectl get teapots").await, (1, unknown.into()));
}

#[tokio::test(start_paused = true)]
async fn a_result_is_what_was_so_when_the_command_ran() {
    let cluster = Cluster::new().await;
    let taken = invoke(&cluster.azure, "kubectl get cm -o name").await;
    let map = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "late"}});
    assert_eq!(cluster.post("/api/v1/namespaces/default/configmaps", map).await.status, 201);
    cluster.azure.wait(10).await;
    let done = cluster.azure.get(taken.header("location")).await;
    assert!(!done.body["properties"]["logs"].as_str().unwrap().contains("late"), "{}", done.body);
}

#[tokio::test(start_paused = true)]
async fn a_private_cluster_is_reached_by_commands_and_other_commands_are_refused_by_name() {
    let mut private = cluster();
    private["properties"]["apiServerAccessProfile"] = json!({"enablePrivateCluster": true});
    let azure = Client::new();
    azure.group().await;
    assert_eq!(azure.put(CLUSTER, private).await.status, 201);
    assert_eq!(invoke(&azure, "kubectl get ns").await.outcome(), (409, "OperationNotAllowed"), "it is being created");
    azure.wait(400).await;
    let (code, logs) = ran(&azure, "kubectl get ns -o name").await;
    assert!(code == 0 && logs.contains("namespace/default\n"), "{logs}");
    let refused = invoke(&azure, "helm ls").await;
    assert_eq!(refused.outcome(), (501, "NotImplemented"));
    assert!(
        refused.body["error"]["message"].as_str().unwrap().contains("managedClusters/runCommand"),
        "{}",
        refused.body
    );
    assert_eq!(
        azure.send(Method::POST, &child(CLUSTER, "runCommand"), Some(json!({}))).await.code(),
        "InvalidParameter"
    );
    assert_eq!(azure.get(&child(CLUSTER, "commandResults/nobodys")).await.outcome(), (404, "NotFound"));
    assert_eq!(azure.send(Method::POST, &child(CLUSTER, "stop"), None).await.status, 202);
    azure.wait(400).await;
    assert_eq!(invoke(&azure, "kubectl get ns").await.outcome(), (400, "OperationNotAllowed"), "it is stopped");
}

#[tokio::test(start_paused = true)]
async fn commands_are_refused_where_they_are_disabled_and_need_a_token_without_local_accounts() {
    let mut closed = cluster();
    closed["properties"]["apiServerAccessProfile"] = json!({"disableRunCommand": true});
    let cluster = Cluster::of(closed.clone()).await;
    assert_eq!(invoke(&cluster.azure, "kubectl get ns").await.outcome(), (400, "RunCommandDisabled"));
    closed["properties"]["apiServerAccessProfile"] = json!({"disableRunCommand": false});
    closed["properties"]["disableLocalAccounts"] = true.into();
    closed["properties"]["aadProfile"] = json!({"managed": true});
    assert_eq!(cluster.azure.put(CLUSTER, closed).await.status, 200);
    cluster.azure.wait(400).await;
    let unauthorized = "error: You must be logged in to the server (Unauthorized)\n";
    assert_eq!(ran(&cluster.azure, "kubectl get ns").await, (1, unauthorized.into()));
}

#[tokio::test(start_paused = true)]
async fn rotated_certificates_end_the_kubeconfigs_before_them_once_the_rotation_is_over() {
    let cluster = Cluster::new().await;
    let azure = &cluster.azure;
    let asked = async |token: &str| {
        let path = "/api/v1/namespaces/default";
        cluster.raw(Method::GET, path, "application/json", token, String::new()).await.status().as_u16()
    };
    let before = field(&kubeconfig(azure, "listClusterUserCredential").await, "token");
    assert_eq!(asked(&before).await, 200);
    let rotated = azure.send(Method::POST, &child(CLUSTER, "rotateClusterCertificates"), None).await;
    assert_eq!(rotated.status, 202, "{}", rotated.body);
    let state = azure.get(CLUSTER).await.body["properties"]["provisioningState"].clone();
    assert_eq!((state, asked(&before).await), (json!("RotatingClusterCertificates"), 200));
    let again = azure.send(Method::POST, &child(CLUSTER, "rotateClusterCertificates"), None).await;
    assert_eq!(again.outcome(), (409, "OperationNotAllowed"));
    azure.wait(400).await;
    assert_eq!(azure.get(rotated.header("azure-asyncoperation")).await.body["status"], "Succeeded");
    assert_eq!(azure.get(rotated.header("location")).await.status, 204);
    let after = field(&kubeconfig(azure, "listClusterUserCredential").await, "token");
    assert_eq!((asked(&before).await, asked(&after).await), (401, 200));
    // What an update writes stays what it was, and nothing of it is shown.
    assert_eq!(azure.put(CLUSTER, super::cluster()).await.status, 200);
    azure.wait(400).await;
    assert_eq!(asked(&after).await, 200);
    assert!(!azure.get(CLUSTER).await.body.to_string().to_lowercase().contains("rotation"));
}
