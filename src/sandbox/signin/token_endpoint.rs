//! `/{tenant}/oauth2/v2.0/token`: the client-credentials grant, and Entra's refusals.
//!
//! Shapes and codes: <https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow> and
//! <https://learn.microsoft.com/entra/identity-platform/reference-error-codes>.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use serde_json::json;
use time::Duration;
use time::macros::format_description;
use url::form_urlencoded;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{SigninState, audience_of, json as answer, names_tenant};

/// The longest form taken; a client assertion takes a few KB.
pub(super) const MAX_FORM: usize = 64 * 1024;

/// `expires_in`: an hour less the second that Entra keeps back. In the client's time, which is the real one.
const EXPIRES_IN: u32 = 3599;

/// A refusal in Entra's terms.
struct Refusal {
    status: StatusCode,
    error: &'static str,
    code: u32,
    text: String,
}

impl Refusal {
    fn bad_request(error: &'static str, code: u32, text: String) -> Self {
        Self { status: StatusCode::BAD_REQUEST, error, code, text }
    }
}

/// Form fields as they came; the body holds a secret and is wiped.
struct Form(Zeroizing<Vec<u8>>);

impl Form {
    /// The field `name`, which the protocol requires.
    fn require(&self, name: &str) -> Result<Zeroizing<String>, Refusal> {
        form_urlencoded::parse(&self.0)
            .find(|(field, value)| field == name && !value.is_empty())
            .map(|(_, value)| Zeroizing::new(value.into_owned()))
            .ok_or_else(|| {
                let text = format!("The request body must contain the following parameter: '{name}'.");
                Refusal::bad_request("invalid_request", 900_144, text)
            })
    }
}

/// Answers a token request.
pub(super) async fn token(State(state): State<SigninState>, Path(tenant): Path<String>, body: Bytes) -> Response {
    let mut response = match grant(&state, &tenant, &Form(Zeroizing::new(body.to_vec()))) {
        Ok(body) => answer(StatusCode::OK, &body),
        Err(refusal) => refuse(&state, refusal),
    };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store, no-cache"));
    headers.insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
    response
}

fn grant(state: &SigninState, tenant: &str, form: &Form) -> Result<serde_json::Value, Refusal> {
    if !names_tenant(tenant, state.directory.tenant()) {
        let text = format!(
            "Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the \
             correct cloud. The sandbox has one tenant, {}.",
            state.directory.tenant()
        );
        return Err(Refusal::bad_request("invalid_request", 90_002, text));
    }
    let grant_type = form.require("grant_type")?;
    if *grant_type != "client_credentials" {
        let text = format!("The app requested an unsupported grant type '{}'.", *grant_type);
        return Err(Refusal::bad_request("unsupported_grant_type", 70_003, text));
    }
    let client_id = form.require("client_id")?;
    let application = Uuid::parse_str(&client_id).ok().and_then(|id| state.directory.application(id));
    let Some(application) = application else {
        let text = format!(
            "Application with identifier '{}' was not found in the directory '{}'.",
            *client_id,
            state.directory.tenant()
        );
        return Err(Refusal::bad_request("unauthorized_client", 700_016, text));
    };
    let scope = form.require("scope")?;
    let scopes: Vec<&str> = scope.split_whitespace().collect();
    let &[scope] = scopes.as_slice() else {
        return Err(invalid_scope(&scope));
    };
    if audience_of(scope) == scope || audience_of(scope).is_empty() {
        return Err(invalid_scope(scope));
    }
    let secret = match form.require("client_secret") {
        Ok(secret) => secret,
        Err(_) => {
            let text = "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.";
            return Err(Refusal {
                status: StatusCode::UNAUTHORIZED,
                error: "invalid_client",
                code: 7_000_218,
                text: text.to_owned(),
            });
        }
    };
    if !application.accepts(&secret) {
        let text = format!(
            "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, \
             not the client secret ID, for a secret added to app '{}'.",
            *client_id
        );
        return Err(Refusal { status: StatusCode::UNAUTHORIZED, error: "invalid_client", code: 7_000_215, text });
    }
    // The client counts real seconds, and in each of them the sandbox's clock moves on by its speed.
    let lifetime = Duration::seconds_f64(f64::from(EXPIRES_IN) * state.clock.speed());
    let token = state.signer.issue(&application.principal, audience_of(scope), state.clock.now(), lifetime).map_err(
        |error| Refusal {
            status: StatusCode::INTERNAL_SERVER_ERROR,
            error: "server_error",
            code: 90_033,
            text: error.to_string(),
        },
    )?;
    Ok(json!({
        "token_type": "Bearer",
        "expires_in": EXPIRES_IN,
        "ext_expires_in": EXPIRES_IN,
        "access_token": *token,
    }))
}

fn invalid_scope(scope: &str) -> Refusal {
    let text = format!(
        "The provided value for scope {scope} is not valid. Client credential flows must have a scope value with \
         /.default suffixed to the resource identifier (application ID URI)."
    );
    Refusal::bad_request("invalid_scope", 1_002_012, text)
}

fn refuse(state: &SigninState, refusal: Refusal) -> Response {
    let Refusal { status, error, code, text } = refusal;
    let (trace, correlation) = (Uuid::new_v4(), Uuid::new_v4());
    let timestamp = state
        .clock
        .now()
        .format(format_description!("[year]-[month]-[day] [hour]:[minute]:[second]Z"))
        .unwrap_or_default();
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
