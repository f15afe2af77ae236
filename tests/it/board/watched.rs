//! What the board tells of what happens to the labs meanwhile.
use azlab_sandbox::{Fault, FaultKind};
use http::{Method, StatusCode};
use serde_json::Value;

use super::Class;
use super::client::seat;

const LISTEN: &str = "--listen 127.0.0.1:0";

fn is(kind: &str, key: &str) -> impl Fn(&Value) -> bool {
    let (kind, key) = (kind.to_owned(), key.to_owned());
    move |data| seat(data, &key).is_some_and(|seat| seat["kind"] == kind)
}

#[tokio::test(start_paused = true)]
async fn what_a_run_elsewhere_does_to_one_lab_is_told_of_that_seat_alone() {
    let class = Class::new().await;
    class
        .while_served(LISTEN, async |client| {
            let last = client.data().await["id"].as_str().unwrap().to_owned();
            let mut stream = client.stream(&last).await;
            let elsewhere = class.run("teardown -l ben --yes");
            let (_, (working, _)) = tokio::join!(elsewhere, stream.until(is("working", "ben")));
            assert_eq!(working["seats"].as_array().unwrap().len(), 1, "{working}");
            assert_eq!(seat(&working, "ben").unwrap()["run"][0], "teardown", "{working}");
            let (absent, before) = stream.until(is("absent", "ben")).await;
            assert!(before.iter().chain([&absent]).all(|data| seat(data, "ada").is_none()), "{before:?}");
            let elsewhere = class.run("provision --all");
            let (_, (ready, _)) = tokio::join!(elsewhere, stream.until(is("ready", "ben")));
            assert_eq!(seat(&ready, "ada"), None);
            let page = client.data().await;
            assert_eq!(seat(&page, "ben").unwrap()["kind"], "ready", "who comes later sees the same");
        })
        .await;
}

#[tokio::test(start_paused = true)]
async fn what_nobody_repairs_becomes_stuck_with_its_reason_and_the_time_of_the_first_sight() {
    let class = Class::new().await;
    class
        .while_served(LISTEN, async |client| {
            let last = client.data().await["id"].as_str().unwrap().to_owned();
            let mut stream = client.stream(&last).await;
            class.azure.break_lab("myResourceGroup-ada").await;
            let (first, _) = stream.until(is("incomplete", "ada")).await;
            let (stuck, _) = stream.until(is("stuck", "ada")).await;
            let (first, stuck) = (seat(&first, "ada").unwrap(), seat(&stuck, "ada").unwrap());
            assert_eq!(stuck["why"], "nobody is at work: model deployment absent");
            assert_eq!(stuck["since"], first["since"]);
            assert_eq!(stuck.get("checks"), None, "a lab that is not ready is not verified");
        })
        .await;
}

#[tokio::test(start_paused = true)]
async fn while_azure_fails_the_seats_stay_and_the_page_says_since_when_it_is_stale() {
    let class = Class::new().await;
    let ran = class.while_served(LISTEN, async |client| {
        let page = client.data().await;
        let mut stream = client.stream(page["id"].as_str().unwrap()).await;
        class.azure.sandbox.control().inject(Fault {
            method: Some(Method::GET),
            path_contains: "/resourcegroups".into(),
            skip: 0,
            times: usize::MAX,
            kind: FaultKind::Refuse {
                status: StatusCode::FORBIDDEN,
                code: "AuthorizationFailed".into(),
                message: "no".into(),
                headers: Vec::new(),
                handled: false,
            },
        });
        let (stale, _) = stream.until(|data| !data["head"]["stale"].is_null()).await;
        let since = stale["head"]["stale"]["since"].as_i64().unwrap();
        assert!(since >= page["at"].as_i64().unwrap() && since < stale["at"].as_i64().unwrap(), "{stale}");
        assert_eq!(stale["head"]["stale"]["why"], "Azure cannot be read (AuthorizationFailed)");
        let page = client.data().await;
        assert_eq!(
            (page["seats"].as_array().unwrap().len(), &seat(&page, "ada").unwrap()["kind"]),
            (2, &"ready".into())
        );
        class.azure.sandbox.control().clear_faults();
        let (fresh, _) = stream.until(|data| data.get("head").is_some()).await;
        assert!(fresh["head"]["stale"].is_null() && fresh["seats"].as_array().unwrap().is_empty(), "{fresh}");
    });
    let events = ran.await.events;
    let told = events.iter().filter(|event| format!("{:?}", event.kind).contains("the board is stale")).count();
    assert_eq!(told, 1, "once, and not at each look");
}

#[tokio::test(start_paused = true)]
async fn a_look_reads_lists_and_as_many_single_labs_as_a_run_elsewhere_can_spare() {
    let class = Class::new().await;
    let reads = |from: usize| {
        let log = class.azure.sandbox.request_log().split_off(from);
        log.iter().filter(|one| one.path.contains("/resourceGroups/")).count()
    };
    // A second has room for one lab: its deployment, its credential, and what verify reads of it.
    class
        .while_served("--listen 127.0.0.1:0 --interval 1s", async |_| {
            let from = class.azure.sandbox.request_log().len();
            class.azure.pass(20.5).await;
            let count = reads(from);
            assert!((20..=20 * 4).contains(&count), "{count} reads of single labs in 20 looks");
        })
        .await;
}

#[tokio::test(start_paused = true)]
async fn the_end_of_the_board_is_told() {
    let class = Class::new().await;
    let ran = class.while_served(LISTEN, async |client| {
        let mut stream = client.stream("").await;
        assert_eq!(stream.next().await.0, "board");
        stream
    });
    let mut stream = ran.await.looked;
    assert_eq!(stream.next().await.0, "end");
}
