//! What there is of labs, in words.

use super::describe::ending;
use super::plan_text::in_words;
use super::style::{Palette, Tone};
use super::table::table;
use crate::outcome::LabOutcome;
use crate::outcome::state::{About, AtWork, ResourceReport, ResourceState};
use crate::values::ResourceKind;
use crate::values::duration::age;

/// One lab with each of its resources.
pub(super) fn one(lab: &LabOutcome, resources: &[ResourceReport], sandbox: bool, palette: Palette) -> String {
    let (name, place) = (&lab.name, lab.place());
    let (tone, word) = ending(lab.state);
    let sandbox = if sandbox { ", sandbox" } else { "" };
    let mut text = format!("lab {name} is {} ({place}{sandbox})\n", palette.paint(tone, word));
    if let Some(about) = &lab.details.about {
        let parts = [made(about), owner(about), expires(about), busy(about)];
        let told = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ");
        if !told.is_empty() {
            text.push_str(&format!("{told}\n"));
        }
    }
    let rows: Vec<Vec<String>> = resources.iter().map(|one| row(one, palette)).collect();
    for (line, resource) in table(&rows).lines().zip(resources) {
        text.push_str(&format!("{line}\n"));
        for field in &resource.differences {
            text.push_str(&format!("      {}\n", palette.paint(Tone::Warning, in_words(field))));
        }
    }
    text
}

/// Several labs, a line each, and below what is not as it should be.
pub(super) fn many(labs: &[LabOutcome], palette: Palette) -> String {
    let head = ["lab", "state", "resource group", "location", "age", "expires", "owner"];
    let mut rows = vec![head.iter().map(|word| palette.paint(Tone::Bold, *word)).collect::<Vec<_>>()];
    let none = About::default();
    for lab in labs {
        let about = lab.details.about.as_ref().unwrap_or(&none);
        let (tone, word) = ending(lab.state);
        rows.push(vec![
            lab.name.clone(),
            palette.paint(tone, word),
            lab.resource_group.clone(),
            lab.location.clone(),
            about.age_s.map(age).unwrap_or_default(),
            expires(about).trim_start_matches("expires ").to_owned(),
            about.owner.clone().unwrap_or_default(),
        ]);
    }
    let mut text = table(&without_empty_columns(rows));
    for lab in labs {
        let busy = lab.details.about.as_ref().map(busy).filter(|busy| !busy.is_empty());
        if let Some(busy) = busy {
            text.push_str(&format!("\n{}: {busy}", lab.name));
        }
        let all = lab.details.resources.iter().flatten();
        let differing = all.filter(|one| !matches!(one.state, ResourceState::Ready | ResourceState::Paused));
        let told: Vec<String> = differing.map(brief).collect();
        if !told.is_empty() {
            text.push_str(&format!("\n{}: {}", lab.name, told.join("; ")));
        }
    }
    text
}

/// `rows`, whose first is the head, without the columns in which nothing stands below it.
fn without_empty_columns(rows: Vec<Vec<String>>) -> Vec<Vec<String>> {
    let columns = rows.first().map_or(0, Vec::len);
    let is_filled = |column: &usize| rows[1..].iter().any(|row| !row[*column].is_empty());
    let filled: Vec<usize> = (0..columns).filter(is_filled).collect();
    rows.iter().map(|row| filled.iter().map(|column| row[*column].clone()).collect()).collect()
}

fn brief(one: &ResourceReport) -> String {
    let fields: Vec<String> = one.differences.iter().map(in_words).collect();
    let what = if fields.is_empty() { state(one).1 } else { fields.join(", ") };
    format!("{} {}: {what}", one.resource, one.name)
}

fn state(one: &ResourceReport) -> (Tone, String) {
    let tone = match one.state {
        ResourceState::Ready => Tone::Good,
        ResourceState::Paused => Tone::Dim,
        ResourceState::Differs | ResourceState::Busy => Tone::Warning,
        ResourceState::Failed | ResourceState::Absent => Tone::Error,
    };
    let word = one.state.word();
    let status = one.status.as_ref().map(|status| format!(" ({status})")).unwrap_or_default();
    (tone, format!("{word}{status}"))
}

fn row(one: &ResourceReport, palette: Palette) -> Vec<String> {
    let (tone, word) = state(one);
    let name = if one.resource == ResourceKind::ResourceGroup { String::new() } else { one.name.clone() };
    vec![palette.paint(tone, word), one.resource.label().to_owned(), name]
}

fn made(about: &About) -> String {
    about.age_s.map(|seconds| format!("created {} ago", age(seconds))).unwrap_or_default()
}

fn owner(about: &About) -> String {
    match (&about.workshop, &about.owner) {
        (None, _) => "not created by azlab".to_owned(),
        (Some(workshop), None) => format!("workshop {workshop}"),
        (Some(workshop), Some(owner)) => format!("workshop {workshop}, owner {owner}"),
    }
}

fn busy(about: &About) -> String {
    let tell = |one: &AtWork| format!("busy: {} by {} since {}", one.command, one.by, one.since);
    about.busy.as_ref().map(tell).unwrap_or_default()
}

fn expires(about: &About) -> String {
    match (&about.expires_at, about.expires_in_s) {
        (None, _) => String::new(),
        (Some(at), None) => format!("expires at '{at}', which is not a time"),
        (Some(_), Some(left)) if left > 0 => format!("expires in {}", age(left.unsigned_abs())),
        (Some(_), Some(past)) => format!("expired {} ago", age(past.unsigned_abs())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::Details;

    fn lab(name: &str, about: About) -> LabOutcome {
        LabOutcome {
            name: name.to_owned(),
            subscription: None,
            resource_group: format!("rg-{name}"),
            location: "westeurope".to_owned(),
            state: crate::outcome::LabState::Ready,
            elapsed_s: 1.0,
            changes: Vec::new(),
            outputs: crate::outcome::Outputs::default(),
            error: None,
            details: Details { about: Some(about), ..Details::default() },
        }
    }

    #[test]
    fn a_column_that_nothing_fills_is_left_out_and_one_that_something_fills_stays() {
        let soon = About { expires_at: Some("soon".to_owned()), expires_in_s: Some(7200), ..About::default() };
        let labs = [lab("anna", soon.clone()), lab("ben", soon)];
        let text = many(&labs, Palette::new(false));
        assert_eq!(
            text.lines().next().map(|head| head.split_whitespace().collect::<Vec<_>>()),
            Some(vec!["lab", "state", "resource", "group", "location", "expires"])
        );
        let mut labs = labs.to_vec();
        labs[1].details.about = Some(About { age_s: Some(3600), ..About::default() });
        let text = many(&labs, Palette::new(false));
        assert_eq!(
            text,
            "  lab   state  resource group  location    age    expires\n  anna  ready  rg-anna         westeurope         in 2h 0m\n  \
             ben   ready  rg-ben          westeurope  1h 0m\n"
        );
    }
}
