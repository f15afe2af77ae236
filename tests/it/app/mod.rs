//! `azlab app`, whole: against the API server of a sandbox's cluster, with an attendee's kubectl beside it.

mod attendee;
mod connected;
mod cut;
mod deployed;
mod entra;
mod own_manifests;
mod refused;
mod staged;
mod troubled;
mod verified;

use azlab::outcome::Exit;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::Method;
use serde_json::{Value, json};

use crate::provision::fixture::{Azure, CLUSTER};
use crate::provision::ran::Ran;

/// The application of the only lab, as JSON.
#[track_caller]
fn app(ran: &Ran) -> Value {
    let app = serde_json::to_value(&ran.lab().details).unwrap()["app"].take();
    assert!(app.is_object(), "nothing is told of the application: {:#?}", ran.lab());
    app
}

/// The objects to which that was done.
#[track_caller]
fn objects(ran: &Ran, action: &str) -> Vec<String> {
    let of = |one: &Value| format!("{} {}", one["kind"].as_str().unwrap(), one["name"].as_str().unwrap());
    let app = app(ran);
    let all = app["objects"].as_array().cloned().unwrap_or_default();
    all.iter().filter(|one| one["action"] == action).map(of).collect()
}

/// Asserts that it ended well, and says why if it did not.
#[track_caller]
fn well(ran: Ran) -> Ran {
    assert_eq!(ran.exit(), Exit::Done, "{:#?}\n{:#?}", ran.lab().error, ran.lab().details.app);
    ran
}

/// An attendee's own tools on a cluster: they have its credentials, and their own names as managers of fields.
struct Kubectl<'a> {
    azure: &'a Azure,
    server: String,
    token: String,
}

impl<'a> Kubectl<'a> {
    async fn of(azure: &'a Azure) -> Self {
        let path = CLUSTER.replace('?', "/listClusterUserCredential?");
        let got = azure.send(Method::POST, &path, None).await;
        let text = got.body["kubeconfigs"][0]["value"].as_str().expect("a kubeconfig").to_owned();
        let text = String::from_utf8(STANDARD.decode(text).unwrap()).unwrap();
        let line = |key: &str| {
            let line = text.lines().find_map(|line| line.trim().strip_prefix(key)).expect(key);
            line.trim().to_owned()
        };
        Self { azure, server: line("server:"), token: line("token:") }
    }

    async fn send(&self, method: Method, path: &str, body: Option<(&str, &Value)>) -> (u16, Value) {
        let mut request = http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.server))
            .header("authorization", format!("Bearer {}", self.token));
        if let Some((content_type, _)) = body {
            request = request.header("content-type", content_type);
        }
        let body = body.map_or_else(Bytes::new, |(_, body)| Bytes::from(body.to_string()));
        let (parts, body) = self.azure.sandbox.handle(request.body(body).unwrap()).await.into_parts();
        (parts.status.as_u16(), serde_json::from_slice(&body).unwrap_or_default())
    }

    /// What is there; `None` if nothing is.
    async fn get(&self, path: &str) -> Option<Value> {
        let (status, body) = self.send(Method::GET, path, None).await;
        match status {
            200 => Some(body),
            404 => None,
            _ => panic!("GET {path}: {status} {body}"),
        }
    }

    /// Creates an object, as `kubectl apply` does with one that is not there.
    async fn create(&self, list: &str, manager: &str, mut object: Value) {
        object["metadata"]["annotations"]["kubectl.kubernetes.io/last-applied-configuration"] =
            object.to_string().into();
        let path = format!("{list}?fieldManager={manager}");
        let (status, body) = self.send(Method::POST, &path, Some(("application/json", &object))).await;
        assert_eq!(status, 201, "{body}");
    }

    /// Changes an object, as `kubectl edit`, `scale` and `apply` do.
    async fn patch(&self, object: &str, manager: &str, patch: &Value) {
        let path = format!("{object}?fieldManager={manager}");
        let strategic = "application/strategic-merge-patch+json";
        let (status, body) = self.send(Method::PATCH, &path, Some((strategic, patch))).await;
        assert_eq!(status, 200, "{body}");
    }
}

const DEPLOYMENTS: &str = "/apis/apps/v1/namespaces/default/deployments";
const SECRETS: &str = "/api/v1/namespaces/default/secrets";
const CONFIG_MAPS: &str = "/api/v1/namespaces/default/configmaps";
const SERVICE_ACCOUNTS: &str = "/api/v1/namespaces/default/serviceaccounts";

fn at(list: &str, name: &str) -> String {
    format!("{list}/{name}")
}

/// The ai-service as the workshop's text has it deployed with a key.
fn by_the_text(container: &str, key: &str) -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "ai-service", "annotations": {}},
        "spec": {
            "replicas": 1,
            "selector": {"matchLabels": {"app": "ai-service"}},
            "template": {
                "metadata": {"labels": {"app": "ai-service"}},
                "spec": {"containers": [{
                    "name": container,
                    "image": "ghcr.io/azure-samples/aks-store-demo/ai-service:latest",
                    "ports": [{"containerPort": 5001}],
                    "env": [{"name": "USE_AZURE_OPENAI", "value": "True"}, {"name": "OPENAI_API_KEY", "value": key}],
                    "resources": {"limits": {"cpu": "30m", "memory": "65Mi"}},
                }]},
            },
        },
    })
}
