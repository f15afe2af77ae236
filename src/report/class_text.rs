//! The results of a class in words: a page, however many labs there are. Every lab stands in the JSON result, and in the
//! text with `-v`.

use super::alike::alike;
use super::describe::ending;
use super::plan_text;
use super::style::{Palette, Tone};
use super::table::table;
use crate::outcome::plan::PlannedAction;
use crate::outcome::{CheckReport, LabOutcome};
use crate::values::duration::exact;
use crate::values::{CheckStatus, LabState, ResourceKind, a_few, counted};

/// The labs from which on a result tells what they have in common: more than fit on a small screen.
const CLASS: usize = 20;
/// As many of the slowest as are named.
const SLOWEST: usize = 3;

/// Whether so many labs are told together.
pub(super) fn is_class(labs: usize, verbosity: i8) -> bool {
    labs > CLASS && verbosity <= 0
}

/// The names of labs, of many the first ones.
pub(super) fn names(labs: &[&LabOutcome]) -> String {
    a_few(&labs.iter().map(|lab| lab.name.as_str()).collect::<Vec<_>>())
}

/// How labs ended: how many and where, how long it took, and which failed with what.
pub(super) fn summary(labs: &[LabOutcome], palette: Palette) -> String {
    let mut rows: Vec<Vec<String>> = Vec::new();
    let mut states = alike(labs, |lab| (lab.state, lab.error.as_ref().map(|error| error.code.clone())));
    // What went well comes first, as the most do.
    states.sort_by_key(|((state, code), of)| (code.is_some(), is_trouble(*state), std::cmp::Reverse(of.len())));
    for ((state, code), of) in states {
        let (tone, word) = ending(state);
        let why = match code.filter(|_| state != LabState::Interrupted) {
            Some(code) => format!("{code}: {}", names(&of)),
            None if is_trouble(state) => names(&of),
            None => String::new(),
        };
        rows.push(vec![palette.paint(tone, word), counted(of.len(), "lab"), range(&of), why]);
    }
    let mut text = format!("{}\n{}", counted(labs.len(), "lab"), table(&rows));
    let places = alike(labs, |lab| lab.location.clone());
    if places.len() > 1 {
        let told = places.iter().map(|(location, of)| format!("{} in {location}", counted(of.len(), "lab")));
        text.push_str(&format!("  {}\n", told.collect::<Vec<_>>().join(", ")));
    }
    let slowest = slowest(labs);
    if !slowest.is_empty() {
        text.push_str(&format!("  the slowest: {}\n", slowest.join(", ")));
    }
    text.push_str(&format!("  {}\n", palette.paint(Tone::Dim, "each lab: -v, or -o json")));
    text
}

fn is_trouble(state: LabState) -> bool {
    matches!(state, LabState::Failed | LabState::Incomplete | LabState::Interrupted)
}

/// How long labs took: the shortest and the longest.
fn range(labs: &[&LabOutcome]) -> String {
    let all = labs.iter().map(|lab| lab.elapsed_s);
    let (shortest, longest) = all.fold((f64::INFINITY, 0.0_f64), |(low, high), one| (low.min(one), high.max(one)));
    let (shortest, longest) = (exact(shortest), exact(longest));
    if shortest == longest { shortest } else { format!("{shortest} to {longest}") }
}

/// Those that took longest, where they stand out from the rest.
fn slowest(labs: &[LabOutcome]) -> Vec<String> {
    let mut by_time: Vec<&LabOutcome> = labs.iter().collect();
    by_time.sort_by(|one, other| other.elapsed_s.total_cmp(&one.elapsed_s).then_with(|| one.name.cmp(&other.name)));
    let Some(median) = by_time.get(by_time.len() / 2).map(|lab| lab.elapsed_s) else { return Vec::new() };
    let stands_out = |lab: &&&LabOutcome| lab.elapsed_s > median * 1.05 && lab.elapsed_s > median + 1.0;
    by_time
        .iter()
        .filter(stands_out)
        .take(SLOWEST)
        .map(|lab| format!("{} {}", lab.name, exact(lab.elapsed_s)))
        .collect()
}

/// What would be done to labs: of those to which the same would be done, the first as an example.
pub(super) fn plans(labs: &[LabOutcome], palette: Palette) -> String {
    let planned: Vec<&LabOutcome> = labs.iter().filter(|lab| lab.details.plan.is_some()).collect();
    let shape = |lab: &&LabOutcome| -> Vec<(PlannedAction, ResourceKind)> {
        lab.details.plan.iter().flatten().map(|change| (change.action, change.resource)).collect()
    };
    let blocks = alike(&planned, |lab| shape(lab)).into_iter().filter_map(|(_, of)| {
        let of: Vec<&LabOutcome> = of.into_iter().copied().collect();
        let first = of.first()?;
        let block = plan_text::block(first, first.details.plan.as_deref()?, palette);
        let others = &of[1..];
        let like = (!others.is_empty())
            .then(|| format!("  and likewise {}: {}\n", counted(others.len(), "lab"), names(others)));
        Some(format!("{}\n{}", block.trim_end(), like.unwrap_or_default()))
    });
    let mut text: String = blocks.collect::<Vec<_>>().join("\n");
    let failed: Vec<&LabOutcome> = labs.iter().filter(|lab| lab.details.plan.is_none()).collect();
    if !failed.is_empty() {
        text.push_str(&format!("\n{} could not be planned: {}\n", counted(failed.len(), "lab"), names(&failed)));
    }
    text
}

/// How the checks of labs ended: how many passed all, and each check that some did not pass, once.
pub(super) fn checks(labs: &[LabOutcome], palette: Palette) -> String {
    let made = |lab: &LabOutcome| lab.details.checks.clone().unwrap_or_default();
    let all: Vec<(&LabOutcome, CheckReport)> =
        labs.iter().flat_map(|lab| made(lab).into_iter().map(move |check| (lab, check))).collect();
    let troubles: Vec<&(&LabOutcome, CheckReport)> =
        all.iter().filter(|(_, check)| matches!(check.status, CheckStatus::Fail | CheckStatus::Warn)).collect();
    let failed = |lab: &LabOutcome| {
        lab.error.is_some() || lab.details.checks.iter().flatten().any(|check| check.status == CheckStatus::Fail)
    };
    let not_well = labs.iter().filter(|lab| failed(lab)).count();
    let mut text = format!(
        "{}: {} passed all that was checked, {not_well} did not\n",
        counted(labs.len(), "lab"),
        labs.len() - not_well
    );
    for (_, of) in alike(&troubles, |(_, check)| (check.status, check.id, check.code.clone())) {
        let Some((_, first)) = of.first() else { continue };
        let labs: Vec<&LabOutcome> = of.iter().map(|(lab, _)| *lab).collect();
        let mut shown = first.clone();
        shown.lab = Some(format!("{}: {}", counted(labs.len(), "lab"), names(&labs)));
        text.push_str(&super::checks::lines(&[shown], palette));
    }
    text
}
