//! The texts of Rust source: its string literals, each with its line.
use std::fs;
use std::path::{Path, PathBuf};

/// Every Rust file below a folder.
pub fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    collect(folder, &mut files);
    files.sort();
    files
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => collect(&path, files),
            false if path.extension().is_some_and(|extension| extension == "rs") => files.push(path),
            false => {}
        }
    }
}

/// Whether a file is compiled for tests alone, by its path.
pub fn is_of_tests(path: &str) -> bool {
    ["/tests/", "tests.rs", "_tests.rs"].iter().any(|part| path.contains(part))
}

/// The texts of the literals of a file, each with its line; comments are none.
pub fn literals(source: &str) -> Vec<(usize, String)> {
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
pub fn without_tests(source: &str) -> &str {
    source.split("#[cfg(test)]\nmod tests {").next().unwrap_or(source)
}

#[test]
fn texts_are_found_and_comments_are_not() {
    let source = "// \"a\"\nlet x = '\"'; let y = \"b \\\" c\"; r#\"d \" e\"#; // \"f\"\n\"g\"";
    let texts = literals(source);
    assert_eq!(texts, [(2, "b \\\" c".to_owned()), (2, "d \" e".to_owned()), (3, "g".to_owned())]);
}
