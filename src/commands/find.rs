//! Finds labs: by the tag that carries their name, and by the name of their group.

use std::collections::HashMap;

use super::deleted_labs;
use super::finished::Finished;
use super::run_options::RunOptions;
use super::runner::Command;
use super::session::Session;
use super::subscriptions::{self, SubscriptionsError};
use crate::azure::client::Azure;
use crate::azure::error::Error as AzureError;
use crate::azure::groups::ResourceGroup;
use crate::events::Level;
use crate::follow_up::{Advice, FollowUp, Labs, Place, Verb};
use crate::hints;
use crate::lab::attendee::is_address;
use crate::lab::claims::{self, Claim};
use crate::lab::ids::same;
use crate::lab::spec::{DEFAULT_LAB, LabSpec};
use crate::lab::tags;
use crate::outcome::{ErrorReport, Exit};
use crate::recipe::group;
use crate::settings::LabSource;

/// The command that finishes a swap, and says so itself.
pub(super) const SWAP: &str = "swap";

/// Where a command looks for its labs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Which {
    /// Those that are meant; if none is named, every lab of the subscription.
    All,
    /// Those that are meant; if none is named, the default one.
    Meant,
    /// The same; one whose group has gone is found where its soft-deleted account lay.
    Remains,
}

/// Signs in, finds the labs that `source` means, and begins to work on them.
///
/// # Errors
/// The end of a command that could not sign in, or could not find its labs.
pub(crate) async fn begin<'a>(
    name: &'static str,
    session: &'a Session,
    options: &'a RunOptions,
    source: &LabSource,
    which: Which,
) -> Result<Command<'a>, Box<Finished>> {
    let (mut command, labs) = look(name, session, options, source, which).await?;
    command.take(labs);
    Ok(command)
}

/// [`begin`], with the labs still to be taken.
///
/// # Errors
/// As [`begin`].
pub(crate) async fn look<'a>(
    name: &'static str,
    session: &'a Session,
    options: &'a RunOptions,
    source: &LabSource,
    which: Which,
) -> Result<(Command<'a>, Vec<LabSpec>), Box<Finished>> {
    let command = Command::connect(name, session, options).await?;
    let found = async {
        let subscriptions = subscriptions::all(session, source).await?;
        match which {
            Which::Remains => find_remains(&subscriptions, source).await,
            which => find(&subscriptions, source, which == Which::All).await,
        }
    };
    match found.await {
        Ok(Found { labs, refusing, unfinished }) => {
            tell_refusing(session, &refusing);
            if name != SWAP {
                tell_unfinished(session, options, source, &labs, &unfinished);
            }
            let refusing = refusing.into_iter().map(|(subscription, _)| subscription).collect();
            Ok((Command { refusing, has_places: !source.placements().is_empty(), ..command }, labs))
        }
        Err(error) => Err(Box::new(command.before_any_lab(error.report(), error.exit()))),
    }
}

/// The labs that `source` means, each in the subscription and the group that it is in, or would be.
///
/// # Errors
/// [`FindError`]
pub(crate) async fn placed(session: &Session, source: &LabSource) -> Result<Vec<LabSpec>, FindError> {
    let subscriptions = subscriptions::all(session, source).await?;
    Ok(find(&subscriptions, source, false).await?.labs)
}

/// What there is of the labs that `source` means now, or at the look that has begun; if none is named, of every lab of the
/// subscription.
///
/// # Errors
/// [`FindError`]
pub(super) async fn now(session: &Session, source: &LabSource) -> Result<Found, FindError> {
    let subscriptions = subscriptions::all(session, source).await?;
    let known = subscriptions::each(&subscriptions, known_in_look).await?;
    among(&subscriptions, known, source, true).await
}

/// What was found, and where nothing could be looked for.
pub(super) struct Found {
    pub(super) labs: Vec<LabSpec>,
    pub(super) refusing: Vec<(String, AzureError)>,
    /// The swaps that were cut off.
    pub(super) unfinished: Vec<(String, String)>,
}

/// Says which subscriptions refuse.
pub(crate) fn tell_refusing(session: &Session, refusing: &[(String, AzureError)]) {
    for (subscription, error) in refusing {
        let message = format!("the subscription {subscription} cannot be read, nor can labs in it: {error}");
        session.events.note(Level::Warning, message);
    }
}

