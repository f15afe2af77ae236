//! The channel: what is repeated, when, with which token, and to whom.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use azlab::azure::error::Error;
use azlab::azure::obstacle::Obstacle;
use azlab::azure::retry::RetryPolicy;
use azlab::azure::transport::TransportError;
use azlab::outcome::RequestCounts;
use futures::future::join_all;
use http::Method;

use crate::support::{
    ENDPOINT, LATENCY, SECRET, Say, World, broken, error, in_turn, json, request, seconds, status, text,
};

const RESOURCE: &str = "/subscriptions/s/resourceGroups/g/providers/Microsoft.X/things/t";

/// Method, action behind the resource's path, and whether HTTP or Azure makes it safe to repeat.
fn requests() -> [(Method, &'static str, bool); 8] {
    [
        (Method::GET, "", true),
        (Method::HEAD, "", true),
        (Method::DELETE, "", true),
        (Method::POST, "/listKeys", true),
        (Method::POST, "/register", true),
        (Method::POST, "/start", false),
        (Method::PUT, "", false),
        (Method::PATCH, "", false),
    ]
}

#[tokio::test(start_paused = true)]
async fn only_what_cannot_do_harm_is_repeated() {
    #[derive(Clone, Copy, PartialEq)]
    enum Repeated {
        Always,
        IfSafe,
        Never,
    }
    use Repeated::{Always, IfSafe, Never};
    let connect = Say::Fail(TransportError::Connect("connection refused".into()));
    let truncated = Say::Fail(TransportError::Broken("end of file before message length reached".into()));
    let mut failures = vec![
        (error(429, "Throttled"), Always),
        (connect, Always),
        (broken(), IfSafe),
        (truncated, IfSafe),
        (Say::Hang, IfSafe),
        (Say::Fail(TransportError::Invalid("a header".into())), Never),
        (Say::Fail(barred()), Never),
    ];
    failures.extend([408, 500, 502, 503, 504].map(|code| (error(code, "X"), IfSafe)));
    failures.push((text(502, "<html><title>Bad Gateway</title></html>"), IfSafe));
    failures.extend([301, 302, 307, 400, 403, 404, 409, 412, 501, 505].map(|code| (error(code, "X"), Never)));
    for (failure, repeated) in failures {
        for (method, action, is_safe) in requests() {
            let what = format!("{failure:?} to {method} {action}");
            let world = World::new(in_turn([failure.clone(), status(200)]));
            let result = world.arm.send(request(method.clone(), &format!("{RESOURCE}{action}"))).await;
            let again = repeated == Always || (repeated == IfSafe && is_safe);
            let tries = world.seen();
            assert_eq!((result.is_ok(), tries.len()), (again, 1 + usize::from(again)), "{what}");
            let ids: HashSet<_> = tries.iter().map(|one| one.header("x-ms-client-request-id").to_owned()).collect();
            assert!(ids.len() == tries.len() && !ids.contains(""), "{what}: one id a try");
            let is_throttle = matches!(&failure, Say::Answer(status, ..) if status.as_u16() == 429);
            let counts = world.arm.counts();
            assert_eq!((counts.retried, counts.throttled), (u64::from(again), u64::from(is_throttle)), "{what}");
            let sent = counts.reads + counts.writes + counts.deletes;
            assert_eq!(sent, tries.len() as u64, "{what}: every try is counted");
            if repeated == IfSafe {
                assert!(is_safe || result.is_err_and(|error| error.is_ambiguous()), "{what}: may have happened");
            }
        }
    }
}

/// What no repetition cures.
fn barred() -> TransportError {
    TransportError::Barred(Box::new(Obstacle {
        cause: "a certificate".into(),
        way_out: "trust it".into(),
        may_pass: false,
    }))
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_does_not_stand_is_given_up_after_two_minutes_and_one_that_cannot_at_once() {
    let refused = Say::Fail(TransportError::Connect("connection refused".into()));
    let world = World::new(move |_| refused.clone());
    let error = world.arm.get(RESOURCE).await.expect_err("nobody is there");
    assert!(matches!(error, Error::Transport { source: TransportError::Connect(_), .. }), "{error}");
    let elapsed = world.elapsed();
    assert!(elapsed > Duration::from_secs(60) && elapsed <= Duration::from_secs(125), "{elapsed:?}");
    let world = World::new(|_| Say::Fail(barred()));
    let error = world.arm.get(RESOURCE).await.expect_err("nobody can be there");
    assert!(!error.is_ambiguous(), "nothing was sent");
    assert_eq!(world.seen().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn reads_writes_and_deletes_are_counted_apart() {
    let world = World::new(in_turn([status(200)]));
    for (method, action, _) in requests() {
        world.arm.send(request(method, &format!("{RESOURCE}{action}"))).await.expect("an answer");
    }
    assert_eq!(world.arm.counts(), RequestCounts { reads: 2, writes: 5, deletes: 1, ..RequestCounts::default() });
}

#[tokio::test(start_paused = true)]
async fn the_service_says_when_to_come_again() {
    // Time began at the epoch; the first answer comes after the token's and the request's 0.1 s.
    for (name, value, least, most) in [
        ("retry-after", "7", 7.0, 7.01),
        ("retry-after", "Thu, 01 Jan 1970 00:00:20 GMT", 19.7, 19.9),
        ("retry-after-ms", "2500", 2.5, 2.51),
        ("x-ms-retry-after-ms", "1500", 1.5, 1.51),
        // "At once" is the backoff's first pause, not a loop without one.
        ("retry-after", "0", 0.5, 1.01),
        ("retry-after-ms", "1", 0.5, 1.01),
        ("retry-after", "Thu, 01 Jan 1970 00:00:00 GMT", 0.5, 1.01),
        ("retry-after", "soon", 0.5, 1.01),
    ] {
        for code in [429, 503] {
            let world = World::new(in_turn([error(code, "X").with(name, value), status(200)]));
            world.arm.get(RESOURCE).await.expect("the second answer");
            let seen = world.seen();
            let gap = (seen[1].at - seen[0].at - LATENCY).as_secs_f64();
            assert!(gap >= least && gap <= most, "{name}: {value} waited {gap} s");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_wait_past_the_deadline_is_not_slept() {
    for value in ["421", "3600", "99999999999999999999", "Thu, 01 Jan 1970 01:00:00 GMT"] {
        let world = World::new(in_turn([error(429, "Throttled").with("retry-after", value)]));
        let failed = world.arm.get(RESOURCE).await.expect_err("throttled");
        assert!(failed.service().is_some_and(|error| error.retry_after > Some(Duration::from_secs(420))), "{value}");
        assert_eq!(world.seen().len(), 1, "{value}");
        assert!(world.elapsed() < Duration::from_secs(1), "{value}: {:?}", world.elapsed());
    }
}

#[tokio::test(start_paused = true)]
async fn tries_become_rarer_and_end_at_the_deadline() {
    for failure in [error(503, "X"), error(429, "X").with("retry-after", "0"), broken()] {
        let world = World::new(in_turn([failure]));
        world.arm.get(RESOURCE).await.expect_err("never answered");
        let limit = RetryPolicy::default().give_up_after;
        assert!(world.elapsed() <= limit + LATENCY * 3, "{:?}", world.elapsed());
        assert!(world.elapsed() >= limit / 2, "given up after {:?} only", world.elapsed());
        let seen = world.seen();
        let gaps: Vec<_> = seen.windows(2).map(|two| two[1].at - two[0].at).collect();
        assert!(gaps[0] >= seconds(0.5) && gaps[gaps.len() - 1] >= seconds(30.0), "{gaps:?}");
        assert!(seen.len() <= 20, "{} tries", seen.len());
    }
}

#[tokio::test(start_paused = true)]
async fn clients_that_failed_together_do_not_come_again_together() {
    let mut gaps = HashSet::new();
    for _ in 0..8 {
        let world = World::with(RetryPolicy::default(), false, in_turn([error(503, "X"), status(200)]));
        world.arm.get(RESOURCE).await.expect("the second answer");
        gaps.insert(world.seen()[1].at);
    }
    assert!(gaps.len() > 1, "no jitter: {gaps:?}");
}

#[tokio::test(start_paused = true)]
async fn the_queue_of_our_own_limits_is_no_reason_to_give_up() {
    let retry = RetryPolicy { give_up_after: seconds(3.0), ..RetryPolicy::default() };
    let mut tries = HashMap::new();
    let world = World::with(retry, false, move |seen| {
        let count = tries.entry(seen.url.clone()).and_modify(|count| *count += 1).or_insert(0);
        if *count == 0 { broken() } else { status(200) }
    });
    // 250 pass at once; the last of the others has its first try after 6 s, its second after up to 20.
    let sends = (0..400).map(|n| world.arm.send(request(Method::GET, &format!("{RESOURCE}{n}"))));
    let failed = join_all(sends).await.into_iter().filter(Result::is_err).count();
    // The second tries queue too, so that not every one of them is in time; but each was made.
    assert_eq!((failed, world.seen().len()), (0, 800));
}

#[tokio::test(start_paused = true)]
async fn an_expired_token_is_replaced_once() {
    let expired = || error(401, "ExpiredAuthenticationToken");
    for method in [Method::GET, Method::PUT, Method::POST, Method::DELETE] {
        let world = World::new(in_turn([expired(), status(200)]));
        world.arm.send(request(method.clone(), RESOURCE)).await.expect("taken with the new token");
        let used: Vec<_> = world.seen().iter().map(|seen| seen.header("authorization").to_owned()).collect();
        assert_eq!(used, [format!("Bearer {SECRET}-1"), format!("Bearer {SECRET}-2")], "{method}");

        let world = World::new(in_turn([expired(), expired(), status(200)]));
        let failed = world.arm.send(request(method.clone(), RESOURCE)).await.expect_err("two in a row");
        assert_eq!((failed.service().map(|error| error.status.as_u16()), world.seen().len()), (Some(401), 2));
    }
    for code in ["InvalidAuthenticationToken", "InvalidAuthenticationTokenTenant", "AuthenticationFailed", "X"] {
        let world = World::new(in_turn([error(401, code), status(200)]));
        world.arm.get(RESOURCE).await.expect_err(code);
        assert_eq!((world.seen().len(), world.tokens.fetched.load(Ordering::SeqCst)), (1, 1), "{code}");
    }
}

#[tokio::test(start_paused = true)]
async fn many_requests_with_one_expired_token_fetch_one_new() {
    let world = World::new(|seen| {
        if seen.header("authorization").ends_with("-1") {
            error(401, "ExpiredAuthenticationToken")
        } else {
            status(200)
        }
    });
    let all = join_all((0..50).map(|_| world.arm.get(RESOURCE))).await;
    assert!(all.iter().all(Result::is_ok));
    assert_eq!(world.tokens.fetched.load(Ordering::SeqCst), 2);
}

#[tokio::test(start_paused = true)]
async fn no_request_leaves_for_another_host() {
    for url in [
        "https://evil.example/subscriptions/s",
        "//evil.example/subscriptions/s",
        "http://management.azure.com/subscriptions/s",
        "https://management.azure.com:8443/subscriptions/s",
        "https://management.azure.com.evil.example/subscriptions/s",
        "https://management.azure.com@evil.example/subscriptions/s",
        "https://management.azure.com:443@evil.example/subscriptions/s",
        "https:\\\\evil.example/management.azure.com/",
        "https://someone:else@management.azure.com/subscriptions/s",
        "ftp://management.azure.com/subscriptions/s",
        "data:,x",
    ] {
        let world = World::new(in_turn([status(200)]));
        let refused = world.arm.send(request(Method::GET, url)).await.expect_err(url);
        assert!(matches!(refused, Error::Transport { source: TransportError::Invalid(_), .. }), "{url}: {refused}");
        assert!(world.seen().is_empty(), "{url}");
    }
}

#[tokio::test(start_paused = true)]
async fn no_redirect_and_no_next_page_carries_the_token_away() {
    let away = "https://evil.example/next?api-version=2021-04-01";
    for code in [301, 302, 303, 307, 308] {
        let world = World::new(in_turn([status(code).with("location", away), status(200)]));
        world.arm.get(RESOURCE).await.expect_err("no redirect is followed");
        assert_eq!(world.seen().len(), 1);
    }
    let pages = [serde_json::json!({"value": [], "nextLink": away}), serde_json::json!({"value": []})];
    let world = World::new(in_turn(pages.map(|page| json(200, &page))));
    let refused = world.azure().groups_tagged("azlab-lab").await.expect_err("another host");
    assert!(refused.to_string().contains("https://evil.example is not the endpoint of this run"), "{refused}");
    assert_eq!(world.seen().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_empty_page_is_not_the_last() {
    let next = format!("{ENDPOINT}subscriptions/next?api-version=2021-04-01&$skiptoken=a%2Fb");
    let world = World::new(in_turn([
        json(200, &serde_json::json!({"value": [], "nextLink": next})),
        json(200, &serde_json::json!({"value": [{"location": "westeurope", "name": "g"}]})),
    ]));
    let groups = world.azure().groups_tagged("azlab-lab").await.expect("two pages");
    assert_eq!((groups.len(), world.seen()[1].url.as_str()), (1, next.as_str()));
}

#[tokio::test(start_paused = true)]
async fn a_thousand_reads_keep_within_the_bucket_in_the_order_of_asking() {
    let world = World::new(in_turn([status(200)]));
    world.arm.get("/subscriptions/s").await.expect("the first token");
    world.clock.sleep(seconds(10.0)).await;
    let begin = world.elapsed();
    // A task each, as labs have; the last hundred come while the others wait, also at the very moment of a new token.
    let wakes = Arc::new(AtomicUsize::new(0));
    let ask = |n| {
        let (arm, wakes) = (world.arm.clone(), wakes.clone());
        tokio::spawn(async move {
            let mut sending = Box::pin(arm.send(request(Method::GET, &format!("/subscriptions/s/{n}"))));
            std::future::poll_fn(|context| {
                wakes.fetch_add(1, Ordering::Relaxed);
                sending.as_mut().poll(context)
            })
            .await
        })
    };
    let mut asked: Vec<_> = (0..900).map(ask).collect();
    for n in 900..1000 {
        world.clock.sleep(Duration::from_millis(10)).await;
        asked.push(ask(n));
    }
    assert!(join_all(asked).await.into_iter().all(|one| one.is_ok_and(|sent| sent.is_ok())));
    let seen = &world.seen()[1..];
    // The service's own bucket: 250, refilled by 25/s.
    let (mut tokens, mut last) = (250.0_f64, begin);
    for one in seen {
        tokens = (tokens + (one.at - last).as_secs_f64() * 25.0).min(250.0) - 1.0;
        last = one.at;
        assert!(tokens > -0.1, "over the limit at {:?}", one.at - begin);
    }
    let took = (seen[999].at - begin).as_secs_f64();
    assert!(took < 31.0, "{took} s; 750 at 25/s take 30 s");
    let order: Vec<_> = seen.iter().map(|one| one.path["/subscriptions/s/".len()..].parse().unwrap_or(0)).collect();
    assert_eq!(order, (0..1000).collect::<Vec<u32>>(), "who came first is served first");
    let wakes = wakes.load(Ordering::Relaxed);
    assert!(wakes < 10_000, "{wakes} wakes: all who wait are woken for each token");
}

#[tokio::test(start_paused = true)]
async fn after_a_stop_no_write_begins_and_no_wait_goes_on() {
    // Waiting for the rate limit, for the next try, for a token: each ends at the stop and sends nothing more.
    let drained = World::new(in_turn([status(200)]));
    join_all((0..200).map(|n| drained.arm.send(request(Method::PUT, &format!("{RESOURCE}{n}"))))).await;
    let refused = World::new(in_turn([error(429, "Throttled").with("retry-after", "60")]));
    let unsigned = World::with(RetryPolicy::default(), true, in_turn([status(200)]));
    for (what, world, before, after) in
        [("rate limit", drained, 200, 200), ("retry", refused, 0, 1), ("token", unsigned, 0, 0)]
    {
        assert_eq!(world.seen().len(), before, "{what}");
        let begin = world.elapsed();
        world.stop_after(seconds(0.25));
        // Of many writes at once, those in the queue are never sent.
        let many = (0..if what == "rate limit" { 100 } else { 1 })
            .map(|n| world.arm.send(request(Method::PUT, &format!("{RESOURCE}-late{n}"))));
        let results = join_all(many).await;
        let interrupted = results.iter().filter(|result| matches!(result, Err(Error::Interrupted))).count();
        let sent = world.seen().len() - after;
        assert_eq!(interrupted + sent, results.len(), "{what}");
        assert!(interrupted > 0 && world.elapsed() - begin <= seconds(0.36), "{what}: {:?}", world.elapsed() - begin);
        assert!(matches!(world.arm.pause(seconds(60.0)).await, Err(Error::Interrupted)), "{what}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_write_under_way_is_heard_out_and_reads_still_pass_after_a_stop() {
    let world = World::new(in_turn([status(201), status(200)]));
    world.stop_after(LATENCY + LATENCY / 2);
    let written = world.arm.send(request(Method::PUT, RESOURCE)).await.expect("its answer");
    assert_eq!(written.status.as_u16(), 201);
    assert!(world.stop.is_cancelled());
    for (method, action, _) in requests() {
        let is_read = method == Method::GET || method == Method::HEAD;
        let sent = world.arm.send(request(method.clone(), &format!("{RESOURCE}{action}"))).await;
        assert_eq!(sent.is_ok(), is_read, "{method} {action}");
    }
}
