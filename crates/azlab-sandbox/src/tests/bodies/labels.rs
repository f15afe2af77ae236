//! Labels, taints and names of pools.

use super::listed::{first_pool, refused};
use super::*;

fn labelled(key: &str, value: &str) -> Value {
    first_pool("nodeLabels", json!({ key: value }))
}

#[tokio::test(start_paused = true)]
async fn labels_that_nodes_cannot_have_are_refused() {
    let azure = Client::new();
    azure.group().await;
    let (syntax, code) = ("does not meet syntax and character specifications", "BadRequest");
    let lines = [
        ("a space in the key", labelled("my team", "blue"), code, "Node label 'my team: blue' does not meet"),
        ("a dash first", labelled("-team", "blue"), code, syntax),
        ("no name", labelled("example.com/", "blue"), code, syntax),
        ("a prefix in capitals", labelled("Example.com/team", "blue"), code, syntax),
        ("two slashes", labelled("a/b/team", "blue"), code, syntax),
        ("a space in the value", labelled("team", "light blue"), code, syntax),
        ("a long value", labelled("team", &"b".repeat(64)), code, syntax),
        ("AKS's own", labelled("kubernetes.azure.com/mode", "user"), code, "preserved by aks system labels"),
        ("Kubernetes' own", labelled("node-restriction.kubernetes.io/x", "y"), code, "aks-node-labels-116"),
        ("below k8s.io", labelled("x.k8s.io/y", ""), code, "\"x.k8s.io/y=\""),
    ];
    refused(&azure, CLUSTER, &lines).await;
    for (key, value) in [
        ("team", ""),
        ("example.com/Team_1", "Blue.2"),
        ("notkubernetes.io/x", "y"),
        ("node.kubernetes.io/role", "web"),
        ("node-role.kubernetes.io/web", ""),
        ("kubernetes.io/os", "linux"),
        ("kubernetes.azure.com/scalesetpriority", "spot"),
    ] {
        let path = CLUSTER.replace("/aks?", &format!("/{}?", key.replace(['/', '.'], "-")));
        let got = azure.put(&path, labelled(key, value)).await;
        assert_eq!(got.status, 201, "{key}: {}", got.body);
        assert_eq!(got.body["properties"]["agentPoolProfiles"][0]["nodeLabels"][key], value);
        azure.wait(400).await;
        azure.delete(&path).await;
        azure.wait(400).await;
    }
}

#[tokio::test(start_paused = true)]
async fn taints_that_nodes_cannot_have_and_names_of_windows_pools_that_are_too_long_are_refused() {
    let (azure, _) = lab().await;
    let tainted = |taints: Value| with(pool(), "/properties/nodeTaints", taints);
    let parameter = "InvalidParameter";
    let lines = [
        ("no effect", tainted(json!(["team=a"])), parameter, "agentPoolProfile.nodeTaints"),
        ("another effect", tainted(json!(["team=a:Never"])), parameter, "team=a:Never"),
        ("a space in the key", tainted(json!(["my team=a:NoSchedule"])), parameter, "my team=a"),
        ("a space in the value", tainted(json!(["team=a b:NoSchedule"])), parameter, "team=a b"),
        ("two values", tainted(json!(["team=a=b:NoSchedule"])), parameter, "team=a=b"),
        ("twice the same", tainted(json!(["team=a:NoSchedule", "team=b:NoSchedule"])), parameter, "team=b:NoSchedule"),
    ];
    refused(&azure, &child(CLUSTER, POOL), &lines).await;
    let windows = with(pool(), "/properties/osType", json!("Windows"));
    let long = azure.put(&child(CLUSTER, "agentPools/windows"), windows.clone()).await;
    assert_eq!(long.outcome(), (400, "WindowsAgentPoolNameTooLong"), "{}", long.body);
    for name in ["UPPER", "with-dash", "1first", "muchtoolongname"] {
        let got = azure.put(&child(CLUSTER, &format!("agentPools/{name}")), pool()).await;
        assert_eq!(got.outcome(), (400, "InvalidParameter"), "{name}: {}", got.body);
    }
    assert_eq!(azure.put(&child(CLUSTER, "agentPools/winsix"), windows).await.status, 201);
    azure.wait(400).await;
    let taken = tainted(json!([
        "team=a:NoSchedule",
        "team=a:NoExecute",
        "other:PreferNoSchedule",
        "example.com/x=:NoSchedule"
    ]));
    assert_eq!(azure.put(&child(CLUSTER, POOL), taken).await.status, 201);
}
