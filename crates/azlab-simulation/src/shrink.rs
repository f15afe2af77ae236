//! Makes a failing plan smaller while it still fails in the same way.

use super::oracle::Invariant;
use super::plan::{ByItself, Plan, Stop};
use super::run;
use super::world::Report;

/// A failing plan at its smallest, what happens in it, and how to see it again.
pub fn explain(plan: &Plan, report: &Report) -> String {
    let Some(first) = report.violations.first() else { return String::new() };
    let (small, tried) = shrink(plan, first.invariant);
    let shown = run(&small);
    let broken: Vec<String> =
        shown.violations.iter().take(3).map(|one| format!("  {:?}: {}\n", one.invariant, one.what)).collect();
    format!(
        "{small}, made smaller in {tried} tries from {} things to {}:\n{}{}  replay: cargo run --release --example simulate -- --replay {}\n",
        plan.size(),
        small.size(),
        shown.trace,
        broken.concat(),
        plan.seed
    )
}

/// The smallest plan found that breaks the same invariant, and how many were tried.
fn shrink(plan: &Plan, broken: Invariant) -> (Plan, usize) {
    let (mut best, mut tried) = (plan.clone(), 0);
    loop {
        let smaller = candidates(&best).into_iter().find(|candidate| {
            tried += 1;
            run(candidate).violations.iter().any(|violation| violation.invariant == broken)
        });
        match smaller {
            Some(smaller) => best = smaller,
            None => return (best, tried),
        }
    }
}

/// Plans with one thing less.
fn candidates(plan: &Plan) -> Vec<Plan> {
    let mut all = Vec::new();
    let mut with = |change: &dyn Fn(&mut Plan)| {
        let mut candidate = plan.clone();
        change(&mut candidate);
        if candidate.size() < plan.size() {
            all.push(candidate);
        }
    };
    for at in 0..plan.acts.len() {
        with(&|plan| drop(plan.acts.remove(at)));
        with(&|plan| plan.acts[at].troubles.clear());
        for trouble in 0..plan.acts[at].troubles.len() {
            with(&|plan| drop(plan.acts[at].troubles.remove(trouble)));
        }
        with(&|plan| plan.acts[at].stop = Stop::No);
        with(&|plan| plan.acts[at].broken = None);
        with(&|plan| plan.acts[at].look = false);
        with(&|plan| plan.acts[at].lines.truncate(1));
    }
    with(&|plan| plan.neighbours = false);
    with(&|plan| plan.taken = false);
    with(&|plan| plan.by_itself = ByItself::default());
    with(&|plan| plan.skew_s = 0);
    all
}
