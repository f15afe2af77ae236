//! Who may call: whoever brings a token that this sandbox signed for its own tenant.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use http::{HeaderMap, StatusCode, header};
use serde_json::Value;
use time::OffsetDateTime;
use uuid::Uuid;

use super::failure::Failure;
use super::response::Answer;
use crate::services::signin::bearer::{Unauthorized, authenticate};
use crate::services::signin::signer::TokenError;
use crate::state::keys::Keys;

/// The object id of the caller with a valid bearer token; ARM's 401 with its challenge for others.
pub(crate) fn authorize(keys: &Keys, headers: &HeaderMap, now: OffsetDateTime) -> Result<String, Box<Answer>> {
    let tenant = keys.directory.tenant();
    let refused = match authenticate(&keys.signer, tenant, headers, now) {
        Ok(claims) if claims.tid == tenant.to_string() => return Ok(claims.oid.to_string()),
        Ok(claims) => return Err(Box::new(wrong_tenant(&claims.tid, tenant))),
        Err(refused) => refused,
    };
    // Somebody else's token is as good as garbage, but it tells its holder most to hear whose it is.
    match named_tenant(headers) {
        Some(other) if other != tenant && refused.reason == Some(TokenError::Foreign) => {
            Err(Box::new(wrong_tenant(&other.to_string(), tenant)))
        }
        _ => Err(Box::new(answer(refused))),
    }
}

/// ARM's answer to a token that ended a minute before `now`.
pub(crate) fn expired(keys: &Keys, now: OffsetDateTime) -> Answer {
    let reason = TokenError::Expired { expired_on: now - time::Duration::MINUTE, now };
    answer(Unauthorized { tenant: keys.directory.tenant(), reason: Some(reason) })
}

/// What a second factor is asked for by: the authentication context `p1`.
const CLAIMS: &[u8] = br#"{"access_token":{"acrs":{"essential":true,"value":"p1"}}}"#;

/// ARM's answer to a token whose holder has not proved enough, whatever the token: the claims that the next one must have
/// (azure-facts.md section 10; the words are inferred).
pub(crate) fn challenged(keys: &Keys) -> Answer {
    let tenant = keys.directory.tenant();
    let challenge = format!(
        "Bearer realm=\"\", authorization_uri=\"https://login.microsoftonline.com/{tenant}/oauth2/authorize\", \
         error=\"insufficient_claims\", claims=\"{}\"",
        STANDARD.encode(CLAIMS)
    );
    let message = "The access token does not have the claims that this operation needs: sign in again with multifactor \
                   authentication.";
    Failure::new(StatusCode::UNAUTHORIZED, "InvalidAuthenticationToken", message)
        .gateway()
        .header("www-authenticate", challenge)
        .into_answer()
}

/// ARM's answer to a request without a valid token.
fn answer(refused: Unauthorized) -> Answer {
    let (code, message) = refused.error();
    Failure::new(StatusCode::UNAUTHORIZED, code, message)
        .gateway()
        .header("www-authenticate", refused.challenge())
        .into_answer()
}

/// The tenant that a token says it is of. Nobody has checked it: it is for the words of a refusal only.
fn named_tenant(headers: &HeaderMap) -> Option<Uuid> {
    let token = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?.1;
    let payload = URL_SAFE_NO_PAD.decode(token.trim().split('.').nth(1)?).ok()?;
    let claims: Value = serde_json::from_slice(&payload).ok()?;
    Uuid::try_parse(claims["tid"].as_str()?).ok()
}

/// ARM's answer to a token of another tenant.
fn wrong_tenant(other: &str, tenant: Uuid) -> Answer {
    other_tenant(other, &tenant.to_string()).into_answer()
}

/// The refusal of a token of the tenant `other` for what is of `tenant` (azure-facts.md section 8; the words are those of
/// public reports).
pub(crate) fn other_tenant(other: &str, tenant: &str) -> Failure {
    let message = format!(
        "The access token is from the wrong issuer 'https://sts.windows.net/{other}/'. It must match the tenant \
         'https://sts.windows.net/{tenant}/' associated with this subscription. Please use the authority (URL) \
         'https://login.windows.net/{tenant}' to get the token."
    );
    let challenge = format!(
        "Bearer authorization_uri=\"https://login.windows.net/{tenant}\", error=\"invalid_token\", \
         error_description=\"{message}\""
    );
    Failure::new(StatusCode::UNAUTHORIZED, "InvalidAuthenticationTokenTenant", message)
        .gateway()
        .header("www-authenticate", challenge)
}
