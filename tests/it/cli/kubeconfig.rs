//! `azlab kubeconfig`: somebody's file, with everything else in it.
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use super::{Ended, World, writes_once};

fn kubeconfig(world: &World, arguments: &[&str]) -> Ended {
    world.run(&[&["kubeconfig", "--sandbox"], arguments].concat())
}

fn lab() -> World {
    let world = World::new();
    world.provision(&["-q"]).done();
    world
}

fn default_file(world: &World) -> PathBuf {
    world.path().join(".kube/config")
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn contexts(file: &Path) -> Vec<String> {
    let tree: Value = yaml(file);
    let list = tree["contexts"].as_array().unwrap();
    list.iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect()
}

fn yaml(file: &Path) -> Value {
    yaml_serde::from_str(&fs::read_to_string(file).unwrap()).unwrap()
}

/// What kubectl makes of the file; `None` where there is no kubectl.
fn kubectl(file: &Path, arguments: &[&str]) -> Option<String> {
    let output = Command::new("kubectl").arg("--kubeconfig").arg(file).args(arguments).output().ok()?;
    Some(Ended::of(output).done().stdout)
}

/// Somebody's kubeconfig, with what other tools put there.
const THEIRS: &str = "\
# mine
apiVersion: v1
preferences: {}
kind: Config
current-context: old
clusters:
- cluster:
    server: https://old:6443
    insecure-skip-tls-verify: true
  name: old
contexts:
- context: {cluster: old, user: old, namespace: 'no'}
  name: old
users:
- name: old
  user:
    token: '123_456'
    x-unknown: [1, 2.5, true, null]
extensions: null
x-tool: {z: 1, a: 2}
";

#[test]
fn a_new_kubeconfig_is_its_owners_only_and_a_second_run_leaves_it_alone() {
    let world = lab();
    let made = kubeconfig(&world, &[]).done();
    let file = default_file(&world);
    assert!(made.stdout.contains("merged myAKSCluster as current context into"), "{made:?}");
    assert_eq!((mode(&file), mode(file.parent().unwrap())), (0o600, 0o700));
    if let Some(current) = kubectl(&file, &["config", "current-context"]) {
        assert_eq!(current, "myAKSCluster\n");
        let view: Value =
            serde_json::from_str(&kubectl(&file, &["config", "view", "--raw", "-o", "json"]).unwrap()).unwrap();
        assert_eq!(view["users"][0]["name"], "clusterUser_myResourceGroup_myAKSCluster");
        assert!(view["clusters"][0]["cluster"]["server"].as_str().unwrap().contains(".azmk8s.io:443"), "{view}");
    }
    let before = (fs::read(&file).unwrap(), fs::metadata(&file).unwrap().modified().unwrap());
    kubeconfig(&world, &[]).done();
    assert_eq!((fs::read(&file).unwrap(), fs::metadata(&file).unwrap().modified().unwrap()), before);
    assert_eq!(fs::read_dir(file.parent().unwrap()).unwrap().count(), 1, "no lock and no half file is left");
}

#[test]
fn everything_else_in_the_file_stays_as_kubectl_reads_it() {
    let world = lab();
    let (real, link) = (world.path().join("real"), world.path().join("link"));
    fs::write(&real, THEIRS).unwrap();
    fs::set_permissions(&real, fs::Permissions::from_mode(0o644)).unwrap();
    symlink("real", &link).unwrap();
    let before = yaml(&real);
    let merged = kubeconfig(&world, &["--file", "link"]).done();
    assert!(merged.stderr.contains("could be read by others"), "{merged:?}");
    assert!(merged.stderr.contains("comments in link are lost"), "{merged:?}");
    assert!(merged.stdout.contains("kubectl --kubeconfig link config view --minify"), "{merged:?}");
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(mode(&real), 0o600);
    let after = yaml(&real);
    for kind in ["clusters", "users", "contexts"] {
        assert_eq!(after[kind][0], before[kind][0], "{kind}");
        assert_eq!(after[kind].as_array().unwrap().len(), 2, "{kind}");
    }
    assert_eq!((&after["x-tool"], &after["extensions"]), (&before["x-tool"], &Value::Null));
    assert_eq!(after["current-context"], "myAKSCluster");
    let text = fs::read_to_string(&real).unwrap();
    let keys: Vec<&str> = text.lines().filter(|line| line.starts_with(|c: char| c.is_ascii_lowercase())).collect();
    let keys: Vec<&str> = keys.iter().map(|line| line.split(':').next().unwrap()).collect();
    assert_eq!(
        keys,
        [
            "apiVersion",
            "preferences",
            "kind",
            "current-context",
            "clusters",
            "contexts",
            "users",
            "extensions",
            "x-tool"
        ]
    );
    if let Some(view) = kubectl(&real, &["config", "view", "--raw", "-o", "json"]) {
        let view: Value = serde_json::from_str(&view).unwrap();
        assert_eq!(view["contexts"].as_array().unwrap().len(), 2);
        let old = view["contexts"].as_array().unwrap().iter().find(|one| one["name"] == "old").unwrap();
        assert_eq!(old["context"]["namespace"], "no", "a namespace, not a YAML 1.1 boolean");
        let user = view["users"].as_array().unwrap().iter().find(|one| one["name"] == "old").unwrap();
        assert_eq!(user["user"]["token"], "123_456");
    }
}

#[test]
fn another_entry_of_the_same_name_is_replaced_on_request_only() {
    let world = lab();
    let file = default_file(&world);
    kubeconfig(&world, &[]).done();
    let theirs = fs::read_to_string(&file).unwrap().replace("https://myAKS", "https://other");
    fs::write(&file, &theirs).unwrap();
    let refused = kubeconfig(&world, &["-o", "json"]).exit(2).json();
    assert_eq!(refused["error"]["code"], "KubeconfigConflict");
    let (message, hint) = (refused["error"]["message"].as_str().unwrap(), refused["error"]["hint"].as_str().unwrap());
    assert!(message.ends_with("cluster myAKSCluster"), "{message}");
    assert!(hint.contains("--overwrite") && hint.contains("--context"), "{hint}");
    assert_eq!(fs::read_to_string(&file).unwrap(), theirs);
    kubeconfig(&world, &["--context", "lab"]).done();
    assert_eq!(contexts(&file), ["myAKSCluster", "lab"]);
    assert!(fs::read_to_string(&file).unwrap().contains("https://other"), "both are kept");
    kubeconfig(&world, &["--overwrite", "--no-switch"]).done();
    assert!(!fs::read_to_string(&file).unwrap().contains("https://other"));
    assert_eq!(yaml(&file)["current-context"], "lab", "not switched");
    if kubectl(&file, &["config", "set-context", "lab", "--namespace", "store"]).is_some() {
        kubeconfig(&world, &["--context", "lab"]).done();
        let kept = yaml(&file);
        let lab = kept["contexts"].as_array().unwrap().iter().find(|one| one["name"] == "lab").unwrap();
        assert_eq!(lab["context"]["namespace"], "store", "a chosen namespace is no conflict, and stays");
    }
}

#[test]
fn the_administrator_stands_beside_the_user() {
    let world = lab();
    kubeconfig(&world, &[]).done();
    let result = kubeconfig(&world, &["--admin", "-o", "json"]).done().json();
    let entry = &result["labs"][0]["kubeconfig"];
    assert_eq!(entry["context"], "myAKSCluster-admin");
    assert_eq!((&entry["cluster"], &entry["current"]), (&"myAKSCluster".into(), &true.into()));
    assert_eq!(entry["user"], "clusterAdmin_myResourceGroup_myAKSCluster");
    assert_eq!(contexts(&default_file(&world)), ["myAKSCluster", "myAKSCluster-admin"]);
}

#[test]
fn several_labs_are_told_apart_in_one_file_and_the_first_is_current() {
    let world = World::new();
    world.provision(&["-q", "-l", "anna", "ben"]).done();
    let part = kubeconfig(&world, &["-l", "ben", "anna", "carla"]).exit(6);
    assert!(part.stderr.contains("azlab provision --sandbox --lab carla"), "{part:?}");
    let file = default_file(&world);
    assert_eq!(contexts(&file), ["myAKSCluster-ben", "myAKSCluster-anna"], "those that are there");
    assert_eq!(yaml(&file)["current-context"], "myAKSCluster-ben");
    let servers = yaml(&file);
    assert_ne!(servers["clusters"][0]["cluster"]["server"], servers["clusters"][1]["cluster"]["server"]);
    let refused = kubeconfig(&world, &["-l", "anna", "ben", "--context", "x"]).exit(2);
    assert!(refused.stderr.contains("not of 2"), "{refused:?}");
}

#[test]
fn stdout_gets_the_kubeconfig_and_nothing_else() {
    let world = lab();
    let mut command = world.azlab(&["kubeconfig", "--sandbox", "--file", "-"]);
    let printed = Ended::of(command.env("AZLAB_OUTPUT", "json").output().unwrap()).done();
    let tree: Value = yaml_serde::from_str(&printed.stdout).unwrap();
    assert_eq!((&tree["kind"], &tree["current-context"]), (&"Config".into(), &"myAKSCluster".into()));
    assert!(!default_file(&world).exists());
    let absent = kubeconfig(&world, &["--file", "-", "--cluster", "other"]).exit(6);
    assert_eq!(absent.stdout, "");
}

#[test]
fn kubectls_variable_says_which_file() {
    let world = lab();
    fs::write(world.path().join("b"), "").unwrap();
    let mut command = world.azlab(&["kubeconfig", "--sandbox", "-q"]);
    Ended::of(command.env("KUBECONFIG", ":a:b:c").output().unwrap()).done();
    assert_eq!(contexts(&world.path().join("b")), ["myAKSCluster"], "the first that exists, an empty file");
    assert!(!world.path().join("a").exists() && !default_file(&world).exists());
}

/// Somebody's own cluster that has the names of the lab's.
const NAMESAKES: &str = "clusters: [{name: myAKSCluster, cluster: {server: 'https://theirs'}}]\n\
    users: [{name: clusterUser_myResourceGroup_myAKSCluster, user: {token: t}}]\n\
    contexts: [{name: myAKSCluster, context: {cluster: myAKSCluster, user: clusterUser_myResourceGroup_myAKSCluster}}]\n\
    current-context: myAKSCluster\n";

#[test]
fn entries_of_another_file_of_kubeconfig_are_not_hidden() {
    let world = lab();
    let (first, second) = (world.path().join("first"), world.path().join("second"));
    fs::write(&first, "").unwrap();
    fs::write(&second, NAMESAKES).unwrap();
    let merge = |arguments: &[&str]| {
        let mut command = world.azlab(&[&["kubeconfig", "--sandbox", "--progress", "none"], arguments].concat());
        Ended::of(command.env("KUBECONFIG", "first:second").output().unwrap())
    };
    let refused = merge(&["-o", "json"]).exit(2).json();
    assert_eq!(refused["error"]["code"], "KubeconfigConflict");
    let (message, hint) = (refused["error"]["message"].as_str().unwrap(), refused["error"]["hint"].as_str().unwrap());
    assert!(
        message.starts_with("second has") && message.contains("cluster myAKSCluster, user clusterUser"),
        "{message}"
    );
    assert!(hint.contains("--context") && hint.contains("--overwrite"), "{hint}");
    assert_eq!(fs::read_to_string(&first).unwrap(), "");
    for _ in 0..2 {
        merge(&["--context", "lab"]).done();
        assert_eq!(contexts(&first), ["lab"]);
        assert_eq!(yaml(&first)["users"][0]["name"], "clusterUser_myResourceGroup_myAKSCluster-lab");
    }
    assert_eq!(fs::read_to_string(&second).unwrap(), NAMESAKES);
    merge(&["--overwrite"]).done();
    assert_eq!(contexts(&first), ["lab", "myAKSCluster"]);
}

#[test]
fn a_name_that_was_given_takes_the_place_of_no_other_user() {
    let world = lab();
    let file = world.path().join("config");
    fs::write(&file, NAMESAKES).unwrap();
    for _ in 0..2 {
        kubeconfig(&world, &["--file", "config", "--context", "lab"]).done();
        let merged = yaml(&file);
        assert_eq!(merged["users"][0]["user"]["token"], "t");
        assert_eq!(merged["contexts"][1]["context"]["user"], merged["users"][1]["name"]);
        assert_eq!(merged["users"].as_array().unwrap().len(), 2, "{merged}");
    }
}

#[test]
fn two_entries_of_one_name_are_refused_as_kubectl_refuses_them() {
    let world = lab();
    for list in ["clusters", "users", "contexts"] {
        let theirs = format!("{list}: [{{name: same, {list}: {{}}}}, {{name: same, {list}: {{}}}}]\n");
        fs::write(world.path().join("config"), &theirs).unwrap();
        let refused = kubeconfig(&world, &["--file", "config", "-o", "json"]).exit(2).json();
        assert_eq!(refused["error"]["code"], "InvalidKubeconfig");
        assert!(refused["error"]["message"].as_str().unwrap().contains(&format!("two of its {list}")), "{refused}");
        assert_eq!(fs::read_to_string(world.path().join("config")).unwrap(), theirs);
    }
}

#[test]
fn a_file_that_is_no_kubeconfig_or_cannot_be_written_stays_as_it_is() {
    let world = lab();
    let path = |name: &str| world.path().join(name);
    fs::create_dir(path("folder")).unwrap();
    symlink("nowhere", path("dangling")).unwrap();
    symlink("loop", path("loop")).unwrap();
    fs::write(path("readonly"), THEIRS).unwrap();
    fs::set_permissions(path("readonly"), fs::Permissions::from_mode(0o444)).unwrap();
    fs::File::create(path("huge")).unwrap().set_len(17 << 20).unwrap();
    fs::write(path("file"), "x").unwrap();
    let texts: [(&str, &[u8], &str); 8] = [
        ("text", b"just words", "not a map"),
        ("list", b"- a\n- b\n", "not a map"),
        ("broken", b"clusters: [\n", "not YAML"),
        ("twice", b"clusters: []\nclusters: []\n", "not YAML"),
        ("bytes", b"\xff\xfe\x00", "not valid UTF-16"),
        ("map", b"clusters: {a: b}\n", "clusters are not a list"),
        ("deep", &[b'['; 100_000], "cannot be read as YAML"),
        ("pod", b"apiVersion: v1\nkind: Pod\n", "of kind Pod"),
    ];
    for (name, bytes, _) in &texts {
        fs::write(path(name), bytes).unwrap();
    }
    let others = [
        ("folder", "is a directory"),
        ("dangling", "leads nowhere"),
        ("loop", "leads nowhere"),
        ("readonly", "read-only"),
        ("huge", "16 MiB"),
        ("/dev/null", "not a regular file"),
        // A pipe, which has no name.
        ("/dev/stdout", "not a regular file"),
        ("file/below", "Not a directory"),
    ];
    let all = texts.iter().map(|(name, _, problem)| (*name, *problem)).chain(others);
    for (name, problem) in all {
        let refused = kubeconfig(&world, &["--progress", "none", "--file", name]).exit(2);
        assert!(refused.stderr.contains(problem), "{name}: {}", refused.stderr);
        assert!(refused.stderr.contains("hint: "), "{name}: {}", refused.stderr);
    }
    for (name, bytes, _) in &texts {
        assert_eq!(fs::read(path(name)).unwrap(), *bytes, "{name}");
    }
    assert_eq!(fs::read_to_string(path("readonly")).unwrap(), THEIRS);
    let left = fs::read_dir(world.path()).unwrap().filter(|one| {
        let name = one.as_ref().unwrap().file_name();
        name.to_string_lossy().contains("lock") || name.to_string_lossy().starts_with(".azlab")
    });
    assert_eq!(left.count(), 0);
    fs::write(path("nulls"), "clusters: null\ncontexts:\nusers: ~\n").unwrap();
    kubeconfig(&world, &["--file", "nulls"]).done();
    assert_eq!(contexts(&path("nulls")), ["myAKSCluster"]);
}

#[test]
fn many_at_once_lose_nothing() {
    let world = World::new();
    let labs = ["a", "b", "c", "d", "e", "f"];
    world.provision(&[&["-q", "-l"], &labs[..]].concat()).done();
    let file = world.path().join("shared");
    fs::write(&file, THEIRS).unwrap();
    symlink("shared", world.path().join("link")).unwrap();
    let start = |(index, lab): (usize, &&str)| {
        let name = if index % 2 == 0 { "shared" } else { "link" };
        let mut command = world.azlab(&["kubeconfig", "--sandbox", "-l", lab, "--context", lab, "--file", name]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let children: Vec<_> = labs.iter().enumerate().map(start).collect();
    for child in children {
        Ended::of(child.wait_with_output().unwrap()).done();
    }
    let mut found = contexts(&file);
    found.sort_unstable();
    assert_eq!(found, ["a", "b", "c", "d", "e", "f", "old"]);
}

#[test]
fn credentials_go_into_the_file_and_nowhere_else() {
    let world = lab();
    let told = kubeconfig(&world, &["-vv", "--events", "events.jsonl", "--log-file", "azlab.log", "-o", "json"]).done();
    let user = &yaml(&default_file(&world))["users"][0]["user"];
    let read = |name: &str| fs::read_to_string(world.path().join(name)).unwrap();
    assert!(told.stderr.contains("listClusterUserCredential"), "{told:?}");
    for secret in ["token", "client-key-data", "client-certificate-data"] {
        let secret = user[secret].as_str().unwrap();
        for text in [&told.stdout, &told.stderr, &read("events.jsonl"), &read("azlab.log")] {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
    }
    let told = told.json();
    assert!(told["requests"]["writes"].as_u64() >= Some(1) && writes_once(&told) <= 1, "it counts as a write: {told}");
}
