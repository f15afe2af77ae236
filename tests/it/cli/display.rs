//! Progress on stderr and in files.
use serde_json::Value;

use super::{Ended, World};

const SECRETS: [&str; 4] = ["eyJ", "key1", "Bearer ", "client_secret="];

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))).collect()
}

fn finished(events: &[Value]) -> Vec<&str> {
    let finished = events.iter().filter(|event| event["event"] == "resource_finished");
    let mut kinds: Vec<&str> = finished.map(|event| event["resource"].as_str().unwrap()).collect();
    kinds.sort_unstable();
    kinds
}

#[test]
fn json_progress_is_nothing_but_json_lines_even_on_failure() {
    let world = World::new();
    let events = lines(&world.provision(&["--progress", "json"]).done().stderr);
    assert!(events.iter().all(|event| event["schema"] == "azlab.event/v1" && event["at"].is_string()));
    assert_eq!(events[0]["event"], "run_started");
    let last = events.last().unwrap();
    assert_eq!((&last["event"], &last["exit_code"]), (&"run_finished".into(), &0.into()));
    assert_eq!(finished(&events).len(), 7);
    let refused = world.provision(&["--progress", "json", "--node-vm-size", "Standard_D4s_v5"]).exit(4);
    let last = lines(&refused.stderr).pop().unwrap();
    assert_eq!(last["exit_code"], 4);
    assert!(refused.stdout.contains("error[CannotChangeInPlace]"), "{refused:#?}");
}

#[test]
fn plain_progress_is_a_line_an_event_in_service_time() {
    let made = World::new().provision(&["--progress", "plain"]).done();
    assert!(made.stderr.lines().all(|line| line.starts_with('[') && line.contains("s] ")), "{}", made.stderr);
    assert!(made.stderr.contains("resource group myResourceGroup: created in "), "{}", made.stderr);
}

#[test]
fn no_progress_is_silence_but_for_errors_and_warnings() {
    let world = World::new();
    let made = world.provision(&["--progress", "none"]).done();
    assert!(made.stderr.lines().all(|line| line.starts_with("warning: ")), "{}", made.stderr);
    assert_eq!(world.provision(&["--progress", "none"]).done().stderr, "");
    let refused = world.provision(&["--progress", "none", "--node-vm-size", "Standard_D4s_v5"]).exit(4);
    assert!(refused.stderr.starts_with("error[CannotChangeInPlace]"), "{}", refused.stderr);
}

#[test]
fn a_warning_is_on_stderr_and_in_the_result_however_progress_is_shown() {
    let world = World::new();
    world.provision(&["--progress", "none"]).done();
    let warning = "starting 1 cluster: a pause gave the nodes' machines back, and Azure may not have the capacity now";
    for progress in ["none", "plain", "auto", "json"] {
        world.run(&["pause", "--sandbox", "--progress", "none"]).done();
        let resumed = world.run(&["resume", "--sandbox", "-o", "json", "--progress", progress]).done();
        assert!(resumed.stderr.contains(warning), "{progress}: {}", resumed.stderr);
        let result = resumed.json();
        assert_eq!(result["warnings"], serde_json::json!([{ "message": warning }]), "{progress}");
    }
    world.run(&["pause", "--sandbox", "--progress", "none"]).done();
    let quiet = world.run(&["resume", "--sandbox", "--progress", "none", "-q"]).done();
    assert_eq!(quiet.stderr, "");
}

