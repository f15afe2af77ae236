//! Several processes on one sandbox.
use std::process::Stdio;

use super::killed::{ONE_LAB, types};
use super::{Ended, Running, World, is};

/// Slower than elsewhere: several processes share this machine, and the service's own time limits run on.
const SPEED: &str = "500";

/// Runs them at the same time.
fn all(world: &World, runs: &[Vec<&str>]) -> Vec<Ended> {
    let start = |arguments: &Vec<&str>| {
        let mut command = world.azlab(&["provision", "--sandbox", "-o", "json", "--progress", "plain"]);
        command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let children: Vec<_> = runs.iter().map(start).collect();
    let ends = children.into_iter().map(|child| std::thread::spawn(|| Ended::of(child.wait_with_output().unwrap())));
    ends.collect::<Vec<_>>().into_iter().map(|end| end.join().unwrap()).collect()
}

#[test]
fn eight_labs_by_eight_processes() {
    let world = World::new();
    let names: Vec<String> = (1..=8).map(|number| format!("lab-{number}")).collect();
    let runs: Vec<_> = names.iter().map(|name| vec!["--sandbox-speed", SPEED, "-l", name]).collect();
    for ended in all(&world, &runs) {
        assert_eq!(ended.done().json()["labs"][0]["state"], "ready");
    }
    let expected: Vec<&str> = ONE_LAB.iter().flat_map(|one| [*one; 8]).collect();
    assert_eq!(types(&world), expected);
}

#[test]
fn one_lab_by_four_processes_is_made_once() {
    let world = World::new();
    let runs = vec![vec!["--sandbox-speed", SPEED]; 4];
    let outputs: Vec<_> = all(&world, &runs).into_iter().map(|ended| ended.done().json()).collect();
    assert!(outputs.iter().all(|one| one["labs"][0]["outputs"] == outputs[0]["labs"][0]["outputs"]), "{outputs:#?}");
    assert_eq!(types(&world), ONE_LAB);
}

#[test]
fn two_speeds_at_once() {
    let world = World::new();
    let runs = [vec!["--sandbox-speed", "200", "-l", "slow"], vec!["--sandbox-speed", "2000", "-l", "fast"]];
    for ended in all(&world, &runs) {
        ended.done();
    }
    let expected: Vec<&str> = ONE_LAB.iter().flat_map(|one| [*one; 2]).collect();
    assert_eq!(types(&world), expected);
}

#[test]
fn looking_while_another_provisions() {
    let world = World::new();
    let mut command = world.azlab(&["provision", "--sandbox", "--sandbox-speed", "100"]);
    let mut running = Running::start(&mut command);
    running.until("the cluster is created", |event| is(event, "resource_status") && event["resource"] == "cluster");
    // At real speed: looking must not take so much of the service's time that the cluster is ready.
    let look = |arguments: &[&str]| {
        let mut command = world.azlab(&["sandbox", "show", "--sandbox-speed", "1"]);
        Ended::of(command.args(arguments).output().unwrap()).done()
    };
    let looked = look(&["-o", "json"]).json();
    let cluster = looked["resources"].as_array().unwrap().iter().find(|one| {
        one["type"].as_str().is_some_and(|kind| kind.eq_ignore_ascii_case("Microsoft.ContainerService/managedClusters"))
    });
    assert_eq!(cluster.unwrap()["state"], "Creating", "{looked}");
    assert!(!looked["operations"].as_array().unwrap().is_empty(), "{looked}");
    let text = look(&[]).stdout;
    assert!(text.contains("operations in progress\n") && text.contains("managedClusters/myAKSCluster"), "{text}");
    assert!(running.end().0.success());
}
