//! A dry run in words: what would be done to each resource, and the fields that differ.

use super::lab_text::as_it_should_be;
use super::style::{Palette, Tone};
use super::table::table;
use crate::outcome::LabOutcome;
use crate::outcome::plan::{Field, PlannedAction, PlannedChange};

/// What would be done to a lab.
pub(super) fn block(lab: &LabOutcome, plan: &[PlannedChange], palette: Palette) -> String {
    let (name, place) = (&lab.name, format!("({})", lab.place()));
    if plan.iter().all(|change| change.action == PlannedAction::Keep) {
        let what = match plan.len() {
            0 => "it is absent".to_owned(),
            count => as_it_should_be(count),
        };
        return format!("lab {name}: nothing to do {place}: {what}");
    }
    let mut text = format!("lab {name}: {} {place}\n", counts(plan));
    let rows: Vec<Vec<String>> = plan.iter().map(|change| row(change, palette)).collect();
    for (line, change) in table(&rows).lines().zip(plan) {
        text.push_str(&format!("{line}\n"));
        for field in &change.fields {
            text.push_str(&format!("      {}\n", palette.paint(Tone::Dim, in_words(field))));
        }
        for id in &change.contents {
            let short = id.split_once("/providers/").map_or(id.as_str(), |(_, short)| short);
            text.push_str(&format!("      {}\n", palette.paint(Tone::Dim, format!("with {short}"))));
        }
    }
    text
}

fn counts(plan: &[PlannedChange]) -> String {
    let all = [
        (PlannedAction::Create, "to create"),
        (PlannedAction::Restore, "to restore"),
        (PlannedAction::Change, "to change"),
        (PlannedAction::Keep, "to keep"),
        (PlannedAction::Delete, "to delete"),
        (PlannedAction::Purge, "to purge"),
    ];
    let count = |action| plan.iter().filter(|change| change.action == action).count();
    let parts = all.iter().map(|(action, word)| (count(*action), word)).filter(|(count, _)| *count > 0);
    parts.map(|(count, word)| format!("{count} {word}")).collect::<Vec<_>>().join(", ")
}

fn row(change: &PlannedChange, palette: Palette) -> Vec<String> {
    let (tone, word) = match change.action {
        PlannedAction::Create => (Tone::Good, "+ create"),
        PlannedAction::Restore => (Tone::Good, "+ restore"),
        PlannedAction::Change => (Tone::Warning, "~ change"),
        PlannedAction::Keep => (Tone::Dim, "= keep"),
        PlannedAction::Delete => (Tone::Error, "- delete"),
        PlannedAction::Purge => (Tone::Error, "- purge"),
    };
    vec![palette.paint(tone, word), change.resource.label().to_owned(), change.name.clone()]
}

/// `node_count: 2 -> 3`
pub(super) fn in_words(field: &Field) -> String {
    match (&field.have, &field.want) {
        (None, Some(want)) if field.field != "subdomain" => format!("{}: {want}", field.field),
        (have, want) => {
            let shown = |value: &Option<String>| value.clone().unwrap_or_else(|| "(none)".to_owned());
            format!("{}: {} -> {}", field.field, shown(have), shown(want))
        }
    }
}
