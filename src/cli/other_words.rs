//! Words by which other tools call what azlab does.

use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue};
use strsim::osa_distance;

/// Words of azd, Terraform, kubectl, az and git, and what a person who types one is told.
const WORDS: [(&[&str], &str); 19] = [
    (
        &["up", "create", "deploy", "apply", "make", "install", "new", "add", "update", "upgrade"],
        "labs are created with 'provision'",
    ),
    (
        &["down", "destroy", "delete", "remove", "rm", "uninstall", "purge", "clean", "cleanup", "nuke"],
        "labs are deleted with 'teardown'",
    ),
    (&["login", "logout", "account"], "azlab uses the sign-in of the Azure CLI: az login"),
    (
        &["logs", "log"],
        "the application's logs are shown by 'app logs'; a run keeps its own with --log-file and --events",
    ),
    (&["show", "ls", "get", "describe", "info"], "labs and their states are shown by 'status'"),
    (&["plan", "preview", "diff", "what-if"], "what would be done is shown by 'provision --dry-run'"),
    (&["check", "test", "validate", "preflight"], "before a lab exists 'doctor' checks, and then 'verify'"),
    (&["repair", "fix", "refresh"], "labs are repaired with 'reset'"),
    (&["stop", "suspend", "deallocate", "halt"], "the clusters of labs are stopped with 'pause'"),
    (&["price", "prices", "costs", "bill", "billing", "budget"], "what labs cost is shown by 'cost'"),
    (&["start", "unpause", "wake"], "the clusters of paused labs are started with 'resume'"),
    (&["get-credentials", "credentials", "kubectl"], "kubectl is connected to a cluster by 'kubeconfig'"),
    (&["watch"], "labs are watched with 'status --watch'"),
    (&["wait"], "'provision' ends when its labs are ready, and 'status --watch' shows them until then"),
    (
        &["connect"],
        "the application is connected to the model by 'app connect', kubectl to the cluster by 'kubeconfig'",
    ),
    (&["model", "models"], "models that can be deployed are listed by 'deploy-model --list'"),
    (&["quota", "quotas", "usage"], "quota is checked by 'doctor'"),
    (&["init", "edit", "settings"], "the file that describes labs is written by 'config init'"),
    (&["keys", "key", "secrets"], "the account's key is printed by 'env --show-keys'"),
];

/// The part of a word that a typing error may be: one letter in three.
const LETTERS_A_SLIP: usize = 3;

/// Replaces clap's suggestion, which takes `handout` for `sandbox`, by what the word means elsewhere; one that is a likely
/// typing error stays.
pub(super) fn explained(mut error: clap::Error) -> clap::Error {
    let Some(ContextValue::String(word)) = error.get(ContextKind::InvalidSubcommand) else { return error };
    let word = word.to_lowercase();
    let tip = WORDS.iter().find(|(words, _)| words.contains(&word.as_str())).map(|(_, tip)| *tip);
    let is_slip = |meant: &str| osa_distance(&word, meant) <= meant.len() / LETTERS_A_SLIP;
    let keeps = match error.get(ContextKind::SuggestedSubcommand) {
        Some(ContextValue::String(meant)) => is_slip(meant),
        Some(ContextValue::Strings(meant)) => meant.iter().any(|meant| is_slip(meant)),
        _ => false,
    };
    if tip.is_some() || !keeps {
        error.remove(ContextKind::SuggestedSubcommand);
    }
    if let Some(tip) = tip {
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![StyledStr::from(tip)]));
    }
    error
}

/// What [`explained`] or clap suggests, as one text.
pub(crate) fn suggestion(error: &clap::Error) -> Option<String> {
    match error.get(ContextKind::Suggested)? {
        ContextValue::StyledStrs(tips) => tips.first().map(ToString::to_string),
        _ => None,
    }
}
