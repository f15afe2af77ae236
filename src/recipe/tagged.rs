//! Tags of a lab's group, and of the accounts in it, as they should be; the others stay.

use super::account::Account as AccountResource;
use super::context::Context;
use super::error::Error;
use super::group::{self, Group};
use super::lease;
use super::needs::Needs;
use super::resource::{Resource, unfinished};
use crate::azure::accounts::Account;
use crate::azure::arm::Reply;
use crate::azure::code::Code;
use crate::azure::error::Error as AzureError;
use crate::azure::groups::ResourceGroup;
use crate::lab::comparison::{Comparison, Difference};
use crate::lab::ids;
use crate::lab::spec::LabSpec;
use crate::lab::tags::Tags;
use crate::values::ResourceKind;

/// What is to be with the tags of a resource.
pub(crate) trait TagRule {
    /// Whether a write of a group brings along the run's lease on the lab.
    const BRINGS_LEASE: bool = false;

    /// What of `current` is not as it should be.
    fn differences(&self, current: &Tags) -> Vec<Difference>;

    /// Makes `tags` be as they should.
    fn put_into(&self, tags: &mut Tags);

    /// Whether there is a way around an account that may not be tagged, of which this code tells.
    fn has_way_around(&self, _code: &Code) -> bool {
        false
    }
}

/// The group of a lab, with its tags.
#[derive(Clone, Debug)]
pub(crate) struct TaggedGroup<'a, R> {
    lab: &'a LabSpec,
    group: &'a str,
    id: String,
    rule: R,
}

impl<'a, R> TaggedGroup<'a, R> {
    /// The group of `lab`, with its tags as `rule` says.
    pub(super) fn of(lab: &'a LabSpec, rule: R) -> Self {
        Self { lab, group: &lab.group, id: lab.group_id(), rule }
    }
}

impl<R: TagRule> Resource for TaggedGroup<'_, R> {
    type State = ResourceGroup;
    const NEEDS: Needs = Group::NEEDS;

    fn name(&self) -> &str {
        self.group
    }

    fn id(&self) -> &str {
        &self.id
    }

    async fn observe(&self, ctx: &Context) -> Result<Option<ResourceGroup>, AzureError> {
        ctx.azure.group(self.group).await
    }

    fn claim(&self, state: &ResourceGroup) -> Result<(), Error> {
        group::claim(state, self.lab, false)
    }

    fn compare(&self, state: &ResourceGroup) -> Comparison {
        Comparison::of(self.rule.differences(&Tags::read(state.tags.as_ref())))
    }

    /// A group that is gone in the meantime is not created again: a PATCH of it is a 404.
    async fn write(&self, ctx: &Context, current: Option<&ResourceGroup>) -> Result<Reply, AzureError> {
        let mut tags = Tags::read(current.and_then(|group| group.tags.as_ref()));
        if !R::BRINGS_LEASE {
            self.rule.put_into(&mut tags);
            return ctx.azure.tag_group(self.group, tags.to_value()).await;
        }
        // A PATCH replaces all tags, and the run's own lease may have joined them since the look.
        let current = ctx.azure.group(self.group).await?;
        tags = Tags::read(current.as_ref().and_then(|group| group.tags.as_ref()));
        self.rule.put_into(&mut tags);
        lease::put_into(ctx, &mut tags);
        let written = ctx.azure.tag_group(self.group, tags.to_value()).await;
        if written.as_ref().is_err_and(|error| !error.is_ambiguous()) {
            lease::refused(ctx);
        }
        written
    }
}

/// An account in a lab's group that carries azlab's tags.
pub(super) struct OwnAccount {
    pub(super) name: String,
    pub(super) id: String,
    pub(super) tags: Tags,
}

/// Those in the group of `lab`.
///
/// # Errors
/// The accounts cannot be read.
pub(super) async fn own_accounts(ctx: &Context, lab: &LabSpec) -> Result<Vec<OwnAccount>, Error> {
    let accounts = ctx.azure.accounts(&lab.group).await;
    let accounts =
        accounts.map_err(|error| Error::azure(ResourceKind::ResourceGroup, &lab.group, &lab.group_id(), error))?;
    let own = accounts.into_iter().filter_map(|account| {
        let tags = Tags::read(account.tags.as_ref());
        let name = account.azure_entity_resource.resource.name.filter(|_| tags.is_ours())?;
        Some(OwnAccount { id: ids::account(&lab.subscription, &lab.group, &name), name, tags })
    });
    Ok(own.collect())
}

/// An account in the group of a lab, with its tags.
pub(super) struct TaggedAccount<'a, R> {
    group: &'a str,
    account: &'a OwnAccount,
    rule: R,
}

impl<'a, R> TaggedAccount<'a, R> {
    /// An account of `lab`, with its tags as `rule` says.
    pub(super) fn of(lab: &'a LabSpec, account: &'a OwnAccount, rule: R) -> Self {
        Self { group: &lab.group, account, rule }
    }
}

impl<R: TagRule> Resource for TaggedAccount<'_, R> {
    type State = Account;
    const NEEDS: Needs = AccountResource::NEEDS;

    fn name(&self) -> &str {
        &self.account.name
    }

    fn id(&self) -> &str {
        &self.account.id
    }

    async fn observe(&self, ctx: &Context) -> Result<Option<Account>, AzureError> {
        ctx.azure.account(self.group, &self.account.name).await
    }

    fn compare(&self, state: &Account) -> Comparison {
        let provisioning = state.properties.as_ref().and_then(|properties| properties.provisioning_state.as_ref());
        let provisioning = provisioning.and_then(|state| serde_json::to_value(state).ok());
        match unfinished(provisioning.as_ref().and_then(serde_json::Value::as_str)) {
            Some(Comparison::Busy(status)) => Comparison::Busy(status),
            // One that failed can be tagged; repairing it is for others.
            _ => Comparison::of(self.rule.differences(&Tags::read(state.tags.as_ref()))),
        }
    }

    fn has_way_around(&self, code: &Code) -> bool {
        self.rule.has_way_around(code)
    }

    async fn write(&self, ctx: &Context, current: Option<&Account>) -> Result<Reply, AzureError> {
        let mut tags = Tags::read(current.and_then(|account| account.tags.as_ref()));
        self.rule.put_into(&mut tags);
        ctx.azure.tag_account(self.group, &self.account.name, tags.to_value()).await
    }
}
