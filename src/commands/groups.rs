//! Which groups the labs of a file are in, for commands that make labs: their own, but for what swaps have moved.

use std::collections::HashMap;

use super::find;
use super::runner::Command;
use super::subscriptions;
use crate::lab::claims::{self, Claim, Replaces};
use crate::lab::ids::same;
use crate::lab::spec::LabSpec;
use crate::lab::tags::{self, Tags};
use crate::recipe::group;
use crate::settings::LabSource;

/// The groups of a run's subscriptions, by what they say.
#[derive(Debug, Default)]
pub(super) struct Groups {
    claims: Vec<Claim>,
    /// The places in `claims`, by lab.
    by_lab: HashMap<String, Vec<usize>>,
    /// Whether the file lists one lab: what it says of that lab's own group holds, and is refused where it cannot be.
    is_alone: bool,
}

impl Groups {
    /// Reads them, if labs of `source` can have been swapped: a file lists them, whether or not it has spares still, and nobody names a
    /// group. What cannot be read is told by what follows.
    pub(super) async fn read(command: &Command<'_>, source: &LabSource) -> Self {
        let listed = source.file().map(|file| file.lab_names().count()).unwrap_or_default();
        if listed == 0 || source.resource_group().is_some() {
            return Self::default();
        }
        let subscriptions = subscriptions::all(command.session, source).await.unwrap_or_default();
        let mut claims = Vec::new();
        for azure in &subscriptions {
            let Ok(groups) = command.cache(azure.subscription()).await.groups().await else { continue };
            let ours = groups.iter().filter(|group| Tags::read(group.tags.as_ref()).get(tags::WORKSHOP).is_some());
            claims.extend(ours.filter_map(|group| group::which_lab(azure.subscription(), group)));
        }
        let claims = claims::settled(claims);
        let mut by_lab: HashMap<String, Vec<usize>> = HashMap::new();
        for (index, claim) in claims.iter().enumerate().filter(|(_, claim)| claim.is_tagged) {
            by_lab.entry(claim.lab.to_lowercase()).or_default().push(index);
        }
        Self { claims, by_lab, is_alone: listed == 1 }
    }

    /// Puts `lab` into the group that it has, where that is: what exists stays, whatever the file says now. A group that the file
    /// makes for none of its labs is another workshop's. Gives the location that the file says instead.
    pub(super) fn settle(&self, source: &LabSource, lab: &mut LabSpec) -> Option<String> {
        let claimed = self.by_lab.get(&lab.name.to_lowercase()).map(Vec::as_slice).unwrap_or_default();
        let mut groups = claimed.iter().map(|index| &self.claims[*index]);
        let own = groups.clone().find(|one| one.group.eq_ignore_ascii_case(&lab.group));
        if self.is_alone && own.is_some() {
            return None;
        }
        match own.or_else(|| groups.find(|one| source.makes(&one.group))) {
            Some(one) => {
                let said = source.file().and_then(|_| lab.location.clone());
                source.put_into(lab, &one.group);
                lab.still_called.clone_from(&one.still_called);
                if source.insists_on_location() {
                    return None;
                }
                let said = said?;
                lab.location = Some(one.location.clone());
                Some(said).filter(|said| !same(said, &one.location))
            }
            None => {
                *lab = find::anew(source, lab.clone(), &self.claims);
                None
            }
        }
    }

    /// The labs whose swaps were cut off, each with what its new group replaces.
    pub(super) fn unfinished(&self) -> impl Iterator<Item = (&Claim, &Replaces)> {
        self.claims.iter().filter_map(|one| Some((one, one.replaces.as_ref()?)))
    }

    /// The subscription of the group that a swap leaves to its spare.
    pub(super) fn subscription_of(&self, replaces: &Replaces) -> Option<&str> {
        let is_it = |one: &&Claim| same(&one.group, &replaces.group) && same(&one.lab, &replaces.spare);
        self.claims.iter().find(is_it).map(|one| one.subscription.as_str())
    }

    /// Says which swaps of `labs` were cut off.
    pub(super) fn tell_unfinished(&self, command: &Command<'_>, source: &LabSource, labs: &[LabSpec]) {
        find::tell_unfinished(command.session, command.options, source, labs, &find::unfinished(&self.claims));
    }
}
