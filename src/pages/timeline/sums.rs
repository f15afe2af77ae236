//! What a run comes to: what it waited for limits, and the path that decided its end.

use std::collections::BTreeMap;

use super::story::{Bar, Lab, Run};
use crate::values::counted;
use crate::values::duration::exact;

/// What the labs waited for each limit, the most first.
pub(super) fn limits(run: &Run) -> Vec<String> {
    let mut of: BTreeMap<&str, BTreeMap<&str, f64>> = BTreeMap::new();
    for lab in &run.labs {
        for wait in lab.bars.iter().flat_map(|bar| &bar.waits).filter(|wait| wait.is_for_limit) {
            *of.entry(&wait.reason).or_default().entry(&lab.name).or_default() += wait.end_s - wait.begin_s;
        }
    }
    let mut sums: Vec<(f64, String)> = of.into_iter().filter_map(|(limit, labs)| told(limit, &labs)).collect();
    sums.sort_by(|(one, _), (other, _)| other.total_cmp(one));
    sums.into_iter().map(|(_, text)| text).collect()
}

fn told(limit: &str, labs: &BTreeMap<&str, f64>) -> Option<(f64, String)> {
    let total: f64 = labs.values().sum();
    let (longest, waited) = labs.iter().max_by(|(_, one), (_, other)| one.total_cmp(other))?;
    let labs = counted(labs.len(), "lab");
    Some((
        total,
        format!("waited for the limit '{limit}': {} in {labs}, at most {} ({longest})", exact(total), exact(*waited)),
    ))
}

/// What decided the end of the lab that ended last, step by step, beside the bound.
pub(super) fn last_path(run: &Run) -> Option<String> {
    let lab = run.labs.iter().max_by(|one, other| one.end_s.total_cmp(&other.end_s))?;
    let steps = steps(lab);
    if steps.is_empty() {
        return None;
    }
    let bound = match run.bound_s.filter(|bound| *bound > 0.0) {
        Some(bound_s) => format!("; the bound is {}", exact(bound_s)),
        None => String::new(),
    };
    Some(format!(
        "critical path: {} ended last, at {}: began at {}, {}{bound}",
        lab.name,
        exact(lab.end_s),
        exact(lab.begin_s),
        steps.join(", ")
    ))
}

fn steps(lab: &Lab) -> Vec<String> {
    let mut path: Vec<&Bar> = lab.bars.iter().filter(|bar| bar.is_critical).collect();
    path.sort_by(|one, other| one.begin_s.total_cmp(&other.begin_s));
    let step = |bar: &&Bar| {
        let (what, took) = (bar.label(), exact(bar.end_s - bar.begin_s));
        match bar.waited_s() {
            waited if waited > 0.0 => format!("{what} {took} (waited {} for limits)", exact(waited)),
            _ => format!("{what} {took}"),
        }
    };
    path.iter().map(step).collect()
}
