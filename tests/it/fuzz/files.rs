//! Files that somebody, or something, has written: azlab.toml, kubeconfigs, az's profile, the sandbox's state.
use std::path::Path;
use std::time::Duration;

use azlab::azure::credential::Environment;
use azlab::azure::subscription::resolve;
use azlab::config::{Config, TEMPLATE};
use azlab::kubeconfig::{Credentials, Document};
use azlab::lab::tags::{EXPIRES, Expiry, Tags};
use azlab_clock::Clock;
use azlab_sandbox::Sandbox;
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::json;

use super::mutation::Mutation;
use super::{QUOTED, body, ends_within, hold, json, runtime, text};
use crate::provision::fixture::Azure;

/// One edit of a text, in bytes that may end up as anything.
#[derive(Clone, Debug)]
enum Edit {
    Cut(Index, usize),
    Insert(Index, String),
    Repeat(Index, usize, usize),
    Byte(Index, u8),
}

fn edit() -> impl Strategy<Value = Edit> {
    let inserted = prop_oneof![
        text(),
        prop::sample::select(vec![
            "[[labs]]\n",
            "\"",
            "'''",
            "= ",
            "{",
            "}}",
            "[",
            "&a ",
            "*a",
            "!!binary ",
            "<<: *a\n",
            "\t",
            "- ",
            ": ",
            "|\n",
            "? ",
            "%YAML 9.9\n---\n",
            "...\n",
            "\u{feff}"
        ])
        .prop_map(str::to_owned),
        (1_usize..300).prop_map(|depth| "[".repeat(depth)),
        (1_usize..300).prop_map(|depth| "{a: ".repeat(depth)),
    ];
    prop_oneof![
        (any::<Index>(), 0_usize..60).prop_map(|(at, length)| Edit::Cut(at, length)),
        (any::<Index>(), inserted).prop_map(|(at, text)| Edit::Insert(at, text)),
        (any::<Index>(), 0_usize..80, 2_usize..6).prop_map(|(at, length, times)| Edit::Repeat(at, length, times)),
        (any::<Index>(), any::<u8>()).prop_map(|(at, byte)| Edit::Byte(at, byte)),
    ]
}

fn edited(text: &str, edits: &[Edit]) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    for edit in edits {
        let place = |at: &Index| at.index(bytes.len() + 1);
        match edit {
            Edit::Cut(at, length) => {
                let (start, end) = (place(at), (place(at) + length).min(bytes.len()));
                bytes.drain(start..end);
            }
            Edit::Insert(at, text) => {
                let at = place(at);
                bytes.splice(at..at, text.bytes());
            }
            Edit::Repeat(at, length, times) => {
                let (start, end) = (place(at), (place(at) + length).min(bytes.len()));
                let part = bytes[start..end].repeat(*times);
                bytes.splice(start..start, part);
            }
            Edit::Byte(at, byte) => {
                if let Some(there) = bytes.get_mut(at.index(text.len().max(1))) {
                    *there = *byte;
                }
            }
        }
    }
    bytes
}

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    prop::collection::vec(edit(), 0..5)
}

#[test]
fn an_azlab_toml_that_was_damaged_is_read_or_refused_in_short() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("azlab.toml");
    let whole = include_str!("../../../examples/07-class.toml");
    let several = include_str!("../../../examples/08-several-models.toml");
    let base = prop::sample::select(vec![TEMPLATE.as_str(), whole, several]);
    hold(800, (base, edits()), |(base, edits)| {
        std::fs::write(&path, edited(base, &edits)).unwrap();
        match Config::load(&path) {
            Ok(config) => {
                for name in config.lab_names().take(1_000) {
                    prop_assert!(config.spec(name, "s").check_names().is_ok());
                }
            }
            Err(error) => {
                let shown = format!("{error} {}", error.hint().at(&azlab::follow_up::Place::default()));
                prop_assert!(shown.len() <= 2 * QUOTED, "{} bytes", shown.len());
            }
        }
        Ok(())
    });
}

const KUBECONFIG: &str = "\
apiVersion: v1
kind: Config
current-context: lab
clusters:
- name: lab
  cluster: &c {server: 'https://lab:443', certificate-authority-data: Q0E=}
- name: other
  cluster: {<<: *c, server: 'https://other:443'}
contexts:
- name: lab
  context: {cluster: lab, user: clusterUser_g_lab, namespace: 'no'}
