//! Tokens of the signed-in application without a sign-in, for those who have the sandbox in process.

use http::HeaderValue;
use time::{Duration, OffsetDateTime};
use zeroize::Zeroizing;

use crate::sandbox::Sandbox;
use crate::services::signin::{SignerError, TOKEN_LIFETIME};

/// The audience of tokens for Resource Manager.
pub const ARM_AUDIENCE: &str = "https://management.azure.com";

impl Sandbox {
    /// An access token of the default application, who owns the subscription, for `audience`: [`ARM_AUDIENCE`],
    /// `https://graph.microsoft.com`, or `https://cognitiveservices.azure.com` for the models of an account.
    ///
    /// It is what the token endpoint issues for the application's secret, and holds for an hour of real time.
    ///
    /// # Errors
    /// [`SignerError::Unsigned`]
    pub fn access_token(&self, audience: &str) -> Result<Zeroizing<String>, SignerError> {
        let (now, lifetime) = self.token_life();
        let principal = &self.directory().default_application().principal;
        self.signer().issue(principal, audience, now, lifetime)
    }

    /// From when a token that is made now holds, and how long, on the clock of tokens: an hour of real time.
    pub(crate) fn token_life(&self) -> (OffsetDateTime, Duration) {
        let clock = self.token_clock();
        let lifetime = clock.calendar_time(std::time::Duration::from_secs(TOKEN_LIFETIME.into()));
        (clock.now(), lifetime.unwrap_or(Duration::MAX))
    }

    /// The `Authorization` header with such a token for Resource Manager. It is marked as sensitive, so that it does not show
    /// in debug output.
    ///
    /// # Errors
    /// [`SignerError::Unsigned`]
    pub fn bearer(&self) -> Result<HeaderValue, SignerError> {
        self.bearer_for(ARM_AUDIENCE)
    }

    /// The same for another service.
    pub(crate) fn bearer_for(&self, audience: &str) -> Result<HeaderValue, SignerError> {
        let token = self.access_token(audience)?;
        let header = Zeroizing::new(format!("Bearer {}", *token));
        let mut value = HeaderValue::from_str(&header).map_err(|error| SignerError::Unsigned(error.to_string()))?;
        value.set_sensitive(true);
        Ok(value)
    }
}
