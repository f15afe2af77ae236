//! Who may call: a bearer token is demanded of every request.

use http::{HeaderMap, StatusCode};
use time::OffsetDateTime;

use super::answer::Answer;
use super::errors::Failure;
use super::TENANT_ID;

/// Lets a request with a bearer token pass; answers ARM's 401 with its challenge otherwise.
pub(crate) fn authorize(headers: &HeaderMap, _now: OffsetDateTime) -> Result<(), Box<Answer>> {
    let token = headers
        .get(http::header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map_or("", |(_, token)| token.trim());
    if !token.is_empty() {
        return Ok(());
    }
    Err(Box::new(
        Failure::new(
            StatusCode::UNAUTHORIZED,
            "AuthenticationFailed",
            "Authentication failed. The 'Authorization' header is missing or does not hold a bearer token.",
        )
        .gateway()
        .header(
            "www-authenticate",
            format!(
                "Bearer authorization_uri=\"https://login.microsoftonline.com/{TENANT_ID}\", error=\"invalid_token\", \
                 error_description=\"The authentication failed because of missing 'Authorization' header.\""
            ),
        )
        .into_answer(),
    ))
}
