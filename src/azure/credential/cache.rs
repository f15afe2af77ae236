//! One token per scope, fetched once however many ask, renewed before it expires.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures::FutureExt as _;
use futures::future::{BoxFuture, Shared, WeakShared};
use time::{Duration, OffsetDateTime};

use super::{AccessToken, CredentialKind, SignInError, SignInFailure, TokenSource};
use crate::values::counted;
use azlab_clock::Clock;

/// How long before its end a token is renewed: what the Azure SDKs keep, so that no request outlives its token.
const MARGIN: Duration = Duration::minutes(5);

/// How long to keep using a token that is still valid after its renewal failed, before trying again.
const RENEWAL_PAUSE: Duration = Duration::seconds(30);

type Fetched = Result<AccessToken, SignInError>;
type Flight = Shared<BoxFuture<'static, Fetched>>;

/// Tokens of one [`TokenSource`], by scope.
///
/// Callers that need the same token at the same time share one fetch, its failure included; a failure is not
/// remembered beyond them. A caller that goes away does not end the fetch for the others.
pub struct TokenCache {
    source: Arc<dyn TokenSource>,
    clock: Clock,
    slots: Mutex<HashMap<String, Slot>>,
}

#[derive(Default)]
struct Slot {
    token: Option<(AccessToken, OffsetDateTime)>,
    // Weak: a fetch that nobody waits for any more must not be continued by a caller much later.
    flight: Option<WeakShared<BoxFuture<'static, Fetched>>>,
}

impl TokenCache {
    /// An empty cache. `clock` is the one that the tokens' expiry is meant on: the service's.
    pub fn new(source: Arc<dyn TokenSource>, clock: Clock) -> Self {
        Self { source, clock, slots: Mutex::default() }
    }

    /// A token for `scope` that is valid for a while yet.
    ///
    /// # Errors
    /// The source's [`SignInError`], unless an earlier token still holds.
    pub async fn token(&self, scope: &str) -> Result<AccessToken, SignInError> {
        let (flight, earlier) = {
            let mut slots = self.lock();
            let slot = slots.entry(scope.to_owned()).or_default();
            if let Some((token, renew_at)) = &slot.token
                && self.clock.now() < *renew_at
            {
                return Ok(token.clone());
            }
            let earlier = slot.token.as_ref().map(|(token, _)| token.clone());
            let flight = slot.flight.as_ref().and_then(WeakShared::upgrade).unwrap_or_else(|| {
                let flight = self.start(scope);
                slot.flight = flight.downgrade();
                flight
            });
            (flight, earlier)
        };
        let fetched = flight.clone().await;
        self.settle(scope, &flight, fetched, earlier)
    }

    /// Forgets `used` after the service called it expired (401 `ExpiredAuthenticationToken`), wherever it is kept.
    /// A newer token stays: of many callers with the same failed token, only the first causes a fetch.
    pub fn invalidate(&self, used: &AccessToken) {
        for slot in self.lock().values_mut() {
            slot.token.take_if(|(token, _)| token.secret() == used.secret());
        }
    }

    /// The credential that gives the tokens; [`CredentialKind::Auto`] until `auto` has found one.
    pub fn winner(&self) -> CredentialKind {
        self.source.kind()
    }

    fn start(&self, scope: &str) -> Flight {
        let (source, scope) = (self.source.clone(), scope.to_owned());
        async move { source.fetch(&scope).await }.boxed().shared()
    }

    /// Keeps what `flight` brought. Each of its callers comes here; the first to do so ends the flight.
    fn settle(&self, scope: &str, flight: &Flight, fetched: Fetched, earlier: Option<AccessToken>) -> Fetched {
        let now = self.clock.now();
        let mut slots = self.lock();
        let slot = slots.entry(scope.to_owned()).or_default();
        let first = slot.flight.as_ref().and_then(WeakShared::upgrade).is_some_and(|current| current.ptr_eq(flight));
        if first {
            slot.flight = None;
        }
        match fetched {
            Ok(token) if token.expires_on <= now => Err(self.stale(&token, now)),
            Ok(token) => {
                if first {
                    let lifetime = token.expires_on - now;
                    slot.token = Some((token.clone(), token.expires_on - MARGIN.min(lifetime / 2)));
                }
                Ok(token)
            }
            Err(error) => match earlier.filter(|token| now < token.expires_on) {
                Some(token) => {
                    if let Some((_, renew_at)) = slot.token.as_mut().filter(|_| first) {
                        tracing::warn!(credential = %self.source.kind(), %error, "the token could not be renewed yet");
                        *renew_at = (now + RENEWAL_PAUSE).min(token.expires_on);
                    }
                    Ok(token)
                }
                None => Err(error),
            },
        }
    }

    fn stale(&self, token: &AccessToken, now: OffsetDateTime) -> SignInError {
        let minutes = (now - token.expires_on).whole_minutes();
        SignInError::new(
            SignInFailure::Other,
            self.source.kind(),
            format!("the token it gave expired {} ago by this machine's clock", counted(minutes, "minute")),
            "Set this machine's clock, then sign in again.",
        )
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Slot>> {
        // No code panics while holding it, and the map is whole between any two statements.
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for TokenCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenCache").field("source", &self.source).finish_non_exhaustive()
    }
}

#[cfg(test)]
#[path = "cache_tests.rs"]
mod tests;
