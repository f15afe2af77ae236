//! Who else has a say before an object is kept: its namespace, its service account, webhooks.

use serde_json::{Value, json};

use super::kinds::Kind;
use super::prepare::suffix;
use super::refusal::Refusal;
use super::world::World;
use crate::services::keyed_lists::add;
use crate::services::workload_identity::{self, WEBHOOK};

/// Admits a new object, or changes it.
///
/// # Errors
/// 403 or 404 by what is in its way.
pub(super) fn admit(world: &World<'_>, kind: &Kind, body: &mut Value) -> Result<(), Refusal> {
    let name = body["metadata"]["name"].as_str().unwrap_or_default().to_owned();
    if kind.namespaced {
        let namespace = body["metadata"]["namespace"].as_str().unwrap_or_default().to_owned();
        let namespaces =
            Kind::named("Namespace").and_then(|kind| world.get(kind, "", &namespace).transpose()).transpose()?;
        let Some(found) = namespaces else {
            let kind = Kind::named("Namespace").unwrap_or(kind);
            return Err(Refusal::not_found(kind, &namespace));
        };
        if found.is_deleting() {
            let why = format!("unable to create new content in namespace {namespace} because it is being terminated");
            return Err(Refusal::forbidden(kind, &name, &why));
        }
        if kind.kind == "Pod" {
            admit_pod(world, kind, &name, &namespace, body)?;
        }
    }
    refuse_by_webhook(world, kind, &name)
}

/// Has the webhooks of the scenario look at a change.
pub(super) fn review_update(world: &World<'_>, kind: &Kind, subresource: &str, body: &Value) -> Result<(), Refusal> {
    if subresource.is_empty() {
        return refuse_by_webhook(world, kind, body["metadata"]["name"].as_str().unwrap_or_default());
    }
    Ok(())
}

/// The admission webhook of the scenario that refuses.
fn refuse_by_webhook(world: &World<'_>, kind: &Kind, name: &str) -> Result<(), Refusal> {
    match world.settings.kubernetes.refusing_webhooks.iter().find(|webhook| webhook.refuses(kind.plural, name)) {
        None => Ok(()),
        Some(webhook) => {
            let message = format!("admission webhook \"{}\" denied the request: {}", webhook.name, webhook.message);
            Err(Refusal::new(403, "Forbidden", message))
        }
    }
}

fn admit_pod(world: &World<'_>, kind: &Kind, name: &str, namespace: &str, body: &mut Value) -> Result<(), Refusal> {
    let account = match body["spec"]["serviceAccountName"].as_str().filter(|account| !account.is_empty()) {
        Some(account) => account.to_owned(),
        None => {
            body["spec"]["serviceAccountName"] = "default".into();
            "default".to_owned()
        }
    };
    body["spec"]["serviceAccount"] = account.clone().into();
    let accounts =
        Kind::named("ServiceAccount").map(|kind| world.get(kind, namespace, &account)).transpose()?.flatten();
    let Some(found) = accounts else {
        let why =
            format!("error looking up service account {namespace}/{account}: serviceaccount \"{account}\" not found");
        return Err(Refusal::forbidden(kind, name, &why));
    };
    if body["spec"]["automountServiceAccountToken"] != false && found.body["automountServiceAccountToken"] != false {
        mount_account(world, body)?;
    }
    complete_pod(body);
    if !workload_identity::is_enabled(&world.cluster.body["properties"]) {
        return Ok(());
    }
    workload_identity::mutate(&found.body, body)
        .map_err(|why| Refusal::bad_request(format!("admission webhook \"{WEBHOOK}\" denied the request: {why}")))
}

/// Where a Pod finds the token of its service account.
const ACCOUNT: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

/// Mounts the token of the Pod's service account into each container that has nothing there.
fn mount_account(world: &World<'_>, body: &mut Value) -> Result<(), Refusal> {
    let volumes = body["spec"]["volumes"].as_array();
    let is_account = |volume: &&Value| volume["name"].as_str().is_some_and(|name| name.starts_with("kube-api-access-"));
    let there = volumes.and_then(|volumes| volumes.iter().find(is_account)).map(|volume| volume["name"].clone());
    let name = match there {
        Some(name) => name,
        None => format!("kube-api-access-{}", suffix(&world.new_uid()?.to_string())).into(),
    };
    let items = json!([{"key": "ca.crt", "path": "ca.crt"}]);
    let namespace = json!({"path": "namespace", "fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"}});
    let volume = json!({"name": name, "projected": {"defaultMode": 420, "sources": [
        {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
        {"configMap": {"name": "kube-root-ca.crt", "items": items}},
        {"downwardAPI": {"items": [namespace]}},
    ]}});
    add(&mut body["spec"], "volumes", "name", volume);
    for list in ["initContainers", "containers"] {
        for container in body["spec"].get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
            add(container, "volumeMounts", "mountPath", json!({"name": name, "readOnly": true, "mountPath": ACCOUNT}));
        }
    }
    Ok(())
}

/// What the API server's own plugins write into every Pod.
fn complete_pod(body: &mut Value) {
    for condition in ["not-ready", "unreachable"] {
        let key = format!("node.kubernetes.io/{condition}");
        let entry = json!({"key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300});
        add(&mut body["spec"], "tolerations", "key", entry);
    }
    if let Some(spec) = body.get_mut("spec").and_then(Value::as_object_mut) {
        spec.entry("priority").or_insert(0.into());
        spec.entry("preemptionPolicy").or_insert_with(|| "PreemptLowerPriority".into());
    }
}
