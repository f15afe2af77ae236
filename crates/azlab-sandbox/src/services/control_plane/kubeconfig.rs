//! The kubeconfigs of a control plane: of its parts.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::endpoint::Endpoint;

/// The kubeconfig of a part, as `user`. JSON is YAML.
pub(super) fn of_part(endpoint: &Endpoint, user: &str, certificate: &str, key: &str) -> String {
    let encoded = |text: &str| STANDARD.encode(text);
    json!({
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "own", "cluster": {
            "server": endpoint.url(),
            "certificate-authority-data": endpoint.authority_data(),
        }}],
        "users": [{"name": user, "user": {
            "client-certificate-data": encoded(certificate),
            "client-key-data": encoded(key),
        }}],
        "contexts": [{"name": "own", "context": {"cluster": "own", "user": user}}],
        "current-context": "own",
    })
    .to_string()
}
