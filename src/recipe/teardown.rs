//! Taking a lab away: what will go, the way there, and the proof that nothing is left that bills.
//!
//! Nothing is remembered between runs: a teardown that was interrupted, or that follows a failed provision, finds what is
//! left by the group's name, by tags and in the subscription's list of soft-deleted accounts.

use std::time::Duration;

use futures::future::try_join_all;
use http::Method;
use time::OffsetDateTime;

use super::account::{are_its_tags, is_its_name};
use super::cluster::Cluster;
use super::context::Context;
use super::error::Error;
use super::group::Group;
use super::identity::Identity;
use super::needs::Needs;
use super::purge::purge_patiently;
use super::resource::Resource as _;
use super::soft_deleted_account::SoftDeletedAccount;
use super::{access, group, identity, lease, membership};
use crate::azure::code::Code;
use crate::azure::denials::DenyAssignment;
use crate::azure::error::Error as AzureError;
use crate::azure::groups::ResourceGroup;
use crate::azure::locks::Lock;
use crate::azure::lro::{Goal, Look, Operation, PollPolicy, Status};
use crate::events::{EventKind, Level, noting_waits};
use crate::lab::ids::{self, same};
use crate::lab::spec::LabSpec;
use crate::lab::tags::{self, Tags};
use crate::outcome::{Action, Change};
use crate::values::ResourceKind;

/// How long a group may take to go: the slowest recorded deletion of a cluster took 311 s.
const GROUP_LIMIT: Duration = Duration::from_secs(3600);

/// What a teardown will take away.
#[derive(Clone, Debug, Default)]
pub(crate) struct TeardownPlan {
    /// The resource group, if it exists.
    pub(crate) group: Option<ResourceGroup>,
    /// What is in it: ARM ids.
    pub(crate) contents: Vec<String>,
    /// The location and name of each Cognitive Services account in it.
    pub(crate) accounts: Vec<(String, String)>,
    /// Soft-deleted accounts that are the lab's.
    pub(crate) deleted_accounts: Vec<SoftDeletedAccount>,
    /// The resource groups that the clusters made for their nodes.
    pub(crate) node_groups: Vec<String>,
    /// The principals of the identities, whose role assignments at wider scopes would stay.
    pub(crate) principals: Vec<String>,
    /// The group of the account that the lab shares with others, if it does.
    pub(crate) shared: Option<String>,
    /// The principals to whom azlab gave roles on the group of a lab that shares an account: they have one on the account too.
    pub(crate) attendees: Vec<String>,
    /// The locks that keep any of it from being deleted; `None` if they may not be read.
    pub(crate) locks: Option<Vec<Lock>>,
    /// Why it is to go.
    pub(crate) reason: Reason,
}

/// Why a lab is to go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reason {
    /// Somebody asked for it.
    #[default]
    Asked,
    /// Its expiry had come at this moment: what says otherwise right before the delete is spared.
    ExpiredAt(OffsetDateTime),
}

impl Reason {
    /// Whether it holds for what carries `tags`.
    fn holds_for(self, tags: &Tags) -> bool {
        match self {
            Self::Asked => true,
            Self::ExpiredAt(moment) => tags.expiry().has_come(moment),
        }
    }
}

/// How a group's deletion ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Deletion {
    /// It is gone.
    Gone,
    /// It has begun, and was not waited for.
    Begun,
    /// It was left alone: the reason for it holds no more.
    Spared,
}

impl TeardownPlan {
    /// Whether there is nothing to do.
    pub(crate) fn is_empty(&self) -> bool {
        self.group.is_none() && self.deleted_accounts.is_empty()
    }

    /// Refuses what the service would refuse, before anything is asked or done.
    ///
    /// # Errors
    /// [`Error::Locked`]
    pub(crate) fn check_locks(&self, lab: &LabSpec) -> Result<(), Error> {
        match &self.locks {
            Some(locks) if !locks.is_empty() => Err(locked(lab, locks.clone(), None)),
            _ => Ok(()),
        }
    }

    /// Whether a soft-deleted account is to go too. With the group the group's expiry decides, of which the account's is a
    /// copy; without the group there is only the account's.
    pub(super) fn takes(&self, deleted_account: &SoftDeletedAccount, lab: &LabSpec) -> bool {
        let was_here = same(&deleted_account.group, &lab.group)
            && self.accounts.iter().any(|(_, name)| same(name, &deleted_account.name));
        was_here
            || (is_ours(deleted_account, lab) && (self.group.is_some() || self.reason.holds_for(&deleted_account.tags)))
    }
}

