//! `/{tenant}/oauth2/v2.0/token` and `/{tenant}/oauth2/token`: the client-credentials grant, users' grants (version 2 alone), and
//! Entra's refusals.
//!
//! Shapes: <https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow>; version 1 names a
//! `resource` instead of a scope and answers with numbers as text.

use axum::Extension;
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, PathRejection};
use axum::extract::{Path, State};
use axum::http::uri::Scheme;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use serde_json::{Value, json};
use url::form_urlencoded;
use zeroize::Zeroizing;

use super::origin::Origin;
use super::password;
use super::refusal::Refusal;
use super::{Subject, audience_of, client, json as answer, names_tenant, tenant_in};
use crate::sandbox::Sandbox;
use azlab_clock::Clock;

/// The longest form taken; a client assertion takes a few KB.
pub(super) const MAX_FORM: usize = 64 * 1024;

/// `expires_in`: an hour less the second that Entra keeps back. In the client's time, which is the real one.
pub(crate) const EXPIRES_IN: u32 = 3599;

/// Form fields as they came. They hold a secret, so this copy is wiped at the end; what the connection read it into belongs to
/// the server and is not.
pub(super) struct Form(Zeroizing<Vec<u8>>);

impl Form {
    /// The field `name`, unless it is empty.
    pub fn get(&self, name: &str) -> Option<Zeroizing<String>> {
        form_urlencoded::parse(&self.0)
            .find(|(field, value)| field == name && !value.is_empty())
            .map(|(_, value)| Zeroizing::new(value.into_owned()))
    }

    /// The field `name`, which the protocol requires.
    pub fn require(&self, name: &str) -> Result<Zeroizing<String>, Refusal> {
        self.get(name).ok_or_else(|| {
            let text = format!("The request body must contain the following parameter: '{name}'.");
            Refusal::bad_request("invalid_request", 900_144, text)
        })
    }
}

/// Answers a token request of version 2.
pub(super) async fn token(
    State(sandbox): State<Sandbox>,
    tenant: Result<Path<String>, PathRejection>,
    scheme: Option<Extension<Scheme>>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let tenant = tenant_in(tenant);
    if let Ok(body) = &body
        && let form = Form(Zeroizing::new(body.to_vec()))
        && let Some(grant_type) = form.get("grant_type").filter(|grant_type| password::is_meant(grant_type))
    {
        let issuer = Origin::of(scheme, &headers).map(|origin| format!("{}/{tenant}/v2.0", origin.base()));
        let granted = named(&sandbox, &tenant)
            .and_then(|()| password::grant(&sandbox, &grant_type, &form, &issuer.unwrap_or_default()));
        return uncached(match granted {
            Ok(granted) => answer(StatusCode::OK, &granted.body()),
            Err(refusal) => refusal.into_response(sandbox.clock().now()),
        });
    }
    respond(&sandbox, &tenant, body, scope_v2, |issued| {
        json!({
            "token_type": "Bearer",
            "expires_in": EXPIRES_IN,
            "ext_expires_in": EXPIRES_IN,
            "access_token": issued.token.as_str(),
        })
    })
}

/// Answers a token request of version 1.
pub(super) async fn token_v1(
    State(sandbox): State<Sandbox>,
    tenant: Result<Path<String>, PathRejection>,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    respond(
        &sandbox,
        &tenant_in(tenant),
        body,
        |form| Ok(form.require("resource")?.to_string()),
        |issued| {
            json!({
                "token_type": "Bearer",
                "expires_in": EXPIRES_IN.to_string(),
                "ext_expires_in": EXPIRES_IN.to_string(),
                "expires_on": issued.expires_on.to_string(),
                "not_before": (issued.expires_on - i64::from(EXPIRES_IN)).to_string(),
                "resource": issued.audience,
                "access_token": issued.token.as_str(),
            })
        },
    )
}

