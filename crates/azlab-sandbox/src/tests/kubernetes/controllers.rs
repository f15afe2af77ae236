//! What happens in a cluster by itself.

use super::*;

const DEPLOYMENTS: &str = "/apis/apps/v1/namespaces/default/deployments";
const PODS: &str = "/api/v1/namespaces/default/pods";

pub(super) fn deployment(name: &str, image: &str, replicas: i64) -> Value {
    json!({
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": name}},
            "template": {
                "metadata": {"labels": {"app": name}},
                "spec": {"containers": [{"name": name, "image": image, "ports": [{"containerPort": 80}]}]},
            },
        },
    })
}

fn condition<'a>(body: &'a Value, kind: &str) -> &'a Value {
    let found = body["status"]["conditions"].as_array().and_then(|all| all.iter().find(|one| one["type"] == kind));
    found.unwrap_or(&Value::Null)
}

/// The reasons for which the containers of the first Pod wait or have ended.
async fn reasons(cluster: &Cluster) -> Vec<String> {
    let pods = cluster.get(PODS).await.body;
    let statuses = pods["items"][0]["status"]["containerStatuses"].as_array().cloned().unwrap_or_default();
    let states = statuses.iter().map(|one| {
        let state = &one["state"];
        state["waiting"]["reason"].as_str().or(state["terminated"]["reason"].as_str()).unwrap_or("").to_owned()
    });
    states.collect()
}

#[tokio::test(start_paused = true)]
async fn a_deployment_becomes_pods_that_are_ready_after_some_seconds_and_a_new_image_replaces_them() {
    let cluster = Cluster::new().await;
    let made = cluster.post(DEPLOYMENTS, deployment("web", "nginx:1.27", 3)).await;
    assert_eq!((made.status.as_u16(), &made.body["spec"]["strategy"]["type"]), (201, &json!("RollingUpdate")));
    cluster.azure.wait(1).await;
    let begun = cluster.get(&format!("{DEPLOYMENTS}/web")).await.body;
    assert_eq!(condition(&begun, "Available")["status"], "False", "{begun}");
    assert_eq!(cluster.get(PODS).await.body["items"].as_array().unwrap().len(), 3);
    cluster.azure.wait(30).await;
    let done = cluster.get(&format!("{DEPLOYMENTS}/web")).await.body;
    assert_eq!(
        (&done["status"]["availableReplicas"], &done["status"]["updatedReplicas"]),
        (&json!(3), &json!(3)),
        "{done}"
    );
    assert_eq!(condition(&done, "Progressing")["reason"], "NewReplicaSetAvailable");
    assert_eq!(done["status"]["observedGeneration"], done["metadata"]["generation"]);

    let image = json!([{"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": "nginx:1.28"}]);
    let patched =
        cluster.send(Method::PATCH, &format!("{DEPLOYMENTS}/web"), "application/json-patch+json", &image).await;
    assert_eq!((patched.status.as_u16(), &patched.body["metadata"]["generation"]), (200, &json!(2)));
    for _ in 0..60 {
        cluster.azure.wait(1).await;
        let now = cluster.get(&format!("{DEPLOYMENTS}/web")).await.body;
        assert!(
            now["status"]["availableReplicas"].as_i64() >= Some(3),
            "at most a quarter, rounded down, is missing: {now}"
        );
    }
    let pods = cluster.get(PODS).await.body;
    let images: Vec<&str> = pods["items"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|pod| pod["spec"]["containers"][0]["image"].as_str())
        .collect();
    assert_eq!(images, ["nginx:1.28"; 3]);
    let sets = cluster.get("/apis/apps/v1/namespaces/default/replicasets").await.body;
    assert_eq!(sets["items"].as_array().unwrap().len(), 2, "the old one is kept to go back to");

    assert_eq!(cluster.delete(&format!("{DEPLOYMENTS}/web")).await.body["status"], "Success");
    cluster.azure.wait(40).await;
    assert_eq!(cluster.get(PODS).await.body["items"], json!([]));
}

