//! Help, version, manual page, completions.
use super::World;

/// Every option that cli-contract.md calls global, as far as it exists.
const GLOBAL: [&str; 22] = [
    "--sandbox",
    "--sandbox-speed",
    "--subscription",
    "--tenant",
    "--auth",
    "--cloud",
    "--arm-endpoint",
    "--config",
    "-l, --lab",
    "--all",
    "-o, --output",
    "--progress",
    "--events",
    "--color",
    "-y, --yes",
    "--no-input",
    "--timeout",
    "--hide-ids",
    "-v, --verbose",
    "-q, --quiet",
    "--log-file",
    "-h, --help",
];

fn help(arguments: &[&str]) -> String {
    let world = World::new();
    let mut command = world.azlab(arguments);
    // What a terminal of 80 columns says to clap when nobody can ask it.
    let output = command.env("COLUMNS", "80").output().unwrap();
    let text = super::Ended::of(output).done().stdout;
    for line in text.lines() {
        assert!(line.chars().count() <= 80, "{} columns: {line}", line.chars().count());
    }
    text
}

#[test]
fn every_command_explains_itself() {
    for arguments in [
        &[][..],
        &["provision"],
        &["doctor"],
        &["deploy-model"],
        &["swap"],
        &["teardown"],
        &["extend"],
        &["sweep"],
        &["cost"],
        &["pause"],
        &["resume"],
        &["timeline"],
        &["board"],
        &["handout"],
        &["verify"],
        &["env"],
        &["kubeconfig"],
        &["app"],
        &["app", "deploy"],
        &["app", "connect"],
        &["app", "status"],
        &["app", "url"],
        &["app", "logs"],
        &["app", "remove"],
        &["app", "goto"],
        &["config"],
        &["config", "init"],
        &["config", "show"],
        &["config", "schema"],
        &["sandbox"],
        &["sandbox", "serve"],
        &["sandbox", "token"],
        &["sandbox", "cluster", "key"],
        &["sandbox", "show"],
        &["sandbox", "clock"],
        &["sandbox", "reset"],
        &["sandbox", "scenario"],
        &["completions"],
        &["man"],
    ] {
        let text = help(&[arguments, &["--help"]].concat());
        for option in GLOBAL {
            assert!(text.contains(option), "{arguments:?}: {option}");
        }
        // The binary shows the environment that it was started with.
        let (speed, name) = (r"\[env: AZLAB_SANDBOX_SPEED=\d+\]", ["help", arguments.join("-").as_str()].join("-"));
        insta::with_settings!({filters => vec![(speed, "[env: AZLAB_SANDBOX_SPEED=]")]}, {
            insta::assert_snapshot!(name.trim_end_matches('-'), text);
        });
    }
}

#[test]
fn version_manual_and_completions() {
    let world = World::new();
    assert_eq!(world.run(&["--version"]).done().stdout, concat!("azlab ", env!("CARGO_PKG_VERSION"), "\n"));
    let manual = world.run(&["man"]).done().stdout;
    assert!(manual.starts_with(".ie") && manual.contains("azlab\\-provision"), "{manual}");
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = world.run(&["completions", shell]).done().stdout;
        assert!(script.contains("provision") && script.contains("hide-ids"), "{shell}");
    }
    assert!(world.run(&["completions", "csh"]).exit(2).stderr.contains("powershell"));
    assert!(!world.sandbox().exists());
}
