//! Which spare a swap gives, and what each of the two groups is to be after it.

use futures::future::join_all;

use super::find;
use super::finished::Finished;
use super::runner::Command;
use super::swap_rivals::outdone;
use crate::azure::groups::ResourceGroup;
use crate::events::Level;
use crate::follow_up::{Advice, FollowUp, Labs, Verb};
use crate::hints;
use crate::lab::attendee::is_address;
use crate::lab::claims::Replaces;
use crate::lab::ids::same;
use crate::lab::reservation::is_for;
use crate::lab::spec::LabSpec;
use crate::lab::tags::{self, Tags};
use crate::outcome::{ErrorReport, Exit};
use crate::recipe::context::{Context, ParentLocks};
use crate::recipe::error::Error as RecipeError;
use crate::recipe::group;
use crate::recipe::handover::Marks;
use crate::recipe::inspection::{Inspection, inspect};
use crate::recipe::rivals::{Rival, Spare, Stage};
use crate::settings::{LabSource, SwapSettings};
use crate::values::ResourceKind;

/// A swap: what is what after it.
#[derive(Clone, Debug)]
pub(super) struct Swap {
    /// The lab, in the group that is the spare's before.
    pub(super) lab: LabSpec,
    /// The spare, in the group that is the lab's before; `None` if the lab did not exist.
    pub(super) old: Option<LabSpec>,
    /// The spare's name, and the group that the lab has, or would have, before.
    replaces: Replaces,
    /// Whose the lab is.
    owner: Option<String>,
    /// Until when it lives.
    expires: Option<String>,
    /// Whether it has got the spare's group already.
    has_begun: bool,
}

/// A spare that another swap has got, or reserved, and which lab that is for.
pub(super) type Taken = (String, String);

/// What other swaps that run meanwhile leave to choose from.
#[derive(Clone, Debug, Default)]
pub(super) struct Meanwhile {
    /// The spares that are other labs' by now, or are about to be.
    pub(super) taken: Vec<Taken>,
    /// The swap of the same lab with another spare that this one gives way to: it goes on with that spare.
    pub(super) elsewhere: Option<Rival>,
}

impl Swap {
    /// The tags that give the spare's group to the lab, and say that the old one is still to be dealt with.
    pub(super) fn given(&self) -> Marks {
        self.finished().with(tags::REPLACES, Some(&self.replaces.to_string()))
    }

    /// The tags that the lab's group has in the end.
    pub(super) fn finished(&self) -> Marks {
        let marks = Marks::new(&self.lab, &self.replaces.spare);
        let marks = marks.with(tags::OWNER, self.owner.as_deref()).with(tags::EXPIRES, self.expires.as_deref());
        marks.with(tags::REPLACES, None)
    }

    /// Both labs: hers, and that behind her, if there is one.
    pub(super) fn labs(&self) -> Vec<LabSpec> {
        [Some(self.lab.clone()), self.old.clone()].into_iter().flatten().collect()
    }

    /// The group that it gives.
    pub(super) fn spare(&self) -> Spare<'_> {
        Spare { lab: &self.lab, name: &self.replaces.spare, old: &self.replaces.group }
    }

    /// What is to be reserved before its first write; `None` for one that has begun.
    pub(super) fn to_reserve(&self) -> Option<Spare<'_>> {
        (!self.has_begun).then(|| self.spare())
    }

    /// The tags that make the old group the spare.
    pub(super) fn taken(&self) -> Option<Marks> {
        Some(Marks::of_spare(self.old.as_ref()?, &self.lab.name))
    }
}