/// Whether a soft-deleted account is the lab's: from its group, and tagged with its name, or called as azlab calls them.
pub(crate) fn is_ours(deleted_account: &SoftDeletedAccount, lab: &LabSpec) -> bool {
    same(&deleted_account.group, &lab.group)
        && (are_its_tags(&deleted_account.tags, &lab.name) || is_its_name(&deleted_account.name, lab))
}

/// What may be left of the lab, or of somebody else's group of that name: nothing tells, and a purge is for good.
fn unknown(deleted_account: &SoftDeletedAccount, subscription: &str) -> String {
    let SoftDeletedAccount { name, group, location, .. } = deleted_account;
    format!(
        "the soft-deleted account {name} was in {group} too, and nothing shows that it is this lab's; to purge it: az cognitiveservices account purge -n {name} -g {group} -l {location} --subscription {subscription}"
    )
}

/// The first of `denials` that keeps the group with this ARM id from being deleted by whoever has the object id `who`.
pub(crate) fn denied_by<'a>(
    denials: impl IntoIterator<Item = &'a DenyAssignment>,
    group: &str,
    who: Option<&str>,
) -> Option<&'a DenyAssignment> {
    let denies = |one: &&DenyAssignment| Group::NEEDS.delete.iter().any(|action| one.denies(action.name, group, who));
    denials.into_iter().find(denies)
}

fn locked(lab: &LabSpec, locks: Vec<Lock>, refusal: Option<AzureError>) -> Error {
    Error::Locked { name: lab.group.clone(), id: lab.group_id(), locks, refusal: refusal.map(Box::new) }
}

/// The names of the resources of one type among ARM ids.
fn names_of(ids: &[String], needs: Needs) -> impl Iterator<Item = &str> {
    ids.iter().filter_map(move |id| needs.name_in(id))
}

/// Looks at what there is of `lab`, whatever the names of what is in its group. Reads only.
///
/// # Errors
/// [`Error::NotOurs`]; what cannot be read.
pub(crate) async fn inspect(ctx: &Context, lab: &LabSpec, reason: Reason) -> Result<TeardownPlan, Error> {
    let azure = &ctx.azure;
    let wrap = |error| Error::azure(ResourceKind::ResourceGroup, &lab.group, &lab.group_id(), error);
    let group = azure.group(&lab.group).await.map_err(wrap)?;
    let deleted = azure.deleted_accounts_of(&lab.group).await.map_err(wrap)?;
    let mut teardown_plan = TeardownPlan { group, reason, ..TeardownPlan::default() };
    teardown_plan.deleted_accounts = deleted
        .iter()
        .filter_map(SoftDeletedAccount::read)
        .filter(|deleted_account| teardown_plan.takes(deleted_account, lab))
        .collect();
    if teardown_plan.group.is_none() && reason == Reason::Asked {
        for deleted_account in deleted.iter().filter_map(SoftDeletedAccount::read) {
            if same(&deleted_account.group, &lab.group) && !teardown_plan.takes(&deleted_account, lab) {
                ctx.events.note(Level::Warning, unknown(&deleted_account, &lab.subscription));
            }
        }
    }
    let Some(group) = &teardown_plan.group else {
        let left: Vec<String> = teardown_plan.deleted_accounts.iter().map(|one| one.id.clone()).collect();
        if !left.is_empty() {
            teardown_plan.locks = azure.locks_on(&left).await.map_err(wrap)?;
        }
        return Ok(teardown_plan);
    };
    group::claim(group, lab, false)?;
    let is_going = group::is_going(group);
    let (contents, accounts) =
        tokio::try_join!(azure.group_contents(&lab.group), azure.accounts(&lab.group)).map_err(wrap)?;
    teardown_plan.contents = contents.into_iter().filter_map(|one| one.generic_resource.resource.id).collect();
    let name_of = |account: &crate::azure::accounts::Account| {
        Some((account.location.clone()?, account.azure_entity_resource.resource.name.clone()?))
    };
    teardown_plan.accounts = accounts.iter().filter_map(name_of).collect();
    let clusters = names_of(&teardown_plan.contents, Cluster::NEEDS);
    let identities = names_of(&teardown_plan.contents, Identity::NEEDS);
    let (clusters, identities) = tokio::try_join!(
        try_join_all(clusters.map(|name| azure.cluster(&lab.group, name))),
        try_join_all(identities.map(|name| azure.identity(&lab.group, name))),
    )
    .map_err(wrap)?;
    let nodes = clusters.into_iter().flatten().filter_map(|cluster| cluster.properties?.node_resource_group);
    teardown_plan.node_groups = nodes.collect();
    teardown_plan.principals =
        identities.iter().flatten().filter_map(|one| identity::principal_id(one)).map(str::to_owned).collect();
    teardown_plan.shared = Tags::read(group.tags.as_ref()).get(tags::OPENAI).map(str::to_owned);
    if teardown_plan.shared.is_some() {
        let everybody = LabSpec { access: Some(Vec::new()), ..lab.clone() };
        teardown_plan.attendees = match access::extra(ctx, &everybody).await {
            // What the account's own assignments tell is not for the caller either; that is told when it comes to them.
            Err(error) if error.code() == Some(&Code::AuthorizationFailed) => Vec::new(),
            extra => extra?.into_iter().map(|one| one.principal_id).collect(),
        };
    }
    if !is_going {
        teardown_plan.locks = azure.locks_on(&scopes(lab, &teardown_plan.node_groups)).await.map_err(wrap)?;
    }
    Ok(teardown_plan)
}

