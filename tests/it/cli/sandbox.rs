//! `sandbox show`, `reset`, `scenario`.
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::{World, keys};

#[test]
fn an_empty_sandbox_says_how_to_fill_it() {
    let shown = World::new().run(&["sandbox", "show"]).done();
    assert!(shown.stdout.ends_with("it is empty; to make a lab: azlab provision --sandbox\n"), "{}", shown.stdout);
}

#[test]
fn what_is_there_is_shown_by_group() {
    let world = World::new();
    world.provision(&["-l", "a"]).done();
    let shown = world.run(&["sandbox", "show"]).done().stdout;
    let mut settings = insta::Settings::clone_current();
    settings.add_filter(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "[time]");
    settings.add_filter(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "[guid]");
    settings.bind(|| insta::assert_snapshot!(shown));
}

#[test]
fn shown_as_json() {
    let world = World::new();
    world.provision(&[]).done();
    let shown = world.inventory();
    assert_eq!(shown["schema"], "azlab.sandbox/v1");
    for resource in shown["resources"].as_array().unwrap() {
        assert_eq!(keys(resource), ["created", "id", "location", "state", "type"]);
        assert_eq!(resource["state"], "Succeeded", "{resource}");
    }
    assert_eq!(shown["operations"], serde_json::json!([]));
}

#[test]
fn a_reset_empties_it_and_takes_nothing_else() {
    let world = World::new();
    world.provision(&[]).done();
    std::fs::write(world.sandbox().join("mine.txt"), "mine").unwrap();
    let text = world.run(&["sandbox", "reset"]).done().stdout;
    assert_eq!(text, format!("the sandbox in {} is empty\n", world.sandbox().display()));
    assert_eq!(std::fs::read_dir(world.sandbox()).unwrap().count(), 1);
    let again = world.run(&["sandbox", "reset", "-o", "json"]).done().json();
    assert_eq!((&again["reset"], &again["directory"]), (&true.into(), &world.sandbox().to_str().unwrap().into()));
    assert_eq!(world.inventory()["resources"], serde_json::json!([]));
    assert_eq!(std::fs::read_to_string(world.sandbox().join("mine.txt")).unwrap(), "mine");
}

#[test]
fn a_state_that_another_process_works_on_is_not_deleted_under_it() {
    let world = World::new();
    world.provision(&[]).done();
    let serving = azlab_sandbox::Sandbox::open(&world.sandbox(), 1.0).unwrap();
    let refused = world.run(&["sandbox", "reset"]).exit(2);
    assert!(refused.stderr.contains("in use by another azlab"), "{refused:#?}");
    assert!(refused.stderr.contains("azlab sandbox scenario standard --fresh"), "{refused:#?}");
    assert!(!world.inventory()["resources"].as_array().unwrap().is_empty());
    // What is proposed empties it for both.
    world.run(&["sandbox", "scenario", "standard", "--fresh"]).done();
    assert!(serving.inventory().unwrap().resources.is_empty());
    drop(serving);
    world.run(&["sandbox", "reset"]).done();
}

