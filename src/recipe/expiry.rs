//! A lab's expiry: a tag on its group, which is what counts, and a copy on its accounts, which is all that is left of it
//! once the group is gone.

use super::account::Account as AccountResource;
use super::context::Context;
use super::ensure::ensure;
use super::error::Error;
use super::group;
use super::group_tag::{self, GroupTag, with_tag};
use super::needs::Needs;
use super::resource::{Resource, unfinished};
use crate::azure::accounts::Account;
use crate::azure::arm::Reply;
use crate::azure::error::Error as AzureError;
use crate::azure::groups::ResourceGroup;
use crate::lab::comparison::{Comparison, Difference};
use crate::lab::ids;
use crate::lab::spec::LabSpec;
use crate::lab::tags::{self, Tags};
use crate::values::ResourceKind;

/// Sets when `lab` may be swept (`None`: never), on its group and on the accounts in it that are ours. Other tags stay.
/// Tells the group as it then is; `None` if there is none.
///
/// # Errors
/// [`Error::NotOurs`]; what the service refuses.
pub(crate) async fn set_expiry(
    ctx: &Context,
    lab: &LabSpec,
    expires: Option<&str>,
) -> Result<Option<ResourceGroup>, Error> {
    let wrap = |error| Error::azure(ResourceKind::ResourceGroup, &lab.group, &lab.group_id(), error);
    let Some(found) = ctx.azure.group(&lab.group).await.map_err(wrap)? else { return Ok(None) };
    group::claim(&found, &lab.group_id(), &lab.name, false)?;
    // The group first: it is what a sweep looks at while it exists.
    let group = ensure(ctx, &GroupTag::new(lab, tags::EXPIRES, expires)).await?;
    for account in ctx.azure.accounts(&lab.group).await.map_err(wrap)? {
        let name = account.azure_entity_resource.resource.name.as_deref();
        if let Some(name) = name.filter(|_| Tags::read(account.tags.as_ref()).is_ours()) {
            let id = ids::account(&lab.subscription, &lab.group, name);
            ensure(ctx, &AccountExpiry { group: &lab.group, name, id, expires }).await?;
        }
    }
    Ok(Some(group))
}

/// The difference between the expiry in `current` and the one that should be.
pub(super) fn difference(current: Option<&serde_json::Value>, expires: Option<&str>) -> Option<Difference> {
    group_tag::difference(current, tags::EXPIRES, expires)
}

struct AccountExpiry<'a> {
    group: &'a str,
    name: &'a str,
    id: String,
    expires: Option<&'a str>,
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
            _ => Comparison::of(difference(state.tags.as_ref(), self.expires).into_iter().collect()),
        }
    }

    async fn write(&self, ctx: &Context, current: Option<&Account>) -> Result<Reply, AzureError> {
        let tags = with_tag(current.and_then(|account| account.tags.as_ref()), tags::EXPIRES, self.expires);
        ctx.azure.tag_account(self.group, self.name, tags).await
    }
}
