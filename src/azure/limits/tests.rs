use futures::StreamExt as _;
use futures::stream::FuturesUnordered;

use super::*;

const GROUP: &str = "/subscriptions/s/resourceGroups/g";
const IDENTITY: &str = "/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/i";
const ACCOUNT: &str = "/subscriptions/s/resourceGroups/g/providers/Microsoft.CognitiveServices/accounts/a";

fn limits() -> Limits {
    Limits::new(Clock::scaled(OffsetDateTime::UNIX_EPOCH, 1.0))
}

fn seconds(duration: Duration) -> f64 {
    duration.as_secs_f64()
}

/// When each request goes out, and which, in that order; all are asked for at once, in this order.
async fn sent(limits: &Limits, paths: &[String]) -> Vec<(f64, String)> {
    let send = async |path: &String| {
        limits.admit(&Method::PUT, path).await;
        (seconds(limits.now()), path.clone())
    };
    paths.iter().map(send).collect::<FuturesUnordered<_>>().collect().await
}

/// So many paths that end in their number.
fn many(path: &str, count: usize) -> impl Iterator<Item = String> {
    let path = path.to_owned();
    (0..count).map(move |number| format!("{path}{number}"))
}

#[tokio::test(start_paused = true)]
async fn a_burst_passes_and_then_the_refill_rate_holds() {
    let limits = limits();
    let mut waited = Duration::ZERO;
    for _ in 0..250 {
        waited += limits.admit(&Method::GET, "/subscriptions/s").await;
    }
    assert_eq!(waited, Duration::ZERO);
    for _ in 0..50 {
        waited += limits.admit(&Method::GET, "/subscriptions/S").await;
    }
    let expected = Duration::from_secs(2);
    assert!(waited >= expected && waited < expected + Duration::from_millis(100), "{waited:?}");
}

#[tokio::test(start_paused = true)]
async fn two_writes_below_one_identity_are_four_seconds_apart() {
    let limits = limits();
    assert_eq!(limits.admit(&Method::PUT, IDENTITY).await, Duration::ZERO);
    let child = format!("{}/federatedIdentityCredentials/f", IDENTITY.to_uppercase());
    let waited = limits.admit(&Method::PUT, &child).await;
    assert!(waited >= Duration::from_millis(3_999) && waited <= Duration::from_secs(5), "{waited:?}");
    assert_eq!(limits.admit(&Method::PUT, &IDENTITY.replace("/i", "/other")).await, Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn the_critical_path_goes_first_however_late_it_comes() {
    let limits = limits();
    let paths: Vec<String> = many(ACCOUNT, 300).chain(many(GROUP, 100)).collect();
    let sent = sent(&limits, &paths).await;
    let last_group = sent.iter().rposition(|(_, path)| !path.contains("accounts")).expect("a group");
    assert!((299..305).contains(&last_group), "200 accounts had gone when the groups came: {last_group}");
    assert!(sent[last_group].0 < 10.2, "{:?}", sent[last_group]);
    assert_eq!(sent.len(), 400);
    let accounts: Vec<&String> = sent.iter().map(|(_, path)| path).filter(|path| path.contains("accounts")).collect();
    assert!(accounts.iter().zip(&paths).all(|(sent, asked)| *sent == asked), "in the order of asking");
}

#[tokio::test(start_paused = true)]
async fn identities_that_wait_for_their_own_bucket_hold_up_nobody_and_lose_no_token() {
    let limits = limits();
    let paths: Vec<String> = many(IDENTITY, 60).chain(many(GROUP, 300)).collect();
    let sent = sent(&limits, &paths).await;
    let (identities, groups): (Vec<_>, Vec<_>) = sent.iter().partition(|(_, path)| path.contains("Identities"));
    assert_eq!((identities.len(), groups.len()), (60, 300));
    // 2 at once and 2 a second.
    let last = identities.last().expect("the last").0;
    assert!((29.0..29.6).contains(&last), "{last}");
    // 198 at once, 8 a second beside the identities'.
    let last = groups.last().expect("the last").0;
    assert!((12.0..13.5).contains(&last), "{last}");
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_for_ever_behind_a_stream_of_urgent_requests() {
    let limits = limits();
    let emptied: Vec<String> = many(GROUP, 200).collect();
    sent(&limits, &emptied).await;
    // Twice as many as can go.
    let stream = async {
        let mut going = FuturesUnordered::new();
        for number in 0..4_000 {
            let path = format!("{GROUP}-{number}");
            going.push(async { limits.admit(&Method::PUT, &{ path }).await });
            tokio::select! {
                biased;
                _ = going.next() => {}
                () = limits.clock.sleep(Duration::from_millis(50)) => {}
            }
        }
    };
    tokio::select! {
        waited = limits.admit(&Method::PUT, ACCOUNT) => {
            assert!((120.0..125.0).contains(&seconds(waited)), "{waited:?}");
        }
        () = stream => panic!("it waits for ever"),
    }
}

#[tokio::test(start_paused = true)]
async fn who_no_longer_waits_takes_no_token() {
    let limits = limits();
    let emptied: Vec<String> = many(GROUP, 200).collect();
    sent(&limits, &emptied).await;
    let gives_up = async {
        tokio::select! {
            _ = limits.admit(&Method::PUT, GROUP) => panic!("too early"),
            () = limits.clock.sleep(Duration::from_millis(50)) => {}
        }
    };
    let waits = async {
        limits.clock.sleep(Duration::from_millis(10)).await;
        limits.admit(&Method::PUT, GROUP).await;
        seconds(limits.now())
    };
    let ((), at) = tokio::join!(gives_up, waits);
    assert!((0.1..0.11).contains(&at), "the usher left, and the next took its place: {at}");
}
