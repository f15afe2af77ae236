//! What MSAL and the SDKs read before they ask for a token.

use axum::Extension;
use axum::extract::{Path, RawQuery, State};
use axum::http::uri::{Authority, Scheme};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use serde_json::json;
use url::{Url, form_urlencoded};

use super::{SigninState, json as answer, names_tenant};

/// Where the request came to, as the client wrote it.
struct Origin {
    scheme: &'static str,
    host: Authority,
}

impl Origin {
    fn of(scheme: Option<Extension<Scheme>>, headers: &HeaderMap) -> Option<Self> {
        let scheme = if scheme.is_some_and(|Extension(scheme)| scheme == Scheme::HTTP) { "http" } else { "https" };
        let host = headers.get(header::HOST)?.to_str().ok()?.parse::<Authority>().ok()?;
        Some(Self { scheme, host })
    }

    fn base(&self, tenant: &str) -> String {
        format!("{}://{}/{tenant}", self.scheme, self.host)
    }
}

/// `/{tenant}/v2.0/.well-known/openid-configuration`.
pub(super) async fn openid_configuration(
    State(state): State<SigninState>,
    Path(tenant): Path<String>,
    scheme: Option<Extension<Scheme>>,
    headers: HeaderMap,
) -> Response {
    let Some(origin) = Origin::of(scheme, &headers) else {
        return bad_request("invalid_request", "The request names no host.");
    };
    if !names_tenant(&tenant, state.directory.tenant()) && !is_shared(&tenant) {
        return bad_request("invalid_tenant", &format!("AADSTS90002: Tenant '{tenant}' not found."));
    }
    let base = origin.base(&tenant);
    answer(
        StatusCode::OK,
        &json!({
            "issuer": format!("{base}/v2.0"),
            "authorization_endpoint": format!("{base}/oauth2/v2.0/authorize"),
            "token_endpoint": format!("{base}/oauth2/v2.0/token"),
            "jwks_uri": format!("{base}/discovery/v2.0/keys"),
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
            "grant_types_supported": ["client_credentials"],
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
    State(state): State<SigninState>,
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
        .filter(|tenant| names_tenant(tenant, state.directory.tenant()))
        .unwrap_or("common");
    let host = origin.host.as_str();
    answer(
        StatusCode::OK,
        &json!({
            "tenant_discovery_endpoint": format!("{}/v2.0/.well-known/openid-configuration", origin.base(tenant)),
            "api-version": "1.1",
            "metadata": [{ "preferred_network": host, "preferred_cache": host, "aliases": [host] }],
        }),
    )
}

fn is_shared(tenant: &str) -> bool {
    matches!(tenant, "common" | "organizations")
}

fn bad_request(error: &str, description: &str) -> Response {
    answer(StatusCode::BAD_REQUEST, &json!({ "error": error, "error_description": description }))
}
