//! Readers that go away: `| head -1`, a closed stderr.
use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use super::{Ended, World};

/// Runs it with a stdout that nobody reads.
fn without_stdout(command: &mut Command) -> Ended {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    Ended::of(command.stdout(writer).stderr(Stdio::piped()).spawn().unwrap().wait_with_output().unwrap())
}

/// Runs it with a stderr that nobody reads.
fn without_stderr(command: &mut Command) -> Ended {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    Ended::of(command.stderr(writer).stdout(Stdio::piped()).spawn().unwrap().wait_with_output().unwrap())
}

#[test]
fn the_exit_code_stays_when_nobody_reads() {
    let world = World::new();
    for arguments in [
        &["provision", "--sandbox"][..],
        &["provision", "--sandbox", "-o", "json"],
        &["provision", "--sandbox", "-v", "--progress", "plain", "--color", "always"],
        &["provision", "--sandbox", "--progress", "json"],
        &["sandbox", "show"],
        &["sandbox", "show", "-o", "json"],
        &["sandbox", "scenario", "--list"],
        &["completions", "bash"],
        &["man"],
        &["--help"],
        &["--version"],
    ] {
        without_stdout(&mut world.azlab(arguments)).done();
        without_stderr(&mut world.azlab(arguments)).done();
    }
    for (arguments, code) in [
        (&["provision", "--sandbox", "--node-vm-size", "Standard_D4s_v5"][..], 4),
        (&["provision", "--sandbox", "--account", "x"], 2),
        (&["provision", "--sandbox", "--account", "x", "-o", "json"], 2),
        (&["provision", "--no-such-option", "-o", "json"], 2),
        (&["sandbox", "scenario", "no-such"], 2),
    ] {
        without_stdout(&mut world.azlab(arguments)).exit(code);
        without_stderr(&mut world.azlab(arguments)).exit(code);
    }
}

#[test]
fn a_lab_is_finished_although_nobody_watches() {
    let world = World::new();
    without_stderr(&mut world.azlab(&["provision", "--sandbox", "-v", "--progress", "plain"])).done();
    assert!(world.provision(&[]).done().stdout.contains("nothing to change"));
}

#[test]
fn a_reader_of_the_first_line_gets_it() {
    let world = World::new();
    let mut command = world.azlab(&["provision", "--sandbox", "--progress", "json"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut first = String::new();
    BufReader::new(child.stderr.take().unwrap()).read_line(&mut first).unwrap();
    assert!(first.contains("run_started"), "{first}");
    let ended = Ended::of(child.wait_with_output().unwrap()).done();
    assert!(ended.stdout.contains("lab default is ready"), "{}", ended.stdout);
}

#[cfg(unix)]
#[test]
fn streams_that_were_never_open_are_no_matter() {
    let world = World::new();
    let mut command = world.azlab(&[]);
    let shell = r#""$0" provision --sandbox 2>&- && "$0" provision --sandbox >&- 2>&- <&-"#;
    let program = command.get_program().to_owned();
    let environment: Vec<_> =
        command.get_envs().filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned()))).collect();
    command = Command::new("/bin/sh");
    command.arg("-c").arg(shell).arg(program).env_clear().envs(environment);
    let ended = Ended::of(command.output().unwrap()).done();
    assert!(ended.stdout.contains("lab default is ready"), "{}", ended.stdout);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_behind_stdout_is_an_error() {
    let world = World::new();
    let full = || std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    for arguments in
        [&["provision", "--sandbox"][..], &["env", "--sandbox"], &["sandbox", "show"], &["completions", "zsh"]]
    {
        let mut command = world.azlab(arguments);
        let child = command.stdout(full()).stderr(Stdio::piped()).spawn().unwrap();
        let ended = Ended::of(child.wait_with_output().unwrap()).exit(1);
        assert!(ended.stderr.contains("error[CannotWriteOutput]: stdout cannot be written"), "{}", ended.stderr);
        assert!(ended.stderr.contains("the disk behind stdout is full"), "{}", ended.stderr);
    }
}