/// Answers another method than POST.
pub(super) async fn wrong_method(State(sandbox): State<Sandbox>, method: Method) -> Response {
    Refusal::wrong_method("POST", &method).into_response(sandbox.clock().now())
}

/// A token and what a client is told about it.
pub(super) struct Issued {
    pub token: Zeroizing<String>,
    pub audience: String,
    /// Its end in Unix seconds of the client's time.
    pub expires_on: i64,
}

/// A token for `subject` to use at `audience`.
pub(super) fn issue(sandbox: &Sandbox, subject: &Subject, audience: &str) -> Result<Issued, Refusal> {
    let (now, lifetime) = sandbox.token_life();
    let token = sandbox.signer().issue_to(subject, audience, now, lifetime);
    Ok(Issued {
        token: token.map_err(Refusal::server_error)?,
        audience: audience.to_owned(),
        expires_on: Clock::real().now().unix_timestamp() + i64::from(EXPIRES_IN),
    })
}

fn respond(
    sandbox: &Sandbox,
    tenant: &str,
    body: Result<Bytes, BytesRejection>,
    audience: impl FnOnce(&Form) -> Result<String, Refusal>,
    success: impl FnOnce(&Issued) -> Value,
) -> Response {
    let form =
        body.map(|body| Form(Zeroizing::new(body.to_vec()))).map_err(|refused| Refusal::unread(refused.status()));
    uncached(match form.and_then(|form| grant(sandbox, tenant, &form, audience)) {
        Ok(issued) => answer(StatusCode::OK, &success(&issued)),
        Err(refusal) => refusal.into_response(sandbox.clock().now()),
    })
}

/// Tokens are for nobody to keep on the way.
fn uncached(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store, no-cache"));
    headers.insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
    response
}

/// Refuses another tenant than the sandbox's.
fn named(sandbox: &Sandbox, tenant: &str) -> Result<(), Refusal> {
    let own = sandbox.directory().tenant();
    if names_tenant(tenant, own) {
        return Ok(());
    }
    let text = format!(
        "Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the correct \
         cloud. The sandbox has one tenant, {own}."
    );
    Err(Refusal::bad_request("invalid_request", 90_002, text))
}

fn grant(
    sandbox: &Sandbox,
    tenant: &str,
    form: &Form,
    audience: impl FnOnce(&Form) -> Result<String, Refusal>,
) -> Result<Issued, Refusal> {
    named(sandbox, tenant)?;
    let grant_type = form.require("grant_type")?;
    if *grant_type != "client_credentials" {
        let text = format!("The app requested an unsupported grant type '{}'.", *grant_type);
        return Err(Refusal::bad_request("unsupported_grant_type", 70_003, text));
    }
    let client = client::find(sandbox, form)?;
    let audience = audience(form)?;
    let subject = client::prove(sandbox, client, form)?;
    issue(sandbox, &subject, &audience)
}

/// What OpenID Connect names, and the sign-in libraries of Go, Java and JavaScript send beside the scope that they are asked for:
/// Entra ignores it in this grant, for there is nobody whose identity it could tell.
const OF_OPENID: [&str; 4] = ["openid", "profile", "offline_access", "email"];

/// The resource of the one scope that version 2 takes: `{resource}/.default`.
fn scope_v2(form: &Form) -> Result<String, Refusal> {
    let scope = form.require("scope")?;
    let scopes: Vec<&str> = scope.split_whitespace().filter(|scope| !OF_OPENID.contains(scope)).collect();
    let &[scope] = scopes.as_slice() else {
        return Err(invalid_scope(&scope));
    };
    let audience = audience_of(scope);
    if audience == scope || audience.is_empty() {
        return Err(invalid_scope(scope));
    }
    Ok(audience.to_owned())
}

fn invalid_scope(scope: &str) -> Refusal {
    let text = format!(
        "The provided value for scope {scope} is not valid. Client credential flows must have a scope value with \
         /.default suffixed to the resource identifier (application ID URI)."
    );
    Refusal::bad_request("invalid_scope", 1_002_012, text)
}
