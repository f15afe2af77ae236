//! A recommended command, pasted into a new terminal, does what its text says, in the sandbox of the run that printed it.
use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use super::lines::{self, Line};
use crate::cli::{BINARY, Ended, World};

/// A sandbox in a folder whose name a shell would take apart.
struct Bench {
    world: World,
    speed: &'static str,
}

impl Bench {
    fn new(speed: &'static str) -> Self {
        Self { world: World::new(), speed }
    }

    fn state(&self) -> PathBuf {
        self.world.path().join("the 'first' sandbox")
    }

    /// Runs azlab with the place said by options alone.
    fn run(&self, arguments: &[&str]) -> Ended {
        let state = self.state();
        let place = ["--sandbox", "--sandbox-dir", state.to_str().unwrap(), "--sandbox-speed", self.speed];
        let mut command = self.world.azlab(&[arguments, &place].concat());
        command.env_remove("AZLAB_SANDBOX_DIR").env_remove("AZLAB_SANDBOX_SPEED");
        Ended::of(command.output().unwrap())
    }

    /// A shell whose environment says nothing of azlab.
    fn shell(&self, line: &str) -> Command {
        let mut command = Command::new("/bin/sh");
        let script = format!("azlab() {{ '{BINARY}' \"$@\"; }}\n{line}");
        command.args(["-c", &script]).env_clear().env("HOME", self.world.path()).env("PATH", "/usr/bin:/bin");
        command.current_dir(self.world.path()).stdin(Stdio::null());
        command
    }

    fn paste(&self, line: &str) -> Ended {
        Ended::of(self.shell(line).output().unwrap())
    }

    /// Does what `line` says, and looks whether it did.
    fn follow(&self, line: &Line) {
        let lab: Vec<String> = line.words().iter().skip_while(|word| *word != "--lab").take(2).cloned().collect();
        let lab: Vec<&str> = lab.iter().map(String::as_str).collect();
        let is_ready = || {
            let status = self.run(&[&["status", "--exit-code", "-o", "json"], lab.as_slice()].concat());
            assert_eq!(status.status.code(), Some(0), "{line:#?}: {status:#?}");
        };
        let is_watch = line.text.contains("--watch");
        if is_watch {
            return self.watch(line);
        }
        let ended = self.paste(&line.text);
        match line.subcommand().as_str() {
            "teardown" if ended.status.code() == Some(8) => {
                let next = lines::of(&ended);
                assert!(next.iter().all(|line| line.text.ends_with("--yes")) && next.len() == 1, "{next:#?}");
                return next.iter().for_each(|line| self.follow(line));
            }
            _ => assert_eq!(ended.status.code(), Some(0), "{line:#?}: {ended:#?}"),
        }
        match line.subcommand().as_str() {
            "provision" | "reset" => is_ready(),
            "teardown" => {
                let shown = self.run(&["sandbox", "show", "-o", "json"]).done().json();
                assert!(
                    shown["resources"] == serde_json::json!([]) && shown["soft_deleted"] == serde_json::json!([]),
                    "{shown}"
                );
            }
            "env" => assert!(ended.stdout.contains("AOAI_NAME="), "{ended:#?}"),
            "kubeconfig" => assert!(ended.stdout.contains("merged "), "{ended:#?}"),
            "extend" => {
                assert!(self.run(&["sweep", "--expired", "--yes"]).done().stderr.contains("nothing has expired"))
            }
            "doctor" => assert!(!ended.stdout.contains("FAIL"), "{ended:#?}"),
            "sandbox reset" => drop(self.run(&["sandbox", "show"]).done()),
            _ => {}
        }
    }

    /// Watches until the cluster is ready.
    fn watch(&self, line: &Line) {
        let mut child = self
            .shell(&format!("exec {}", line.text.replacen("azlab", BINARY, 1)))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        loop {
            let mut text = String::new();
            assert_ne!(out.read_line(&mut text).unwrap(), 0, "it ended: {line:#?}");
            if text.contains("ready   cluster") {
                break;
            }
        }
        kill_process(Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap(), Signal::INT).unwrap();
        // It may write once more.
        drop(out);
        child.wait().unwrap();
    }
}

/// Copies the files of a folder that no process has open.
fn copy(from: &Path, to: &Path) {
    let _ = std::fs::remove_dir_all(to);
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).into_iter().flatten() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

/// Runs `setup`, then `command`, and follows each command that it recommends from the state in which it was printed. Gives
/// the subcommands that were followed.
fn followed(speed: &'static str, setup: &[&[&str]], command: &[&str]) -> BTreeSet<String> {
    let bench = Bench::new(speed);
    for arguments in setup {
        bench.run(arguments);
    }
    let ended = bench.run(command);
    let kept = bench.world.path().join("kept");
    copy(&bench.state(), &kept);
    let mut done = BTreeSet::new();
    for line in lines::of(&ended) {
        // The one that says that it leaves the sandbox.
        if line.around.contains("(after az login)") {
            continue;
        }
        copy(&kept, &bench.state());
        bench.follow(&line);
        done.insert(line.subcommand());
    }
    assert!(!bench.world.path().join(".local").exists(), "{command:?}: another sandbox was made: {ended:#?}");
    done
}

