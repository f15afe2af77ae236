//! azlab.toml and `azlab config`, as people use them.
use std::path::PathBuf;

use serde_json::{Value, json};

use super::{Ended, World, keys};

impl World {
    /// Writes a file below the world's directory.
    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, bytes).unwrap();
        path
    }

    /// `config show -o json` with more arguments.
    fn shown(&self, arguments: &[&str]) -> Value {
        self.run(&[&["config", "show", "-o", "json"], arguments].concat()).done().json()
    }
}

/// A setting of the command as a whole or, with `lab`, of one lab: value, source, from.
#[track_caller]
fn setting(shown: &Value, lab: Option<&str>, key: &str) -> (Value, String, Option<String>) {
    let all = match lab {
        None => &shown["settings"],
        Some(name) => &shown["labs"].as_array().unwrap().iter().find(|lab| lab["name"] == name).unwrap()["settings"],
    };
    let one = all.as_array().unwrap().iter().find(|one| one["key"] == key).unwrap_or_else(|| panic!("{key}: {shown}"));
    assert_eq!(keys(one), ["from", "key", "source", "value"]);
    let text = |key: &str| one[key].as_str().map(str::to_owned);
    (one["value"].clone(), text("source").unwrap(), text("from"))
}

#[test]
fn init_writes_a_file_that_show_takes_and_never_replaces_one_unasked() {
    let world = World::new();
    let before = world.shown(&[]);
    assert_eq!(before["file"], Value::Null);
    assert!(world.run(&["config", "init"]).done().stdout.contains("wrote azlab.toml"));
    let path = world.path().join("azlab.toml");
    let written = std::fs::read(&path).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o644);
    }
    let after = world.shown(&[]);
    let values = |shown: &Value| {
        let all = shown["settings"].as_array().unwrap().iter().chain(shown["labs"][0]["settings"].as_array().unwrap());
        all.map(|one| (one["key"].clone(), one["value"].clone())).collect::<Vec<_>>()
    };
    assert_eq!(values(&after), values(&before), "it says what holds without it");

    std::fs::write(&path, "version = 1 # mine").unwrap();
    let refused = world.run(&["config", "init", "-o", "json"]).exit(2).json();
    assert_eq!((refused["error"]["code"].as_str(), refused["command"].as_str()), (Some("FileExists"), Some("config")));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "version = 1 # mine");
    world.run(&["config", "init", "--force"]).done();
    assert_eq!(std::fs::read(&path).unwrap(), written);

    let elsewhere = world.run(&["config", "init", "sub/other.toml"]).exit(2);
    assert!(elsewhere.stderr.contains("sub/other.toml cannot be written"), "{elsewhere:?}");
    world.run(&["config", "init", "other.toml"]).done();
    let left: Vec<_> = std::fs::read_dir(world.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left.len(), 2, "nothing half-written is left: {left:?}");
}

#[test]
fn flag_goes_before_environment_before_file_before_default() {
    let world = World::new();
    world.write("azlab.toml", "version = 1\nowner = 'file'\nauth = 'azd'\nlocation = 'eastus'\n");
    let show = |environment: &[(&str, &str)], arguments: &[&str]| {
        let mut command = world.azlab(&[&["config", "show", "-o", "json"], arguments].concat());
        Ended::of(command.envs(environment.iter().copied()).output().unwrap()).done().json()
    };
    let given = |value: &str, source: &str, from: &str| (json!(value), source.to_owned(), Some(from.to_owned()));
    let lab = Some("default");
    let shown = show(&[], &[]);
    assert_eq!(setting(&shown, lab, "owner"), given("file", "file", "azlab.toml:2"));
    assert_eq!(setting(&shown, None, "auth"), given("azd", "file", "azlab.toml:3"));
    assert_eq!(setting(&shown, lab, "location"), given("eastus", "file", "azlab.toml:4"));
    assert_eq!(setting(&shown, None, "cloud"), (json!("public"), "default".into(), None));
    assert_eq!(setting(&shown, lab, "cluster.node_count"), (Value::Null, "default".into(), None));
    let environment = [("AZLAB_OWNER", "env"), ("AZLAB_AUTH", "cli")];
    let shown = show(&environment, &[]);
    assert_eq!(setting(&shown, lab, "owner"), given("env", "environment", "AZLAB_OWNER"));
    assert_eq!(setting(&shown, None, "auth"), given("cli", "environment", "AZLAB_AUTH"));
    let shown = show(&environment, &["--owner", "flag", "--auth", "secret", "--location", "West Europe"]);
    assert_eq!(setting(&shown, lab, "owner"), given("flag", "flag", "--owner"));
    assert_eq!(setting(&shown, None, "auth"), given("secret", "flag", "--auth"));
    assert_eq!(setting(&shown, lab, "location"), given("westeurope", "flag", "--location"));
}

