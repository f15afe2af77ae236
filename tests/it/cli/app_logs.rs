//! `azlab app logs`: to its end, and on.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, ChildStdout, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use super::{Ended, World};

fn deployed() -> World {
    let world = World::new();
    world.provision(&[]).done();
    world.run(&["app", "deploy", "--sandbox"]).done();
    world
}

fn logs(world: &World, more: &[&str]) -> Ended {
    world.run(&[&["app", "logs", "--sandbox", "--progress", "none"], more].concat())
}

/// One that follows `store-front`, once its first line has come.
fn following(world: &World) -> (Child, BufReader<ChildStdout>) {
    let mut command = world.azlab(&["app", "logs", "store-front", "-f", "--sandbox", "--progress", "none"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    stdout.read_line(&mut line).unwrap();
    assert!(line.contains("this one stands for") && line.contains("store-front:2.2.0"), "{line:?}");
    (child, stdout)
}

#[test]
fn what_a_part_has_written_is_on_stdout_and_in_the_result_of_json() {
    let world = deployed();
    let text = logs(&world, &["store-front"]).done().stdout;
    assert!(text.contains("this one stands for") && !text.contains("==>"), "{text}");
    let last = logs(&world, &["store-front", "--tail", "1"]).done().stdout;
    assert_eq!(last.lines().count(), 1, "{last}");
    assert!(text.ends_with(&last), "{last}");
    let result = logs(&world, &["store-front", "-o", "json"]).done().json();
    let log = &result["labs"][0]["app"]["logs"][0];
    assert_eq!((log["container"].as_str(), log["text"].as_str()), (Some("store-front"), Some(text.as_str())));
    let absent = logs(&world, &["nowhere", "-o", "json"]).exit(6).json();
    assert_eq!(absent["labs"][0]["error"]["code"], "AppNotFound");
}

#[test]
fn a_container_that_waits_to_start_has_no_log_and_says_why() {
    let world = World::new();
    world.provision(&[]).done();
    world.scenario("about = 'no image'\n[settings.kubernetes]\nimage_pull_fails = ['store-front']\n");
    world.run(&["app", "deploy", "--sandbox", "--no-wait"]).done();
    let ended = logs(&world, &["store-front", "-o", "json"]).exit(6);
    let error = ended.json()["labs"][0]["error"].clone();
    assert_eq!(error["code"], "NoLog", "{error:#}");
    let message = error["message"].as_str().unwrap();
    assert!(message.contains("store-front has no"), "{message}");
    assert!(error["hint"].as_str().unwrap().contains("azlab app status"), "{error:#}");
}

#[test]
fn followed_logs_come_line_by_line_and_end_where_the_part_does() {
    let world = deployed();
    let (child, stdout) = following(&world);
    world.run(&["app", "remove", "--sandbox"]).done();
    let rest: Vec<String> = stdout.lines().map(Result::unwrap).collect();
    assert_eq!(
        rest.iter().filter(|line| line.contains("this one stands for")).count(),
        0,
        "a line came twice: {rest:?}"
    );
    let ended = Ended::of(child.wait_with_output().unwrap()).exit(6);
    assert!(ended.stderr.contains("AppNotFound"), "{ended:#?}");
}

#[test]
fn ctrl_c_ends_what_follows_without_an_error() {
    let world = deployed();
    let (child, stdout) = following(&world);
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    stdout.lines().for_each(|line| drop(line.unwrap()));
    let ended = Ended::of(child.wait_with_output().unwrap()).exit(130);
    assert!(!ended.stderr.contains("error"), "{ended:#?}");
}

#[test]
fn following_is_for_lines_and_not_for_an_object() {
    let world = World::new();
    world.provision(&[]).done();
    let ended = logs(&world, &["--follow", "-o", "json"]).exit(2);
    assert!(ended.json()["error"]["message"].as_str().unwrap().contains("--follow"), "{ended:#?}");
    logs(&world, &["--follow", "--previous"]).exit(2);
}
