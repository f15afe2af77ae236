//! What a lock, a deny assignment or a subscription that is disabled would refuse a lab, found before the first write.

use super::runner::{Command, Ending};
use super::work::Work;
use crate::preflight::finding::Finding;
use crate::preflight::refusals::{Refusals, Writes};
use crate::preflight::subscription_cache::SubscriptionCache;
use crate::preflight::survey::Stop;
use crate::recipe::error::Error as RecipeError;
use crate::recipe::inspection::inspect;
use crate::recipe::provision::Plan;

/// What was found of the lab of `work`; `thorough` tells what would refuse its deletion too. Only where something might refuse a
/// lab that exists is it looked at what of it is to be written.
///
/// # Errors
/// The lab cannot be looked at.
pub(super) async fn find(
    command: &Command<'_>,
    cache: &SubscriptionCache,
    (work, plan): (&Work, &Plan),
    thorough: bool,
) -> Result<Vec<Finding>, RecipeError> {
    let lab = &plan.lab;
    let refusals = Refusals::of(cache).await;
    let writes = if plan.is_new {
        Writes::of_new(lab, &plan.location)
    } else if refusals.may_refuse(lab, &plan.location) {
        Writes::of(&command.limited(work, inspect(&work.ctx, lab, Some(&plan.account))).await?)
    } else {
        Writes::default()
    };
    Ok(refusals.check(lab, &writes, thorough))
}

/// The end of a lab whose writes a lock, a deny assignment or its subscription would refuse; `None` where none does. `writes` is
/// asked only where one might.
pub(super) async fn foreseen<F: Future<Output = Result<Writes, RecipeError>>>(
    command: &Command<'_>,
    work: &Work,
    writes: impl FnOnce() -> F,
) -> Option<Ending> {
    let lab = &work.lab;
    let cache = command.cache(&lab.subscription).await;
    let looking = async {
        let refusals = Refusals::of(&cache).await;
        if !refusals.may_refuse(lab, "") {
            return Ok(Vec::new());
        }
        Ok(refusals.check(lab, &writes().await?, false))
    };
    let found = match command.limited(work, looking).await {
        Ok(found) => found,
        Err(error) => return Some(Ending::failed(&error)),
    };
    found.iter().for_each(|finding| finding.emit(&work.ctx.events));
    (!found.is_empty()).then(|| Ending::stopped(&Stop::Checks(found), &command.options.place))
}
