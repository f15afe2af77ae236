//! What to do where something is short.

use super::table::for_code;
use crate::azure::code::Code;
use crate::azure::shortage::{self, Quota, Shortage};

/// The hint for what is short of `resource` (an ARM id), and that the same command cannot help; `None` where the code alone says it.
pub(super) fn of_shortage(shortage: Option<Shortage>, resource: &str) -> Option<(String, bool)> {
    let takes = Takes::of(resource);
    match shortage? {
        Shortage::Region => for_code(&Code::AllocationFailed, "", ""),
        Shortage::Named | Shortage::Quota(_) if takes == Takes::Account => Some((OF_ACCOUNTS.to_owned(), false)),
        Shortage::Named => None,
        Shortage::Quota(quota) if takes == Takes::Nodes || quota.name.is_some() => Some((of_quota(&quota), false)),
        Shortage::Quota(_) if takes == Takes::Model => for_code(&Code::InsufficientQuota, "", ""),
        Shortage::Quota(_) => Some((OF_OTHERS.to_owned(), false)),
    }
}

const OF_ACCOUNTS: &str = "the subscription has as many accounts in the region as it may have, soft-deleted ones included: delete those that are \
     not needed (az cognitiveservices account list -o table), purge deleted ones (az cognitiveservices account list-deleted -o table), or choose \
     another location with --location";

const OF_OTHERS: &str = "a quota is used up, and the message says which: delete what is not needed, name another subscription with --subscription ID, \
     or ask for more: https://learn.microsoft.com/azure/quotas/quickstart-increase-quota-portal";

/// Of what kind the quotas are that a resource takes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Takes {
    /// Of clusters, vCPUs and addresses.
    Nodes,
    /// Of OpenAI accounts.
    Account,
    /// Of a model.
    Model,
    /// Of something else.
    Other,
}

impl Takes {
    fn of(resource: &str) -> Self {
        let resource = resource.to_ascii_lowercase();
        let last = resource.rsplit("/providers/").next().unwrap_or_default();
        match last.split('/').collect::<Vec<_>>()[..] {
            ["microsoft.containerservice", ..] => Self::Nodes,
            ["microsoft.cognitiveservices", "accounts", _] => Self::Account,
            ["microsoft.cognitiveservices", "accounts", _, "deployments", _] => Self::Model,
            _ => Self::Other,
        }
    }
}

/// Which quota it is, where, how much is missing, and what helps.
fn of_quota(quota: &Quota) -> String {
    let name = quota.name.as_deref().unwrap_or("vCPU");
    let location = quota.location.as_deref();
    let place = location.map_or_else(|| "of the region".to_owned(), |location| format!("in {location}"));
    let numbers = [(quota.limit, "allowed"), (quota.used, "in use"), (quota.required, "more needed")];
    let told: Vec<String> =
        numbers.iter().filter_map(|(number, what)| number.map(|number| format!("{number} {what}"))).collect();
    let told = if told.is_empty() { String::new() } else { format!(" ({})", told.join(", ")) };
    if name == shortage::CLUSTERS {
        let amount =
            quota.used.zip(quota.required).map(|(used, required)| format!(" of {}", used.saturating_add(required)));
        return format!(
            "the quota {name} {place} is too small{told}: delete clusters that are not needed (az aks list -o table), choose \
             another location (--location), or ask for a quota{}: \
             https://learn.microsoft.com/azure/quotas/quickstart-increase-quota-portal",
            amount.unwrap_or_default()
        );
    }
    let lower = name.to_ascii_lowercase();
    if !["core", "cpu", "family"].iter().any(|word| lower.contains(word)) {
        return format!(
            "the quota {name} {place} is too small{told}: delete what is not needed, choose another location (--location), or ask for \
             more: https://learn.microsoft.com/azure/quotas/quickstart-increase-quota-portal"
        );
    }
    format!(
        "the quota {name} {place} is too small{told}: use fewer or smaller nodes (--node-count, --node-vm-size), another \
         location (--location), or ask for more: az vm list-usage -l {} -o table",
        location.unwrap_or("LOCATION")
    )
}
