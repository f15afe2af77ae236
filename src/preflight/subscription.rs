//! Check `subscription`: it is there, and it takes writes.

use super::finding::Finding;
use crate::azure::code::Code;
use crate::azure::error::Error;
use crate::azure::tenancy::Subscription;

/// The check's id.
pub(crate) const ID: &str = "subscription";
/// The code of one that takes no writes now.
pub(crate) const DISABLED: &str = "ReadOnlyDisabledSubscription";

/// Whether the subscription `id` takes writes; `found` is what was read of it. The states are those of Resource Manager:
/// a `Warned` one is about to be disabled and takes deletes only, a `PastDue` one works until its bill is called in.
///
/// # Errors
/// What could not be read, but for a subscription that is not there.
pub(crate) fn check(id: &str, found: Result<&Subscription, Error>) -> Result<Finding, Error> {
    let subscription = match found {
        Ok(subscription) => subscription,
        Err(Error::Service(error)) if error.code == Code::SubscriptionNotFound => {
            return Ok(Finding::fail(
                ID,
                "SubscriptionNotFound",
                format!("the subscription {id} does not exist in this tenant, or you may not see it"),
                "list those that you can see: az account list -o table; then name one with --subscription ID",
            ));
        }
        Err(error) => return Err(error),
    };
    let Subscription { display_name: name, state, tenant_id: tenant, .. } = subscription;
    let what = format!("the subscription {name} ({id}, tenant {tenant})");
    Ok(match state.to_ascii_lowercase().as_str() {
        "enabled" => Finding::pass(ID, format!("{what} is enabled")),
        "pastdue" => Finding {
            hint: Some(
                "pay the open bill, or Azure may disable it before the class: https://portal.azure.com, Cost Management".into(),
            ),
            ..Finding::warn(ID, format!("{what} has an unpaid bill ({state})"))
        },
        "warned" | "disabled" | "deleted" => Finding::fail(
            ID,
            DISABLED,
            format!("{what} is {}: nothing can be created in it", state.to_ascii_lowercase()),
            "enable it in the portal (https://portal.azure.com, Subscriptions), or name another with --subscription ID; list them: az account list --all -o table",
        ),
        _ => Finding::warn(ID, format!("{what} is in the state '{state}', which azlab does not know")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::azure::tenancy::SubscriptionPolicies;
    use crate::events::CheckStatus;

    #[test]
    fn only_a_subscription_that_takes_writes_passes() {
        use CheckStatus::{Fail, Pass, Warn};
        for (state, status) in [
            ("Enabled", Pass),
            ("enabled", Pass),
            ("PastDue", Warn),
            ("Warned", Fail),
            ("Disabled", Fail),
            ("Deleted", Fail),
            ("Frozen", Warn),
        ] {
            let policies = SubscriptionPolicies::default();
            let (state, tenant_id) = (state.to_owned(), "t".into());
            let subscription = Subscription {
                subscription_id: "s".into(),
                display_name: "x".into(),
                state: state.clone(),
                tenant_id,
                subscription_policies: policies,
            };
            let found = check("s", Ok(&subscription)).map(|finding| finding.status);
            assert_eq!(found.ok(), Some(status), "{state}");
        }
    }
}
