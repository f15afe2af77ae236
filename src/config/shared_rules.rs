//! What a schema cannot say of `[openai] shared`: one account has no lab's own name, and no lab's own models.

use super::file::{File, LabEntry};
use super::placement_rules::Wrong;

/// A resource holds no more tags (Microsoft Learn, "Use tags"); six are azlab's where labs share an account.
const MAX_TAGS: usize = 44;

/// Whether the labs of `file` share accounts.
pub(super) fn is_sharing(file: &File) -> bool {
    file.lab.openai.shared == Some(true)
}

/// What is wrong about the account that the labs share.
pub(super) fn check(file: &File) -> Vec<Wrong> {
    let mut wrong: Vec<Wrong> = Vec::new();
    let mut tell =
        |path: String, message: &str, help: &str| wrong.push((path, message.to_owned(), Some(help.to_owned())));
    let openai = &file.lab.openai;
    if openai.per_lab.is_some() && !is_sharing(file) {
        let help =
            "write beside it: shared = true; or give each lab's deployment a capacity: [[deployments]] capacity = 10";
        tell("openai.per_lab".into(), "per_lab is for an account that labs share", help);
    }
    if openai.account.is_some() && is_sharing(file) {
        let message =
            "openai.account and openai.shared exclude each other: the shared accounts have names that azlab derives";
        tell("openai.account".into(), message, "leave one of them out");
    }
    if is_sharing(file) && file.lab.tags.as_ref().is_some_and(|tags| tags.len() > MAX_TAGS) {
        tell(
            "tags".into(),
            "more than 44 tags are too many: Azure takes 50, and azlab needs 6 of them",
            "leave some out",
        );
    }
    for (index, entry) in file.labs.iter().flatten().enumerate() {
        let LabEntry::Table(lab) = entry else { continue };
        let own = &lab.lab;
        for (name, is_said) in [("shared", own.openai.shared.is_some()), ("per_lab", own.openai.per_lab.is_some())] {
            if is_said {
                let message = format!("openai.{name} is for all labs of the file");
                let help =
                    format!("write it in the file's [openai]: {name} = …; a second file may have labs without it");
                tell(format!("labs[{index}].openai.{name}"), &message, &help);
            }
        }
        if is_sharing(file) && own.openai.account.is_some() {
            let message =
                format!("the lab '{}' names an account of its own, and [openai] shared = true gives it none", lab.name);
            tell(format!("labs[{index}].openai.account"), &message, "leave it out, or write the lab in a second file");
        }
        if is_sharing(file) && own.deployments.is_some() {
            let message = format!(
                "the lab '{}' has models of its own, and [openai] shared = true gives all labs the same",
                lab.name
            );
            tell(
                format!("labs[{index}].deployments"),
                &message,
                "write them for all labs: [[deployments]]; or write the lab in a second file",
            );
        }
    }
    wrong
}