users:
- name: clusterUser_g_lab
  user: {token: secret-in-it, client-key-data: secret-in-it}
preferences: {}
";

/// A kubeconfig's text is read, merged with another and written so that it says the same again; or it is refused, and the
/// refusal quotes none of its secrets.
fn merges(bytes: &[u8]) -> Result<(), TestCaseError> {
    let Ok(text) = std::str::from_utf8(bytes) else { return Ok(()) };
    let credentials = Credentials::read(text);
    if let Err(refused) = &credentials {
        prop_assert!(!refused.to_string().contains("secret-in-it"), "{refused}");
    }
    match Document::parse(text) {
        Ok(document) => {
            let mut both = document.clone();
            let added: Vec<Credentials> = credentials.into_iter().chain(Credentials::read(KUBECONFIG)).collect();
            both.merge(&added, true).map_err(|_| TestCaseError::fail("overwriting conflicts"))?;
            let Ok(written) = both.to_yaml() else { return Ok(()) };
            let again = Document::parse(written.reveal());
            // Hundreds of brackets in a text count as nesting, and a merge key doubles them.
            if again.as_ref().is_err_and(|error| error.to_string().contains("nested deeper")) {
                return Ok(());
            }
            let again = again.map_err(|error| TestCaseError::fail(format!("{error}: {}", written.reveal())))?;
            prop_assert!(again == both, "it says something else:\n{}", written.reveal());
        }
        Err(refused) => {
            let shown = refused.to_string();
            prop_assert!(shown.len() <= 2_000, "{} bytes", shown.len());
            prop_assert!(!shown.contains("secret-in-it"), "{shown}");
        }
    }
    Ok(())
}

#[test]
fn a_kubeconfig_that_was_damaged_is_merged_or_refused_without_its_secrets() {
    hold(800, edits(), |edits| merges(&edited(KUBECONFIG, &edits)));
}

#[test]
fn any_tree_in_a_kubeconfig_comes_through_a_merge_as_it_was() {
    let tree = (json(), Mutation::any(), any::<Index>());
    hold(150, tree, |(extra, mutation, at)| {
        let entry = |name: &str| json!({"name": name, "user": extra, "cluster": extra, "context": {"cluster": name, "user": name, "x": extra}});
        let mut tree = json!({"kind": "Config", "clusters": [entry("a")], "users": [entry("a")], "contexts": [entry("a")], "extra": extra});
        mutation.apply(&mut tree, at);
        merges(tree.to_string().as_bytes())
    });
}

#[test]
fn aliases_that_multiply_are_refused_before_they_fill_the_memory() {
    let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..12 {
        let below = format!("*a{}", level - 1);
        text += &format!("a{level}: &a{level} [{}]\n", [below.as_str(); 10].join(", "));
    }
    for text in
        [text, "a: &a [*a]\nusers: *a\n".to_owned(), "&a [*a, *a]".to_owned(), "users: &a [{name: *a}]".to_owned()]
    {
        assert!(Document::parse(&text).is_err() && Credentials::read(&text).is_err());
    }
    for deep in ["[", "{a: ", "- ", "? ", "a: [", "!!x [", "&a ["] {
        // The square of it would be ten minutes.
        assert!(Document::parse(&deep.repeat(200_000)).is_err(), "{deep}");
    }
}

#[test]
fn any_profile_of_az_is_read_or_refused_in_short() {
    let folder = tempfile::tempdir().unwrap();
    let environment = Environment::from_pairs([("AZURE_CONFIG_DIR", folder.path())]);
    let id = "11111111-2222-3333-4444-555555555555";
    let good = json!({"installationId": "x", "subscriptions": [{"id": id, "name": "n", "state": "Enabled", "tenantId": id, "isDefault": true}]});
    let mutated = (Mutation::any(), any::<Index>()).prop_map(move |(mutation, at)| {
        let mut tree = good.clone();
        mutation.apply(&mut tree, at);
        tree.to_string().into_bytes()
    });
    hold(600, (prop_oneof![mutated, body()], any::<bool>()), |(bytes, named)| {
        std::fs::write(folder.path().join("azureProfile.json"), bytes).unwrap();
        match resolve(named.then_some(id), None, &environment) {
            Ok(found) => prop_assert!(found.name.is_none_or(|name| name.len() <= QUOTED)),
            Err(error) => prop_assert!(error.to_string().len() <= 2_000, "{} bytes", error.to_string().len()),
        }
        Ok(())
    });
}

