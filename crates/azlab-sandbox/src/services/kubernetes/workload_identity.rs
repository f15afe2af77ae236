//! What the azure-workload-identity webhook (1.6.0) does to Pods that carry its label.

use serde_json::{Value, json};

use super::admission::add;
use super::object::Object;
use super::refusal::Refusal;
use super::world::World;
use crate::ids::TENANT_ID;

const LABEL: &str = "azure.workload.identity/use";
const CLIENT_ID: &str = "azure.workload.identity/client-id";
const TENANT: &str = "azure.workload.identity/tenant-id";
const EXPIRATION: &str = "azure.workload.identity/service-account-token-expiration";
const SKIPPED: &str = "azure.workload.identity/skip-containers";

/// Where the token is mounted.
const FOLDER: &str = "/var/run/secrets/azure/wi/token";
const FILE: &str = "azure-identity-token";
const AUDIENCE: &str = "api://AzureADTokenExchange";
const AUTHORITY: &str = "https://login.microsoftonline.com/";

/// Puts the variables and the projected token into a Pod that asks for them, where the cluster has the webhook.
///
/// # Errors
/// 400 for an expiration that is no number of seconds that Kubernetes takes.
pub(super) fn mutate(world: &World<'_>, account: &Object, pod: &mut Value) -> Result<(), Refusal> {
    let profile = &world.cluster.body["properties"]["securityProfile"]["workloadIdentity"];
    if profile["enabled"] != true || pod["metadata"]["labels"][LABEL] != "true" {
        return Ok(());
    }
    let annotation = |of: &Value, name: &str| of["metadata"]["annotations"][name].as_str().map(str::to_owned);
    let expiration = annotation(pod, EXPIRATION).or_else(|| annotation(&account.body, EXPIRATION));
    let expiration: i64 = match expiration.as_deref().map(str::parse) {
        None => 3600,
        Some(Ok(seconds)) if (3600..=86_400).contains(&seconds) => seconds,
        Some(_) => {
            let message = format!(
                "admission webhook \"mutation.azure-workload-identity.io\" denied the request: the annotation {EXPIRATION} is a \
                 number of seconds from 3600 to 86400"
            );
            return Err(Refusal::bad_request(message));
        }
    };
    let client = annotation(&account.body, CLIENT_ID).unwrap_or_default();
    let tenant = annotation(&account.body, TENANT).unwrap_or_else(|| TENANT_ID.to_owned());
    let skipped = annotation(pod, SKIPPED).unwrap_or_default();
    let skipped: Vec<&str> = skipped.split(';').map(str::trim).collect();
    let Some(spec) = pod.get_mut("spec").and_then(Value::as_object_mut) else { return Ok(()) };
    for list in ["initContainers", "containers"] {
        for container in spec.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
            if container["name"].as_str().is_some_and(|name| skipped.contains(&name)) {
                continue;
            }
            let variables = [
                ("AZURE_CLIENT_ID", client.as_str()),
                ("AZURE_TENANT_ID", tenant.as_str()),
                ("AZURE_FEDERATED_TOKEN_FILE", &format!("{FOLDER}/{FILE}")),
                ("AZURE_AUTHORITY_HOST", AUTHORITY),
            ];
            for (name, value) in variables {
                // A variable that the container has already is left, and so is an empty client id out.
                add(container, "env", "name", json!({"name": name, "value": value}));
            }
            let mount = json!({"name": VOLUME, "mountPath": FOLDER, "readOnly": true});
            add(container, "volumeMounts", "mountPath", mount);
        }
    }
    let source = json!({"serviceAccountToken": {
        "audience": AUDIENCE, "expirationSeconds": expiration, "path": FILE,
    }});
    let volume = json!({"name": VOLUME, "projected": {"sources": [source], "defaultMode": 420}});
    add(&mut pod["spec"], "volumes", "name", volume);
    Ok(())
}

/// The volume's name.
const VOLUME: &str = "azure-workload-identity-reserved-token";
