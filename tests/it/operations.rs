//! Long-running operations: what is polled, when, and what ends them.

use std::time::Duration;

use azlab::azure::arm::Arm;
use azlab::azure::error::Error;
use azlab::azure::lro::{Goal, Look, Operation, PollPolicy, Status};
use http::Method;
use proptest::prelude::*;
use serde_json::{Value, json as body};

use crate::support::{
    ENDPOINT, LATENCY, Say, Seen, World, broken, error, in_turn, json, request, seconds, status, text,
};

const RESOURCE: &str = "/subscriptions/s/resourceGroups/g/providers/Microsoft.X/things/t";
const POLL: &str = "https://management.azure.com/subscriptions/s/providers/Microsoft.X/locations/l/operations/1?t=1";
const RESULT: &str = "https://management.azure.com/subscriptions/s/operationresults/1?t=1";
const LIMIT: Duration = Duration::from_secs(1800);

fn state(state: &str) -> Say {
    json(200, &body!({"properties": {"provisioningState": state}}))
}

fn progress(status: &str) -> Say {
    json(200, &body!({"name": "1", "status": status}))
}

/// Answers the write with `begin`, the polling URLs with `polls` and the resource with `resource`.
fn service(begin: Say, polls: impl IntoIterator<Item = Say>, resource: impl IntoIterator<Item = Say>) -> World {
    let (mut polls, mut resource) = (in_turn(polls), in_turn(resource));
    World::new(move |seen| match seen.method {
        Method::GET if seen.path == RESOURCE => resource(seen),
        Method::GET => polls(seen),
        _ => begin.clone(),
    })
}

struct Ended {
    result: Result<(), Error>,
    statuses: Vec<String>,
    /// After the write.
    seen: Vec<Seen>,
    took: Duration,
}

impl Ended {
    fn polls(&self) -> Vec<&str> {
        self.seen.iter().filter(|one| one.path != RESOURCE).map(|one| one.url.as_str()).collect()
    }

    fn code(&self) -> Option<&str> {
        self.result.as_ref().err()?.code().map(|code| code.as_str())
    }
}

async fn look(arm: &Arm) -> Result<Look, Error> {
    match arm.get(RESOURCE).await {
        Ok(reply) => {
            let body: Value = serde_json::from_slice(&reply.body).expect("JSON");
            Ok(Look::Exists(Status::read(body.pointer("/properties/provisioningState").and_then(Value::as_str))))
        }
        Err(error) if error.is_absent() => Ok(Look::Absent),
        Err(error) => Err(error),
    }
}

async fn run(world: &World, method: Method, goal: Goal, poll_policy: PollPolicy) -> Ended {
    let reply = world.arm.send(request(method.clone(), RESOURCE)).await.expect("taken");
    let (began, before) = (world.elapsed(), world.seen().len());
    let mut statuses = Vec::new();
    let operation = Operation::begun(&world.arm, method, RESOURCE, &reply);
    let result = operation
        .wait(&world.arm, goal, poll_policy, |status| statuses.push(status.to_owned()), async || look(&world.arm).await)
        .await;
    Ended { result, statuses, seen: world.seen().split_off(before), took: world.elapsed() - began }
}

async fn create(begin: Say, polls: impl IntoIterator<Item = Say>, resource: impl IntoIterator<Item = Say>) -> Ended {
    run(&service(begin, polls, resource), Method::PUT, Goal::Ready, PollPolicy::minutes(LIMIT)).await
}

async fn delete(begin: Say, polls: impl IntoIterator<Item = Say>, resource: impl IntoIterator<Item = Say>) -> Ended {
    run(&service(begin, polls, resource), Method::DELETE, Goal::Gone, PollPolicy::minutes(LIMIT)).await
}

fn begun() -> Say {
    json(201, &body!({"properties": {"provisioningState": "Creating"}})).with("azure-asyncoperation", POLL)
}

#[tokio::test(start_paused = true)]
async fn the_status_document_is_polled_rather_than_the_location() {
    let begin = status(202).with("azure-asyncoperation", POLL).with("location", RESULT);
    let ended = create(begin, [progress("InProgress"), progress("Succeeded")], [state("Succeeded")]).await;
    ended.result.as_ref().expect("succeeded");
    assert_eq!(ended.polls(), [POLL, POLL]);
    // The Location of a 201 names the resource: it is not for polling.
    let begin = json(201, &body!({})).with("location", RESULT);
    assert!(create(begin, [status(500)], [state("Succeeded")]).await.polls().is_empty());
}

