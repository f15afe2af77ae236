//! No text of the source says a command by itself: whoever recommends one goes through `src/follow_up/`.
use std::fs;
use std::path::{Path, PathBuf};

use super::lines::in_text;

fn sources(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => sources(&path, files),
            false if path.extension().is_some_and(|extension| extension == "rs") => files.push(path),
            false => {}
        }
    }
}

/// The texts of the literals of a file, each with its line; comments are none.
fn literals(source: &str) -> Vec<(usize, String)> {
    let (bytes, mut found) = (source.as_bytes(), Vec::new());
    let line = |at: usize| source[..at].matches('\n').count() + 1;
    let mut at = 0;
    while at < bytes.len() {
        let rest = &source[at..];
        let raw = rest.strip_prefix('r').map(|rest| rest.len() - rest.trim_start_matches('#').len());
        let raw = raw.filter(|hashes| rest[1 + hashes..].starts_with('"'));
        let is_word = at > 0 && (bytes[at - 1].is_ascii_alphanumeric() || bytes[at - 1] == b'_');
        if rest.starts_with("//") {
            at += rest.find('\n').unwrap_or(rest.len());
        } else if let Some(hashes) = raw.filter(|_| !is_word) {
            let (begin, end) = (at + hashes + 2, format!("\"{}", "#".repeat(hashes)));
            let length = source[begin..].find(&end).unwrap();
            found.push((line(at), source[begin..begin + length].to_owned()));
            at = begin + length + end.len();
        } else if rest.starts_with('"') {
            let mut end = at + 1;
            while bytes[end] != b'"' {
                end += if bytes[end] == b'\\' { 2 } else { 1 };
            }
            found.push((line(at), source[at + 1..end].to_owned()));
            at = end + 1;
        } else if rest.starts_with("'\"'")
            || rest.starts_with("'\\\"'")
            || rest.starts_with("'\\\\'")
            || rest.starts_with("'\\''")
        {
            at += rest[1..].find("'").unwrap() + 2 + usize::from(rest.starts_with("'\\''"));
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    found
}

/// What is compiled for tests alone stands at the end of a file.
fn without_tests(source: &str) -> &str {
    source.split("#[cfg(test)]\nmod tests {").next().unwrap_or(source)
}

#[test]
fn no_text_outside_of_the_maker_says_a_command_that_could_be_pasted() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&source, &mut files);
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("crates/azlab-sandbox/src"), &mut files);
    let (mut count, mut said) = (0, Vec::new());
    for file in files {
        let path = file.to_string_lossy();
        // Help is about typing commands, not about this run; tests say what they expect.
        let is_exempt =
            ["/src/cli/", "/src/follow_up/", "/tests/", "tests.rs", "_tests.rs"].iter().any(|part| path.contains(part));
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

#[test]
fn texts_are_found_and_comments_are_not() {
    let source = "// \"a\"\nlet x = '\"'; let y = \"b \\\" c\"; r#\"d \" e\"#; // \"f\"\n\"g\"";
    let texts = literals(source);
    assert_eq!(texts, [(2, "b \\\" c".to_owned()), (2, "d \" e".to_owned()), (3, "g".to_owned())]);
}
