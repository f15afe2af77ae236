//! The application on labs' clusters, in words.

use super::style::{Palette, Tone};
use super::table::table;
use crate::outcome::LabOutcome;
use crate::outcome::app::{AppAction, AppReport, AppState, ObjectReport, WorkloadReport};
use crate::values::counted;

/// Of one lab each part; of several a line each.
pub(super) fn blocks(labs: &[LabOutcome], verbosity: i8, palette: Palette) -> Vec<String> {
    match labs {
        [lab] => lab.details.app.iter().flat_map(|app| one(lab, app, verbosity, palette)).collect(),
        labs => vec![many(labs, palette)],
    }
}

fn one(lab: &LabOutcome, app: &AppReport, verbosity: i8, palette: Palette) -> Vec<String> {
    let mut blocks = Vec::new();
    let done = summed(&app.objects);
    let state = palette.paint(tone(app.state), app.state.word());
    let head = match (app.objects.is_empty(), app.workloads.is_empty()) {
        (true, true) if app.state == AppState::Absent => {
            format!("lab {}: the application is absent (namespace {})", lab.name, app.namespace)
        }
        (true, _) => format!("lab {}: the application is {state} (namespace {})", lab.name, app.namespace),
        (false, true) => format!("lab {}: {done} (namespace {})", lab.name, app.namespace),
        (false, false) => {
            format!("lab {}: the application is {state}: {done} (namespace {})", lab.name, app.namespace)
        }
    };
    blocks.push(head);
    let is_told = |one: &&ObjectReport| verbosity > 0 || one.action != AppAction::Unchanged;
    let rows: Vec<Vec<String>> = app.objects.iter().filter(is_told).map(|one| object_row(one, palette)).collect();
    if !rows.is_empty() && app.workloads.is_empty() {
        blocks.push(table(&rows));
    }
    if !app.workloads.is_empty() {
        blocks.push(app.workloads.iter().map(|one| workload(one, palette)).collect::<Vec<_>>().join("\n"));
    }
    let more = [("URL", app.url.clone()), ("the ai-service signs in with", app.auth.map(str::to_owned))];
    let rows: Vec<Vec<String>> =
        more.into_iter().filter_map(|(label, value)| Some(vec![label.to_owned(), value?])).collect();
    if !rows.is_empty() {
        blocks.push(table(&rows));
    }
    blocks
}

/// The application of a lab in one line.
pub(super) fn line(app: &AppReport, palette: Palette) -> String {
    let url = app.url.as_ref().map_or_else(String::new, |url| format!(": {url}"));
    let state = palette.paint(tone(app.state), app.state.word());
    format!("the application is {state} (namespace {}){url}", app.namespace)
}

/// `19 objects: 2 created, 17 unchanged`
fn summed(objects: &[ObjectReport]) -> String {
    let all = [AppAction::Created, AppAction::Updated, AppAction::Unchanged, AppAction::Kept, AppAction::Deleted];
    let count = |action: AppAction| objects.iter().filter(|one| one.action == action).count();
    let parts: Vec<String> = all
        .into_iter()
        .filter(|action| count(*action) > 0)
        .map(|action| format!("{} {}", count(action), action.word()))
        .collect();
    if parts.is_empty() {
        "no object".to_owned()
    } else {
        format!("{}: {}", counted(objects.len(), "object"), parts.join(", "))
    }
}

fn object_row(object: &ObjectReport, palette: Palette) -> Vec<String> {
    let tone = match object.action {
        AppAction::Unchanged => Tone::Dim,
        AppAction::Kept => Tone::Warning,
        _ => Tone::Good,
    };
    let whose = object.conflicts.iter().map(|conflict| match conflict.field.as_str() {
        "" => format!("made by {}", conflict.manager),
        field => format!("{field} is set by {}", conflict.manager),
    });
    let whose = whose.collect::<Vec<_>>().join("; ");
    vec![palette.paint(tone, object.action.word()), object.kind.to_owned(), object.name.clone(), whose]
}

fn workload(workload: &WorkloadReport, palette: Palette) -> String {
    let WorkloadReport { kind, name, ours, state, ready, desired, trouble, pods } = workload;
    let whose = if *ours { "" } else { ", not azlab's" };
    let mut lines = vec![format!(
        "{:9} {ready}/{desired}  {kind} {name}{whose}",
        palette.paint(tone(*state), format!("{:9}", state.word()))
    )];
    if let Some(trouble) = trouble {
        lines.push(format!("    {}: {}", trouble.code, trouble.message));
        lines.extend(trouble.hint.as_ref().map(|hint| format!("    {}: {hint}", palette.paint(Tone::Bold, "fix"))));
    }
    for pod in pods.iter().filter(|pod| !pod.ready) {
        let why = pod.trouble.as_ref().map_or_else(String::new, |trouble| format!(": {}", trouble.code));
        lines.push(format!("    {}", palette.paint(Tone::Dim, format!("{} {}{why}", pod.name, pod.phase))));
    }
    lines.join("\n")
}

fn many(labs: &[LabOutcome], palette: Palette) -> String {
    let row = |lab: &LabOutcome| {
        let app = lab.details.app.as_ref();
        let state = app.map_or(AppState::Absent, |app| app.state);
        let ready = |app: &AppReport| {
            let ready = app.workloads.iter().filter(|one| one.state == AppState::Ready).count();
            match app.workloads.len() {
                0 => summed(&app.objects),
                all => format!("{ready}/{all} parts"),
            }
        };
        let code = lab.error.as_ref().map(|error| error.code.clone());
        let word = if lab.error.is_some() {
            palette.paint(Tone::Error, "failed")
        } else {
            palette.paint(tone(state), state.word())
        };
        let url = app.and_then(|app| app.url.clone()).unwrap_or_default();
        vec![word, lab.name.clone(), code.unwrap_or_else(|| app.map(ready).unwrap_or_default()), url]
    };
    table(&labs.iter().map(row).collect::<Vec<_>>())
}

fn tone(state: AppState) -> Tone {
    match state {
        AppState::Ready => Tone::Good,
        AppState::Starting => Tone::Warning,
        AppState::Failing => Tone::Error,
        AppState::Absent => Tone::Dim,
    }
}
