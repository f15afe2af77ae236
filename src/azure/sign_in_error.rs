//! Why there is no token, in words and in kinds that exit codes and hints match on.

use std::fmt;

use super::credential_kind::CredentialKind;

/// The kinds of failed sign-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SignInFailure {
    /// Nobody is signed in there.
    NotSignedIn,
    /// The program that would hold the sign-in is not on PATH.
    ProgramNotFound,
    /// The program or service gave no answer in time.
    TimedOut,
    /// The account or token belongs to another tenant, or there is no such tenant.
    WrongTenant,
    /// The sign-in was valid once and must be renewed by a person.
    Expired,
    /// The sign-in service refused what it was given.
    Refused,
    /// Settings are missing, contradict each other or cannot be used.
    NotConfigured,
    /// The sign-in service could not be reached or trusted.
    Network,
    /// `--auth auto` found nothing that works; see [`SignInError::tried`].
    NothingWorked,
    /// The program's accounts are of another cloud.
    WrongCloud,
    /// Anything else.
    Other,
}

impl SignInFailure {
    /// A stable name for JSON output.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::NotSignedIn => "NotSignedIn",
            Self::ProgramNotFound => "ProgramNotFound",
            Self::TimedOut => "SignInTimedOut",
            Self::WrongTenant => "WrongTenant",
            Self::Expired => "SignInExpired",
            Self::Refused => "SignInRefused",
            Self::NotConfigured => "SignInNotConfigured",
            Self::Network => "SignInUnreachable",
            Self::WrongCloud => "WrongCloud",
            Self::NothingWorked => "NotSignedIn",
            Self::Other => "SignInFailed",
        }
    }
}

/// One credential that `auto` passed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// Which one.
    pub credential: CredentialKind,
    /// Why not, in one line.
    pub reason: String,
}

/// A sign-in that failed. Holds no secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignInError {
    /// What sort of failure.
    pub failure: SignInFailure,
    /// Which credential failed.
    pub credential: CredentialKind,
    /// What happened, in one line.
    pub message: String,
    /// What to do next, in one line.
    pub hint: String,
    /// What `auto` tried, in order; empty for a credential chosen by hand.
    pub tried: Vec<Attempt>,
    /// Whether it may work at the next try, with nothing changed.
    pub may_pass: bool,
}

impl SignInError {
    pub(crate) fn new(
        failure: SignInFailure,
        credential: CredentialKind,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) -> Self {
        let may_pass = matches!(failure, SignInFailure::Network | SignInFailure::TimedOut);
        Self { failure, credential, message: message.into(), hint: hint.into(), tried: Vec::new(), may_pass }
    }
}

impl fmt::Display for SignInError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.failure == SignInFailure::NothingWorked {
            f.write_str(&self.message)?;
        } else {
            write!(f, "signing in with {} failed: {}", self.credential, self.message)?;
        }
        for attempt in &self.tried {
            write!(f, "\n  {}: {}", attempt.credential, attempt.reason)?;
        }
        if !self.hint.is_empty() {
            write!(f, "\n{}", self.hint)?;
        }
        Ok(())
    }
}

impl std::error::Error for SignInError {}
