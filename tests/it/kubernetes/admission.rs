//! Admission webhooks of the tests' own: one that does to labelled Pods what azure-workload-identity's does (version 1.6.0), and
//! one that refuses.

use std::path::Path;

use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::post;
use azlab_clock::Clock;
use azlab_sandbox::TENANT_ID;
use azlab_sandbox::serve::{CancellationToken, ServeOptions, TlsIdentity, serve};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::cluster::{Cluster, deployment, kubectl};

/// The label of Pods that want an identity, and the annotation of the service account that names it.
const LABEL: &str = "azure.workload.identity/use";
const CLIENT: &str = "azure.workload.identity/client-id";
/// Where the token is, since version 1.6.0.
const MOUNT: &str = "/var/run/secrets/azure/wi/token";
const FILE: &str = "azure-identity-token";
const VOLUME: &str = "azure-workload-identity-reserved-token";
/// What the one that refuses Deployments is called.
pub(super) const REFUSAL: &str = "refusal-of-deployments.azlab.test";

/// Webhooks that are served, until they are dropped.
pub(super) struct Webhooks<'a> {
    cluster: &'a Cluster,
    url: String,
    authority: String,
    stop: CancellationToken,
}

impl<'a> Webhooks<'a> {
    pub(super) async fn new(cluster: &'a Cluster) -> Self {
        let tls = TlsIdentity::generate(Clock::real().now()).unwrap();
        let file = cluster.world.path().join("webhooks.pem");
        tls.write_ca_file(&file).unwrap();
        let authority = STANDARD.encode(std::fs::read(file).unwrap());
        let (program, kubeconfig) = (super::program("a webhook").unwrap(), cluster.kubeconfig());
        let mutate = move |body: String| {
            let (program, kubeconfig) = (program.clone(), kubeconfig.clone());
            async move {
                let review: Value = serde_json::from_str(&body).unwrap();
                let patch = mutation(&review["request"]["object"], &program, &kubeconfig).await;
                json_of(&answer(&review, patch))
            }
        };
        let refuse = async |body: String| json_of(&refusal(&serde_json::from_str(&body).unwrap()));
        let router = axum::Router::new().route("/mutate", post(mutate)).route("/refuse", post(refuse));
        let stop = CancellationToken::new();
        let options = ServeOptions::new(([127, 0, 0, 1], 0).into(), Some(tls), 1.0);
        let server = serve(router, options, stop.clone()).await.unwrap();
        Self { cluster, url: server.url(), authority, stop }
    }

    /// Registers the one that mutates, as the real one is registered: what it cannot be asked is refused.
    pub(super) async fn register_workload_identity(&self) {
        let selector = json!({"matchLabels": {LABEL: "true"}});
        let kind = "MutatingWebhookConfiguration";
        self.register(kind, "mutation.azure-workload-identity.io", "mutate", &selector, ["", "v1", "pods"]).await;
        self.until_seen(&pod(&json!({LABEL: "true"})), VOLUME).await;
    }

    /// Registers the one that refuses Pods with the label `refused`.
    pub(super) async fn register_refusal(&self) {
        let selector = json!({"matchExpressions": [{"key": "refused", "operator": "Exists"}]});
        let kind = "ValidatingWebhookConfiguration";
        self.register(kind, "refusal.azlab.test", "refuse", &selector, ["", "v1", "pods"]).await;
        self.until_seen(&pod(&json!({"refused": ""})), "denied").await;
    }

    /// Registers the one that refuses to let the Deployment `name` be created.
    pub(super) async fn register_refusal_of(&self, name: &str) {
        let selector = json!({"matchLabels": {"app": name}});
        let kind = "ValidatingWebhookConfiguration";
        self.register(kind, REFUSAL, "refuse", &selector, ["apps", "v1", "deployments"]).await;
        let mut probe = deployment("probe", "probe");
        probe["metadata"]["labels"] = json!({"app": name});
        self.until_seen(&probe, "denied").await;
    }