/// az, kubectl and gh print the error for people too; a log of CI without it is empty.
#[test]
fn with_json_on_stdout_a_failure_is_told_with_its_hint_on_stderr_too() {
    let world = World::new();
    for progress in ["none", "auto", "plain", "bar"] {
        for quiet in [&[][..], &["-q"]] {
            for (arguments, code, name, hint) in [
                (&["status", "-l", "ghost"][..], 6, "LabNotFound", "hint: create it: azlab provision --sandbox"),
                (&["env", "-l", "ghost"], 6, "LabNotFound", "hint: create it: azlab provision --sandbox"),
                (&["provision", "--account", "x"], 2, "InvalidArgument", ""),
                (&["doctor", "--model", "gpt-0"], 4, "", "hint: "),
                (&["sandbox", "scenario", "no-such"], 2, "", "hint: "),
            ] {
                let more = ["--sandbox", "-o", "json", "--progress", progress];
                let failed = world.run(&[arguments, &more, quiet].concat()).exit(code);
                let object = failed.json();
                let failed_check = || object["checks"].as_array()?.iter().find(|check| check["status"] == "fail");
                let error = [&object["error"], &object["labs"][0]["error"]].into_iter().find(|one| one.is_object());
                let error = error.or_else(failed_check).unwrap_or_else(|| panic!("no error: {failed:#?}"));
                let head = format!("error[{}]: ", error["code"].as_str().unwrap());
                assert!(failed.stderr.contains(&head) && head.contains(name), "{failed:#?}");
                assert!(failed.stderr.contains(hint), "{failed:#?}");
            }
        }
    }
}

#[test]
fn with_json_lines_on_stderr_a_failure_adds_no_text_there() {
    let world = World::new();
    for arguments in [&["status", "-l", "ghost"][..], &["provision", "--account", "x"], &["doctor", "--model", "gpt-0"]]
    {
        let more = ["--sandbox", "-o", "json", "--progress", "json"];
        let failed = world.run(&[arguments, &more].concat());
        assert!(!failed.status.success(), "{failed:#?}");
        lines(&failed.stderr);
        failed.json();
    }
}

#[test]
fn with_json_lines_on_stderr_an_error_before_any_lab_is_one_of_them_and_never_text() {
    let world = World::new();
    for arguments in [
        &["env", "--sandbox", "--config", "ghost.toml"][..],
        &["config", "show", "--config", "ghost.toml"],
        &["sandbox", "scenario", "ghost"],
        &["timeline", "ghost.jsonl"],
        &["swap", "--sandbox", "-l", "ada"],
        &["provision", "--sandbox", "--unheard-of"],
        &["provisoin"],
    ] {
        for output in [&["-o", "json"][..], &[]] {
            let failed = world.run(&[arguments, &["--progress", "json"], output].concat()).exit(2);
            let told = lines(&failed.stderr);
            let error = &told.last().unwrap_or_else(|| panic!("{arguments:?}: nothing on stderr"))["error"];
            assert!(error["code"].is_string() && error["message"].is_string(), "{arguments:?}: {error}");
            if !output.is_empty() {
                assert_eq!(failed.json()["error"]["code"], error["code"], "{arguments:?}");
            }
        }
    }
    // What a shell takes for data holds no error, and an error of a lab is told in its event.
    let failed = world.run(&["env", "--sandbox", "-l", "ghost", "--progress", "json"]).exit(6);
    assert_eq!(failed.stdout, "");
    let told = lines(&failed.stderr);
    assert!(told.iter().any(|line| line["error"]["code"] == "LabNotFound"), "{told:?}");
}

#[test]
fn quiet_keeps_the_result_and_verbose_shows_requests() {
    let world = World::new();
    let quiet = world.provision(&["-q"]).done();
    assert_eq!(quiet.stderr, "");
    assert!(quiet.stdout.contains("lab default is ready") && !quiet.stdout.contains("next:"), "{}", quiet.stdout);
    let verbose = world.provision(&["-v"]).done();
    assert!(verbose.stderr.contains("GET /subscriptions/"), "{}", verbose.stderr);
    assert!(verbose.stderr.contains(": 200 in "), "{}", verbose.stderr);
    assert!(!verbose.stderr.contains("client request id"), "{}", verbose.stderr);
    assert!(verbose.stdout.contains(" 0 writes,"), "{}", verbose.stdout);
    assert!(world.provision(&["-vv"]).done().stderr.contains("client request id"));
}

