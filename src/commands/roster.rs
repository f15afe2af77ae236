//! Labs in Azure that are no longer in the roster: kept, and told.

use super::run_options::RunOptions;
use super::session::Session;
use super::subscriptions;
use crate::azure::client::Azure;
use crate::events::Level;
use crate::follow_up::{FollowUp, Labs, Verb};
use crate::lab::ids::same;
use crate::lab::spec::LabSpec;
use crate::lab::tags::{self, Tags};
use crate::settings::LabSource;
use crate::values::{a_few, agreeing, counted};

/// A lab of the workshop that the file does not list.
struct Unlisted {
    lab: String,
    group: String,
    /// The lab that the roster now gives to its owner.
    now: Option<String>,
}

/// Tells which labs of the workshop are in Azure and in no row, where all that the file lists is looked at. Groups that
/// cannot be listed are told by whoever needs them.
pub(super) async fn tell_unlisted(session: &Session, options: &RunOptions, source: &LabSource) {
    let Some(roster) = source.file().and_then(|file| file.roster_name()).filter(|_| source.is_whole_roster()) else {
        return;
    };
    let unlisted = unlisted(session, source).await;
    if unlisted.is_empty() {
        return;
    }
    let names: Vec<String> = unlisted.iter().map(|one| one.lab.clone()).collect();
    let labs = Labs::placed(unlisted.iter().map(|one| (one.lab.as_str(), one.group.as_str())));
    let teardown = options.place.line(&FollowUp::new(Verb::Teardown).on(labs));
    let count = names.len();
    let message = format!(
        "{} {} no longer in {roster}, and {} kept: {}; to delete: {teardown}",
        counted(count, "lab"),
        agreeing(count, "is", "are"),
        agreeing(count, "is", "are"),
        a_few(&names)
    );
    session.events.note(Level::Warning, message);
    for Unlisted { lab, now, .. } in &unlisted {
        if let Some(now) = now {
            let message = format!(
                "the attendee of the lab {lab} has the lab {now} in {roster}; to keep the old one, write {lab} in the column \
                 lab of their row"
            );
            session.events.note(Level::Warning, message);
        }
    }
}

async fn unlisted(session: &Session, source: &LabSource) -> Vec<Unlisted> {
    let Some(file) = source.file() else { return Vec::new() };
    let Ok(subscriptions) = subscriptions::all(session, source).await else { return Vec::new() };
    let read = async |azure: &Azure| azure.groups_tagged(tags::WORKSHOP).await;
    let Ok((groups, _)) = subscriptions::each(&subscriptions, read).await else { return Vec::new() };
    let workshop = file.file().workshop.as_deref().unwrap_or(tags::DEFAULT_WORKSHOP);
    let listed: Vec<LabSpec> = source.specs(session.azure.subscription());
    let read = |group: crate::azure::groups::ResourceGroup| {
        let tags = Tags::read(group.tags.as_ref());
        let (lab, group) = (tags.get(tags::LAB)?.to_owned(), group.name?);
        let is_listed = listed.iter().any(|spec| same(&spec.name, &lab) || same(&spec.group, &group));
        let is_of_the_workshop = tags.get(tags::WORKSHOP).is_some_and(|of| of == workshop);
        let now = tags.get(tags::OWNER).and_then(|owner| file.lab_of(owner)).map(str::to_owned);
        (!is_listed && is_of_the_workshop).then_some(Unlisted { lab, group, now })
    };
    groups.into_iter().flatten().filter_map(read).collect()
}
