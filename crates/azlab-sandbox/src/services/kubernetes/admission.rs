//! Who else has a say before an object is kept: its namespace, its service account, webhooks.

use serde_json::Value;

use super::kinds::Kind;
use super::refusal::Refusal;
use super::workload_identity;
use super::world::World;

/// Admits a new object, or changes it.
///
/// # Errors
/// 403 or 404 by what is in its way.
pub(super) fn admit(
    world: &World<'_>,
    kind: &Kind,
    body: &mut Value,
    _warnings: &mut Vec<String>,
) -> Result<(), Refusal> {
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
    workload_identity::mutate(world, &found, body)
}
