//! Signing in to the sandbox in process: its signer is asked directly.

use async_trait::async_trait;
use time::Duration;

use super::{AccessToken, CredentialKind, SignInError, SignInFailure, TokenSource};
use azlab_clock::Clock;
use azlab_sandbox::signin::{Principal, Signer, audience_of};

/// How long the sandbox's tokens last, on its clock: an hour, as Entra's at least do.
const LIFETIME: Duration = Duration::HOUR;

/// Tokens of the sandbox for one of its service principals.
#[derive(Debug)]
pub struct SandboxSource {
    signer: Signer,
    principal: Principal,
    clock: Clock,
    /// The clock by which the sandbox judges tokens.
    judging: Clock,
}

impl SandboxSource {
    /// Tokens by `signer` for `principal`; `clock` is the sandbox's.
    pub fn new(signer: Signer, principal: Principal, clock: Clock) -> Self {
        Self { signer, principal, clock, judging: clock }
    }

    /// The same where the sandbox judges tokens by another clock than its own: its dates may have been moved on.
    #[must_use]
    pub(crate) fn judged_by(self, judging: Clock) -> Self {
        Self { judging, ..self }
    }
}

#[async_trait]
impl TokenSource for SandboxSource {
    async fn fetch(&self, scope: &str) -> Result<AccessToken, SignInError> {
        let audience = audience_of(scope);
        let token = self.signer.issue(&self.principal, audience, self.judging.now(), LIFETIME).map_err(|error| {
            SignInError::new(SignInFailure::Other, self.kind(), error.to_string(), "Reset the sandbox.")
        })?;
        Ok(AccessToken::new(token.as_str(), self.clock.now() + LIFETIME))
    }

    fn kind(&self) -> CredentialKind {
        CredentialKind::Sandbox
    }
}
