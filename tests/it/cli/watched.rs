//! `status --watch`, and who looks at it.
use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use rustix::process::{Pid, Signal, kill_process};

use super::World;
use super::terminal::OnTerminal;

/// What clears the screen and leads to its upper left corner.
const CLEARED: &str = "\u{1b}[2J";

#[test]
fn a_watch_whose_reader_has_gone_ends() {
    let world = World::new();
    world.provision(&[]).done();
    for output in ["text", "json"] {
        let arguments = ["status", "--sandbox", "--watch", "--interval", "1s", "-o", output];
        let mut command = world.azlab(&arguments);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut first = String::new();
        // As `head -1` does: it reads a line and goes.
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
        assert!(first.contains("default"), "{first}");
        assert_eq!(child.wait().unwrap().code(), Some(0));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_watch_that_fills_the_disk_ends_and_says_so() {
    let world = World::new();
    world.provision(&[]).done();
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let mut command = world.azlab(&["status", "--sandbox", "--watch", "--interval", "1s"]);
    let child = command.stdout(full).stderr(Stdio::piped()).spawn().unwrap();
    let ended = super::Ended::of(child.wait_with_output().unwrap());
    assert!(ended.stderr.contains("cannot be written"), "{ended:#?}");
    assert_ne!(ended.status.code(), Some(0));
}

#[test]
fn a_watch_of_many_labs_is_a_grid_on_one_screen_with_what_is_wrong_first() {
    let world = World::new();
    world.provision(&["-l", "a", "b", "c", "d", "e", "f"]).done();
    world.run(&["deploy-model", "--sandbox", "-l", "f", "--remove", "gpt-35-turbo"]).done();
    let mut command = world.azlab(&["status", "--sandbox", "--watch", "--interval", "1s"]);
    let mut watched = OnTerminal::start(&mut command, 7, 80);
    let shown = watched.until("a second look", |shown| shown.matches(CLEARED).count() > 2);
    kill_process(Pid::from_raw(i32::try_from(watched.child.id()).unwrap()).unwrap(), Signal::INT).unwrap();
    assert_eq!(watched.end().0.code(), Some(130));
    let frame = shown.split(CLEARED).nth(1).unwrap();
    assert!(frame.trim_end().lines().count() <= 6, "{frame:?}");
    let frame = console::strip_ansi_codes(frame);
    let lines: Vec<&str> = frame.trim_end().lines().map(str::trim).collect();
    assert!(lines[0].contains("6 labs: ! 1 incomplete, + 5 ready"), "{frame:?}");
    assert!(lines[1].starts_with("! f") && lines[1].contains("model deployment absent"), "{frame:?}");
    assert!(["+ a", "+ b", "+ c", "+ d", "+ e"].iter().all(|lab| lines[2].contains(lab)), "{frame:?}");
}

#[test]
fn whoever_works_on_several_labs_tells_what_the_limits_leave_of_it_but_for_a_watch() {
    let world = World::new();
    let bound = |line: &str| {
        let arguments: Vec<&str> = line.split(' ').chain(["--sandbox", "-o", "json"]).collect();
        world.run(&arguments).done().json()["bound_s"].as_f64()
    };
    assert_eq!(bound("provision -l ada ben"), Some(341.0));
    for line in ["status", "verify -l ada ben"] {
        assert_eq!(bound(line), Some(0.0), "{line}");
    }
    let mut command = world.azlab(&["status", "--sandbox", "--watch", "--interval", "1s", "-o", "json"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut first = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    let look: serde_json::Value = serde_json::from_str(&first).unwrap();
    assert_eq!((look["labs"].as_array().map(Vec::len), look.get("bound_s")), (Some(2), None), "{first}");
    assert_eq!(bound("provision -l ada ben"), Some(0.0), "nothing is to be done");
    assert!(bound("teardown -l ada ben --yes").is_some_and(|bound| bound >= 240.0));
}
