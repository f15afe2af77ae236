//! What the source itself must look like: types that hold secrets, and where the dependencies come from.
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use crate::support::code_folders;

/// Every Rust file of the product, the sandbox's and the clock's included.
fn sources() -> Vec<PathBuf> {
    let mut files = Vec::new();
    for folder in code_folders() {
        below(&folder, &mut files);
    }
    files
}

fn below(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            below(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

/// The types of a file: its attributes' text, and its body's.
fn types(text: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let lines: Vec<&str> = text.lines().collect();
    for (at, line) in lines.iter().enumerate() {
        let head = line.trim_start();
        let bare = head
            .strip_prefix("pub(super) ")
            .or_else(|| head.strip_prefix("pub(crate) "))
            .or_else(|| head.strip_prefix("pub "));
        let bare = bare.unwrap_or(head);
        if !bare.starts_with("struct ") && !bare.starts_with("enum ") {
            continue;
        }
        let above = lines[..at].iter().rev().take_while(|line| {
            let line = line.trim_start();
            line.starts_with("#[") || line.starts_with("///") || line.starts_with("//")
        });
        let attributes: Vec<&str> = above.filter(|line| line.trim_start().starts_with("#[")).copied().collect();
        let indent = line.len() - head.len();
        let is_end =
            |line: &&str| line.trim_end() == format!("{}}}", " ".repeat(indent)) || line.trim_end().ends_with(");");
        let rest = &lines[at..];
        let end = if head.ends_with(';') { 0 } else { rest.iter().position(is_end).unwrap_or(rest.len() - 1) };
        found.push((attributes.join("\n"), rest[..=end].join("\n")));
    }
    found
}

#[test]
fn no_type_that_holds_a_secret_shows_it_in_debug() {
    let (mut holders, mut shown) = (0, Vec::new());
    for file in sources() {
        let text = fs::read_to_string(&file).unwrap();
        for (attributes, body) in types(&text) {
            // Zeroizing shows what it wipes; keys of rcgen, rustls and jsonwebtoken say nothing of themselves.
            if !body.contains("Zeroizing<") {
                continue;
            }
            holders += 1;
            if attributes.contains("Debug") {
                shown.push(format!("{}: {}", file.display(), body.lines().next().unwrap()));
            }
        }
    }
    assert!(holders >= 5, "the walk found {holders} types alone");
    assert!(shown.is_empty(), "{shown:#?}");
}

#[test]
fn fields_with_the_names_of_secrets_have_types_that_keep_them() {
    let names = ["secret", "password", "access_token", "job_token", "client_secret", "private_key", "kubeconfig_text"];
    let mut bare = Vec::new();
    for file in sources() {
        for (_, body) in types(&fs::read_to_string(&file).unwrap()) {
            for line in body.lines().skip(1) {
                let Some((name, kind)) = line.trim().trim_end_matches(',').split_once(": ") else { continue };
                let name =
                    name.trim_start_matches("pub(super) ").trim_start_matches("pub(crate) ").trim_start_matches("pub ");
                if names.contains(&name)
                    && (kind == "String" || kind == "Option<String>" || kind.starts_with("Vec<u8>"))
                {
                    bare.push(format!("{}: {name}: {kind}", file.display()));
                }
            }
        }
    }
    assert!(bare.is_empty(), "{bare:#?}");
}

#[test]
fn every_dependency_comes_from_the_registry_with_its_checksum() {
    let lock = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.lock")).unwrap();
    let mut seen = 0;
    for package in lock.split("[[package]]").skip(1) {
        let is_ours = package.contains("name = \"azlab") && !package.contains("source = ");
        let source = "source = \"registry+https://github.com/rust-lang/crates.io-index\"";
        assert!(is_ours || (package.contains(source) && package.contains("checksum = \"")), "{package}");
        seen += 1;
    }
    assert!(seen > 100, "{seen}");
}

#[test]
fn a_new_duplicate_source_or_licence_is_an_error_for_cargo_deny() {
    let deny = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("deny.toml")).unwrap();
    let deny: toml::Table = toml::from_str(&deny).unwrap();
    assert_eq!(deny["bans"]["multiple-versions"].as_str(), Some("deny"));
    for list in ["skip", "skip-tree"] {
        for one in deny["bans"][list].as_array().unwrap() {
            let reason = one.get("reason").and_then(toml::Value::as_str).unwrap_or_default();
            assert!(!reason.is_empty(), "no reason: {one}");
            assert!(one["crate"].as_str().unwrap().contains('@'), "one version, not all of them: {one}");
        }
    }
    assert_eq!(deny["sources"]["unknown-registry"].as_str(), Some("deny"));
    assert_eq!(deny["sources"]["unknown-git"].as_str(), Some("deny"));
    for one in deny["advisories"]["ignore"].as_array().unwrap() {
        let reason = one.get("reason").and_then(toml::Value::as_str).unwrap_or_default();
        assert!(reason.len() > 20, "an advisory without a reason: {one}");
    }
}

/// The packages of Cargo.lock, `name version`, with what each stands on.
fn packages() -> BTreeMap<String, Vec<String>> {
    let lock = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.lock")).unwrap();
    let lock: toml::Table = toml::from_str(&lock).unwrap();
    let text = |package: &toml::Value, key: &str| package[key].as_str().unwrap().to_owned();
    let all = lock["package"].as_array().unwrap();
    let ids: Vec<(String, String)> = all.iter().map(|one| (text(one, "name"), text(one, "version"))).collect();
    // A dependency is named with its version only where there are several.
    let id = |named: &str| {
        let mut words = named.split(' ');
        let (name, version) = (words.next().unwrap(), words.next());
        let is_it = |one: &&(String, String)| one.0 == name && version.is_none_or(|version| one.1 == version);
        let (name, version) = ids.iter().find(is_it).unwrap();
        format!("{name} {version}")
    };
    let below = |package: &toml::Value| {
        let list = package.get("dependencies").and_then(toml::Value::as_array);
        list.into_iter().flatten().map(|one| id(one.as_str().unwrap())).collect()
    };
    all.iter().map(|one| (format!("{} {}", text(one, "name"), text(one, "version")), below(one))).collect()
}

/// What can be reached from our own packages without passing one that `is_closed`.
fn reached(packages: &BTreeMap<String, Vec<String>>, is_closed: impl Fn(&str) -> bool) -> BTreeSet<String> {
    let mut open: Vec<String> = packages.keys().filter(|id| id.starts_with("azlab")).cloned().collect();
    let mut seen = BTreeSet::new();
    while let Some(id) = open.pop() {
        if !is_closed(&id) && seen.insert(id.clone()) {
            open.extend(packages[&id].iter().cloned());
        }
    }
    seen
}

#[test]
fn only_the_older_generations_of_azure_core_reach_what_has_advisories() {
    let packages = packages();
    let flawed = |id: &&String| id.starts_with("instant ") || id.starts_with("paste ") || id.starts_with("rand 0.7.");
    let all = reached(&packages, |_| false);
    assert_eq!(all.iter().filter(flawed).count(), 3, "one of them has gone: strike it from deny.toml");
    let is_older = |id: &str| id.starts_with("azure_core 0.10.") || id.starts_with("azure_core 0.21.");
    let others = reached(&packages, is_older);
    let found: Vec<_> = others.iter().filter(flawed).collect();
    assert!(found.is_empty(), "something else stands on {found:?}");
    let deny = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("deny.toml")).unwrap();
    let deny: toml::Table = toml::from_str(&deny).unwrap();
    let ids: Vec<_> =
        deny["advisories"]["ignore"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["RUSTSEC-2024-0384", "RUSTSEC-2024-0436", "RUSTSEC-2026-0097"]);
}