/// Why labs were not found.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum FindError {
    /// The groups could not be listed.
    #[error(transparent)]
    Azure(#[from] AzureError),
    /// A subscription of the file is not known.
    #[error(transparent)]
    Subscriptions(#[from] SubscriptionsError),
    /// A name is that of several labs.
    #[error("the lab {lab} is in several resource groups: {}", groups.join(", "))]
    Ambiguous {
        /// The name.
        lab: String,
        /// The groups.
        groups: Vec<String>,
    },
}

impl FindError {
    /// The exit code.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::Azure(error) => hints::exit_of_azure(error),
            Self::Subscriptions(error) => error.exit(),
            Self::Ambiguous { .. } => Exit::Usage,
        }
    }

    /// As scripts see it.
    pub(crate) fn report(&self) -> ErrorReport {
        match self {
            Self::Azure(error) => hints::report_azure(error, None),
            Self::Subscriptions(error) => error.report(),
            Self::Ambiguous { groups, .. } => ErrorReport::new("AmbiguousLab", self.to_string())
                .hint(format!("name the group: --resource-group {}", groups.first().map_or("NAME", String::as_str))),
        }
    }
}

/// Finds the labs that `source` means. A lab that is named and not there is in the answer all the same, as it would be
/// made: the caller looks.
///
/// # Errors
/// [`FindError`]
async fn find(subscriptions: &[Azure], source: &LabSource, all: bool) -> Result<Found, FindError> {
    let known = subscriptions::each(subscriptions, known).await?;
    among(subscriptions, known, source, all).await
}

/// [`find`] among the groups that are known, where nothing refuses to be read but `refusing`.
///
/// # Errors
/// [`FindError`]
async fn among(
    subscriptions: &[Azure],
    (known, refusing): (Vec<Vec<Claim>>, Vec<(String, AzureError)>),
    source: &LabSource,
    all: bool,
) -> Result<Found, FindError> {
    let known = claims::settled(known.into_iter().flatten().collect());
    let Some(first) = subscriptions.first() else {
        return Ok(Found { labs: Vec::new(), refusing, unfinished: Vec::new() });
    };
    let subscription = first.subscription();
    let own = |name: &str, known: &Claim| {
        let mut lab = source.spec_of(name, &known.subscription);
        source.put_into(&mut lab, &known.group);
        lab.still_called.clone_from(&known.still_called);
        lab
    };
    let in_group = |known: &Claim| own(&known.lab, known);
    let unfinished = unfinished(&known);
    if let Some(group) = source.resource_group() {
        // Its tag tells which lab it is, where nobody did.
        let tagged = known.iter().find(|one| one.is_tagged && same(&one.group, group));
        let labs = match tagged {
            Some(one) if !source.names_labs() => vec![in_group(one)],
            Some(one) => source.specs(&one.subscription),
            None => source.specs(subscription),
        };
        return Ok(Found { labs, refusing, unfinished });
    }
    if all && !source.names_labs() {
        let mut labs: Vec<LabSpec> = known.iter().map(in_group).collect();
        if labs.is_empty() {
            // What the workshop's own script made carries no tag.
            let default = source.spec_of(DEFAULT_LAB, subscription);
            labs.extend(first.group(&default.group).await?.map(|_| default));
        }
        labs.sort_by(|left, right| (&left.name, &left.group).cmp(&(&right.name, &right.group)));
        return Ok(Found { labs, refusing, unfinished });
    }
    // A class has a thousand labs, and each is looked for among as many.
    let mut by_name: HashMap<String, Vec<&Claim>> = HashMap::new();
    for one in &known {
        by_name.entry(one.lab.to_ascii_lowercase()).or_default().push(one);
    }
    let place = |spec: LabSpec| {
        // An address that no file knows is that of the lab's owner.
        let is_address = is_address(&spec.name);
        let is_owner = |one: &&Claim| one.owner.as_deref().is_some_and(|owner| same(owner, &spec.name));
        let groups: Vec<&Claim> = match is_address {
            true => known.iter().filter(is_owner).collect(),
            false => by_name.get(&spec.name.to_ascii_lowercase()).cloned().unwrap_or_default(),
        };
        match groups[..] {
            // It may be where nothing can be read: then it is what cannot be looked at, and not absent.
            [] => Ok(match refusing.first() {
                Some((subscription, _)) => source.spec_of(&spec.name, subscription),
                None => anew(source, spec, &known),
            }),
            [one] if is_address => Ok(in_group(one)),
            [one] => Ok(own(&spec.name, one)),
            _ => match groups.iter().filter(|one| same(&one.group, &spec.group)).collect::<Vec<_>>()[..] {
                // Two workshops may each have a lab of that name, and a file says which group is its own.
                [one] => Ok(source.spec_of(&spec.name, &one.subscription)),
                _ => Err(FindError::Ambiguous {
                    lab: spec.name,
                    groups: groups.iter().map(|one| called(one, subscription)).collect(),
                }),
            },
        }
    };
    let labs = source.specs(subscription).into_iter().map(place).collect::<Result<_, _>>()?;
    Ok(Found { labs, refusing, unfinished })
}

