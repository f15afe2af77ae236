//! Killed without warning, at many moments: the next run finishes, and nothing is there twice.
use super::{Running, World, is, keys};

/// Slow enough to be killed in the midst of things; a lab takes about a second.
const SLOW: &str = "300";

/// What an inventory tells.
const INVENTORY: [&str; 7] = ["ahead_s", "now", "operations", "resources", "scenario", "schema", "soft_deleted"];

/// What a finished lab leaves in the sandbox, by type.
pub(super) fn types(world: &World) -> Vec<String> {
    let inventory = world.inventory();
    assert_eq!(keys(&inventory), INVENTORY);
    assert_eq!(inventory["soft_deleted"], serde_json::json!([]));
    let resources = inventory["resources"].as_array().unwrap().iter();
    let mut types: Vec<String> =
        resources.map(|resource| resource["type"].as_str().unwrap().to_ascii_lowercase()).collect();
    types.sort_unstable();
    types
}

/// The types of one lab.
pub(super) const ONE_LAB: [&str; 8] = [
    "microsoft.authorization/roleassignments",
    "microsoft.cognitiveservices/accounts",
    "microsoft.cognitiveservices/accounts/deployments",
    "microsoft.containerservice/managedclusters",
    "microsoft.managedidentity/userassignedidentities",
    "microsoft.managedidentity/userassignedidentities/federatedidentitycredentials",
    "microsoft.resources/resourcegroups",
    "microsoft.resources/resourcegroups",
];

#[test]
fn a_run_that_was_killed_at_any_moment_is_finished_by_the_next() {
    // Moments are counted in events of which every run has 14, two a resource; the last is that the cluster is ready.
    let tells = |event: &serde_json::Value| is(event, "resource_writing") || is(event, "resource_finished");
    for moment in [1, 2, 3, 5, 7, 9, 11, 13] {
        let world = World::new();
        let mut command = world.azlab(&["provision", "--sandbox", "--sandbox-speed", SLOW]);
        let mut running = Running::start(&mut command);
        for _ in 0..moment {
            running.until("the moment to kill it", tells);
        }
        running.child.kill().unwrap();
        let (status, stdout, _) = running.end();
        assert!(!status.success() && stdout.is_empty(), "moment {moment}: {status} {stdout}");
        let state = world.inventory();
        assert_eq!(keys(&state), INVENTORY);

        let finished = world.provision(&["-o", "json"]).done().json();
        assert_eq!(finished["labs"][0]["state"], "ready", "moment {moment}");
        assert_eq!(types(&world), ONE_LAB, "moment {moment}");
        let again = world.provision(&["-o", "json"]).done().json();
        assert_eq!(again["requests"]["writes"], 0, "moment {moment}");
    }
}

#[test]
fn killed_again_and_again_it_still_gets_there() {
    let world = World::new();
    loop {
        let mut command = world.azlab(&["provision", "--sandbox", "--sandbox-speed", SLOW]);
        let mut running = Running::start(&mut command);
        // Each run is let to finish one resource that it had to make.
        let made = loop {
            match running.event() {
                None => break false,
                Some(event) if is(event, "resource_finished") && event["action"] != "unchanged" => break true,
                Some(_) => {}
            }
        };
        if !made {
            assert!(running.end().0.success());
            break;
        }
        running.child.kill().unwrap();
        running.end();
    }
    assert_eq!(types(&world), ONE_LAB);
}
