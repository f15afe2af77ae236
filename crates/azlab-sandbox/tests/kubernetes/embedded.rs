//! The embedded API server, held to the bodies.

use azlab_sandbox::serve::{CancellationToken, ServeOptions, TlsIdentity, serve};
use azlab_sandbox::{Clock, SUBSCRIPTION_ID, Sandbox};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::{Value, json};

use super::bodies;
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
    let body = json!({
        "location": "westeurope",
        "identity": {"type": "SystemAssigned"},
        "properties": {
            "dnsPrefix": "lab",
            "agentPoolProfiles": [{"name": "nodepool1", "count": 2, "vmSize": "Standard_DS2_v2", "mode": "System"}],
            "oidcIssuerProfile": {"enabled": true},
            "securityProfile": {"workloadIdentity": {"enabled": true}},
        },
    });
    ask(&client, "PUT", &format!("{cluster}{version}"), &sandbox, body).await;
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

held_to!(
    objects_are_made_changed_and_deleted,
    lists_go_by_selectors_and_pages,
    a_watch_tells_what_happens,
    an_old_version_is_gone_for_a_watch,
    apply_owns_what_it_sets_and_takes_away_what_it_no_longer_sets,
    apply_names_each_field_that_another_has_set,
    apply_after_kubectl_s_own_apply_leaves_two_of_what_should_be_one,
    what_an_update_changes_it_owns,
    a_dry_run_keeps_nothing,
    a_mistake_in_an_object_is_named,
    lists_merge_by_their_keys,
    a_deployment_becomes_available_and_goes_with_its_pods,
    who_is_deleted_in_the_foreground_waits_for_what_it_owns,
    orphans_stay,
    a_namespace_goes_with_what_is_in_it,
    tables_are_for_people,
    discovery_tells_what_there_is,
    a_service_account_gets_tokens,
    a_scale_is_a_number_of_replicas,
    who_shows_no_credential_is_not_let_in,
);