#[tokio::test(start_paused = true)]
async fn what_a_scenario_lets_go_wrong_with_containers_is_told_as_a_kubelet_tells_it() {
    let with = async |change: fn(&mut crate::KubernetesSettings)| {
        let cluster = Cluster::new().await;
        cluster.azure.sandbox.control().change_settings(|settings| change(&mut settings.kubernetes)).unwrap();
        cluster.post(DEPLOYMENTS, deployment("web", "ghcr.io/x/web:1", 1)).await;
        let mut seen = std::collections::BTreeSet::new();
        for _ in 0..200 {
            cluster.azure.wait(1).await;
            seen.extend(reasons(&cluster).await);
        }
        let deployment = cluster.get(&format!("{DEPLOYMENTS}/web")).await.body;
        assert_eq!(condition(&deployment, "Available")["status"], "False");
        (cluster, seen.into_iter().filter(|one| !one.is_empty()).collect::<Vec<_>>())
    };
    let (cluster, seen) = with(|it| it.out_of_memory = vec!["web".into()]).await;
    assert_eq!(seen, ["ContainerCreating", "CrashLoopBackOff", "OOMKilled"]);
    let pod = cluster.get(PODS).await.body["items"][0].clone();
    assert!(pod["status"]["containerStatuses"][0]["restartCount"].as_i64() > Some(2), "{pod}");
    let (_, seen) = with(|it| it.image_pull_fails = vec!["ghcr.io/x/web".into()]).await;
    assert_eq!(seen, ["ContainerCreating", "ErrImagePull", "ImagePullBackOff"]);
    let (cluster, seen) = with(|it| it.never_ready = vec!["*".into()]).await;
    assert_eq!(seen, ["ContainerCreating"]);
    assert_eq!(cluster.get(PODS).await.body["items"][0]["status"]["phase"], "Running");
    let (cluster, seen) = with(|it| it.unschedulable = vec!["web".into()]).await;
    assert!(seen.is_empty());
    let pod = cluster.get(PODS).await.body["items"][0].clone();
    assert_eq!(condition(&pod, "PodScheduled")["reason"], "Unschedulable", "{pod}");
}

