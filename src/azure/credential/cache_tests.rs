use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use futures::future::join_all;

use super::*;

const SCOPE: &str = "https://management.azure.com/.default";

/// Gives numbered tokens after a second; fails on the calls told.
#[derive(Debug)]
struct Counting {
    clock: Clock,
    lifetime: Duration,
    calls: AtomicUsize,
    failing: fn(usize) -> bool,
}

#[async_trait]
impl TokenSource for Counting {
    async fn fetch(&self, scope: &str) -> Result<AccessToken, SignInError> {
        let call = self.calls.fetch_add(1, Ordering::SeqCst) + 1;
        self.clock.sleep(std::time::Duration::from_secs(1)).await;
        if (self.failing)(call) {
            return Err(SignInError::new(SignInFailure::Network, self.kind(), format!("call {call}"), ""));
        }
        Ok(AccessToken::new(format!("{scope} {call}"), self.clock.now() + self.lifetime))
    }

    fn kind(&self) -> CredentialKind {
        CredentialKind::Cli
    }
}

fn cache(lifetime: Duration, failing: fn(usize) -> bool) -> (Arc<Counting>, TokenCache, Clock) {
    let clock = Clock::scaled(OffsetDateTime::UNIX_EPOCH, 1.0);
    let source = Arc::new(Counting { clock, lifetime, calls: AtomicUsize::new(0), failing });
    (source.clone(), TokenCache::new(source, clock), clock)
}

async fn wait(clock: Clock, seconds: u64) {
    clock.sleep(std::time::Duration::from_secs(seconds)).await;
}

#[tokio::test(start_paused = true)]
async fn callers_at_the_same_time_share_one_fetch() {
    let (source, cache, _) = cache(Duration::HOUR, |_| false);
    let tokens = join_all((0..100).map(|_| cache.token(SCOPE))).await;
    assert!(tokens.iter().all(|token| token.as_ref().unwrap().secret() == format!("{SCOPE} 1")));
    assert_eq!(source.calls.load(Ordering::SeqCst), 1);
    assert_eq!(cache.token("other").await.unwrap().secret(), "other 2", "each scope has its own");
}

#[tokio::test(start_paused = true)]
async fn a_failure_is_shared_by_those_who_waited_and_then_forgotten() {
    let (source, cache, _) = cache(Duration::HOUR, |call| call == 1);
    let results = join_all((0..20).map(|_| cache.token(SCOPE))).await;
    assert!(results.iter().all(|result| result.as_ref().unwrap_err().message == "call 1"));
    assert_eq!(source.calls.load(Ordering::SeqCst), 1);
    assert_eq!(cache.token(SCOPE).await.unwrap().secret(), format!("{SCOPE} 2"));
}

#[tokio::test(start_paused = true)]
async fn renewed_five_minutes_before_the_end() {
    let (source, cache, clock) = cache(Duration::HOUR, |_| false);
    cache.token(SCOPE).await.unwrap();
    wait(clock, 54 * 60).await;
    assert_eq!(cache.token(SCOPE).await.unwrap().secret(), format!("{SCOPE} 1"));
    wait(clock, 61).await;
    assert_eq!(cache.token(SCOPE).await.unwrap().secret(), format!("{SCOPE} 2"));
    assert_eq!(source.calls.load(Ordering::SeqCst), 2);
}

#[tokio::test(start_paused = true)]
async fn a_short_lived_token_is_used_for_half_its_life() {
    let (source, cache, clock) = cache(Duration::minutes(4), |_| false);
    cache.token(SCOPE).await.unwrap();
    wait(clock, 119).await;
    cache.token(SCOPE).await.unwrap();
    assert_eq!(source.calls.load(Ordering::SeqCst), 1);
    wait(clock, 2).await;
    cache.token(SCOPE).await.unwrap();
    assert_eq!(source.calls.load(Ordering::SeqCst), 2);
}

#[tokio::test(start_paused = true)]
async fn a_failed_renewal_leaves_the_token_in_use_until_it_expires() {
    let (source, cache, clock) = cache(Duration::HOUR, |call| call > 1);
    cache.token(SCOPE).await.unwrap();
    wait(clock, 56 * 60).await;
    for _ in 0..5 {
        assert_eq!(cache.token(SCOPE).await.unwrap().secret(), format!("{SCOPE} 1"));
    }
    assert_eq!(source.calls.load(Ordering::SeqCst), 2, "a failing source is left alone for a while");
    wait(clock, 4 * 60).await;
    assert_eq!(cache.token(SCOPE).await.unwrap_err().failure, SignInFailure::Network);
}

#[tokio::test(start_paused = true)]
async fn only_the_token_that_failed_is_dropped() {
    let (source, cache, _) = cache(Duration::HOUR, |_| false);
    let first = cache.token(SCOPE).await.unwrap();
    cache.invalidate(&first);
    let second = cache.token(SCOPE).await.unwrap();
    assert_ne!(first.secret(), second.secret());
    cache.invalidate(&first);
    assert_eq!(cache.token(SCOPE).await.unwrap().secret(), second.secret());
    assert_eq!(source.calls.load(Ordering::SeqCst), 2);
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_goes_away_takes_nobody_with_it() {
    let (source, cache, clock) = cache(Duration::HOUR, |_| false);
    let cache = Arc::new(cache);
    let going = tokio::spawn({
        let cache = cache.clone();
        async move { cache.token(SCOPE).await }
    });
    let staying = tokio::spawn({
        let cache = cache.clone();
        async move { cache.token(SCOPE).await }
    });
    tokio::task::yield_now().await;
    going.abort();
    assert!(staying.await.unwrap().is_ok());
    assert_eq!(source.calls.load(Ordering::SeqCst), 1);

    let alone = clock.timeout(std::time::Duration::from_millis(500), cache.token("alone")).await;
    assert!(alone.is_err(), "the only caller went away");
    assert_eq!(cache.token("alone").await.unwrap().secret(), "alone 3", "an abandoned fetch is not taken up again");
}

#[tokio::test(start_paused = true)]
async fn a_token_that_is_already_over_is_a_clock_problem() {
    let (_, cache, _) = cache(Duration::minutes(-90), |_| false);
    let error = cache.token(SCOPE).await.unwrap_err();
    assert!(error.message.contains("90 minutes"), "{error}");
    assert!(error.hint.contains("clock"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn tokens_stay_out_of_debug() {
    let (_, cache, _) = cache(Duration::HOUR, |_| false);
    let token = cache.token(SCOPE).await.unwrap();
    let shown = format!("{token:?} {cache:?}");
    assert!(!shown.contains(token.secret()), "{shown}");
}
