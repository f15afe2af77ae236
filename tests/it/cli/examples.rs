//! The examples do what they say, as they stand; so do the sandbox commands in the README.
#![cfg(unix)]

use std::path::PathBuf;
use std::process::Command;

use super::terminal::{OnTerminal, Question};
use super::{BINARY, Ended, World};

/// A shell in a world of its own, with azlab and the system's programs on PATH.
fn shell_command(world: &World, arguments: &[&str]) -> Command {
    let programs = std::path::Path::new(BINARY).parent().unwrap();
    let mut command = Command::new("/bin/sh");
    command.args(arguments).env_clear().current_dir(world.path());
    for (name, value) in world.azlab(&[]).get_envs() {
        command.env(name, value.unwrap_or_default());
    }
    command.env("PATH", format!("{}:/usr/bin:/bin", programs.display()));
    command
}

/// Runs a shell script there, without a terminal.
fn shell(world: &World, arguments: &[&str]) -> Ended {
    Ended::of(shell_command(world, arguments).output().unwrap())
}

/// Runs a shell script there, in a terminal with colours, and answers the questions that its page mentions.
#[track_caller]
fn typed(world: &World, script: &str, questions: &[Question]) -> String {
    let mut command = shell_command(world, &["-euxc", script]);
    command.envs([("TERM", "xterm-256color"), ("LANG", "C.UTF-8")]);
    let (status, said) = OnTerminal::start(&mut command, 40, 100).answer(questions);
    assert!(status.success() && !said.contains("panicked"), "{status}:\n{said}");
    said
}

fn manifest() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn every_example_runs_as_it_stands() {
    let mut examples: Vec<PathBuf> =
        std::fs::read_dir(manifest().join("examples")).unwrap().map(|entry| entry.unwrap().path()).collect();
    examples.sort();
    // Those in Rust are built by cargo; a folder is a scenario's (tests/it/scenarios.rs).
    examples.retain(|path| path.is_file() && path.extension().is_none_or(|extension| extension != "rs"));
    let (files, scripts): (Vec<_>, Vec<_>) =
        examples.into_iter().partition(|path| path.extension().is_some_and(|extension| extension == "toml"));
    assert!(scripts.len() >= 5 && files.len() >= 3, "{scripts:?} {files:?}");
    for example in scripts {
        let ended = shell(&World::new(), &[example.to_str().unwrap()]).done();
        assert!(!ended.stdout.is_empty(), "{}: {ended:#?}", example.display());
    }
    for example in files {
        let world = World::new();
        let name = example.to_str().unwrap();
        world.provision(&["--config", name, "--all"]).done();
        let again = world.provision(&["--config", name, "--all", "-o", "json"]).done().json();
        assert_eq!(again["requests"]["writes"], 0, "{name}: {again}");
    }
}

#[test]
fn the_readmes_sandbox_commands_run_as_they_stand() {
    let readme = std::fs::read_to_string(manifest().join("README.md")).unwrap();
    let section = readme.split("## The sandbox").nth(1).unwrap();
    let block = section.split("```sh").nth(1).unwrap().split("```").next().unwrap();
    let world = World::new();
    let mut ran = 0;
    // `serve` stays in the foreground; it has tests of its own.
    for line in block.lines().filter(|line| line.starts_with("azlab") && !line.contains(" serve")) {
        shell(&world, &["-c", line]).done();
        ran += 1;
    }
    assert_eq!(ran, 7, "{block}");
}

/// The text of a page's shell blocks, one after the other, as a reader would paste them.
fn blocks(page: &str) -> String {
    let blocks = page.split("```sh\n").skip(1).filter_map(|rest| rest.split("```").next());
    // A board stays in the foreground, at a port of its own; it has tests of its own.
    let lines = blocks.flat_map(|block| block.split_inclusive('\n'));
    lines.filter(|line| !line.starts_with("azlab board") || line.contains(" --out")).collect()
}

/// The guides' names and the text of their shell blocks.
fn guides() -> Vec<(String, String)> {
    let mut guides: Vec<PathBuf> =
        std::fs::read_dir(manifest().join("docs/guides")).unwrap().map(|entry| entry.unwrap().path()).collect();
    guides.sort();
    let named = |guide: &PathBuf| guide.file_name().unwrap().to_str().unwrap().to_owned();
    guides.iter().map(|guide| (named(guide), blocks(&std::fs::read_to_string(guide).unwrap()))).collect()
}

