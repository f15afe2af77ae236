//! Where an answer says to go next, and when: polling URLs, next pages, Retry-After.
use std::time::Duration;

use azlab::azure::lro::{Goal, Look, Operation, PollPolicy, Status};
use azlab::azure::retry::retry_after as read_retry_after;
use http::{HeaderMap, HeaderValue, Method};
use proptest::prelude::*;
use serde_json::json;
use time::OffsetDateTime;

use super::{QUOTED, ends_within, hold, runtime, text};
use crate::support::{ENDPOINT, SECRET, Seen, World, json as answer, request, status};

const RESOURCE: &str = "/subscriptions/s/resourceGroups/g/providers/Microsoft.X/things/t";

/// A `Retry-After`: seconds, dates, and what is neither.
pub fn retry_after() -> impl Strategy<Value = String> {
    prop_oneof![
        "[0-9]{1,3}",
        "-?[0-9]{1,40}(\\.[0-9]{0,5})?",
        "[0-9]e[0-9]{1,3}|NaN|inf|-inf|1e-320",
        "(Mon|Tue|Sun), [0-9]{2} (Jan|Feb|Dec) [0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2} GMT",
        "[ -~]{0,30}",
    ]
}

/// A link: at home, elsewhere, and none.
pub fn link() -> impl Strategy<Value = String> {
    let hosts = prop::sample::select(vec![
        "management.azure.com",
        "MANAGEMENT.azure.com",
        "management.azure.com.",
        "management.azure.com:443",
        "management.azure.com:8443",
        "management.azure.com@evil.example",
        "user:secret@management.azure.com",
        "user@management.azure.com",
        "evil.example",
        "management.azure.com.evil.example",
        "[::1]",
        "[::ffff:127.0.0.1]:443",
        "127.0.0.1",
        "169.254.169.254",
        "xn--mnagement-02a.azure.com",
        "m\u{e4}nagement.azure.com",
        "",
    ]);
    let schemes = prop::sample::select(vec![
        "https://",
        "http://",
        "HTTPS://",
        "//",
        "\\\\",
        "https:",
        "https:/",
        "ftp://",
        "file://",
        "data:",
        "javascript:",
        "wss://",
        "mailto:",
        "",
    ]);
    let whole =
        (schemes, hosts, "(/[a-z0-9%.]{0,6}){0,3}(\\?[a-z=&%#$0-9]{0,12})?").prop_map(|(s, h, p)| format!("{s}{h}{p}"));
    prop_oneof![
        4 => whole,
        1 => "(/[a-z]{1,4}){1,3}\\?t=[0-9]{1,3}",
        1 => "[?#.][ -~]{0,20}",
        1 => text(),
        1 => (1_usize..20_000).prop_map(|length| format!("{ENDPOINT}operations/1?t={}", "x".repeat(length))),
    ]
}

/// Whether a request, as it left, went to our endpoint and nowhere else.
fn is_at_home(seen: &Seen) -> bool {
    let url = url::Url::parse(&seen.url).unwrap();
    url.scheme() == "https"
        && url.host_str() == Some("management.azure.com")
        && url.port_or_known_default() == Some(443)
        && url.username().is_empty()
        && url.password().is_none()
}

#[test]
fn no_link_leads_a_token_away_from_its_endpoint() {
    let page = (prop::sample::select(vec!["groups", "sizes", "locks"]), link());
    hold(800, page, |(what, link)| {
        runtime().block_on(async {
            let mut first = Some(link.clone());
            let world = World::new(move |_| match first.take() {
                Some(link) => answer(200, &json!({"value": [], "nextLink": link})),
                None => answer(200, &json!({"value": []})),
            });
            let azure = world.azure();
            let listed = async {
                match what {
                    "groups" => azure.groups_tagged("t").await.map(drop),
                    "sizes" => azure.vm_sizes("westeurope").await.map(drop),
                    _ => azure.locks("/subscriptions/s").await.map(drop),
                }
            };
            if let Err(error) = ends_within(Duration::from_secs(600), listed).await? {
                let shown = error.to_string();
                prop_assert!(shown.len() <= QUOTED, "{shown}");
                let has_password = url::Url::parse(&link).is_ok_and(|url| url.password().is_some());
                prop_assert!(!(has_password && shown.contains("secret")), "{shown}");
            }
            for seen in world.seen() {
                prop_assert!(is_at_home(&seen), "{} was asked", seen.url);
                prop_assert_eq!(seen.headers.get_all("authorization").iter().count(), 1);
                prop_assert!(!seen.url.contains(SECRET));
            }
            prop_assert!(world.seen().len() <= 2);
            Ok(())
        })
    });
}

