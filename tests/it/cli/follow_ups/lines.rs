//! Finds the commands in what a run printed.
use std::collections::BTreeSet;

use azlab::cli::Cli;
use clap::CommandFactory as _;
use serde_json::Value;

use crate::cli::Ended;

/// A recommended command, and the line of the text that it stands in.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Line {
    /// As printed: `azlab status --sandbox`.
    pub(super) text: String,
    pub(super) around: String,
}

impl Line {
    pub(super) fn words(&self) -> Vec<String> {
        shlex::split(&self.text).unwrap_or_else(|| panic!("no shell takes it: {self:?}"))
    }

    /// The subcommand, with the one below it: `sandbox show`.
    pub(super) fn subcommand(&self) -> String {
        let words = self.words();
        let depth = if matches!(words[1].as_str(), "sandbox" | "config") { 3 } else { 2 };
        words[1..depth.min(words.len())].join(" ")
    }
}

/// Every recommended command of a run: in its text, or in the strings of its JSON.
pub(super) fn of(ended: &Ended) -> BTreeSet<Line> {
    let mut found = BTreeSet::new();
    for line in ended.stdout.lines().chain(ended.stderr.lines()) {
        match serde_json::from_str::<Value>(line) {
            Ok(value) if value.is_object() => strings(&value, &mut |text| found.extend(in_text(text))),
            _ => found.extend(in_text(line)),
        }
    }
    found
}

fn strings(value: &Value, each: &mut dyn FnMut(&str)) {
    match value {
        Value::String(text) => each(text),
        Value::Array(all) => all.iter().for_each(|one| strings(one, each)),
        Value::Object(all) => all.values().for_each(|one| strings(one, each)),
        _ => {}
    }
}

/// The commands in a text: from `azlab` and a subcommand to where the text goes on.
pub(super) fn in_text(text: &str) -> Vec<Line> {
    if !text.contains("azlab ") {
        return Vec::new();
    }
    let commands = Cli::command();
    let mut found = Vec::new();
    for line in text.lines() {
        for (at, _) in line.match_indices("azlab ") {
            let is_word =
                !line[..at].ends_with(|before: char| before.is_alphanumeric() || matches!(before, '-' | '/' | '.'));
            let mut words = line[at + "azlab ".len()..].split([' ', ')', ';', '`', '"']);
            let subcommand = words.next().and_then(|word| commands.find_subcommand(word));
            // `the subscription azlab sandbox (…)` is none.
            let is_whole = |command: &clap::Command| {
                !command.has_subcommands() || words.next().is_some_and(|word| command.find_subcommand(word).is_some())
            };
            if is_word && subcommand.is_some_and(is_whole) {
                found.push(Line { text: command(&line[at..]).to_owned(), around: line.to_owned() });
            }
        }
    }
    found
}

/// What of `text` a shell would take for the command, as far as a reader copies it: to a mark of punctuation outside of
/// quotes, or to the next column of a table.
fn command(text: &str) -> &str {
    let mut quote = None;
    let mut before = ' ';
    for (at, character) in text.char_indices() {
        match quote {
            Some(open) if character == open && before != '\\' => quote = None,
            Some(_) => {}
            None if matches!(character, '\'' | '"') => quote = Some(character),
            None if matches!(character, ';' | ')' | '`') => return text[..at].trim_end(),
            None if character == ' ' && before == ' ' => return text[..at].trim_end(),
            None => {}
        }
        before = character;
    }
    text.trim_end()
}

#[test]
fn commands_are_found_where_people_would_copy_them_from() {
    let texts = |text: &str| in_text(text).into_iter().map(|line| line.text).collect::<Vec<_>>();
    assert_eq!(
        texts("hint: make it: azlab provision --lab 'a; b'; or see: azlab status --sandbox"),
        ["azlab provision --lab 'a; b'", "azlab status --sandbox"]
    );
    assert_eq!(texts("  eval \"$(azlab env -g \"it's\")\"  set the variables"), ["azlab env -g \"it's\""]);
    assert!(texts("azlab knows 1; azlab-sandbox status; the subscription azlab sandbox (1)").is_empty());
}
