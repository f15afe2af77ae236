//! The examples do what they say, as they stand; so do the sandbox commands in the README.
#![cfg(unix)]

use std::path::PathBuf;
use std::process::Command;

use super::{BINARY, Ended, World};

/// Runs a shell script in a world of its own, with azlab and the system's programs on PATH.
fn shell(world: &World, arguments: &[&str]) -> Ended {
    let programs = std::path::Path::new(BINARY).parent().unwrap();
    let mut command = Command::new("/bin/sh");
    command.args(arguments).env_clear().current_dir(world.path());
    for (name, value) in world.azlab(&[]).get_envs() {
        command.env(name, value.unwrap_or_default());
    }
    command.env("PATH", format!("{}:/usr/bin:/bin", programs.display()));
    Ended::of(command.output().unwrap())
}

fn manifest() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn every_example_runs_as_it_stands() {
    let mut examples: Vec<PathBuf> =
        std::fs::read_dir(manifest().join("examples")).unwrap().map(|entry| entry.unwrap().path()).collect();
    examples.sort();
    // Those in Rust are built by cargo.
    examples.retain(|path| path.extension().is_none_or(|extension| extension != "rs"));
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
    assert_eq!(ran, 6, "{block}");
}

/// The text of a page's shell blocks, one after the other, as a reader would paste them.
fn blocks(page: &str) -> String {
    page.split("```sh\n").skip(1).filter_map(|rest| rest.split("```").next()).collect()
}

#[test]
fn the_guides_commands_run_as_they_stand() {
    let mut guides: Vec<PathBuf> =
        std::fs::read_dir(manifest().join("docs/guides")).unwrap().map(|entry| entry.unwrap().path()).collect();
    guides.sort();
    let names: Vec<_> = guides.iter().filter_map(|guide| guide.file_name()?.to_str()).collect();
    assert_eq!(names, ["attendee.md", "ci.md", "host.md"]);
    for guide in guides {
        let script = blocks(&std::fs::read_to_string(&guide).unwrap());
        assert!(script.starts_with("export AZLAB_SANDBOX=1\n"), "{}", guide.display());
        let azlab = script.lines().filter(|line| line.contains("azlab ")).count();
        assert!(azlab >= 8, "{}: {azlab} commands", guide.display());
        let world = World::new();
        // As a reader, it stops at the first command that fails.
        shell(&world, &["-euc", &script]).done();
        let left = world.inventory();
        assert_eq!(left["resources"].as_array().map(Vec::len), Some(0), "{} leaves {left}", guide.display());
        assert_eq!(left["soft_deleted"].as_array().map(Vec::len), Some(0), "{} leaves {left}", guide.display());
    }
}