/// Chooses; or, where a swap of the lab was cut off, goes on with that one. Reads only.
///
/// # Errors
/// The end of a command that has nothing to swap, or nothing to swap it with.
pub(super) async fn choose(
    command: &Command<'_>,
    settings: &SwapSettings,
    mut lab: LabSpec,
    spares: Vec<LabSpec>,
    meanwhile: &Meanwhile,
) -> Result<Swap, Box<Finished>> {
    let group = read(command, &lab).await.map_err(|error| command.failed(&error))?;
    if let Some(found) = &group {
        group::claim(found, &lab, false).map_err(|error| {
            // The spare that she has got is what her old group is called now.
            let called = tags_of(Some(found)).get(tags::LAB).unwrap_or_default().to_owned();
            let spare = spares.iter().find(|spare| same(&called, &spare.name));
            let done = spare.map(|spare| Rival { group: spare.group.clone(), spare: called, stage: Stage::Done });
            match done.as_ref().or(meanwhile.elsewhere.as_ref()) {
                Some(rival) => outdone(command, &lab, rival),
                None => command.failed(&error),
            }
        })?;
    }
    if group.is_none() && (is_address(&lab.name) || settings.labs().only_listed().is_err()) {
        return Err(Box::new(command.before_any_lab(find::not_found(&lab, &command.options.place), Exit::NotFound)));
    }
    let now = command.session.clock().now();
    let of_group = Tags::read(group.as_ref().and_then(|group| group.tags.as_ref()));
    if let Some(replaces) = Replaces::read(&of_group) {
        let message = format!("going on with the swap of {} with {}, which was cut off", lab.name, replaces.spare);
        command.session.events.note(Level::Info, message);
        let of_spare = spares.iter().find(|spare| same(&spare.name, &replaces.spare));
        let old = of_spare.map(|spare| spare.subscription.as_str());
        return resumed(command, settings.labs(), (lab, &of_group), replaces, old).await;
    }
    let here = location(&lab, group.as_ref());
    let (spare, found) = match ready(command, settings, &lab, (spares, meanwhile), here.as_deref()).await? {
        Chosen::Spare(spare, found) => (*spare, *found),
        Chosen::Hers(given, found) => return joined(command, settings.labs(), lab, (&given, &found)).await,
    };
    let (replaced, name) = (lab.group.clone(), spare.name.clone());
    let mut old = LabSpec { name: name.clone(), ..lab.clone() };
    let subscription = old.subscription.clone();
    old = settings.labs().spec_of(&old.name, &subscription);
    settings.labs().put_into(&mut old, &replaced);
    old.settle_account(&of_group);
    lab.subscription.clone_from(&spare.subscription);
    settings.labs().put_into(&mut lab, &spare.group);
    let of_found = Tags::read(found.tags.as_ref());
    let source = if group.is_some() { &of_group } else { &of_found };
    lab.settle_tags(source, now);
    // The account is the one that the spare has.
    lab.settle_account(&of_found);
    checked(command, swap(lab, (old, group.as_ref()), name, source), Some(&found), group.as_ref())
}

/// The swap of `lab` that another run has begun meanwhile, with the spare `given`, whose group is `found` now.
async fn joined(
    command: &Command<'_>,
    source: &LabSource,
    mut lab: LabSpec,
    (given, found): (&LabSpec, &ResourceGroup),
) -> Result<Swap, Box<Finished>> {
    let of_group = Tags::read(found.tags.as_ref());
    let old = std::mem::replace(&mut lab.subscription, given.subscription.clone());
    source.put_into(&mut lab, &given.group);
    if let Some(replaces) = Replaces::read(&of_group) {
        let message =
            format!("going on with the swap of {} with {}, which another run has begun", lab.name, replaces.spare);
        command.session.events.note(Level::Info, message);
        return resumed(command, source, (lab, &of_group), replaces, Some(&old)).await;
    }
    let rival = Rival { group: given.group.clone(), spare: given.name.clone(), stage: Stage::Done };
    Err(Box::new(outdone(command, &lab, &rival)))
}

/// The swap of `lab` that was cut off after it had got its new group, which has the tags `of_group`. The group that it replaces
/// is in the subscription `old`, if that is known.
///
/// # Errors
/// The end of a command that cannot read that group, or may not tag it.
pub(super) async fn resumed(
    command: &Command<'_>,
    source: &LabSource,
    (mut lab, of_group): (LabSpec, &Tags),
    replaces: Replaces,
    old: Option<&str>,
) -> Result<Swap, Box<Finished>> {
    lab.settle_tags(of_group, command.session.clock().now());
    let mut behind = source.spec_of(&replaces.spare, old.unwrap_or(&lab.subscription));
    source.put_into(&mut behind, &replaces.group);
    let found = read(command, &behind).await.map_err(|error| Box::new(command.failed(&error)))?;
    // Another swap may have given it away since, as the spare that it had become: then there is nothing behind her any more.
    let is_behind = |group: &ResourceGroup| {
        let tags = tags_of(Some(group));
        tags.get(tags::LAB).is_none_or(|name| same(name, &lab.name) || same(name, &replaces.spare))
    };
    let found = found.filter(is_behind);
    behind.settle_account(&tags_of(found.as_ref()));
    let swap = Swap { has_begun: true, ..swap(lab, (behind, found.as_ref()), replaces.spare, of_group) };
    checked(command, swap, None, found.as_ref())
}

