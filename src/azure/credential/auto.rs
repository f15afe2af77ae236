//! `--auth auto`: the first credential that works, and a readable account when none does.

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use async_trait::async_trait;
use url::Url;

use super::http::SignInHttp;
use super::identity::IdentitySource;
use super::{AccessToken, Attempt, CredentialKind, SignInError, SignInFailure, TokenSource};
use azlab_clock::Clock;

/// How long the address of a virtual machine's identity may take to answer; on one it takes milliseconds.
const PROBE_LIMIT: Duration = Duration::from_secs(1);
/// What that address answers to a request without the `Metadata: true` header. Other hosts' answer something else.
const PROBE_STATUS: u16 = 400;

/// One credential of the list, and what its failure means.
pub(super) struct Candidate {
    kind: CredentialKind,
    offer: Offer,
}

enum Offer {
    /// Not there: why.
    Absent(&'static str),
    /// Set up by hand: a failure is the end.
    Configured(Result<Arc<dyn TokenSource>, SignInError>),
    /// May or may not be usable: a failure leads to the next.
    Offered(Arc<dyn TokenSource>),
    /// As offered, but asked only if the address answers.
    Probed(Arc<dyn TokenSource>, SignInHttp, Url),
}

impl Candidate {
    pub(super) fn absent(kind: CredentialKind, why: &'static str) -> Self {
        Self { kind, offer: Offer::Absent(why) }
    }

    pub(super) fn configured(kind: CredentialKind, source: Result<IdentitySource, SignInError>) -> Self {
        Self { kind, offer: Offer::Configured(source.map(|source| Arc::new(source) as _)) }
    }

    pub(super) fn offered(source: IdentitySource) -> Self {
        Self { kind: source.kind, offer: Offer::Offered(Arc::new(source)) }
    }

    pub(super) fn probed(source: IdentitySource, probe: SignInHttp, url: Url) -> Self {
        Self { kind: source.kind, offer: Offer::Probed(Arc::new(source), probe, url) }
    }
}

/// Why a candidate was passed over.
struct Passed {
    reason: String,
    error: Option<SignInError>,
}

/// Whether a person is signed in there and something else is in the way: then that is what has to be cured.
fn says_more(error: &SignInError) -> bool {
    match error.failure {
        SignInFailure::ProgramNotFound => false,
        SignInFailure::NotSignedIn => !error.hint.starts_with("Run `"),
        _ => true,
    }
}

/// Tries the candidates in turn, then stays with the one that gave a token.
pub(super) struct AutoSource {
    candidates: Vec<Candidate>,
    winner: OnceLock<Arc<dyn TokenSource>>,
    clock: Clock,
}

impl AutoSource {
    pub(super) fn new(candidates: Vec<Candidate>, clock: Clock) -> Self {
        Self { candidates, winner: OnceLock::new(), clock }
    }

    async fn attempt(
        &self,
        offer: &Offer,
        scope: &str,
    ) -> Result<Result<(AccessToken, Arc<dyn TokenSource>), Passed>, SignInError> {
        let passed = |why: &str| Ok(Err(Passed { reason: why.to_owned(), error: None }));
        let source = match offer {
            Offer::Absent(why) => return passed(why),
            Offer::Configured(Err(error)) => return Err(error.clone()),
            Offer::Configured(Ok(source)) => return Ok(Ok((source.fetch(scope).await?, source.clone()))),
            Offer::Offered(source) => source,
            Offer::Probed(source, probe, url) => {
                match self.clock.timeout(PROBE_LIMIT, probe.probe(url.clone())).await {
                    Ok(Ok(PROBE_STATUS)) => source,
                    Ok(Ok(_)) => return passed("this is not an Azure virtual machine"),
                    Ok(Err(_)) | Err(_) => return passed("no identity service answers here"),
                }
            }
        };
        Ok(match source.fetch(scope).await {
            Ok(token) => Ok((token, source.clone())),
            Err(error) => Err(Passed { reason: error.message.clone(), error: Some(error) }),
        })
    }
}

#[async_trait]
impl TokenSource for AutoSource {
    async fn fetch(&self, scope: &str) -> Result<AccessToken, SignInError> {
        if let Some(winner) = self.winner.get() {
            return winner.fetch(scope).await;
        }
        let (mut tried, mut told) = (Vec::new(), None);
        for candidate in &self.candidates {
            match self.attempt(&candidate.offer, scope).await {
                Ok(Ok((token, source))) => {
                    tracing::info!(credential = %candidate.kind, "signed in");
                    // Another scope may have won meanwhile; both came from the same list in the same order.
                    let _ = self.winner.set(source);
                    return Ok(token);
                }
                Ok(Err(Passed { reason, error })) => {
                    tried.push(Attempt { credential: candidate.kind, reason });
                    told = told.or(error.filter(says_more));
                }
                Err(mut error) => {
                    error.tried = tried;
                    return Err(error);
                }
            }
        }
        let mut error = SignInError::new(
            SignInFailure::NothingWorked,
            CredentialKind::Auto,
            "not signed in to Azure; tried in this order:",
            "Run `az login`, or choose a sign-in with --auth and see why it fails.",
        );
        error.tried = tried;
        if let Some(told) = told {
            (error.hint, error.may_pass) = (told.hint, told.may_pass);
        }
        Err(error)
    }

    fn kind(&self) -> CredentialKind {
        self.winner.get().map_or(CredentialKind::Auto, |winner| winner.kind())
    }
}

impl fmt::Debug for AutoSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AutoSource").field("winner", &self.kind()).finish_non_exhaustive()
    }
}
