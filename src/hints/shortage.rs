//! What to do where something is short.

use super::table::for_code;
use crate::azure::code::Code;
use crate::azure::shortage::{self, Quota, Shortage};

/// The hint for what is short, and that the same command cannot help; `None` where the code alone says it.
pub(super) fn of_shortage(shortage: Option<Shortage>) -> Option<(String, bool)> {
    match shortage? {
        Shortage::Quota(quota) => Some((of_quota(&quota), false)),
        Shortage::Region => for_code(&Code::AllocationFailed, "", ""),
        Shortage::Named => None,
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
    format!(
        "the quota {name} {place} is too small{told}: use fewer or smaller nodes (--node-count, --node-vm-size), another \
         location (--location), or ask for more: az vm list-usage -l {} -o table",
        location.unwrap_or("LOCATION")
    )
}
