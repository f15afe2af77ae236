//! The embedded API server, held to the bodies.

use azlab_sandbox::serve::{CancellationToken, ServeOptions, TlsIdentity, serve};
use azlab_sandbox::{Clock, SUBSCRIPTION_ID, Sandbox};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::{Value, json};

use super::bodies;
use super::lab;
use super::server::Server;

/// The service's seconds in a real one: nobody waits for a cluster.
const SPEED: f64 = 300.0;

/// A served sandbox with one cluster. It ends with the value.
pub(super) struct Host {
    pub server: Server,
    pub kubeconfig: String,
    stop: CancellationToken,
}

impl Drop for Host {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// The text of a field of a kubeconfig.
fn field(kubeconfig: &str, name: &str) -> String {
    let line = kubeconfig.lines().find_map(|line| line.trim_start().strip_prefix(&format!("{name}: ")));
    line.unwrap_or_else(|| panic!("no {name} in {kubeconfig}")).to_owned()
}

async fn ask(client: &reqwest::Client, method: &str, url: &str, sandbox: &Sandbox, body: Value) -> Value {
    let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
    let mut request = client.request(method, url).header("authorization", sandbox.bearer().unwrap());
    if !body.is_null() {
        request = request.header("content-type", "application/json").body(Bytes::from(body.to_string()));
    }
    let text = request.send().await.unwrap().error_for_status().unwrap().text().await.unwrap();
    serde_json::from_str(&text).unwrap_or_default()
}

pub(super) async fn host() -> Host {
    let now = Clock::real().now();
    let sandbox = Sandbox::in_memory(Clock::scaled(now, SPEED)).unwrap();
    let tls = TlsIdentity::generate(now).unwrap();
    let options = ServeOptions::new("127.0.0.1:0".parse().unwrap(), Some(tls.clone()), SPEED);
    let stop = CancellationToken::new();
    let served = serve(sandbox.public_router(), options, stop.clone()).await.unwrap();
    let authority = reqwest::Certificate::from_pem(tls.authority_pem().as_bytes()).unwrap();
    let client = reqwest::Client::builder().tls_certs_only([authority]).no_proxy().build().unwrap();
    let group = format!("{}/subscriptions/{SUBSCRIPTION_ID}/resourceGroups/lab", served.url());
    let made = json!({"location": "westeurope"});
    ask(&client, "PUT", &format!("{group}?api-version=2021-04-01"), &sandbox, made).await;
    let cluster = format!("{group}/providers/Microsoft.ContainerService/managedClusters/aks");
    let version = "?api-version=2025-08-01";
    ask(&client, "PUT", &format!("{cluster}{version}"), &sandbox, lab::cluster()).await;
    sandbox.clock().sleep(std::time::Duration::from_secs(340)).await;
    let listed =
        ask(&client, "POST", &format!("{cluster}/listClusterAdminCredential{version}"), &sandbox, Value::Null).await;
    let kubeconfig = listed["kubeconfigs"][0]["value"].as_str().unwrap().to_owned();
    let kubeconfig = String::from_utf8(STANDARD.decode(kubeconfig).unwrap()).unwrap();
    let server = Server {
        stranger: client.clone(),
        client,
        url: field(&kubeconfig, "server"),
        token: field(&kubeconfig, "token"),
    };
    Host { server, kubeconfig, stop }
}

macro_rules! held_to {
    ($($body:ident),* $(,)?) => {$(
        #[tokio::test]
        async fn $body() {
            bodies::$body(&host().await.server).await;
        }
    )*};
}

bodies::all!(held_to);
