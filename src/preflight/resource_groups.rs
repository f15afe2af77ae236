//! Check `resource_groups`: the subscription takes the lab's resource groups.

use super::finding::Finding;
use crate::lab::limits::MOST_RESOURCE_GROUPS;
use crate::values::counted;

/// The check's id.
pub(crate) const ID: &str = "resource_groups";
/// The code with which Resource Manager refuses one group too many.
pub(crate) const CODE: &str = "ResourceGroupQuotaExceeded";
/// What to do about it: the limit cannot be raised.
pub(crate) const HINT: &str = "delete groups that are not needed (az group list -o table), or name another subscription with \
                        --subscription ID: the limit cannot be raised";

/// How many groups the subscription takes beyond the `exist` that there are.
pub(crate) fn free(exist: usize) -> i64 {
    i64::from(MOST_RESOURCE_GROUPS) - i64::try_from(exist).unwrap_or(i64::MAX)
}

/// Whether the subscription, which has `exist` groups, takes `needs` more.
pub(crate) fn check(exist: usize, needs: i64) -> Finding {
    let free = free(exist);
    let left = format!("the subscription has {} left of {MOST_RESOURCE_GROUPS}", free.max(0));
    if needs <= free {
        return Finding::pass(ID, format!("a lab needs {}, and {left}", counted(needs, "new resource group")));
    }
    let message = format!(
        "a lab needs {} (its own, and one for its cluster's nodes), and {left}",
        counted(needs, "new resource group")
    );
    Finding::fail(ID, CODE, message, HINT)
}
