//! What a teardown of a lab takes away.
//!
//! Nothing is remembered between runs: a teardown that was interrupted, or that follows a failed provision, finds what is
//! left by the group's name, by tags and in the subscription's list of soft-deleted accounts.

use futures::future::try_join_all;
use time::OffsetDateTime;

use super::account::{are_its_tags, is_its_name};
use super::cluster::Cluster;
use super::context::Context;
use super::error::Error;
use super::group::Group;
use super::identity::Identity;
use super::needs::Needs;
use super::resource::Resource as _;
use super::soft_deleted_account::SoftDeletedAccount;
use super::{access, group, identity};
use crate::azure::code::Code;
use crate::azure::denials::DenyAssignment;
use crate::azure::error::Error as AzureError;
use crate::azure::groups::ResourceGroup;
use crate::azure::locks::Lock;
use crate::events::Level;
use crate::lab::ids::{self, same};
use crate::lab::spec::LabSpec;
use crate::lab::tags::{self, Tags};
use crate::values::ResourceKind;

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
    pub(super) fn holds_for(self, tags: &Tags) -> bool {
        match self {
            Self::Asked => true,
            Self::ExpiredAt(moment) => tags.expiry().has_come(moment),
        }
    }
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

pub(super) fn locked(lab: &LabSpec, locks: Vec<Lock>, refusal: Option<AzureError>) -> Error {
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
pub(super) fn scopes(lab: &LabSpec, node_groups: &[String]) -> Vec<String> {
    let nodes = node_groups.iter().map(|name| ids::group(&lab.subscription, name));
    std::iter::once(lab.group_id()).chain(nodes).collect()
}
