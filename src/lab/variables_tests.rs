//! What is written is read back by the shells themselves where they are on this machine, and by their rules elsewhere.
use std::process::Command;

use proptest::prelude::*;

use super::*;

const NASTY: [&str; 14] = [
    "",
    "plain",
    "it's",
    "'",
    "''\\''",
    "$HOME $(id) `id` ${x}",
    "a\nb\n",
    "\n",
    "\\n \\ \\\\",
    "\"quoted\" !!",
    "grüße 🚀 ‘typographic’ ‚low‛",
    "#comment ; & | > < * ? [a] ~ {a,b}",
    " leading and trailing ",
    "-n \t\r\u{1b}[31m",
];

fn one(text: &str, format: Format) -> String {
    let mut variables = Variables::default();
    variables.set("AOAI_NAME", text);
    variables.write(format).unwrap().reveal().to_owned()
}

/// What `shell` has in the variable after it has run what was written for it; `None` where there is no such shell.
fn evaluated(shell: &str, text: &str) -> Option<String> {
    let script = format!("{}printenv AOAI_NAME; printf x", one(text, Format::Sh));
    let output = Command::new(shell).arg("-c").arg(script).output().ok()?;
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{shell}: {text:?}");
    // printenv adds a line break of its own.
    Some(stdout.strip_suffix("\nx").unwrap().to_owned())
}

#[test]
fn every_shell_that_is_here_reads_back_what_was_meant() {
    let shells = ["sh", "bash", "dash", "zsh", "ksh", "busybox"];
    for shell in shells.into_iter().filter(|name| *name != "busybox") {
        for text in NASTY {
            if let Some(read) = evaluated(shell, text) {
                assert_eq!(read, text, "{shell}");
            } else {
                assert_ne!(shell, "sh", "there is always an sh where tests run");
            }
        }
    }
}

/// Any text, half of it made of `special`. (A regex would not do: `([^x]|[abc])` is one class, in which abc are rare.)
fn text_with(special: &'static str) -> impl Strategy<Value = String> {
    let special = proptest::sample::select(special.chars().collect::<Vec<_>>());
    let character = prop_oneof![any::<char>().prop_filter("no shell takes NUL", |c| *c != '\0'), special];
    proptest::collection::vec(character, 0..30).prop_map(|characters| characters.into_iter().collect())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn sh_reads_back_any_text(text in text_with("'\"$`\\\n!")) {
        prop_assert_eq!(evaluated("sh", &text).unwrap(), text);
    }

    #[test]
    fn powershell_reads_back_any_text_by_its_rules(text in text_with("'\"\u{2018}\u{2019}\u{201a}\u{201b}$`\n")) {
        prop_assert_eq!(powershell(&one(&text, Format::Pwsh)), text);
    }

    #[test]
    fn a_runner_of_github_actions_reads_back_any_text(text in text_with("\n=<")) {
        prop_assert_eq!(runner(&one(&text, Format::Github)), [("AOAI_NAME".to_owned(), text)]);
    }

    #[test]
    fn a_dotenv_file_is_one_line_a_variable_and_reads_back_by_its_rules(text in text_with("'\"$`\\\n #")) {
        let line = one(&text, Format::Dotenv);
        prop_assert_eq!(line.matches('\n').count(), 1);
        prop_assert_eq!(dotenv_reader(line.trim_end_matches('\n')), text);
    }

    #[test]
    fn json_is_json(text in text_with("'\"\\\n")) {
        let object: serde_json::Value = serde_json::from_str(&one(&text, Format::Json)).unwrap();
        prop_assert_eq!(&object["AOAI_NAME"], &text);
    }
}

/// A single-quoted string of PowerShell (about_Quoting_Rules): any two quotes in a row stand for the first of them, any
/// single one ends the string.
fn powershell(line: &str) -> String {
    let is_quote = |c: char| matches!(c, '\'' | '\u{2018}' | '\u{2019}' | '\u{201a}' | '\u{201b}');
    let mut rest = line.strip_prefix("$env:AOAI_NAME = '").unwrap().chars().peekable();
    let mut text = String::new();
    loop {
        match rest.next() {
            Some(c) if is_quote(c) => match rest.next_if(|next| is_quote(*next)) {
                Some(_) => text.push(c),
                None => break,
            },
            Some(c) => text.push(c),
            None => panic!("no end of the string: {line}"),
        }
    }
    assert_eq!(rest.collect::<String>(), "\n", "the string ends too early: {line}");
    text
}

/// The file of GITHUB_ENV, as the runner reads it: `=` before `<<` is a plain line, else the value ends at its delimiter.
fn runner(file: &str) -> Vec<(String, String)> {
    let mut lines = file.strip_suffix('\n').unwrap().split('\n');
    let mut found = Vec::new();
    while let Some(line) = lines.next() {
        let (equals, heredoc) = (line.find('='), line.find("<<"));
        match (equals, heredoc) {
            (Some(at), heredoc) if heredoc.is_none_or(|heredoc| at < heredoc) => {
                found.push((line[..at].to_owned(), line[at + 1..].to_owned()));
            }
            (_, Some(at)) => {
                let end = &line[at + 2..];
                let value: Vec<&str> = lines.by_ref().take_while(|line| *line != end).collect();
                found.push((line[..at].to_owned(), value.join("\n")));
            }
            _ => panic!("invalid format: {line}"),
        }
    }
    found
}

fn dotenv_reader(line: &str) -> String {
    let value = line.strip_prefix("AOAI_NAME=").unwrap();
    if let Some(raw) = value.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')) {
        assert!(!raw.contains('\''), "{line}");
        return raw.to_owned();
    }
    let Some(inner) = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else {
        assert!(!value.contains([' ', '#', '$', '"', '\'', '\\', '`']), "{line}");
        return value.to_owned();
    };
    let mut text = String::new();
    let mut rest = inner.chars();
    while let Some(c) = rest.next() {
        match c {
            '\\' => match rest.next().unwrap() {
                'n' => text.push('\n'),
                'r' => text.push('\r'),
                other => text.push(other),
            },
            '"' | '$' | '`' => panic!("{c} is bare: {line}"),
            other => text.push(other),
        }
    }
    text
}

#[test]
fn what_no_shell_takes_is_refused() {
    let mut variables = Variables::default();
    variables.set("AOAI_NAME", "a\0b");
    assert_eq!(variables.write(Format::Sh), Err(Unwritable("AOAI_NAME")));
}

#[test]
fn only_keys_are_masked_and_debug_shows_none() {
    let mut variables = Variables::default();
    variables.set("AOAI_NAME", "open");
    assert_eq!(variables.masks().reveal(), "");
    variables.set_secret("AOAI_OPENAI_API_KEY", Secret::new("50%\nmore".into()));
    assert_eq!(variables.masks().reveal(), "::add-mask::50%25\n::add-mask::more\n");
    assert!(!format!("{variables:?}{:?}", variables.masks()).contains("more"));
}
