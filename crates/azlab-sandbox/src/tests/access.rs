use super::*;
use crate::faults::fault::{Fault, FaultKind};

#[tokio::test(start_paused = true)]
async fn a_call_without_a_token_is_challenged() {
    let azure = Client::new();
    let url = format!("https://management.azure.com/subscriptions/{SUBSCRIPTION_ID}?api-version=2021-04-01");
    let refused = got(azure.sandbox.handle(http::Request::get(url).body(Bytes::new()).unwrap()).await);
    assert_eq!(refused.outcome(), (401, "AuthenticationFailed"));
    assert!(refused.header("www-authenticate").starts_with("Bearer authorization_uri="));
}

#[tokio::test(start_paused = true)]
async fn subscriptions_versions_and_types_that_do_not_exist_are_refused() {
    let azure = Client::new();
    azure.group().await;
    let host = "https://management.azure.com/subscriptions";
    let cases = [
        (format!("{host}/00000000-0000-0000-0000-000000000000?api-version=2021-04-01"), 404, "SubscriptionNotFound"),
        (format!("{host}/nope?api-version=2021-04-01"), 400, "InvalidSubscriptionId"),
        ("/resourceGroups/lab".into(), 400, "MissingApiVersionParameter"),
        ("/resourceGroups/lab?api-version=soon".into(), 400, "InvalidApiVersionParameter"),
        (CLUSTER.replace("2025-08-01", "2023-01-02-preview"), 400, "NoRegisteredProviderFound"),
        (IDENTITY.replace("userAssigned", "teamAssigned"), 404, "InvalidResourceType"),
        (IDENTITY.replace("ManagedIdentity", "Nothing"), 404, "InvalidResourceNamespace"),
        ("https://management.azure.com/".into(), 400, "MissingApiVersionParameter"),
        ("https://management.azure.com/things".into(), 400, "MissingApiVersionParameter"),
        ("https://management.azure.com/things?api-version=2021-04-01".into(), 404, "NotFound"),
        ("/resourceGroups/my%20lab?api-version=2021-04-01".into(), 400, "InvalidResourceGroup"),
    ];
    for (path, status, code) in cases {
        assert_eq!(azure.get(&path).await.outcome(), (status, code), "{path}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_unknown_part_of_a_type_is_named_as_a_whole() {
    let azure = Client::new();
    azure.group().await;
    azure.put(IDENTITY, json!({"location": "westeurope"})).await;
    for part in ["bananas", "bananas/one"] {
        let refused = azure.get(&child(IDENTITY, part)).await;
        assert_eq!(refused.outcome(), (404, "InvalidResourceType"));
        let message = refused.body["error"]["message"].as_str().unwrap();
        assert!(message.starts_with("The resource type 'userAssignedIdentities/bananas' could not"), "{message}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_tenant_tells_its_providers_without_a_registration() {
    let azure = Client::new();
    let at = |path: &str| format!("https://management.azure.com/providers{path}?api-version=2021-04-01");
    let one = azure.get(&at("/microsoft.keyvault")).await;
    assert_eq!((one.status.as_u16(), &one.body["id"]), (200, &json!("/providers/Microsoft.KeyVault")));
    assert!(one.body["registrationState"].is_null() && one.body["resourceTypes"][0]["apiVersions"].is_array());
    assert!(azure.get(&at("")).await.body["value"].as_array().unwrap().len() > 200);
    assert_eq!(azure.get(&at("/Nobody.Here")).await.outcome(), (404, "InvalidResourceNamespace"));
}

#[tokio::test(start_paused = true)]
async fn an_unregistered_provider_takes_writes_after_its_registration() {
    let azure = Client::new();
    azure.group().await;
    azure.sandbox.control().unregister_provider("Microsoft.ContainerService").unwrap();
    let refused = azure.put(CLUSTER, cluster()).await;
    assert_eq!(refused.outcome(), (409, "MissingSubscriptionRegistration"));
    assert_eq!(refused.body["error"]["details"][0]["target"], "Microsoft.ContainerService");
    let provider = "/providers/Microsoft.ContainerService?api-version=2021-04-01";
    assert_eq!(azure.get(provider).await.body["registrationState"], "NotRegistered");
    let asked = azure.send(Method::POST, &child(provider, "register"), None).await;
    assert_eq!(asked.body["registrationState"], "Registering");
    azure.wait(30).await;
    assert_eq!(azure.get(provider).await.body["registrationState"], "Registered");
    assert_eq!(azure.put(CLUSTER, cluster()).await.status, 201);
}

#[tokio::test(start_paused = true)]
async fn paths_match_without_regard_to_case_and_ids_are_echoed() {
    let azure = Client::new();
    azure.group().await;
    let got = azure.get("/RESOURCEGROUPS/LAB?API-VERSION=2021-04-01").await;
    assert_eq!(got.body["name"], "lab");
    let url = format!("https://arm.example/subscriptions/{SUBSCRIPTION_ID}?api-version=2021-04-01");
    let request =
        http::Request::get(url).header("authorization", azure.bearer()).header("x-ms-client-request-id", "mine");
    let response = azure.sandbox.handle(request.body(Bytes::new()).unwrap()).await;
    assert_eq!(response.headers()["x-ms-correlation-request-id"], "mine");
    assert!(
        response.headers().contains_key("x-ms-request-id")
            && response.headers().contains_key("x-ms-routing-request-id")
    );
}

#[tokio::test(start_paused = true)]
async fn faults_happen_as_often_as_they_are_asked_for() {
    let azure = Client::new();
    let fault = |kind, times| Fault {
        method: Some(Method::PUT),
        path_contains: "/resourcegroups/lab".into(),
        skip: 0,
        times,
        kind,
    };
    let request = || {
        let url = format!("https://management.azure.com/subscriptions/{SUBSCRIPTION_ID}{GROUP}");
        let builder =
            http::Request::put(url).header("authorization", azure.bearer()).header("content-type", "application/json");
        builder.body(Bytes::from_static(b"{\"location\":\"westeurope\"}")).unwrap()
    };
    azure.sandbox.control().inject(fault(FaultKind::Drop, 1));
    azure.sandbox.control().inject(fault(FaultKind::Html502, 1));
    azure.sandbox.control().inject(fault(FaultKind::HandleThenDrop, 1));
    azure.sandbox.control().inject(fault(FaultKind::Truncate, 1));
    assert!(azure.sandbox.try_handle(request()).await.is_err());
    assert_eq!(azure.get(GROUP).await.status, 404);
    let html = azure.sandbox.try_handle(request()).await.unwrap();
    assert_eq!((html.status().as_u16(), html.headers()["content-type"].to_str().unwrap()), (502, "text/html"));
    assert!(azure.sandbox.try_handle(request()).await.is_err());
    assert_eq!(azure.get(GROUP).await.status, 200);
    let cut = azure.sandbox.try_handle(request()).await.unwrap();
    assert!(serde_json::from_slice::<Value>(cut.body()).is_err());
    assert_eq!(azure.sandbox.try_handle(request()).await.unwrap().status(), 200);
    let log = azure.sandbox.request_log();
    assert_eq!(log.iter().filter(|entry| entry.is_write()).count(), 5);
    assert_eq!(log.iter().filter(|entry| entry.status.is_none()).count(), 2);
}
