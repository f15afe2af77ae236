//! The webhook of azure-workload-identity, which AKS installs on a cluster with workload identity. The sandbox serves it to the
//! cluster's API server on loopback, and registers it there as the real one is registered.
//!
//! Source: <https://github.com/Azure/azure-workload-identity>, `manifest_staging/charts/workload-identity-webhook`; the messages
//! are those of `admission.k8s.io/v1` (Kubernetes, "Dynamic Admission Control").

use std::net::Ipv4Addr;
use std::path::Path;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use azlab_clock::Clock;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::Method;
use serde_json::{Value, json};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::client::{Body, Client, ClientError};
use crate::serve::{ServeOptions, TlsIdentity, serve};
use crate::services::workload_identity::{LABEL, WEBHOOK, mutate};

/// Where its configuration is in the API server.
const CONFIGURATION: &str = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/azure-wi-webhook-mutating-webhook-configuration";
/// Where the webhook answers.
const PATH: &str = "/mutate-v1-pod";
/// Who owns the fields of the configuration.
const MANAGER: &str = "azure-wi-webhook";
/// A Pod that is never kept: what the API server makes of it tells whether it asks the webhook.
const PROBE: &str = "/api/v1/namespaces/default/pods?dryRun=All";

/// The webhook of one cluster; dropped, it answers no more.
pub(super) struct Webhook {
    url: String,
    /// PEM.
    authority: String,
    _stop: DropGuard,
}

impl Webhook {
    /// Serves it with a certificate of the sandbox's authority, whose directory is `dir`. `client` reads service accounts.
    ///
    /// # Errors
    /// Why it cannot be served, for people.
    pub async fn serve(dir: &Path, client: Client) -> Result<Self, String> {
        let tls = TlsIdentity::load_or_create(dir, Clock::real().now()).map_err(|error| error.to_string())?;
        let authority = tls.authority_pem().to_owned();
        let router = Router::new().route(PATH, post(review)).with_state(client);
        let stop = CancellationToken::new();
        let options = ServeOptions::new((Ipv4Addr::LOCALHOST, 0).into(), Some(tls), 1.0);
        let server = serve(router, options, stop.clone()).await.map_err(|error| error.to_string())?;
        Ok(Self { url: format!("{}{PATH}", server.url()), authority, _stop: stop.drop_guard() })
    }

    /// Registers it, in the place of one that an earlier start has registered.
    pub async fn register(&self, client: &Client) -> Result<(), ClientError> {
        let path = format!("{CONFIGURATION}?fieldManager={MANAGER}&force=true");
        client.send(Method::PATCH, &path, Body::Apply, &self.configuration()).await.map(drop)
    }

    fn configuration(&self) -> Value {
        let name = CONFIGURATION.rsplit('/').next();
        json!({
            "apiVersion": "admissionregistration.k8s.io/v1",
            "kind": "MutatingWebhookConfiguration",
            "metadata": {"name": name, "labels": {"azure-workload-identity.io/system": "true"}},
            "webhooks": [{
                "name": WEBHOOK,
                "admissionReviewVersions": ["v1"],
                "clientConfig": {"url": self.url, "caBundle": STANDARD.encode(&self.authority)},
                "failurePolicy": "Fail",
                "matchPolicy": "Equivalent",
                "objectSelector": {"matchLabels": {LABEL: "true"}},
                "reinvocationPolicy": "IfNeeded",
                "rules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}],
                "sideEffects": "None",
            }],
        })
    }
}

/// Takes the registration away, if there is one.
pub(super) async fn unregister(client: &Client) -> Result<(), ClientError> {
    match client.send(Method::DELETE, CONFIGURATION, Body::Object, &json!({})).await {
        Err(error) if error.status() != Some(404) => Err(error),
        _ => Ok(()),
    }
}

/// Whether the API server asks the webhook: it learns of a registration from a watch of its own.
pub(super) async fn is_asked(client: &Client) -> bool {
    let probe = json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": "azure-wi-webhook-probe", "labels": {LABEL: "true"}},
        "spec": {"containers": [{"name": "probe", "image": "probe"}]},
    });
    let tried = client.send(Method::POST, PROBE, Body::Object, &probe).await;
    tried.is_ok_and(|pod| pod["spec"]["containers"][0]["env"].is_array())
}

/// Answers an AdmissionReview.
async fn review(State(client): State<Client>, body: Bytes) -> Response {
    let review: Value = serde_json::from_slice(&body).unwrap_or_default();
    let request = &review["request"];
    let mut response = match reviewed(&client, request).await {
        Ok(patch) if patch.is_empty() => json!({"allowed": true}),
        Ok(patch) => json!({
            "allowed": true, "patchType": "JSONPatch", "patch": STANDARD.encode(Value::from(patch).to_string()),
        }),
        Err(why) => json!({"allowed": false, "status": {"code": 400, "message": why}}),
    };
    response["uid"] = request["uid"].clone();
    let answer = json!({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": response});
    ([(CONTENT_TYPE, "application/json")], answer.to_string()).into_response()
}

/// How the Pod of a request is changed, as a JSON patch; an error is why it is refused.
async fn reviewed(client: &Client, request: &Value) -> Result<Vec<Value>, String> {
    let before = &request["object"];
    let text =
        |value: &Value, otherwise: &str| value.as_str().filter(|text| !text.is_empty()).unwrap_or(otherwise).to_owned();
    // A Pod that a controller makes does not name its namespace.
    let namespace = text(&request["namespace"], "default");
    let name = text(&before["spec"]["serviceAccountName"], "default");
    let account = client.get(&format!("/api/v1/namespaces/{namespace}/serviceaccounts/{name}")).await;
    let account = account.map_err(|error| error.to_string())?;
    let mut after = before.clone();
    mutate(&account, &mut after)?;
    let changed = ["initContainers", "containers", "volumes"].into_iter().filter(|list| {
        let (before, after) = (&before["spec"][list], &after["spec"][list]);
        before != after
    });
    // "add" takes the place of a member that is there (RFC 6902).
    Ok(changed
        .map(|list| json!({"op": "add", "path": format!("/spec/{list}"), "value": after["spec"][list]}))
        .collect())
}
