//! What `sandbox serve` tells while it serves: requests, and clients that it cannot serve.
use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use super::World;
use super::served::{QUICK, Served};

/// Waits until `path` holds `text`: the server writes as its clients ask.
fn wait_for(path: &std::path::Path, text: &str) -> String {
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(60);
    loop {
        let written = std::fs::read_to_string(path).unwrap_or_default();
        if written.contains(text) {
            return written;
        }
        assert!(std::time::Instant::now() < deadline, "no {text:?} in {}:\n{written}", path.display());
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
}

#[test]
fn requests_and_clients_that_cannot_be_served_are_kept_in_the_files_that_were_asked_for() {
    let world = World::new();
    world.scenario(QUICK);
    let (log, events) = (world.path().join("log"), world.path().join("events"));
    let mut served = Served::start(
        &world,
        &["--log-file", log.to_str().unwrap(), "--events", events.to_str().unwrap(), "--hide-ids", "--lab", "anna"],
    );
    let url = served.export("AZLAB_ARM_ENDPOINT").to_owned();
    assert!(
        !served.export("AZURE_SUBSCRIPTION_ID").contains('x'),
        "a pipe gets what can be used: {:?}",
        served.exports
    );
    served.client(&world, &["provision"]).done();
    // A client that does not trust the certificate.
    let ca = served.exports.iter().position(|(name, _)| name == "AZLAB_CA_FILE").unwrap();
    served.exports.remove(ca);
    served.client(&world, &["status", "--timeout", "1s"]);
    let text = wait_for(&log, "a TLS handshake failed: ");
    assert!(text.contains(&format!(" at {url}\n")), "{text}");
    assert!(text.contains("warning: ignored, as it has no effect here: --lab\n"), "{text}");
    let put = text.lines().find(|line| line.contains(" PUT /") && line.contains("/managedClusters/")).unwrap();
    assert!(
        put.contains(": 201 in ") && put.contains(", client request id ") && put.contains(", request id "),
        "{put}"
    );
    assert!(text.lines().any(|line| line.contains(": 404 in ") && line.contains("ResourceGroupNotFound")), "{text}");
    assert!(!text.contains("5a9d0b0c-7d5e-4c1f-9a34-2f6b8e01c7d3"), "ids are hidden: {text}");
    let lines: Vec<serde_json::Value> =
        std::fs::read_to_string(&events).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((&lines[0]["event"], &lines[0]["command"]), (&"run_started".into(), &"sandbox".into()));
    assert_eq!((&lines[1]["event"], &lines[1]["url"]), (&"serving".into(), &url.as_str().into()));
    let signed_in =
        lines.iter().find(|line| line["path"].as_str().is_some_and(|path| path.ends_with("/token"))).unwrap();
    assert_eq!(
        (&signed_in["event"], &signed_in["method"], &signed_in["status"]),
        (&"request".into(), &"POST".into(), &200.into())
    );
    let whole = format!("{text}{}", std::fs::read_to_string(&events).unwrap());
    assert!(!whole.contains(served.export("AZURE_CLIENT_SECRET")) && !whole.contains("eyJ"), "{whole}");
}

#[test]
fn a_connection_that_a_fault_cuts_is_told_as_such() {
    let world = World::new();
    world.scenario(&format!("{QUICK}[[faults]]\npath = '/subscriptions/**'\nanswer = 'reset'\ntimes = 1\n"));
    let log = world.path().join("log");
    let served = Served::start(&world, &["--log-file", log.to_str().unwrap()]);
    served.client(&world, &["status"]).done();
    let text = wait_for(&log, "connection reset by peer");
    assert_eq!(text.matches(": no answer in ").count(), 1, "{text}");
}

#[test]
fn verbose_shows_the_requests_and_quiet_shows_nothing() {
    let world = World::new();
    world.scenario(QUICK);
    let mut served = Served::start(&world, &["-v"]);
    served.client(&world, &["status"]).done();
    let mut line = String::new();
    while !line.contains("GET /subscriptions/") {
        line.clear();
        assert_ne!(served.rest.read_line(&mut line).unwrap(), 0, "it ended");
    }
    assert!(line.contains(": 200 in "), "{line}");
    // Where it says nothing, its port cannot be known: the log tells that it serves, then it is ended.
    let log = world.path().join("log");
    let mut command =
        world.azlab(&["sandbox", "serve", "--listen", "127.0.0.1:0", "-q", "--log-file", log.to_str().unwrap()]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    wait_for(&log, "serving the sandbox in ");
    child.kill().unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr)), "");
}

#[test]
fn lines_of_json_on_stderr_have_no_text_among_them() {
    let world = World::new();
    let mut command = world.azlab(&["sandbox", "serve", "--listen", "127.0.0.1:0", "--http", "--progress", "json"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    for expected in ["run_started", "serving"] {
        let event: serde_json::Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
        assert_eq!(event["event"], expected);
    }
    let mut first = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(first.starts_with("serving the sandbox at http://"), "{first}");
}

#[test]
fn a_log_that_cannot_be_written_is_told_before_anything_is_served() {
    let world = World::new();
    let refused = world.run(&["sandbox", "serve", "--listen", "127.0.0.1:0", "--log-file", "no/such/log"]).exit(2);
    assert!(refused.stderr.contains("--log-file") && refused.stderr.contains("no/such/log"), "{}", refused.stderr);
    let shown = world.run(&["sandbox", "show", "--log-file", "no/such/log", "--timeout", "1s"]).done();
    assert_eq!(shown.stderr, "warning: ignored, as it has no effect here: --timeout, --log-file\n");
}