#[tokio::test(start_paused = true)]
async fn only_the_three_final_words_end_an_operation() {
    let failed = body!({"code": "Odd", "message": "not an end"});
    for word in ["Succeeded", "succeeded", "SUCCEEDED"] {
        let running = json(200, &body!({"status": "InProgress", "error": failed}));
        let done = json(200, &body!({"status": word, "error": failed}));
        let words = ["CreatingAgentPools: 1/1 nodes completed", "Completed", "Done", "SucceededPartly", "Ready"];
        let polls = [running, json(200, &body!({"status": ""}))].into_iter().chain(words.map(progress)).chain([done]);
        let ended = create(begun(), polls, [state("Succeeded")]).await;
        ended.result.as_ref().expect("an error beside another status is not an end");
        assert_eq!(ended.polls().len(), 8, "{word}");
        assert_eq!(ended.statuses[1..], words, "each is told in the service's words");
    }
    for (word, default) in [("FAILED", "OperationFailed"), ("canceled", "OperationCanceled")] {
        let why =
            json(200, &body!({"status": word, "error": {"code": "QuotaExceeded", "message": "8 left, 30 needed"}}));
        let ended = create(begun(), [progress("Running"), why], [state("Failed")]).await;
        assert_eq!((ended.code(), ended.polls().len()), (Some("QuotaExceeded"), 2));
        let message = ended.result.expect_err("failed").to_string();
        assert!(message.contains("8 left, 30 needed"), "{message}");
        let flat = json(200, &body!({"status": word, "code": "QuotaExceeded", "message": "8 left, 30 needed"}));
        let ended = create(begun(), [flat], [state("Failed")]).await;
        assert_eq!(ended.code(), Some("QuotaExceeded"), "without a wrapper around it");
        let ended = create(begun(), [progress(word)], [state("Failed")]).await;
        assert_eq!(ended.code(), Some(default), "one that does not say why");
    }
}

#[tokio::test(start_paused = true)]
async fn a_resource_that_failed_is_a_failure_whatever_its_operation_says() {
    let ended = create(begun(), [progress("Succeeded")], [state("Failed")]).await;
    assert_eq!(ended.code(), Some("OperationFailed"));
    // One that lags behind is not.
    create(begun(), [progress("Succeeded")], [state("Updating")]).await.result.expect("succeeded");
}

#[tokio::test(start_paused = true)]
async fn a_location_is_polled_until_it_is_no_longer_202_and_kept_when_absent() {
    let newer = RESULT.replace("t=1", "t=2");
    let polls = [status(202), status(202).with("location", &newer), status(202), status(200)];
    let ended =
        delete(status(202).with("location", RESULT).with("retry-after", "15"), polls, [error(404, "ResourceNotFound")])
            .await;
    ended.result.as_ref().expect("gone");
    assert_eq!(ended.polls(), [RESULT, RESULT, &newer, &newer]);
    assert!(ended.seen[0].at >= seconds(15.0), "the service asked for 15 s");
    // Of a status document too.
    let newer = POLL.replace("t=1", "t=2");
    let polls = [progress("A").with("azure-asyncoperation", &newer), progress("B"), progress("Succeeded")];
    assert_eq!(create(begun(), polls, [state("Succeeded")]).await.polls(), [POLL, &newer, &newer]);
}

#[tokio::test(start_paused = true)]
async fn a_lost_polling_url_falls_back_to_the_resource() {
    let html = || text(200, "<html>maintenance</html>");
    let ways: [(&str, usize, Vec<Say>); 8] = [
        ("404", 1, vec![error(404, "NotFound")]),
        ("410", 1, vec![error(410, "Gone")]),
        ("400", 1, vec![error(400, "BadRequest")]),
        ("not JSON", 3, vec![html(), html(), html()]),
        ("empty", 3, vec![status(204)]),
        ("no status", 3, vec![json(200, &body!({"properties": {}}))]),
        ("a list", 3, vec![json(200, &body!([1]))]),
        (
            "a temporary failure",
            2,
            vec![error(503, "X").with("retry-after", "200"), error(503, "X").with("retry-after", "400")],
        ),
    ];
    for (what, polls, answers) in ways {
        let resource = [error(404, "ResourceNotFound"), state("Creating"), state("Succeeded")];
        let ended = create(begun(), answers, resource).await;
        ended.result.as_ref().unwrap_or_else(|error| panic!("{what}: {error}"));
        assert_eq!((ended.polls().len(), ended.seen.len()), (polls, polls + 3), "{what}");
        assert_eq!(ended.statuses, ["not visible yet", "Creating"], "{what}: a 404 right after a create passes");
    }
    // Two that tell nothing and one that does: not lost.
    let polls = [html(), html(), progress("A"), html(), html(), progress("Succeeded")];
    assert_eq!(create(begun(), polls, [state("Succeeded")]).await.polls().len(), 6);
}