/// Each key with the option that says the same, a value in the file, another on the command line.
const SAME: [(&str, &str, &str, &str); 18] = [
    ("resource_group", "--resource-group", "'rg1'", "rg2"),
    ("location", "--location", "'eastus'", "westeurope"),
    ("ttl", "--ttl", "'8h'", "2h"),
    ("owner", "--owner", "'a'", "b"),
    ("cluster.name", "--cluster", "'c1'", "c2"),
    ("cluster.kubernetes_version", "--kubernetes-version", "'1.33'", "1.34"),
    ("cluster.node_count", "--node-count", "3", "4"),
    ("cluster.node_vm_size", "--node-vm-size", "'Standard_A'", "Standard_B"),
    ("identity.name", "--identity", "'id1'", "id2"),
    ("identity.federated_credentials[0].name", "--federated-credential", "'fc1'", "fc2"),
    (
        "identity.federated_credentials[0].subject",
        "--subject",
        "'system:serviceaccount:a:b'",
        "system:serviceaccount:c:d",
    ),
    ("openai.account", "--account", "'ac1'", "ac2"),
    ("openai.soft_deleted", "--soft-deleted", "'avoid'", "restore"),
    ("deployments[0].name", "--deployment", "'d1'", "d2"),
    ("deployments[0].model", "--model", "'m1'", "m2"),
    ("deployments[0].model_version", "--model-version", "'1'", "2"),
    ("deployments[0].model_sku", "--model-sku", "'Standard'", "GlobalStandard"),
    ("deployments[0].capacity", "--capacity", "5", "6"),
];

#[test]
fn every_key_reaches_the_lab_from_the_file_and_its_option_goes_before_it() {
    let world = World::new();
    let lab = Some("default");
    let value =
        |text: &str| text.trim_matches('\'').parse::<u64>().map_or(json!(text.trim_matches('\'')), |n| json!(n));
    for (key, option, in_file, on_line) in SAME {
        // Other keys of a list's entry that must be there.
        let line = match key.split_once("[0].") {
            None => format!("{key} = {in_file}"),
            Some((list, "name")) => format!("{list} = [{{ name = {in_file} }}]"),
            Some((list, "model_version")) => {
                format!("{list} = [{{ name = 'x12', model = 'm', model_version = {in_file} }}]")
            }
            Some((list, key)) => format!("{list} = [{{ name = 'x12', {key} = {in_file} }}]"),
        };
        let text = format!("version = 1\n{line}\n");
        world.write("azlab.toml", &text);
        let quoted = |text: &str| {
            if matches!(key, "deployments[0].model_version") { json!(text.trim_matches('\'')) } else { value(text) }
        };
        let from_file = setting(&world.shown(&[]), lab, key);
        assert_eq!(from_file, (quoted(in_file), "file".into(), Some("azlab.toml:2".into())), "{text}");
        let from_flag = setting(&world.shown(&[option, on_line]), lab, key);
        let version = if key.ends_with("kubernetes_version") { json!(on_line) } else { quoted(on_line) };
        assert_eq!(from_flag, (version, "flag".into(), Some(option.into())), "{text}");
    }
}

