//! Federated assertions: a token of somebody else's issuer in place of a secret (workload identity federation).
//!
//! As Entra does, issuer, subject and audience are held against the federated credentials of the identity, exactly; then the
//! token's signature against the issuer's published keys, then its time ([`Sandbox::token_clock`]). The sandbox has the keys
//! of its own clusters' issuers and asks nobody outside. Codes and texts: azure-workload-identity's and Azure/login's issues,
//! which quote them.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use time::{Duration, OffsetDateTime};

use super::refusal::Refusal;
use super::token_endpoint::Form;
use crate::providers::managedidentity::kind;
use crate::providers::managedidentity::principals::IdentityPrincipal;
use crate::sandbox::Sandbox;
use crate::services::issuer::{Issuer, IssuerKey, KeyError};
use crate::state::lists::ListQuery;
use crate::state::store::Resource;
use crate::state::timestamps::{Millis, stamp};
use crate::state::transaction::{self, Transaction};

const TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// How far clocks may be apart.
const SKEW: Duration = Duration::minutes(5);
/// Begins what Entra itself issues, which it does not take as an assertion.
const OWN_ISSUERS: [&str; 3] =
    ["https://sts.windows.net/", "https://login.microsoftonline.com/", "https://login.windows.net/"];
const CHECK: &str = "Check your federated identity credential Subject, Audience and Issuer against the presented assertion. \
                     https://learn.microsoft.com/entra/workload-id/workload-identity-federation";

/// What the token says, before anything of it is believed.
#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: Audience,
    exp: i64,
    #[serde(default)]
    nbf: i64,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

impl Audience {
    fn all(&self) -> &[String] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Many(many) => many,
        }
    }
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    #[serde(default)]
    kid: String,
}

/// A token taken apart.
struct Assertion<'a> {
    header: Header,
    claims: Claims,
    signed: &'a str,
    signature: Vec<u8>,
}

impl<'a> Assertion<'a> {
    fn parse(token: &'a str) -> Option<Self> {
        let (signed, signature) = token.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).ok();
        Some(Self {
            header: serde_json::from_slice(&decode(header)?).ok()?,
            claims: serde_json::from_slice(&decode(claims)?).ok()?,
            signed,
            signature: decode(signature)?,
        })
    }
}

/// Refuses assertions of another kind.
pub(super) fn check_type(form: &Form) -> Result<(), Refusal> {
    let kind = form.require("client_assertion_type")?;
    if *kind == TYPE {
        return Ok(());
    }
    let text = format!("The client_assertion_type '{}' is not supported: it must be '{TYPE}'.", *kind);
    Err(Refusal::bad_request("invalid_request", 50_027, text))
}

/// Checks a token that `identity` (none: an application, which has no federated credentials here) brings as its proof.
pub(super) fn check(sandbox: &Sandbox, identity: Option<&IdentityPrincipal>, token: &str) -> Result<(), Refusal> {
    let malformed = || Refusal::bad_request("invalid_request", 50_027, "JWT token is invalid or malformed.");
    let assertion = Assertion::parse(token).ok_or_else(malformed)?;
    if OWN_ISSUERS.iter().any(|own| assertion.claims.iss.starts_with(own)) {
        let text = "AAD-issued tokens may not be used for federated identity flows.";
        return Err(Refusal::bad_request("invalid_request", 700_222, text));
    }
    transaction::read(sandbox, |visit| {
        let issuer = Issuer::by_url(&visit.store, &assertion.claims.iss)?;
        check_credentials(visit, identity, &assertion.claims, issuer.is_some())?;
        let Some(issuer) = issuer else {
            let text = format!("Request to External OIDC endpoint failed. {}", unknown_issuer(&assertion.claims.iss));
            return Err(Refusal::bad_request("invalid_request", 50_166, text));
        };
        let failed = |error| match error {
            KeyError::Database(error) => Refusal::from(error),
            error @ KeyError::Unusable(_) => Refusal::server_error(error),
        };
        let key = IssuerKey::find(&visit.store, &issuer).map_err(failed)?;
        let before = IssuerKey::find_before(&visit.store, &issuer, visit.now).map_err(failed)?;
        check_signature(&assertion, key.iter().chain(&before))?;
        check_time(&assertion.claims, sandbox.token_clock().now())
    })
}

/// What to know of a token whose issuer is none of the sandbox's clusters.
fn unknown_issuer(issuer: &str) -> String {
    format!(
        "The sandbox has the keys of its own clusters' issuers alone, and '{issuer}' is none of them: tokens of GitHub Actions, \
         of other clusters and of other issuers cannot be used in it. A token of a service account of \
         one of its clusters can (`sandbox token`)."
    )
}

