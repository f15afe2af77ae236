//! Resource Manager's check of the Authorization header, and its 401 answers.
//!
//! Codes: azure-facts.md, "General ARM". Messages and challenge: as seen in public reports of these answers.

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use time::OffsetDateTime;
use time::macros::format_description;
use uuid::Uuid;

use super::{Claims, Signer, TokenError, json as answer};

/// The resources that stand for Resource Manager in each cloud.
const ARM_AUDIENCES: [&str; 6] = [
    "https://management.core.windows.net",
    "https://management.azure.com",
    "https://management.core.usgovcloudapi.net",
    "https://management.usgovcloudapi.net",
    "https://management.core.chinacloudapi.cn",
    "https://management.chinacloudapi.cn",
];

/// Why a request is not let in; turns into the 401 answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unauthorized {
    /// Where the client may get a token.
    pub tenant: Uuid,
    /// What is wrong with the token; `None` if there is none.
    pub reason: Option<TokenError>,
}

/// The caller of a request to Resource Manager, at `now` on the sandbox's clock.
///
/// Tokens for Resource Manager of any cloud are taken, and those for the sandbox's own address.
///
/// # Errors
/// [`Unauthorized`], which is also the answer to send.
pub fn authenticate(
    signer: &Signer,
    tenant: Uuid,
    headers: &HeaderMap,
    now: OffsetDateTime,
) -> Result<Claims, Unauthorized> {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let own = host.map(|host| format!("https://{host}"));
    let audiences: Vec<&str> = ARM_AUDIENCES.into_iter().chain(own.as_deref()).collect();
    bearer(signer, headers, now, &audiences).map_err(|reason| Unauthorized { tenant, reason })
}

/// The claims of the bearer token in `headers`, if it holds at `now` for one of `audiences`.
///
/// # Errors
/// What is wrong with the token; `None` if there is none.
pub fn bearer(
    signer: &Signer,
    headers: &HeaderMap,
    now: OffsetDateTime,
    audiences: &[&str],
) -> Result<Claims, Option<TokenError>> {
    let value = headers.get(header::AUTHORIZATION).ok_or(None)?;
    let token = value
        .to_str()
        .ok()
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("Bearer"))
        .map(|(_, token)| token.trim())
        .ok_or(Some(TokenError::Malformed))?;
    signer.verify(token, now, audiences).map_err(Some)
}

impl Unauthorized {
    /// ARM's error code and message.
    pub fn error(&self) -> (&'static str, String) {
        match &self.reason {
            None => {
                ("AuthenticationFailed", "Authentication failed. The 'Authorization' header is missing.".to_owned())
            }
            Some(TokenError::Expired { expired_on, now }) => (
                "ExpiredAuthenticationToken",
                format!(
                    "The access token expiry UTC time '{}' is earlier than current UTC time '{}'.",
                    shown(*expired_on),
                    shown(*now)
                ),
            ),
            Some(TokenError::WrongAudience { audience }) => (
                "InvalidAuthenticationTokenAudience",
                format!(
                    "The access token has been obtained for wrong audience or resource '{audience}'. It should exactly \
                     match with one of the allowed audiences 'https://management.core.windows.net/',\
                     'https://management.azure.com/'."
                ),
            ),
            Some(TokenError::Malformed | TokenError::Foreign | TokenError::NotYetValid { .. }) => {
                ("InvalidAuthenticationToken", "The access token is invalid.".to_owned())
            }
        }
    }
}

impl Unauthorized {
    /// The `WWW-Authenticate` header: where a token can be had, and what is wrong with this one.
    pub fn challenge(&self) -> String {
        let (_, message) = self.error();
        // An audience comes from the token, whose signature holds only if the sandbox wrote it; still, a header takes
        // neither quotes nor control characters.
        let described: String = message.chars().filter(|c| (' '..='~').contains(c) && *c != '"').collect();
        format!(
            "Bearer authorization_uri=\"https://login.windows.net/{}\", error=\"invalid_token\", \
             error_description=\"{described}\"",
            self.tenant
        )
    }
}

