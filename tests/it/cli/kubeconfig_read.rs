//! `azlab kubeconfig` and files that say what they say in an odd way: what kubectl reads in them before, it reads after.
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::{Ended, World};

fn lab() -> World {
    let world = World::new();
    world.provision(&["-q"]).done();
    world
}

fn merge(world: &World, file: &str) -> Ended {
    world.run(&["kubeconfig", "--sandbox", "--progress", "none", "--file", file])
}

/// The whole file as kubectl reads it; `None` where there is no kubectl, which is said.
fn view(file: &Path) -> Option<Value> {
    let arguments = ["config", "view", "--raw", "-o", "json"];
    match Command::new("kubectl").arg("--kubeconfig").arg(file).args(arguments).output() {
        Ok(output) => Some(Ended::of(output).done().json_of_many_lines()),
        Err(error) => {
            eprintln!("not compared with kubectl: {error}");
            None
        }
    }
}

impl Ended {
    fn json_of_many_lines(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:#?}"))
    }
}

/// Every entry and extension of `before` is in `after`, equal.
#[track_caller]
fn assert_kept(what: &str, before: &Value, after: &Value) {
    for list in ["clusters", "users", "contexts", "extensions"] {
        for entry in before[list].as_array().into_iter().flatten() {
            let kept = after[list].as_array().into_iter().flatten().find(|one| one["name"] == entry["name"]);
            assert_eq!(kept, Some(entry), "{what}: {list}");
        }
    }
    assert_eq!(before["preferences"], after["preferences"], "{what}");
}

/// Merges into a file of these bytes, and holds what was there against what is there.
#[track_caller]
fn keeps(world: &World, what: &str, bytes: &[u8]) -> String {
    let file = world.path().join(what);
    fs::write(&file, bytes).unwrap();
    let before = view(&file);
    merge(world, what).done();
    if let Some(before) = before {
        let after = view(&file).unwrap();
        assert_kept(what, &before, &after);
        assert!(after["clusters"].as_array().unwrap().iter().any(|one| one["name"] == "myAKSCluster"), "{what}");
    }
    fs::read_to_string(&file).unwrap()
}

#[test]
fn a_user_whose_exec_is_a_merge_key_keeps_it() {
    let world = lab();
    let text = keeps(
        &world,
        "merged",
        b"x: &exec {exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: kubelogin, interactiveMode: Never}}\n\
          users: [{name: prod-user, user: {<<: *exec}}]\n",
    );
    assert!(!text.contains("<<"), "{text}");
    assert_eq!(text.matches("command: kubelogin").count(), 2, "{text}");
}

#[test]
fn what_yaml_resolves_while_it_loads_is_written_out_as_kubectl_takes_it() {
    let world = lab();
    let text = keeps(
        &world,
        "resolved",
        b"a: &a {server: 'https://one', tls-server-name: m}\nb: &b {server: 'https://two', proxy-url: 'http://p'}\n\
          name: &name shared\n\
          clusters:\n\
          - {name: before, cluster: {server: 'https://own', <<: *a}}\n\
          - {name: after, cluster: {<<: *a, server: 'https://own'}}\n\
          - {name: list, cluster: {<<: [*a, *b]}}\n\
          - {name: twice, cluster: {<<: *a, <<: *b}}\n\
          - {name: quoted, cluster: {'<<': *a, server: 'https://q'}}\n\
          - {name: alias, cluster: *b}\n\
          - name: *name\n  cluster: !!map {server: !!str https://s}\n\
          users: [{name: !!str 5, user: {token: !!str 0777}}]\n",
    );
    let after: Value = yaml_serde::from_str(&text).unwrap();
    let server = |name: &str| {
        let all = after["clusters"].as_array().unwrap();
        all.iter().find(|one| one["name"] == name).unwrap()["cluster"]["server"].as_str().unwrap().to_owned()
    };
    // What comes later goes first, which is kubectl's reading and not YAML's.
    let servers = ["before", "after", "list", "twice", "quoted", "alias", "shared"].map(server);
    assert_eq!(
        servers,
        ["https://one", "https://own", "https://one", "https://two", "https://q", "https://two", "https://s"]
    );
}

