//! Taking a lab away: what will go, the way there, and the proof that nothing is left that bills.
//!
//! Nothing is remembered between runs: a teardown that was interrupted, or that follows a failed provision, finds what is
//! left by the group's name, by tags and in the subscription's list of soft-deleted accounts.

use std::time::Duration;

use http::Method;

use super::account::{Grave, MOST_ACCOUNT_NAMES, purge};
use super::context::Context;
use super::error::Error;
use super::{group, identity};
use crate::azure::error::Error as AzureError;
use crate::azure::groups::ResourceGroup;
use crate::azure::lro::{Goal, Look, Operation, Patience, Status};
use crate::events::EventKind;
use crate::lab::ids::{self, same};
use crate::lab::kind::ResourceKind;
use crate::lab::spec::LabSpec;
use crate::lab::tags;
use crate::outcome::{Action, Change};

use super::waits::wait_for;

/// How long a group may take to go: the slowest recorded deletion of a cluster took 311 s.
const GROUP_LIMIT: Duration = Duration::from_secs(3600);

/// What a teardown will take away.
#[derive(Clone, Debug, Default)]
pub struct Doomed {
    /// The resource group, if it exists.
    pub group: Option<ResourceGroup>,
    /// What is in it: ARM ids.
    pub contents: Vec<String>,
    /// The location and name of each Cognitive Services account in it.
    pub accounts: Vec<(String, String)>,
    /// Soft-deleted accounts that are the lab's.
    pub graves: Vec<Grave>,
    /// The resource groups that the clusters made for their nodes.
    pub node_groups: Vec<String>,
    /// The identity's principal, whose role assignments at wider scopes would stay.
    pub principal: Option<String>,
}

impl Doomed {
    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.group.is_none() && self.graves.is_empty()
    }
}

/// Something that a teardown left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remain {
    /// Its ARM id.
    pub id: String,
    /// Whether it costs money.
    pub bills: bool,
    /// What it is, and what to do about it.
    pub why: String,
}

/// Whether a soft-deleted account is the lab's: from its group, and tagged with its name, or called as azlab calls them.
pub fn is_ours(grave: &Grave, lab: &LabSpec) -> bool {
    let tagged = grave.tags.is_ours() && grave.tags.get(tags::LAB).is_some_and(|name| same(name, &lab.name));
    let derived = || (0..=MOST_ACCOUNT_NAMES).any(|attempt| same(&grave.name, &lab.account_name(attempt)));
    same(&grave.group, &lab.group) && (tagged || derived())
}

/// Looks at what there is of `lab`. Reads only.
///
/// # Errors
/// [`Error::NotOurs`]; what cannot be read.
pub async fn inspect(ctx: &Context, lab: &LabSpec) -> Result<Doomed, Error> {
    let azure = &ctx.azure;
    let wrap = |error| Error::azure(ResourceKind::ResourceGroup, &lab.group, &lab.group_id(), error);
    let group = azure.group(&lab.group).await.map_err(wrap)?;
    let deleted = azure.deleted_accounts().await.map_err(wrap)?;
    let graves = deleted.iter().filter_map(Grave::read).filter(|grave| is_ours(grave, lab)).collect();
    let Some(group) = group else { return Ok(Doomed { graves, ..Doomed::default() }) };
    group::claim(&group, &lab.group_id(), &lab.name, false)?;
    let (contents, accounts, cluster, identity) = tokio::try_join!(
        azure.group_contents(&lab.group),
        azure.accounts(&lab.group),
        azure.cluster(&lab.group, &lab.cluster.name),
        azure.identity(&lab.group, &lab.identity),
    )
    .map_err(wrap)?;
    let name_of = |account: &crate::azure::accounts::Account| {
        Some((account.location.clone()?, account.azure_entity_resource.resource.name.clone()?))
    };
    Ok(Doomed {
        group: Some(group),
        contents: contents.into_iter().filter_map(|one| one.generic_resource.resource.id).collect(),
        accounts: accounts.iter().filter_map(name_of).collect(),
        graves,
        node_groups: cluster.and_then(|cluster| cluster.properties?.node_resource_group).into_iter().collect(),
        principal: identity.as_ref().and_then(identity::principal_id).map(str::to_owned),
    })
}

/// Begins to delete the group, if it is there and not going already.
async fn begin(ctx: &Context, lab: &LabSpec) -> Result<Option<Operation>, Error> {
    let (azure, id) = (&ctx.azure, lab.group_id());
    let wrap = |error| Error::azure(ResourceKind::ResourceGroup, &lab.group, &id, error);
    let Some(found) = azure.group(&lab.group).await.map_err(wrap)? else { return Ok(None) };
    // Looked at again right before the delete: somebody may have made it theirs.
    group::claim(&found, &id, &lab.name, false)?;
    let state = Status::read(found.properties.as_ref().and_then(|properties| properties.provisioning_state.as_deref()));
    if let Status::Running(state) = state {
        return Ok(Some(Operation::found_running(&id, Status::Running(state))));
    }
    ctx.ledger.under_way(ResourceKind::ResourceGroup, &lab.group, "Deleting");
    let reply = match azure.delete_group(&lab.group).await {
        Ok(reply) => reply,
        Err(error) if error.is_absent() => return Ok(None),
        Err(error) => return Err(wrap(error)),
    };
    Ok(Some(Operation::begun(azure.arm(), Method::DELETE, &id, &reply)))
}

