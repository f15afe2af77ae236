//! `/metadata/endpoints`, as `az cloud register`, `ARM_CLOUD_METADATA_URL` and Terraform's azurerm read it.

use super::*;

async fn metadata(azure: &Client, version: &str) -> Got {
    let path = format!("/metadata/endpoints{}{version}", if version.is_empty() { "" } else { "?api-version=" });
    azure.served(Method::GET, &path, "", "").await
}

#[tokio::test(start_paused = true)]
async fn az_and_terraform_are_told_of_one_cloud_at_the_address_they_reached() {
    let azure = Client::new();
    for version in ["2022-09-01", "2023-01-01"] {
        let cloud = metadata(&azure, version).await;
        assert_eq!(cloud.status, 200);
        // azure/cli/core/cloud.py, _arm_to_cli_mapper: these are read without a fallback.
        assert_eq!(cloud.body["name"], "AzlabSandbox");
        assert_eq!(cloud.body["authentication"]["audiences"][0], "https://management.core.windows.net/");
        for place in ["/resourceManager", "/authentication/loginEndpoint"] {
            assert_eq!(cloud.body.pointer(place), Some(&json!("https://localhost:8443")), "{place}");
        }
        assert_eq!(cloud.body["microsoftGraphResourceId"], "https://localhost:8443/graph");
        // sdk/environments: Terraform's azurerm does not start without these.
        for suffix in ["storage", "keyVaultDns", "mhsmDns", "synapseAnalytics"] {
            let name = cloud.body["suffixes"][suffix].as_str().unwrap();
            assert!(name.ends_with(".localhost"), "{suffix}={name} leads away from this machine");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn each_version_has_its_own_form() {
    let azure = Client::new();
    let old = metadata(&azure, "2015-01-01").await;
    assert_eq!(old.body["authentication"]["loginEndpoint"], "https://localhost:8443");
    assert!(old.body["name"].is_null() && old.body["graphEndpoint"].is_string(), "{}", old.body);
    let list = metadata(&azure, "2019-05-01").await;
    assert_eq!(list.body.as_array().map(Vec::len), Some(1), "{}", list.body);
    assert_eq!(list.body[0]["resourceManager"], "https://localhost:8443");
    for (version, code) in [
        ("", "MissingApiVersionParameter"),
        ("2014-01-01", "InvalidApiVersionParameter"),
        ("soon", "InvalidApiVersionParameter"),
        ("2022-09-0%C3%A9", "InvalidApiVersionParameter"),
    ] {
        assert_eq!(metadata(&azure, version).await.outcome(), (400, code), "{version}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_addresses_keep_the_scheme_and_do_not_echo_nonsense() {
    let azure = Client::new();
    let at = async |host: &str| {
        let request = http::Request::get("/metadata/endpoints?api-version=2022-09-01").header("host", host);
        let request = request.extension(http::uri::Scheme::HTTP).body(axum::body::Body::empty()).unwrap();
        azure.served_raw(request).await
    };
    assert_eq!(at("127.0.0.1:8080").await.body["resourceManager"], "http://127.0.0.1:8080");
    for host in ["somebody@localhost", "a b", "localhost/x"] {
        assert_eq!(at(host).await.status, 400, "{host}");
    }
}
