//! What MSAL and the SDKs read before they ask for a token.

use axum::Extension;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::uri::Scheme;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::Response;
use serde_json::json;
use url::{Url, form_urlencoded};

use super::origin::Origin;
use super::refusal::Refusal;
use super::{json as answer, names_tenant, tenant_in};
use crate::sandbox::Sandbox;

/// `/{tenant}/v2.0/.well-known/openid-configuration`.
pub(super) async fn openid_configuration(
    State(sandbox): State<Sandbox>,
    tenant: Result<Path<String>, PathRejection>,
    scheme: Option<Extension<Scheme>>,
    headers: HeaderMap,
) -> Response {
    configuration(&sandbox, &tenant_in(tenant), scheme, &headers, &V2)
}

/// `/{tenant}/.well-known/openid-configuration`: the same for version 1.
pub(super) async fn openid_configuration_v1(
    State(sandbox): State<Sandbox>,
    tenant: Result<Path<String>, PathRejection>,
    scheme: Option<Extension<Scheme>>,
    headers: HeaderMap,
) -> Response {
    configuration(&sandbox, &tenant_in(tenant), scheme, &headers, &V1)
}

/// Where a version of the sign-in service has what, below the tenant.
struct Version {
    issuer: fn(base: &str, tenant: &str) -> String,
    oauth2: &'static str,
    keys: &'static str,
}

const V1: Version = Version {
    issuer: |_, tenant| format!("https://sts.windows.net/{tenant}/"),
    oauth2: "oauth2",
    keys: "discovery/keys",
};
const V2: Version =
    Version { issuer: |base, _| format!("{base}/v2.0"), oauth2: "oauth2/v2.0", keys: "discovery/v2.0/keys" };

fn configuration(
    sandbox: &Sandbox,
    tenant: &str,
    scheme: Option<Extension<Scheme>>,
    headers: &HeaderMap,
    version: &Version,
) -> Response {
    let Some(origin) = Origin::of(scheme, headers) else {
        return bad_request("invalid_request", "The request names no host.");
    };
    let own = sandbox.directory().tenant();
    if !names_tenant(tenant, own) && !is_shared(tenant) {
        return bad_request("invalid_tenant", &format!("AADSTS90002: Tenant '{tenant}' not found."));
    }
    let base = format!("{}/{tenant}", origin.base());
    let Version { issuer, oauth2, keys } = version;
    answer(
        StatusCode::OK,
        &json!({
            "issuer": issuer(&base, &own.to_string()),
            "authorization_endpoint": format!("{base}/{oauth2}/authorize"),
            "token_endpoint": format!("{base}/{oauth2}/token"),
            "jwks_uri": format!("{base}/{keys}"),
            "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
            "grant_types_supported": ["client_credentials", "password", "refresh_token"],
            "response_types_supported": ["token"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["HS256"],
        }),
    )
}

/// `/{tenant}/discovery/v2.0/keys`: none, since the sandbox's tokens are for the sandbox to check.
pub(super) async fn keys() -> Response {
    answer(StatusCode::OK, &json!({ "keys": [] }))
}

/// `/common/discovery/instance`: which hosts are this cloud.
pub(super) async fn instance(
    State(sandbox): State<Sandbox>,
    scheme: Option<Extension<Scheme>>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    let Some(origin) = Origin::of(scheme, &headers) else {
        return bad_request("invalid_request", "The request names no host.");
    };
    let asked = form_urlencoded::parse(query.unwrap_or_default().as_bytes())
        .find(|(name, _)| name == "authorization_endpoint")
        .and_then(|(_, value)| Url::parse(&value).ok());
    let tenant = asked
        .as_ref()
        .and_then(|url| url.path_segments()?.next())
        .filter(|tenant| names_tenant(tenant, sandbox.directory().tenant()))
        .unwrap_or("common");
    let host = origin.authority();
    answer(
        StatusCode::OK,
        &json!({
            "tenant_discovery_endpoint": format!("{}/{tenant}/v2.0/.well-known/openid-configuration", origin.base()),
            "api-version": "1.1",
            "metadata": [{ "preferred_network": host, "preferred_cache": host, "aliases": [host] }],
        }),
    )
}

/// `/common/userrealm/{user}`: users sign in here, not with another identity provider. MSAL asks before a password is sent.
pub(super) async fn user_realm(user: Result<Path<String>, PathRejection>) -> Response {
    let user = user.map(|Path(user)| user).unwrap_or_default();
    let domain = user.rsplit('@').next().unwrap_or_default();
    answer(
        StatusCode::OK,
        &json!({
            "ver": "1.0",
            "account_type": "Managed",
            "domain_name": domain,
            "cloud_instance_name": "microsoftonline.com",
            "cloud_audience_urn": "urn:federation:MicrosoftOnline",
        }),
    )
}

/// Answers another method than GET.
pub(super) async fn wrong_method(State(sandbox): State<Sandbox>, method: Method) -> Response {
    Refusal::wrong_method("GET", &method).into_response(sandbox.clock().now())
}

fn is_shared(tenant: &str) -> bool {
    matches!(tenant, "common" | "organizations")
}

fn bad_request(error: &str, description: &str) -> Response {
    answer(StatusCode::BAD_REQUEST, &json!({ "error": error, "error_description": description }))
}