#[tokio::test(start_paused = true)]
async fn a_location_that_answers_with_an_error_tells_the_operations_failure() {
    let begin = || status(202).with("location", RESULT);
    let ended = delete(begin(), [status(202), error(409, "ScopeLocked")], [state("Succeeded")]).await;
    assert_eq!(ended.code(), Some("ScopeLocked"));
    assert!(ended.took < seconds(10.0));
    // 400 can be an expired URL or the outcome: the resource decides, but not until the limit.
    let ended = delete(begin(), [error(400, "BadRequest")], [state("Succeeded")]).await;
    assert_eq!(ended.code(), Some("BadRequest"));
    assert!(ended.took < seconds(200.0), "{:?}", ended.took);
    for code in [400, 404, 410, 500] {
        let ended = delete(begin(), [error(code, "X")], [state("Deleting"), error(404, "ResourceNotFound")]).await;
        ended.result.expect("gone");
    }
}

#[tokio::test(start_paused = true)]
async fn a_denied_poll_ends_the_wait() {
    for (code, name) in [(401, "InvalidAuthenticationTokenTenant"), (403, "AuthorizationFailed")] {
        assert_eq!(create(begun(), [error(code, name)], [state("Creating")]).await.code(), Some(name));
    }
}

#[tokio::test(start_paused = true)]
async fn polling_urls_on_other_hosts_are_not_followed() {
    for url in [
        "https://evil.example/operations/1",
        "//evil.example/operations/1",
        "http://management.azure.com/operations/1",
        "https://management.azure.com@evil.example/operations/1",
        "https://a:b@management.azure.com/operations/1",
    ] {
        for (name, code) in [("azure-asyncoperation", 201), ("location", 202)] {
            let begin = json(code, &body!({"properties": {"provisioningState": "Creating"}})).with(name, url);
            let ended = create(begin, [progress("Succeeded")], [state("Creating"), state("Succeeded")]).await;
            ended.result.as_ref().expect("by the resource");
            assert!(ended.polls().is_empty(), "{name}: {url}");
        }
        let begin = status(202).with("azure-asyncoperation", url).with("location", RESULT);
        assert_eq!(create(begin, [status(200)], [state("Succeeded")]).await.polls(), [RESULT], "the one that is ours");
        // Nor is a newer one that a poll sends.
        let polls = [progress("A").with("azure-asyncoperation", url), progress("Succeeded")];
        assert_eq!(create(begun(), polls, [state("Succeeded")]).await.polls(), [POLL, POLL]);
    }
}

#[tokio::test(start_paused = true)]
async fn polling_urls_keep_their_bytes() {
    let path = "subscriptions/s/providers/Microsoft.ContainerService/locations/WestEurope/operations/%7Ba%2Fb%7d";
    let query = "api-version=2017-04-18&t=639%2B%2b&c=MIIH-_~.!*()%20+%25&s=a%3d%3D==&h=&&x;y,:@/?&API-version=2";
    let whole = format!("{ENDPOINT}{path}?{query}");
    for sent in [whole.clone(), format!("/{path}?{query}")] {
        let begin = status(202).with("azure-asyncoperation", &sent);
        assert_eq!(create(begin, [progress("Succeeded")], [state("Succeeded")]).await.polls(), [whole.as_str()]);
        let ended = delete(status(202).with("location", &sent), [status(200)], [error(404, "ResourceNotFound")]).await;
        assert_eq!(ended.polls(), [whole.as_str()]);
    }
}

