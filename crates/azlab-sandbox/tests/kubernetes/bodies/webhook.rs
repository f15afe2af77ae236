//! What azure-workload-identity's webhook does, as kubernetes.md recorded it of version 1.6.0. The facts are written down here once
//! more, and come from no constant of the sandbox.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::server::Server;

/// The variables and the projected token, for containers that want them; a Pod without the label has nothing of it.
pub async fn a_labelled_pod_gets_its_identity_s_token(server: &Server) {
    let namespace = server.namespace().await;
    let accounts = format!("/api/v1/namespaces/{namespace}/serviceaccounts");
    let annotations = json!({"azure.workload.identity/client-id": "c-1"});
    server.post(&accounts, &json!({"metadata": {"name": "ai", "annotations": annotations}})).await.ok();
    let pods = format!("/api/v1/namespaces/{namespace}/pods");
    let pod = |name: &str, label: &str, annotations: Value| {
        json!({
            "metadata": {"name": name, "labels": {"azure.workload.identity/use": label}, "annotations": annotations},
            "spec": {
                "serviceAccountName": "ai",
                "initContainers": [{"name": "first", "image": "a:1"}],
                "containers": [
                    {"name": "own", "image": "a:1", "env": [{"name": "AZURE_TENANT_ID", "value": "mine"}]},
                    {"name": "skipped", "image": "a:1"},
                ],
            },
        })
    };
    let skip = json!({"azure.workload.identity/skip-containers": "skipped"});
    let made = server.post(&pods, &pod("labelled", "true", skip)).await.ok();
    let variables = |container: &Value| {
        let env = container["env"].as_array().cloned().unwrap_or_default();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        env.iter().map(|one| (text(&one["name"]), text(&one["value"]))).collect::<std::collections::BTreeMap<_, _>>()
    };
    let first = variables(&made["spec"]["initContainers"][0]);
    let file = "/var/run/secrets/azure/wi/token/azure-identity-token";
    assert_eq!(first["AZURE_CLIENT_ID"], "c-1");
    assert_eq!((first["AZURE_FEDERATED_TOKEN_FILE"].as_str(), first.len()), (file, 4), "{first:?}");
    assert_eq!(first["AZURE_AUTHORITY_HOST"], "https://login.microsoftonline.com/");
    let own = variables(&made["spec"]["containers"][0]);
    assert_eq!((own["AZURE_TENANT_ID"].as_str(), own.len()), ("mine", 4), "what is there already stays: {own:?}");
    assert!(variables(&made["spec"]["containers"][1]).is_empty(), "{made:#}");

    let volumes = made["spec"]["volumes"].as_array().unwrap();
    let reserved = |volume: &&Value| volume["name"].as_str().unwrap().starts_with("azure-workload-identity-reserved-");
    let volume = volumes.iter().find(reserved).unwrap_or_else(|| panic!("{made:#}"));
    assert_eq!(
        volume["projected"]["sources"][0]["serviceAccountToken"],
        json!({"audience": "api://AzureADTokenExchange", "expirationSeconds": 3600, "path": "azure-identity-token"})
    );
    let mounts = made["spec"]["containers"][0]["volumeMounts"].as_array().unwrap();
    let mount = mounts.iter().find(|mount| mount["name"] == volume["name"]).unwrap_or_else(|| panic!("{made:#}"));
    assert!(file.starts_with(mount["mountPath"].as_str().unwrap()) && mount["readOnly"] == true, "{mount}");

    assert!(
        made["spec"]["containers"][1]["volumeMounts"]
            .as_array()
            .is_none_or(|all| all.iter().all(|one| one["name"] != volume["name"]))
    );

    let plain = server.post(&pods, &pod("plain", "false", json!({}))).await.ok();
    assert!(!plain["spec"].to_string().contains("azure-identity-token"), "{plain:#}");
    let wrong = json!({"azure.workload.identity/service-account-token-expiration": "60"});
    let refused = server.post(&pods, &pod("wrong", "true", wrong)).await;
    let says =
        "admission webhook \"mutation.azure-workload-identity.io\" denied the request: token expiration 60 not valid";
    assert!(refused.status == 400 && refused.body["message"].as_str().unwrap().contains(says), "{}", refused.text);
}

const ENVIRONMENT: [&str; 4] =
    ["AZURE_AUTHORITY_HOST", "AZURE_CLIENT_ID", "AZURE_FEDERATED_TOKEN_FILE", "AZURE_TENANT_ID"];

fn environment(container: &Value) -> BTreeMap<String, String> {
    let env = container["env"].as_array().cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    env.iter().map(|one| (text(&one["name"]), text(&one["value"]))).collect()
}

