//! A real API server, held to the same bodies as the embedded one.

use std::future::Future;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::pin::Pin;

use azlab_sandbox::{Clock, ControlPlanes, SUBSCRIPTION_ID, Sandbox};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::{Value, json};

use super::bodies;
use super::lab;
use super::server::Server;

/// The service's seconds in a real one: nobody waits for a cluster.
const SPEED: f64 = 600.0;

/// The program, or `None`, with a message; that fails where it is required.
pub fn program(test: &str) -> Option<PathBuf> {
    let built = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/kubernetes/azlab-kubernetes");
    let path = std::env::var_os("AZLAB_KUBERNETES").map_or_else(built, PathBuf::from);
    if path.is_file() {
        return Some(path);
    }
    let missing =
        format!("{} does not exist; bash tests/kubernetes/install target/kubernetes builds it", path.display());
    assert!(std::env::var_os("AZLAB_KUBERNETES_REQUIRED").is_none(), "{missing}");
    // Not by eprintln!, which nobody sees of a test that passes.
    let _ = writeln!(std::io::stderr(), "{test}: skipped, {missing}");
    None
}

async fn ask(sandbox: &Sandbox, method: &str, path: &str, body: &Value) -> Value {
    let bytes = if body.is_null() { Bytes::new() } else { Bytes::from(body.to_string()) };
    let request = http::Request::builder().method(method).uri(path).header("authorization", sandbox.bearer().unwrap());
    let answer = sandbox.handle(request.header("content-type", "application/json").body(bytes).unwrap()).await;
    assert!(answer.status().is_success(), "{} {:?}", answer.status(), answer.body());
    serde_json::from_slice(answer.body()).unwrap_or_default()
}

/// A client by a kubeconfig's certificate.
fn server(kubeconfig: &str) -> Server {
    let field = |name: &str| {
        let line = kubeconfig.lines().find_map(|line| line.trim_start().strip_prefix(&format!("{name}: ")));
        line.unwrap_or_else(|| panic!("no {name} in {kubeconfig}")).to_owned()
    };
    let pem = |name: &str| STANDARD.decode(field(name)).unwrap();
    let authority = reqwest::Certificate::from_pem(&pem("certificate-authority-data")).unwrap();
    let builder = || reqwest::Client::builder().tls_certs_only([authority.clone()]).no_proxy();
    let both = [pem("client-certificate-data"), pem("client-key-data")].concat();
    Server {
        client: builder().identity(reqwest::Identity::from_pem(&both).unwrap()).build().unwrap(),
        stranger: builder().build().unwrap(),
        url: field("server"),
        token: String::new(),
    }
}

type Body = for<'a> fn(&'a Server) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

macro_rules! listed {
    ($($body:ident),* $(,)?) => {
        const BODIES: &[(&str, Body)] = &[$((stringify!($body), |server| Box::pin(bodies::$body(server)))),*];
    };
}

bodies::all!(listed);

#[tokio::test]
async fn the_real_api_server_answers_as_the_bodies_say() {
    let Some(program) = program("the real API server") else { return };
    let directory = tempfile::tempdir().unwrap();
    let sandbox = Sandbox::in_memory(Clock::scaled(Clock::real().now(), SPEED)).unwrap();
    let planes = ControlPlanes::new(&program, directory.path(), |what| eprintln!("{what}")).unwrap();
    assert_eq!(planes.version().await.unwrap().as_deref(), Some("v1.34.3"));
    sandbox.use_control_planes(&planes);
    let group = format!("/subscriptions/{SUBSCRIPTION_ID}/resourceGroups/lab");
    ask(&sandbox, "PUT", &format!("{group}?api-version=2021-04-01"), &json!({"location": "westeurope"})).await;
    let cluster = format!("{group}/providers/Microsoft.ContainerService/managedClusters/aks");
    ask(&sandbox, "PUT", &format!("{cluster}?api-version=2025-08-01"), &lab::cluster()).await;
    sandbox.clock().sleep(std::time::Duration::from_secs(340)).await;
    let credentials = format!("{cluster}/listClusterAdminCredential?api-version=2025-08-01");
    let listed = ask(&sandbox, "POST", &credentials, &Value::Null).await;
    let kubeconfig = STANDARD.decode(listed["kubeconfigs"][0]["value"].as_str().unwrap()).unwrap();
    let kubeconfig = String::from_utf8(kubeconfig).unwrap();
    let profile = format!("{cluster}/accessProfiles/clusterAdmin/listCredential?api-version=2025-08-01");
    let profile = ask(&sandbox, "POST", &profile, &Value::Null).await;
    assert_eq!(profile["properties"]["kubeConfig"], listed["kubeconfigs"][0]["value"], "of the same API server");
    // One server for all of them, and each to its end, so that one difference does not hide another.
    let mut failed = Vec::new();
    for (name, body) in BODIES {
        let kubeconfig = kubeconfig.clone();
        let ran = tokio::spawn(async move { body(&server(&kubeconfig)).await }).await;
        if ran.is_err() {
            failed.push(*name);
        }
    }
    planes.stop().await;
    assert_eq!(failed, Vec::<&str>::new(), "the real API server answers otherwise: what it said is above");
}
