//! No text of the source says a command by itself: whoever recommends one goes through `src/follow_up/`.
use std::fs;
use std::path::Path;

use super::lines::in_text;
use crate::support::literals::{is_of_tests, literals, rust_files, without_tests};

#[test]
fn no_text_outside_of_the_maker_says_a_command_that_could_be_pasted() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let sandbox = Path::new(env!("CARGO_MANIFEST_DIR")).join("crates/azlab-sandbox/src");
    let files = rust_files(&source).into_iter().chain(rust_files(&sandbox));
    let (mut count, mut said) = (0, Vec::new());
    for file in files {
        let path = file.to_string_lossy();
        // Help is about typing commands, not about this run; tests say what they expect.
        let is_exempt = is_of_tests(&path) || ["/src/cli/", "/src/follow_up/"].iter().any(|part| path.contains(part));
        if is_exempt {
            continue;
        }
        let text = fs::read_to_string(&file).unwrap();
        for (line, literal) in literals(without_tests(&text)) {
            count += 1;
            let is_title = ["azlab sandbox", "azlab sandbox scenario", "azlab sandbox certificate authority"]
                .contains(&literal.as_str());
            let is_made = literal.contains("azlab {");
            if !is_title && (is_made || !in_text(&literal).is_empty()) {
                said.push(format!("{path}:{line}: {literal}"));
            }
        }
    }
    assert!(count > 2000, "{count} texts are few");
    assert!(said.is_empty(), "they lose where the run was; say them with FollowUp:\n{}", said.join("\n"));
}
<<<<<<< HEAD
=======

#[test]
fn texts_are_found_and_comments_are_not() {
    let source = "// \"a\"\nlet x = '\"'; let y = \"b \\\" c\"; r#\"d \" e\"#; // \"f\"\n\"g\"";
    let texts = literals(source);
    assert_eq!(texts, [(2, "b \\\" c".to_owned()), (2, "d \" e".to_owned()), (3, "g".to_owned())]);
}
>>>>>>> w-follow
