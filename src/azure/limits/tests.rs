use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use time::OffsetDateTime;

use super::*;

const GROUP: &str = "/subscriptions/s/resourceGroups/g";
const IDENTITY: &str = "/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/i";
const ACCOUNT: &str = "/subscriptions/s/resourceGroups/g/providers/Microsoft.CognitiveServices/accounts/a";

fn limits() -> Limits {
    Limits::new(Clock::scaled(OffsetDateTime::UNIX_EPOCH, 1.0))
}

/// Asks for leave, sends a request that is answered in that moment; how long it had to wait.
async fn pass(limits: &Limits, method: &Method, path: &str) -> Duration {
    let began = limits.0.now();
    let mut leave = limits.admit(method, path).await;
    let waited = limits.0.now() - began;
    leave.send();
    leave.answer();
    waited
}

fn seconds(duration: Duration) -> f64 {
    duration.as_secs_f64()
}

/// When each request goes out, and which, in that order; all are asked for at once, in this order.
async fn sent(limits: &Limits, paths: &[String]) -> Vec<(f64, String)> {
    let send = async |path: &String| {
        pass(limits, &Method::PUT, path).await;
        (seconds(limits.0.now()), path.clone())
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
        waited += pass(&limits, &Method::GET, "/subscriptions/s").await;
    }
    assert_eq!(waited, Duration::ZERO);
    for _ in 0..50 {
        waited += pass(&limits, &Method::GET, "/subscriptions/S").await;
    }
    let expected = Duration::from_secs(2);
    assert!(waited >= expected && waited < expected + Duration::from_millis(100), "{waited:?}");
}

#[tokio::test(start_paused = true)]
async fn two_writes_below_one_identity_are_four_seconds_apart() {
    let limits = limits();
    assert_eq!(pass(&limits, &Method::PUT, IDENTITY).await, Duration::ZERO);
    let child = format!("{}/federatedIdentityCredentials/f", IDENTITY.to_uppercase());
    let waited = pass(&limits, &Method::PUT, &child).await;
    assert!(waited >= Duration::from_millis(3_999) && waited <= Duration::from_secs(5), "{waited:?}");
    assert_eq!(pass(&limits, &Method::PUT, &IDENTITY.replace("/i", "/other")).await, Duration::ZERO);
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
    let clock = limits.0.clock();
    let emptied: Vec<String> = many(GROUP, 200).collect();
    sent(&limits, &emptied).await;
    // Twice as many as can go.
    let stream = async {
        let mut going = FuturesUnordered::new();
        for number in 0..4_000 {
            let path = format!("{GROUP}-{number}");
            going.push(async { pass(&limits, &Method::PUT, &{ path }).await });
            tokio::select! {
                biased;
                _ = going.next() => {}
                () = clock.sleep(Duration::from_millis(50)) => {}
            }
        }
    };
    tokio::select! {
        waited = pass(&limits, &Method::PUT, ACCOUNT) => {
            assert!((120.0..125.0).contains(&seconds(waited)), "{waited:?}");
        }
        () = stream => panic!("it waits for ever"),
    }
}

#[tokio::test(start_paused = true)]
async fn who_no_longer_waits_takes_no_token() {
    let limits = limits();
    let clock = limits.0.clock();
    let emptied: Vec<String> = many(GROUP, 200).collect();
    sent(&limits, &emptied).await;
    let gives_up = async {
        tokio::select! {
            _ = limits.admit(&Method::PUT, GROUP) => panic!("too early"),
            () = clock.sleep(Duration::from_millis(50)) => {}
        }
    };
    let waits = async {
        clock.sleep(Duration::from_millis(10)).await;
        pass(&limits, &Method::PUT, GROUP).await;
        seconds(limits.0.now())
    };
    let ((), at) = tokio::join!(gives_up, waits);
    assert!((0.1..0.11).contains(&at), "the usher left, and the next took its place: {at}");
}

#[tokio::test(start_paused = true)]
async fn leave_that_is_not_used_is_given_to_the_next() {
    let limits = limits();
    let mut unused = Vec::new();
    for number in 0..200 {
        unused.push(limits.admit(&Method::PUT, &format!("{GROUP}{number}")).await);
    }
    let mut waits = Box::pin(limits.admit(&Method::PUT, GROUP));
    let early = limits.0.clock().timeout(Duration::from_secs(60), waits.as_mut()).await;
    assert!(early.is_err(), "what nobody has sent yet may be sent now");
    let before = limits.0.now();
    drop(unused.pop());
    waits.await;
    assert_eq!(limits.0.now(), before);
}

/// The service's side of a bucket: it takes a token when a request arrives.
struct Service {
    bucket: buckets::Bucket,
    left: f64,
    at: Duration,
}

impl Service {
    fn full(bucket: buckets::Bucket) -> Self {
        Self { bucket, left: f64::from(bucket.burst), at: Duration::ZERO }
    }

    /// Whether the request that arrives now is let in.
    fn lets_in(&mut self, now: Duration) -> bool {
        let back = (now - self.at).as_secs_f64() / self.bucket.period.as_secs_f64();
        (self.left, self.at) = ((self.left + back).min(f64::from(self.bucket.burst)), now);
        // A hair's breadth: sums of fractions.
        let is_in = self.left > 1.0 - 1e-6;
        self.left -= if is_in { 1.0 } else { 0.0 };
        is_in
    }
}

/// A busy machine and a slow network: requests are held up between the leave and the sending, on their way, and before the answer, each
/// for another time; some are held up together, and arrive in one moment.
#[tokio::test(start_paused = true)]
async fn however_late_requests_arrive_the_service_lets_all_of_them_in() {
    // The method, what ends in the number of the request, the bucket, how many, and the longest way to the service.
    let cases = [
        (Method::PUT, GROUP, buckets::ARM_WRITES, 700, 9.0),
        (Method::DELETE, GROUP, buckets::ARM_DELETES, 500, 9.0),
        (Method::GET, ACCOUNT, buckets::ARM_READS, 1_500, 4.5),
        (Method::GET, IDENTITY, buckets::MSI_GET, 200, 0.4),
        (Method::PUT, IDENTITY, buckets::MSI_WRITE, 60, 0.2),
    ];
    for seed in 0..6 {
        for (method, path, bucket, count, longest_way) in &cases {
            let limits = limits();
            let clock = limits.0.clock();
            let service = std::sync::Mutex::new(Service::full(*bucket));
            let random = std::cell::RefCell::new(fastrand::Rng::with_seed(seed));
            let pause = async |most: f64| {
                let drawn = random.borrow_mut().f64() * most;
                // Half of them come together: at the next whole number of a second.
                let now = seconds(limits.0.now());
                let together = (now + drawn).ceil() - now;
                let pause = if random.borrow_mut().bool() && together <= most { together } else { drawn };
                clock.sleep(Duration::from_secs_f64(pause)).await;
            };
            let request = async |number: usize| {
                let mut leave = limits.admit(method, &format!("{path}{number}")).await;
                pause(3.0).await;
                leave.send();
                pause(*longest_way).await;
                let is_in = service.lock().unwrap_or_else(std::sync::PoisonError::into_inner).lets_in(limits.0.now());
                pause(3.0).await;
                leave.answer();
                is_in
            };
            let all: Vec<bool> = (0..*count).map(request).collect::<FuturesUnordered<_>>().collect().await;
            let refused = all.iter().filter(|is_in| !**is_in).count();
            assert_eq!(refused, 0, "{}, seed {seed}", bucket.name);
        }
    }
}
