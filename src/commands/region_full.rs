//! A region that has no room: where there is some, and the commands that lead there.

use std::time::Duration;

use super::runner::Command;
use super::work::Work;
use crate::azure::shortage::{self, Shortage};
use crate::follow_up::{Advice, FollowUp, Verb};
use crate::preflight::alternative_regions::{self, Region};
use crate::preflight::subscription_cache::SubscriptionCache;
use crate::recipe::error::Error as RecipeError;

/// As long as somebody who has just been refused waits for more, in service time.
const LIMIT: Duration = Duration::from_secs(20);

/// What helps a lab at `location` that failed with `error` for want of room; `None` if it failed for something else.
pub(crate) async fn advice(
    command: &Command<'_>,
    cache: &SubscriptionCache,
    work: &Work,
    location: &str,
    error: &RecipeError,
) -> Option<String> {
    if !is_full(error) {
        return None;
    }
    let found = command.session.clock().timeout(LIMIT, alternative_regions::find_for(cache, &work.lab, location)).await;
    let regions = found.unwrap_or_default();
    let remove = FollowUp::new(Verb::Teardown).on(&work.lab);
    let make = FollowUp::make().on(&work.lab);
    let best = regions.first().map_or("REGION", |region| region.location.as_str());
    // A size that is refused before anything is made is not to be had here; others may be.
    let is_refused =
        matches!(error, RecipeError::Azure { source, .. } if source.service().is_some_and(|one| !one.ended_operation));
    let size = if is_refused { "; another VM size (--node-vm-size) may be available here" } else { "" };
    let advice = Advice::from(format!(
        "{location} has no capacity now, and the same command comes to the same end{size}; {}. The lab's resource group is in \
         {location}, so delete the lab first: ",
        room(&regions)
    ));
    let advice = advice.run(remove).say("; then make it in another region: ").run(make.with(["--location", best]));
    let advice = match command.has_places {
        true => advice.say("; with on_full = \"move\" in the file azlab does both, as long as the lab has no cluster, or one that failed"),
        false => advice,
    };
    Some(advice.at(&command.options.place))
}

/// The same for a lab at `location` whose cluster could not be started: its capacity is somebody else's for now.
pub(super) fn advice_to_resume(
    command: &Command<'_>,
    work: &Work,
    location: &str,
    error: &RecipeError,
) -> Option<String> {
    if !is_full(error) {
        return None;
    }
    let advice = Advice::from(format!("{location} has no capacity now; the lab stays paused. Try again later: "))
        .run(FollowUp::resume().on(&work.lab))
        .say("; or delete the lab: ")
        .run(FollowUp::new(Verb::Teardown).on(&work.lab))
        .say("; and make it in another region: ")
        .run(FollowUp::make().on(&work.lab).with(["--location", "REGION"]));
    Some(advice.at(&command.options.place))
}

/// Whether a lab failed because its region has no room.
pub(crate) fn is_full(error: &RecipeError) -> bool {
    let RecipeError::Azure { source, .. } = error else { return false };
    source.service().and_then(shortage::of) == Some(Shortage::Region)
}

/// Which regions have room, as far as quotas tell.
fn room(regions: &[Region]) -> String {
    if regions.is_empty() {
        return "none of the regions nearby was found to have quota for it".to_owned();
    }
    let labs = |region: &Region| {
        let labs = if region.labs == 1 { "lab" } else { "labs" };
        format!("{} ({} {labs})", region.location, region.labs)
    };
    format!("these regions have quota for it: {}", regions.iter().map(labs).collect::<Vec<_>>().join(", "))
}
