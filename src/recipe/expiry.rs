//! A lab's expiry: a tag on its group, which is what counts, and a copy on its accounts, which is all that is left of it
//! once the group is gone.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::account::Account as AccountResource;
use super::context::Context;
use super::ensure::ensure;
use super::error::Error;
use super::group::{self, Group};
use super::group_tag::with_tag;
use super::needs::Needs;
use super::resource::{Resource, unfinished};
use crate::azure::accounts::Account;
use crate::azure::arm::Reply;
use crate::azure::error::Error as AzureError;
use crate::azure::groups::ResourceGroup;
use crate::lab::comparison::{Comparison, Difference};
use crate::lab::ids;
use crate::lab::spec::LabSpec;
use crate::lab::tags::{self, Expiry, Tags};
use crate::values::ResourceKind;

/// Sets when `lab` may be swept (`None`: never), on its group and on the accounts in it that are ours. Other tags stay.
/// Tells the group as it then is; `None` if there is none. Unless `shorten`, a later expiry stays, which another run may have
/// set since this one looked: of two at once the later counts, whichever writes last, but for the moment between the last
/// look and the write (a tag has no etag).
///
/// # Errors
/// [`Error::NotOurs`]; what the service refuses.
pub(crate) async fn set_expiry(
    ctx: &Context,
    lab: &LabSpec,
    expires: Option<&str>,
    shorten: bool,
) -> Result<Option<ResourceGroup>, Error> {
    let wrap = |error| Error::azure(ResourceKind::ResourceGroup, &lab.group, &lab.group_id(), error);
    let Some(found) = ctx.azure.group(&lab.group).await.map_err(wrap)? else { return Ok(None) };
    group::claim(&found, lab, false)?;
    // The group first: it is what a sweep looks at while it exists.
    let group = ensure(ctx, &GroupExpiry { lab, group: &lab.group, id: lab.group_id(), expires, shorten }).await?;
    for account in ctx.azure.accounts(&lab.group).await.map_err(wrap)? {
        let name = account.azure_entity_resource.resource.name.as_deref();
        if let Some(name) = name.filter(|_| Tags::read(account.tags.as_ref()).is_ours()) {
            let id = ids::account(&lab.subscription, &lab.group, name);
            ensure(ctx, &AccountExpiry { group: &lab.group, name, id, expires, shorten }).await?;
        }
    }
    Ok(Some(group))
}

/// What [`set_expiry`] would write: the ARM ids of the group and of the accounts whose expiry is not as it should be.
///
/// # Errors
/// What cannot be read.
pub(crate) async fn to_write(
    ctx: &Context,
    lab: &LabSpec,
    expires: Option<&str>,
    shorten: bool,
) -> Result<Vec<(ResourceKind, String)>, Error> {
    let wrap = |error| Error::azure(ResourceKind::ResourceGroup, &lab.group, &lab.group_id(), error);
    let Some(found) = ctx.azure.group(&lab.group).await.map_err(wrap)? else { return Ok(Vec::new()) };
    let is_off = |tags: Option<&serde_json::Value>| too_early(tags, expires, shorten).is_some();
    let mut all = Vec::new();
    if is_off(found.tags.as_ref()) {
        all.push((ResourceKind::ResourceGroup, lab.group_id()));
    }
    for account in ctx.azure.accounts(&lab.group).await.map_err(wrap)? {
        let tags = account.tags.as_ref();
        if let Some(name) = account.azure_entity_resource.resource.name.as_deref()
            && Tags::read(tags).is_ours()
            && is_off(tags)
        {
            all.push((ResourceKind::OpenaiAccount, ids::account(&lab.subscription, &lab.group, name)));
        }
    }
    Ok(all)
}

/// The difference between the expiry in `current` and the one that should be.
pub(super) fn difference(current: Option<&serde_json::Value>, expires: Option<&str>) -> Option<Difference> {
    Difference::of_tag(tags::EXPIRES, Tags::read(current).get(tags::EXPIRES), expires)
}

/// [`difference`], but for an expiry that is later than the one that should be, which only `shorten` moves.
fn too_early(current: Option<&serde_json::Value>, expires: Option<&str>, shorten: bool) -> Option<Difference> {
    let have = Tags::read(current).expiry();
    let is_later = expires.is_some_and(|text| match (have, OffsetDateTime::parse(text, &Rfc3339)) {
        (Expiry::At(have), Ok(want)) => have > want,
        _ => false,
    });
    if is_later && !shorten { None } else { difference(current, expires) }
}

struct GroupExpiry<'a> {
    lab: &'a LabSpec,
    group: &'a str,
    id: String,
    expires: Option<&'a str>,
    shorten: bool,
}

impl Resource for GroupExpiry<'_> {
    type State = ResourceGroup;
    const NEEDS: Needs = Group::NEEDS;

    fn name(&self) -> &str {
        self.group
    }

    fn id(&self) -> &str {
        &self.id
    }

    async fn observe(&self, ctx: &Context) -> Result<Option<ResourceGroup>, AzureError> {
        ctx.azure.group(&self.lab.group).await
    }

    fn claim(&self, state: &ResourceGroup) -> Result<(), Error> {
        group::claim(state, self.lab, false)
    }

    fn compare(&self, state: &ResourceGroup) -> Comparison {
        Comparison::of(too_early(state.tags.as_ref(), self.expires, self.shorten).into_iter().collect())
    }

    /// A group that has gone meanwhile is not made anew: a PATCH of it is a 404.
    async fn write(&self, ctx: &Context, current: Option<&ResourceGroup>) -> Result<Reply, AzureError> {
        let tags = with_tag(current.and_then(|group| group.tags.as_ref()), tags::EXPIRES, self.expires);
        ctx.azure.tag_group(&self.lab.group, tags).await
    }
}

struct AccountExpiry<'a> {
    group: &'a str,
    name: &'a str,
    id: String,
    expires: Option<&'a str>,
    shorten: bool,
}

impl Resource for AccountExpiry<'_> {
    type State = Account;
    const NEEDS: Needs = AccountResource::NEEDS;

    fn name(&self) -> &str {
        self.name
    }

    fn id(&self) -> &str {
        &self.id
    }

    async fn observe(&self, ctx: &Context) -> Result<Option<Account>, AzureError> {
        ctx.azure.account(self.group, self.name).await
    }

    fn compare(&self, state: &Account) -> Comparison {
        let properties = state.properties.clone().unwrap_or_default();
        let provisioning = properties.provisioning_state.and_then(|state| serde_json::to_value(state).ok());
        match unfinished(provisioning.as_ref().and_then(serde_json::Value::as_str)) {
            Some(Comparison::Busy(status)) => Comparison::Busy(status),
            // One that failed can be tagged; repairing it is for others.
            _ => Comparison::of(too_early(state.tags.as_ref(), self.expires, self.shorten).into_iter().collect()),
        }
    }

    async fn write(&self, ctx: &Context, current: Option<&Account>) -> Result<Reply, AzureError> {
        let tags = with_tag(current.and_then(|account| account.tags.as_ref()), tags::EXPIRES, self.expires);
        ctx.azure.tag_account(self.group, self.name, tags).await
    }
}
