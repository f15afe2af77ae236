//! Dates and durations: a state in a file has the machine's dates at any speed, until somebody moves them on.

use time::{Duration, OffsetDateTime};

use super::*;
use crate::state::error::SandboxError;

fn open(dir: &std::path::Path, speed: f64) -> Client {
    Client { sandbox: Sandbox::open(dir, speed).unwrap() }
}

/// Puts tokio's time, which the tests pass, ahead of the machine's: a clock goes by whichever is later, and a busy machine has been
/// opening a state for longer than a test waits.
async fn lead() {
    tokio::time::advance(std::time::Duration::from_secs(20)).await;
}

/// By how much its date differs from the machine's.
fn off(client: &Client) -> Duration {
    client.sandbox.clock().now() - OffsetDateTime::now_utc()
}

fn hours(hours: u64) -> std::time::Duration {
    std::time::Duration::from_secs(hours * 3600)
}

#[tokio::test(start_paused = true)]
async fn after_a_morning_at_sixty_times_the_speed_it_is_the_same_day_and_a_cluster_took_six_seconds() {
    let dir = tempfile::tempdir().unwrap();
    let azure = open(dir.path(), 60.0);
    lead().await;
    azure.group().await;
    let made = azure.put(CLUSTER, cluster()).await;
    let inventory = azure.sandbox.inventory().unwrap();
    let [operation] = inventory.operations.as_slice() else { panic!("{inventory:?}") };
    // 7 s of the call and 332 s of the work
    assert_eq!((operation.done - operation.started).whole_milliseconds(), 5650);
    azure.wait(200).await;
    assert_ne!(azure.get(made.header("azure-asyncoperation")).await.body["status"], "Succeeded");
    azure.wait(140).await;
    assert_eq!(azure.get(made.header("azure-asyncoperation")).await.body["status"], "Succeeded");
    // Four hours of this machine are four hours there, and its models are those of today.
    tokio::time::advance(hours(4)).await;
    let passed = off(&azure);
    assert!(passed > Duration::hours(3) && passed < Duration::hours(4) + Duration::minutes(1), "{passed}");
    drop(azure);
    let again = open(dir.path(), 6000.0);
    assert!(off(&again).abs() < Duration::minutes(1), "between runs it is the machine's: {}", off(&again));
}

#[tokio::test(start_paused = true)]
async fn an_operation_ends_when_it_was_to_end_whatever_the_speed_of_who_looks() {
    let dir = tempfile::tempdir().unwrap();
    let (fast, slow) = (open(dir.path(), 60.0), open(dir.path(), 1.0));
    lead().await;
    fast.group().await;
    fast.put(CLUSTER, cluster()).await;
    let state = async |client: &Client| client.get(CLUSTER).await.body["properties"]["provisioningState"].clone();
    assert_eq!(state(&slow).await, "Creating");
    tokio::time::advance(std::time::Duration::from_secs(6)).await;
    assert_eq!((state(&fast).await, state(&slow).await), (json!("Succeeded"), json!("Succeeded")));
}

#[tokio::test(start_paused = true)]
async fn what_shows_late_and_what_fills_again_is_as_much_faster() {
    let dir = tempfile::tempdir().unwrap();
    let azure = open(dir.path(), 6.0);
    lead().await;
    azure.group().await;
    // The directory knows a principal after 40 s.
    let identity = azure.put(IDENTITY, json!({"location": "westeurope"})).await.body;
    let role = "/providers/Microsoft.Authorization/roleDefinitions/5e0bd9bd-7b93-4f28-af87-19fc36ad61bd";
    let scope =
        GROUP.replace('?', "/providers/Microsoft.Authorization/roleAssignments/11111111-1111-4111-8111-111111111111?");
    let scope = scope.replace("2021-04-01", "2022-04-01");
    let body = json!({"properties": {
        "principalId": identity["properties"]["principalId"],
        "roleDefinitionId": format!("/subscriptions/{SUBSCRIPTION_ID}{role}"),
    }});
    assert_eq!(azure.put(&scope, body.clone()).await.outcome(), (400, "PrincipalNotFound"));
    tokio::time::advance(std::time::Duration::from_secs(7)).await;
    assert_eq!(azure.put(&scope, body).await.status, 201);
    // A limit that is used up says for how long, in service time.
    let mut refused = azure.put(CLUSTER, cluster()).await;
    while refused.status != 429 {
        refused = azure.put(CLUSTER, cluster()).await;
    }
    let wait: u64 = refused.header("retry-after").parse().unwrap();
    azure.wait(wait + 1).await;
    assert_ne!(azure.put(CLUSTER, cluster()).await.status, 429, "after {wait} s");
}

