//! What the README of azlab-sandbox shows of az.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use super::shell::Shell;
use crate::cli::World;

const README: &str = include_str!("../../../crates/azlab-sandbox/README.md");

/// The blocks of shell lines, in their order.
fn blocks() -> Vec<&'static str> {
    README.split("```sh\n").skip(1).map(|rest| rest.split_once("```").unwrap().0).collect()
}

#[test]
fn the_lines_that_the_readme_shows_for_az_are_those_that_serve_prints() {
    let world = World::new();
    let mut serve = world.azlab(&["sandbox", "serve", "--listen", "127.0.0.1:0", "--for", "az"]);
    // People read them on stderr; stdout is for scripts.
    let mut server = serve.stderr(Stdio::piped()).spawn().unwrap();
    let mut printed = Vec::new();
    for line in BufReader::new(server.stderr.take().unwrap()).lines() {
        printed.push(line.unwrap());
        if printed.last().unwrap().starts_with("az login") {
            break;
        }
    }
    server.kill().unwrap();
    server.wait().unwrap();
    let port = printed[0].split("localhost:").nth(1).unwrap().split(' ').next().unwrap();
    let place = world.sandbox().display().to_string();
    let shown = printed[2..].join("\n").replace(&place, "/home/you/.local/share/azlab/sandbox").replace(port, "8443");
    assert_eq!(format!("{shown}\n"), blocks()[0]);
}

#[test]
fn what_the_readme_does_with_az_works_in_such_a_shell() {
    let test = "what_the_readme_does_with_az_works_in_such_a_shell";
    let Some(shell) = Shell::signed_in(test, "") else { return };
    let ended = shell.script(blocks()[1]).done();
    // The table has the identity.
    assert!(ended.stdout.contains("Microsoft.ManagedIdentity/userAssignedIdentities"), "{ended:#?}");
    shell.end();
}
