//! What people know from other tools: their words, `man COMMAND`, a short `-h`.
use super::World;

#[test]
fn words_of_other_tools_are_answered_with_azlabs_and_not_with_what_looks_alike() {
    let world = World::new();
    for (word, meant) in [
        ("up", Some("'provision'")),
        ("create", Some("'provision'")),
        ("down", Some("'teardown'")),
        ("destroy", Some("'teardown'")),
        ("delete", Some("'teardown'")),
        ("login", Some("az login")),
        ("logs", Some("--log-file")),
        ("plan", Some("--dry-run")),
        ("get-credentials", Some("'kubeconfig'")),
        ("leaflet", None),
        ("xyzzy", None),
        ("provison", Some("'provision'")),
        ("tear-down", Some("'teardown'")),
    ] {
        let refused = world.run(&[word]).exit(2);
        let tip = refused.stderr.lines().find_map(|line| line.trim().strip_prefix("tip: "));
        assert_eq!(tip.is_some(), meant.is_some(), "{word}: {}", refused.stderr);
        assert!(tip.is_none_or(|tip| tip.contains(meant.unwrap())), "{word}: {tip:?}");
        let object = world.run(&[word, "-o", "json"]).exit(2).json();
        let hint = object["error"]["hint"].as_str().unwrap();
        assert!(matches!(tip, Some(tip) if hint.contains(tip)) || hint == "azlab --help", "{word}: {hint}");
    }
}

#[test]
fn man_prints_the_page_of_one_command() {
    let world = World::new();
    let page = |words: &[&str]| world.run(&[&["man"], words].concat()).done().stdout;
    let provision = page(&["provision"]);
    assert!(provision.contains(".TH azlab-provision 1") && provision.contains("skip\\-preflight"), "{provision}");
    assert!(provision.contains("hide\\-ids"), "options of every command too: {provision}");
    assert!(page(&["sandbox", "serve"]).contains("allow\\-remote"));
    assert!(page(&["list"]).contains("watch"), "an alias");
    assert!(page(&[]).contains("azlab\\-teardown"));
    let refused = world.run(&["man", "leaflet"]).exit(2);
    assert!(refused.stderr.contains("there is no command 'leaflet'"), "{}", refused.stderr);
}

#[test]
fn the_short_help_has_the_commands_own_options_and_the_long_one_all() {
    let world = World::new();
    let help = |arguments: &[&str]| {
        let mut command = world.azlab(arguments);
        super::Ended::of(command.env("COLUMNS", "80").output().unwrap()).done().stdout
    };
    let (short, long) = (help(&["verify", "-h"]), help(&["verify", "--help"]));
    assert!(short.lines().count() <= 24, "one screen: {short}");
    for option in ["--skip-chat", "--sandbox ", "--lab ", "More options that every command takes: --help"] {
        assert!(short.contains(option), "{option}: {short}");
    }
    assert!(!short.contains("--hide-ids") && long.contains("--hide-ids"), "{short}{long}");
    assert!(help(&["provision", "-h"]).contains("nothing that exists is deleted"));
    assert!(help(&["-h"]).contains("teardown"));
}
