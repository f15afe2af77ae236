//! Who is let in, to what, and where nobody answers.

use super::*;
use crate::ids::SIGNED_IN_OBJECT_ID;

const NAMESPACES: &str = "/api/v1/namespaces";
const SERVER: &str = "6dae42f8-4368-4678-94ff-3960e28e3630";

fn with(change: impl FnOnce(&mut Value)) -> Value {
    let mut body = cluster();
    change(&mut body["properties"]);
    body
}

/// A cluster that lets people in by their tokens alone.
fn entra(azure_rbac: bool) -> Value {
    with(|properties| {
        properties["aadProfile"] = json!({"managed": true, "enableAzureRBAC": azure_rbac});
        properties["disableLocalAccounts"] = true.into();
    })
}

async fn ask(azure: &Client, host: &str, path: &str, bearer: &str) -> Got {
    let request = http::Request::get(format!("https://{host}{path}")).header("authorization", bearer);
    got(azure.sandbox.handle(request.body(Bytes::new()).unwrap()).await)
}

#[tokio::test(start_paused = true)]
async fn a_cluster_without_local_accounts_takes_entra_s_tokens_for_its_server_and_gives_no_others() {
    let (azure, host) = made(entra(true)).await;
    let admin = azure.send(Method::POST, &child(CLUSTER, "listClusterAdminCredential"), None).await;
    assert_eq!(admin.outcome(), (400, "BadRequest"));
    assert!(admin.body["message"].as_str().unwrap().contains("disable local accounts"), "{}", admin.body);
    let user = kubeconfig(&azure, "listClusterUserCredential").await;
    assert!(user.contains("command: kubelogin") && user.contains(SERVER) && !user.contains("token:"), "{user}");
    let token = azure.bearer_for(DEFAULT_CLIENT_ID, SERVER);
    let refused = ask(&azure, &host, NAMESPACES, &token).await;
    assert_eq!((refused.status.as_u16(), &refused.body["reason"]), (403, &json!("Forbidden")));
    let said = refused.body["message"].as_str().unwrap();
    let expected = format!(
        "namespaces is forbidden: User \"{SIGNED_IN_OBJECT_ID}\" cannot list resource \"namespaces\" in API group \"\" at the cluster scope: User does not have access to the resource in Azure."
    );
    assert!(said.starts_with(&expected), "{said}");
    assert_eq!(ask(&azure, &host, "/version", &token).await.status, 200, "whoever is known may ask what it is");
    assert_eq!(ask(&azure, &host, NAMESPACES, &azure.bearer()).await.status, 401, "a token for Resource Manager");
    let writer = "/resourceGroups/lab/providers/Microsoft.ContainerService/managedClusters/aks";
    // Azure Kubernetes Service RBAC Cluster Admin.
    azure.grant(SIGNED_IN_OBJECT_ID, writer, "b1ff04bb-8a4e-4dc4-8eb5-8693973ce19b").await;
    assert_eq!(ask(&azure, &host, NAMESPACES, &token).await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn a_reader_in_azure_reads_and_no_more() {
    let (azure, host) = made(entra(true)).await;
    let scope = "/resourceGroups/lab/providers/Microsoft.ContainerService/managedClusters/aks";
    azure.grant(SIGNED_IN_OBJECT_ID, scope, "7f6c6a51-bcf8-42ba-9220-52d62157d7db").await;
    let token = azure.bearer_for(DEFAULT_CLIENT_ID, SERVER);
    let maps = "/api/v1/namespaces/default/configmaps";
    assert_eq!(ask(&azure, &host, maps, &token).await.status, 200);
    assert_eq!(ask(&azure, &host, "/api/v1/namespaces/default/secrets", &token).await.status, 403);
    let request = http::Request::post(format!("https://{host}{maps}")).header("authorization", &token);
    let refused = azure.sandbox.handle(request.body(Bytes::from_static(b"{}")).unwrap()).await;
    assert_eq!(refused.status(), 403);
}

#[tokio::test(start_paused = true)]
async fn without_azure_s_roles_the_administrators_group_decides() {
    let (azure, host) = made(entra(false)).await;
    let token = azure.bearer_for(DEFAULT_CLIENT_ID, SERVER);
    let refused = ask(&azure, &host, NAMESPACES, &token).await;
    assert!(refused.body["message"].as_str().unwrap().ends_with("at the cluster scope"), "{}", refused.body);
}

#[tokio::test(start_paused = true)]
async fn the_name_of_a_stopped_private_or_deleted_cluster_leads_nowhere() {
    let unreachable = async |azure: &Client, host: &str| {
        let request = http::Request::get(format!("https://{host}/version")).body(Bytes::new()).unwrap();
        let response = azure.sandbox.handle(request).await;
        response.extensions().get::<crate::Unreachable>().map(|why| why.reason.clone())
    };
    let (azure, host) = made(cluster()).await;
    let nowhere = Some(format!("lookup {host}: no such host"));
    assert_eq!(unreachable(&azure, &host).await, None);
    azure.send(Method::POST, &child(CLUSTER, "stop"), None).await;
    assert_eq!(unreachable(&azure, &host).await, nowhere);
    azure.wait(200).await;
    azure.send(Method::POST, &child(CLUSTER, "start"), None).await;
    assert_eq!(unreachable(&azure, &host).await, nowhere, "it starts");
    azure.wait(200).await;
    assert_eq!(unreachable(&azure, &host).await, None);
    azure.delete(CLUSTER).await;
    azure.wait(600).await;
    assert_eq!(unreachable(&azure, &host).await, nowhere);
    let private = with(|properties| properties["apiServerAccessProfile"] = json!({"enablePrivateCluster": true}));
    let (azure, host) = made(private).await;
    assert!(unreachable(&azure, &host).await.is_some());
    assert!(unreachable(&azure, "nobody.hcp.westeurope.azmk8s.io").await.is_some());
}

#[tokio::test(start_paused = true)]
async fn what_a_cluster_keeps_goes_with_it_and_is_not_found_in_the_next_one_of_its_name() {
    let cluster = Cluster::new().await;
    let maps = "/api/v1/namespaces/default/configmaps";
    assert_eq!(cluster.post(maps, json!({"metadata": {"name": "mine"}})).await.status, 201);
    let rows = || {
        let db = cluster.azure.sandbox.connection();
        db.query_row("SELECT COUNT(*) FROM kube_objects", [], |row| row.get::<_, i64>(0)).unwrap()
    };
    assert!(rows() > 5);
    cluster.azure.delete(CLUSTER).await;
    cluster.azure.wait(600).await;
    assert_eq!(cluster.azure.put(CLUSTER, super::super::cluster()).await.status, 201);
    assert_eq!(rows(), 0, "nothing is left of it");
    cluster.azure.wait(400).await;
    let host = cluster.azure.get(CLUSTER).await.body["properties"]["fqdn"].as_str().unwrap().to_owned();
    let token = field(&kubeconfig(&cluster.azure, "listClusterAdminCredential").await, "token");
    assert_ne!(token, cluster.token, "neither is its credential");
    let old = format!("Bearer {}", cluster.token);
    assert_eq!(ask(&cluster.azure, &host, maps, &old).await.status, 401);
    let listed = ask(&cluster.azure, &host, maps, &format!("Bearer {token}")).await;
    assert_eq!(listed.body["items"].as_array().unwrap().len(), 1, "the authority's alone: {}", listed.body);
}

#[tokio::test(start_paused = true)]
async fn a_token_of_a_service_account_is_taken_by_the_sandbox_s_entra() {
    let cluster = Cluster::new().await;
    let azure = &cluster.azure;
    assert_eq!(azure.put(IDENTITY, json!({"location": "westeurope"})).await.status, 201);
    let issuer =
        azure.get(CLUSTER).await.body["properties"]["oidcIssuerProfile"]["issuerURL"].as_str().unwrap().to_owned();
    let credential = json!({"properties": {
        "issuer": issuer, "subject": "system:serviceaccount:default:ai", "audiences": ["api://AzureADTokenExchange"],
    }});
    azure.put(&child(IDENTITY, "federatedIdentityCredentials/fic"), credential).await;
    azure.wait(10).await;
    cluster.post("/api/v1/namespaces/default/serviceaccounts", json!({"metadata": {"name": "ai"}})).await;
    let asked = json!({"spec": {"audiences": ["api://AzureADTokenExchange"]}});
    let made = cluster.post("/api/v1/namespaces/default/serviceaccounts/ai/token", asked).await;
    let assertion = made.body["status"]["token"].as_str().unwrap();
    let client = azure.get(IDENTITY).await.body["properties"]["clientId"].as_str().unwrap().to_owned();
    let form = format!(
        "grant_type=client_credentials&client_id={client}&client_assertion={assertion}&scope=https://management.azure.com/.default&\
         client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    );
    let path = format!("/{}/oauth2/v2.0/token", crate::ids::TENANT_ID);
    let request = http::Request::post(path)
        .header("host", "localhost:8443")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(form.into());
    let exchanged = azure.served_raw(request.unwrap()).await;
    assert_eq!(exchanged.status, 200, "{}", exchanged.body);
}