#[test]
fn no_polling_url_leads_a_token_away_from_its_endpoint_or_keeps_an_operation_waiting() {
    let answers =
        (link(), link(), prop::sample::select(vec![200_u16, 201, 202]), prop::option::of(retry_after()), any::<bool>());
    hold(800, answers, |(first, newer, code, after, asynchronous)| {
        runtime().block_on(async {
            let name = if asynchronous { "azure-asyncoperation" } else { "location" };
            let with = move |say: crate::support::Say, link: &str, after: &Option<String>| {
                let crate::support::Say::Answer(status, mut headers, body) = say else { unreachable!() };
                headers.extend(link.parse().ok().map(|link| (http::HeaderName::from_static(name), link)));
                headers.extend(after.as_ref().and_then(|text| Some((http::header::RETRY_AFTER, text.parse().ok()?))));
                crate::support::Say::Answer(status, headers, body)
            };
            let mut polls = 0;
            let (newer_at, after_at) = (newer.clone(), after.clone());
            let world = World::new(move |seen: &Seen| match seen.method {
                Method::PUT => {
                    with(answer(code, &json!({"properties": {"provisioningState": "Creating"}})), &first, &after)
                }
                _ if seen.path == RESOURCE => answer(200, &json!({"properties": {"provisioningState": "Succeeded"}})),
                _ => {
                    polls += 1;
                    match polls {
                        1..=3 => with(
                            answer(if asynchronous { 200 } else { 202 }, &json!({"status": "InProgress"})),
                            &newer_at,
                            &after_at,
                        ),
                        _ => answer(200, &json!({"status": "Succeeded"})),
                    }
                }
            });
            let reply = world
                .arm
                .send(request(Method::PUT, RESOURCE))
                .await
                .map_err(|error| TestCaseError::fail(error.to_string()))?;
            let operation = Operation::begun(&world.arm, Method::PUT, RESOURCE, &reply);
            let look = async || Ok(Look::Exists(Status::Succeeded));
            let waited =
                operation.wait(&world.arm, Goal::Ready, PollPolicy::minutes(Duration::from_secs(1800)), |_| {}, look);
            ends_within(Duration::from_secs(3600), waited).await?.ok();
            for seen in world.seen() {
                prop_assert!(is_at_home(&seen), "{} was asked", seen.url);
            }
            prop_assert!(world.seen().len() <= 20, "{} requests", world.seen().len());
            prop_assert!(world.elapsed() <= Duration::from_secs(1900), "{:?}", world.elapsed());
            Ok(())
        })
    });
}

#[test]
fn any_retry_after_is_a_length_of_time_or_nothing() {
    let moment = (
        retry_after(),
        any::<i32>(),
        prop::sample::select(vec!["retry-after", "retry-after-ms", "x-ms-retry-after-ms"]),
    );
    hold(3_000, moment, |(text, now, name)| {
        let Ok(value) = HeaderValue::from_str(&text) else { return Ok(()) };
        let headers = HeaderMap::from_iter([(http::HeaderName::from_static(name), value)]);
        let now = OffsetDateTime::from_unix_timestamp(now.into()).unwrap();
        if let Some(read) = read_retry_after(&headers, now) {
            prop_assert!(read <= Duration::MAX);
        }
        Ok(())
    });
}

/// A list whose page number `n` leads to `link(n)`.
async fn endless(what: &str, link: impl Fn(usize) -> String + Send + 'static) -> (usize, String) {
    let mut page = 0;
    let world = World::new(move |_| {
        page += 1;
        answer(200, &json!({"value": [], "nextLink": link(page)}))
    });
    let azure = world.azure();
    let listed = async {
        match what {
            "groups" => azure.groups_tagged("t").await.map(drop),
            "sizes" => azure.vm_sizes("westeurope").await.map(drop),
            "permissions" => azure.permissions("/subscriptions/s").await.map(drop),
            _ => azure.locks("/subscriptions/s").await.map(drop),
        }
    };
    let ended = tokio::time::timeout(Duration::from_secs(3600), listed).await;
    let error = ended.unwrap_or_else(|_| panic!("{what}: it goes on for ever")).expect_err("it has no end");
    (world.seen().len(), error.to_string())
}

#[tokio::test(start_paused = true)]
async fn pages_that_lead_in_circles_end_the_list_with_an_error() {
    for what in ["groups", "sizes", "permissions", "locks"] {
        let (requests, error) = endless(what, |page| format!("{ENDPOINT}page?{}", page % 2)).await;
        assert!(requests <= 4 && error.contains("form a loop"), "{what}: {requests} requests, {error}");
        let (requests, error) = endless(what, |_| format!("{ENDPOINT}page?same")).await;
        assert!(requests <= 3 && error.contains("form a loop"), "{what}: {requests} requests, {error}");
    }
}

#[tokio::test(start_paused = true)]
async fn pages_without_end_end_the_list_with_an_error() {
    for what in ["groups", "sizes"] {
        let (requests, error) = endless(what, |page| format!("{ENDPOINT}page?{page}")).await;
        assert!(requests <= 1_001 && error.contains("does not end"), "{what}: {requests} requests, {error}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_operation_that_never_ends_is_given_up_at_its_limit() {
    let world = World::new(move |seen: &Seen| match seen.method {
        Method::PUT => status(202).with("azure-asyncoperation", &format!("{ENDPOINT}operations/1")),
        _ => answer(200, &json!({"status": "InProgress"}))
            .with("azure-asyncoperation", &format!("{ENDPOINT}operations/1")),
    });
    let reply = world.arm.send(request(Method::PUT, RESOURCE)).await.unwrap();
    let limit = Duration::from_secs(1800);
    let waited = Operation::begun(&world.arm, Method::PUT, RESOURCE, &reply)
        .wait(&world.arm, Goal::Ready, PollPolicy::minutes(limit), |_| {}, async || Ok(Look::Absent))
        .await;
    assert!(matches!(waited, Err(azlab::azure::error::Error::TimedOut { .. })), "{waited:?}");
    assert!(world.elapsed() <= limit + Duration::from_secs(60));
    assert!(world.seen().len() < 700, "{}", world.seen().len());
}