    async fn register(&self, kind: &str, name: &str, path: &str, selector: &Value, of: [&str; 3]) {
        let [group, version, resource] = of;
        let object = json!({
            "apiVersion": "admissionregistration.k8s.io/v1",
            "kind": kind,
            "metadata": {"name": name},
            "webhooks": [{
                "name": name,
                "admissionReviewVersions": ["v1"],
                "sideEffects": "None",
                "failurePolicy": "Fail",
                "timeoutSeconds": 10,
                "clientConfig": {"url": format!("{}/{path}", self.url), "caBundle": self.authority},
                "objectSelector": selector,
                "rules": [{"apiGroups": [group], "apiVersions": [version], "operations": ["CREATE"], "resources": [resource]}],
            }],
        });
        self.cluster.apply(&object).await;
    }

    /// The API server learns of a webhook from a watch: a dry run that meets it, and no other, says when.
    async fn until_seen(&self, probe: &Value, says: &str) {
        loop {
            let create = ["create", "--dry-run=server", "-o", "json", "-f", "-"];
            let tried = self.cluster.kubectl_with(&create, &probe.to_string()).await;
            if format!("{}{}", tried.stdout, tried.stderr).contains(says) {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
    }

    /// Ends them: whoever asks gets no answer from now on.
    pub(super) fn stop(&self) {
        self.stop.cancel();
    }
}

impl Drop for Webhooks<'_> {
    fn drop(&mut self) {
        self.stop();
    }
}

fn pod(labels: &Value) -> Value {
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "probe", "labels": labels},
           "spec": {"containers": [{"name": "probe", "image": "probe"}]}})
}

fn json_of(answer: &Value) -> impl IntoResponse + use<> {
    ([(CONTENT_TYPE, "application/json")], answer.to_string())
}

/// The answer that lets an object in, changed by a patch.
fn answer(review: &Value, patch: Vec<Value>) -> Value {
    json!({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": {
        "uid": review["request"]["uid"],
        "allowed": true,
        "patchType": "JSONPatch",
        "patch": STANDARD.encode(Value::from(patch).to_string()),
    }})
}

fn refusal(review: &Value) -> Value {
    json!({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": {
        "uid": review["request"]["uid"],
        "allowed": false,
        "status": {"code": 403, "message": "images of this registry are not allowed"},
    }})
}

/// What a labelled Pod gets: the projected token, its mount in every container, and the variables that a container does not have.
async fn mutation(pod: &Value, program: &Path, kubeconfig: &Path) -> Vec<Value> {
    let account = pod["spec"]["serviceAccountName"].as_str().unwrap_or("default");
    let read = kubectl(program, kubeconfig, &["get", "serviceaccount", account, "-o", "json"], "").await;
    let account: Value = serde_json::from_str(&read.stdout).unwrap_or_default();
    let client = account["metadata"]["annotations"][CLIENT].as_str().unwrap_or_default().to_owned();
    let variables = [
        ("AZURE_CLIENT_ID", client),
        ("AZURE_TENANT_ID", TENANT_ID.to_owned()),
        ("AZURE_FEDERATED_TOKEN_FILE", format!("{MOUNT}/{FILE}")),
        ("AZURE_AUTHORITY_HOST", "https://login.microsoftonline.com/".to_owned()),
    ];
    let mut spec = pod["spec"].clone();
    let list = |value: &mut Value| value.as_array_mut().map(std::mem::take).unwrap_or_default();
    let mut volumes = list(&mut spec["volumes"]);
    volumes.push(json!({"name": VOLUME, "projected": {"defaultMode": 420, "sources": [{"serviceAccountToken": {
        "audience": "api://AzureADTokenExchange", "expirationSeconds": 3600, "path": FILE}}]}}));
    let mut patch = vec![json!({"op": "add", "path": "/spec/volumes", "value": volumes})];
    let mut containers = list(&mut spec["containers"]);
    for container in &mut containers {
        let mut env = list(&mut container["env"]);
        for (name, value) in &variables {
            if env.iter().all(|one| one["name"] != *name) {
                env.push(json!({"name": name, "value": value}));
            }
        }
        container["env"] = env.into();
        let mut mounts = list(&mut container["volumeMounts"]);
        mounts.push(json!({"name": VOLUME, "mountPath": MOUNT, "readOnly": true}));
        container["volumeMounts"] = mounts.into();
    }
    patch.push(json!({"op": "add", "path": "/spec/containers", "value": containers}));
    patch
}
