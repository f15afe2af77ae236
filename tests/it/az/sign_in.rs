//! The identity libraries of Go, JavaScript and Java, unmodified, with nothing but what `sandbox serve` prints: an application by its
//! secret, and a pod by its projected token.

use std::path::PathBuf;
use std::process::Command;

use serde_json::{Value, json};

use super::lab::GROUP;
use super::network::{go, java, javascript, program};
use super::shell::{QUICK_CLUSTER, Shell};

/// What the program saw.
fn run(shell: &Shell, command: &Command) -> Value {
    let ended = shell.run(command).done();
    let last = ended.stdout.lines().next_back().unwrap_or_default();
    serde_json::from_str(last).unwrap_or_else(|error| panic!("{error}: {ended:#?}"))
}

/// Signs in in each way with the program that `client` starts.
fn check(shell: &Shell, client: impl Fn(&str) -> Command) {
    let lab = shell.azlab(&["provision"])["labs"][0]["outputs"].take();
    let seen = run(shell, &client("secret"));
    assert!(seen["groups"].as_array().is_some_and(|all| all.contains(&json!(GROUP))), "{seen} {lab}");
    assert_eq!(run(shell, &client("wrong-secret"))["kind"], "wrong-secret");
    let token = shell.home().join("token");
    let account = ["--service-account", "default/ai-service-account", "--file", token.to_str().unwrap()];
    shell.world.run(&[&["sandbox", "token"], &account[..]].concat()).done();
    let mut pod = client("pod");
    pod.env("AZURE_FEDERATED_TOKEN_FILE", &token).env_remove("AZURE_CLIENT_SECRET");
    pod.env("AZURE_CLIENT_ID", lab["identity_client_id"].as_str().unwrap());
    // Its identity has a role on the account alone: it is let in, and sees no group.
    assert_eq!(run(shell, &pod), json!({"kind": "pod", "groups": []}));
}

#[test]
fn azidentity_of_go_signs_in_with_what_serve_prints_as_an_application_and_as_a_pod() {
    const TEST: &str = "azidentity_of_go_signs_in_with_what_serve_prints_as_an_application_and_as_a_pod";
    let Some(program) = go(TEST) else { return };
    let Some(shell) = Shell::new(TEST, "", QUICK_CLUSTER) else { return };
    check(&shell, |kind| client(&shell, &program, &[], kind));
    shell.end();
}

#[test]
fn azure_identity_of_javascript_signs_in_with_what_serve_prints_as_an_application_and_as_a_pod() {
    const TEST: &str = "azure_identity_of_javascript_signs_in_with_what_serve_prints_as_an_application_and_as_a_pod";
    let Some((node, packages)) = javascript(TEST) else { return };
    let Some(shell) = Shell::new(TEST, "", QUICK_CLUSTER) else { return };
    std::os::unix::fs::symlink(packages.join("node_modules"), shell.home().join("node_modules")).unwrap();
    let script = shell.home().join("sign_in.mjs");
    std::fs::copy(program("sign_in.mjs"), &script).unwrap();
    check(&shell, |kind| client(&shell, &node, std::slice::from_ref(&script), kind));
    shell.end();
}

#[test]
fn azure_identity_of_java_signs_in_with_what_serve_prints_as_an_application_and_as_a_pod() {
    const TEST: &str = "azure_identity_of_java_signs_in_with_what_serve_prints_as_an_application_and_as_a_pod";
    let Some((java, built)) = java(TEST) else { return };
    let Some(shell) = Shell::new(TEST, "", QUICK_CLUSTER) else { return };
    let class_path = format!("{0}/classes:{0}/lib/*", built.display());
    check(&shell, |kind| client(&shell, &java, &["-cp".into(), class_path.clone().into(), "SignIn".into()], kind));
    shell.end();
}

fn client(shell: &Shell, program: &std::path::Path, arguments: &[PathBuf], kind: &str) -> Command {
    let mut command = shell.client("sdk", program);
    command.args(arguments).arg(kind).env("AZLAB_ARM_ENDPOINT", shell.url());
    command
}
