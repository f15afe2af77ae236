//! What an issuer publishes: `.well-known/openid-configuration` and its keys, as an AKS cluster's does.
//!
//! Shape: <https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/#service-account-issuer-discovery>.

use axum::Extension;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::uri::Scheme;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde_json::{Value, json};
use uuid::Uuid;

use super::key::{IssuerKey, KeyError};
use super::{DOMAIN, Issuer};
use crate::ids::TENANT_ID;
use crate::sandbox::Sandbox;
use crate::services::signin::origin::Origin;
use crate::state::transaction;

/// Where the keys are, below an issuer.
const KEYS: &str = "openid/v1/jwks";

/// The routes of all issuers.
pub(crate) fn router(sandbox: Sandbox) -> axum::Router {
    axum::Router::new()
        .route("/{tenant}/{issuer}/.well-known/openid-configuration", axum::routing::get(configuration))
        .route("/{tenant}/{issuer}/openid/v1/jwks", axum::routing::get(keys))
        .method_not_allowed_fallback(wrong_method)
        .with_state(sandbox)
}

async fn configuration(
    State(sandbox): State<Sandbox>,
    path: Result<Path<(String, String)>, PathRejection>,
    scheme: Option<Extension<Scheme>>,
    headers: HeaderMap,
) -> Response {
    let Ok(Path(path)) = path else { return answer(Ok(None)) };
    answer(find(&sandbox, &path).map(|issuer| {
        issuer.map(|issuer| {
            // Whoever came by the issuer's own name can follow its own address; whoever came here cannot.
            let base = Origin::of(scheme, &headers).filter(|origin| !origin.is_below(DOMAIN));
            let keys = match base {
                Some(origin) => format!("{}/{}/{}/{KEYS}", origin.base(), path.0, path.1),
                None => format!("{}{KEYS}", issuer.url),
            };
            json!({
                "issuer": issuer.url,
                "jwks_uri": keys,
                "response_types_supported": ["id_token"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
            })
        })
    }))
}

/// Makes the key if there is none: whoever asks for it is about to check a token, and a published key does not change. After a
/// rotation the key before it is published, too, for as long as it holds.
async fn keys(State(sandbox): State<Sandbox>, path: Result<Path<(String, String)>, PathRejection>) -> Response {
    let Ok(Path(path)) = path else { return answer(Ok(None)) };
    answer(find(&sandbox, &path).and_then(|issuer| {
        let Some(issuer) = issuer else { return Ok(None) };
        let key = IssuerKey::find_or_make(&sandbox, &issuer)?;
        let before = transaction::read(&sandbox, |visit| IssuerKey::find_before(&visit.store, &issuer, visit.now))?;
        let keys: Vec<Value> = std::iter::once(key).chain(before).map(|key| key.jwk()).collect();
        Ok(Some(json!({ "keys": keys })))
    }))
}

/// Answers another method than GET.
async fn wrong_method(method: Method) -> Response {
    refuse(StatusCode::METHOD_NOT_ALLOWED, "MethodNotAllowed", &format!("an issuer takes GET, not {method}"))
}

/// The issuer that a path names.
fn find(sandbox: &Sandbox, path: &(String, String)) -> Result<Option<Issuer>, KeyError> {
    let Some(guid) = named(path) else { return Ok(None) };
    Ok(transaction::read(sandbox, |visit| Issuer::by_guid(&visit.store, guid))?)
}

/// The guid of the issuer that a path names.
fn named((tenant, issuer): &(String, String)) -> Option<Uuid> {
    Uuid::try_parse(issuer).ok().filter(|_| tenant.eq_ignore_ascii_case(TENANT_ID))
}

fn answer(found: Result<Option<Value>, KeyError>) -> Response {
    match found {
        Ok(Some(body)) => json(StatusCode::OK, &body),
        Ok(None) => refuse(StatusCode::NOT_FOUND, "NotFound", "there is no cluster with this issuer in the sandbox"),
        Err(error) => refuse(StatusCode::INTERNAL_SERVER_ERROR, "InternalServerError", &error.to_string()),
    }
}

/// A real issuer is a file server, whose own words say less; the form is Resource Manager's.
fn refuse(status: StatusCode, code: &str, message: &str) -> Response {
    json(status, &json!({"error": {"code": code, "message": message}}))
}

fn json(status: StatusCode, body: &Value) -> Response {
    let kind = HeaderValue::from_static("application/json");
    (status, [(header::CONTENT_TYPE, kind)], body.to_string()).into_response()
}
