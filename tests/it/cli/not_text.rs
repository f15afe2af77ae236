//! Paths that are not UTF-8, which a recommended command names so that bash finds them; and paths that a shell left as they are.
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::process::Command;

use super::{BINARY, Ended, World};

/// A name from a time before UTF-8, with what a shell would take for more than a letter.
const NAME: &[u8] = b"caf\xe9 it's $HOME \\x";

fn name(end: &str) -> std::ffi::OsString {
    OsStr::from_bytes(&[NAME, end.as_bytes()].concat()).to_owned()
}

/// Runs `line` in bash, as somebody who pastes it.
fn pasted(world: &World, folder: &Path, line: &str) -> Ended {
    let azlab = world.azlab(&[]);
    let mut bash = Command::new("bash");
    bash.env_clear().envs(azlab.get_envs().filter_map(|(name, value)| Some((name, value?)))).current_dir(folder);
    let programs = Path::new(BINARY).parent().unwrap().to_owned();
    bash.env(
        "PATH",
        std::env::join_paths([world.path().join("programs"), programs, "/usr/bin".into(), "/bin".into()]).unwrap(),
    );
    Ended::of(bash.args(["-c", line]).output().unwrap())
}

/// The command in the hint of a command that failed with exit code 6.
fn recommended(mut command: Command) -> String {
    let ended = Ended::of(command.args(["-o", "json"]).output().unwrap()).exit(6);
    let error = &ended.json()["labs"][0]["error"];
    let hint = error["hint"].as_str().unwrap_or_else(|| panic!("{ended:?}")).to_owned();
    let at = hint.find("azlab ").unwrap_or_else(|| panic!("{hint}"));
    // Another one may follow.
    hint[at..].lines().next().and_then(|line| line.split("; ").next()).unwrap().to_owned()
}

#[test]
fn a_recommended_command_names_a_file_and_a_folder_whose_names_are_not_text() {
    let world = World::new();
    let (file, folder) = (world.path().join(name(".toml")), world.path().join(name("")));
    std::fs::write(&file, "version = 1\n[[labs]]\nname = 'anna'\n").unwrap();
    std::fs::create_dir(&folder).unwrap();
    std::fs::copy(&file, folder.join("azlab.toml")).unwrap();
    let env = |arguments: &[&str]| world.azlab(&[&["env", "--sandbox", "--lab", "anna"], arguments].concat());
    // The file as an option, by its variable, and below the folder in which the command runs.
    let mut by_option = env(&[]);
    by_option.arg("--config").arg(&file);
    let mut by_variable = env(&[]);
    by_variable.env("AZLAB_CONFIG", &file);
    let mut in_folder = env(&[]);
    in_folder.current_dir(&folder).args(["--config", "azlab.toml"]);
    // The sandbox's own folder.
    let mut of_sandbox = env(&[]);
    of_sandbox.arg("--sandbox-dir").arg(world.path().join(name("-sandbox")));
    for (command, folder) in
        [(by_option, world.path()), (by_variable, world.path()), (in_folder, &*folder), (of_sandbox, world.path())]
    {
        let line = recommended(command);
        let made = pasted(&world, folder, &format!("{line} -o json")).done();
        assert_eq!(made.json()["labs"][0]["state"], "ready", "{line}");
        pasted(&world, folder, &format!("{} --yes", line.replace(" provision ", " teardown "))).done();
    }
    assert!(world.path().join(name("-sandbox")).is_dir(), "the sandbox of the run is that of the line");
}

#[test]
fn a_recommended_kubectl_names_a_kubeconfig_whose_name_is_not_text() {
    let world = World::new();
    world.provision(&[]).done();
    let programs = world.path().join("programs");
    std::fs::create_dir(&programs).unwrap();
    let script = r#"printf '#!/bin/sh\n[ "$1" = --kubeconfig ] && grep -q clusters: "$2"\n' > "$0" && chmod 755 "$0""#;
    assert!(Command::new("/bin/sh").args(["-c", script]).arg(programs.join("kubectl")).status().unwrap().success());
    let mut command = world.azlab(&["kubeconfig", "--sandbox"]);
    command.env("KUBECONFIG", world.path().join(name(".yaml")));
    let told = Ended::of(command.output().unwrap()).done();
    let line =
        told.stdout.lines().find_map(|line| line.trim().split_once("kubectl --kubeconfig ")).map(|(_, rest)| rest);
    // Behind the command stands why.
    let line = line.unwrap_or_else(|| panic!("{told:?}")).split("  ").next().unwrap();
    pasted(&world, world.path(), &format!("kubectl --kubeconfig {line}")).done();
}

/// A shell puts the home in its place where a word begins with it, and not behind `--option=`, nor in a container's environment.
#[test]
fn a_path_with_a_tilde_that_no_shell_has_read_is_refused_and_no_folder_of_that_name_is_made() {
    let world = World::new();
    let wanted = world.path().join("x").display().to_string();
    for arguments in [
        &["provision", "--sandbox", "--sandbox-dir=~/x"][..],
        &["status", "--sandbox", "--config=~/x"],
        &["status", "--sandbox", "--events=~/x"],
        &["kubeconfig", "--sandbox", "--file=~/x"],
        &["sandbox", "serve", "--ca-file=~/x"],
    ] {
        let refused = world.run(arguments).exit(2);
        assert!(refused.stderr.contains(&wanted) && refused.stderr.contains("no shell has put"), "{}", refused.stderr);
    }
    let refused = Ended::of(world.azlab(&["status"]).env("AZLAB_CA_FILE", "~/x").output().unwrap()).exit(2);
    assert!(refused.stderr.contains(&wanted) && refused.stderr.contains("AZLAB_CA_FILE"), "{}", refused.stderr);
    assert!(!world.path().join("~").exists());
}
