//! docs/security.md names tests that exist.
use std::collections::BTreeSet;
use std::path::Path;

use crate::support::code_folders;

use crate::field_notes::listed::tests_below;

#[test]
fn every_promise_of_the_security_page_names_tests_that_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut tests = BTreeSet::new();
    tests_below(&root.join("tests"), &mut tests);
    for folder in code_folders() {
        tests_below(&folder, &mut tests);
    }
    let page = std::fs::read_to_string(root.join("docs/security.md")).unwrap();
    let mut named = BTreeSet::new();
    for row in page.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| promise")) {
        let cells: Vec<_> = row.trim_matches('|').split('|').collect();
        assert_eq!(cells.len(), 2, "{row}");
        let of_row: Vec<_> = cells[1].split('`').skip(1).step_by(2).collect();
        assert!(!of_row.is_empty(), "no test: {row}");
        named.extend(of_row.into_iter().map(str::to_owned));
    }
    assert!(named.len() > 25, "{}", named.len());
    let missing: Vec<_> = named.difference(&tests).collect();
    assert!(missing.is_empty(), "{missing:#?}");
}
