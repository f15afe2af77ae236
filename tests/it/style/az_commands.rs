//! Commands of az that people paste: one that changes something says of which subscription, since az takes its default one else, in
//! which other things may have the same names.
use std::fs;
use std::path::Path;

use crate::support::literals::{is_of_tests, literals, rust_files, without_tests};

/// Verbs that change something.
const CHANGING: [&str; 7] = ["create", "update", "delete", "purge", "register", "start", "stop"];

/// What names a subscription, and the placeholders that hold what does.
const NAMING: [&str; 9] = [
    "--ids",
    "--scope",
    "--subscription",
    "{subscription}",
    "{group}",
    "{of}",
    "{of_identity}",
    "{name} {}",
    "{account} {}",
];

/// The commands of az in a text, each up to its end.
fn commands(text: &str) -> Vec<String> {
    let flat = text.replace("\\\n", " ").split_whitespace().collect::<Vec<_>>().join(" ");
    flat.match_indices("az ")
        .filter(|(at, _)| !flat[..*at].ends_with(|c: char| c.is_alphanumeric() || c == '-'))
        // The clouds that az knows are no subscription's.
        .filter(|(at, _)| !flat[*at..].starts_with("az cloud "))
        .map(|(at, _)| flat[at..].split([';', ')', '`']).next().unwrap_or_default().to_owned())
        .collect()
}

fn changes(command: &str) -> bool {
    command
        .split(' ')
        .take_while(|word| !word.starts_with('-') && !word.starts_with('{'))
        .any(|word| CHANGING.contains(&word))
}

#[test]
fn a_command_of_az_that_changes_something_names_its_subscription() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (mut found, mut wrong) = (0, Vec::new());
    for file in rust_files(&root.join("src")) {
        let path = file.strip_prefix(root).unwrap().to_string_lossy().into_owned();
        if is_of_tests(&format!("/{path}")) {
            continue;
        }
        let source = fs::read_to_string(&file).unwrap();
        for (line, text) in literals(without_tests(&source)) {
            for command in commands(&text).into_iter().filter(|command| changes(command)) {
                found += 1;
                if !NAMING.iter().any(|part| command.contains(part)) {
                    wrong.push(format!("{path}:{line}: {command}"));
                }
            }
        }
    }
    assert!(found > 15, "{found} commands are few");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_command_is_judged_by_its_verb_up_to_its_end() {
    let text = "gone: az group delete -n x; see (az group list -o table) or `az account set --subscription ID`";
    let all = commands(text);
    assert_eq!(all, ["az group delete -n x", "az group list -o table", "az account set --subscription ID"]);
    assert_eq!(all.iter().map(|one| changes(one)).collect::<Vec<_>>(), [true, false, false]);
}