#[test]
fn events_and_log_keep_everything_for_their_owner_only_and_no_secret() {
    let world = World::new();
    let run = |more: &[&str]| {
        world.provision(&[&["--events", "events.jsonl", "--log-file", "azlab.log", "-q"], more].concat()).done()
    };
    let first = run(&["-o", "json"]);
    let read = |name: &str| std::fs::read_to_string(world.path().join(name)).unwrap();
    let (events, log) = (read("events.jsonl"), read("azlab.log"));
    let parsed = lines(&events);
    assert_eq!(finished(&parsed).len(), 7);
    // Whatever the verbosity: each request that was counted.
    let counts = &first.json()["requests"];
    let counted = ["reads", "writes", "deletes"].iter().map(|kind| counts[kind].as_u64().unwrap()).sum::<u64>();
    assert_eq!(parsed.iter().filter(|event| event["event"] == "request").count() as u64, counted);
    assert!(log.contains("PUT /subscriptions/") && log.contains("request id"), "{log}");
    assert_no_secret(&world, &[&events, &log, &first.stdout, &first.stderr]);
    #[cfg(unix)]
    for name in ["events.jsonl", "azlab.log"] {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(world.path().join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    run(&[]);
    let both = read("events.jsonl");
    assert!(both.starts_with(&events), "a second run adds to the first");
    assert_eq!(lines(&both).iter().filter(|event| event["event"] == "run_finished").count(), 2);
}

/// The application's secret is known to `sandbox serve` only.
fn assert_no_secret(world: &World, texts: &[&str]) {
    let secret = super::served::secret(world);
    for text in texts {
        for part in SECRETS.iter().copied().chain([secret.as_str()]) {
            assert!(!text.contains(part), "{part} in {text}");
        }
    }
}

#[test]
fn a_file_that_cannot_be_written_is_named_before_anything_begins() {
    let world = World::new();
    for option in ["--events", "--log-file"] {
        let refused = world.provision(&[option, "no/such/folder/file", "-o", "json"]).exit(2).json();
        let message = refused["error"]["message"].as_str().unwrap();
        assert!(message.contains(option) && message.contains("no/such/folder/file"), "{message}");
    }
    let refused = world.provision(&["--events", "same", "--log-file", "same"]).exit(2);
    assert!(refused.stderr.contains("give each its own file"), "{}", refused.stderr);
    assert_eq!(world.inventory()["resources"], serde_json::json!([]));
}

#[test]
fn colour_comes_when_it_is_asked_for_and_not_into_pipes() {
    let world = World::new();
    world.provision(&[]).done();
    let run = |arguments: &[&str], variable: Option<(&str, &str)>| {
        let mut command = world.azlab(&[&["provision", "--sandbox"], arguments].concat());
        command.envs(variable);
        let ended = Ended::of(command.output().unwrap()).done();
        (ended.stdout.contains('\u{1b}'), ended.stderr.contains('\u{1b}'))
    };
    assert_eq!(run(&[], None), (false, false));
    assert_eq!(run(&["--color", "always"], None), (true, true));
    assert_eq!(run(&["--color", "always"], Some(("NO_COLOR", "1"))), (true, true));
    assert_eq!(run(&[], Some(("CLICOLOR_FORCE", "1"))), (true, true));
    assert_eq!(run(&["--color", "never"], Some(("CLICOLOR_FORCE", "1"))), (false, false));
    assert!(!run(&["-o", "json", "--color", "always"], None).0);
}

#[test]
fn ci_changes_nothing_but_that_nobody_is_asked() {
    let world = World::new();
    let mut command = world.azlab(&["provision", "--sandbox"]);
    let made = Ended::of(command.env("CI", "1").output().unwrap()).done();
    assert!(
        made.stderr.lines().next().is_some_and(|line| line.contains("s] provision in the sandbox")),
        "{}",
        made.stderr
    );
    assert!(made.stdout.contains("lab default is ready"), "{}", made.stdout);
}
