//! Kubeconfigs of a cluster.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::Method;
use serde_json::json;

use super::certificates::Certificates;
use super::{JSON, clusters};
use crate::arm::call::Call;
use crate::arm::failure::Failure;
use crate::arm::failure::Outcome;
use crate::arm::response::Answer;
use crate::state::store::Resource;

/// `POST …/listClusterUserCredential` and `…/listClusterAdminCredential`
pub(super) fn list(call: &Call<'_>, group: &Resource, name: &str, action: &str) -> Outcome {
    if *call.method != Method::POST {
        return Err(call.method_not_allowed());
    }
    let role = match action {
        "listclusteradmincredential" => "clusterAdmin",
        "listclusterusercredential" | "listclustermonitoringusercredential" => "clusterUser",
        _ => return Err(call.method_not_allowed()),
    };
    let cluster = clusters::find(call, group, name)?;
    if cluster.in_progress(call.now) && cluster.state == "Creating" {
        return Err(Failure::new(
            http::StatusCode::NOT_FOUND,
            "NotFound",
            format!("The credentials of managed cluster '{name}' are not available while it is being created."),
        )
        .flat());
    }
    let certificates = Certificates::of(&cluster.id, role).map_err(|error| {
        Failure::new(http::StatusCode::INTERNAL_SERVER_ERROR, "InternalError", format!("no certificate: {error}"))
    })?;
    let kubeconfig = STANDARD.encode(kubeconfig(&cluster, &group.name, role, &certificates));
    Ok(Answer::ok(json!({"kubeconfigs": [{"name": role, "value": kubeconfig}]})).header("content-type", JSON))
}

/// A kubeconfig as AKS writes them: the context has the cluster's name, the administrator's too (az adds `-admin`).
/// Certificates and token are not secrets: nothing in the sandbox takes them.
fn kubeconfig(cluster: &Resource, group: &str, role: &str, certificates: &Certificates) -> String {
    let name = &cluster.name;
    let fqdn = cluster.body["properties"]["fqdn"].as_str().unwrap_or_default();
    let user = format!("{role}_{group}_{name}");
    let mark = |what: &str| uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_OID, format!("{}/{what}", cluster.id).as_bytes());
    let Certificates { authority, client: certificate, client_key: key } = certificates;
    let token = mark(&format!("{role}/token")).simple();
    format!(
        "apiVersion: v1\nclusters:\n- cluster:\n    certificate-authority-data: {authority}\n    server: https://{fqdn}:443\n  \
         name: {name}\ncontexts:\n- context:\n    cluster: {name}\n    user: {user}\n  name: {name}\ncurrent-context: \
         {name}\nkind: Config\npreferences: {{}}\nusers:\n- name: {user}\n  user:\n    client-certificate-data: \
         {certificate}\n    client-key-data: {key}\n    token: {token}\n"
    )
}
