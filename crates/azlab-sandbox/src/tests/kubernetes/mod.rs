//! A cluster's API server as a client sees it.

mod access;
mod controllers;
mod fuzz;
mod objects;
mod watching;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::*;

/// A cluster that is ready, and how to get at it.
pub(super) struct Cluster {
    pub azure: Client,
    pub host: String,
    pub token: String,
}

/// The text of a field of a kubeconfig.
pub(super) fn field(kubeconfig: &str, name: &str) -> String {
    let line = kubeconfig.lines().find_map(|line| line.trim_start().strip_prefix(&format!("{name}: ")));
    line.unwrap_or_else(|| panic!("no {name} in {kubeconfig}")).to_owned()
}

/// A cluster that is ready, and the host of its API server.
async fn made(body: Value) -> (Client, String) {
    let azure = Client::new();
    azure.sandbox.control().change_settings(|settings| settings.throttling = false).unwrap();
    azure.group().await;
    assert_eq!(azure.put(CLUSTER, body).await.status, 201);
    azure.wait(400).await;
    let host = azure.get(CLUSTER).await.body["properties"]["fqdn"].as_str().unwrap().to_owned();
    (azure, host)
}

impl Cluster {
    pub async fn new() -> Self {
        Self::of(cluster()).await
    }

    pub async fn of(body: Value) -> Self {
        let (azure, host) = made(body).await;
        let kubeconfig = kubeconfig(&azure, "listClusterAdminCredential").await;
        Self { token: field(&kubeconfig, "token"), azure, host }
    }

    pub async fn send(&self, method: Method, path: &str, kind: &str, body: &Value) -> Got {
        let bytes = if body.is_null() { String::new() } else { body.to_string() };
        got(self.raw(method, path, kind, &self.token, bytes).await)
    }

    pub async fn raw(
        &self,
        method: Method,
        path: &str,
        kind: &str,
        token: &str,
        body: String,
    ) -> http::Response<Bytes> {
        let request = http::Request::builder()
            .method(method)
            .uri(format!("https://{}{path}", self.host))
            .header("authorization", format!("Bearer {token}"))
            .header("content-type", kind);
        self.azure.sandbox.handle(request.body(Bytes::from(body)).unwrap()).await
    }

    pub async fn get(&self, path: &str) -> Got {
        self.send(Method::GET, path, "", &Value::Null).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Got {
        self.send(Method::POST, path, "application/json", &body).await
    }

    pub async fn put(&self, path: &str, body: Value) -> Got {
        self.send(Method::PUT, path, "application/json", &body).await
    }

    pub async fn delete(&self, path: &str) -> Got {
        self.send(Method::DELETE, path, "", &Value::Null).await
    }

    pub async fn apply(&self, path: &str, manager: &str, body: Value) -> Got {
        let mark = if path.contains('?') { '&' } else { '?' };
        let path = format!("{path}{mark}fieldManager={manager}");
        self.send(Method::PATCH, &path, "application/apply-patch+yaml", &body).await
    }
}

/// The kubeconfig that an action of the cluster gives.
pub(super) async fn kubeconfig(azure: &Client, action: &str) -> String {
    let listed = azure.send(Method::POST, &child(CLUSTER, action), None).await;
    let value = listed.body["kubeconfigs"][0]["value"].as_str().unwrap_or_else(|| panic!("{}", listed.body)).to_owned();
    String::from_utf8(STANDARD.decode(value).unwrap()).unwrap()
}
