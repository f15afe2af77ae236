//! The service as a client sees it.

mod access;
mod accounts;
mod api_versions;
mod beside;
mod bodies;
mod by_itself;
mod calendar;
mod catalogue;
mod clients;
mod cluster_commands;
mod clusters;
mod coverage;
mod custom_roles;
mod directory;
mod documented;
mod etags;
mod faults;
mod fuzz;
mod groups;
mod hostile;
mod identities;
mod imports;
mod key_vaults;
mod kubernetes;
mod limits;
mod locks;
mod managed_identity;
mod metadata;
mod openai;
mod operations;
mod people;
mod policies;
mod pools;
mod prices;
mod projects;
mod quotas;
mod recorded;
mod refusals;
mod resource_graph;
mod roles;
mod scenarios;
mod sdk;
mod shapes;
mod sign_in;
mod state;
mod subscriptions;
mod told_back;
mod workload_identity;

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use time::macros::datetime;
use tower::ServiceExt as _;

use crate::ids::SUBSCRIPTION_ID;
use crate::sandbox::Sandbox;
use crate::services::signin::DEFAULT_CLIENT_ID;
use azlab_clock::Clock;

/// A client with a sandbox of its own, begun in April 2026.
struct Client {
    sandbox: Sandbox,
}

/// What came back.
struct Got {
    status: StatusCode,
    headers: HeaderMap,
    body: Value,
}

impl Got {
    /// The code of an error, wrapped or flat.
    fn code(&self) -> &str {
        let error = if self.body["error"].is_object() { &self.body["error"] } else { &self.body };
        error["code"].as_str().unwrap_or_default()
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// Status and code, for assertions.
    fn outcome(&self) -> (u16, &str) {
        (self.status.as_u16(), self.code())
    }
}

impl Client {
    fn new() -> Self {
        let sandbox = Sandbox::in_memory(Clock::scaled(datetime!(2026-04-20 08:00 UTC), 1.0)).unwrap();
        sandbox.control().keep_model_open("gpt-35-turbo", "0125").unwrap();
        Self { sandbox }
    }

    /// Sends to a path below the subscription, or to an absolute URL.
    async fn send(&self, method: Method, path: &str, body: Option<Value>) -> Got {
        let url = if path.starts_with("https:") {
            path.to_owned()
        } else {
            format!("https://management.azure.com/subscriptions/{SUBSCRIPTION_ID}{path}")
        };
        let mut request = http::Request::builder().method(method).uri(url).header("authorization", self.bearer());
        if body.is_some() {
            request = request.header("content-type", "application/json");
        }
        let bytes = body.map_or_else(Bytes::new, |body| Bytes::from(body.to_string()));
        got(self.sandbox.handle(request.body(bytes).unwrap()).await)
    }

    /// A fresh token for Resource Manager.
    fn bearer(&self) -> String {
        self.bearer_for(DEFAULT_CLIENT_ID, "https://management.azure.com")
    }

    /// A fresh token of an application for any audience.
    fn bearer_for(&self, client_id: uuid::Uuid, audience: &str) -> String {
        let application = self.sandbox.directory().application(client_id).unwrap();
        let now = self.sandbox.token_clock().now();
        let lifetime = time::Duration::HOUR;
        let token = self.sandbox.signer().issue(&application.principal, audience, now, lifetime).unwrap();
        format!("Bearer {}", token.as_str())
    }

    /// Sends to what stands beside Resource Manager at a served address, `https://localhost:8443`, with a token for
    /// `audience` unless that is empty.
    async fn served(&self, method: Method, path: &str, audience: &str, body: impl Into<axum::body::Body>) -> Got {
        let mut request = http::Request::builder().method(method).uri(path).header("host", "localhost:8443");
        if !audience.is_empty() {
            request = request.header("authorization", self.bearer_for(DEFAULT_CLIENT_ID, audience));
        }
        self.served_raw(request.body(body.into()).unwrap()).await
    }

    async fn served_raw(&self, request: http::Request<axum::body::Body>) -> Got {
        let Ok(response) = self.sandbox.public_router().oneshot(request).await;
        let (parts, body) = response.into_parts();
        got(http::Response::from_parts(parts, body.collect().await.unwrap().to_bytes()))
    }

    async fn get(&self, path: &str) -> Got {
        self.send(Method::GET, path, None).await
    }

    async fn put(&self, path: &str, body: Value) -> Got {
        self.send(Method::PUT, path, Some(body)).await
    }

    async fn delete(&self, path: &str) -> Got {
        self.send(Method::DELETE, path, None).await
    }

    /// Lets seconds pass on the service's clock.
    async fn wait(&self, seconds: u64) {
        self.sandbox.clock().sleep(std::time::Duration::from_secs(seconds)).await;
    }

    async fn group(&self) {
        let made = self.put(GROUP, json!({"location": "westeurope", "tags": {"azlab-lab": "x"}})).await;
        assert_eq!(made.status, 201);
    }

    async fn account(&self) {
        assert_eq!(self.put(ACCOUNT, account()).await.status, 201);
        self.wait(17).await;
    }
}

fn got(response: http::Response<Bytes>) -> Got {
    let (parts, body) = response.into_parts();
    Got { status: parts.status, headers: parts.headers, body: serde_json::from_slice(&body).unwrap_or(Value::Null) }
}

const GROUP: &str = "/resourceGroups/lab?api-version=2021-04-01";
const CLUSTER: &str =
    "/resourceGroups/lab/providers/Microsoft.ContainerService/managedClusters/aks?api-version=2025-08-01";
const IDENTITY: &str =
    "/resourceGroups/lab/providers/Microsoft.ManagedIdentity/userAssignedIdentities/ident?api-version=2023-01-31";
const ACCOUNT: &str =
    "/resourceGroups/lab/providers/Microsoft.CognitiveServices/accounts/openai1?api-version=2024-10-01";

/// The path of a child, before the query.
fn child(path: &str, tail: &str) -> String {
    path.replace('?', &format!("/{tail}?"))
}

fn cluster() -> Value {
    json!({
        "location": "westeurope",
        "identity": {"type": "SystemAssigned"},
        "properties": {
            "dnsPrefix": "lab",
            "agentPoolProfiles": [{"name": "nodepool1", "count": 2, "vmSize": "Standard_DS2_v2", "mode": "System"}],
            "oidcIssuerProfile": {"enabled": true},
            "securityProfile": {"workloadIdentity": {"enabled": true}},
        },
    })
}

/// A group with a cluster that is ready.
async fn with_cluster() -> Client {
    let azure = Client::new();
    azure.group().await;
    assert_eq!(azure.put(CLUSTER, cluster()).await.status, 201);
    azure.wait(400).await;
    azure
}

fn account() -> Value {
    json!({
        "location": "westeurope",
        "kind": "OpenAI",
        "sku": {"name": "S0"},
        "properties": {"customSubDomainName": "openai1"},
    })
}

fn deployment(model: &str, version: &str, capacity: Value) -> Value {
    json!({
        "sku": {"name": "Standard", "capacity": capacity},
        "properties": {"model": {"format": "OpenAI", "name": model, "version": version}},
    })
}
