//! From a Pod's token to a model's answer, without a key: what kube-apiserver signs, Entra exchanges, and a role lets in.

use std::time::{Duration, Instant};

use azlab_sandbox::SUBSCRIPTION_ID;
use serde_json::{Value, json};

use super::cluster::{Cluster, NEVER, deployment};

pub(super) const SCOPE: &str = "https://cognitiveservices.azure.com/.default";

/// What a lab says of itself.
pub(super) fn outputs(cluster: &Cluster) -> Value {
    cluster.azlab(&["status", "--sandbox", "-o", "json"]).done().json()["labs"][0]["outputs"].clone()
}

/// The service account of the workshop's application.
fn service_account(client: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {
        "name": "ai-service-account", "annotations": {"azure.workload.identity/client-id": client}}})
}

/// A token of a Pod, asked for as its kubelet asks.
async fn token(cluster: &Cluster, account: &str, audience: &str, pod: Option<&Value>) -> String {
    let audience = format!("--audience={audience}");
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let mut words = vec!["create", "token", account, &audience, "--duration=3600s"];
    let bound = pod.map(|pod| {
        let metadata = &pod["metadata"];
        [
            format!("--bound-object-name={}", text(&metadata["name"])),
            format!("--bound-object-uid={}", text(&metadata["uid"])),
        ]
    });
    if let Some([name, uid]) = &bound {
        words.extend(["--bound-object-kind=Pod", name, uid]);
    }
    cluster.kubectl(&words).await.trim().to_owned()
}

#[tokio::test]
async fn a_pods_token_lets_it_use_the_model_by_its_identitys_role_alone() {
    // So fast that an hour of a token has passed in the sandbox before the test is over.
    let Some(cluster) = Cluster::new("the chain", "600") else { return };
    cluster.connect();
    let outputs = outputs(&cluster);
    let of = |name: &str| outputs[name].as_str().unwrap_or_else(|| panic!("{name}: {outputs:#}")).to_owned();
    let client = of("identity_client_id");
    cluster.apply(&service_account(&client)).await;
    let mut ai = deployment("ai-service", "ghcr.io/azure-samples/aks-store-demo/ai-service:2.2.0");
    ai["spec"]["template"]["metadata"]["labels"]["azure.workload.identity/use"] = "true".into();
    ai["spec"]["template"]["spec"]["serviceAccountName"] = "ai-service-account".into();
    cluster.apply(&ai).await;
    cluster
        .until(&["deployment", "ai-service"], "an available Deployment", |it| it["status"]["availableReplicas"] == 1)
        .await;

    // What the Pod has is what the webhook gave it.
    let pods = cluster.get(&["pods", "-l", "app=ai-service"]).await;
    let pod = &pods["items"][0];
    let env = |name: &str| {
        let env = pod["spec"]["containers"][0]["env"].as_array().unwrap();
        env.iter().find(|one| one["name"] == name).unwrap_or_else(|| panic!("{name}: {env:?}"))["value"].clone()
    };
    assert_eq!(env("AZURE_CLIENT_ID"), client);
    let volume = pod["spec"]["volumes"].as_array().unwrap().iter().find_map(|volume| {
        volume["projected"]["sources"].as_array()?.iter().find_map(|source| {
            let source = source.get("serviceAccountToken")?;
            (source["path"] == "azure-identity-token").then(|| source.clone())
        })
    });
    let volume = volume.unwrap_or_else(|| panic!("no projected token: {pod:#}"));
    let audience = volume["audience"].as_str().unwrap();

    let assertion = token(&cluster, "ai-service-account", audience, Some(pod)).await;
    let granted = cluster.exchange(&client, &assertion, SCOPE).await;
    let access = granted["access_token"].as_str().unwrap_or_else(|| panic!("{granted:#}"));
    let endpoint = url::Url::parse(&of("openai_endpoint")).unwrap();
    let (host, model) = (endpoint.host_str().unwrap(), of("openai_deployment"));
    let (status, answer) = cluster.ask(host, &model, access).await;
    assert_eq!(status, 200, "{answer:#}");
    assert!(answer["choices"][0]["message"]["content"].as_str().is_some_and(|text| !text.is_empty()), "{answer:#}");

    // Another service account, another audience.
    let code = |refused: &Value| refused["error_codes"][0].as_u64();
    cluster.kubectl(&["create", "serviceaccount", "another"]).await;
    let other = token(&cluster, "another", audience, None).await;
    assert_eq!(code(&cluster.exchange(&client, &other, SCOPE).await), Some(700_213));
    let other = token(&cluster, "ai-service-account", "api://Another", None).await;
    assert_eq!(code(&cluster.exchange(&client, &other, SCOPE).await), Some(700_212));

    // Without the role the same token is refused.
    remove_role(&cluster, &of("identity_principal_id")).await;
    let began = Instant::now();
    loop {
        let (status, refused) = cluster.ask(host, &model, access).await;
        if status != 200 {
            assert_eq!((status, &refused["error"]["code"]), (401, &json!("PermissionDenied")), "{refused:#}");
            break;
        }
        // The two processes' clocks run at 600 seconds a second, and are some milliseconds apart.
        assert!(began.elapsed() < NEVER, "the role is gone, and the token still lets in");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn sandbox_token_is_one_that_the_api_server_takes_for_its_own_and_the_key_is_its_own() {
    let Some(cluster) = Cluster::new("the issuer's key", "600") else { return };
    cluster.connect();
    cluster.kubectl(&["create", "serviceaccount", "web"]).await;
    // Its uid is made up, so the API server knows the signature and not the account; another key's it would not know.
    let made = cluster.azlab(&["sandbox", "token", "--service-account", "default/web", "-o", "json"]).done().json();
    let review = json!({"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": {
        "token": made["token"], "audiences": ["api://AzureADTokenExchange"]}});
    let said = cluster.kubectl_with(&["create", "-o", "json", "-f", "-"], &review.to_string()).await.done().stdout;
    let said: Value = serde_json::from_str(&said).unwrap();
    let error = said["status"]["error"].as_str().unwrap_or_default();
    assert!(error.contains("UID"), "{said:#}");
    // The published keys are those that the API server itself publishes.
    let keys: Value = serde_json::from_str(&cluster.kubectl(&["get", "--raw", "/openid/v1/jwks"]).await).unwrap();
    let configuration: Value =
        serde_json::from_str(&cluster.kubectl(&["get", "--raw", "/.well-known/openid-configuration"]).await).unwrap();
    assert_eq!(configuration["issuer"], made["issuer"]);
    let published = cluster.published_keys(made["issuer"].as_str().unwrap()).await;
    for part in ["kid", "n", "e", "alg"] {
        assert_eq!(keys["keys"][0][part], published["keys"][0][part], "{part}");
    }
}

/// Takes every role assignment of the principal away.
async fn remove_role(cluster: &Cluster, principal: &str) {
    let request = async |method, path: &str| cluster.manage(method, path, &Value::Null).await;
    let list = format!(
        "/subscriptions/{SUBSCRIPTION_ID}/providers/Microsoft.Authorization/roleAssignments?api-version=2022-04-01&\
         $filter=principalId%20eq%20'{principal}'"
    );
    let found: Value = serde_json::from_slice(request(http::Method::GET, &list).await.body()).unwrap();
    let found = found["value"].as_array().unwrap_or_else(|| panic!("{found:#}"));
    assert!(!found.is_empty());
    for one in found {
        let path = format!("{}?api-version=2022-04-01", one["id"].as_str().unwrap());
        assert!(request(http::Method::DELETE, &path).await.status().is_success());
    }
}
