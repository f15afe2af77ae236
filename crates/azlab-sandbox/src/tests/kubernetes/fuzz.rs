//! Requests to an API server that no client would send: the answer is one of its own, and the cluster goes on.

use proptest::prelude::*;
use proptest::sample::select;

use super::super::fuzz::changes::{Change, apply, change};
use super::super::hostile::paused;
use super::controllers::deployment;
use super::*;

const JSON: &str = "application/json";
const KINDS: [&str; 8] = [
    JSON,
    "application/merge-patch+json",
    "application/strategic-merge-patch+json",
    "application/json-patch+json",
    "application/apply-patch+yaml",
    "application/vnd.kubernetes.protobuf",
    "text/plain",
    "",
];

/// A whole object of every kind that is written, with the path of its collection.
fn objects() -> Vec<(&'static str, Value)> {
    let mut web = deployment("web", "nginx:1.27", 2);
    web["metadata"]["labels"] = json!({"a": "b"});
    web["metadata"]["annotations"] = json!({"c": "d"});
    web["metadata"]["ownerReferences"] = json!([{"apiVersion": "v1", "kind": "Pod", "name": "p", "uid": "u"}]);
    web["spec"]["strategy"] =
        json!({"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": "25%"}});
    let container = &mut web["spec"]["template"]["spec"]["containers"][0];
    container["resources"] = json!({"limits": {"memory": "128Mi", "cpu": "50m"}, "requests": {"cpu": "0.1"}});
    container["env"] =
        json!([{"name": "A", "value": "1"}, {"name": "K", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}]);
    container["startupProbe"] =
        json!({"httpGet": {"path": "/", "port": 80}, "periodSeconds": 5, "failureThreshold": 3});
    container["readinessProbe"] = json!({"tcpSocket": {"port": "http"}, "initialDelaySeconds": 1});
    container["volumeMounts"] = json!([{"name": "v", "mountPath": "/v"}]);
    web["spec"]["template"]["spec"]["volumes"] = json!([{"name": "v", "emptyDir": {}}]);
    let mut pod = json!({"metadata": {"name": "p", "labels": {"azure.workload.identity/use": "true"}}});
    pod["spec"] = web["spec"]["template"]["spec"].clone();
    pod["spec"]["initContainers"] = json!([{"name": "i", "image": "busybox:1"}]);
    let mut set = deployment("db", "rabbitmq:3", 1);
    set["kind"] = "StatefulSet".into();
    set["spec"]["volumeClaimTemplates"] = json!([{"metadata": {"name": "d"}, "spec": {
        "accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}},
    }}]);
    let service = json!({"metadata": {"name": "web"}, "spec": {
        "type": "LoadBalancer", "selector": {"app": "web"}, "ports": [{"name": "http", "port": 80, "targetPort": "http"}],
    }});
    vec![
        ("/apis/apps/v1/namespaces/default/deployments", web),
        ("/apis/apps/v1/namespaces/default/statefulsets", set),
        ("/api/v1/namespaces/default/pods", pod),
        ("/api/v1/namespaces/default/services", service),
        (
            "/api/v1/namespaces/default/configmaps",
            json!({"metadata": {"name": "c"}, "data": {"k": "v"}, "immutable": false}),
        ),
        (
            "/api/v1/namespaces/default/secrets",
            json!({"metadata": {"name": "s"}, "stringData": {"k": "v"}, "type": "Opaque"}),
        ),
        ("/api/v1/namespaces/default/serviceaccounts", json!({"metadata": {"name": "ai"}})),
        ("/api/v1/namespaces", json!({"metadata": {"name": "n", "finalizers": ["a/b"]}})),
        (
            "/api/v1/namespaces/default/serviceaccounts/default/token",
            json!({"spec": {"audiences": ["a"], "expirationSeconds": 600}}),
        ),
        (
            "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
            json!({"spec": {"resourceAttributes": {"verb": "get", "resource": "pods"}}}),
        ),
    ]
}

#[derive(Clone, Debug)]
struct Step {
    method: Method,
    path: String,
    kind: &'static str,
    body: String,
    wait: u64,
}

fn query() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => Just("fieldManager=f".to_owned()),
        2 => select(vec![
            "fieldManager=f&force=true", "dryRun=All", "dryRun=x", "watch=true&timeoutSeconds=1", "watch=1&resourceVersion=99999",
            "limit=1", "limit=-1", "continue=AAAA", "labelSelector=a%20in%20(b", "labelSelector=%00", "fieldSelector=metadata.name",
            "propagationPolicy=Orphan", "propagationPolicy=Foreground", "gracePeriodSeconds=-9223372036854775808",
            "gracePeriodSeconds=9223372036854775807", "fieldValidation=Strict", "resourceVersion=-1", "sendInitialEvents=true&watch=1",
            "timeoutSeconds=9223372036854775807&watch=true&resourceVersion=0", "includeObject=Object", "tailLines=-1&previous=true",
        ]).prop_map(str::to_owned),
    ]
}

