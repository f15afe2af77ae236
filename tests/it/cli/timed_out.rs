//! `--timeout` is the limit of a whole command, whatever it waits for: az, a connection, an answer.
use std::net::{Ipv4Addr, TcpListener};
use std::time::{Duration, Instant};

use super::endpoints::text;
use super::endpoints::with_az::{SIGNED_IN, az};
use super::{Ended, World};

/// Every command that asks Azure.
const COMMANDS: [&[&str]; 11] = [
    &["provision", "--no-input"],
    &["deploy-model"],
    &["teardown", "--yes"],
    &["status"],
    &["verify"],
    &["reset", "--yes"],
    &["doctor"],
    &["env"],
    &["kubeconfig", "--file", "kubeconfig"],
    &["extend", "--ttl", "3h"],
    &["sweep", "--expired", "--yes"],
];
const SUBSCRIPTION: &str = "11111111-2222-3333-4444-555555555555";
/// What the minutes are not that a try takes; a busy machine starts a process in seconds.
const SOON: Duration = Duration::from_secs(40);

/// Each command ends with exit code 9 soon after its limit of one second, and says what it was doing.
fn each_is_out_of_time(world: impl Fn() -> World, arguments: &[&str], doing: &str) {
    std::thread::scope(|scope| {
        for command in COMMANDS {
            let world = world();
            scope.spawn(move || {
                let mut azlab = world.azlab(command);
                azlab.args(["-o", "json", "--timeout", "1s", "--subscription", SUBSCRIPTION, "--auth", "cli"]);
                azlab.args(arguments);
                azlab.env("PATH", format!("{}:/usr/bin:/bin", world.path().join("programs").display()));
                let began = Instant::now();
                let ended = Ended::of(azlab.output().unwrap());
                let took = began.elapsed();
                assert_eq!(ended.status.code(), Some(9), "{command:?}: {ended:#?}");
                assert!(took < SOON, "{command:?}: {took:?}");
                let object = ended.json();
                // A command that knows its labs already tells it of those.
                let error = object.get("error").unwrap_or_else(|| &object["labs"][0]["error"]);
                assert_eq!(error["code"], "TimedOut", "{command:?}: {object}");
                assert!(text(error, "message").starts_with(doing), "{command:?}: {object}");
                let hint = text(error, "hint");
                assert!(hint.contains(&format!("azlab {}", command[0])), "{command:?}: {object}");
                // With the same limit it would come to the same end.
                assert!(hint.contains("--timeout 2s") && !hint.contains("--timeout 1s"), "{command:?}: {object}");
            });
        }
    });
}

#[test]
fn a_limit_holds_for_every_command_while_nobody_answers() {
    // Connections are taken by the system, and nobody reads what they carry.
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    each_is_out_of_time(|| az(SIGNED_IN), &["--arm-endpoint", &endpoint], "looking ");
}

#[test]
fn a_limit_holds_for_every_command_while_az_does_not_answer() {
    each_is_out_of_time(|| az("exec /bin/sleep 1000000"), &[], "signing in");
}

#[test]
fn a_limit_that_passes_while_no_connection_stands_says_why_and_not_that_azure_is_at_work() {
    // A port at which nobody listens: it was this test's, and is free again.
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
    let world = az(SIGNED_IN);
    for (name, value) in [("HTTPS_PROXY", format!("http://ada:secret@127.0.0.1:{port}")), ("NO_PROXY", String::new())] {
        world_with(&world, name, &value, port);
    }
}

/// `status` ends with what keeps the connection from standing.
fn world_with(world: &World, name: &str, value: &str, port: u16) {
    let mut azlab = world.azlab(&["status", "--timeout", "3s", "--subscription", SUBSCRIPTION, "--auth", "cli"]);
    azlab.args(["--progress", "none", "--arm-endpoint", &format!("https://127.0.0.1:{port}")]);
    azlab.env("PATH", format!("{}:/usr/bin:/bin", world.path().join("programs").display())).env(name, value);
    let ended = Ended::of(azlab.output().unwrap()).exit(9);
    assert!(ended.stderr.contains("the last try ended with: ") && ended.stderr.contains("refused"), "{}", ended.stderr);
    assert!(ended.stderr.contains("nothing was written"), "{}", ended.stderr);
    assert!(!ended.stderr.contains("secret") && !ended.stderr.contains("at work"), "{}", ended.stderr);
}
