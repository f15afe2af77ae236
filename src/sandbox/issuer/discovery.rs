//! What an issuer publishes: `.well-known/openid-configuration` and its keys, as an AKS cluster's does.
//!
//! Shape: <https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/#service-account-issuer-discovery>.

use axum::Extension;
use axum::extract::{Path, State};
use axum::http::uri::Scheme;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde_json::{Value, json};
use uuid::Uuid;

use super::key::{IssuerKey, KeyError};
use super::{DOMAIN, Issuer};
use crate::sandbox::signin::Origin;
use crate::sandbox::visit;
use crate::sandbox::{Sandbox, TENANT_ID};

/// Where the keys are, below an issuer.
const KEYS: &str = "openid/v1/jwks";

/// The routes of all issuers.
pub(in crate::sandbox) fn router(sandbox: Sandbox) -> axum::Router {
    axum::Router::new()
        .route("/{tenant}/{issuer}/.well-known/openid-configuration", axum::routing::get(configuration))
        .route("/{tenant}/{issuer}/openid/v1/jwks", axum::routing::get(keys))
        .with_state(sandbox)
}

async fn configuration(
    State(sandbox): State<Sandbox>,
    Path(path): Path<(String, String)>,
    scheme: Option<Extension<Scheme>>,
    headers: HeaderMap,
) -> Response {
    let found = visit::read(&sandbox, |visit| match named(&path) {
        Some(guid) => Issuer::by_guid(&visit.store, guid),
        None => Ok(None),
    });
    let found = found.map_err(KeyError::from);
    answer(found.map(|issuer| {
        issuer.map(|issuer| {
            // Whoever came by the issuer's own name can follow its own address; whoever came here cannot.
            let base = Origin::of(scheme, &headers).filter(|origin| !origin.authority().contains(DOMAIN));
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

/// Makes the key if there is none: whoever asks for it is about to check a token, and a published key does not change.
async fn keys(State(sandbox): State<Sandbox>, Path(path): Path<(String, String)>) -> Response {
    answer(visit::write(&sandbox, |visit| {
        let issuer = named(&path).map(|guid| Issuer::by_guid(&visit.store, guid)).transpose()?.flatten();
        let key = issuer.map(|issuer| IssuerKey::find_or_make(&visit.store, &issuer)).transpose()?;
        Ok::<_, KeyError>(key.map(|key| json!({"keys": [key.jwk()]})))
    }))
}

/// The guid of the issuer that a path names.
fn named((tenant, issuer): &(String, String)) -> Option<Uuid> {
    Uuid::try_parse(issuer).ok().filter(|_| tenant.eq_ignore_ascii_case(TENANT_ID))
}

fn answer(found: Result<Option<Value>, KeyError>) -> Response {
    let (status, body) = match found {
        Ok(Some(body)) => (StatusCode::OK, body.to_string()),
        Ok(None) => (StatusCode::NOT_FOUND, "there is no cluster with this issuer in the sandbox\n".to_owned()),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, format!("{error}\n")),
    };
    let kind = if status == StatusCode::OK { "application/json" } else { "text/plain; charset=utf-8" };
    (status, [(header::CONTENT_TYPE, HeaderValue::from_static(kind))], body).into_response()
}
