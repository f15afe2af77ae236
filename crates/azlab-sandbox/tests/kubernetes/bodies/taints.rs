//! What taints of nodes do to Pods.

use serde_json::{Value, json};

use super::super::server::{Answer, Server};

/// Gives all nodes these taints, and no others.
async fn taint(server: &Server, taints: Value) {
    let nodes = server.get("/api/v1/nodes").await.ok();
    for node in nodes["items"].as_array().unwrap() {
        let path = format!("/api/v1/nodes/{}", node["metadata"]["name"].as_str().unwrap());
        server.merge(&path, &json!({"spec": {"taints": taints}})).await.ok();
    }
}

fn pod(name: &str, tolerations: Value) -> Value {
    json!({"metadata": {"name": name}, "spec": {
        "tolerations": tolerations, "containers": [{"name": "a", "image": "nginx:1.27"}]}})
}

fn is_placed(answer: &Answer) -> bool {
    answer.body["spec"]["nodeName"].is_string()
}

/// Taints keep Pods from nodes, but not those that tolerate them.
pub async fn a_tainted_node_takes_those_pods_alone_that_tolerate_it(server: &Server) {
    let namespace = server.namespace().await;
    let pods = format!("/api/v1/namespaces/{namespace}/pods");
    taint(server, json!([{"key": "kept", "value": "free", "effect": "NoSchedule"}])).await;
    server.post(&pods, &pod("refused", json!([]))).await.ok();
    server.post(&pods, &pod("other", json!([{"key": "kept", "value": "other"}]))).await.ok();
    server
        .post(&pods, &pod("tolerant", json!([{"key": "kept", "operator": "Exists", "effect": "NoSchedule"}])))
        .await
        .ok();
    server.until(&format!("{pods}/tolerant"), "it is placed", is_placed).await;
    for name in ["refused", "other"] {
        let waits = |answer: &Answer| {
            let conditions = answer.body["status"]["conditions"].as_array();
            conditions.into_iter().flatten().any(|one| {
                one["reason"] == "Unschedulable"
                    && one["message"].as_str().unwrap().contains("had untolerated taint(s)")
            })
        };
        let waiting = server.until(&format!("{pods}/{name}"), "it waits", waits).await;
        assert!(!is_placed(&waiting), "{}", waiting.text);
    }
    taint(server, Value::Null).await;
    server.until(&format!("{pods}/refused"), "it is placed then", is_placed).await;
}

/// At once, after the seconds for which they tolerate it, or not at all; and not if the taint is gone before that.
pub async fn a_new_no_execute_taint_takes_pods_away_unless_they_tolerate_it(server: &Server) {
    const SECONDS: i64 = 3;
    let namespace = server.namespace().await;
    let pods = format!("/api/v1/namespaces/{namespace}/pods");
    let tolerates = |seconds: Value| {
        let toleration =
            json!({"key": "drained", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": seconds});
        json!([toleration])
    };
    let all = [
        ("at-once", json!([{"key": "drained", "operator": "Exists", "effect": "NoSchedule"}])),
        ("later", tolerates(SECONDS.into())),
        ("much-later", tolerates(86_400.into())),
        ("never", tolerates(Value::Null)),
    ];
    for (name, tolerations) in all {
        let mut made = pod(name, tolerations);
        // So that it is seen while it goes.
        made["metadata"]["finalizers"] = json!(["azlab.test/seen"]);
        server.post(&pods, &made).await.ok();
        server.until(&format!("{pods}/{name}"), "it is placed", is_placed).await;
    }
    taint(server, json!([{"key": "drained", "value": "now", "effect": "NoExecute"}])).await;
    let is_going = |answer: &Answer| answer.body["metadata"]["deletionTimestamp"].is_string();
    // When it was decided: the timestamp of the deletion moves on while the Pod ends.
    let going = async |name: &str| {
        let gone = server.until(&format!("{pods}/{name}"), "it goes", is_going).await;
        let conditions = gone.body["status"]["conditions"].as_array().unwrap().clone();
        let why = conditions.iter().find(|one| one["type"] == "DisruptionTarget").unwrap();
        assert_eq!((&why["status"], &why["reason"]), (&json!("True"), &json!("DeletionByTaintManager")));
        let at = why["lastTransitionTime"].as_str().unwrap();
        time::OffsetDateTime::parse(at, &time::format_description::well_known::Rfc3339).unwrap().unix_timestamp()
    };
    let (first, second) = (going("at-once").await, going("later").await);
    assert!(second - first >= SECONDS, "{first} {second}");
    // Events are written beside the work that they tell of.
    let path = format!("/api/v1/namespaces/{namespace}/events");
    let told = |answer: &Answer, message: &str, name: &str| {
        answer.body["items"].as_array().unwrap().iter().any(|event| {
            event["reason"] == "TaintManagerEviction"
                && event["involvedObject"]["name"] == name
                && event["message"] == format!("{message} Pod {namespace}/{name}")
        })
    };
    for name in ["at-once", "later"] {
        server.until(&path, "it is told", |answer| told(answer, "Marking for deletion", name)).await;
    }
    taint(server, Value::Null).await;
    let cancelled = |answer: &Answer| told(answer, "Cancelling deletion of", "much-later");
    let events = server.until(&path, "it is told that it stays", cancelled).await;
    assert!(!told(&events, "Marking for deletion", "never"), "{}", events.text);
    for name in ["much-later", "never"] {
        assert!(!is_going(&server.get(&format!("{pods}/{name}")).await), "{name}");
    }
    for name in ["at-once", "later", "much-later", "never"] {
        server.merge(&format!("{pods}/{name}"), &json!({"metadata": {"finalizers": null}})).await.ok();
    }
}
