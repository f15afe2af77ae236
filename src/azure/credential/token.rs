//! An access token, and what can fetch one.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use time::OffsetDateTime;
use zeroize::Zeroizing;

use super::{CredentialKind, SignInError};

/// A bearer token. Its text is never printed and is wiped from memory with the last copy.
#[derive(Clone)]
pub struct AccessToken {
    secret: Arc<Zeroizing<String>>,
    /// When the service stops accepting it.
    pub expires_on: OffsetDateTime,
}

impl AccessToken {
    /// Keeps `secret` until `expires_on`.
    pub fn new(secret: impl Into<String>, expires_on: OffsetDateTime) -> Self {
        Self { secret: Arc::new(Zeroizing::new(secret.into())), expires_on }
    }

    /// The text that follows `Bearer ` in the Authorization header.
    pub fn secret(&self) -> &str {
        &self.secret
    }

    /// Why it is no bearer token (RFC 6750, `b64token`), so that no service takes it and a header may not even carry it.
    pub(crate) fn flaw(&self) -> Option<&'static str> {
        let text = self.secret();
        let is_of_one = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte);
        if text.trim().is_empty() {
            return Some("it is empty");
        }
        if text.contains(char::is_whitespace) {
            return Some("it has blanks or line breaks");
        }
        (!text.bytes().all(is_of_one)).then_some("it has characters that no token has")
    }

    /// The tenant that issued the token, if it says so. Entra's tokens do; nothing else relies on their contents.
    pub(crate) fn tenant(&self) -> Option<String> {
        self.payload()?.tid
    }

    /// The object id of whom the token is for, likewise: to be named in a command for an administrator.
    pub(crate) fn object_id(&self) -> Option<String> {
        self.payload()?.oid
    }

    fn payload(&self) -> Option<Payload> {
        let payload = self.secret().split('.').nth(1)?;
        let bytes = Zeroizing::new(URL_SAFE_NO_PAD.decode(payload).ok()?);
        serde_json::from_slice(&bytes).ok()
    }
}

#[derive(Deserialize)]
struct Payload {
    tid: Option<String>,
    oid: Option<String>,
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessToken").field("expires_on", &self.expires_on).finish_non_exhaustive()
    }
}

/// One way to get a token: a program, a service, the sandbox. It caches nothing; [`super::TokenCache`] does.
#[async_trait]
pub trait TokenSource: Send + Sync + fmt::Debug {
    /// Asks for a new token for `scope` (`https://…/.default`).
    ///
    /// # Errors
    /// [`SignInError`] says which credential failed, why, and what to do about it.
    async fn fetch(&self, scope: &str) -> Result<AccessToken, SignInError>;

    /// Which credential this is.
    fn kind(&self) -> CredentialKind;
}