fn written() -> impl Strategy<Value = Step> {
    let changes = proptest::collection::vec((0..60_usize, change()), 0..4);
    let method = select(vec![Method::POST, Method::PUT, Method::PATCH, Method::PATCH]);
    (select(objects()), changes, method, select(KINDS.to_vec()), query(), select(vec![0, 1, 30, 4000])).prop_map(
        |((path, mut body), changes, method, kind, query, wait)| {
            let name = body["metadata"]["name"].as_str().unwrap_or("default").to_owned();
            if let Some(body) = body.as_object_mut()
                && kind == "application/apply-patch+yaml"
            {
                let kind = Some(("apiVersion", "apps/v1")).filter(|_| path.starts_with("/apis/apps"));
                body.insert("apiVersion".into(), kind.map_or("v1", |(_, version)| version).into());
                body.entry("kind").or_insert_with(|| "ConfigMap".into());
            }
            for (mut at, change) in changes {
                apply(&mut body, &mut at, &change);
            }
            let path = if method == Method::POST { path.to_owned() } else { format!("{path}/{name}") };
            Step { method, path: format!("{path}?{query}"), kind, body: body.to_string(), wait }
        },
    )
}

fn wild() -> impl Strategy<Value = Step> {
    let words = vec![
        "api",
        "apis",
        "v1",
        "apps",
        "namespaces",
        "default",
        "pods",
        "p",
        "deployments",
        "web",
        "log",
        "status",
        "scale",
        "token",
        "finalize",
        "events",
        "nodes",
        "secrets",
        "s",
        "exec",
        "openapi",
        "v3",
        "version",
        "..",
        "%2f",
        "%00",
        "%ff",
        "batch",
        "jobs",
        "watch",
        "kube-system",
        "statefulsets",
        "db",
        "services",
        "authorization.k8s.io",
        "selfsubjectrulesreviews",
    ];
    let method = select(vec!["GET", "PUT", "POST", "PATCH", "DELETE", "HEAD", "OPTIONS"]);
    let path = proptest::collection::vec(select(words), 0..8);
    let body = prop_oneof![Just(String::new()), "[ -~]{0,40}", Just("[]".to_owned()), Just("{}".to_owned())];
    (method, path, query(), select(KINDS.to_vec()), body, select(vec![0, 60])).prop_map(
        |(method, path, query, kind, body, wait)| Step {
            method: Method::from_bytes(method.as_bytes()).unwrap(),
            path: format!("/{}?{query}", path.join("/")),
            kind,
            body,
            wait,
        },
    )
}

async fn run(cluster: &Cluster, step: &Step) -> Result<(), TestCaseError> {
    let request = http::Request::builder().method(&step.method).uri(format!("https://{}{}", cluster.host, step.path));
    let request =
        request.header("authorization", format!("Bearer {}", cluster.token)).header("content-type", step.kind);
    let Ok(request) = request.body(Bytes::from(step.body.clone())) else { return Ok(()) };
    let response = cluster.azure.sandbox.handle(request).await;
    let status = response.status().as_u16();
    if status >= 400 && step.method != Method::HEAD && response.body() != "404 page not found\n" {
        let body: Value = serde_json::from_slice(response.body()).unwrap_or_default();
        prop_assert_eq!(&body["kind"], "Status", "{:?}: {} {:?}", step, status, response.body());
        prop_assert_eq!(&body["code"], status, "{:?}", step);
        let text = body["message"].as_str().unwrap_or_default();
        prop_assert!(!text.is_empty() && !text.contains("Internal error"), "{step:?}: {text}");
    }
    cluster.azure.wait(step.wait).await;
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_comes_the_answer_is_a_status_and_the_cluster_goes_on(
        there in 0..9_usize,
        steps in proptest::collection::vec(prop_oneof![3 => written(), 1 => wild()], 1..12),
    ) {
        paused().block_on(async {
            let cluster = Cluster::new().await;
            for (path, body) in objects().into_iter().take(there) {
                cluster.post(path, body).await;
            }
            for step in &steps {
                run(&cluster, step).await?;
            }
            cluster.azure.wait(100).await;
            for list in ["/api/v1/pods", "/apis/apps/v1/deployments", "/api/v1/events"] {
                prop_assert_eq!(cluster.get(list).await.status, 200);
            }
            Ok(())
        })?;
    }
}

/// What is mutated is taken when it is not: otherwise refusals alone would be tried.
#[tokio::test(start_paused = true)]
async fn what_the_fuzzer_begins_with_is_taken() {
    let cluster = Cluster::new().await;
    for (path, body) in objects() {
        let made = cluster.post(path, body).await;
        assert_eq!(made.status, 201, "{path}: {}", made.body);
    }
}

#[tokio::test(start_paused = true)]
async fn no_wrong_value_at_any_place_of_any_object_is_more_than_refused() {
    let cluster = Cluster::new().await;
    for (path, body) in objects() {
        for value in [Value::Null, json!(-1), json!(u64::MAX), json!(""), json!([]), json!({}), json!([null])] {
            for mut at in 0.. {
                let mut changed = body.clone();
                apply(&mut changed, &mut at.clone(), &Change::Replace(json!("elsewhere")));
                if changed == body {
                    break;
                }
                let mut changed = body.clone();
                apply(&mut changed, &mut at, &Change::Replace(value.clone()));
                let step = Step {
                    method: Method::POST,
                    path: format!("{path}?dryRun=All"),
                    kind: JSON,
                    body: changed.to_string(),
                    wait: 0,
                };
                run(&cluster, &step).await.unwrap();
            }
        }
    }
}
