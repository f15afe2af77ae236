//! Ctrl-C, SIGTERM and SIGHUP.
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use super::killed::{ONE_LAB, types};
use super::{Ended, Running, World, is};

/// Slow enough that the cluster is not ready before the signal: 332 s are 16 of this machine's.
const SLOW: &str = "20";

fn send(child: &Child, signal: Signal) {
    let pid = Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
    kill_process(pid, signal).unwrap();
}

fn cluster_status(event: &Value) -> bool {
    is(event, "resource_status") && event["resource"] == "cluster"
}

#[test]
fn once_says_what_goes_on_and_the_command_that_continues() {
    for signal in [Signal::INT, Signal::TERM, Signal::HUP] {
        let world = World::new();
        let mut command = world.azlab(&["provision", "--sandbox", "-o", "json", "-l", "it-s"]);
        command.env("AZLAB_SANDBOX_SPEED", SLOW);
        let mut running = Running::start(&mut command);
        running.until("the cluster is created", cluster_status);
        send(&running.child, signal);
        let (status, stdout, events) = running.end();
        assert_eq!(status.code(), Some(130), "{events:#?}");
        let told = events.iter().find(|event| is(event, "interrupted")).expect("it says so");
        let continuing = told["continuing"].as_array().unwrap();
        assert!(continuing.iter().any(|one| one.as_str().unwrap().starts_with("cluster myAKSCluster: ")), "{told}");
        let lab = &serde_json::from_str::<Value>(&stdout).unwrap()["labs"][0];
        assert_eq!((&lab["state"], &lab["error"]["code"]), (&"interrupted".into(), &"Interrupted".into()));

        let words = shlex::split(told["resume"].as_str().unwrap()).unwrap();
        assert_eq!(words[0], "azlab");
        let words: Vec<&str> = words[1..].iter().map(String::as_str).collect();
        // What was begun slowly ends at its date: a run that is a hundred times as fast would wait hours of its own time.
        let mut resume = world.azlab(&words);
        let resumed = super::Ended::of(resume.env("AZLAB_SANDBOX_SPEED", "100").output().unwrap()).done();
        assert_eq!(resumed.json()["labs"][0]["state"], "ready");
        assert_eq!(types(&world), ONE_LAB);
    }
}

#[test]
fn people_are_told_the_same() {
    let world = World::new();
    let mut command = world.azlab(&["provision", "--sandbox", "--events", "events", "--progress", "plain"]);
    let child = command.env("AZLAB_SANDBOX_SPEED", SLOW).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let begun = || {
        let events = std::fs::read_to_string(world.path().join("events")).unwrap_or_default();
        events.lines().filter_map(|line| serde_json::from_str(line).ok()).any(|event| cluster_status(&event))
    };
    while !begun() {
        std::thread::yield_now();
    }
    send(&child, Signal::INT);
    let ended = Ended::of(child.wait_with_output().unwrap()).exit(130);
    for part in [
        "stopping: requests already sent are finished first",
        "interrupted: nothing new is started",
        "still running in Azure: cluster myAKSCluster: ",
        "to continue: azlab provision --sandbox --events events --progress plain",
    ] {
        assert!(ended.stderr.contains(part), "{part}: {}", ended.stderr);
    }
    assert!(ended.stdout.contains("lab default is interrupted"), "{}", ended.stdout);
}

/// A closed terminal sends it twice, from the shell and from the kernel; `nohup` wants none of it heard.
#[test]
fn a_terminal_that_is_closed_ends_a_run_once_and_not_at_all_under_nohup() {
    let world = World::new();
    let mut command = world.azlab(&["provision", "--sandbox", "-o", "json"]);
    let mut running = Running::start(command.env("AZLAB_SANDBOX_SPEED", SLOW));
    running.until("the cluster is created", cluster_status);
    send(&running.child, Signal::HUP);
    running.until("it has heard", |event| is(event, "note"));
    send(&running.child, Signal::HUP);
    let (status, stdout, events) = running.end();
    assert_eq!(status.code(), Some(130), "{events:#?}");
    assert_eq!(serde_json::from_str::<Value>(&stdout).unwrap()["labs"][0]["state"], "interrupted");

    if !cfg!(target_os = "linux") {
        return;
    }
    let plain = world.azlab(&[]);
    let mut command = Command::new("/bin/sh");
    command.args(["-c", r#"trap "" HUP && exec "$0" provision --sandbox -o json "$@""#]).arg(plain.get_program());
    command.env_clear().envs(plain.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let mut running = Running::start(command.env("AZLAB_SANDBOX_SPEED", "100"));
    running.until("the cluster is created", cluster_status);
    send(&running.child, Signal::HUP);
    let (status, _, events) = running.end();
    assert_eq!(status.code(), Some(0), "{events:#?}");
}

#[test]
fn twice_ends_at_once() {
    for signal in [Signal::INT, Signal::TERM] {
        let world = World::new();
        // At real speed, a write that takes eleven days: the first signal waits for its end.
        world.scenario("about = 'a slow group'\n[settings.durations]\ngroup = 1000000.0\n");
        let mut command = world.azlab(&["provision", "--sandbox", "--sandbox-speed", "1"]);
        let mut running = Running::start(&mut command);
        running.until("the group is written", |event| is(event, "resource_writing"));
        send(&running.child, signal);
        running.until("it has heard", |event| is(event, "note"));
        send(&running.child, signal);
        let (status, stdout, events) = running.end();
        assert_eq!(status.code(), Some(130));
        assert!(stdout.is_empty() && !events.iter().any(|event| is(event, "run_finished")), "{events:#?}");
    }
}

#[test]
fn a_sign_in_that_hangs_is_left() {
    let world = World::new();
    let programs = world.path().join("programs");
    std::fs::create_dir(&programs).unwrap();
    // It tells that it runs, and then waits for an end of its input that never comes.
    let script = "#!/bin/sh\n: > \"$HOME/asked\"\nexec /bin/sleep 1000000\n";
    let az = programs.join("az");
    std::fs::write(&az, script).unwrap();
    std::fs::set_permissions(&az, std::fs::Permissions::from_mode(0o755)).unwrap();
    let id = "11111111-2222-3333-4444-555555555555";
    let mut command = world.azlab(&["provision", "--auth", "cli", "--subscription", id, "-o", "json"]);
    command.env("PATH", format!("{}:/usr/bin:/bin", programs.display()));
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    while !world.path().join("asked").exists() {
        std::thread::yield_now();
    }
    send(&child, Signal::INT);
    let ended = Ended::of(child.wait_with_output().unwrap()).exit(130);
    assert_eq!(ended.json()["error"]["code"], "Interrupted");
}
