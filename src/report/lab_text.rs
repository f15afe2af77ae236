//! What a command did to labs, in words.

use super::app_text;
use super::describe::ending;
use super::style::{Palette, Tone};
use super::table::table;
use super::tracker::past;
use crate::lab::ids::OPENAI_USER_ROLE_NAME;
use crate::outcome::{Change, KubeconfigEntry, LabOutcome, Outputs};
use crate::values::duration::exact;
use crate::values::{Action, LabState, ResourceKind, agreeing, counted};

/// One lab: what happened to each resource, unless progress has shown that (`is_shown`), and what people need to use it.
pub(super) fn one(lab: &LabOutcome, sandbox: bool, is_shown: bool, verbosity: i8, palette: Palette) -> Vec<String> {
    if let Some(entry) = &lab.details.kubeconfig {
        return vec![merged(entry)];
    }
    let mut head = headline(lab, sandbox, palette);
    let untouched = matches!(lab.state, LabState::Ready | LabState::Paused)
        && !lab.changes.is_empty()
        && lab.changes.iter().all(|change| change.action == Action::Unchanged);
    if untouched {
        head.push_str(&format!("\nnothing to change: {}", as_it_should_be(lab.changes.len())));
    }
    if verbosity > 0 || !untouched && !is_shown {
        let rows: Vec<Vec<String>> = lab.changes.iter().map(|change| change_row(change, palette)).collect();
        head = format!("{head}\n{}", table(&rows));
    }
    let outputs = outputs(&lab.outputs);
    let mut blocks = vec![head];
    blocks.extend(lab.details.app.as_ref().map(|app| app_text::line(app, palette)));
    if !outputs.is_empty() {
        blocks.push(format!("{}\n{}", palette.paint(Tone::Bold, "outputs:"), table(&outputs)));
    }
    blocks
}

/// That so many resources need no change.
pub(super) fn as_it_should_be(count: usize) -> String {
    format!(
        "{} {} as {} should be",
        counted(count, "resource"),
        agreeing(count, "is", "are"),
        agreeing(count, "it", "they")
    )
}

/// What went into a kubeconfig, as az says it.
fn merged(entry: &KubeconfigEntry) -> String {
    let what = if entry.current { " as current context" } else { "" };
    format!("merged {}{what} into {}", entry.context, entry.file.as_deref().unwrap_or("stdout"))
}

/// Several labs, a line each.
pub(super) fn many(labs: &[LabOutcome], palette: Palette) -> String {
    let rows = labs.iter().map(|lab| {
        let (tone, word) = ending(lab.state);
        let why = lab.error.as_ref().filter(|_| lab.state != LabState::Interrupted);
        let code = why.map(|error| error.code.clone()).unwrap_or_default();
        let code = lab.details.kubeconfig.as_ref().map_or(code, merged);
        let group = lab.place();
        vec![palette.paint(tone, word), exact(lab.elapsed_s), lab.name.clone(), group, code]
    });
    let rows: Vec<Vec<String>> = rows.collect();
    table(&rows)
}

/// A lab, and how it ended.
pub(super) fn headline(lab: &LabOutcome, sandbox: bool, palette: Palette) -> String {
    let (tone, word) = ending(lab.state);
    let (name, place) = (&lab.name, lab.place());
    let elapsed = exact(lab.elapsed_s);
    let sandbox = if sandbox { ", sandbox" } else { "" };
    let verb = if lab.state == LabState::Failed { "" } else { "is " };
    format!("lab {name} {verb}{} after {elapsed} ({place}{sandbox})", palette.paint(tone, word))
}

fn change_row(change: &Change, palette: Palette) -> Vec<String> {
    let tone = if change.action == Action::Unchanged { Tone::Dim } else { Tone::Good };
    let name = match change.resource {
        // Its own name is a guid, which tells nobody anything.
        ResourceKind::RoleAssignment => OPENAI_USER_ROLE_NAME,
        _ => change.id.rsplit('/').next().unwrap_or_default(),
    };
    let elapsed = palette.paint(Tone::Dim, exact(change.elapsed_s));
    // The name comes last: it may be long, and on a narrow terminal only it is to wrap.
    vec![palette.paint(tone, past(change.action)), elapsed, change.resource.label().to_owned(), name.to_owned()]
}

fn outputs(outputs: &Outputs) -> Vec<Vec<String>> {
    [
        ("cluster", &outputs.cluster),
        ("OIDC issuer", &outputs.oidc_issuer),
        ("identity client id", &outputs.identity_client_id),
        ("identity principal id", &outputs.identity_principal_id),
        ("OpenAI account", &outputs.openai_account),
        ("OpenAI endpoint", &outputs.openai_endpoint),
        ("model deployment", &outputs.openai_deployment),
    ]
    .into_iter()
    .filter_map(|(label, value)| Some(vec![label.to_owned(), value.clone()?]))
    .collect()
}