fn check_credentials(
    visit: &Transaction<'_>,
    identity: Option<&IdentityPrincipal>,
    claims: &Claims,
    is_known_issuer: bool,
) -> Result<(), Refusal> {
    let credentials = match identity {
        Some(identity) => {
            visit.store.list(&ListQuery { parent: Some(&identity.identity.key()), ..ListQuery::default() })?
        }
        None => Vec::new(),
    };
    let credentials = || credentials.iter().filter(|one| one.kind == kind::FEDERATED);
    let known = |one: &&Resource| is_known(visit, one);
    let issuer = |one: &&Resource| one.body["properties"]["issuer"] == *claims.iss;
    let subject = |one: &&Resource| one.body["properties"]["subject"] == *claims.sub;
    let audience = |one: &&Resource| {
        let wanted = one.body["properties"]["audiences"][0].as_str().unwrap_or_default();
        claims.aud.all().iter().any(|audience| audience == wanted)
    };
    if credentials().any(|one| known(&one) && issuer(&one) && subject(&one) && audience(&one)) {
        return Ok(());
    }
    let presented = claims.aud.all().join(", ");
    if let Some(young) = credentials().find(|one| issuer(one) && subject(one) && audience(one)) {
        let text = format!(
            "No matching federated identity record found for presented assertion. Assertion Issuer: '{}'. Assertion Subject: \
             '{}'. Assertion Audience: '{presented}'. {CHECK} The federated credential '{}' is too new: the sandbox, like \
             Entra, takes some seconds to learn of it (until {}).",
            claims.iss,
            claims.sub,
            young.name,
            stamp(known_from(visit, young))
        );
        return Err(Refusal::bad_request("invalid_request", 70_021, text));
    }
    let none = |code, what: &str, value: &str, hint: &str| {
        let text = format!(
            "No matching federated identity record found for presented assertion {what} '{value}'. {hint}{CHECK}"
        );
        Err(Refusal::invalid_client(code, text))
    };
    if !credentials().any(|one| known(&one) && issuer(&one)) {
        let hint = if is_known_issuer { String::new() } else { format!("{} ", unknown_issuer(&claims.iss)) };
        return none(700_211, "issuer", &claims.iss, &hint);
    }
    if !credentials().any(|one| known(&one) && issuer(&one) && subject(&one)) {
        let differs_in_case = |one: &Resource| {
            let subject = one.body["properties"]["subject"].as_str().unwrap_or_default();
            subject.to_lowercase() == claims.sub.to_lowercase()
        };
        return if credentials().any(|one| known(&one) && issuer(&one) && differs_in_case(one)) {
            none(
                7_002_138,
                "subject",
                &claims.sub,
                "Please note that matching is done using a case-sensitive comparison. ",
            )
        } else {
            none(700_213, "subject", &claims.sub, "")
        };
    }
    none(700_212, "audience", &presented, "")
}

/// From when on the sign-in service knows a federated credential.
fn known_from(visit: &Transaction<'_>, credential: &Resource) -> Millis {
    visit.pace.after(credential.asked, visit.active.settings.late_federated_credentials_s)
}

fn is_known(visit: &Transaction<'_>, credential: &Resource) -> bool {
    visit.now >= known_from(visit, credential)
}

fn check_signature<'k>(
    assertion: &Assertion<'_>,
    mut keys: impl Iterator<Item = &'k IssuerKey>,
) -> Result<(), Refusal> {
    let failed = |reason: &str| {
        let text = format!("Assertion failed signature validation. [Reason - {reason}]");
        Err(Refusal::bad_request("invalid_request", 50_013, text))
    };
    let Some(key) = keys.find(|key| key.id() == assertion.header.kid) else {
        return failed("The key was not found.");
    };
    // The key is for RS256 alone; what another algorithm would make of its bytes is not tried.
    if assertion.header.alg != "RS256" || !key.verifies(assertion.signed.as_bytes(), &assertion.signature) {
        return failed("Key was found, but use of the key to verify the signature failed.");
    }
    Ok(())
}

fn check_time(claims: &Claims, now: OffsetDateTime) -> Result<(), Refusal> {
    let at = |seconds| OffsetDateTime::from_unix_timestamp(seconds).ok();
    let (Some(from), Some(to)) = (at(claims.nbf), at(claims.exp)) else {
        return Err(Refusal::bad_request("invalid_request", 50_027, "JWT token is invalid or malformed."));
    };
    if from <= now + SKEW && now < to {
        return Ok(());
    }
    let shown = |time: OffsetDateTime| stamp(crate::state::timestamps::millis(time));
    let text = format!(
        "Client assertion is not within its valid time range. Current time: {}, assertion valid from {}, expiry time of \
         assertion {}. Review the documentation at https://learn.microsoft.com/entra/identity-platform/certificate-credentials .",
        shown(now),
        shown(from),
        shown(to)
    );
    Err(Refusal::invalid_client(700_024, text))
}