/// What is not the volume of a service account's own token, which every API server adds.
fn of_identity(spec: &Value) -> Vec<Value> {
    let volumes = spec["volumes"].as_array().cloned().unwrap_or_default();
    let is_reserved = |one: &Value| one["name"].as_str().unwrap().starts_with("azure-workload-identity-reserved-");
    volumes.into_iter().filter(is_reserved).collect()
}

/// Of the annotations: the account's tenant, the Pod's expiry before the account's, several containers left out.
pub async fn annotations_of_the_pod_and_of_its_account_change_what_the_webhook_gives(server: &Server) {
    let namespace = server.namespace().await;
    let accounts = format!("/api/v1/namespaces/{namespace}/serviceaccounts");
    let annotations = json!({
        "azure.workload.identity/client-id": "c-2",
        "azure.workload.identity/tenant-id": "t-2",
        "azure.workload.identity/service-account-token-expiration": "7200",
    });
    server.post(&accounts, &json!({"metadata": {"name": "ai", "annotations": annotations}})).await.ok();
    let pods = format!("/api/v1/namespaces/{namespace}/pods");
    let pod = |name: &str, account: &str, annotations: Value| {
        json!({
            "metadata": {"name": name, "labels": {"azure.workload.identity/use": "true"}, "annotations": annotations},
            "spec": {
                "serviceAccountName": account,
                "containers": [
                    {"name": "a", "image": "a:1", "volumeMounts": [{"name": "data", "mountPath": "/data"}]},
                    {"name": "b", "image": "a:1"},
                    {"name": "c", "image": "a:1"},
                ],
                "volumes": [{"name": "data", "emptyDir": {}}],
            },
        })
    };
    let expiry = |made: &Value| {
        let volumes = of_identity(&made["spec"]);
        assert_eq!(volumes.len(), 1, "{made:#}");
        volumes[0]["projected"]["sources"][0]["serviceAccountToken"]["expirationSeconds"].clone()
    };
    let made = server.post(&pods, &pod("account-s", "ai", json!({}))).await.ok();
    let first = environment(&made["spec"]["containers"][0]);
    assert_eq!(first.keys().collect::<Vec<_>>(), ENVIRONMENT);
    assert_eq!((first["AZURE_CLIENT_ID"].as_str(), first["AZURE_TENANT_ID"].as_str()), ("c-2", "t-2"));
    assert_eq!(expiry(&made), 7200);
    // What was there stays beside it.
    let mounts = made["spec"]["containers"][0]["volumeMounts"].as_array().unwrap();
    assert!(mounts.iter().any(|mount| mount["mountPath"] == "/data"), "{mounts:?}");
    assert!(made["spec"]["volumes"].as_array().unwrap().iter().any(|volume| volume["name"] == "data"), "{made:#}");

    let own = json!({
        "azure.workload.identity/service-account-token-expiration": "86400",
        "azure.workload.identity/skip-containers": "b;c",
    });
    let made = server.post(&pods, &pod("own", "ai", own)).await.ok();
    assert_eq!(expiry(&made), 86_400);
    let given = made["spec"]["containers"].as_array().unwrap().iter().map(|one| environment(one).len());
    assert_eq!(given.collect::<Vec<_>>(), [4, 0, 0]);

    // An account that names no identity: no client id, and the rest as ever.
    let made = server.post(&pods, &pod("nobody", "default", json!({}))).await.ok();
    let nobody = environment(&made["spec"]["containers"][0]);
    assert_eq!(nobody.keys().collect::<Vec<_>>(), [ENVIRONMENT[0], ENVIRONMENT[2], ENVIRONMENT[3]]);
    assert_eq!(expiry(&made), 3600);
}

/// A Pod that exists is left: the webhook is asked about new ones.
pub async fn a_pod_that_gets_the_label_later_gets_nothing(server: &Server) {
    let namespace = server.namespace().await;
    let pods = format!("/api/v1/namespaces/{namespace}/pods");
    let pod = json!({"metadata": {"name": "late"}, "spec": {"containers": [{"name": "a", "image": "a:1"}]}});
    server.post(&pods, &pod).await.ok();
    let label = json!({"metadata": {"labels": {"azure.workload.identity/use": "true"}}});
    let after = server.merge(&format!("{pods}/late"), &label).await.ok();
    assert_eq!(after["metadata"]["labels"]["azure.workload.identity/use"], "true");
    assert!(environment(&after["spec"]["containers"][0]).is_empty() && of_identity(&after["spec"]).is_empty());
}
