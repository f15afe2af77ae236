//! Admission webhooks of the tests' own, which refuse. That of workload identity is the sandbox's.

use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::post;
use azlab_clock::Clock;
use azlab_sandbox::serve::{CancellationToken, ServeOptions, TlsIdentity, serve};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::cluster::{Cluster, comes, deployment};

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
        let refuse = async |body: String| json_of(&refusal(&serde_json::from_str(&body).unwrap()));
        let router = axum::Router::new().route("/refuse", post(refuse));
        let stop = CancellationToken::new();
        let options = ServeOptions::new(([127, 0, 0, 1], 0).into(), Some(tls), 1.0);
        let server = serve(router, options, stop.clone()).await.unwrap();
        Self { cluster, url: server.url(), authority, stop }
    }

    /// Registers the one that refuses Pods with the label `refused`.
    pub(super) async fn register_refusal(&self) {
        let selector = json!({"matchExpressions": [{"key": "refused", "operator": "Exists"}]});
        self.register("refusal.azlab.test", &selector, ["", "v1", "pods"]).await;
        self.until_seen(&pod(&json!({"refused": ""})), "denied").await;
    }

    /// Registers the one that refuses to let the Deployment `name` be created.
    pub(super) async fn register_refusal_of(&self, name: &str) {
        let selector = json!({"matchLabels": {"app": name}});
        self.register(REFUSAL, &selector, ["apps", "v1", "deployments"]).await;
        let mut probe = deployment("probe", "probe");
        probe["metadata"]["labels"] = json!({"app": name});
        self.until_seen(&probe, "denied").await;
    }

    async fn register(&self, name: &str, selector: &Value, of: [&str; 3]) {
        let [group, version, resource] = of;
        let object = json!({
            "apiVersion": "admissionregistration.k8s.io/v1",
            "kind": "ValidatingWebhookConfiguration",
            "metadata": {"name": name},
            "webhooks": [{
                "name": name,
                "admissionReviewVersions": ["v1"],
                "sideEffects": "None",
                "failurePolicy": "Fail",
                "timeoutSeconds": 10,
                "clientConfig": {"url": format!("{}/refuse", self.url), "caBundle": self.authority},
                "objectSelector": selector,
                "rules": [{"apiGroups": [group], "apiVersions": [version], "operations": ["CREATE"], "resources": [resource]}],
            }],
        });
        self.cluster.apply(&object).await;
    }

    /// The API server learns of a webhook from a watch: a dry run that meets it, and no other, says when.
    async fn until_seen(&self, probe: &Value, says: &str) {
        comes(says, async || {
            let create = ["create", "--dry-run=server", "-o", "json", "-f", "-"];
            let tried = self.cluster.kubectl_with(&create, &probe.to_string()).await;
            let told = format!("{}{}", tried.stdout, tried.stderr);
            if told.contains(says) { Ok(()) } else { Err(told) }
        })
        .await;
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

fn refusal(review: &Value) -> Value {
    json!({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": {
        "uid": review["request"]["uid"],
        "allowed": false,
        "status": {"code": 403, "message": "images of this registry are not allowed"},
    }})
}