/// As [`find`] with the default lab; a lab whose group has gone is found where its soft-deleted account lay.
///
/// # Errors
/// [`FindError`]
async fn find_remains(subscriptions: &[Azure], source: &LabSource) -> Result<Found, FindError> {
    // Whose it is has to be said here, for it is going to be deleted.
    if source.resource_group().is_some() {
        let (known, refusing) = subscriptions::each(subscriptions, known).await?;
        let known: Vec<Claim> = known.into_iter().flatten().collect();
        let is_it = |one: &&Claim| source.resource_group().is_some_and(|group| same(&one.group, group));
        let there = known.iter().find(is_it).map(|one| one.subscription.as_str());
        let first = subscriptions.first().map(Azure::subscription);
        return Ok(Found { labs: source.specs(there.or(first).unwrap_or_default()), refusing, unfinished: Vec::new() });
    }
    let mut found = find(subscriptions, source, false).await?;
    if let (true, Some(azure)) = (found.labs.len() > 1, subscriptions.first()) {
        azure.look_at_all();
    }
    let readable: Vec<&Azure> =
        subscriptions.iter().filter(|azure| found.refusing.iter().all(|(id, _)| id != azure.subscription())).collect();
    deleted_labs::put_where_they_were(&readable, &mut found.labs).await?;
    let left = deleted_labs::left_by_moves(&readable, &found.labs).await?;
    found.labs.extend(left);
    Ok(found)
}

/// The group's name, and its subscription where that is not `ours`.
fn called(claim: &Claim, ours: &str) -> String {
    match claim.subscription == ours {
        true => claim.group.clone(),
        false => format!("{} (subscription {})", claim.group, claim.subscription),
    }
}

/// A lab of which nothing exists, in the group that swaps have left free for it. It takes the names that go with the group, and is
/// made where the file wants it: nothing is there that would stay where it is.
pub(super) fn anew(source: &LabSource, mut lab: LabSpec, claims: &[Claim]) -> LabSpec {
    let own_of = |name: &str| source.spec_of(name, &lab.subscription).group;
    let group = claims::free_group(&lab.name, &lab.group, claims, own_of);
    let location = lab.location.clone();
    source.put_into(&mut lab, &group);
    lab.location = location;
    lab
}

/// The swaps that were cut off: the lab of each, and its spare.
pub(super) fn unfinished(claims: &[Claim]) -> Vec<(String, String)> {
    claims.iter().filter_map(|one| Some((one.lab.clone(), one.replaces.as_ref()?.spare.clone()))).collect()
}

/// Says which swaps of `labs` were cut off, and how to finish them.
pub(super) fn tell_unfinished(
    session: &Session,
    options: &RunOptions,
    source: &LabSource,
    labs: &[LabSpec],
    swaps: &[(String, String)],
) {
    for (lab, spare) in swaps {
        let is_here = |one: &LabSpec| same(&one.name, lab) || same(&one.name, spare);
        if labs.iter().any(is_here) {
            let finish = options.place.line(&finishing(source, lab, spare));
            let message = format!("the swap of the lab {lab} with {spare} was cut off; to finish it: {finish}");
            session.events.note(Level::Warning, message);
        }
    }
}

/// What finishes a swap that was cut off: `swap`, unless the file has that lab or any spares no more.
fn finishing(source: &LabSource, lab: &str, spare: &str) -> FollowUp {
    let on = |verb: Verb, name: &str| FollowUp::new(verb).on(Labs::named(&[name.to_owned()], None));
    let Some(file) = source.file() else { return on(Verb::Swap, lab) };
    let is_listed = file.lab_names().any(|name| same(name, lab));
    match (is_listed, file.spares().next()) {
        (true, Some(_)) => on(Verb::Swap, lab),
        (true, None) => on(Verb::Provision, lab),
        (false, _) => on(Verb::Provision, spare),
    }
}

/// The groups that carry our tags.
async fn known(azure: &Azure) -> Result<Vec<Claim>, AzureError> {
    Ok(claims_in(azure, &azure.groups_tagged(tags::WORKSHOP).await?))
}

/// The same, as the look shows it that labs are looked at by.
async fn known_in_look(azure: &Azure) -> Result<Vec<Claim>, AzureError> {
    Ok(claims_in(azure, &azure.groups_tagged_in_look(tags::WORKSHOP).await?))
}

fn claims_in(azure: &Azure, groups: &[ResourceGroup]) -> Vec<Claim> {
    groups.iter().filter_map(|group| group::which_lab(azure.subscription(), group)).collect()
}

/// The error for a lab that is not there.
pub(crate) fn not_found(lab: &LabSpec, place: &Place) -> ErrorReport {
    let message =
        format!("there is no lab {}: no resource group carries its tag, and {} does not exist", lab.name, lab.group);
    let advice = Advice::from("create it: ")
        .run(FollowUp::make().on(lab))
        .say("; or list the labs, and name one with --lab or --resource-group: ")
        .run(FollowUp::new(Verb::Status));
    ErrorReport { resource: Some(lab.group_id()), ..ErrorReport::new("LabNotFound", message).hint(advice.at(place)) }
}
