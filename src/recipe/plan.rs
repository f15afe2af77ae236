//! What a command would do, from a look alone: the dry run's side of the recipe.

use super::access::Extra;
use super::context::Context;
use super::error::Error;
use super::inspection::Inspection;
use super::look::{Item, look};
use super::parts::{Known, Parts};
use super::provision::Plan;
use super::resource::Resource;
use super::shared_account::{SharedAccount, SharedLook};
use super::soft_deleted_account::SoftDeletedAccount;
use super::teardown_plan::TeardownPlan;
use crate::lab::comparison::Comparison;
use crate::lab::ids::{self, same};
use crate::lab::spec::SoftDeleted;
use crate::outcome::plan::{Field, PlannedAction, PlannedChange};
use crate::values::ResourceKind;

/// What [`super::provision::provision`] would do with `plan`, to what `inspection` shows.
///
/// # Errors
/// What exists and cannot be changed in place; soft-deleted accounts that cannot be listed.
pub(crate) async fn provision(
    ctx: &Context,
    plan: &Plan,
    inspection: &Inspection,
) -> Result<Vec<PlannedChange>, Error> {
    let known = Known { account: plan.account.clone(), ..Known::default() };
    let mut changes = Vec::new();
    for (item, part) in inspection.items.iter().zip(plan.parts().all(&known)) {
        // What labs share is planned once, by itself.
        let is_of_account = matches!(item.kind, ResourceKind::OpenaiAccount | ResourceKind::ModelDeployment);
        if is_of_account && plan.lab.is_sharing() {
            continue;
        }
        if item.kind == ResourceKind::OpenaiAccount && item.fit.is_none() {
            changes.extend(account(ctx, &plan.parts(), &plan.account, item).await?);
            continue;
        }
        changes.push(change(item, || part.fields())?);
    }
    let extra = inspection.extra.iter().map(Extra::item);
    changes.extend(extra.map(|item| planned(item.kind, &item.name, &item.id, PlannedAction::Delete, Vec::new())));
    Ok(changes)
}

/// What would become of a resource that a look shows so; `new` is what a new one would get.
fn change(item: &Item, new: impl FnOnce() -> Vec<Field>) -> Result<PlannedChange, Error> {
    // What is being deleted is waited for, and then made anew.
    let is_going = matches!(&item.fit, Some(Comparison::Busy(status)) if same(status, "Deleting"));
    if let (None, Some(reason)) = (&item.fit, &item.note) {
        return Err(Error::Full { id: item.id.clone(), reason: reason.clone() });
    }
    let (action, fields) = match &item.fit {
        // Likewise a cluster on its way to be stopped: then it is started.
        Some(Comparison::Busy(status)) if same(status, "Stopping") => {
            let field = Field { have: Some("Stopped".into()), ..Field::new("power_state", "Running") };
            (PlannedAction::Change, vec![field])
        }
        Some(Comparison::Fits | Comparison::Busy(_)) if !is_going => (PlannedAction::Keep, Vec::new()),
        None | Some(Comparison::Fits | Comparison::Busy(_)) => (PlannedAction::Create, new()),
        Some(Comparison::Broken(status)) => {
            let field = Field { have: Some(status.clone()), ..Field::new("provisioning_state", "Succeeded") };
            (PlannedAction::Change, vec![field])
        }
        Some(Comparison::Differs(differences)) => {
            if let Some(error) = Error::fixed(item.kind, &item.name, &item.id, differences) {
                return Err(error);
            }
            (PlannedAction::Change, differences.iter().map(Field::from).collect())
        }
    };
    Ok(planned(item.kind, &item.name, &item.id, action, fields))
}

/// What would become of the account that labs share, of which `look` shows so much.
///
/// # Errors
/// As [`provision`].
pub(crate) async fn shared(shared: &SharedAccount, look: &SharedLook) -> Result<Vec<PlannedChange>, Error> {
    let parts = shared.parts();
    let name = look.account.as_ref().map_or(shared.name.as_str(), |(name, _)| name);
    let mut changes = Vec::new();
    for (item, part) in look.items.iter().zip(parts.shared(name)) {
        match item.kind {
            ResourceKind::OpenaiAccount if item.fit.is_none() => {
                changes.extend(account(&shared.ctx, &parts, name, item).await?);
            }
            _ => changes.push(change(item, || part.fields())?),
        }
    }
    Ok(changes)
}

/// What would become of one resource.
///
/// # Errors
/// What cannot be read, or exists and cannot be changed in place.
pub(crate) async fn resource<R: Resource>(ctx: &Context, wanted: &R) -> Result<PlannedChange, Error> {
    change(&look(ctx, wanted).await?.0, || wanted.fields())
}

/// The deletion of a deployment.
pub(crate) fn removal(account_id: &str, name: &str) -> PlannedChange {
    let id = ids::deployment(account_id, name);
    planned(ResourceKind::ModelDeployment, name, &id, PlannedAction::Delete, Vec::new())
}

/// A new account, and what becomes of the soft-deleted ones that stand in its way.
async fn account(ctx: &Context, parts: &Parts<'_>, name: &str, item: &Item) -> Result<Vec<PlannedChange>, Error> {
    let wanted = parts.account(name);
    let deleted_accounts = wanted.deleted_accounts_seen(ctx).await;
    let deleted_accounts = deleted_accounts.map_err(|error| Error::azure(item.kind, &item.name, &item.id, error))?;
    let mut changes = Vec::new();
    let mut action = PlannedAction::Create;
    for deleted_account in &deleted_accounts {
        match parts.lab.account.soft_deleted {
            SoftDeleted::Purge => changes.push(purge(deleted_account)),
            SoftDeleted::Restore if wanted.is_restored_from(deleted_account) => action = PlannedAction::Restore,
            SoftDeleted::Restore | SoftDeleted::Avoid => {}
        }
    }
    changes.push(planned(item.kind, &item.name, &item.id, action, wanted.fields()));
    Ok(changes)
}

fn purge(deleted_account: &SoftDeletedAccount) -> PlannedChange {
    planned(ResourceKind::OpenaiAccount, &deleted_account.name, &deleted_account.id, PlannedAction::Purge, Vec::new())
}

fn planned(resource: ResourceKind, name: &str, id: &str, action: PlannedAction, fields: Vec<Field>) -> PlannedChange {
    PlannedChange { resource, name: name.to_owned(), id: id.to_owned(), action, fields, contents: Vec::new() }
}

/// What a teardown of `teardown_plan`, the lab in `group`, would do.
pub(crate) fn teardown(
    subscription: &str,
    group: &str,
    teardown_plan: &TeardownPlan,
    purges: bool,
) -> Vec<PlannedChange> {
    let mut changes = Vec::new();
    if teardown_plan.group.is_some() {
        let id = ids::group(subscription, group);
        changes.push(PlannedChange {
            contents: teardown_plan.contents.clone(),
            ..planned(ResourceKind::ResourceGroup, group, &id, PlannedAction::Delete, Vec::new())
        });
    }
    if purges {
        for (location, name) in &teardown_plan.accounts {
            let id = ids::deleted_account(subscription, location, group, name);
            changes.push(planned(ResourceKind::OpenaiAccount, name, &id, PlannedAction::Purge, Vec::new()));
        }
        changes.extend(teardown_plan.deleted_accounts.iter().map(purge));
    }
    changes
}