#[test]
fn the_nearest_file_counts_unless_one_is_named() {
    let world = World::new();
    world.write("azlab.toml", "version = 1\nworkshop = 'top'\n");
    world.write("a/b/none.txt", "");
    world.write("a/c/azlab.toml", "version = 1\nworkshop = 'near'\n");
    let named = world.write("named.toml", "version = 1\nworkshop = 'named'\n");
    let other = world.write("other.toml", "version = 1\nworkshop = 'other'\n");
    let workshop = |directory: &str, arguments: &[&str], variable: Option<&PathBuf>| {
        let mut command = world.azlab(&[&["config", "show", "-o", "json"], arguments].concat());
        command.current_dir(world.path().join(directory));
        if let Some(path) = variable {
            command.env("AZLAB_CONFIG", path);
        }
        setting(&Ended::of(command.output().unwrap()).done().json(), None, "workshop").0
    };
    assert_eq!(workshop("", &[], None), "top");
    assert_eq!(workshop("a/b", &[], None), "top");
    assert_eq!(workshop("a/c", &[], None), "near");
    assert_eq!(workshop("a/c", &[], Some(&named)), "named");
    assert_eq!(workshop("a/c", &["--config", other.to_str().unwrap()], Some(&named)), "other");
}

#[test]
fn a_file_that_cannot_be_used_is_told_and_nothing_is_made() {
    let world = World::new();
    let utf16: Vec<u8> =
        [0xff, 0xfe].into_iter().chain("version = 1".encode_utf16().flat_map(u16::to_le_bytes)).collect();
    std::fs::create_dir(world.path().join("directory")).unwrap();
    world.write("empty", " \n");
    world.write("huge", vec![b'#'; 10 << 20]);
    world.write("utf16", utf16);
    world.write("latin1", b"version = 1\nowner = '\xe4'\n");
    world.write("wrong", "version = 1\n[cluster]\nnode_cont = 3\nname = 7\n");
    world.write("deep", format!("version = 1\nlabs = {}", "[".repeat(100_000)));
    world.write("clash", "version = 1\nlabs = ['a', 'b']\nresource_group = 'rg'\n");
    for (file, says) in [
        ("missing", "there is no file missing"),
        ("directory", "directory is a directory"),
        ("empty", "empty is empty"),
        ("huge", "larger than 262144 bytes"),
        ("utf16", "utf16:1:1: this is not UTF-8 (it looks like UTF-16)"),
        ("latin1", "latin1:2:10: this is not UTF-8"),
        (
            "wrong",
            "wrong:3:1: unknown key 'node_cont' in cluster\n    3 | node_cont = 3\n      | ^^^^^^^^^\n    did you mean node_count?",
        ),
        ("wrong", "wrong has 2 errors"),
        ("wrong", "wrong:4:8: cluster.name must be text in quotes, not a whole number"),
        ("deep", "deep:2:"),
        ("clash", "clash:3:18: the labs 'a' and 'b' have the same resource group 'rg'"),
    ] {
        for command in [&["provision", "--sandbox", "--config", file][..], &["config", "show", "--config", file]] {
            let text = world.run(command).exit(2);
            let object = world.run(&[command, &["-o", "json"]].concat()).exit(2).json();
            let message = object["error"]["message"].as_str().unwrap();
            assert!(message.contains(says), "{message}");
            assert!(text.stderr.contains(message.lines().next().unwrap()), "{text:?}");
            assert_eq!(object["error"]["code"], "InvalidConfig");
            assert!(object["error"]["hint"].as_str().is_some_and(|hint| !hint.is_empty()));
        }
    }
    assert!(!world.sandbox().exists());
}

#[test]
fn a_file_that_notepad_wrote_is_read() {
    let world = World::new();
    world.write("azlab.toml", "\u{feff}version = 1\r\nworkshop = \"mine\"\r\n");
    let shown = world.shown(&[]);
    assert_eq!(setting(&shown, None, "workshop"), (json!("mine"), "file".into(), Some("azlab.toml:2".into())));
}

#[test]
fn a_broken_file_is_no_hindrance_to_what_does_not_go_by_it() {
    let world = World::new();
    world.write("azlab.toml", "nonsense");
    world.run(&["config", "show"]).exit(2);
    for arguments in [
        &["config", "schema"][..],
        &["config", "init", "new.toml"],
        &["sandbox", "show"],
        &["completions", "bash"],
        &["man"],
        &["--version"],
    ] {
        world.run(arguments).done();
    }
}

