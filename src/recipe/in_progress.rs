//! Whether a look shows that the service is at work: on a resource, on its account, or on its group.

use super::context::Context;
use super::group::is_going;
use super::resource::{Resource, unfinished};
use crate::azure::error::Error as AzureError;
use crate::lab::comparison::Comparison;
use crate::values::arm_id::{group_in, named};

/// Whether something is in progress that a write of `resource` has to wait for. Reads only.
///
/// # Errors
/// Every error but an absence.
pub(super) async fn is_seen<R: Resource>(ctx: &Context, resource: &R) -> Result<bool, AzureError> {
    let seen = resource.observe(ctx).await?;
    if seen.is_some_and(|state| matches!(resource.compare(&state), Comparison::Busy(_))) {
        return Ok(true);
    }
    let Some(group) = group_in(resource.id()) else { return Ok(false) };
    // Of the parents only an account has a state.
    if let Some(account) = resource.parent().and_then(|parent| named(parent, "accounts")) {
        let properties = ctx.azure.account(group, account).await?.and_then(|account| account.properties);
        let state = properties.and_then(|properties| serde_json::to_value(properties.provisioning_state?).ok());
        if matches!(unfinished(state.as_ref().and_then(serde_json::Value::as_str)), Some(Comparison::Busy(_))) {
            return Ok(true);
        }
    }
    Ok(ctx.azure.group(group).await?.is_some_and(|group| is_going(&group)))
}
