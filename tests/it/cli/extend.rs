//! `extend`, as people say times.
use serde_json::Value;

use super::{Ended, World};

fn expiries(world: &World) -> Vec<(String, String)> {
    let status = world.run(&["status", "--sandbox", "-o", "json"]).done().json();
    let of = |lab: &Value| {
        (lab["name"].as_str().unwrap().to_owned(), lab["about"]["expires_at"].as_str().unwrap().to_owned())
    };
    status["labs"].as_array().unwrap().iter().map(of).collect()
}

/// Five hours behind UTC, the whole year.
fn extend(world: &World, arguments: &[&str]) -> Ended {
    let mut command = world.azlab(&[&["extend", "--sandbox"], arguments].concat());
    Ended::of(command.env("TZ", "EST5").output().unwrap())
}

#[test]
fn extend_never_takes_time_from_a_lab_unless_it_is_told_to() {
    let world = World::new();
    world.provision(&["-l", "ada", "--ttl", "2h"]).done();
    world.provision(&["-l", "ben", "--ttl", "2d"]).done();
    let before = expiries(&world);
    for sooner in [["--ttl", "12h"], ["--until", "2000-01-01"]] {
        for output in ["text", "json"] {
            let refused = extend(&world, &[&["-l", "ada", "ben", "-o", output], &sooner[..]].concat()).exit(2);
            assert_eq!(expiries(&world), before, "of the others neither: {refused:#?}");
        }
    }
    let refused = extend(&world, &["-l", "ada", "ben", "--ttl", "12h"]).exit(2);
    for part in ["error[WouldShorten]: ", " for 1 lab (ben): ", "no lab was changed", "--shorten"] {
        assert!(refused.stderr.contains(part), "{part}: {refused:#?}");
    }
    // The command that it recommends does it.
    let hint = refused.stderr.lines().find_map(|line| line.split_once("to shorten: ")).expect("a command").1;
    let words = shlex::split(hint).unwrap();
    world.run(&words[1..].iter().map(String::as_str).collect::<Vec<_>>()).done();
    let after = expiries(&world);
    assert!(after[0].1 > before[0].1 && after[1].1 < before[1].1, "{before:?} {after:?}");
    extend(&world, &["-l", "ben", "--never"]).done();
    extend(&world, &["-l", "ben", "--ttl", "1h"]).done();
}

#[test]
fn a_time_is_taken_by_the_clock_on_the_wall_and_told_by_both() {
    let world = World::new();
    world.provision(&["--ttl", "2h"]).done();
    let moved = extend(&world, &["--until", "2130-12-01 17:00"]).done();
    assert!(moved.stderr.contains("2130-12-01 17:00 EST (2130-12-01T22:00:00Z)"), "{moved:#?}");
    assert_eq!(expiries(&world)[0].1, "2130-12-01T22:00:00Z");
    extend(&world, &["--until", "2130-12-01"]).done();
    assert_eq!(expiries(&world)[0].1, "2130-12-02T05:00:00Z", "its end");
    extend(&world, &["--until", "2130-12-03T01:00:00+01:00"]).done();
    assert_eq!(expiries(&world)[0].1, "2130-12-03T00:00:00Z");
    extend(&world, &["--until", "tomorrow 18:00", "--shorten"]).done();
    assert!(expiries(&world)[0].1.ends_with("T23:00:00Z"), "{:?}", expiries(&world));
    let refused = extend(&world, &["--until", "soon"]).exit(2);
    assert!(refused.stderr.contains("17:00") && refused.stderr.contains("tomorrow 18:00"), "{refused:#?}");
}