#[tokio::test(start_paused = true)]
async fn a_date_that_is_moved_on_is_everybodys_and_all_that_was_to_happen_has_happened() {
    let dir = tempfile::tempdir().unwrap();
    let shared = open(dir.path(), 60.0);
    lead().await;
    let alone = Client::new();
    for azure in [&shared, &alone] {
        let token = azure.bearer();
        azure.group().await;
        azure.account().await;
        let gone = azure.delete(ACCOUNT).await;
        assert_eq!(gone.status, 200, "{}", gone.body);
        azure.put(CLUSTER, cluster()).await;
        let path = "/providers/Microsoft.CognitiveServices/deletedAccounts?api-version=2024-10-01";
        let kept = async || azure.get(path).await.body["value"].as_array().unwrap().len();
        let before = azure.sandbox.clock().now();
        azure.sandbox.control().advance(hours(47)).unwrap();
        assert!(azure.sandbox.clock().now() - before >= Duration::hours(47));
        assert_eq!(kept().await, 1, "it is kept for 48 h");
        assert_eq!(azure.get(CLUSTER).await.body["properties"]["provisioningState"], "Succeeded");
        azure.sandbox.control().advance(hours(2)).unwrap();
        assert_eq!(kept().await, 0, "it was purged");
        // A client's token is held against the client's own clock.
        let url = format!("https://management.azure.com/subscriptions/{SUBSCRIPTION_ID}{GROUP}");
        let request = http::Request::get(url).header("authorization", token).body(Bytes::new()).unwrap();
        assert_eq!(azure.sandbox.handle(request).await.status(), 200);
    }
    // Another process sees it with its next request, one that comes later at once.
    let other = open(dir.path(), 1.0);
    let ahead = off(&other);
    assert!(ahead > Duration::hours(48) && ahead < Duration::hours(50), "{ahead}");
    shared.sandbox.control().advance(hours(100 * 24)).unwrap();
    other.get(GROUP).await;
    assert!(off(&other) - ahead > Duration::days(99), "{}", off(&other));
    // What was sold when the state was made has closed in the meantime.
    other.account().await;
    let body = json!({"sku": {"name": "GlobalStandard", "capacity": 1},
        "properties": {"model": {"format": "OpenAI", "name": "gpt-5-mini", "version": "2025-08-07"}}});
    let refused = other.put(&child(ACCOUNT, "deployments/d1"), body).await;
    assert!(refused.body["error"]["message"].as_str().unwrap().contains("deprecated since"), "{}", refused.body);
    let too_far = shared.sandbox.control().advance(hours(100 * 366 * 24));
    assert!(matches!(too_far, Err(SandboxError::TooFarAhead)), "{too_far:?}");
    assert!(off(&shared) < Duration::days(103), "{}", off(&shared));
}

#[tokio::test]
async fn a_state_of_an_azlab_whose_time_ran_ahead_keeps_its_date_and_goes_on_from_there() {
    let now = OffsetDateTime::now_utc().unix_timestamp() * 1000;
    let day = 24 * 3600 * 1000;
    // Where the service's time stood at which real time; the last ones are damaged.
    for (real, service, days) in [
        (now - 3 * day, now + 27 * day, 30),
        (now - day, now - 5 * day, 0),
        (now, i64::MAX, 36_600),
        (i64::MIN, i64::MAX, 36_600),
    ] {
        let dir = tempfile::tempdir().unwrap();
        drop(open(dir.path(), 60.0));
        let db = rusqlite::Connection::open(dir.path().join("sandbox.db")).unwrap();
        db.execute_batch(
            "DROP TABLE calendar; PRAGMA user_version = 5;
             CREATE TABLE anchor(one INTEGER PRIMARY KEY, real INTEGER NOT NULL, service INTEGER NOT NULL, speed REAL NOT NULL);",
        )
        .unwrap();
        db.execute("INSERT INTO anchor VALUES (1, ?1, ?2, 60.0)", [real, service]).unwrap();
        drop(db);
        let azure = open(dir.path(), 60.0);
        let ahead = off(&azure);
        assert!((ahead - Duration::days(days)).abs() < Duration::hours(1), "{ahead} for {real} and {service}");
        assert_eq!(azure.sandbox.inventory().unwrap().ahead.whole_days(), days);
        azure.group().await;
        assert!(off(&open(dir.path(), 60.0)) >= ahead - Duration::MINUTE);
    }
}