/// The swap of `lab`, in its new group, with `spare`, in its new group, which is `group`.
fn swap(lab: LabSpec, (mut old, group): (LabSpec, Option<&ResourceGroup>), spare: String, source: &Tags) -> Swap {
    let text = |name: &str| source.get(name).filter(|text| !text.is_empty()).map(str::to_owned);
    let owner = lab.tags.get(tags::OWNER).map(str::to_owned);
    let owner = owner.or_else(|| text(tags::OWNER)).or_else(|| lab.default_owner.clone());
    let expires = lab.tags.get(tags::EXPIRES).map(str::to_owned);
    let replaces = Replaces { group: old.group.clone(), spare };
    if let Some(workshop) = lab.tags.get(tags::WORKSHOP) {
        old.tags.set(tags::WORKSHOP, workshop);
    }
    // A spare is nobody's.
    old.access = Some(Vec::new());
    Swap { lab, old: group.is_some().then_some(old), replaces, owner, expires, has_begun: false }
}

/// Whether the tags fit on both groups, before any is written.
fn checked(
    command: &Command<'_>,
    swap: Swap,
    new: Option<&ResourceGroup>,
    old: Option<&ResourceGroup>,
) -> Result<Swap, Box<Finished>> {
    let taken = swap.taken();
    let checks = [new.map(|group| swap.given().check(group)), taken.zip(old).map(|(marks, group)| marks.check(group))];
    match checks.into_iter().flatten().collect::<Result<Vec<()>, RecipeError>>() {
        Ok(_) => Ok(swap),
        Err(error) => Err(Box::new(command.before_any_lab(hints::report(&error), hints::exit_of(&error)))),
    }
}

fn tags_of(group: Option<&ResourceGroup>) -> Tags {
    Tags::read(group.and_then(|group| group.tags.as_ref()))
}

/// The group of a lab, if there is one that stays.
pub(super) async fn read(command: &Command<'_>, lab: &LabSpec) -> Result<Option<ResourceGroup>, RecipeError> {
    let azure = command.session.azure.in_subscription(&lab.subscription);
    let found = azure.group(&lab.group).await;
    let found =
        found.map_err(|error| RecipeError::azure(ResourceKind::ResourceGroup, &lab.group, &lab.group_id(), error))?;
    Ok(found.filter(|found| !group::is_going(found)))
}

fn location(lab: &LabSpec, group: Option<&ResourceGroup>) -> Option<String> {
    group.map(|group| group.location.clone()).or_else(|| lab.location.clone())
}

/// What there is for a lab.
enum Chosen {
    /// A spare, in its group.
    Spare(Box<LabSpec>, Box<ResourceGroup>),
    /// What was a spare, and what another swap of the same lab has given to it since.
    Hers(Box<LabSpec>, Box<ResourceGroup>),
}