#[track_caller]
fn follows(setup: &[&[&str]], command: &[&str], subcommands: &[&str]) {
    let done = followed("2000", setup, command);
    assert_eq!(done.iter().map(String::as_str).collect::<Vec<_>>(), subcommands, "{setup:?} {command:?}");
}

#[test]
fn what_is_recommended_for_an_absent_lab_makes_it() {
    for command in [
        &["status", "-l", "o-brien"][..],
        &["verify", "-g", "course(42)"],
        &["env", "-l", "anna"],
        &["reset", "--node-count", "3"],
    ] {
        follows(&[], command, &["provision", "status"]);
    }
    for command in
        [&["kubeconfig", "--cluster", "c1"][..], &["extend", "--ttl", "2h"], &["deploy-model", "--model", "gpt-4o"]]
    {
        follows(&[], command, &["provision"]);
    }
    follows(&[], &["status"], &["provision"]);
    follows(&[], &["sandbox", "show"], &["provision"]);
    follows(&[], &["doctor", "--location", "swedencentral", "-l", "b"], &["provision"]);
}

#[test]
fn what_is_recommended_after_provision_works_on_the_lab_that_was_made() {
    let next = ["env", "kubeconfig", "teardown", "verify"];
    follows(&[], &["provision"], &next);
    follows(
        &[],
        &["provision", "-l", "anna", "-g", "course(42)", "--cluster", "c1", "--account", "its-own-account"],
        &next,
    );
    follows(&[], &["provision", "-l", "anna", "ben"], &["teardown", "verify"]);
}

#[test]
fn what_is_recommended_for_a_broken_lab_puts_it_right() {
    for (scenario, command, subcommands) in [
        ("broken-lab", "status", &["reset"][..]),
        ("broken-lab", "verify", &["reset"]),
        ("broken-lab", "env", &["reset"]),
        ("broken-lab", "kubeconfig", &["reset"]),
        ("drifted-lab", "status", &["reset"]),
        ("foreign-group", "status", &["provision"]),
        ("unregistered-provider", "doctor", &["doctor"]),
    ] {
        follows(&[&["sandbox", "scenario", scenario]], &[command], subcommands);
    }
    let no_role: [&[&str]; 2] = [&["provision"], &["sandbox", "scenario", "no-data-role"]];
    follows(&no_role, &["verify"], &["sandbox scenario"]);
}

#[test]
fn what_is_recommended_while_a_cluster_is_made_shows_when_it_is_ready() {
    for command in ["status", "env", "kubeconfig"] {
        let setup: [&[&str]; 1] = [&["sandbox", "scenario", "half-built"]];
        assert_eq!(followed("30", &setup, &[command]), BTreeSet::from(["status".to_owned()]), "{command}");
    }
}

#[test]
fn what_is_recommended_for_what_was_not_taken_away_takes_it_away() {
    for command in [&["teardown"][..], &["teardown", "--yes", "--no-wait"], &["teardown", "--yes", "--no-purge"]] {
        follows(&[&["provision", "-l", "anna"]], &[command, &["-l", "anna"]].concat(), &["teardown"]);
    }
}

#[test]
fn what_is_recommended_for_a_file_of_settings_works_as_printed() {
    let bench = Bench::new("2000");
    let (empty, broken) = (bench.world.path().join("empty one.toml"), bench.world.path().join("broken.toml"));
    for (command, subcommands) in [
        (&["provision", "--all"][..], &["config init"][..]),
        (&["config", "init"], &["config show"]),
        (&["config", "init", "its own.toml"], &["config show"]),
        (&["config", "init"], &["config show"]),
        (&["provision", "--config", "no such.toml"], &["config init"]),
        (&["provision", "--config", empty.to_str().unwrap()], &["config init"]),
        (&["provision", "--config", broken.to_str().unwrap()], &["config init", "config schema"]),
    ] {
        std::fs::write(&empty, "").unwrap();
        std::fs::write(&broken, "version = 'x'").unwrap();
        let _ = std::fs::remove_file(bench.world.path().join("azlab.toml"));
        if subcommands == ["config show"] && command.len() == 2 {
            std::fs::write(bench.world.path().join("azlab.toml"), "version = 1\n").unwrap();
        }
        let lines = lines::of(&bench.run(command));
        assert_eq!(lines.iter().map(Line::subcommand).collect::<Vec<_>>(), subcommands, "{command:?}");
        lines.iter().for_each(|line| bench.follow(line));
    }
}

#[test]
fn what_is_recommended_for_a_sandbox_that_cannot_be_used_starts_it_anew() {
    let bench = Bench::new("2000");
    std::fs::create_dir_all(bench.state()).unwrap();
    std::fs::write(bench.state().join("sandbox.db"), "no database ".repeat(100)).unwrap();
    for command in [&["status"][..], &["sandbox", "show"]] {
        let lines = lines::of(&bench.run(command).exit(2));
        assert_eq!(lines.iter().map(Line::subcommand).collect::<Vec<_>>(), ["sandbox reset"], "{command:?}");
    }
    lines::of(&bench.run(&["status"])).iter().for_each(|line| bench.follow(line));
}
