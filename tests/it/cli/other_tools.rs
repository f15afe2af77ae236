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
        ("logs", Some("'app logs'")),
        ("purge", Some("'teardown'")),
        ("update", Some("'provision'")),
        ("describe", Some("'status'")),
        ("watch", Some("'status --watch'")),
        ("wait", Some("'provision'")),
        ("connect", Some("'app connect'")),
        ("models", Some("'deploy-model --list'")),
        ("quota", Some("'doctor'")),
        ("init", Some("'config init'")),
        ("keys", Some("'env --show-keys'")),
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

#[test]
fn what_is_wrong_in_a_variable_is_told_by_the_variables_name_and_not_by_an_option_that_nobody_typed() {
    let world = World::new();
    for (variable, value, option) in [
        ("AZLAB_SANDBOX", "maybe", "--sandbox"),
        ("AZLAB_SANDBOX_SPEED", "fast", "--sandbox-speed"),
        ("AZLAB_OUTPUT", "yaml", "--output"),
        ("AZLAB_IF_BUSY", "perhaps", "--if-busy"),
        ("AZLAB_HIDE_IDS", "2", "--hide-ids"),
        ("AZLAB_CLOUD", "de", "--cloud"),
    ] {
        let told = |arguments: &[&str]| {
            let output = world.azlab(arguments).env(variable, value).output().unwrap();
            assert_eq!(output.status.code(), Some(2), "{variable}");
            String::from_utf8(output.stderr).unwrap()
        };
        let of_variable = told(&["status"]);
        assert!(of_variable.contains(&format!("'{value}' for '{variable} (")), "{of_variable}");
        assert!(of_variable.contains(option), "{of_variable}");
        // An option that was typed goes before the variable, and is told by its own name.
        let typed = told(&["status", &format!("{option}={value}")]);
        assert!(!typed.contains(variable), "{typed}");
    }
}

#[test]
fn every_value_that_is_refused_is_told_what_it_must_be_in_azlabs_own_words() {
    let world = World::new();
    for (arguments, rule) in [
        (&["provision", "--ttl", "8"][..], "it must be a time with its unit, such as 8h, 8m or 8s"),
        (&["provision", "--timeout", "soon"], "it must be a time such as 90s, 45m or 2h"),
        (&["provision", "--timeout", "0s"], "it must be a time above zero"),
        (&["extend", "--ttl", ""], "it must be a time such as"),
        (&["extend", "--until", "5pm"], "it must be a time such as 17:00"),
        (&["board", "--listen", "here"], "it must be an address with its port, such as 127.0.0.1:8480"),
        (&["sandbox", "serve", "--listen", "8.8"], "it must be an address with its port"),
        (&["sandbox", "serve", "--listen", "127.0.0.1:99999"], "it must be an address with its port"),
        (&["provision", "--node-count", "two"], "it must be a whole number"),
        (&["provision", "--sandbox-speed", "fast"], "it must be a number"),
        (&["status", "--cloud", "de"], "there is no cloud 'de': use public, usgov or china"),
    ] {
        let told = world.run(arguments).exit(2).stderr;
        assert!(told.contains(rule), "{arguments:?}: {told}");
    }
}
