//! Users who sign in with a password through a public client, as `az login --username` does: the password grant, and the refresh
//! tokens by which az asks for tokens for other services.
//!
//! Each user's password is the secret of the sandbox's application: a sandbox has one secret, for its owner to give away.
//! Shapes: <https://learn.microsoft.com/entra/identity-platform/v2-oauth-ropc>, and
//! <https://learn.microsoft.com/entra/identity-platform/id-token-claims-reference> for the id token, which clients read without
//! checking its signature.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde_json::{Value, json};
use time::Duration;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::refusal::Refusal;
use super::token_endpoint::{EXPIRES_IN, Form, Issued, issue};
use super::{Principal, Proof, Subject, audience_of, same_secret};
use crate::sandbox::Sandbox;
use crate::state::people::{People, Person};
use crate::state::transaction;
use azlab_clock::Clock;

/// Whom a refresh token is for: this service.
const REFRESH: &str = "urn:azlab-sandbox:refresh";
/// How long one is valid, as Entra's are.
const REFRESH_LIFETIME: Duration = Duration::days(90);

/// What a public client is given.
pub(super) struct Granted {
    pub issued: Issued,
    /// The scopes that were asked for.
    scope: String,
    id_token: Zeroizing<String>,
    refresh_token: Zeroizing<String>,
    client_info: String,
}

#[derive(Serialize)]
struct IdToken<'a> {
    aud: &'a str,
    iss: String,
    iat: i64,
    nbf: i64,
    exp: i64,
    name: &'a str,
    oid: String,
    preferred_username: &'a str,
    sub: String,
    tid: String,
    ver: &'static str,
}

/// Whether a grant is one of users.
pub(super) fn is_meant(grant_type: &str) -> bool {
    matches!(grant_type, "password" | "refresh_token")
}

/// Gives a user's tokens; `issuer` is the address of the tenant's issuer.
pub(super) fn grant(sandbox: &Sandbox, grant_type: &str, form: &Form, issuer: &str) -> Result<Granted, Refusal> {
    let client = form.require("client_id")?;
    let client_id = Uuid::parse_str(&client).map_err(|_| {
        let text = format!("Application with identifier '{}' was not found in the directory.", *client);
        Refusal::bad_request("unauthorized_client", 700_016, text)
    })?;
    let scope = form.require("scope")?;
    let resource =
        scope.split_whitespace().find(|scope| scope.ends_with("/.default") || scope.ends_with("/user_impersonation"));
    let Some(resource) = resource else {
        let text = format!("The provided value for the input parameter 'scope' is not valid: {}.", *scope);
        return Err(Refusal::bad_request("invalid_scope", 70_011, text));
    };
    let audience = audience_of(resource);
    let audience = audience.strip_suffix("/user_impersonation").unwrap_or(audience).to_owned();
    let user = if grant_type == "password" { by_password(sandbox, form)? } else { by_refresh_token(sandbox, form)? };
    let tenant = sandbox.directory().tenant();
    let principal = Principal { tenant, client_id, object_id: user.object_id };
    let name = user.user_principal_name.clone();
    let subject = Subject { principal, proof: Proof::None, resource_id: None, user: Some(name) };
    let issued = issue(sandbox, &subject, &audience)?;
    let now = sandbox.token_clock().now();
    let refresh_token = sandbox.signer().issue_to(&subject, REFRESH, now, REFRESH_LIFETIME);
    // Clients hold it against their own clock, which is the real one.
    let real = Clock::real().now().unix_timestamp();
    let id_token = IdToken {
        aud: &client,
        iss: issuer.to_owned(),
        iat: real,
        nbf: real,
        exp: real + i64::from(EXPIRES_IN),
        name: &user.name,
        oid: user.object_id.to_string(),
        preferred_username: &user.user_principal_name,
        sub: user.object_id.to_string(),
        tid: tenant.to_string(),
        ver: "2.0",
    };
    let info = json!({"uid": user.object_id, "utid": tenant}).to_string();
    Ok(Granted {
        issued,
        scope: scope.to_string(),
        id_token: sandbox.signer().sign(&id_token).map_err(Refusal::server_error)?,
        refresh_token: refresh_token.map_err(Refusal::server_error)?,
        client_info: URL_SAFE_NO_PAD.encode(info),
    })
}

impl Granted {
    /// The answer.
    pub fn body(&self) -> Value {
        json!({
            "token_type": "Bearer",
            "scope": self.scope,
            "expires_in": EXPIRES_IN,
            "ext_expires_in": EXPIRES_IN,
            "access_token": self.issued.token.as_str(),
            "refresh_token": self.refresh_token.as_str(),
            "id_token": self.id_token.as_str(),
            "client_info": self.client_info,
        })
    }
}

fn user(sandbox: &Sandbox, name: &str) -> Result<Option<Person>, Refusal> {
    transaction::read(sandbox, |visit| {
        Ok::<_, rusqlite::Error>(People::of(&visit.active.settings.directory).user(name))
    })
    .map_err(Refusal::from)
}

fn by_password(sandbox: &Sandbox, form: &Form) -> Result<Person, Refusal> {
    let (name, password) = (form.require("username")?, form.require("password")?);
    let Some(user) = user(sandbox, &name)? else {
        let text = format!(
            "The user account {} does not exist in the {} directory. To sign into this application, the account must be added \
             to the directory.",
            *name,
            sandbox.directory().tenant()
        );
        return Err(Refusal::bad_request("invalid_grant", 50_034, text));
    };
    let secret = sandbox.directory().default_application().secret();
    if !same_secret(secret.as_bytes(), password.as_bytes()) {
        let text = "Error validating credentials due to invalid username or password.";
        return Err(Refusal::bad_request("invalid_grant", 50_126, text));
    }
    Ok(user)
}

fn by_refresh_token(sandbox: &Sandbox, form: &Form) -> Result<Person, Refusal> {
    let token = form.require("refresh_token")?;
    let refused = || {
        let text = "The refresh token has expired or is invalid due to sign-in frequency checks by conditional access.";
        Refusal::bad_request("invalid_grant", 70_043, text)
    };
    let claims = sandbox.signer().verify(&token, sandbox.token_clock().now(), &[REFRESH]).map_err(|_| refused())?;
    user(sandbox, claims.upn.as_deref().unwrap_or_default())?.ok_or_else(refused)
}
