//! What stands beside Resource Manager refuses in its own words: the sign-in service, Microsoft Graph, the clusters' issuers.

use super::*;
use crate::ids::TENANT_ID;

const GRAPH: &str = "https://localhost:8443/graph";
const ISSUER: &str = "/b3f1c6a2-4e0d-4f57-8c19-6d2a7e95f048/00000000-0000-0000-0000-000000000001/openid/v1/jwks";

fn entra(got: &Got) -> u64 {
    assert!(got.body["error_description"].as_str().is_some_and(|text| text.starts_with("AADSTS")), "{}", got.body);
    got.body["error_codes"][0].as_u64().unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_wrong_method_is_refused_in_the_words_of_each_service() {
    let azure = Client::new();
    for (method, path) in [
        (Method::GET, format!("/{TENANT_ID}/oauth2/v2.0/token")),
        (Method::PUT, format!("/{TENANT_ID}/oauth2/token")),
        (Method::POST, format!("/{TENANT_ID}/v2.0/.well-known/openid-configuration")),
        (Method::DELETE, "/common/discovery/instance".to_owned()),
    ] {
        let got = azure.served(method, &path, "", "").await;
        assert_eq!((got.status.as_u16(), entra(&got)), (400, 900_561), "{path}");
    }
    for path in ["/metadata/endpoints?api-version=2022-09-01", "/msi/token", ISSUER] {
        let got = azure.served(Method::PUT, path, "", "").await;
        assert_eq!(got.status, 405, "{path}");
        let said = got.body["error"]["message"].as_str().or(got.body["message"].as_str()).unwrap_or_default();
        assert!(said.contains("PUT"), "{path}: {}", got.body);
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_that_is_too_large_is_refused_in_the_words_of_each_service() {
    let azure = Client::new();
    let form =
        azure.served(Method::POST, &format!("/{TENANT_ID}/oauth2/v2.0/token"), "", "a".repeat(64 * 1024 + 1)).await;
    assert_eq!((form.status.as_u16(), entra(&form)), (413, 90_013));
    let graph =
        azure.served(Method::POST, "/graph/v1.0/directoryObjects/getByIds", GRAPH, "a".repeat(256 * 1024 + 1)).await;
    assert_eq!((graph.status.as_u16(), graph.body["error"]["code"].as_str()), (413, Some("RequestEntityTooLarge")));
}

#[tokio::test(start_paused = true)]
async fn a_path_that_cannot_be_decoded_is_refused_in_the_words_of_each_service() {
    let azure = Client::new();
    for path in ["/%FF/oauth2/v2.0/token", "/%FF/oauth2/token"] {
        let got = azure.served(Method::POST, path, "", "grant_type=client_credentials").await;
        assert_eq!((got.status.as_u16(), entra(&got)), (400, 90_002), "{path}");
    }
    let got = azure.served(Method::GET, "/%FF/v2.0/.well-known/openid-configuration", "", "").await;
    assert_eq!((got.status.as_u16(), got.body["error"].as_str()), (400, Some("invalid_tenant")));
    let got = azure.served(Method::GET, "/graph/v1.0/%FF", GRAPH, "").await;
    assert_eq!((got.status.as_u16(), got.body["error"]["code"].as_str()), (400, Some("BadRequest")));
    let got = azure.served(Method::GET, "/%FF/00000000-0000-0000-0000-000000000001/openid/v1/jwks", "", "").await;
    assert_eq!(got.status, 404);
    assert!(got.body["error"]["message"].as_str().is_some_and(|text| text.contains("no cluster")), "{}", got.body);
}

#[tokio::test(start_paused = true)]
async fn only_names_below_the_issuers_domain_are_the_issuer_s_own() {
    let azure = Client::new();
    azure.group().await;
    let made = azure.put(CLUSTER, cluster()).await;
    let issuer = url::Url::parse(made.body["properties"]["oidcIssuerProfile"]["issuerURL"].as_str().unwrap()).unwrap();
    let own = issuer.host_str().unwrap();
    for (host, is_own) in [
        (own.to_owned(), true),
        (own.to_uppercase(), true),
        (format!("{own}.localhost:1"), false),
        (format!("x{}", own.split_once('.').unwrap().1), false),
    ] {
        let request =
            http::Request::get(format!("{}.well-known/openid-configuration", issuer.path())).header("host", &host);
        let got = azure.served_raw(request.body(axum::body::Body::empty()).unwrap()).await;
        let keys = got.body["jwks_uri"].as_str().unwrap();
        assert_eq!(keys.starts_with(issuer.as_str()), is_own, "{host}: {keys}");
    }
}