#[tokio::test(start_paused = true)]
async fn without_a_polling_url_the_resource_is_read() {
    let ended = create(state("Succeeded"), [status(500)], [status(500)]).await;
    assert_eq!((ended.result.is_ok(), ended.seen.len()), (true, 0), "done at once needs no look");
    for (begin, resource) in [
        (state("Creating"), vec![state("Creating"), state("Succeeded")]),
        (status(200), vec![state("Accepted"), state("Succeeded")]),
        (status(202), vec![error(404, "NotFound"), json(200, &body!({}))]),
    ] {
        assert_eq!(create(begin, [status(500)], resource).await.seen.len(), 2);
    }
    assert_eq!(create(state("Creating"), [status(500)], [state("Failed")]).await.code(), Some("OperationFailed"));
    let ended = delete(status(202), [status(500)], [state("Deleting"), error(404, "ResourceNotFound")]).await;
    assert_eq!((ended.result.is_ok(), ended.statuses.as_slice()), (true, ["Deleting".to_owned()].as_slice()));
}

#[tokio::test(start_paused = true)]
async fn the_limit_ends_every_wait() {
    let waits = [
        create(begun(), [progress("InProgress")], [state("Creating")]).await,
        create(state("Creating"), [status(500)], [state("Creating")]).await,
        create(status(202), [status(500)], [error(404, "NotFound")]).await,
        create(begun(), [progress("InProgress").with("retry-after", "86400")], [state("Creating")]).await,
        delete(status(202).with("location", RESULT), [status(202)], [state("Deleting")]).await,
    ];
    for ended in waits {
        assert!(matches!(ended.result, Err(Error::TimedOut { limit: LIMIT, .. })), "{:?}", ended.result);
        assert!(ended.took >= LIMIT && ended.took <= LIMIT + LATENCY * 2, "{:?}", ended.took);
        assert!(ended.seen.len() >= 6, "no Retry-After hides the end for half an hour: {}", ended.seen.len());
    }
}

#[tokio::test(start_paused = true)]
async fn a_stop_ends_the_wait_at_once() {
    let world = service(begun(), [progress("InProgress").with("retry-after", "60")], [state("Creating")]);
    world.stop_after(seconds(10.0));
    let ended = run(&world, Method::PUT, Goal::Ready, PollPolicy::minutes(LIMIT)).await;
    assert!(matches!(ended.result, Err(Error::Interrupted)), "{:?}", ended.result);
    assert_eq!(world.elapsed(), seconds(10.0));
}

#[tokio::test(start_paused = true)]
async fn polls_survive_what_passes() {
    let polls = [broken(), error(503, "X"), error(429, "Throttled").with("retry-after", "3"), progress("Succeeded")];
    create(begun(), polls, [state("Succeeded")]).await.result.expect("succeeded");
}

/// How late the end of an operation of so many seconds is noticed, and the most polls in any second.
fn pace(duration: f64, poll_policy: PollPolicy, by_url: bool) -> (f64, usize) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.expect("a runtime").block_on(async {
        let end = seconds(duration);
        // The write is answered after the token's and its own 0.1 s: then the operation begins.
        let world = World::new(move |seen| {
            let done = seen.at + LATENCY >= end + LATENCY * 2;
            match (&seen.method, seen.path == RESOURCE) {
                (&Method::GET, false) => progress(if done { "Succeeded" } else { "InProgress" }),
                (&Method::GET, true) => state(if done { "Succeeded" } else { "Creating" }),
                _ if by_url => begun(),
                _ => state("Creating"),
            }
        });
        let ended = run(&world, Method::PUT, Goal::Ready, poll_policy).await;
        ended.result.expect("succeeded");
        let at: Vec<_> = ended.seen.iter().filter(|one| (one.path == RESOURCE) != by_url).map(|one| one.at).collect();
        let most =
            at.iter().map(|from| at.iter().filter(|at| *at >= from && **at < *from + seconds(1.0)).count()).max();
        ((ended.took - end).as_secs_f64(), most.unwrap_or_default())
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn an_end_is_noticed_within_two_seconds_or_one_percent(duration in 5.0_f64..1500.0, slow: bool, by_url: bool) {
        let poll_policy = if slow { PollPolicy::minutes(LIMIT) } else { PollPolicy::seconds(LIMIT) };
        let (late, most) = pace(duration, poll_policy, by_url);
        prop_assert!(late <= (duration * 0.01).max(2.0), "{late} s late after {duration} s");
        prop_assert!(most <= 2, "{most} polls in a second");
    }
}