/// Nothing of a guide's labs is left in its world.
#[track_caller]
fn leaves_nothing(world: &World, guide: &str) {
    let left = world.inventory();
    for what in ["resources", "soft_deleted"] {
        assert_eq!(left[what].as_array().map(Vec::len), Some(0), "{guide} leaves {left}");
    }
}

#[test]
fn the_guides_commands_run_as_they_stand() {
    let guides = guides();
    let names: Vec<&str> = guides.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["attendee.md", "ci.md", "host.md"]);
    for (guide, script) in guides {
        assert!(script.starts_with("export AZLAB_SANDBOX=1\n"), "{guide}");
        let azlab = script.lines().filter(|line| line.contains("azlab ")).count();
        assert!(azlab >= 8, "{guide}: {azlab} commands");
        let world = World::new();
        // As a reader, it stops at the first command that fails.
        shell(&world, &["-euc", &script]).done();
        leaves_nothing(&world, &guide);
    }
}

#[test]
fn at_a_terminal_the_guides_commands_run_to_their_end_and_ask_nothing() {
    for (guide, script) in guides() {
        let world = World::new();
        let said = typed(&world, &script, &[]);
        assert!(said.contains('\u{1b}'), "{guide}: a terminal has colours and bars");
        leaves_nothing(&world, &guide);
    }
}

#[test]
fn at_a_terminal_a_teardown_without_yes_asks_what_the_guides_say_that_it_asks() {
    // attendee.md: "Without `--yes` it shows what will be deleted, and asks."
    // host.md: "On a terminal, without `--yes`, it asks; for more than one lab you type the workshop's name."
    for (guide, question) in [
        ("attendee.md", Question { says: "Delete it?", keys: "y" }),
        ("host.md", Question { says: "Type monday-class", keys: "monday-class\r" }),
    ] {
        let (_, script) = guides().into_iter().find(|(name, _)| name == guide).unwrap();
        let (before, after) = script.rsplit_once("azlab teardown").unwrap();
        let (line, after) = after.split_once('\n').unwrap();
        assert!(line.contains(" --yes"), "{guide}: {line}");
        let world = World::new();
        typed(&world, &format!("{before}azlab teardown{}\n{after}", line.replace(" --yes", "")), &[question]);
        leaves_nothing(&world, guide);
    }
}

/// The sections of the README from "On Azure" to the sandbox, as it has them: a heading, and the text of its shell blocks.
fn sections(readme: &str) -> Vec<(&str, String)> {
    let usage = readme.split("\n## On Azure\n").nth(1).unwrap().split("\n## ").next().unwrap();
    let sections = format!("On Azure\n{usage}");
    let sections: Vec<String> = sections.split("\n### ").map(str::to_owned).collect();
    let titled = |section: &String| {
        let title = section.lines().next().unwrap_or_default().to_owned();
        (&*title.leak(), blocks(section))
    };
    sections.iter().map(titled).filter(|(_, blocks)| !blocks.is_empty()).collect()
}

#[test]
fn at_a_terminal_the_readmes_commands_run_to_their_end_and_ask_what_it_says_that_they_ask() {
    let readme = std::fs::read_to_string(manifest().join("README.md")).unwrap();
    let mut ran = 0;
    for (title, block) in sections(&readme) {
        // az is somebody else's, `--watch` goes on until Ctrl-C, and PowerShell is another shell.
        let lines = block.lines().filter(|line| !line.starts_with("az ") && !line.contains("--watch"));
        let lines: Vec<&str> = lines.filter(|line| !line.contains("PowerShell")).collect();
        let questions = match title {
            // "it asks", beside the command
            "See what exists, and repair it" => vec![Question { says: "(y/n)", keys: "y" }],
            // "shows what will be deleted and asks"
            "Tear it down" => vec![Question { says: "Delete it?", keys: "y" }],
            _ => Vec::new(),
        };
        let world = World::new();
        // What the sections before it leave: a lab without a name, and three that have one.
        if !["On Azure", "One file for all of it"].contains(&title) {
            world.provision(&[]).done();
        }
        if block.contains("verify --lab anna") {
            world.provision(&["--lab", "anna", "ben", "carla"]).done();
        }
        let script = format!("export AZLAB_SANDBOX=1 GITHUB_ENV=github.env\n{}\n", lines.join("\n"));
        typed(&world, &script, &questions);
        ran += lines.iter().filter(|line| line.contains("azlab ")).count();
    }
    assert!(ran >= 25, "{ran} commands");
}
