//! The lock, and what cannot be seen from outside.
use std::fs;
use std::time::Duration;

use super::file::{FileError, update};
use super::{Credentials, Document};

const ONE: &str = "\
clusters: [{name: c, cluster: {server: 'https://x'}}]
contexts: [{name: c, context: {cluster: c, user: clusterAdmin_g_c}}]
users: [{name: clusterAdmin_g_c, user: {token: t}}]
";

#[test]
fn the_administrators_context_gets_its_ending_once() {
    let read = Credentials::read(ONE).unwrap();
    assert_eq!((read.context(), read.cluster()), ("c-admin", "c"));
    let again = Credentials::read(&ONE.replace("contexts: [{name: c,", "contexts: [{name: c-admin,")).unwrap();
    assert_eq!(again.context(), "c-admin");
    let renamed = read.renamed("lab");
    assert_eq!((renamed.context(), renamed.cluster()), ("lab-admin", "lab"));
    let mut document = Document::default();
    document.merge(&[renamed], false).unwrap();
    let text = document.to_yaml().unwrap();
    assert!(text.reveal().contains("cluster: lab\n"), "the context leads to the renamed cluster: {}", text.reveal());
}

#[test]
fn a_merge_that_conflicts_in_one_entry_changes_none() {
    let mut document = Document::parse("users: [{name: clusterAdmin_g_c, user: {token: other}}]").unwrap();
    let before = document.clone();
    let conflicts = document.merge(&[Credentials::read(ONE).unwrap()], false).unwrap_err();
    assert_eq!(conflicts.iter().map(ToString::to_string).collect::<Vec<_>>(), ["user clusterAdmin_g_c"]);
    assert!(document == before);
    document.merge(&[Credentials::read(ONE).unwrap()], true).unwrap();
    assert!(document != before);
}

#[test]
fn a_file_with_tags_of_its_own_is_refused_rather_than_changed() {
    assert!(Document::parse("users: [{name: !mine a}]").is_err());
    assert!(Document::parse("? !mine x\n: 1\n").is_err());
    assert!(Document::parse("users: [{name: !!str a}]").is_ok());
}

#[test]
fn why_a_text_is_no_yaml_quotes_nothing_of_it() {
    let said = |text: &str| Document::parse(text).err().unwrap().to_string();
    let twice = said("users:\n- user: {s3cr3t: 1, s3cr3t: 2}\n");
    assert!(twice.starts_with("it is not YAML: a key is repeated at line 2"), "{twice}");
    let unknown = said("users: *s3cr3t\n");
    assert!(
        unknown.starts_with("it is not YAML") && !unknown.contains("s3cr3t") && !twice.contains("s3cr3t"),
        "{unknown}"
    );
    let open = said("users: [s3cr3t\n");
    assert!(open.contains("expected ',' or ']'") && !open.contains("s3cr3t"), "{open}");
}

#[tokio::test(start_paused = true)]
async fn kubectls_lock_is_waited_for_and_never_taken_by_force() {
    let folder = tempfile::tempdir().unwrap();
    let (file, lock) = (folder.path().join("config"), folder.path().join("config.lock"));
    fs::write(&lock, "").unwrap();
    let refused = update(&file, &[], |_| Ok(())).await.unwrap_err();
    assert!(matches!(&refused, FileError::Locked { lock: at } if *at == lock), "{refused}");
    assert!(lock.exists() && !file.exists());
    let release = async {
        tokio::time::sleep(Duration::from_secs(3)).await;
        fs::remove_file(&lock).unwrap();
    };
    let (written, ()) = tokio::join!(update(&file, &[], |_| Ok(())), release);
    written.unwrap();
    assert!(file.exists() && !lock.exists());
}

proptest::proptest! {
    #[test]
    fn any_text_in_any_place_is_read_back_as_it_was(
        name in "\\PC{0,30}",
        token in "[ -~\\n\\t]{0,60}|[0-9_.eExXobn+-]{1,12}|\\PC{0,20}",
        number in proptest::num::i64::ANY,
        float in -1e18..1e18_f64,
    ) {
        let tree = serde_json::json!({"users": [{"name": name, "user": {"token": token, "n": number, "f": float}}]});
        let document = Document::parse(&tree.to_string());
        // What the file may not hold is refused when it is read.
        if let Ok(document) = document {
            let text = document.to_yaml().unwrap();
            proptest::prop_assert!(Document::parse(text.reveal()).unwrap() == document, "{}", text.reveal());
        }
    }

    #[test]
    fn any_text_is_read_or_refused_without_panic(text in "[-a:{}\\[\\]&*!<>|?,#'\"% \\n\\t]{0,80}") {
        if let Ok(document) = Document::parse(&text) {
            let written = document.to_yaml();
            proptest::prop_assert!(written.is_ok(), "{text:?}");
        }
    }
}