#[tokio::test(start_paused = true)]
async fn an_ai_service_with_the_workshop_s_old_memory_limit_is_killed_for_it() {
    let cluster = Cluster::new().await;
    let mut body = deployment("ai-service", "ghcr.io/azure-samples/aks-store-demo/ai-service:2.2.0", 1);
    for (limit, killed) in [("65Mi", true), ("128Mi", false)] {
        body["spec"]["template"]["spec"]["containers"][0]["resources"] =
            json!({"limits": {"memory": limit, "cpu": "50m"}});
        let done = cluster.apply(&format!("{DEPLOYMENTS}/ai-service?force=true"), "t", body.clone()).await;
        assert!(done.status.is_success(), "{}", done.body);
        cluster.azure.wait(60).await;
        let deployment = cluster.get(&format!("{DEPLOYMENTS}/ai-service")).await.body;
        assert_eq!(condition(&deployment, "Available")["status"] == "False", killed, "{deployment}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_load_balancer_gets_its_address_later_or_never() {
    let cluster = Cluster::new().await;
    let services = "/api/v1/namespaces/default/services";
    cluster.azure.sandbox.control().change_settings(|all| all.kubernetes.no_address = vec!["lost".into()]).unwrap();
    for name in ["front", "lost"] {
        let body = json!({"metadata": {"name": name}, "spec": {"type": "LoadBalancer", "selector": {"a": "b"}, "ports": [{"port": 80}]}});
        assert_eq!(cluster.post(services, body).await.status, 201);
    }
    let address = async |name: &str| {
        let body = cluster.get(&format!("{services}/{name}")).await.body;
        body["status"]["loadBalancer"]["ingress"][0]["ip"].as_str().map(str::to_owned)
    };
    cluster.azure.wait(5).await;
    assert_eq!(address("front").await, None);
    cluster.azure.wait(60).await;
    assert!(address("front").await.is_some() && address("lost").await.is_none());
    cluster.delete(&format!("{services}/front")).await;
    assert_eq!(cluster.get(&format!("{services}/front")).await.status, 200, "its address is given back first");
    cluster.azure.wait(10).await;
    assert_eq!(cluster.get(&format!("{services}/front")).await.status, 404);
}

#[tokio::test(start_paused = true)]
async fn a_refusing_webhook_shows_where_pods_are_missing() {
    let cluster = Cluster::new().await;
    let webhook = crate::RefusingWebhook {
        name: "validation.gatekeeper.sh".into(),
        message: "no root".into(),
        resources: vec!["pods".into()],
        names: Vec::new(),
    };
    cluster.azure.sandbox.control().change_settings(|all| all.kubernetes.refusing_webhooks = vec![webhook]).unwrap();
    cluster.post(DEPLOYMENTS, deployment("web", "nginx:1", 1)).await;
    cluster.azure.wait(5).await;
    let body = cluster.get(&format!("{DEPLOYMENTS}/web")).await.body;
    let failure = condition(&body, "ReplicaFailure");
    assert_eq!(failure["reason"], "FailedCreate");
    let said = "admission webhook \"validation.gatekeeper.sh\" denied the request: no root";
    assert!(failure["message"].as_str().unwrap().contains(said), "{failure}");
}

#[tokio::test(start_paused = true)]
async fn a_labelled_pod_gets_what_the_workload_identity_webhook_gives() {
    let cluster = Cluster::new().await;
    let account = json!({"metadata": {"name": "ai", "annotations": {"azure.workload.identity/client-id": "c-1"}}});
    cluster.post("/api/v1/namespaces/default/serviceaccounts", account).await;
    let mut pod = json!({"metadata": {"name": "p", "labels": {"azure.workload.identity/use": "true"}}, "spec": {
        "serviceAccountName": "ai",
        "containers": [{"name": "c", "image": "x:1", "env": [{"name": "AZURE_TENANT_ID", "value": "mine"}]}],
    }});
    let made = cluster.post(PODS, pod.clone()).await.body;
    let variable = |of: &Value, name: &str| {
        let all = of["spec"]["containers"][0]["env"].as_array().cloned().unwrap_or_default();
        all.iter().find(|one| one["name"] == name).map(|one| one["value"].as_str().unwrap_or_default().to_owned())
    };
    assert_eq!(variable(&made, "AZURE_CLIENT_ID").as_deref(), Some("c-1"));
    assert_eq!(variable(&made, "AZURE_TENANT_ID").as_deref(), Some("mine"), "what is there already stays");
    let file = variable(&made, "AZURE_FEDERATED_TOKEN_FILE").unwrap();
    let name = "azure-workload-identity-reserved-token";
    let of = |list: &Value| list.as_array().unwrap().iter().find(|one| one["name"] == name).cloned().unwrap();
    let mount = of(&made["spec"]["containers"][0]["volumeMounts"]);
    assert!(file.starts_with(mount["mountPath"].as_str().unwrap()), "{made}");
    let token = &of(&made["spec"]["volumes"])["projected"]["sources"][0]["serviceAccountToken"];
    assert_eq!((&token["audience"], &token["expirationSeconds"]), (&json!("api://AzureADTokenExchange"), &json!(3600)));
    pod["metadata"] = json!({"name": "q"});
    let plain = cluster.post(PODS, pod).await.body;
    assert_eq!(variable(&plain, "AZURE_CLIENT_ID"), None);
}

#[tokio::test(start_paused = true)]
async fn a_stateful_set_makes_its_pods_one_after_the_other() {
    let cluster = Cluster::new().await;
    let sets = "/apis/apps/v1/namespaces/default/statefulsets";
    let mut body = deployment("rabbitmq", "mcr.microsoft.com/mirror/docker/library/rabbitmq:3.10-management-alpine", 2);
    body["kind"] = "StatefulSet".into();
    body["spec"]["serviceName"] = "rabbitmq".into();
    assert_eq!(cluster.post(sets, body).await.status, 201);
    let names = async || {
        let pods = cluster.get(PODS).await.body;
        let names =
            pods["items"].as_array().unwrap().iter().map(|pod| pod["metadata"]["name"].as_str().unwrap().to_owned());
        names.collect::<Vec<_>>()
    };
    cluster.azure.wait(1).await;
    assert_eq!(names().await, ["rabbitmq-0"]);
    cluster.azure.wait(60).await;
    assert_eq!(names().await, ["rabbitmq-0", "rabbitmq-1"]);
    assert_eq!(cluster.get(&format!("{sets}/rabbitmq")).await.body["status"]["readyReplicas"], 2);
}