impl IntoResponse for Unauthorized {
    fn into_response(self) -> Response {
        let (code, message) = self.error();
        let challenge = self.challenge();
        let body = json!({ "error": { "code": code, "message": message } });
        let mut response = answer(StatusCode::UNAUTHORIZED, &body);
        if let Ok(challenge) = HeaderValue::from_str(&challenge) {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        response.headers_mut().insert("x-ms-failure-cause", HeaderValue::from_static("gateway"));
        response
    }
}

fn shown(time: OffsetDateTime) -> String {
    let form = format_description!(
        "[month padding:none]/[day padding:none]/[year] [hour repr:12 padding:none]:[minute]:[second] [period]"
    );
    time.format(form).unwrap_or_else(|_| time.to_string())
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;
    use time::Duration;
    use time::macros::datetime;

    use super::*;
    use crate::services::signin::Principal;

    const NOW: OffsetDateTime = datetime!(2026-04-01 13:05 UTC);

    fn bearer(signer: &Signer, audience: &str) -> HeaderValue {
        let principal = Principal { tenant: Uuid::nil(), client_id: Uuid::nil(), object_id: Uuid::nil() };
        let token = signer.issue(&principal, audience, NOW, Duration::HOUR).unwrap();
        HeaderValue::from_str(&format!("Bearer {}", *token)).unwrap()
    }

    async fn answered(error: Unauthorized) -> (String, String) {
        let response = error.into_response();
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
        let challenge = response.headers()[header::WWW_AUTHENTICATE].to_str().unwrap().to_owned();
        let body = to_bytes(response.into_body(), 10_000).await.unwrap();
        let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
        (body["error"]["code"].as_str().unwrap().to_owned(), challenge)
    }

    #[tokio::test]
    async fn each_failure_has_its_code_and_a_challenge() {
        let signer = Signer::generate().unwrap();
        let check = |value: Option<HeaderValue>, now| {
            let mut headers = HeaderMap::new();
            headers.extend(value.map(|value| (header::AUTHORIZATION, value)));
            authenticate(&signer, Uuid::nil(), &headers, now).unwrap_err()
        };
        let arm = bearer(&signer, "https://management.azure.com");
        let (code, challenge) = answered(check(Some(arm.clone()), NOW + Duration::HOUR)).await;
        assert_eq!(code, "ExpiredAuthenticationToken");
        assert!(challenge.contains("'4/1/2026 2:05:00 PM' is earlier"), "{challenge}");

        let foreign = bearer(&Signer::generate().unwrap(), "https://management.azure.com");
        let cases = [
            (None, "AuthenticationFailed"),
            (Some(foreign), "InvalidAuthenticationToken"),
            (Some(HeaderValue::from_static("Bearer")), "InvalidAuthenticationToken"),
            (Some(HeaderValue::from_static("Basic dTpw")), "InvalidAuthenticationToken"),
            (Some(HeaderValue::from_bytes(b"Bearer \xff").unwrap()), "InvalidAuthenticationToken"),
            (Some(bearer(&signer, "https://graph.microsoft.com")), "InvalidAuthenticationTokenAudience"),
        ];
        for (value, expected) in cases {
            let (code, challenge) = answered(check(value, NOW)).await;
            assert_eq!(code, expected);
            assert!(challenge.starts_with("Bearer authorization_uri=\"https://login.windows.net/0"), "{challenge}");
        }
    }

    #[test]
    fn the_sandbox_s_own_address_is_an_audience() {
        let signer = Signer::generate().unwrap();
        let mut headers = HeaderMap::new();
        headers.insert(header::AUTHORIZATION, bearer(&signer, "https://localhost:8443"));
        assert!(authenticate(&signer, Uuid::nil(), &headers, NOW).is_err());
        headers.insert(header::HOST, HeaderValue::from_static("localhost:8443"));
        assert!(authenticate(&signer, Uuid::nil(), &headers, NOW).is_ok());
    }
}