#[test]
fn all_without_a_file_and_all_with_names_are_refused() {
    let world = World::new();
    let refused = world.run(&["provision", "--sandbox", "--all"]).exit(2);
    assert!(
        refused.stderr.contains("none here or above") && refused.stderr.contains("azlab config init"),
        "{refused:?}"
    );
    world.write("azlab.toml", "version = 1\nlabs = ['a', 'b']\n");
    assert!(world.run(&["provision", "--sandbox", "--all", "-l", "a"]).exit(2).stderr.contains("--all"));
    let refused = world.run(&["teardown", "--sandbox", "--yes"]).exit(2);
    assert!(refused.stderr.contains("azlab.toml has 2 labs: a, b") && refused.stderr.contains("--all"), "{refused:?}");
    assert!(!world.sandbox().exists());
    let labs = world.shown(&[]);
    assert_eq!(labs["labs"].as_array().unwrap().len(), 2, "what only looks takes all");
    assert_eq!(world.shown(&["-l", "B"])["labs"][0]["name"], "b");
}

#[test]
fn provision_says_which_file_it_goes_by_and_does_what_it_says() {
    let world = World::new();
    world.write("azlab.toml", "version = 1\nlabs = ['ada']\nresource_group = 'rg-{lab}'\ncluster.name = 'aks'\n");
    world.write("below/none.txt", "");
    let mut command = world.azlab(&["provision", "--sandbox", "--progress", "plain"]);
    let ended = Ended::of(command.current_dir(world.path().join("below")).output().unwrap()).done();
    assert!(ended.stderr.contains("azlab.toml"), "{ended:?}");
    let inventory = world.inventory().to_string().to_lowercase();
    assert!(inventory.contains("resourcegroups/rg-ada/providers/microsoft.containerservice/managedclusters/aks\""));
}

#[test]
fn a_secret_in_the_file_is_refused_and_shown_nowhere() {
    let world = World::new();
    world.write("azlab.toml", "version = 1\nowner = 3\nclient_secret = 'hunter2'\n");
    let log = world.path().join("log");
    for output in ["text", "json"] {
        let ended = world.run(&["provision", "--sandbox", "-o", output, "--log-file", log.to_str().unwrap()]).exit(2);
        assert!(!format!("{ended:?}").contains("hunter2"), "{ended:?}");
        assert!(format!("{ended:?}").contains("client_secret"), "{ended:?}");
    }
}

#[test]
fn ids_are_hidden_in_what_is_shown_on_request() {
    let world = World::new();
    let id = "1b2c3d4e-0000-4000-8000-123456789abc";
    world.write("azlab.toml", format!("version = 1\nsubscription = '{id}'\n"));
    assert!(world.run(&["config", "show"]).done().stdout.contains(id));
    assert!(!world.run(&["config", "show", "--hide-ids"]).done().stdout.contains(id));
}

#[test]
fn the_command_that_takes_the_labs_away_again_means_the_same_labs() {
    let world = World::new();
    world.write("azlab.toml", "version = 1\nlabs = ['a', 'b', 'c']\n");
    let other = world.write("my other.toml", "version = 1\nlabs = ['solo']\n");
    let other = other.to_str().unwrap();
    for (arguments, says) in [
        (&["--all"][..], "azlab teardown --sandbox --all  ".to_owned()),
        (&["-l", "c", "a"], "azlab teardown --sandbox --lab c a  ".to_owned()),
        (&["-l", "b", "-g", "elsewhere"], "azlab teardown --sandbox --lab b --resource-group elsewhere  ".to_owned()),
        (&["--config", other], format!("azlab teardown --sandbox --config '{other}' --lab solo  ")),
    ] {
        world.run(&["sandbox", "reset"]).done();
        let made = world.provision(arguments).done();
        assert!(made.stdout.contains(&says), "{says}: {}", made.stdout);
    }
}

#[test]
fn a_files_ttl_is_on_the_group_and_on_the_account_and_a_second_run_writes_nothing() {
    let world = World::new();
    std::fs::write(world.path().join("azlab.toml"), "version = 1\nttl = \"8h\"\n").unwrap();
    world.run(&["provision", "--sandbox", "-q"]).done();
    let again = world.run(&["provision", "--sandbox", "-o", "json"]).done().json();
    assert_eq!(again["requests"]["writes"], 0, "{again}");
    world.run(&["status", "--sandbox", "--exit-code"]).done();
    let shown = world.run(&["extend", "--sandbox", "--never", "-o", "json"]).done().json();
    let changed: Vec<_> = shown["labs"][0]["changes"].as_array().unwrap().iter().map(|one| &one["resource"]).collect();
    assert_eq!(changed, ["resource_group", "openai_account"], "both had it: {shown}");
}
