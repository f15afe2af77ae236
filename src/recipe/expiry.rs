//! A lab's expiry: a tag on its group, which is what counts, and a copy on its accounts, which is all that is left of it
//! once the group is gone.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::context::Context;
use super::ensure::ensure;
use super::error::Error;
use super::group;
use super::group_tag;
use super::tagged::{TagRule, TaggedAccount, TaggedGroup, own_accounts};
use crate::azure::groups::ResourceGroup;
use crate::lab::comparison::Difference;
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
    let rule = ExpiryRule { expires, shorten };
    // The group first: it is what a sweep looks at while it exists.
    let group = ensure(ctx, &TaggedGroup::of(lab, rule)).await?;
    for account in own_accounts(ctx, lab).await? {
        ensure(ctx, &TaggedAccount::of(lab, &account, rule)).await?;
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
    let rule = ExpiryRule { expires, shorten };
    let is_off = |tags: &Tags| !rule.differences(tags).is_empty();
    let mut all = Vec::new();
    if is_off(&Tags::read(found.tags.as_ref())) {
        all.push((ResourceKind::ResourceGroup, lab.group_id()));
    }
    let accounts = own_accounts(ctx, lab).await?.into_iter().filter(|account| is_off(&account.tags));
    all.extend(accounts.map(|account| (ResourceKind::OpenaiAccount, account.id)));
    Ok(all)
}

/// The expiry as it should be. One that is later stays, unless `shorten`.
#[derive(Clone, Copy)]
struct ExpiryRule<'a> {
    expires: Option<&'a str>,
    shorten: bool,
}

impl TagRule for ExpiryRule<'_> {
    fn differences(&self, current: &Tags) -> Vec<Difference> {
        let is_later =
            self.expires.is_some_and(|text| match (current.expiry(), OffsetDateTime::parse(text, &Rfc3339)) {
                (Expiry::At(have), Ok(want)) => have > want,
                _ => false,
            });
        if is_later && !self.shorten {
            return Vec::new();
        }
        group_tag::difference(current, tags::EXPIRES, self.expires).into_iter().collect()
    }

    fn put_into(&self, tags: &mut Tags) {
        group_tag::put(tags, tags::EXPIRES, self.expires);
    }
}