#[test]
fn scenarios_are_listed_and_played() {
    let world = World::new();
    let listed = world.run(&["sandbox", "scenario", "--list", "-o", "json"]).done().json();
    let names: Vec<&str> =
        listed["scenarios"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
    let text = world.run(&["sandbox", "scenario", "--list"]).done().stdout;
    assert!(text.lines().zip(&names).all(|(line, name)| line.starts_with(name)), "{text}");
    assert!(!world.sandbox().exists(), "a list makes nothing");
    for name in &names {
        let played = world.run(&["sandbox", "scenario", name, "--fresh", "-o", "json"]).done().json();
        assert_eq!(played["scenario"], *name);
    }
    let played = world.run(&["sandbox", "scenario", "no-model-quota", "--fresh"]).done().stdout;
    assert!(played.contains("rehearse it:\n  azlab provision --sandbox\n"), "{played}");
    assert!(played.ends_with("back to normal: azlab sandbox scenario standard\n"), "{played}");
    world.provision(&[]).exit(4);
    world.run(&["sandbox", "scenario", "standard"]).done();
    world.provision(&[]).done();
}

#[test]
fn the_platforms_data_directory_is_the_default() {
    let world = World::new();
    let mut command = world.azlab(&["provision", "--sandbox", "-q"]);
    assert!(command.env_remove("AZLAB_SANDBOX_DIR").status().unwrap().success());
    let mut command = world.azlab(&["sandbox", "reset"]);
    let reset = super::Ended::of(command.env_remove("AZLAB_SANDBOX_DIR").output().unwrap()).done();
    assert!(reset.stdout.contains(world.path().to_str().unwrap()), "{}", reset.stdout);
}

#[test]
fn a_token_of_a_cluster_is_printed_alone_or_written_for_its_owner() {
    let world = World::new();
    let none = world.run(&["sandbox", "token", "-o", "json"]).exit(6).json();
    assert_eq!(none["error"]["code"], "NoServiceAccountToken");
    world.provision(&[]).done();
    let printed = world.run(&["sandbox", "token", "--service-account", "shop/web"]).done().stdout;
    assert_eq!((printed.matches('.').count(), printed.lines().count()), (2, 1), "a JWT, and nothing else: {printed}");
    let object = world.run(&["sandbox", "token", "-g", "myResourceGroup", "-o", "json"]).done().json();
    assert_eq!(object["subject"], "system:serviceaccount:default:ai-service-account");
    assert!(object["token"].as_str().unwrap().starts_with("eyJ"), "{object}");
    let file = world.path().join("token");
    let told = world.run(&["sandbox", "token", "--file", file.to_str().unwrap()]).done();
    assert!(!told.stdout.contains("eyJ") && told.stdout.contains("ai-service-account"), "{}", told.stdout);
    assert!(std::fs::read_to_string(&file).unwrap().starts_with("eyJ"));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let bad = world.run(&["sandbox", "token", "--service-account", "Not/One"]).exit(2);
    assert!(bad.stderr.contains("NAMESPACE/NAME"), "{}", bad.stderr);
    world.run(&["sandbox", "token", "--file", "/nowhere/token"]).exit(2);
    world.run(&["sandbox", "token", "--cluster", "/x", "-n", "aks"]).exit(2);
}

#[test]
fn the_key_of_an_issuer_is_handed_out_once_for_its_owner_and_with_a_warning() {
    let world = World::new();
    world.run(&["sandbox", "cluster", "key"]).exit(6);
    world.provision(&["-l", "ada"]).done();
    world.provision(&["-l", "ben"]).done();
    world.run(&["sandbox", "cluster", "key"]).exit(2);
    let none = world.run(&["sandbox", "cluster", "key", "-l", "zoe", "-o", "json"]).exit(6).json();
    assert!(none["error"]["message"].as_str().unwrap().contains("azlab-lab=zoe"), "{none}");
    let key = |arguments: &[&str]| world.run(&[&["sandbox", "cluster", "key"], arguments].concat());
    let printed = key(&["-l", "ada"]).done();
    assert!(printed.stdout.starts_with("-----BEGIN PRIVATE KEY-----\n"), "{}", printed.stdout);
    assert!(printed.stderr.contains("warning: the key is a secret"), "{}", printed.stderr);
    assert_eq!(key(&["-l", "ada"]).done().stdout, printed.stdout, "the same at every time");
    assert_ne!(key(&["-l", "ben"]).done().stdout, printed.stdout);
    let object = key(&["-l", "ada", "-o", "json"]).done().json();
    assert_eq!(object["key"], printed.stdout.as_str());
    assert!(object["cluster"].as_str().unwrap().contains("/managedClusters/"), "{object}");

    let file = world.path().join("key.pem");
    let out = ["-l", "ada", "--out", file.to_str().unwrap()];
    let told = key(&out).done();
    assert!(!told.stdout.contains("PRIVATE KEY") && told.stdout.contains("key.pem"), "{}", told.stdout);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), printed.stdout);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    }
    std::fs::write(&file, "mine").unwrap();
    let refused = key(&[&out[..], &["-o", "json"]].concat()).exit(2).json();
    assert_eq!(refused["error"]["code"], "FileExists", "{refused}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "mine");
    key(&[&out[..], &["--force"]].concat()).done();
    assert_eq!(std::fs::read_to_string(&file).unwrap(), printed.stdout);
    key(&["-l", "ada", "--out", "/nowhere/key"]).exit(2);
    key(&["-l", "ada", "-n", "myAKSCluster"]).exit(2);
    key(&["-l", "ada", "ben"]).exit(2);
    // A token of the lab that is named, too.
    let token = world.run(&["sandbox", "token", "-l", "ben", "-o", "json"]).done().json();
    assert_ne!(token["issuer"], object["issuer"]);
}

