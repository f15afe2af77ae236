//! The Python management SDKs with azure-identity: programs beside this (tests/clients), which make their own assertions
//! and print what they saw.

use serde_json::{Value, json};

use super::lab::{ACCOUNT, CLUSTER, CREDENTIAL, GROUP, IDENTITY};
use super::network::program;
use super::shell::Shell;

/// Lists come in pages of one entry, so that a client that does not follow them sees too little.
const ONE_A_PAGE: &str = "[settings]\npage_size = 1\n";

/// Runs a program of tests/clients; what it saw.
fn run(shell: &Shell, name: &str, arguments: &[&str]) -> Value {
    let mut python = shell.python();
    python.arg(program(name)).args(arguments);
    let ended = shell.run(&python).done();
    let last = ended.stdout.lines().next_back().unwrap_or_default();
    serde_json::from_str(last).unwrap_or_else(|error| panic!("{error}: {ended:#?}"))
}

fn lab(shell: &Shell, what: &str) -> Value {
    let now = shell.world.inventory()["now"].as_str().unwrap().to_owned();
    run(shell, "lab.py", &[&now, what])
}

/// What the lists of one lab hold.
fn names(account: &str, credential: &str) -> Value {
    json!({
        "groups": [format!("MC_{GROUP}_{CLUSTER}_westeurope"), GROUP],
        "tagged": [GROUP],
        "resources": [CLUSTER, IDENTITY, account],
        "clusters": [CLUSTER],
        "identities": [IDENTITY],
        "credentials": [credential],
        "accounts": [account],
        "deployments": ["gpt-35-turbo"],
    })
}

#[test]
fn the_python_sdks_make_list_and_remove_the_lab_that_azlab_takes_over() {
    let test = "the_python_sdks_make_list_and_remove_the_lab_that_azlab_takes_over";
    let Some(shell) = Shell::new(test, ONE_A_PAGE, "") else { return };
    let made = lab(&shell, "make");
    assert_eq!(made["names"], names(ACCOUNT, CREDENTIAL));
    let taken = shell.azlab(&["provision", "--adopt"]);
    assert_eq!((&taken["labs"][0]["state"], &taken["requests"]["writes"]), (&json!("ready"), &json!(3)), "{taken}");
    assert_eq!(taken["labs"][0]["outputs"], made["outputs"]);
    assert_eq!(shell.azlab(&["verify"])["labs"][0]["state"], "ready");
    lab(&shell, "remove");
    assert_eq!(shell.world.inventory()["resources"], json!([]));
    shell.end();
}

#[test]
fn the_python_sdks_do_several_things_at_the_same_time() {
    let test = "the_python_sdks_do_several_things_at_the_same_time";
    let Some(shell) = Shell::new(test, ONE_A_PAGE, "") else { return };
    let seen = run(&shell, "lab_async.py", &[]);
    let four = |name: &str| -> Vec<String> { (0..4).map(|n| format!("{name}{n}")).collect() };
    assert_eq!(seen, json!({"identities": four("ident"), "accounts": four("openai-async-"), "resources": 9}));
    shell.end();
}
