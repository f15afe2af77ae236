//! What the sign-in libraries send, request by request (MSAL for Go 1.10, Java 1.24, .NET 4.84, Python 1.38, JavaScript 5): the
//! tests of azlab run those of Go, Java, JavaScript and Python themselves; that of .NET is held to here alone.

use super::*;
use crate::ids::TENANT_ID;

const DEFAULT: &str = "https://management.azure.com/.default";

async fn token(azure: &Client, fields: &[(&str, &str)]) -> Got {
    let secret = azure.sandbox.directory().default_application().secret().to_owned();
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.append_pair("grant_type", "client_credentials").append_pair("client_id", &DEFAULT_CLIENT_ID.to_string());
    form.append_pair("client_secret", &secret).extend_pairs(fields);
    azure.served(Method::POST, &format!("/{TENANT_ID}/oauth2/v2.0/token"), "", form.finish()).await
}

#[tokio::test(start_paused = true)]
async fn each_library_s_request_for_an_application_s_token_is_granted() {
    let azure = Client::new();
    for (library, fields) in [
        (
            "Go",
            vec![
                ("scope", "https://management.azure.com/.default openid offline_access profile"),
                ("client_info", "1"),
            ],
        ),
        (
            "Java",
            vec![
                ("scope", "openid profile offline_access https://management.azure.com/.default"),
                ("client_info", "1"),
            ],
        ),
        ("JavaScript", vec![("scope", DEFAULT), ("x-client-SKU", "msal.js.node"), ("client-request-id", TENANT_ID)]),
        (
            ".NET",
            vec![("scope", DEFAULT), ("client_info", "2"), ("x-client-SKU", "MSAL.NetCore"), ("x-client-OS", "Linux")],
        ),
        ("Python", vec![("scope", DEFAULT), ("claims", "{\"access_token\": {\"xms_cc\": {\"values\": [\"CP1\"]}}}")]),
    ] {
        let got = token(&azure, &fields).await;
        assert_eq!((got.status.as_u16(), &got.body["token_type"]), (200, &json!("Bearer")), "{library}: {}", got.body);
        assert!(got.body["expires_in"].is_u64(), "{library}");
    }
}

#[tokio::test(start_paused = true)]
async fn openid_s_scopes_stand_for_no_resource_and_two_resources_are_refused() {
    let azure = Client::new();
    for scope in
        ["openid", "openid profile", &format!("{DEFAULT} https://graph.microsoft.com/.default"), "openid user.read", ""]
    {
        let refused = token(&azure, &[("scope", scope)]).await;
        assert_eq!(refused.status, 400, "{scope}");
        let code = refused.body["error_codes"][0].as_u64();
        assert_eq!(code, Some(if scope.is_empty() { 900_144 } else { 1_002_012 }), "{scope}");
    }
}

/// What the libraries read before they ask for a token: by `instance_discovery=False` and the like the first alone, else both.
#[tokio::test(start_paused = true)]
async fn what_the_libraries_read_first_leads_to_the_served_address() {
    let azure = Client::new();
    let get = async |path: &str| azure.served(Method::GET, path, "", "").await;
    let found = get(&format!("/{TENANT_ID}/v2.0/.well-known/openid-configuration")).await.body;
    assert_eq!(found["token_endpoint"], format!("https://localhost:8443/{TENANT_ID}/oauth2/v2.0/token"));
    let asked = format!("https%3A%2F%2Flocalhost%3A8443%2F{TENANT_ID}%2Foauth2%2Fv2.0%2Fauthorize");
    let found = get(&format!("/common/discovery/instance?api-version=1.1&authorization_endpoint={asked}")).await.body;
    assert_eq!(found["metadata"][0]["aliases"], json!(["localhost:8443"]));
    assert_eq!(
        found["tenant_discovery_endpoint"],
        format!("https://localhost:8443/{TENANT_ID}/v2.0/.well-known/openid-configuration")
    );
}
