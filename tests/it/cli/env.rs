//! `azlab env`: what shells get to read.
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::{Ended, World};

const CONTRACT: [&str; 7] = [
    "AOAI_NAME",
    "AOAI_ENDPOINT",
    "AOAI_DEPLOYMENT_NAME",
    "AOAI_RESOURCE_ID",
    "MANAGED_IDENTITY_CLIENT_ID",
    "MANAGED_IDENTITY_OBJECT_ID",
    "AKS_OIDC_ISSUER",
];
const KEY: &str = "AOAI_OPENAI_API_KEY";

fn env(world: &World, arguments: &[&str]) -> Ended {
    world.run(&[&["env", "--sandbox"], arguments].concat())
}

fn variables(world: &World, arguments: &[&str]) -> Value {
    env(world, &[arguments, &["--format", "json"]].concat()).done().json()
}

fn lab() -> World {
    let world = World::new();
    world.provision(&["-q"]).done();
    world
}

/// Names after `$` and `${` in the workshop's bash blocks, and those that bash itself sets left out.
fn used_by(text: &str) -> BTreeSet<String> {
    let blocks = text.split("```bash").skip(1).filter_map(|rest| rest.split("```").next());
    let name = |rest: &str| -> String {
        let rest = rest.strip_prefix('{').unwrap_or(rest);
        rest.chars().take_while(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || *c == '_').collect()
    };
    let names = blocks.flat_map(|block| block.split('$').skip(1).map(name).collect::<Vec<_>>());
    names.filter(|name| !name.is_empty() && name != "RANDOM").collect()
}

#[test]
fn every_variable_that_the_workshop_uses_is_printed() {
    let world = lab();
    let printed = variables(&world, &["--show-keys"]);
    let sh = env(&world, &[]).done().stdout;
    let names: Vec<&str> = sh.lines().filter_map(|line| line.strip_prefix("export ")?.split('=').next()).collect();
    assert_eq!(names, CONTRACT, "the contract's, in its order, and no key");
    let workshop = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/workshop.md");
    let Ok(text) = std::fs::read_to_string(workshop) else {
        eprintln!("skipped: the workshop's text is not here");
        return;
    };
    let used = used_by(&text);
    assert!(used.len() >= 7, "{used:?}");
    for name in used {
        assert!(printed[&name].as_str().is_some_and(|value| !value.is_empty()), "{name}");
    }
}

#[test]
fn a_shell_gets_what_azure_has() {
    let world = World::new();
    let made = world.provision(&["-o", "json"]).done().json();
    let outputs = &made["labs"][0]["outputs"];
    let script = env(&world, &["--show-keys"]).done().stdout;
    let show = "printf '%s\\n' \"$AOAI_NAME\" \"$AOAI_ENDPOINT\" \"$AOAI_DEPLOYMENT_NAME\" \"$MANAGED_IDENTITY_CLIENT_ID\" \
                \"$MANAGED_IDENTITY_OBJECT_ID\" \"$AKS_OIDC_ISSUER\" \"${#AOAI_OPENAI_API_KEY}\"";
    let output =
        Command::new("sh").arg("-c").arg(format!("eval \"$1\"; {show}")).args(["sh", &script]).output().unwrap();
    let read = Ended::of(output).done().stdout;
    let outputs = [
        "openai_account",
        "openai_endpoint",
        "openai_deployment",
        "identity_client_id",
        "identity_principal_id",
        "oidc_issuer",
    ]
    .map(|name| outputs[name].as_str().unwrap());
    assert_eq!(read.lines().collect::<Vec<_>>(), [&outputs[..], &["32"]].concat());
}

#[test]
fn a_key_is_printed_on_request_only_and_goes_nowhere_but_to_stdout() {
    let world = lab();
    let key = variables(&world, &["--show-keys"])[KEY].as_str().unwrap().to_owned();
    assert_eq!(key.len(), 32);
    assert_eq!(variables(&world, &[])[KEY], Value::Null);
    for output in ["text", "json"] {
        let files = ["--events", "events.jsonl", "--log-file", "azlab.log"];
        let shown = env(&world, &[&["--show-keys", "-vv", "-o", output], &files[..]].concat()).done();
        assert!(shown.stdout.contains(&key), "{shown:?}");
        assert!(shown.stderr.contains("listKeys"), "{shown:?}");
        let file = |name: &str| std::fs::read_to_string(world.path().join(name)).unwrap();
        for told in [&shown.stderr, &file("events.jsonl"), &file("azlab.log")] {
            assert!(!told.contains(&key), "{told}");
        }
    }
    let result = env(&world, &["--show-keys", "-o", "json"]).done().json();
    assert_eq!(result["labs"][0]["env"][KEY], key.as_str());
}

