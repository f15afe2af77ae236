//! A client in the sandbox's process.

use azlab_sandbox::signin::DEFAULT_CLIENT_ID;
use azlab_sandbox::{Durations, SUBSCRIPTION_ID, Sandbox, Settings};
use bytes::Bytes;
use serde_json::Value;

/// Settings under which nothing takes time, nothing is throttled, and there is room for everything.
pub fn quick() -> Settings {
    let durations = Durations {
        read: 0.0,
        group: 0.0,
        delete_call: 0.0,
        group_delete_empty: 0.0,
        group_delete_accounts: 0.0,
        group_delete_cluster: 0.0,
        cluster_put: 0.0,
        cluster_create: 0.0,
        cluster_update: 0.0,
        cluster_delete: 0.0,
        identity: 0.0,
        federated_credential: 0.0,
        account_put: 0.0,
        account_create: 0.0,
        account_delete: 0.0,
        account_purge: 0.0,
        deployment: 0.0,
        role_assignment: 0.0,
        ..Durations::default()
    };
    let usages = [
        "resourcegroups",
        "managedclusters",
        "ipv4standardskupublicipaddresses",
        "cores",
        "standarddsv5family",
        "openai.s0.accountcount",
        "openai.globalstandard.gpt-5-mini",
    ];
    let quota = usages.into_iter().map(|usage| (format!("*/{usage}"), 1_000_000_000)).collect();
    Settings { durations, throttling: false, late_principals_s: 0.0, quota, ..Settings::default() }
}

/// An `Authorization` header that holds for a day of the sandbox's clock.
pub fn bearer(sandbox: &Sandbox) -> String {
    bearer_for(sandbox, "https://management.azure.com")
}

/// The same for the data plane.
pub fn data_bearer(sandbox: &Sandbox) -> String {
    bearer_for(sandbox, "https://cognitiveservices.azure.com")
}

fn bearer_for(sandbox: &Sandbox, audience: &str) -> String {
    let application = sandbox.directory().application(DEFAULT_CLIENT_ID).expect("the sandbox's own application");
    let now = sandbox.clock().now();
    let lifetime = time::Duration::DAY;
    let token = sandbox.signer().issue(&application.principal, audience, now, lifetime);
    format!("Bearer {}", token.expect("a token").as_str())
}

/// Asks in process.
pub struct Client {
    pub sandbox: Sandbox,
    bearer: String,
}

impl Client {
    pub fn new(sandbox: Sandbox) -> Self {
        let bearer = bearer(&sandbox);
        Self { sandbox, bearer }
    }

    /// Sends to a path below the subscription; panics unless it is a success, for then nothing is measured.
    pub async fn send(&self, method: &str, path: &str, body: Option<&Value>) -> Value {
        let url = format!("https://management.azure.com/subscriptions/{SUBSCRIPTION_ID}{path}");
        let request = ::http::Request::builder().method(method).uri(url).header("authorization", &self.bearer);
        let request = match body {
            Some(body) => request.header("content-type", "application/json").body(Bytes::from(body.to_string())),
            None => request.body(Bytes::new()),
        };
        let response = self.sandbox.handle(request.expect("a request")).await;
        assert!(response.status().is_success(), "{method} {path}: {} {:?}", response.status(), response.body());
        serde_json::from_slice(response.body()).unwrap_or(Value::Null)
    }

    pub async fn get(&self, path: &str) -> Value {
        self.send("GET", path, None).await
    }

    pub async fn put(&self, path: &str, body: &Value) -> Value {
        self.send("PUT", path, Some(body)).await
    }
}

/// A runtime as azlab has it.
pub fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
}
