//! Recorded long-running operations, driven to their end from the recorded polls.

use std::time::Duration;

use azlab::azure::arm::Reply;
use azlab::azure::body::parse;
use azlab::azure::client::Azure;
use azlab::azure::lro::{Goal, Look, Operation, PollPolicy, Status};
use bytes::Bytes;
use http::Method;
use serde_json::Value;

use super::exchange::{Answers, Exchange, SUBSCRIPTION, client, recordings};

/// A recorded operation: the exchange that began it, and the polls that followed it to its end.
pub struct Recorded<'a> {
    pub begun: &'a Exchange,
    pub polls: Vec<&'a Exchange>,
}

/// The operations of a recording.
pub fn operations(exchanges: &[Exchange]) -> Vec<Recorded<'_>> {
    let polled = |exchange: &Exchange| {
        // A 201's Location names what was made.
        let location = exchange.header("location").filter(|_| exchange.status() == 202);
        exchange.header("azure-asyncoperation").or(location).map(str::to_owned)
    };
    exchanges
        .iter()
        .filter(|exchange| exchange.method != "GET")
        .filter_map(|begun| {
            let url = polled(begun)?;
            let polls = exchanges.iter().filter(|one| one.method == "GET" && one.url == url).collect();
            Some(Recorded { begun, polls })
        })
        .collect()
}

/// The URL that the service had told last before each poll. One recorder stayed with the first, which went on to work.
fn told<'a>(recorded: &Recorded<'a>) -> Vec<&'a str> {
    let name =
        if recorded.begun.header("azure-asyncoperation").is_some() { "azure-asyncoperation" } else { "location" };
    let mut last = "";
    std::iter::once(recorded.begun)
        .chain(recorded.polls.iter().copied())
        .map(|answer| {
            last = answer.header(name).unwrap_or(last);
            last
        })
        .take(recorded.polls.len())
        .collect()
}

/// Begins a recorded operation through the client; the answer that a wait is built on.
async fn begin(azure: &Azure, begun: &Exchange) -> Reply {
    let path = begun.path();
    let parts: Vec<&str> = path.split('/').collect();
    let body = begun.request_body.to_string();
    let reply = match (begun.method.as_str(), &parts[3..]) {
        ("PUT", ["resourcegroups", group, _, _, "managedclusters", name]) => {
            azure.put_cluster(group, name, parse("a cluster", body.as_bytes()).unwrap()).await
        }
        ("PUT", ["resourcegroups", group, _, _, "accounts", name]) => {
            azure.put_account(group, name, parse("an account", body.as_bytes()).unwrap()).await
        }
        ("DELETE", ["providers", _, "locations", location, _, group, "deletedaccounts", name]) => {
            azure.purge_account(location, group, name).await
        }
        // The client has no call for these (yet).
        ("DELETE", _) | ("PUT", [.., "agentpools", _]) => azure.arm().send(begun.request()).await,
        _ => panic!("nothing here begins {} {}", begun.method, begun.url),
    };
    reply.unwrap_or_else(|error| panic!("{} {}: {error}", begun.method, begun.url))
}

/// What the recorder saw of the resource next after `end`, the last exchange of what `begun` began; what it did not look
/// at any more is as the service left it.
fn look_after(exchanges: &[Exchange], begun: &Exchange, end: u32) -> Look {
    let path = begun.path();
    let next = exchanges.iter().find(|one| one.seq > end && one.path() == path);
    match next.filter(|one| one.method == "GET") {
        Some(seen) if seen.status() == 404 => Look::Absent,
        None if begun.method == "DELETE" => Look::Absent,
        Some(seen) => {
            let state = seen.response_body.pointer("/properties/provisioningState");
            Look::Exists(Status::read(state.and_then(Value::as_str)))
        }
        None => Look::Exists(Status::Succeeded),
    }
}