#[test]
fn a_token_holds_as_long_as_it_was_asked_for_by_the_real_clock_at_any_speed() {
    let world = World::new();
    world.provision(&[]).done();
    for speed in ["1", "100000"] {
        let command = ["--sandbox-speed", speed, "sandbox", "token", "--duration", "1h", "-o", "json"];
        let made = world.run(&command).done().json();
        let expires = OffsetDateTime::parse(made["expires"].as_str().unwrap(), &Rfc3339).unwrap();
        let left = expires - OffsetDateTime::now_utc();
        assert!((3300..=3600).contains(&left.whole_seconds()), "{left} at speed {speed}");
    }
    let refused = world.run(&["sandbox", "token", "--duration", "500000000000y"]).exit(2);
    assert!(refused.stderr.contains("--duration"), "{}", refused.stderr);
}

#[test]
fn a_scenarios_faults_are_met_and_counted_by_other_processes() {
    let world = World::new();
    let none = world.run(&["sandbox", "scenario"]).done().stdout;
    assert!(none.starts_with("no scenario is active"), "{none}");
    world.scenario(
        "about = 'mine'\n[[faults]]\nmethod = 'PUT'\npath = 'userAssignedIdentities/*'\ntimes = 2\nstatus = 503\n\n\
         [[faults]]\nmethod = 'PUT'\npath = 'managedClusters/*'\nskip = 1\ntimes = 1\nanswer = 'reset'\n",
    );
    let counts = || {
        let shown = world.run(&["sandbox", "scenario", "-o", "json"]).done().json();
        let count =
            |fault: &serde_json::Value| [&fault["seen"], &fault["met"], &fault["left"]].map(|n| n.as_u64().unwrap());
        shown["faults"].as_array().unwrap().iter().map(count).collect::<Vec<_>>()
    };
    assert_eq!(counts(), [[0, 0, 2], [0, 0, 1]]);
    world.provision(&[]).done();
    assert_eq!(counts(), [[2, 2, 0], [1, 0, 1]], "two identity writes were refused, the cluster's one passed");
    let shown = world.run(&["sandbox", "show"]).done().stdout;
    assert!(shown.contains("fault: PUT userAssignedIdentities/*: 503; 2 of 2 requests, and no more"), "{shown}");
    assert_eq!(world.inventory()["scenario"]["about"], "mine");
    world.run(&["sandbox", "scenario", "standard"]).done();
    assert_eq!(counts(), [[0; 3]; 0]);
}

#[test]
fn a_printed_scenario_is_a_beginning_of_ones_own() {
    let world = World::new();
    let text = world.run(&["sandbox", "scenario", "--print", "half-built"]).done().stdout;
    assert!(text.starts_with("about = "), "{text}");
    world.scenario(&text);
    let again = world.run(&["sandbox", "scenario", "half-built"]).exit(2);
    assert!(again.stderr.contains("azlab sandbox scenario half-built --fresh"), "{}", again.stderr);
    let wrong = world.run(&["sandbox", "scenario", "--print", "no-such"]).exit(2);
    assert!(wrong.stderr.contains("half-built"), "{}", wrong.stderr);
}

#[test]
fn a_slip_in_a_scenarios_name_is_answered_with_the_name_that_was_meant() {
    let world = World::new();
    for arguments in [&["halfbuilt"][..], &["--print", "Half_Built"]] {
        let refused = world.run(&[&["sandbox", "scenario"], arguments].concat()).exit(2);
        assert!(refused.stderr.contains("did you mean half-built?"), "{}", refused.stderr);
    }
    let refused = world.run(&["sandbox", "scenario", "no-modle-quota", "-o", "json"]).exit(2).json();
    assert_eq!(refused["error"]["hint"], "did you mean no-model-quota?");
    let refused = world.run(&["sandbox", "scenario", "qqq"]).exit(2);
    assert!(refused.stderr.contains("azlab sandbox scenario --list"), "{}", refused.stderr);
    assert!(!refused.stderr.contains("did you mean"), "{}", refused.stderr);
}

#[test]
fn a_slip_in_a_scenario_is_told_with_its_line_and_nothing_is_changed() {
    let world = World::new();
    world.run(&["sandbox", "scenario", "half-built"]).done();
    let ids =
        || world.inventory()["resources"].as_array().unwrap().iter().map(|it| it["id"].clone()).collect::<Vec<_>>();
    let before = ids();
    let file = world.path().join("mine.toml");
    std::fs::write(&file, "about = 'x'\n[[faults]]\npath = 'a'\nstatsu = 500\n").unwrap();
    let refused = world.run(&["sandbox", "scenario", file.to_str().unwrap(), "--fresh"]).exit(2);
    assert!(refused.stderr.contains("line 4") && refused.stderr.contains("status"), "{}", refused.stderr);
    assert_eq!(ids(), before);
}
