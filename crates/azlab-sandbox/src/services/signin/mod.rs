//! The sandbox's sign-in service and the check of its tokens: what Microsoft Entra is to Azure.
//!
//! It answers at the same host as Resource Manager; `bearer::authenticate` is what Resource Manager asks.
mod assertion;
pub(crate) mod bearer;
mod client;
pub(crate) mod directory;
mod discovery;
mod managed_identity;
mod metadata;
pub(crate) mod origin;
mod password;
mod refusal;
pub(crate) mod signer;
mod token_endpoint;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::rejection::PathRejection;
use axum::extract::{DefaultBodyLimit, Path};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use bytes::Bytes;
use http::request::Parts;
use tower::ServiceExt as _;
use uuid::Uuid;

pub(crate) use bearer::bearer;
pub(crate) use directory::DEFAULT_OBJECT_ID;
pub(crate) use directory::same_secret;
pub use directory::{Application, DEFAULT_CLIENT_ID, Directory};
pub use managed_identity::PATH as MANAGED_IDENTITY_PATH;
pub use metadata::CLOUD_NAME;
pub(crate) use metadata::graph;
pub(crate) use origin::Origin;
pub use signer::{Claims, Principal, Proof, Signer, SignerError, Subject, TokenError, audience_of};
pub(crate) use token_endpoint::EXPIRES_IN as TOKEN_LIFETIME;

use crate::sandbox::Sandbox;

/// The sign-in service's routes: the token endpoints and what clients read before they use them.
///
/// Addresses in its answers take host and port from the request; the scheme is the request's `http::uri::Scheme`
/// extension, https without one.
pub(crate) fn router(sandbox: Sandbox) -> Router {
    let metadata = Router::new()
        .route("/metadata/endpoints", get(metadata::endpoints))
        .method_not_allowed_fallback(metadata::wrong_method);
    let managed_identity = Router::new()
        .route(managed_identity::PATH, get(managed_identity::token))
        .method_not_allowed_fallback(managed_identity::wrong_method);
    let tokens = Router::new()
        .route("/{tenant}/oauth2/token", post(token_endpoint::token_v1))
        .route("/{tenant}/oauth2/v2.0/token", post(token_endpoint::token))
        .layer(DefaultBodyLimit::max(token_endpoint::MAX_FORM))
        .method_not_allowed_fallback(token_endpoint::wrong_method);
    Router::new()
        .route("/{tenant}/.well-known/openid-configuration", get(discovery::openid_configuration_v1))
        .route("/{tenant}/v2.0/.well-known/openid-configuration", get(discovery::openid_configuration))
        .route("/{tenant}/discovery/keys", get(discovery::keys))
        .route("/{tenant}/discovery/v2.0/keys", get(discovery::keys))
        .route("/common/discovery/instance", get(discovery::instance))
        .route("/common/userrealm/{user}", get(discovery::user_realm))
        .method_not_allowed_fallback(discovery::wrong_method)
        .merge(metadata)
        .merge(managed_identity)
        .merge(tokens)
        .with_state(sandbox)
}

/// Whether a request in process is addressed to Entra's own host, as nothing else is there.
pub(crate) fn is_meant(parts: &Parts) -> bool {
    let hosts = ["login.microsoftonline.com", "login.microsoftonline.us", "login.partner.microsoftonline.cn"];
    parts.uri.host().is_some_and(|host| hosts.contains(&host))
}

/// Answers a request in process.
pub(crate) async fn answer_in_process(sandbox: &Sandbox, parts: &Parts, body: &Bytes) -> http::Response<Bytes> {
    let mut request = http::Request::new(Body::from(body.clone()));
    *request.method_mut() = parts.method.clone();
    *request.uri_mut() = parts.uri.clone();
    *request.headers_mut() = parts.headers.clone();
    let Ok(response) = router(sandbox.clone()).oneshot(request).await;
    let (parts, body) = response.into_parts();
    // It has been made here, whole.
    http::Response::from_parts(parts, to_bytes(body, usize::MAX).await.unwrap_or_default())
}

/// The tenant that a path names; for one that is no text, what cannot be a tenant's name.
fn tenant_in(path: Result<Path<String>, PathRejection>) -> String {
    path.map_or_else(|_| "\u{fffd}".to_owned(), |Path(tenant)| tenant)
}

/// Whether `name` in a path means the tenant `tenant`.
fn names_tenant(name: &str, tenant: Uuid) -> bool {
    Uuid::parse_str(name).is_ok_and(|id| id == tenant)
}

fn json(status: StatusCode, body: &serde_json::Value) -> Response {
    let content_type = HeaderValue::from_static("application/json; charset=utf-8");
    (status, [(header::CONTENT_TYPE, content_type)], body.to_string()).into_response()
}
