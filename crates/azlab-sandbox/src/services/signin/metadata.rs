//! `/metadata/endpoints`: how Resource Manager tells clients where the other services of its cloud are. No token is asked for.
//!
//! Three forms, by api-version: the short one of 2015-01-01 (Azure Stack's), a list of clouds from 2019-05-01 on
//! (`ARM_CLOUD_METADATA_URL` of az), one cloud from 2022-09-01 on (`az cloud register`, Terraform's azurerm). Read by
//! azure-cli's `azure/cli/core/cloud.py` and go-azure-sdk's `sdk/internal/metadata/client.go`, which say what they need.
//!
//! Addresses are the sandbox's own. What the sandbox does not have (storage, Key Vault, registries) is given a name below
//! `.localhost`, so that no client is led away from this machine (RFC 6761). Identifiers of resources are Azure's own: they
//! are names in tokens, not addresses.

use axum::Extension;
use axum::extract::RawQuery;
use axum::http::uri::Scheme;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::Response;
use serde_json::{Value, json};
use url::form_urlencoded;

use super::json as answer;
use super::origin::Origin;
use crate::state::timestamps::is_date;

/// What the cloud is called where none names it otherwise.
pub const CLOUD_NAME: &str = "AzlabSandbox";

/// From this version on the answer is a list.
const LIST: &str = "2019-05-01";
/// From this version on it is one cloud.
const OBJECT: &str = "2022-09-01";
/// The oldest.
const FIRST: &str = "2015-01-01";
/// What tokens for Resource Manager are for; clients take the first.
const AUDIENCES: [&str; 2] = ["https://management.core.windows.net/", "https://management.azure.com/"];

/// `GET /metadata/endpoints`
pub(super) async fn endpoints(
    scheme: Option<Extension<Scheme>>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    let version = form_urlencoded::parse(query.unwrap_or_default().as_bytes())
        .find(|(name, _)| name.eq_ignore_ascii_case("api-version"))
        .map(|(_, value)| value.into_owned());
    let Some(version) = version.filter(|version| !version.is_empty()) else {
        return refuse(
            "MissingApiVersionParameter",
            "The api-version query parameter (?api-version=) is required for all requests.",
        );
    };
    if !is_date(&version) || version.as_str() < FIRST {
        return refuse("InvalidApiVersionParameter", &format!("The api-version '{version}' is invalid."));
    }
    let Some(origin) = Origin::of(scheme, &headers) else {
        return refuse("InvalidRequest", "The request names no host.");
    };
    let base = origin.base();
    let body = match version.as_str() {
        version if version < LIST => short(&base),
        version if version < OBJECT => json!([cloud(&base)]),
        _ => cloud(&base),
    };
    answer(StatusCode::OK, &body)
}

/// Answers another method than GET; the form is Resource Manager's.
pub(super) async fn wrong_method(method: Method) -> Response {
    let message = format!("The requested resource does not support http method '{method}'.");
    answer(StatusCode::METHOD_NOT_ALLOWED, &json!({"error": {"code": "MethodNotAllowed", "message": message}}))
}

fn short(base: &str) -> Value {
    json!({
        "galleryEndpoint": base,
        "graphEndpoint": graph(base),
        "portalEndpoint": base,
        "authentication": {"loginEndpoint": base, "audiences": AUDIENCES},
    })
}

/// Where Microsoft Graph is, which is also what its tokens are for.
pub(crate) fn graph(base: &str) -> String {
    format!("{base}/graph")
}

fn cloud(base: &str) -> Value {
    json!({
        "portal": base,
        "authentication": {
            "loginEndpoint": base,
            "audiences": AUDIENCES,
            "tenant": "common",
            "identityProvider": "AAD",
        },
        "name": CLOUD_NAME,
        "resourceManager": base,
        "microsoftGraphResourceId": graph(base),
        "graph": graph(base),
        "graphAudience": graph(base),
        "gallery": base,
        "batch": "https://batch.core.windows.net/",
        "media": "https://rest.media.azure.net",
        "sqlManagement": base,
        "activeDirectoryDataLake": "https://datalake.azure.net/",
        "appInsightsResourceId": "https://api.applicationinsights.io",
        "appInsightsTelemetryChannelResourceId": format!("{base}/v2/track"),
        "appServiceResourceId": "https://appservice.azure.com",
        "attestationResourceId": "https://attest.azure.net",
        "logAnalyticsResourceId": "https://api.loganalytics.io",
        "ossrDbmsResourceId": "https://ossrdbms-aad.database.windows.net",
        "synapseAnalyticsResourceId": "https://dev.azuresynapse.net",
        "suffixes": {
            "acrLoginServer": "azurecr.localhost",
            "attestationEndpoint": "attest.localhost",
            "azureDataLakeAnalyticsCatalogAndJob": "azuredatalakeanalytics.localhost",
            "azureDataLakeStoreFileSystem": "azuredatalakestore.localhost",
            "azureFrontDoorEndpointSuffix": "azurefd.localhost",
            "keyVaultDns": "vault.localhost",
            "mariadbServerEndpoint": "mariadb.database.localhost",
            "mhsmDns": "managedhsm.localhost",
            "mysqlServerEndpoint": "mysql.database.localhost",
            "postgresqlServerEndpoint": "postgres.database.localhost",
            "sqlServerHostname": "database.localhost",
            "storage": "core.localhost",
            "storageSyncEndpointSuffix": "afs.localhost",
            "synapseAnalytics": "dev.azuresynapse.localhost",
        },
    })
}

fn refuse(code: &str, message: &str) -> Response {
    answer(StatusCode::BAD_REQUEST, &json!({"error": {"code": code, "message": message}}))
}