/// The resource groups that go: the lab's, and those of its clusters' nodes.
fn scopes(lab: &LabSpec, node_groups: &[String]) -> Vec<String> {
    let nodes = node_groups.iter().map(|name| ids::group(&lab.subscription, name));
    std::iter::once(lab.group_id()).chain(nodes).collect()
}

/// What came of asking for the group's deletion.
enum Begun {
    Absent,
    Spared,
    Going(Box<Operation>, Whose),
}

/// Who asked for a deletion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whose {
    /// This run.
    Ours,
    /// Somebody else, or an earlier run: the group alone tells how it goes.
    Found,
}

/// Begins to delete the group, and says so in its lease on the way: nobody waits for that.
async fn begin(ctx: &Context, lab: &LabSpec, teardown_plan: &TeardownPlan) -> Result<Begun, Error> {
    let saying = async {
        if teardown_plan.group.as_ref().is_some_and(|group| !group::is_going(group)) {
            lease::take_over(ctx).await;
        }
    };
    tokio::join!(saying, begin_deleting(ctx, lab, teardown_plan)).1
}

/// Begins to delete the group, if it is there and not going already.
async fn begin_deleting(ctx: &Context, lab: &LabSpec, teardown_plan: &TeardownPlan) -> Result<Begun, Error> {
    let (azure, id) = (&ctx.azure, lab.group_id());
    let wrap = |error| Error::azure(ResourceKind::ResourceGroup, &lab.group, &id, error);
    azure.forget(&lab.group);
    let Some(found) = azure.group(&lab.group).await.map_err(wrap)? else { return Ok(Begun::Absent) };
    let running = |state: &str| {
        Begun::Going(Box::new(Operation::found_running(&id, Status::Running(state.to_owned()))), Whose::Found)
    };
    // Looked at again right before the delete: somebody may have made it theirs, or extended it.
    group::claim(&found, lab, false)?;
    let state = Status::read(found.properties.as_ref().and_then(|properties| properties.provisioning_state.as_deref()));
    let is_going = group::is_going(&found);
    if !is_going && !teardown_plan.reason.holds_for(&Tags::read(found.tags.as_ref())) {
        return Ok(Begun::Spared);
    }
    if let Some(shared) = &teardown_plan.shared {
        let principals = [teardown_plan.principals.as_slice(), &teardown_plan.attendees].concat();
        membership::leave(ctx, lab, shared, &principals).await?;
    }
    if is_going && let Status::Running(state) = &state {
        return Ok(running(state));
    }
    if let Status::Running(state) = &state {
        return Ok(running(state));
    }
    ctx.ledger.under_way(ResourceKind::ResourceGroup, &lab.group, "Deleting");
    match azure.delete_group(&lab.group).await {
        Ok(reply) => {
            Ok(Begun::Going(Box::new(Operation::begun(azure.arm(), Method::DELETE, &id, &reply)), Whose::Ours))
        }
        Err(error) if error.is_absent() => Ok(Begun::Absent),
        // Somebody else was faster.
        Err(error) if error.code() == Some(&Code::ResourceGroupBeingDeleted) => Ok(running("Deleting")),
        Err(error) => {
            if !error.is_ambiguous() {
                ctx.ledger.at_rest(ResourceKind::ResourceGroup, &lab.group);
            }
            Err(explained(ctx, lab, teardown_plan, error).await)
        }
    }
}

/// A refusal by its cause: the locks by name, where they may be read.
async fn explained(ctx: &Context, lab: &LabSpec, teardown_plan: &TeardownPlan, error: AzureError) -> Error {
    if error.code() == Some(&Code::ScopeLocked)
        && let Ok(Some(locks)) = ctx.azure.locks_on(&scopes(lab, &teardown_plan.node_groups)).await
        && !locks.is_empty()
    {
        return locked(lab, locks, Some(error));
    }
    Error::azure(ResourceKind::ResourceGroup, &lab.group, &lab.group_id(), error)
}

