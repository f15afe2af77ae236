//! Tags on an account that exists, whatever state it is in: a copy of its group's, which is all that is left of the lab once
//! the group is gone.

use super::context::Context;
use super::ensure::{Resource, unfinished};
use crate::azure::accounts::Account;
use crate::azure::arm::Reply;
use crate::azure::error::Error as AzureError;
use crate::lab::fit::{Difference, Fit};
use crate::lab::kind::ResourceKind;
use crate::lab::tags::Tags;

/// The field that a difference in tags is told by.
pub(super) const TAGS: &str = "tags";

/// An account with some of its tags as they should be; other tags stay.
pub(super) struct AccountTags<'a> {
    /// The resource group.
    pub group: &'a str,
    /// The account's name.
    pub name: &'a str,
    /// Its ARM id.
    pub id: String,
    /// Tags by name; without a value: not to be there.
    pub wanted: Vec<(&'static str, Option<&'a str>)>,
}

/// The difference between a tag in `have` and the value that it should have.
pub(super) fn difference(have: &Tags, name: &str, wanted: Option<&str>) -> Option<Difference> {
    let have = have.get(name);
    let text = |value: Option<&str>| value.map_or_else(String::new, |value| format!("{name}={value}"));
    (have != wanted).then(|| Difference::changeable(TAGS, text(have), text(wanted)))
}

impl Resource for AccountTags<'_> {
    type State = Account;
    const KIND: ResourceKind = ResourceKind::OpenaiAccount;

    fn name(&self) -> &str {
        self.name
    }

    fn id(&self) -> &str {
        &self.id
    }

    async fn observe(&self, ctx: &Context) -> Result<Option<Account>, AzureError> {
        ctx.azure.account(self.group, self.name).await
    }

    fn compare(&self, state: &Account) -> Fit {
        let properties = state.properties.clone().unwrap_or_default();
        let provisioning = properties.provisioning_state.and_then(|state| serde_json::to_value(state).ok());
        match unfinished(provisioning.as_ref().and_then(serde_json::Value::as_str)) {
            Some(Fit::Busy(status)) => Fit::Busy(status),
            // One that failed can be tagged; repairing it is for others.
            _ => {
                let have = Tags::read(state.tags.as_ref());
                let all = self.wanted.iter().filter_map(|(name, wanted)| difference(&have, name, *wanted));
                Fit::of(all.collect())
            }
        }
    }

    /// An account that has gone meanwhile is not made anew: a PATCH of it is a 404.
    async fn write(&self, ctx: &Context, current: Option<&Account>) -> Result<Reply, AzureError> {
        let mut tags = Tags::read(current.and_then(|account| account.tags.as_ref()));
        for (name, wanted) in &self.wanted {
            tags.set_or_remove(name, *wanted);
        }
        ctx.azure.tag_account(self.group, self.name, tags.to_value()).await
    }
}