/// A spare that is ready, as `lab` should be: the one that was asked for, else the one that another swap of the lab has reserved, else
/// the first at `location`, else the first. One that is paused comes last: to start it takes minutes.
async fn ready(
    command: &Command<'_>,
    settings: &SwapSettings,
    lab: &LabSpec,
    (spares, Meanwhile { taken, elsewhere }): (Vec<LabSpec>, &Meanwhile),
    location: Option<&str>,
) -> Result<Chosen, Box<Finished>> {
    let asked = |spare: &LabSpec| match elsewhere {
        Some(rival) => same(&rival.group, &spare.group),
        None => settings.spare().is_none_or(|name| same(name, &spare.name)),
    };
    let asked: Vec<LabSpec> = spares.into_iter().filter(asked).collect();
    let mut why = Vec::new();
    let is_free = |spare: &LabSpec| {
        let by = taken.iter().find(|(name, _)| same(name, &spare.name));
        if let Some((name, other)) = by {
            why.push(format!(
                "{name} is being given to {other} by another swap (one that was cut off keeps it for 2 minutes)"
            ));
        }
        if let Some(other) = &spare.still_called {
            why.push(format!("{} is still the lab {other}, whose swap was cut off", spare.name));
        }
        by.is_none() && spare.still_called.is_none()
    };
    let asked: Vec<LabSpec> = asked.into_iter().filter(is_free).collect();
    let looks = join_all(asked.iter().map(|spare| look(command, settings, lab, spare))).await;
    let mut found: Vec<(LabSpec, ResourceGroup, bool)> = Vec::new();
    let is_hers = |group: &ResourceGroup| tags_of(Some(group)).get(tags::LAB).is_some_and(|name| same(name, &lab.name));
    for (spare, look) in asked.into_iter().zip(looks) {
        let now = match &look {
            Ok(seen) => seen.group.clone(),
            Err(_) => read(command, &spare).await.ok().flatten(),
        };
        if let Some(group) = now.filter(is_hers) {
            return Ok(Chosen::Hers(Box::new(spare), Box::new(group)));
        }
        match look {
            Ok(Inspection { group: None, .. }) => why.push(format!("{} does not exist", spare.name)),
            Ok(seen) if !seen.is_ready() => why.push(format!("{} ({}) is not ready", spare.name, spare.group)),
            Ok(seen) => {
                let is_paused = seen.is_paused();
                found.extend(seen.group.map(|group| (spare, group, is_paused)));
            }
            Err(error) if matches!(error, RecipeError::Interrupted) => {
                return Err(Box::new(command.before_any_lab(hints::report(&error), Exit::Interrupted)));
            }
            Err(error) => why.push(format!("{} cannot be read: {error}", spare.name)),
        }
    }
    if let (Some(rival), true) = (elsewhere, found.is_empty()) {
        return Err(Box::new(outdone(command, lab, rival)));
    }
    let is_here = |group: &ResourceGroup| location.is_some_and(|here| same(here, &group.location));
    let now = command.session.clock().now();
    let is_reserved = |group: &ResourceGroup| is_for(&tags_of(Some(group)), &lab.name, now);
    // Of several that are as good, the first by name, which is by number.
    let best = found.into_iter().min_by_key(|(_, group, is_paused)| (!is_reserved(group), *is_paused, !is_here(group)));
    if let Some((spare, group, _)) = best {
        return Ok(Chosen::Spare(Box::new(spare), Box::new(group)));
    }
    let names: Vec<String> = match settings.spare() {
        Some(name) => vec![name.to_owned()],
        None => settings.labs().file().into_iter().flat_map(|file| file.spares()).map(str::to_owned).collect(),
    };
    let labs = |verb| FollowUp::new(verb).on(Labs::named(&names, None));
    let advice = Advice::from("create or repair them: ").run(labs(Verb::Provision));
    let advice = advice
        .say("; or repair the lab itself: ")
        .run(FollowUp::repair().on(Labs::named(std::slice::from_ref(&lab.name), None)));
    let error = ErrorReport::new("NoSpareReady", format!("no spare is ready for {}: {}", lab.name, why.join("; ")));
    let place = &command.options.place;
    Err(Box::new(command.before_any_lab(error.hint(advice.at(place)), Exit::NotFound)))
}

/// What there is of a spare beside what `lab` should be; whose it is makes no difference.
async fn look(
    command: &Command<'_>,
    settings: &SwapSettings,
    lab: &LabSpec,
    spare: &LabSpec,
) -> Result<Inspection, RecipeError> {
    let mut wanted = LabSpec { subscription: spare.subscription.clone(), ..lab.clone() };
    settings.labs().put_into(&mut wanted, &spare.group);
    let wanted = LabSpec { name: spare.name.clone(), tags: spare.tags.clone(), access: None, ..wanted };
    let session = command.session;
    let azure = session.azure.in_subscription(&wanted.subscription);
    let ctx = Context::new(azure, &session.events, ParentLocks::default(), &wanted, hints::report);
    inspect(&ctx, &wanted, None).await
}
