//! Pods, Services and admission on the real API server.

use serde_json::{Value, json};

use super::admission::Webhooks;
use super::cluster::{Cluster, deployment};

#[tokio::test]
async fn deployments_become_available_services_get_addresses_and_pods_go_when_they_are_deleted() {
    let Some(cluster) = Cluster::new("Pods", "600") else { return };
    cluster.connect();
    let mut web = deployment("web", "nginx:1.29");
    web["spec"]["replicas"] = 3.into();
    web["spec"]["template"]["spec"]["initContainers"] = json!([{"name": "wait", "image": "busybox:1.37"}]);
    web["spec"]["template"]["spec"]["containers"][0]["readinessProbe"] = json!({"httpGet": {"path": "/", "port": 80}});
    cluster.apply(&web).await;
    let service = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}, "spec": {
        "type": "LoadBalancer", "selector": {"app": "web"}, "ports": [{"port": 80}]}});
    cluster.apply(&service).await;
    // kubectl's own judgement of a rollout.
    cluster.kubectl(&["rollout", "status", "deployment/web", "--timeout=200s"]).await;
    let service = cluster
        .until(&["service", "web"], "an address", |it| it["status"]["loadBalancer"]["ingress"][0]["ip"].is_string())
        .await;
    let address: std::net::Ipv4Addr =
        service["status"]["loadBalancer"]["ingress"][0]["ip"].as_str().unwrap().parse().unwrap();
    assert!(!address.is_loopback() && !address.is_private(), "{address}");
    let slices = cluster.get(&["endpointslices", "-l", "kubernetes.io/service-name=web"]).await;
    assert_eq!(slices["items"][0]["endpoints"].as_array().unwrap().len(), 3, "{slices:#}");
    let pods = cluster.get(&["pods", "-l", "app=web"]).await;
    for pod in pods["items"].as_array().unwrap() {
        assert_eq!(pod["status"]["phase"], "Running");
        assert_eq!(pod["status"]["initContainerStatuses"][0]["state"]["terminated"]["reason"], "Completed", "{pod:#}");
        assert!(pod["spec"]["nodeName"].as_str().unwrap().starts_with("aks-"), "{pod:#}");
    }
    cluster.kubectl(&["delete", "deployment", "web", "--cascade=foreground", "--timeout=200s"]).await;
    cluster.until(&["pods", "-l", "app=web"], "the end of the Pods", |it| it["items"] == json!([])).await;
}

#[tokio::test]
async fn what_a_scenario_says_of_containers_and_addresses_is_what_kubectl_sees() {
    let Some(cluster) = Cluster::new("a scenario", "600") else { return };
    cluster.connect();
    cluster.world.scenario(
        "about = 'Pods fare badly'\n[settings.kubernetes]\nout_of_memory = ['greedy']\nimage_pull_fails = ['nowhere']\n\
         never_ready = ['sick']\nno_address = ['hidden']\n",
    );
    for name in ["greedy", "nowhere", "sick", "well"] {
        cluster.apply(&deployment(name, &format!("example.com/{name}:1"))).await;
    }
    for name in ["hidden", "shown"] {
        let service = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": {
            "type": "LoadBalancer", "selector": {"app": "well"}, "ports": [{"port": 80}]}});
        cluster.apply(&service).await;
    }
    let state = |pods: &Value| pods["items"][0]["status"]["containerStatuses"][0].clone();
    let pods = |name: &str| ["pods".to_owned(), "-l".to_owned(), format!("app={name}")];
    let until = async |name: &str, what: &str, fits: &dyn Fn(&Value) -> bool| {
        let words = pods(name);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        cluster.until(&words, what, |found| fits(&state(found))).await
    };
    until("greedy", "CrashLoopBackOff", &|it| {
        it["state"]["waiting"]["reason"] == "CrashLoopBackOff" && it["lastState"]["terminated"]["reason"] == "OOMKilled"
    })
    .await;
    until("nowhere", "ImagePullBackOff", &|it| it["state"]["waiting"]["reason"] == "ImagePullBackOff").await;
    until("sick", "a running container", &|it| it["state"]["running"].is_object()).await;
    until("well", "a ready container", &|it| it["ready"] == true).await;
    let sick = cluster.get(&["deployment", "sick"]).await;
    assert!(sick["status"]["availableReplicas"].is_null(), "{sick:#}");
    let address = |it: &Value| it["status"]["loadBalancer"]["ingress"][0]["ip"].is_string();
    cluster.until(&["service", "shown"], "an address", address).await;
    assert!(!address(&cluster.get(&["service", "hidden"]).await));
}

#[tokio::test]
async fn what_a_webhook_refuses_is_told_by_the_deployments_condition_and_so_is_one_that_is_down() {
    let Some(cluster) = Cluster::new("webhooks", "600") else { return };
    cluster.connect();
    let webhooks = Webhooks::new(&cluster).await;
    webhooks.register_refusal().await;
    let fails = async |name: &str, labels: &[&str]| {
        let mut refused = deployment(name, "nginx:1.29");
        for label in labels {
            refused["spec"]["template"]["metadata"]["labels"][*label] = "true".into();
        }
        cluster.apply(&refused).await;
        let failure = |it: &Value| {
            let conditions = it["status"]["conditions"].as_array()?;
            conditions.iter().find(|one| one["type"] == "ReplicaFailure" && one["status"] == "True").cloned()
        };
        let object = cluster.until(&["deployment", name], "its failure", |it| failure(it).is_some()).await;
        failure(&object).unwrap()
    };
    let refused = fails("refused", &["refused"]).await;
    assert_eq!(refused["reason"], "FailedCreate");
    assert!(refused["message"].as_str().unwrap().contains("images of this registry are not allowed"), "{refused:#}");

    // Nobody listens at the discard port.
    let away = json!([{"op": "replace", "path": "/webhooks/0/clientConfig/url", "value": "https://localhost:9/mutate-v1-pod"}]);
    let configuration = "mutatingwebhookconfiguration/azure-wi-webhook-mutating-webhook-configuration";
    cluster.kubectl(&["patch", configuration, "--type=json", "-p", &away.to_string()]).await;
    let down = fails("down", &["azure.workload.identity/use"]).await;
    let message = down["message"].as_str().unwrap();
    assert!(message.contains("failed calling webhook \"mutation.azure-workload-identity.io\""), "{message}");
    // A Pod that nobody asks about is let in.
    cluster.apply(&deployment("plain", "nginx:1.29")).await;
    cluster.until(&["deployment", "plain"], "an available one", |it| it["status"]["availableReplicas"] == 1).await;
}
