//! Which models can be deployed, by the day on which the state was made.

use azlab_clock::Clock;
use time::OffsetDateTime;

use super::*;
use crate::scenario::Scenario;
use crate::state::store::Store;
use crate::state::timestamps::millis;

const DAY: u64 = 24 * 3600;

fn made_on(day: OffsetDateTime) -> Client {
    Client { sandbox: Sandbox::in_memory(Clock::scaled(day, 1.0)).unwrap() }
}

/// What becomes of a new deployment.
async fn deploy(client: &Client, name: &str, (model, version, sku): (&str, &str, &str)) -> (u16, String) {
    let body = json!({"sku": {"name": sku, "capacity": 1}, "properties": {"model": {"format": "OpenAI", "name": model, "version": version}}});
    let got = client.put(&child(ACCOUNT, &format!("deployments/{name}")), body).await;
    client.wait(5).await;
    (got.status.as_u16(), got.body["error"]["message"].as_str().unwrap_or_default().to_owned())
}

const REASONS: (&str, &str, &str) = ("gpt-5-mini", "2025-08-07", "GlobalStandard");
const WORKSHOPS: (&str, &str, &str) = ("gpt-35-turbo", "0125", "Standard");

#[tokio::test(start_paused = true)]
async fn a_sandbox_sells_what_azure_sells_today_in_any_year_and_what_it_was_made_with_for_months() {
    for day in [datetime!(2026-11-25 08:00 UTC), datetime!(2027-10-01 08:00 UTC), datetime!(2041-02-28 08:00 UTC)] {
        let client = made_on(day);
        client.group().await;
        client.account().await;
        let (status, message) = deploy(&client, "d1", WORKSHOPS).await;
        assert_eq!(status, 400, "{day}");
        assert!(message.contains("has been deprecated since 11/14/2025 00:00:00"), "{day}: {message}");
        assert_eq!(deploy(&client, "d1", REASONS).await.0, 201, "{day}");
        client.wait(72 * DAY).await;
        assert_eq!(deploy(&client, "d2", REASONS).await.0, 201, "{day}");
        client.wait(2 * DAY).await;
        let (status, message) = deploy(&client, "d3", REASONS).await;
        assert_eq!((status, message.contains("deprecated since")), (400, true), "{day}: {message}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_day_of_the_workshop_can_be_brought_back() {
    let client = made_on(datetime!(2031-05-05 08:00 UTC));
    client.sandbox.play(&Scenario::load("workshop-2023").unwrap()).unwrap();
    client.group().await;
    client.account().await;
    assert_eq!(deploy(&client, "d1", ("gpt-35-turbo", "0613", "Standard")).await.0, 201);
    assert_eq!(deploy(&client, "d2", REASONS).await.0, 400);
    let path = "/providers/Microsoft.CognitiveServices/locations/westeurope/models?api-version=2024-10-01";
    let listed = client.get(path).await;
    for entry in listed.body["value"].as_array().unwrap() {
        let model = &entry["model"];
        let told = (&model["name"], &model["isDefaultVersion"], &model["lifecycleStatus"]);
        assert_eq!(told, (&json!("gpt-35-turbo"), &json!(true), &json!("GenerallyAvailable")));
    }
    client.sandbox.play(&Scenario::load("standard").unwrap()).unwrap();
    assert_eq!(deploy(&client, "d3", REASONS).await.0, 201, "an ordinary day again");
}

#[tokio::test]
async fn a_state_in_a_file_keeps_the_day_on_which_it_was_made() {
    let dir = tempfile::tempdir().unwrap();
    let path = "/providers/Microsoft.CognitiveServices/locations/westeurope/models?api-version=2024-10-01";
    let closes = async || {
        let client = Client { sandbox: Sandbox::open(dir.path(), 1.0).unwrap() };
        let all = client.get(path).await.body["value"].as_array().unwrap().clone();
        let model = all.iter().find(|it| it["model"]["name"] == "gpt-5-mini").unwrap();
        model["model"]["skus"][0]["deprecationDate"].as_str().unwrap().to_owned()
    };
    closes().await;
    let made = |day: Option<OffsetDateTime>| {
        let db = rusqlite::Connection::open(dir.path().join("sandbox.db")).unwrap();
        match day {
            Some(day) => Store::new(&db, 0).set_meta("made", &millis(day).to_string()).unwrap(),
            None => drop(db.execute("DELETE FROM meta WHERE name = 'made'", []).unwrap()),
        }
    };
    made(Some(datetime!(2030-01-01 00:00 UTC)));
    let days = datetime!(2030-01-01 00:00 UTC) - datetime!(2026-11-25 00:00 UTC);
    let expected = (datetime!(2027-02-06 00:00 UTC) + days).date();
    assert_eq!(closes().await, format!("{expected}T00:00:00Z"));
    // One of an older azlab is taken for made when it is first opened, and stays so.
    made(None);
    let first = closes().await;
    assert_eq!(closes().await, first);
    assert_ne!(first, format!("{expected}T00:00:00Z"));
}
