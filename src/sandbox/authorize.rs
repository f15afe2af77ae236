//! Who may call: whoever brings a token that this sandbox signed.

use http::{HeaderMap, StatusCode};
use time::OffsetDateTime;

use super::answer::Answer;
use super::errors::Failure;
use super::keys::Keys;
use super::signin::{Unauthorized, authenticate};

/// Lets a request with a valid bearer token pass; answers ARM's 401 with its challenge otherwise.
pub(crate) fn authorize(keys: &Keys, headers: &HeaderMap, now: OffsetDateTime) -> Result<(), Box<Answer>> {
    match authenticate(&keys.signer, keys.directory.tenant(), headers, now) {
        Ok(_) => Ok(()),
        Err(refused) => Err(Box::new(answer(refused))),
    }
}

/// ARM's answer to a request without a valid token.
fn answer(refused: Unauthorized) -> Answer {
    let (code, message) = refused.error();
    Failure::new(StatusCode::UNAUTHORIZED, code, message)
        .gateway()
        .header("www-authenticate", refused.challenge())
        .into_answer()
}
