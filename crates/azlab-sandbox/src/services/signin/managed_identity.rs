//! The managed-identity endpoint of an app (`IDENTITY_ENDPOINT`, `IDENTITY_HEADER`; App Service's protocol 2019-08-01), for the
//! user-assigned identities of the sandbox: as if an app had all of them, and no identity of its own.
//!
//! Source: <https://learn.microsoft.com/azure/app-service/overview-managed-identity#rest-endpoint-reference>; the refusal of an
//! unknown identity as reported in public (Azure/azure-sdk-for-net#43691), those of a wrong header, version or resource are
//! inferred from its form.

use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::Response;
use serde_json::json;
use url::form_urlencoded;
use uuid::Uuid;

use super::client::subject_of;
use super::token_endpoint::issue;
use super::{audience_of, json as answer, same_secret};
use crate::providers::managedidentity::principals::{self, IdentityPrincipal};
use crate::sandbox::Sandbox;
use crate::state::transaction;

/// Where it is.
pub const PATH: &str = "/msi/token";
/// The version of the protocol.
const VERSION: &str = "2019-08-01";

/// `GET /msi/token?api-version=2019-08-01&resource=…&client_id=…`
pub(super) async fn token(State(sandbox): State<Sandbox>, RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    match run(&sandbox, &query.unwrap_or_default(), &headers) {
        Ok(response) => response,
        Err(refused) => refuse(refused),
    }
}

/// Answers another method than GET.
pub(super) async fn wrong_method(method: Method) -> Response {
    refuse((StatusCode::METHOD_NOT_ALLOWED, format!("The endpoint takes GET, not {method}.")))
}

type Refused = (StatusCode, String);

fn refuse((status, message): Refused) -> Response {
    let correlation = Uuid::new_v4().to_string();
    answer(status, &json!({"statusCode": status.as_u16(), "message": message, "correlationId": correlation}))
}

fn run(sandbox: &Sandbox, query: &str, headers: &HeaderMap) -> Result<Response, Refused> {
    let refuse = |message: &str| (StatusCode::BAD_REQUEST, message.to_owned());
    match headers.get("x-identity-header") {
        None => return Err((StatusCode::UNAUTHORIZED, "The header X-IDENTITY-HEADER is missing.".to_owned())),
        Some(sent) if !same_secret(sandbox.identity_header().as_bytes(), sent.as_bytes()) => {
            let message = "The header X-IDENTITY-HEADER does not have the value of IDENTITY_HEADER.";
            return Err((StatusCode::UNAUTHORIZED, message.to_owned()));
        }
        Some(_) => {}
    }
    let parameter = |name: &str| {
        let mut all = form_urlencoded::parse(query.as_bytes());
        all.find(|(known, value)| known == name && !value.is_empty()).map(|(_, value)| value.into_owned())
    };
    match parameter("api-version").as_deref() {
        Some(VERSION) => {}
        Some(other) => {
            return Err(refuse(&format!("The api-version '{other}' is not supported. It must be '{VERSION}'.")));
        }
        None => return Err(refuse(&format!("The parameter 'api-version' is required. It must be '{VERSION}'."))),
    }
    let resource = parameter("resource").ok_or_else(|| refuse("The parameter 'resource' is required."))?;
    let identity = find(sandbox, &parameter)?;
    let issued = issue(sandbox, &subject_of(sandbox, &identity), audience_of(&resource));
    let issued = issued.map_err(|_| (StatusCode::INTERNAL_SERVER_ERROR, "No token could be signed.".to_owned()))?;
    Ok(answer(
        StatusCode::OK,
        &json!({
            "access_token": issued.token.as_str(),
            "expires_on": issued.expires_on.to_string(),
            "resource": resource,
            "token_type": "Bearer",
            "client_id": identity.client_id,
        }),
    ))
}

/// The identity that the request names.
fn find(sandbox: &Sandbox, parameter: &impl Fn(&str) -> Option<String>) -> Result<IdentityPrincipal, Refused> {
    let refuse = |why: String| (StatusCode::BAD_REQUEST, format!("Unable to load the proper Managed Identity. {why}"));
    let client = parameter("client_id");
    // App Service says `principal_id`; MSAL sends `object_id`.
    let object = parameter("principal_id").or_else(|| parameter("object_id"));
    let resource = parameter("mi_res_id");
    let named = [&client, &object, &resource].into_iter().flatten().count();
    if named != 1 {
        return Err(refuse(
            "In the sandbox each request names one user-assigned identity, by client_id, principal_id or mi_res_id: there is no \
             system-assigned one."
                .to_owned(),
        ));
    }
    let found = transaction::read(sandbox, |visit| {
        let guid = |id: &String| Uuid::try_parse(id).ok();
        if let Some(id) = &resource {
            return principals::by_resource_id(&visit.store, id);
        }
        if let Some(id) = &object {
            return guid(id).map_or(Ok(None), |id| principals::by_object_id(&visit.store, id));
        }
        client.as_ref().and_then(guid).map_or(Ok(None), |id| principals::by_client_id(&visit.store, id))
    });
    let found = found.map_err(|error: rusqlite::Error| {
        (StatusCode::INTERNAL_SERVER_ERROR, format!("The sandbox could not use its database: {error}."))
    })?;
    found.ok_or_else(|| {
        let name = client.or(object).or(resource).unwrap_or_default();
        refuse(format!("The sandbox has no user-assigned identity '{name}'."))
    })
}
