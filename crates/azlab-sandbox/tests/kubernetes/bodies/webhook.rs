//! What azure-workload-identity's webhook does, as kubernetes.md recorded it of version 1.6.0.

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

    let plain = server.post(&pods, &pod("plain", "false", json!({}))).await.ok();
    assert!(!plain["spec"].to_string().contains("azure-identity-token"), "{plain:#}");
    let wrong = json!({"azure.workload.identity/service-account-token-expiration": "60"});
    let refused = server.post(&pods, &pod("wrong", "true", wrong)).await;
    let says =
        "admission webhook \"mutation.azure-workload-identity.io\" denied the request: token expiration 60 not valid";
    assert!(refused.status == 400 && refused.body["message"].as_str().unwrap().contains(says), "{}", refused.text);
}
