//! Finds labs: by the tag that carries their name, and by the name of their group.

use super::finished::Finished;
use super::run_options::RunOptions;
use super::runner::Command;
use super::session::Session;
use super::subscriptions::{self, SubscriptionsError};
use super::work::Work;
use crate::azure::client::Azure;
use crate::azure::error::Error as AzureError;
use crate::events::Level;
use crate::follow_up::{Advice, FollowUp, Place, Verb};
use crate::hints;
use crate::lab::attendee::is_address;
use crate::lab::ids::same;
use crate::lab::spec::{DEFAULT_LAB, LabSpec};
use crate::lab::tags::{self, Tags};
use crate::outcome::{ErrorReport, Exit};
use crate::recipe::account::are_its_tags;
use crate::recipe::group;
use crate::recipe::soft_deleted_account::SoftDeletedAccount;
use crate::settings::LabSource;

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
        Ok(Found { labs, refusing }) => {
            tell_refusing(session, &refusing);
            let refusing = refusing.into_iter().map(|(subscription, _)| subscription).collect();
            Ok((Command { refusing, ..command }, labs))
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

/// What was found, and where nothing could be looked for.
struct Found {
    labs: Vec<LabSpec>,
    refusing: Vec<(String, AzureError)>,
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

/// A group of ours.
struct Known {
    subscription: String,
    lab: String,
    group: String,
    /// Whether a tag says which lab it is.
    is_tagged: bool,
    /// Whose it is.
    owner: Option<String>,
}

/// Finds the labs that `source` means. A lab that is named and not there is in the answer all the same, as it would be
/// made: the caller looks.
///
/// # Errors
/// [`FindError`]
async fn find(subscriptions: &[Azure], source: &LabSource, all: bool) -> Result<Found, FindError> {
    let (known, refusing) = subscriptions::each(subscriptions, known).await?;
    let known: Vec<Known> = known.into_iter().flatten().collect();
    let Some(first) = subscriptions.first() else { return Ok(Found { labs: Vec::new(), refusing }) };
    let subscription = first.subscription();
    let in_group =
        |known: &Known| LabSpec { group: known.group.clone(), ..source.spec_of(&known.lab, &known.subscription) };
    if let Some(group) = source.resource_group() {
        // Its tag tells which lab it is, where nobody did.
        let tagged = known.iter().find(|one| one.is_tagged && same(&one.group, group));
        let labs = match tagged {
            Some(one) if !source.names_labs() => vec![in_group(one)],
            Some(one) => source.specs(&one.subscription),
            None => source.specs(subscription),
        };
        return Ok(Found { labs, refusing });
    }
    if all && !source.names_labs() {
        let mut labs: Vec<LabSpec> = known.iter().map(in_group).collect();
        if labs.is_empty() {
            // What the workshop's own script made carries no tag.
            let default = source.spec_of(DEFAULT_LAB, subscription);
            labs.extend(first.group(&default.group).await?.map(|_| default));
        }
        labs.sort_by(|left, right| (&left.name, &left.group).cmp(&(&right.name, &right.group)));
        return Ok(Found { labs, refusing });
    }
    let place = |spec: LabSpec| {
        // An address that no file knows is that of the lab's owner.
        let is_address = is_address(&spec.name);
        let is_meant = |one: &&Known| match is_address {
            true => one.owner.as_deref().is_some_and(|owner| same(owner, &spec.name)),
            false => same(&one.lab, &spec.name),
        };
        let groups: Vec<&Known> = known.iter().filter(is_meant).collect();
        match groups[..] {
            // It may be where nothing can be read: then it is what cannot be looked at, and not absent.
            [] => Ok(match refusing.first() {
                Some((subscription, _)) => source.spec_of(&spec.name, subscription),
                None => spec,
            }),
            [one] if is_address => Ok(in_group(one)),
            [one] => Ok(LabSpec { group: one.group.clone(), ..source.spec_of(&spec.name, &one.subscription) }),
            _ => match groups.iter().filter(|one| same(&one.group, &spec.group)).collect::<Vec<_>>()[..] {
                // Two workshops may each have a lab of that name, and a file says which group is its own.
                [one] => Ok(source.spec_of(&spec.name, &one.subscription)),
                _ => Err(FindError::Ambiguous {
                    lab: spec.name,
                    groups: groups.iter().map(|one| one.called(subscription)).collect(),
                }),
            },
        }
    };
    let labs = source.specs(subscription).into_iter().map(place).collect::<Result<_, _>>()?;
    Ok(Found { labs, refusing })
}

/// As [`find`] with the default lab; a lab whose group has gone is found where its soft-deleted account lay.
///
/// # Errors
/// [`FindError`]
async fn find_remains(subscriptions: &[Azure], source: &LabSource) -> Result<Found, FindError> {
    // Whose it is has to be said here, for it is going to be deleted.
    if source.resource_group().is_some() {
        let (known, refusing) = subscriptions::each(subscriptions, known).await?;
        let known: Vec<Known> = known.into_iter().flatten().collect();
        let is_it = |one: &&Known| source.resource_group().is_some_and(|group| same(&one.group, group));
        let there = known.iter().find(is_it).map(|one| one.subscription.as_str());
        let first = subscriptions.first().map(Azure::subscription);
        return Ok(Found { labs: source.specs(there.or(first).unwrap_or_default()), refusing });
    }
    let mut found = find(subscriptions, source, false).await?;
    if let (true, Some(azure)) = (found.labs.len() > 1, subscriptions.first()) {
        azure.look_at_all();
    }
    let readable: Vec<&Azure> =
        subscriptions.iter().filter(|azure| found.refusing.iter().all(|(id, _)| id != azure.subscription())).collect();
    let mut deleted_accounts: Option<Vec<(&str, SoftDeletedAccount)>> = None;
    for lab in &mut found.labs {
        let Some(azure) = readable.iter().find(|azure| azure.subscription() == lab.subscription) else { continue };
        if azure.group(&lab.group).await?.is_some() {
            continue;
        }
        if deleted_accounts.is_none() {
            let mut all = Vec::new();
            for azure in &readable {
                let read = azure.deleted_accounts().await?;
                all.extend(read.iter().filter_map(SoftDeletedAccount::read).map(|one| (azure.subscription(), one)));
            }
            deleted_accounts = Some(all);
        }
        let own = lab.subscription.clone();
        let is_its = |(_, one): &&(&str, SoftDeletedAccount)| are_its_tags(&one.tags, &lab.name);
        let is_here = |(id, one): &&(&str, SoftDeletedAccount)| (*id == own, same(&one.group, &lab.group));
        let its = deleted_accounts.iter().flatten().filter(is_its).max_by_key(is_here);
        if let Some((subscription, deleted_account)) = its {
            (*subscription).clone_into(&mut lab.subscription);
            lab.group.clone_from(&deleted_account.group);
        }
    }
    Ok(found)
}

impl Known {
    /// The group's name, and its subscription where that is not `ours`.
    fn called(&self, ours: &str) -> String {
        match self.subscription == ours {
            true => self.group.clone(),
            false => format!("{} (subscription {})", self.group, self.subscription),
        }
    }
}

/// The groups that carry our tags.
async fn known(azure: &Azure) -> Result<Vec<Known>, AzureError> {
    let groups = azure.groups_tagged(tags::WORKSHOP).await?;
    let read = |group: crate::azure::groups::ResourceGroup| {
        let tags = Tags::read(group.tags.as_ref());
        let (name, tag) = (group.name?, tags.get(tags::LAB));
        // Never the default lab: who means that would do to this group what was meant for another.
        let lab = tag.unwrap_or_else(|| LabSpec::name_by_group(&name)).to_owned();
        let owner = tags.get(tags::OWNER).map(str::to_owned);
        let subscription = azure.subscription().to_owned();
        Some(Known { subscription, lab, is_tagged: tag.is_some(), group: name, owner })
    };
    Ok(groups.into_iter().filter_map(read).collect())
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

/// What there is of a lab as a whole, which decides what puts it right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Whole {
    /// Nothing, or its group is going.
    Absent,
    /// A group that azlab has made or adopted.
    Ours,
    /// A group that is somebody's.
    Foreign,
}

/// What there is of the lab of `work` as a whole; `None` if that cannot be read.
pub(crate) async fn whole(work: &Work) -> Option<Whole> {
    let lab = &work.lab;
    let found = work.ctx.azure.group(&lab.group).await.ok()?;
    Some(match found.filter(|found| !group::is_going(found)) {
        None => Whole::Absent,
        Some(found) if group::claim(&found, &lab.group_id(), &lab.name, false).is_ok() => Whole::Ours,
        Some(_) => Whole::Foreign,
    })
}

/// What puts a lab right that lacks something. `is_busy` if the service is at work on it.
pub(crate) fn cure(whole: Whole, is_busy: bool) -> (&'static str, FollowUp) {
    match whole {
        Whole::Absent => ("create it", FollowUp::make()),
        _ if is_busy => ("wait until it is ready", FollowUp::wait()),
        Whole::Ours => ("repair it", FollowUp::repair()),
        Whole::Foreign => ("take it over", FollowUp::take_over()),
    }
}
