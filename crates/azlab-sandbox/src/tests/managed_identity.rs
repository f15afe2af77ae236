//! The managed-identity endpoint, as MSAL and azure_identity call it (App Service's protocol).

use super::*;

const ARM: &str = "https%3A%2F%2Fmanagement.azure.com";

async fn ask(azure: &Client, query: &str, header: Option<&str>) -> Got {
    let mut request = http::Request::get(format!("/msi/token?{query}")).header("host", "localhost:8443");
    if let Some(header) = header {
        request = request.header("X-IDENTITY-HEADER", header);
    }
    azure.served_raw(request.body(axum::body::Body::empty()).unwrap()).await
}

async fn identity(azure: &Client) -> Value {
    azure.group().await;
    azure.put(IDENTITY, json!({"location": "westeurope"})).await.body
}

#[tokio::test(start_paused = true)]
async fn an_identity_gets_a_token_by_each_of_its_names() {
    let azure = Client::new();
    let identity = identity(&azure).await;
    let (client, principal) = (&identity["properties"]["clientId"], &identity["properties"]["principalId"]);
    let header = azure.sandbox.identity_header();
    let real = azlab_clock::Clock::real().now().unix_timestamp();
    for name in [
        format!("client_id={}", client.as_str().unwrap()),
        format!("principal_id={}", principal.as_str().unwrap()),
        format!("object_id={}", principal.as_str().unwrap()),
        format!("mi_res_id={}", identity["id"].as_str().unwrap().to_uppercase()),
    ] {
        let query = format!("api-version=2019-08-01&resource={ARM}&{name}");
        let got = ask(&azure, &query, Some(&header)).await;
        assert_eq!((got.status.as_u16(), &got.body["client_id"]), (200, client), "{name}: {}", got.body);
        assert_eq!(
            (&got.body["token_type"], &got.body["resource"]),
            (&json!("Bearer"), &json!("https://management.azure.com"))
        );
        let expires: i64 = got.body["expires_on"].as_str().unwrap().parse().unwrap();
        assert!((expires - real - 3599).abs() < 60, "{expires}: Unix seconds of the client's time");
        // Resource Manager takes it, and sees who it is.
        let url = format!("https://management.azure.com/subscriptions/{SUBSCRIPTION_ID}{GROUP}");
        let bearer = format!("Bearer {}", got.body["access_token"].as_str().unwrap());
        let request = http::Request::get(url).header("authorization", bearer).body(Bytes::new()).unwrap();
        let denied = super::got(azure.sandbox.handle(request).await);
        assert_eq!(denied.outcome(), (403, "AuthorizationFailed"));
        assert!(denied.body["error"]["message"].as_str().unwrap().contains(principal.as_str().unwrap()));
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_missing_or_wrong_is_said_in_the_endpoint_s_form() {
    let azure = Client::new();
    let identity = identity(&azure).await;
    let client = identity["properties"]["clientId"].as_str().unwrap();
    let header = azure.sandbox.identity_header();
    let good = format!("api-version=2019-08-01&resource={ARM}&client_id={client}");
    let cases = [
        (good.clone(), None, 401, "X-IDENTITY-HEADER is missing"),
        (good.clone(), Some("guess"), 401, "IDENTITY_HEADER"),
        (good.replace("2019-08-01", "2017-09-01"), Some(header.as_str()), 400, "2019-08-01"),
        (good.replace("api-version=2019-08-01&", ""), Some(&header), 400, "api-version"),
        (good.replace("resource=", "res="), Some(&header), 400, "resource"),
        (good.replace("client_id=", "c="), Some(&header), 400, "client_id, principal_id or mi_res_id"),
        (format!("{good}&principal_id={client}"), Some(&header), 400, "one user-assigned identity"),
        (good.replace(client, "00000000-1111-2222-3333-444444444444"), Some(&header), 400, "no user-assigned identity"),
        (good.replace(client, "nobody"), Some(&header), 400, "no user-assigned identity 'nobody'"),
    ];
    for (query, header, status, says) in cases {
        let got = ask(&azure, &query, header).await;
        assert_eq!((got.status.as_u16(), &got.body["statusCode"]), (status, &json!(status)), "{query}: {}", got.body);
        assert!(got.body["message"].as_str().unwrap().contains(says), "{query}: {}", got.body);
        assert!(got.body["correlationId"].is_string() && got.body.get("access_token").is_none());
    }
    azure.wait(5).await;
    assert_eq!(azure.delete(IDENTITY).await.status, 200);
    assert_eq!(ask(&azure, &good, Some(&header)).await.status, 400, "it is gone");
}

#[test]
fn the_header_is_the_same_for_one_state_and_another_for_the_next() {
    let directory = tempfile::TempDir::new().unwrap();
    let open = |name: &str| Sandbox::open(&directory.path().join(name), 1.0).unwrap().identity_header();
    let first = open("a");
    assert_eq!(first, open("a"));
    assert_ne!(first, open("b"));
    assert!(!first.contains(char::is_whitespace) && first.len() > 30);
}