#[test]
fn what_is_missing_is_named_and_stdout_stays_empty() {
    let world = World::new();
    for arguments in [&[][..], &["--progress", "json"], &["--format", "json"], &["--format", "github", "-o", "json"]] {
        let absent = env(&world, arguments).exit(6);
        assert_eq!(absent.stdout, "", "{arguments:?}");
        assert!(
            absent.stderr.contains("LabNotFound") && absent.stderr.contains("azlab provision --sandbox"),
            "{absent:?}"
        );
    }
    world.provision(&["-q"]).done();
    world.run(&["deploy-model", "--sandbox", "-q", "--remove", "gpt-35-turbo"]).done();
    let incomplete = env(&world, &[]).exit(6);
    assert_eq!(incomplete.stdout, "");
    assert!(incomplete.stderr.contains("the lab default lacks: the model deployment gpt-35-turbo"), "{incomplete:?}");
    for name in ["second", "third"] {
        world.run(&["deploy-model", "--sandbox", "-q", "--name", name, "--model", "auto", "--capacity", "1"]).done();
        if name == "second" {
            let only = env(&world, &["--format", "json"]).done();
            assert_eq!(only.json()["AOAI_DEPLOYMENT_NAME"], "second");
            assert!(only.stderr.contains("taking the only one, second"), "{only:?}");
            env(&world, &["--deployment", "gpt-35-turbo"]).exit(6);
        }
    }
    let several = env(&world, &[]).exit(6);
    assert!(several.stderr.contains("--deployment second or third"), "{several:?}");
    assert_eq!(variables(&world, &["--deployment", "third"])["AOAI_DEPLOYMENT_NAME"], "third");
    let wrong = env(&world, &["--account", "another"]).exit(6);
    assert!(
        wrong.stderr.contains("the OpenAI account another") && wrong.stderr.contains("--account myopenai"),
        "{wrong:?}"
    );
    let missing = env(&world, &["--cluster", "other", "--identity", "none"]).exit(6);
    assert!(missing.stderr.contains("the managed identity none, the cluster other"), "{missing:?}");
}

#[test]
fn variables_are_those_of_one_lab() {
    let world = World::new();
    let refused = env(&world, &["-l", "anna", "ben"]).exit(2);
    assert!(refused.stderr.contains("one lab, not of 2") && refused.stdout.is_empty(), "{refused:?}");
    assert!(!world.sandbox().exists());
}

#[test]
fn a_runner_of_github_actions_is_told_to_mask_the_key_and_nobody_else() {
    let world = lab();
    let run = |arguments: &[&str], actions: Option<(&str, &str)>| {
        let mut command =
            world.azlab(&[&["env", "--sandbox", "--format", "github", "--progress", "none"], arguments].concat());
        // CI systems set the second for all commands.
        command.envs(actions).env("AZLAB_OUTPUT", "json");
        Ended::of(command.output().unwrap()).done()
    };
    let actions = Some(("GITHUB_ACTIONS", "true"));
    let shown = run(&["--show-keys"], actions);
    let key = shown.stdout.lines().find_map(|line| line.strip_prefix("AOAI_OPENAI_API_KEY=")).unwrap();
    assert_eq!(shown.stderr, format!("::add-mask::{key}\n"));
    assert!(
        shown.stdout.lines().all(|line| line
            .split('=')
            .next()
            .unwrap()
            .chars()
            .all(|c| c == '_' || c.is_ascii_uppercase()))
    );
    assert_eq!(run(&["--show-keys"], None).stderr, "");
    assert_eq!(run(&[], actions).stderr, "");
}

#[test]
fn hidden_ids_are_hidden_in_results_but_shells_get_real_ones() {
    let world = lab();
    let real = variables(&world, &[]);
    assert_eq!(variables(&world, &["--hide-ids"]), real);
    let result = env(&world, &["--hide-ids", "-o", "json"]).done().json();
    let hidden = result["labs"][0]["env"]["MANAGED_IDENTITY_CLIENT_ID"].as_str().unwrap().to_owned();
    assert!(hidden.starts_with("xxxxxxxx-"), "{hidden}");
}
