//! Makes a failing plan smaller while it still fails in the same way.

use super::oracle::Invariant;
use super::run;
use super::simulated::Simulated;
use super::world::Report;

/// A failing plan at its smallest, what happens in it, and how to see it again.
pub fn explain<S: Simulated>(plan: &S, report: &Report) -> String {
    let Some(first) = report.violations.first() else { return String::new() };
    let (small, tried) = shrink(plan, first.invariant);
    let shown = run(&small);
    let broken: Vec<String> =
        shown.violations.iter().take(3).map(|one| format!("  {:?}: {}\n", one.invariant, one.what)).collect();
    format!(
        "{small}, made smaller in {tried} tries from {} things to {}:\n{}{}  replay: cargo run --release --example simulate -- {}--replay {}\n",
        plan.size(),
        small.size(),
        shown.trace,
        broken.concat(),
        S::REPLAY,
        plan.seed()
    )
}

/// The smallest plan found that breaks the same invariant, and how many were tried.
fn shrink<S: Simulated>(plan: &S, broken: Invariant) -> (S, usize) {
    let (mut best, mut tried) = (plan.clone(), 0);
    loop {
        let smaller = best.smaller().into_iter().find(|candidate| {
            tried += 1;
            run(candidate).violations.iter().any(|violation| violation.invariant == broken)
        });
        match smaller {
            Some(smaller) => best = smaller,
            None => return (best, tried),
        }
    }
}
