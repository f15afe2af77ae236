//! What the webhook of azure-workload-identity (1.6.0) does to Pods that carry its label. Every API server of a cluster that has
//! workload identity does the same: the embedded one by itself, a real one by the webhook that the sandbox serves it.
//!
//! Source: <https://github.com/Azure/azure-workload-identity>, `pkg/webhook/webhook.go`.

use serde_json::{Value, json};

use super::keyed_lists::add;
use crate::ids::TENANT_ID;

/// The webhook, as refusals name it.
pub(super) const WEBHOOK: &str = "mutation.azure-workload-identity.io";
/// The label of a Pod that asks for an identity, with the value `true`.
pub(super) const LABEL: &str = "azure.workload.identity/use";

const CLIENT_ID: &str = "azure.workload.identity/client-id";
const TENANT: &str = "azure.workload.identity/tenant-id";
const EXPIRATION: &str = "azure.workload.identity/service-account-token-expiration";
const SKIPPED: &str = "azure.workload.identity/skip-containers";

/// Where the token is mounted, and by which volume.
const FOLDER: &str = "/var/run/secrets/azure/wi/token";
const FILE: &str = "azure-identity-token";
const VOLUME: &str = "azure-workload-identity-reserved-token";
const AUDIENCE: &str = "api://AzureADTokenExchange";
const AUTHORITY: &str = "https://login.microsoftonline.com/";

/// Seconds for which a token may be valid, and for which it is where nobody says otherwise.
const EXPIRATIONS: std::ops::RangeInclusive<i64> = 3600..=86_400;
const USUAL_EXPIRATION: i64 = 3600;

/// Whether a cluster has the webhook; `properties` are the cluster's in Resource Manager.
pub(super) fn is_enabled(properties: &Value) -> bool {
    properties["securityProfile"]["workloadIdentity"]["enabled"] == true
}

/// Puts the variables and the projected token of `account`, a ServiceAccount, into a Pod that asks for them.
///
/// # Errors
/// What the webhook says of an expiration that it does not take.
pub(super) fn mutate(account: &Value, pod: &mut Value) -> Result<(), String> {
    if pod["metadata"]["labels"][LABEL] != "true" {
        return Ok(());
    }
    let expiration = expiration(account, pod)?;
    let client = annotation(account, CLIENT_ID).unwrap_or_default();
    let tenant = annotation(account, TENANT).unwrap_or(TENANT_ID);
    let file = format!("{FOLDER}/{FILE}");
    // What is empty is left out.
    let variables: Vec<Value> = [
        ("AZURE_CLIENT_ID", client),
        ("AZURE_TENANT_ID", tenant),
        ("AZURE_FEDERATED_TOKEN_FILE", &file),
        ("AZURE_AUTHORITY_HOST", AUTHORITY),
    ]
    .into_iter()
    .filter(|(_, value)| !value.is_empty())
    .map(|(name, value)| json!({"name": name, "value": value}))
    .collect();
    let skipped = annotation(pod, SKIPPED).unwrap_or_default();
    let skipped: Vec<String> = skipped.split(';').map(|name| name.trim().to_owned()).collect();
    let Some(spec) = pod.get_mut("spec").and_then(Value::as_object_mut) else { return Ok(()) };
    for list in ["initContainers", "containers"] {
        for container in spec.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
            if container["name"].as_str().is_some_and(|name| skipped.iter().any(|skipped| skipped == name)) {
                continue;
            }
            // A variable that the container has already is left.
            variables.iter().for_each(|variable| add(container, "env", "name", variable.clone()));
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

/// Seconds for which the token is valid: the Pod's word, else its account's.
fn expiration(account: &Value, pod: &Value) -> Result<i64, String> {
    let said = [pod, account].into_iter().filter_map(|of| annotation(of, EXPIRATION)).find(|said| !said.is_empty());
    let Some(said) = said else { return Ok(USUAL_EXPIRATION) };
    let seconds: i64 = said.parse().map_err(|_| format!("strconv.ParseInt: parsing \"{said}\": invalid syntax"))?;
    if EXPIRATIONS.contains(&seconds) {
        return Ok(seconds);
    }
    let (least, most) = (EXPIRATIONS.start(), EXPIRATIONS.end());
    Err(format!("token expiration {seconds} not valid. Expected value to be between {least} and {most}"))
}

fn annotation<'a>(of: &'a Value, name: &str) -> Option<&'a str> {
    of["metadata"]["annotations"][name].as_str()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pod(annotations: &Value) -> Value {
        json!({"metadata": {"labels": {LABEL: "true"}, "annotations": annotations}, "spec": {
            "initContainers": [{"name": "first"}],
            "containers": [{"name": "own", "env": [{"name": "AZURE_TENANT_ID", "value": "mine"}]}, {"name": "proxy"}],
        }})
    }

    fn names(container: &Value) -> Vec<&str> {
        container["env"].as_array().into_iter().flatten().filter_map(|one| one["name"].as_str()).collect()
    }

    #[test]
    fn every_container_that_is_not_skipped_gets_the_variables_that_it_lacks_and_that_have_a_value() {
        let account = json!({"metadata": {"annotations": {CLIENT_ID: "c-1"}}});
        let mut changed = pod(&json!({SKIPPED: " proxy ; other"}));
        mutate(&account, &mut changed).unwrap();
        let four = ["AZURE_CLIENT_ID", "AZURE_TENANT_ID", "AZURE_FEDERATED_TOKEN_FILE", "AZURE_AUTHORITY_HOST"];
        assert_eq!(names(&changed["spec"]["initContainers"][0]), four);
        let own = &changed["spec"]["containers"][0];
        assert_eq!((names(own).len(), &own["env"][0]["value"]), (4, &json!("mine")));
        assert_eq!(changed["spec"]["containers"][1], json!({"name": "proxy"}));

        let mut anonymous = pod(&json!({}));
        mutate(&json!({}), &mut anonymous).unwrap();
        assert_eq!(names(&anonymous["spec"]["initContainers"][0]), four[1..], "no client id, no variable of it");
    }

    #[test]
    fn a_pod_without_the_label_is_left() {
        let mut plain = pod(&json!({}));
        plain["metadata"]["labels"][LABEL] = "false".into();
        let before = plain.clone();
        mutate(&json!({}), &mut plain).unwrap();
        assert_eq!(plain, before);
    }

    #[test]
    fn a_token_lasts_as_the_pod_says_else_as_its_account_says_else_an_hour() {
        let account = |said: &str| json!({"metadata": {"annotations": {EXPIRATION: said}}});
        let lasts = |account: &Value, annotations: Value| {
            let mut pod = pod(&annotations);
            mutate(account, &mut pod)?;
            Ok::<_, String>(
                pod["spec"]["volumes"][0]["projected"]["sources"][0]["serviceAccountToken"]["expirationSeconds"]
                    .clone(),
            )
        };
        assert_eq!(lasts(&json!({}), json!({})).unwrap(), 3600);
        assert_eq!(lasts(&account("7200"), json!({})).unwrap(), 7200);
        assert_eq!(lasts(&account("7200"), json!({EXPIRATION: "86400"})).unwrap(), 86_400);
        assert_eq!(lasts(&account("7200"), json!({EXPIRATION: ""})).unwrap(), 7200);
        assert!(lasts(&account("3599"), json!({})).unwrap_err().contains("between 3600 and 86400"));
        assert!(lasts(&json!({}), json!({EXPIRATION: "an hour"})).unwrap_err().contains("invalid syntax"));
    }
}