#[test]
fn words_that_yaml_1_1_takes_for_numbers_and_truths_stay_what_they_are_to_kubectl() {
    let words = [
        "no",
        "y",
        "N",
        "oFF",
        "off",
        "0777",
        "1_000",
        "0o17",
        "0b11",
        "0x_1F",
        "1e3",
        "1.5e+3",
        ".5",
        "5.",
        "190:20:30",
        "2001-01-01",
        "~",
        "Null",
        "-0b11",
        "+5",
        "1e400",
        "09",
        "18446744073709551615",
        "99999999999999999999",
        "'0x1'",
        "=",
        "-0",
        "1__0",
        "_1",
        "1_",
        "0x",
        "-0x1F",
        "1E5",
        "00",
        "1.0",
        "0.1_1",
        "\"\\u00e9\"",
        "-9223372036854775808",
        "0.30000000000000004",
        "1e-7",
        "12345678901234567890123",
        "'no'",
        "'<<'",
        "'1e3'",
        "+.5",
        "-.5e-3",
        ".",
        "+",
        "0b",
        "0o8",
        "08",
        "1e",
        "e1",
        "0.",
        "''",
        "'~'",
        "|\n      x\n",
    ];
    let values: String = words.iter().enumerate().map(|(index, word)| format!("    k{index}: {word}\n")).collect();
    let keys = "    5: a\n    1.5: b\n    yes: c\n    '06': d\n";
    let file = format!("extensions:\n- name: e\n  extension:\n{keys}{values}");
    keeps(&lab(), "words", file.as_bytes());
}

#[test]
fn a_kubeconfig_that_powershell_wrote_is_read_as_kubectl_reads_it() {
    let world = lab();
    let text = "clusters: [{name: caf\u{e9}, cluster: {server: 'https://s'}}]\r\n";
    let wide = |mark: [u8; 2], unit: fn(u16) -> [u8; 2]| -> Vec<u8> {
        mark.into_iter().chain(text.encode_utf16().flat_map(unit)).collect()
    };
    keeps(&world, "bom", &[b"\xef\xbb\xbf", text.as_bytes()].concat());
    keeps(&world, "little", &wide([0xff, 0xfe], u16::to_le_bytes));
    let after = keeps(&world, "big", &wide([0xfe, 0xff], u16::to_be_bytes));
    assert!(after.contains("caf\u{e9}"), "{after}");
}

#[test]
fn a_second_document_that_follows_is_left_as_it_stands() {
    let world = lab();
    let first = "clusters: [{name: a, cluster: {server: 'https://s'}}]\n";
    for (name, rest) in [
        ("second", "---\nkind: Config # mine\n"),
        ("broken", "--- [\n"),
        ("ended", "...\n# the end\n"),
        ("dots", "...\n%YAML 1.1\n---\nx: 1\n"),
    ] {
        let after = keeps(&world, name, format!("{first}{rest}").as_bytes());
        assert!(after.ends_with(rest), "{name}: {after}");
    }
    let after = keeps(&world, "empty-first", format!("---\n---\n{first}").as_bytes());
    assert!(after.ends_with(&format!("---\n{first}")), "{after}");
}

#[test]
fn files_that_are_legal_and_unusual_are_taken() {
    let world = lab();
    for (name, text) in [
        ("crlf", "clusters:\r\n- name: a\r\n  cluster:\r\n    server: https://s\r\n"),
        ("cr", "clusters:\r- name: a\r  cluster:\r    server: https://s\r"),
        ("tabs", "{\n\t\"clusters\": [\n\t\t{\"name\":\"a\",\"cluster\":{\"server\":\"https://s\"}}\n\t]\n}\n"),
        ("tight", "{\"clusters\":[{\"name\":\"a\",\"cluster\":{\"server\":\"https://s\"}}]}"),
        ("directive", "%YAML 1.1\n---\nclusters: [{name: a, cluster: {server: 'https://s'}}]\n"),
        ("comment", "# c\n---\nclusters: [{name: a, cluster: {server: 'https://s'}}]\n"),
        ("indented", "\n\n  clusters:\n  - name: a\n    cluster:\n      server: https://s\n"),
        ("only-comments", "# nothing yet\n"),
        ("blank", "\n \n"),
        ("folded", "users:\n- name: a\n  user:\n    token: >-\n      abc\n      def\n"),
    ] {
        keeps(&world, name, text.as_bytes());
    }
}

