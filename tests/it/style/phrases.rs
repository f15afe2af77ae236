//! docs/STYLE.md, "Phrases", against every text of the program that people read.
use std::fs;
use std::path::Path;

use crate::support::literals::{is_of_tests, literals, rust_files, without_tests};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The right column of the table: the phrases that are not written, in lower case.
fn unwritten() -> Vec<String> {
    let page = fs::read_to_string(root().join("docs/STYLE.md")).unwrap();
    let (_, section) = page.split_once("\n## Phrases\n").expect("a section \"Phrases\"");
    let section = section.split("\n## ").next().unwrap_or_default();
    let rows = section.lines().filter(|line| line.starts_with('|')).skip(2);
    let right = rows.map(|row| row.trim_matches('|').split('|').nth(1).expect("two columns"));
    right.flat_map(|cell| cell.split('"').skip(1).step_by(2)).map(str::to_lowercase).collect()
}

/// `text` in one line and in lower case: a literal that goes on in the next line has `\` at its end.
fn flat(text: &str) -> String {
    text.replace("\\\n", " ").split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

/// Where `phrase` begins and ends with a word of `text`.
fn says(text: &str, phrase: &str) -> bool {
    let is_edge = |one: Option<char>| !one.is_some_and(char::is_alphanumeric);
    text.match_indices(phrase)
        .any(|(at, _)| is_edge(text[..at].chars().next_back()) && is_edge(text[at + phrase.len()..].chars().next()))
}

/// "is no kubeconfig", which is written "is not a kubeconfig".
fn says_is_no(text: &str) -> bool {
    let words: Vec<&str> = text.split(' ').collect();
    words.windows(3).enumerate().any(|(at, three)| {
        let before = at.checked_sub(1).map_or("", |at| words[at]);
        three[0] == "is" && three[1] == "no" && three[2] != "longer" && before != "there"
    })
}

/// A sentence that shouts; `!` is also in HTML, YAML tags and shells, where no word stands before it.
fn shouts(text: &str) -> bool {
    let after = |at: usize| text[at + 1..].chars().next();
    let before = |at: usize| text[..at].chars().next_back();
    text.match_indices('!').any(|(at, _)| {
        before(at).is_some_and(char::is_alphanumeric) && after(at).is_none_or(|next| next.is_whitespace())
    })
}

/// What is wrong with a text.
fn slips(text: &str, unwritten: &[String]) -> Vec<String> {
    let text = flat(text);
    if !text.contains(' ') {
        return Vec::new();
    }
    let mut found: Vec<String> =
        unwritten.iter().filter(|phrase| says(&text, phrase)).map(|phrase| format!("\"{phrase}\"")).collect();
    if says_is_no(&text) {
        found.push("\"is no …\"".to_owned());
    }
    if shouts(&text) {
        found.push("an exclamation mark".to_owned());
    }
    found
}

#[test]
fn no_text_of_the_program_has_a_phrase_that_the_style_page_rules_out() {
    let unwritten = unwritten();
    assert!(unwritten.len() > 20, "{unwritten:?}");
    let (mut count, mut wrong) = (0, Vec::new());
    let mut judge = |place: String, text: &str| {
        count += 1;
        let found = slips(text, &unwritten);
        if !found.is_empty() {
            wrong.push(format!("{place}: {}: {}", found.join(", "), flat(text)));
        }
    };
    for file in rust_files(&root().join("src")) {
        let path = file.strip_prefix(root()).unwrap().to_string_lossy().into_owned();
        if is_of_tests(&format!("/{path}")) {
            continue;
        }
        let source = fs::read_to_string(&file).unwrap();
        for (line, text) in literals(without_tests(&source)) {
            judge(format!("{path}:{line}"), &text);
        }
        // clap shows these as the help of options and subcommands.
        for (at, line) in source.lines().enumerate().filter(|_| path.starts_with("src/cli/")) {
            if let Some(help) = line.trim_start().strip_prefix("///") {
                judge(format!("{path}:{}", at + 1), help);
            }
        }
    }
    let template = fs::read_to_string(root().join("src/config/template.toml")).unwrap();
    for (at, line) in template.lines().enumerate() {
        judge(format!("src/config/template.toml:{}", at + 1), line);
    }
    assert!(count > 2000, "{count} texts are few");
    assert!(wrong.is_empty(), "docs/STYLE.md, \"Phrases\":\n{}", wrong.join("\n"));
}

#[test]
fn a_phrase_is_found_in_any_case_over_lines_and_as_whole_words() {
    let phrases = ["anew".to_owned(), "has not the".to_owned()];
    assert_eq!(slips("Start it Anew.", &phrases), ["\"anew\""]);
    assert_eq!(slips("the identity has \\\n     not the role", &phrases), ["\"has not the\""]);
    assert_eq!(slips("a canewood chair", &phrases), [""; 0]);
    assert_eq!(slips("{path} is no kubeconfig", &phrases), ["\"is no …\""]);
    assert_eq!(slips("there is no lab, and it is no longer said", &phrases), [""; 0]);
    assert_eq!(slips("it is done!", &phrases), ["an exclamation mark"]);
    assert_eq!(slips("a tag (!name) in <!doctype html>", &phrases), [""; 0]);
}
