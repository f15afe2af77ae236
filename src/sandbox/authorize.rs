//! Who may call: whoever brings a token that this sandbox signed.

use http::{HeaderMap, StatusCode};
use time::OffsetDateTime;

use super::answer::Answer;
use super::errors::Failure;
use super::keys::Keys;
use super::signin::{TokenError, Unauthorized, authenticate};

/// The object id of the caller with a valid bearer token; ARM's 401 with its challenge for others.
pub(crate) fn authorize(keys: &Keys, headers: &HeaderMap, now: OffsetDateTime) -> Result<String, Box<Answer>> {
    match authenticate(&keys.signer, keys.directory.tenant(), headers, now) {
        Ok(claims) => Ok(claims.oid.to_string()),
        Err(refused) => Err(Box::new(answer(refused))),
    }
}

/// ARM's answer to a token that ended a minute before `now`.
pub(crate) fn expired(keys: &Keys, now: OffsetDateTime) -> Answer {
    let reason = TokenError::Expired { expired_on: now - time::Duration::MINUTE, now };
    answer(Unauthorized { tenant: keys.directory.tenant(), reason: Some(reason) })
}

/// ARM's answer to a request without a valid token.
fn answer(refused: Unauthorized) -> Answer {
    let (code, message) = refused.error();
    Failure::new(StatusCode::UNAUTHORIZED, code, message)
        .gateway()
        .header("www-authenticate", refused.challenge())
        .into_answer()
}