#[test]
fn what_would_not_stay_as_it_is_is_refused_and_nothing_is_written() {
    let world = lab();
    let laughs: String = (1..12)
        .map(|level| format!("l{level}: &l{level} [{}]\n", vec![format!("*l{}", level - 1); 10].join(",")))
        .collect();
    let deep = format!("{}{}", "- ".repeat(200), "x");
    let bombs = format!("l0: &l0 [a]\n{laughs}");
    for (name, text, problem) in [
        ("binary", "users: [{name: a, user: {token: !!binary aGk=}}]\n", "YAML tag"),
        ("local", "users: [{name: a, user: {token: !mine 5}}]\n", "YAML tag"),
        ("bare", "users: [{name: a, user: {token: ! 5}}]\n", "YAML tag"),
        ("set", "x: !!set {a: }\n", "YAML tag"),
        ("merge", "users: [{name: a, user: {<<: 5}}]\n", "is not a map"),
        ("itself", "x: &a [*a]\n", "an alias contains itself"),
        ("unknown", "x: *nobody\n", "not YAML"),
        ("laughs", &bombs, "expand to too much"),
        ("nested", &deep, "nested deeper"),
        ("control", "x: \"a\u{1}b\"\n", "control characters"),
        ("break", "x: a\u{2028}b\n", "line breaks"),
        ("keys", "{1: a, '1': b}\n", "a key is repeated"),
        ("complex", "{[a]: b}\n", "a key is a list or a map"),
    ] {
        fs::write(world.path().join(name), text).unwrap();
        let refused = merge(&world, name).exit(2);
        assert!(refused.stderr.contains(problem), "{name}: {}", refused.stderr);
        assert_eq!(fs::read_to_string(world.path().join(name)).unwrap(), text, "{name}");
    }
}

#[test]
fn what_kubectl_cannot_read_is_told_with_its_place_and_nothing_is_written() {
    let world = lab();
    for (name, text, problem) in [
        ("version", "apiVersion: v2\nkind: Config\n", "its apiVersion is v2, not v1"),
        ("number", "apiVersion: 1\n", "apiVersion is not text"),
        ("plain", "clusters: [{name: a, cluster: {}}, foo]\n", "clusters[1] is not a map"),
        ("name", "clusters: [{name: 123, cluster: {server: 'https://s'}}]\n", "clusters[0].name is not text"),
        ("truth", "users: [{name: on, user: {}}]\n", "users[0].name is not text"),
        ("token", "users: [{name: a, user: {token: 0777}}]\n", "users[0].user.token is not text"),
        ("namespace", "contexts: [{name: a, context: {namespace: 12}}]\n", "contexts[0].context.namespace is not text"),
        ("switch", "clusters: [{name: a, cluster: {insecure-skip-tls-verify: 'yes'}}]\n", "is not true or false"),
        ("arguments", "users: [{name: a, user: {exec: {args: get-token}}}]\n", "users[0].user.exec.args is not a list"),
        (
            "environment",
            "users: [{name: a, user: {exec: {env: [{name: A, value: 1}]}}}]\n",
            "exec.env[0].value is not text",
        ),
        (
            "provider",
            "users: [{name: a, user: {auth-provider: {config: {expires-in: 300}}}}]\n",
            "config.expires-in is not text",
        ),
        ("current", "current-context: 5\n", "current-context is not text"),
        (
            "key",
            "users: [{name: a, user: {client-key-data: 'YWJj ZGVm'}}]\n",
            "users[0].user.client-key-data is not base64",
        ),
        (
            "authority",
            "clusters: [{name: a, cluster: {certificate-authority-data: YWJ}}]\n",
            "cluster.certificate-authority-data is not base64",
        ),
        ("colors", "preferences: {colors: 'no'}\n", "preferences.colors is not true or false"),
        ("unnamed", "clusters: [{cluster: {server: a}}, {name: ~, cluster: {server: b}}]\n", "have one name"),
    ] {
        fs::write(world.path().join(name), text).unwrap();
        let refused = merge(&world, name).exit(2);
        assert!(refused.stderr.contains(problem), "{name}: {}", refused.stderr);
        assert_eq!(fs::read_to_string(world.path().join(name)).unwrap(), text, "{name}");
    }
    // As Go does, it passes over line breaks in base64.
    keeps(&world, "lines", b"users: [{name: a, user: {client-key-data: \"YWJj\\nZGVm\\n\"}}]\n");
    // What it takes for left out, it reads.
    keeps(
        &world,
        "nulls",
        b"clusters: ~\nusers: [{name: a, user: ~}]\ncontexts: [{name: b, context: {user: ~}}]\nkind: ~\n",
    );
}