#[tokio::test(start_paused = true)]
async fn every_recorded_operation_is_followed_to_its_recorded_end() {
    let Some(recordings) = recordings() else { return };
    let mut driven = 0;
    for recording in recordings {
        let exchanges = recording.exchanges();
        for recorded in operations(&exchanges) {
            let label = format!("{}: {} {}", recording.name, recorded.begun.method, recorded.begun.url);
            let answers = Answers::new(
                std::iter::once(recorded.begun).chain(recorded.polls.iter().copied()).map(Exchange::response),
            );
            let (azure, ..) = client(answers.clone());
            let arm = azure.arm();
            let reply = begin(&azure, recorded.begun).await;
            let method = recorded.begun.method();
            let goal = if method == Method::DELETE { Goal::Gone } else { Goal::Ready };
            let operation = Operation::begun(arm, method, &recorded.begun.path(), &reply);
            assert!(!operation.is_done(), "{label}: it goes on");
            let (mut heard, mut looks) = (Vec::new(), 0);
            let look = async || {
                looks += 1;
                Ok(look_after(&exchanges, recorded.begun, recorded.polls.last().expect("a poll").seq))
            };
            let poll_policy = PollPolicy::minutes(Duration::from_secs(3600));
            let ended = operation.wait(arm, goal, poll_policy, |status| heard.push(status.to_owned()), look).await;
            ended.unwrap_or_else(|error| panic!("{label}: {error}"));

            assert_eq!(answers.left(), 0, "{label}: its recorded end was not waited for");
            // The resource has the last word, once; before that the operation's own word is enough.
            assert_eq!(looks, 1, "{label}");
            let asked = answers.asked();
            assert_eq!(asked.len(), 1 + recorded.polls.len(), "{label}: nothing but the recorded polls");
            assert_eq!(asked[1].uri, recorded.polls[0].url, "{label}: as the recorder asked");
            for (nth, (asked, told)) in asked.iter().skip(1).zip(told(&recorded)).enumerate() {
                assert_eq!(asked.uri, told, "{label}: poll {nth} is asked for as it was told");
            }
            let statuses: Vec<&str> =
                recorded.polls.iter().filter_map(|poll| poll.response_body.get("status")?.as_str()).collect();
            let intermediate = statuses.split_last().map(|(last, rest)| {
                assert_eq!(*last, "Succeeded", "{label}: every recorded operation succeeded");
                rest.to_vec()
            });
            assert_eq!(heard, intermediate.unwrap_or_default(), "{label}: in the service's own words");
            driven += 1;
        }
    }
    assert_eq!(driven, 17, "recorded operations");
}

#[tokio::test(start_paused = true)]
async fn a_recorded_write_without_an_operation_is_done_with_its_answer() {
    let Some(recordings) = recordings() else { return };
    let mut synchronous = 0;
    for recording in recordings {
        let exchanges = recording.exchanges();
        let begun: Vec<u32> = operations(&exchanges).iter().map(|one| one.begun.seq).collect();
        let is_write = |one: &&Exchange| matches!(one.method.as_str(), "PUT" | "DELETE") && one.status().is_success();
        for write in exchanges.iter().filter(is_write).filter(|one| !begun.contains(&one.seq)) {
            let label = format!("{}: {} {}", recording.name, write.method, write.url);
            let answers = Answers::new([write.response()]);
            let (azure, ..) = client(answers.clone());
            let reply = azure.arm().send(write.request()).await.unwrap();
            let operation = Operation::begun(azure.arm(), write.method(), &write.path(), &reply);
            if write.method == "PUT" {
                assert!(operation.is_done(), "{label}");
            } else {
                let poll_policy = PollPolicy::seconds(Duration::from_secs(60));
                let look = async || Ok(look_after(&exchanges, write, write.seq));
                operation.wait(azure.arm(), Goal::Gone, poll_policy, |_| {}, look).await.unwrap();
            }
            assert_eq!(answers.asked().len(), 1, "{label}: there is nothing to poll");
            synchronous += 1;
        }
    }
    assert_eq!(synchronous, 37, "recorded synchronous writes");
}

/// What the recorded URLs happen not to hold, but signed ones may: escapes in either case, reserved characters, empty and
/// repeated parameters. Decoding and encoding any of them would break the signature.
const HARSH: [&str; 4] = [
    "t=1&c=MII%2bA%2BB+C&s=a/b==&h=~*()!",
    "api-version=2017-04-18&c=%3d%3D&c=&&h",
    "s=a%20b%7C|c,d;e:f@g$h&t=%e2%82%ac",
    "h=%25%26%3f?x",
];

#[tokio::test(start_paused = true)]
async fn a_signed_polling_url_is_asked_for_byte_for_byte() {
    // The api-version is not the caller's and must stay, also for the provider whose calls are rewritten.
    for header in ["azure-asyncoperation", "location"] {
        for query in HARSH {
            let url = format!(
                "https://management.azure.com/subscriptions/{SUBSCRIPTION}/providers/Microsoft.ContainerService/locations/westEurope/operationresults/eyJ%2Fa%2fb~?{query}"
            );
            let answer = |status: u16| {
                let answer = http::Response::builder().status(status).header(header, &url);
                answer.body(Bytes::from_static(br#"{"status":"InProgress"}"#)).unwrap()
            };
            let done = http::Response::new(Bytes::from_static(br#"{"status":"Succeeded"}"#));
            let answers = Answers::new([answer(202), answer(202), done]);
            let (azure, ..) = client(answers.clone());
            let reply = azure.purge_account("westeurope", "g", "a").await.unwrap();
            let operation = Operation::begun(azure.arm(), Method::DELETE, "/x", &reply);
            let poll_policy = PollPolicy::seconds(Duration::from_secs(60));
            operation.wait(azure.arm(), Goal::Gone, poll_policy, |_| {}, async || Ok(Look::Absent)).await.unwrap();
            let asked: Vec<String> = answers.asked().into_iter().skip(1).map(|asked| asked.uri).collect();
            assert_eq!(asked, [url.clone(), url]);
        }
    }
}