/// Deletes the group and waits until it is gone; with `wait` off it only begins.
///
/// # Errors
/// [`Error`]; a lock or a policy that refuses is in it by name.
pub async fn delete_group(ctx: &Context, lab: &LabSpec, wait: bool) -> Result<(), Error> {
    let (azure, id, began) = (&ctx.azure, lab.group_id(), ctx.clock().now());
    let name = lab.group.clone();
    ctx.events.emit(EventKind::ResourceStarted { resource: ResourceKind::ResourceGroup, name: name.clone() });
    let Some(operation) = begin(ctx, lab).await? else { return Ok(()) };
    if wait {
        let tell = |status: &str| {
            ctx.ledger.under_way(ResourceKind::ResourceGroup, &name, status);
            ctx.events.emit(EventKind::ResourceStatus {
                resource: ResourceKind::ResourceGroup,
                name: name.clone(),
                status: status.to_owned(),
            });
        };
        tell("Deleting");
        let look = async || {
            Ok(match azure.group(&lab.group).await? {
                None => Look::Absent,
                Some(_) => Look::Exists(Status::Running("Deleting".into())),
            })
        };
        let done = operation.wait(azure.arm(), Goal::Gone, Patience::minutes(GROUP_LIMIT), tell, look).await;
        done.map_err(|error| Error::azure(ResourceKind::ResourceGroup, &lab.group, &id, error))?;
    }
    let elapsed_s = ctx.clock().since(began).as_secs_f64();
    let action = Action::Deleted;
    ctx.events.emit(EventKind::ResourceFinished {
        resource: ResourceKind::ResourceGroup,
        name: name.clone(),
        id: id.clone(),
        action,
        elapsed_s,
    });
    ctx.ledger.finished(&name, Change { resource: ResourceKind::ResourceGroup, id, action, elapsed_s });
    Ok(())
}

/// Purges the lab's soft-deleted accounts: those that were in the group, and those that were already deleted.
///
/// # Errors
/// [`Error::Azure`] for the first that cannot be purged within its time.
pub async fn purge_accounts(ctx: &Context, lab: &LabSpec, doomed: &Doomed) -> Result<(), Error> {
    let wrap = |error| Error::azure(ResourceKind::OpenaiAccount, &lab.group, &lab.group_id(), error);
    let deleted = ctx.azure.deleted_accounts().await.map_err(wrap)?;
    let was_here = |grave: &Grave| doomed.accounts.iter().any(|(_, name)| same(name, &grave.name));
    let graves = deleted
        .iter()
        .filter_map(Grave::read)
        .filter(|grave| is_ours(grave, lab) || (same(&grave.group, &lab.group) && was_here(grave)));
    for grave in graves {
        purge_one(ctx, &grave).await?;
    }
    Ok(())
}

async fn purge_one(ctx: &Context, grave: &Grave) -> Result<(), Error> {
    let wrap = |error| Error::azure(ResourceKind::OpenaiAccount, &grave.name, &grave.id, error);
    let began = ctx.clock().now();
    let mut tries = 0;
    ctx.events.emit(EventKind::ResourceStarted { resource: ResourceKind::OpenaiAccount, name: grave.name.clone() });
    loop {
        tries += 1;
        let error = match purge(ctx, grave).await {
            Ok(()) => {
                ctx.events.emit(EventKind::ResourceFinished {
                    resource: ResourceKind::OpenaiAccount,
                    name: grave.name.clone(),
                    id: grave.id.clone(),
                    action: Action::Purged,
                    elapsed_s: ctx.clock().since(began).as_secs_f64(),
                });
                return Ok(());
            }
            // Somebody else purged it.
            Err(error) if error.is_absent() => return Ok(()),
            Err(error) => error,
        };
        let wait = error.code().and_then(wait_for).filter(|wait| ctx.clock().since(began) < wait.limit);
        let Some(wait) = wait else { return Err(wrap(error)) };
        let pause = wait.pause(tries);
        ctx.events.emit(EventKind::ResourceWaiting {
            resource: ResourceKind::OpenaiAccount,
            name: grave.name.clone(),
            reason: format!("{} ({})", wait.reason, error.code().map_or_else(String::new, ToString::to_string)),
            retry_in_s: pause.as_secs_f64(),
        });
        ctx.azure.arm().pause(pause).await.map_err(wrap)?;
    }
}

/// Looks for what should be gone, and tells what is not.
///
/// # Errors
/// What cannot be read.
pub async fn prove(ctx: &Context, lab: &LabSpec, doomed: &Doomed) -> Result<Vec<Remain>, AzureError> {
    let azure = &ctx.azure;
    let mut remains = Vec::new();
    if azure.group(&lab.group).await?.is_some() {
        remains.push(Remain {
            id: lab.group_id(),
            bills: true,
            why: format!("the resource group is still there: az group show -n {}", lab.group),
        });
    }
    for account in azure.deleted_accounts().await?.iter().filter_map(Grave::read).filter(|grave| is_ours(grave, lab)) {
        remains.push(Remain {
            why: format!(
                "a soft-deleted account holds its name and quota: az cognitiveservices account purge -n {} -g {} -l {}",
                account.name, account.group, account.location
            ),
            id: account.id,
            bills: false,
        });
    }
    for name in &doomed.node_groups {
        if azure.group(name).await?.is_some() {
            remains.push(Remain {
                id: ids::group(&lab.subscription, name),
                bills: true,
                why: format!("the cluster's node resource group is still there: az group delete -n {name}"),
            });
        }
    }
    if let Some(principal) = &doomed.principal {
        let scope = ids::subscription(&lab.subscription);
        for assignment in azure.role_assignments(&scope, principal).await? {
            let id = assignment.id.unwrap_or_default();
            remains.push(Remain {
                why: format!("a role assignment of the deleted identity: az role assignment delete --ids {id}"),
                id,
                bills: false,
            });
        }
    }
    Ok(remains)
}
