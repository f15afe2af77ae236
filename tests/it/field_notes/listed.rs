//! docs/field-notes.md names tests that exist.

use std::collections::BTreeSet;
use std::path::Path;

use azlab::azure::code::Code;
use azlab::recipe::waits::wait_for;

use crate::support::code_folders;

/// The names of the functions below `folder` that are marked as tests.
pub fn tests_below(folder: &Path, names: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            tests_below(&path, names);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            let mut marked = false;
            for line in text.lines().map(str::trim) {
                let head = line.strip_prefix("async ").unwrap_or(line).strip_prefix("fn ");
                match head.and_then(|head| head.split('(').next()) {
                    Some(name) if marked => {
                        names.insert(name.to_owned());
                        marked = false;
                    }
                    Some(_) => {}
                    None if line.starts_with("#[test]") || line.starts_with("#[tokio::test") => marked = true,
                    None => {}
                }
            }
        }
    }
}

#[test]
fn every_test_that_the_field_notes_page_names_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut tests = BTreeSet::new();
    tests_below(&root.join("tests"), &mut tests);
    for folder in code_folders() {
        tests_below(&folder, &mut tests);
    }
    let page = std::fs::read_to_string(root.join("docs/field-notes.md")).unwrap();
    let mut named = BTreeSet::new();
    for row in page.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| trap")) {
        let cells: Vec<_> = row.trim_matches('|').split('|').collect();
        assert_eq!(cells.len(), 3, "{row}");
        let of_row: Vec<_> = cells[2].split('`').skip(1).step_by(2).collect();
        assert!(!of_row.is_empty(), "no test: {row}");
        named.extend(of_row.into_iter().map(str::to_owned));
    }
    assert!(named.len() > 25, "{}", named.len());
    let missing: Vec<_> = named.difference(&tests).collect();
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn each_refusal_that_is_waited_for_says_where_it_is_on_record() {
    let page = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/field-notes.md")).unwrap();
    let (_, section) = page.split_once("## Refusals that are waited for\n").expect("the section");
    let entries: Vec<&str> = section.split("\n- ").skip(1).collect();
    let waited: Vec<&Code> = Code::KNOWN.iter().filter(|code| wait_for(code).is_some()).collect();
    for code in &waited {
        let entry = entries.iter().find(|entry| entry.starts_with(&format!("`{code}`: ")));
        let entry = entry.unwrap_or_else(|| panic!("{code} is waited for on no evidence"));
        assert!(entry.contains("azure-facts.md, section") || entry.contains("(https://"), "{entry}");
    }
    assert_eq!(entries.len(), waited.len(), "each entry is about a refusal that is waited for");
}
