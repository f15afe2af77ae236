//! The one question of a run: what to take in place of models that were named and cannot be had. It is asked for all labs
//! together, before the first of them is told to begin, so that no display moves below it.

use azlab_clock::asking;

use super::finished::Finished;
use super::runner::Command;
use crate::hints;
use crate::lab::model::Offer;
use crate::lab::spec::LabSpec;
use crate::outcome::Exit;
use crate::preflight::unavailable_models::{UnavailableModel, find};
use crate::recipe::error::Error as RecipeError;
use crate::values::counted;

/// Asks once, where there is somebody to ask, and settles in `labs` what was answered. Who declines has the checks tell what
/// is wrong.
///
/// # Errors
/// The end of a command that was interrupted at the question.
pub(crate) async fn settle(command: &Command<'_>, labs: &mut [LabSpec], adopt: bool) -> Result<(), Box<Finished>> {
    let Some(ask) = command.options.ask.as_ref().filter(|_| !command.options.yes) else { return Ok(()) };
    let is_named = |lab: &LabSpec| lab.deployments.iter().any(|one| one.model.is_named());
    if !labs.iter().any(is_named) {
        return Ok(());
    }
    let mut missing: Vec<(usize, UnavailableModel)> = Vec::new();
    for (index, lab) in labs.iter().enumerate().filter(|(_, lab)| is_named(lab)) {
        let cache = command.cache(&lab.subscription).await;
        missing.extend(find(&cache, lab, adopt).await.into_iter().map(|one| (index, one)));
    }
    let offers = shared(&missing);
    let picked = match offers.as_slice() {
        [] => None,
        offers => asking(|| ask(&question(&missing, labs.len()), offers)).and_then(|index| offers.get(index)),
    };
    if let Some(picked) = picked {
        for (index, one) in &missing {
            let named = labs[*index].deployments.iter_mut().filter(|spec| spec.name == one.deployment);
            named.for_each(|spec| spec.model.take_instead(&picked.model));
        }
    }
    if command.session.stop.is_cancelled() {
        let interrupted = hints::report(&RecipeError::Interrupted);
        return Err(Box::new(command.before_any_lab(interrupted, Exit::Interrupted)));
    }
    Ok(())
}

/// What can be taken in place of every one of them, best first.
fn shared(missing: &[(usize, UnavailableModel)]) -> Vec<Offer> {
    let Some(((_, first), others)) = missing.split_first() else { return Vec::new() };
    let everywhere =
        |offer: &&Offer| others.iter().all(|(_, other)| other.alternatives.iter().any(|one| one.model == offer.model));
    first.alternatives.iter().filter(everywhere).cloned().collect()
}

/// What is wrong, each once, and for how many labs the answer counts.
fn question(missing: &[(usize, UnavailableModel)], all: usize) -> String {
    let mut reasons: Vec<&str> = missing.iter().map(|(_, one)| one.reason.as_str()).collect();
    reasons.sort_unstable();
    reasons.dedup();
    let mut labs: Vec<usize> = missing.iter().map(|(lab, _)| *lab).collect();
    labs.dedup();
    let of = if all == 1 { String::new() } else { format!(", for {}", counted(labs.len(), "lab")) };
    format!("{}.\nWhich model instead{of}?", reasons.join(";\n"))
}
