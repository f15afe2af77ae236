//! The sandbox's time: its dates are this machine's, whatever its speed, until somebody moves them on.
use serde_json::Value;
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

use super::World;

fn date(value: &Value) -> OffsetDateTime {
    OffsetDateTime::parse(value.as_str().unwrap(), &Rfc3339).unwrap()
}

fn expiry(world: &World) -> OffsetDateTime {
    let status = world.run(&["status", "--sandbox", "-o", "json"]).done().json();
    date(&status["labs"][0]["about"]["expires_at"])
}

#[test]
fn at_any_speed_dates_are_this_machines_and_a_run_tells_its_service_time() {
    let world = World::new();
    let began = OffsetDateTime::now_utc();
    let made = world.provision(&["--ttl", "10h", "-o", "json"]).done().json();
    // A lab takes 345 s of the service's time, and a fraction of a second here.
    let took = made["elapsed_s"].as_f64().unwrap();
    assert!(took >= 335.0, "{took}");
    for _ in 0..2 {
        let shown = world.inventory();
        let passed = date(&shown["now"]) - began;
        assert!(passed > -Duration::SECOND && passed < Duration::minutes(5), "{passed}");
        assert_eq!(shown["ahead_s"], 0);
        for resource in shown["resources"].as_array().unwrap() {
            let created = date(&resource["created"]) - began;
            assert!(created > -Duration::SECOND && created <= passed, "{resource}");
        }
        // Runs take hours of the service's time and none of the lab's.
        let left = expiry(&world) - OffsetDateTime::now_utc();
        assert!(left > Duration::hours(9) && left <= Duration::hours(10), "{left}");
    }
    let text = world.run(&["sandbox", "show"]).done().stdout;
    assert!(text.lines().next().unwrap().ends_with(", as this machine's"), "{text}");
}

#[test]
fn the_clock_is_moved_on_for_all_runs_and_what_was_to_happen_has_happened() {
    let world = World::new();
    world.provision(&["--ttl", "10h"]).done();
    let expires = expiry(&world);
    let moved = world.run(&["sandbox", "clock", "--advance", "11h", "-o", "json"]).done().json();
    assert_eq!((&moved["ahead_s"], &moved["advanced_s"]), (&39_600.into(), &39_600.into()));
    let now = date(&moved["now"]);
    assert!(now > expires && now - OffsetDateTime::now_utc() <= Duration::hours(11), "{now}");
    let told = world.run(&["sandbox", "clock"]).done().stdout;
    assert!(
        told.starts_with("the sandbox's time is ") && told.ends_with(", 11h 0m ahead of this machine's\n"),
        "{told}"
    );
    let shown = world.run(&["sandbox", "show"]).done().stdout;
    assert!(shown.contains("11h 0m ahead of this machine's"), "{shown}");
    // Tokens of the run itself hold, and the lab's time is over.
    let swept = world.run(&["sweep", "--sandbox", "--expired", "--yes", "-o", "json"]).done().json();
    assert_eq!(swept["labs"][0]["state"], "deleted", "{swept}");
    assert_eq!(world.inventory()["resources"], serde_json::json!([]));
    world.run(&["sandbox", "reset"]).done();
    assert_eq!(world.inventory()["ahead_s"], 0);
}

#[test]
fn a_clock_that_would_go_back_or_too_far_is_refused_and_stays() {
    let world = World::new();
    for (bad, says) in [
        ("-1h", "-1h"),
        ("0s", "above zero"),
        ("soon", "90s, 45m or 2h"),
        ("47", "47h"),
        ("500y", "ten years"),
        ("1e99h", "1e99h"),
    ] {
        for argument in [&["--advance", bad][..], &[&format!("--advance={bad}")]] {
            let refused = world.run(&[&["sandbox", "clock"], argument].concat()).exit(2);
            assert!(refused.stderr.contains("--advance") && refused.stderr.contains(says), "{bad}: {refused:#?}");
        }
    }
    assert!(!world.sandbox().exists(), "nothing was made");
    for _ in 0..10 {
        world.run(&["sandbox", "clock", "--advance", "10y"]).done();
    }
    let before = world.inventory()["ahead_s"].clone();
    let refused = world.run(&["sandbox", "clock", "--advance", "10y"]).exit(2);
    assert!(refused.stderr.contains("a hundred years ahead"), "{refused:#?}");
    assert!(refused.stderr.contains("azlab sandbox reset"), "{refused:#?}");
    assert_eq!(world.inventory()["ahead_s"], before);
}
