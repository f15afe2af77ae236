//! Graph's refusals and their envelope: `{"error": {"code", "message", "innerError": {"date", "request-id", …}}}`.
//!
//! Source: <https://learn.microsoft.com/graph/errors>; messages as reported in public.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::macros::format_description;

use crate::services::signin::TokenError;

/// A request that Graph refuses.
#[derive(Debug)]
pub(super) struct GraphError {
    status: StatusCode,
    code: &'static str,
    message: String,
}

impl GraphError {
    fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into() }
    }

    /// 400 `BadRequest`, by Graph's front.
    pub fn bad_request(message: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "BadRequest", message)
    }

    /// 400 `Request_BadRequest`, by the directory behind it.
    pub fn request(message: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "Request_BadRequest", message)
    }

    /// 400: a filter that the directory cannot answer.
    pub fn unsupported_filter(property: &str) -> Self {
        let message = format!(
            "Unsupported or invalid query filter clause specified for property '{property}' of resource 'ServicePrincipal'."
        );
        Self::new(StatusCode::BAD_REQUEST, "Request_UnsupportedQuery", message)
    }

    /// The body cannot be read: 413 for one that is too large. The code is inferred.
    pub fn unread(status: StatusCode) -> Self {
        if status == StatusCode::PAYLOAD_TOO_LARGE {
            return Self::new(status, "RequestEntityTooLarge", "The request size exceeds the maximum limit.");
        }
        Self::bad_request("Unable to read the request payload: it did not arrive whole.")
    }

    /// 404: no such object.
    pub fn not_found(id: &str) -> Self {
        let message =
            format!("Resource '{id}' does not exist or one of its queried reference-property objects are not present.");
        Self::new(StatusCode::NOT_FOUND, "Request_ResourceNotFound", message)
    }

    /// 403: the caller has no permission of Graph.
    pub fn denied() -> Self {
        let message = "Insufficient privileges to complete the operation.";
        Self::new(StatusCode::FORBIDDEN, "Authorization_RequestDenied", message)
    }

    /// 501: what the real one would do, and the sandbox does not.
    pub fn not_implemented(method: &Method, path: &str) -> Self {
        let message = format!("The sandbox's directory is read-only: it does not have {method} {path}.");
        Self::new(StatusCode::NOT_IMPLEMENTED, "notImplemented", message)
    }

    /// 401: no token that holds; `None` if there is none at all.
    pub fn token(reason: Option<TokenError>) -> Self {
        let message = match reason {
            None => "Access token is empty.",
            Some(TokenError::Malformed) => "CompactToken parsing failed with error code: 80049217",
            Some(TokenError::Expired { .. }) => "Lifetime validation failed, the token is expired.",
            Some(TokenError::WrongAudience { .. }) => "Access token validation failure. Invalid audience.",
            Some(TokenError::Foreign | TokenError::NotYetValid { .. }) => "Access token validation failure.",
        };
        Self::new(StatusCode::UNAUTHORIZED, "InvalidAuthenticationToken", message)
    }

    /// Status, body, and the challenge of a 401.
    pub fn into_parts(
        self,
        now: OffsetDateTime,
        request_id: &str,
        client_request_id: &str,
    ) -> (StatusCode, Value, Option<String>) {
        let date = now.format(format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]")).unwrap_or_default();
        let body = json!({"error": {
            "code": self.code,
            "message": self.message,
            "innerError": {"date": date, "request-id": request_id, "client-request-id": client_request_id},
        }});
        let challenge = (self.status == StatusCode::UNAUTHORIZED).then(|| {
            "Bearer realm=\"\", authorization_uri=\"https://login.microsoftonline.com/common/oauth2/authorize\", \
             client_id=\"00000003-0000-0000-c000-000000000000\""
                .to_owned()
        });
        (self.status, body, challenge)
    }
}

impl From<rusqlite::Error> for GraphError {
    fn from(error: rusqlite::Error) -> Self {
        let message = format!("The sandbox could not use its database: {error}.");
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "serviceNotAvailable", message)
    }
}
