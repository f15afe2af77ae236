//! Entra's refusals: an OAuth error with an AADSTS code, which is what people search for.
//!
//! Codes: <https://learn.microsoft.com/entra/identity-platform/reference-error-codes>.

use axum::http::{Method, StatusCode};
use axum::response::Response;
use serde_json::json;
use time::OffsetDateTime;
use time::macros::format_description;
use uuid::Uuid;

use super::json as answer;

/// A refusal in Entra's terms.
#[derive(Debug)]
pub(super) struct Refusal {
    status: StatusCode,
    error: &'static str,
    code: u32,
    text: String,
}

impl Refusal {
    /// 400: the request is at fault.
    pub fn bad_request(error: &'static str, code: u32, text: impl Into<String>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, error, code, text: text.into() }
    }

    /// 400: a method that the endpoint does not have. The code is Entra's; its status is inferred.
    pub fn wrong_method(expected: &str, method: &Method) -> Self {
        let text = format!("The endpoint only accepts {expected} requests. Received a {method} request.");
        Self::bad_request("invalid_request", 900_561, text)
    }

    /// The body cannot be read: 413 for one that is too large. The code (`InvalidUserInput`) is inferred.
    pub fn unread(status: StatusCode) -> Self {
        let text = match status {
            StatusCode::PAYLOAD_TOO_LARGE => "Invalid input received from the user: the request body is too large.",
            _ => "Invalid input received from the user: the request body did not arrive whole.",
        };
        Self { status, ..Self::bad_request("invalid_request", 90_013, text) }
    }

    /// 401 `invalid_client`: the client has not proved who it is.
    pub fn invalid_client(code: u32, text: impl Into<String>) -> Self {
        Self { status: StatusCode::UNAUTHORIZED, error: "invalid_client", code, text: text.into() }
    }

    /// 500: the sandbox is at fault.
    pub fn server_error(reason: impl std::fmt::Display) -> Self {
        Self {
            status: StatusCode::INTERNAL_SERVER_ERROR,
            error: "server_error",
            code: 90_033,
            text: reason.to_string(),
        }
    }

    /// The answer; `now` is the sandbox's time.
    pub fn into_response(self, now: OffsetDateTime) -> Response {
        let Self { status, error, code, text } = self;
        let (trace, correlation) = (Uuid::new_v4(), Uuid::new_v4());
        let timestamp =
            now.format(format_description!("[year]-[month]-[day] [hour]:[minute]:[second]Z")).unwrap_or_default();
        let body = json!({
            "error": error,
            "error_description": format!(
                "AADSTS{code}: {text} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {timestamp}"
            ),
            "error_codes": [code],
            "timestamp": timestamp,
            "trace_id": trace.to_string(),
            "correlation_id": correlation.to_string(),
            "error_uri": format!("https://login.microsoftonline.com/error?code={code}"),
        });
        answer(status, &body)
    }
}

impl From<rusqlite::Error> for Refusal {
    fn from(error: rusqlite::Error) -> Self {
        Self::server_error(format_args!("The sandbox could not use its database: {error}."))
    }
}
