//! What a 401 asks a person to prove before the same request is let in: a claims challenge, as for a second factor, which Azure
//! asks for writes since 2025 (azure-facts.md, section on authentication).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use http::header::WWW_AUTHENTICATE;

use super::credential::{AccessToken, CredentialKind, TokenCache};

/// Longer than any challenge; a header of 8 KiB is refused by most servers.
const LONGEST: usize = 8 * 1024;

/// The challenge, and who was challenged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimsChallenge {
    /// The claims that the next token must have: JSON in base64, as az takes it.
    pub(crate) claims: String,
    tenant: Option<String>,
    scope: Option<String>,
    is_az: bool,
}

impl ClaimsChallenge {
    /// The challenge of an answer's `WWW-Authenticate` headers.
    pub(crate) fn read(headers: &HeaderMap) -> Option<Self> {
        let values = headers.get_all(WWW_AUTHENTICATE).iter().filter_map(|value| value.to_str().ok());
        let claims = values.into_iter().find_map(claims_of)?;
        Some(Self { claims, tenant: None, scope: None, is_az: true })
    }

    /// The challenge to who holds `token`, which is for `scope`.
    #[must_use]
    pub(crate) fn of(mut self, token: &AccessToken, tokens: &TokenCache, scope: &str) -> Self {
        self.tenant = token.tenant();
        self.scope = Some(scope.to_owned());
        self.is_az = matches!(tokens.winner(), CredentialKind::Cli | CredentialKind::Auto);
        self
    }

    /// The command that answers it.
    pub(crate) fn answer(&self) -> String {
        let tenant = self.tenant.as_deref().unwrap_or("TENANT");
        let scope = self.scope.as_ref().map_or_else(String::new, |scope| format!(" --scope \"{scope}\""));
        let login = format!("az login --tenant \"{tenant}\"{scope} --claims-challenge \"{}\"", self.claims);
        if self.is_az {
            format!("sign in again with the claims that Azure asks for, and run the same command again: {login}")
        } else {
            format!(
                "Azure asks for a person's sign-in, which this one is not: {login}; then run the same command with --auth cli"
            )
        }
    }
}

/// The claims in one header, which may hold several challenges.
fn claims_of(header: &str) -> Option<String> {
    let text = parameter(header, "claims")?;
    let claims = if text.trim_start().starts_with('{') { STANDARD.encode(text) } else { text };
    // It goes into a line for a shell.
    let is_base64 = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=' | b'-' | b'_');
    (!claims.is_empty() && claims.len() <= LONGEST && claims.bytes().all(is_base64)).then_some(claims)
}

/// The value of a parameter (RFC 9110, 11.2): a token or a quoted string.
fn parameter(header: &str, name: &str) -> Option<String> {
    let mut rest = header;
    while let Some((before, after)) = rest.split_once('=') {
        let key = before.rsplit([' ', ',', '\t']).find(|word| !word.is_empty()).unwrap_or_default();
        let after = after.trim_start();
        let (value, behind) = match after.strip_prefix('"') {
            Some(quoted) => unquoted(quoted),
            None => {
                let end = after.find([',', ' ']).unwrap_or(after.len());
                (after[..end].to_owned(), &after[end..])
            }
        };
        if key.eq_ignore_ascii_case(name) {
            return Some(value);
        }
        rest = behind;
    }
    None
}

/// The text up to the quote that ends it, with what is behind.
fn unquoted(text: &str) -> (String, &str) {
    let (mut value, mut is_escaped) = (String::new(), false);
    for (at, character) in text.char_indices() {
        match character {
            '"' if !is_escaped => return (value, &text[at + 1..]),
            '\\' if !is_escaped => is_escaped = true,
            _ => {
                value.push(character);
                is_escaped = false;
            }
        }
    }
    (value, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(headers: &[&'static str]) -> Option<String> {
        let headers = headers.iter().map(|value| (WWW_AUTHENTICATE, http::HeaderValue::from_static(value)));
        ClaimsChallenge::read(&headers.collect()).map(|found| found.claims)
    }

    #[test]
    fn the_claims_are_found_however_the_challenge_is_written() {
        let expected = Some("eyJhIjoxfQ==".to_owned());
        for one in [
            "Bearer realm=\"\", authorization_uri=\"https://login.microsoftonline.com/common/oauth2/authorize\", error=\"insufficient_claims\", claims=\"eyJhIjoxfQ==\"",
            "Bearer claims=\"eyJhIjoxfQ==\", error=\"insufficient_claims\"",
            "bearer Claims=eyJhIjoxfQ==,error=insufficient_claims",
            "Bearer error_description=\"say \\\"claims=x\\\"\", claims = \"eyJhIjoxfQ==\"",
            "Basic realm=\"x\", Bearer claims=\"eyJhIjoxfQ==\"",
        ] {
            assert_eq!(read(&[one]), expected, "{one}");
        }
        assert_eq!(read(&["Basic realm=\"x\"", "Bearer claims=\"eyJhIjoxfQ==\""]), expected);
        assert_eq!(read(&["Bearer claims=\"{\\\"a\\\":1}\""]), Some(STANDARD.encode("{\"a\":1}")));
        for none in ["Bearer error=\"invalid_token\"", "Bearer claims=\"\"", "Bearer claims=\"a; rm -rf /\"", "claims"]
        {
            assert_eq!(read(&[none]), None, "{none}");
        }
    }
}
