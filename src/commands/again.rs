//! azlab commands to recommend: on the same Azure as the command under way, for one of its labs.

use super::runner::{RunOptions, Work};
use super::session::Session;
use crate::lab::spec::{DEFAULT_LAB, LabSpec};
use crate::outcome::LabOutcome;

/// Options that say where a command runs; what they were given as is repeated.
const PLACE: [&str; 8] = [
    "--subscription",
    "--tenant",
    "--auth",
    "--cloud",
    "--arm-endpoint",
    "--config",
    "--sandbox-speed",
    "--sandbox-dir",
];

/// `azlab {subcommand}`, ready to be pasted.
pub fn azlab(subcommand: &str, session: &Session, options: &RunOptions) -> String {
    quoted(&begun(subcommand, session, options))
}

/// `azlab {subcommand}` for the lab of `work`, ready to be pasted.
pub fn azlab_for(subcommand: &str, session: &Session, options: &RunOptions, work: &Work) -> String {
    let lab = &work.lab;
    let mut words = begun(subcommand, session, options);
    if lab.name != DEFAULT_LAB {
        words.extend(["--lab".to_owned(), lab.name.clone()]);
    }
    if lab.group != LabSpec::workshop(&lab.name, "").group {
        words.extend(["--resource-group".to_owned(), lab.group.clone()]);
    }
    if let Some(account) = &lab.account.name {
        words.extend(["--account".to_owned(), account.clone()]);
    }
    quoted(&words)
}

/// `azlab {subcommand}` for labs that their tags find, ready to be pasted.
pub fn azlab_on(subcommand: &str, session: &Session, options: &RunOptions, labs: &[&LabOutcome]) -> String {
    let mut words = begun(subcommand, session, options);
    if !matches!(labs, [only] if only.name == DEFAULT_LAB) {
        words.push("--lab".to_owned());
        words.extend(labs.iter().map(|lab| lab.name.clone()));
    }
    quoted(&words)
}

fn begun(subcommand: &str, session: &Session, options: &RunOptions) -> Vec<String> {
    let mut words = vec!["azlab".to_owned(), subcommand.to_owned()];
    if session.is_sandbox {
        words.push("--sandbox".to_owned());
    }
    words.extend(place(&options.command_line));
    words
}

fn quoted(words: &[String]) -> String {
    let quoted = words.iter().map(|word| shlex::try_quote(word).unwrap_or_default().into_owned());
    quoted.collect::<Vec<_>>().join(" ")
}

/// The options of a command line that say where it runs.
fn place(command_line: &str) -> Vec<String> {
    let mut kept = Vec::new();
    let mut words = shlex::split(command_line).unwrap_or_default().into_iter();
    while let Some(word) = words.next() {
        if PLACE.contains(&word.as_str()) {
            kept.push(word);
            kept.extend(words.next());
        } else if word.split_once('=').is_some_and(|(name, _)| PLACE.contains(&name)) {
            kept.push(word);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recommended_command_runs_where_this_one_did() {
        let line =
            "azlab verify -l a --subscription s1 --arm-endpoint=https://localhost:1 -o json --config 'my lab.toml'";
        let kept = ["--subscription", "s1", "--arm-endpoint=https://localhost:1", "--config", "my lab.toml"];
        assert_eq!(place(line), kept);
        assert!(place("azlab verify --config").len() == 1 && place("azlab 'verify").is_empty());
    }
}