/// Deletes the group and waits until it is gone; with `wait` off it only begins.
///
/// # Errors
/// [`Error`]; a lock or a policy that refuses is in it by name.
pub(crate) async fn delete_group(
    ctx: &Context,
    lab: &LabSpec,
    teardown_plan: &TeardownPlan,
    wait: bool,
) -> Result<Deletion, Error> {
    let (id, began) = (lab.group_id(), ctx.clock().now());
    let name = lab.group.clone();
    ctx.events.emit(EventKind::ResourceStarted { resource: ResourceKind::ResourceGroup, name: name.clone() });
    let (ended, waits) = noting_waits(delete_until_gone(ctx, lab, teardown_plan, wait)).await;
    match ended? {
        Ended::Absent => {
            // Somebody else was faster.
            ctx.ledger.at_rest(ResourceKind::ResourceGroup, &name);
            return Ok(Deletion::Gone);
        }
        Ended::Spared => return Ok(Deletion::Spared),
        Ended::Deleted => {}
    }
    let elapsed_s = ctx.clock().since(began).as_secs_f64();
    let action = Action::Deleted;
    ctx.events.emit(EventKind::ResourceFinished {
        resource: ResourceKind::ResourceGroup,
        name: name.clone(),
        id: id.clone(),
        action,
        elapsed_s,
        limits: ctx.events.waits(waits),
    });
    ctx.ledger.finished(&name, Change { resource: ResourceKind::ResourceGroup, id, action, elapsed_s });
    Ok(if wait { Deletion::Gone } else { Deletion::Begun })
}

/// What became of the group.
enum Ended {
    /// It was not there.
    Absent,
    /// It has no reason to be deleted any more.
    Spared,
    /// It is gone, or going if nobody waits.
    Deleted,
}

/// Asks for the group's deletion, and again where Azure gave up one that somebody else had asked for.
async fn delete_until_gone(
    ctx: &Context,
    lab: &LabSpec,
    teardown_plan: &TeardownPlan,
    wait: bool,
) -> Result<Ended, Error> {
    let azure = &ctx.azure;
    let tell = |status: &str| {
        if ctx.ledger.is_news(ResourceKind::ResourceGroup, &lab.group, status) {
            ctx.events.emit(EventKind::ResourceStatus {
                resource: ResourceKind::ResourceGroup,
                name: lab.group.clone(),
                status: status.to_owned(),
            });
        }
    };
    loop {
        let (operation, whose) = match begin(ctx, lab, teardown_plan).await? {
            Begun::Absent => return Ok(Ended::Absent),
            Begun::Spared => return Ok(Ended::Spared),
            Begun::Going(..) if !wait => return Ok(Ended::Deleted),
            Begun::Going(operation, whose) => (operation, whose),
        };
        tell("Deleting");
        let look = async || {
            Ok(match azure.group(&lab.group).await? {
                None => Look::Absent,
                // Azure has given up a deletion that somebody else asked for. One of ours tells so itself, and for a moment the
                // group does not show it yet.
                Some(found) if whose == Whose::Found && !group::is_going(&found) => Look::Exists(Status::Failed),
                Some(_) => Look::Exists(Status::Running("Deleting".into())),
            })
        };
        let policy = PollPolicy::minutes(GROUP_LIMIT);
        match operation.wait(azure.arm(), Goal::Gone, policy, tell, look).await {
            Ok(()) => return Ok(Ended::Deleted),
            Err(AzureError::Service(_)) if whose == Whose::Found => {}
            Err(error) => {
                if matches!(error, AzureError::Service(_)) {
                    ctx.ledger.at_rest(ResourceKind::ResourceGroup, &lab.group);
                }
                return Err(Error::azure(ResourceKind::ResourceGroup, &lab.group, &lab.group_id(), error));
            }
        }
    }
}

/// Purges the lab's soft-deleted accounts: those that were in the group, and those that were already deleted.
///
/// # Errors
/// [`Error::Azure`] for the first that cannot be purged within its time.
pub(crate) async fn purge_accounts(ctx: &Context, lab: &LabSpec, teardown_plan: &TeardownPlan) -> Result<(), Error> {
    let wrap = |error| Error::azure(ResourceKind::OpenaiAccount, &lab.group, &lab.group_id(), error);
    let deleted = ctx.azure.deleted_accounts_of(&lab.group).await.map_err(wrap)?;
    for deleted_account in deleted
        .iter()
        .filter_map(SoftDeletedAccount::read)
        .filter(|deleted_account| teardown_plan.takes(deleted_account, lab))
    {
        purge_patiently(ctx, &deleted_account).await?;
    }
    Ok(())
}
