//! How to ask for more of a quota: its name, its region, and how much.

/// Where Microsoft says how to.
const HOW: &str = "https://learn.microsoft.com/azure/quotas/quickstart-increase-quota-portal";

/// What to ask for so that `needs` more fit into a quota with `free` left of `limit`.
pub(super) fn ask_for(name: &str, location: &str, (free, limit): (i64, i64), needs: i64) -> String {
    let amount = limit.saturating_sub(free).saturating_add(needs);
    format!("ask for a quota {name} of {amount} in {location}: {HOW}")
}