#[test]
fn an_expiry_is_a_moment_or_left_alone() {
    let written = prop_oneof![
        3 => "[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{1,12})?(Z|z|[+-][0-9]{2}:[0-9]{2})",
        1 => text(),
        1 => "[-+]?[0-9]{1,30}",
    ];
    hold(3_000, written, |written| {
        let tags = Tags::read(Some(&json!({ EXPIRES: written })));
        match tags.expiry() {
            Expiry::Unreadable(kept) => {
                prop_assert_eq!(&kept, &written);
                prop_assert!(!tags.expiry().has_come(time::OffsetDateTime::now_utc()), "unreadable is never due");
            }
            Expiry::At(at) => prop_assert!(at.has_come_at(&written)),
            Expiry::Never => prop_assert!(false, "there is a tag"),
        }
        Ok(())
    });
}

/// A moment that was read is the one that was written.
trait Written {
    fn has_come_at(&self, written: &str) -> bool;
}

impl Written for time::OffsetDateTime {
    fn has_come_at(&self, written: &str) -> bool {
        // The year, in the offset that was written.
        written.trim().starts_with(&format!("{:04}", self.year()))
    }
}

/// A state with a lab in it, as one file.
fn state(runtime: &tokio::runtime::Runtime, folder: &Path) -> Vec<u8> {
    runtime.block_on(async {
        let azure = Azure::of(Sandbox::open(folder, 60.0).unwrap());
        azure.sandbox.control().change_settings(|settings| settings.durations.cluster_create = 40.0).unwrap();
        azure.provision("").await.ready();
    });
    // What is in the log beside the file belongs to it.
    let connection = rusqlite::Connection::open(folder.join("sandbox.db")).unwrap();
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    connection.pragma_update(None, "journal_mode", "delete").unwrap();
    drop(connection);
    std::fs::read(folder.join("sandbox.db")).unwrap()
}

#[test]
fn a_damaged_state_of_the_sandbox_is_told_or_survived() {
    let runtime = runtime();
    let origin = tempfile::tempdir().unwrap();
    let whole = state(&runtime, origin.path());
    let damage = prop::collection::vec((any::<Index>(), any::<u8>()), 1..40);
    hold(40, (damage, prop::option::of(any::<Index>())), |(damage, end)| {
        let folder = tempfile::tempdir().unwrap();
        let mut bytes = whole.clone();
        for (at, byte) in damage {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Some(end) = end {
            bytes.truncate(end.index(bytes.len()));
        }
        std::fs::write(folder.path().join("sandbox.db"), &bytes).unwrap();
        runtime.block_on(async {
            match Sandbox::open(folder.path(), 60.0) {
                Ok(sandbox) => {
                    let azure = Azure::of(sandbox);
                    let looked = ends_within(Duration::from_secs(24 * 3600), azure.run("status")).await?;
                    prop_assert!(looked.exit() != azlab::outcome::Exit::Internal);
                    drop(azure.sandbox.inventory());
                }
                Err(error) => prop_assert!(error.to_string().len() <= 2_000, "{error}"),
            }
            Ok(())
        })
    });
}

#[test]
fn the_sandbox_clock_of_a_state_from_any_time_does_not_panic() {
    let runtime = runtime();
    let origin = tempfile::tempdir().unwrap();
    let whole = state(&runtime, origin.path());
    let ahead = prop_oneof![any::<i64>(), Just(i64::MAX), Just(i64::MIN), Just(0)];
    hold(40, ahead, |ahead| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sandbox.db");
        std::fs::write(&path, &whole).unwrap();
        let connection = rusqlite::Connection::open(&path).unwrap();
        assert_eq!(connection.execute("UPDATE calendar SET ahead = ?1", [ahead]).unwrap(), 1);
        drop(connection);
        runtime.block_on(async {
            if let Ok(sandbox) = Sandbox::open(folder.path(), 60.0) {
                let azure = Azure::of(sandbox);
                ends_within(Duration::from_secs(24 * 3600), azure.run("status")).await?;
            }
            Ok(())
        })
    });
    // The clock itself.
    let real = Clock::real().now();
    assert!(Clock::scaled(real, 1.0).now() >= real);
}
