//! The openai SDKs, unmodified, with keys and with tokens: programs beside this (tests/clients), which make their own assertions and
//! print what they saw.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::network::{javascript, program};
use super::shell::Shell;

/// An account that exists when the sandbox is served, so that its endpoint is printed, and answers that are refused.
const ACCOUNT: &str = "[settings]\nthrottling = false\n\
    [[answers]]\nasks = 'forbidden'\nrefuse = 'content-filter'\n\
    [[answers]]\nasks = 'busy'\nrefuse = 'rate-limit'\nretry_after = 60\n\
    [[resources]]\ntype = 'Microsoft.Resources/resourceGroups'\nname = 'lab'\nlocation = 'eastus2'\n\
    [[resources]]\ntype = 'Microsoft.CognitiveServices/accounts'\nname = 'myopenai12345'\ngroup = 'lab'\n\
    location = 'eastus2'\nkind = 'OpenAI'\nsku = { name = 'S0' }\nproperties = { customSubDomainName = 'myopenai12345' }\n";

/// Its deployments: the name and the model, its version and its sku.
const DEPLOYMENTS: [[&str; 4]; 3] = [
    ["chat", "gpt-4.1-mini", "2025-04-14", "GlobalStandard"],
    ["reasons", "gpt-5-mini", "2025-08-07", "GlobalStandard"],
    ["embeddings", "text-embedding-3-small", "1", "Standard"],
];

fn shell(test: &str) -> Option<Shell> {
    let deployed = DEPLOYMENTS.map(|[name, model, version, sku]| {
        format!(
            "[[resources]]\ntype = 'Microsoft.CognitiveServices/accounts/deployments'\nname = 'myopenai12345/{name}'\n\
             group = 'lab'\nsku = {{ name = '{sku}', capacity = 10 }}\n\
             properties = {{ model = {{ format = 'OpenAI', name = '{model}', version = '{version}' }} }}\n"
        )
    });
    Shell::new(test, &format!("{ACCOUNT}{}", deployed.concat()), "")
}

/// What a program saw: the same answer, whoever asked.
fn check(seen: &str) {
    let seen: Value = serde_json::from_str(seen.lines().next_back().unwrap_or_default()).unwrap();
    for name in ["key", "token", "v1 key", "v1 token"] {
        assert_eq!(seen[name], "gpt-4.1-mini of the sandbox answers, without having thought about it: Hello");
    }
}

#[test]
fn the_openai_sdk_of_python_is_answered_as_by_azure() {
    let Some(shell) = shell("the_openai_sdk_of_python_is_answered_as_by_azure") else { return };
    let mut python = shell.python();
    shell.tell(&mut python, "openai");
    python.arg(program("chat.py"));
    check(&shell.run(&python).done().stdout);
    shell.end();
}

#[test]
fn the_openai_sdk_of_javascript_is_answered_as_by_azure() {
    const TEST: &str = "the_openai_sdk_of_javascript_is_answered_as_by_azure";
    let Some((node, packages)) = javascript(TEST) else { return };
    let Some(shell) = shell(TEST) else { return };
    let script = beside(&packages, shell.home());
    let mut node = shell.client("sdk", &node);
    shell.tell(&mut node, "openai");
    node.arg(script).env("AZLAB_ARM_ENDPOINT", shell.url());
    check(&shell.run(&node).done().stdout);
    shell.end();
}

/// The program where it finds the packages: node looks for them from the program's own folder upwards.
fn beside(packages: &Path, home: &Path) -> PathBuf {
    std::os::unix::fs::symlink(packages.join("node_modules"), home.join("node_modules")).unwrap();
    let script = home.join("chat.mjs");
    std::fs::copy(program("chat.mjs"), &script).unwrap();
    script
}
