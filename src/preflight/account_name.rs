//! Check `account_name`: which name the OpenAI account gets, whether a soft-deleted one holds it, and whether one more
//! account is allowed in the region.

use super::finding::Finding;
use crate::azure::accounts::{Account, Usage};
use crate::lab::ids::same;
use crate::lab::names;
use crate::lab::spec::{LabSpec, SoftDeleted};
use crate::recipe::account::{MOST_ACCOUNT_NAMES, named};
use crate::recipe::soft_deleted_account::SoftDeletedAccount;

/// The check's id.
pub(crate) const ID: &str = "account_name";
/// The check of how many accounts there are.
pub(crate) const COUNT_ID: &str = "account_count";

/// The usage name under which a region counts OpenAI accounts: at most 30 (azure-facts.md, "What changes the design" 6).
pub(crate) const ACCOUNT_COUNT: &str = "OpenAI.S0.AccountCount";

/// Where the account of that name is.
pub(crate) fn location(name: Option<&str>, accounts: &[Account]) -> Option<String> {
    names::location(named(name?, accounts)?.location.as_deref()?).ok()
}

/// The name of an account to create, and what was found about soft-deleted ones. `adopt` allows purging or restoring one
/// that is not ours.
///
/// # Errors
/// The failed finding.
pub(crate) fn choose(
    lab: &LabSpec,
    location: &str,
    deleted: &[Account],
    adopt: bool,
) -> Result<(String, Finding), Finding> {
    let deleted_accounts: Vec<SoftDeletedAccount> = deleted.iter().filter_map(SoftDeletedAccount::read).collect();
    let holder =
        |name: &str| deleted_accounts.iter().find(|deleted_account| deleted_account.holds(name, &lab.group, location));
    let name = lab.account_name(0);
    let Some(deleted_account) = holder(&name) else {
        return Ok((name.clone(), Finding::pass(ID, format!("no soft-deleted account holds the name {name}"))));
    };
    let place =
        format!("{} (deleted from {} in {})", deleted_account.name, deleted_account.group, deleted_account.location);
    if lab.account.soft_deleted == SoftDeleted::Avoid {
        let Some(other) =
            (1..=MOST_ACCOUNT_NAMES).map(|attempt| lab.account_name(attempt)).find(|name| holder(name).is_none())
        else {
            return Err(Finding::fail(
                ID,
                "FlagMustBeSetForRestore",
                format!("the soft-deleted account {place} holds the name"),
                "choose another with --account NAME, or purge it: --soft-deleted purge",
            ));
        };
        let message = format!("the soft-deleted account {place} is left alone: the new account is called {other}");
        return Ok((other, Finding::warn(ID, message)));
    }
    if lab.account.soft_deleted == SoftDeleted::Restore && !deleted_account.lies_at(&name, &lab.group, location) {
        return Err(Finding::fail(
            ID,
            "CannotRestore",
            format!("the soft-deleted account {place} holds the name, and can only be restored where it was"),
            "purge it for good (--soft-deleted purge), or leave it and take another name (--soft-deleted avoid)",
        ));
    }
    if !deleted_account.is_ours(lab.account.name.is_some(), adopt) {
        return Err(Finding::fail(
            ID,
            "NotOurs",
            format!("the soft-deleted account {place} holds the name, and azlab did not create it"),
            "add --adopt to purge it for good (or restore it with --soft-deleted restore), or choose another name with --account NAME",
        ));
    }
    let what = match lab.account.soft_deleted {
        SoftDeleted::Restore => "will be restored",
        _ => "will be purged",
    };
    Ok((name, Finding::warn(ID, format!("the soft-deleted account {place} {what}"))))
}

fn count(usages: &[Usage]) -> Option<(f64, f64)> {
    let is_it = |usage: &&Usage| {
        usage.name.as_ref().and_then(|name| name.value.as_deref()).is_some_and(|name| same(name, ACCOUNT_COUNT))
    };
    let usage = usages.iter().find(is_it)?;
    Some((usage.current_value.unwrap_or_default(), usage.limit?))
}

/// How many more accounts the region takes; soft-deleted ones count. `None` if it does not tell.
pub(crate) fn free(usages: &[Usage]) -> Option<i64> {
    count(usages).map(|(used, limit)| whole(limit - used))
}

/// How many accounts the region takes at most.
pub(crate) fn limit(usages: &[Usage]) -> Option<i64> {
    count(usages).map(|(_, limit)| whole(limit))
}

#[expect(clippy::cast_possible_truncation, reason = "a count, far below the limits of either type")]
fn whole(number: f64) -> i64 {
    number as i64
}

/// Whether the region takes one more account; soft-deleted ones count, and `freed` of them will be gone by then. `None` if
/// the region does not count them.
pub(crate) fn check_count(usages: &[Usage], location: &str, freed: u32) -> Option<Finding> {
    let (used, limit) = count(usages)?;
    let used = used - f64::from(freed);
    let message = format!("{location} has {used} of {limit} OpenAI accounts, soft-deleted ones included");
    Some(if used + 1.0 > limit {
        Finding::fail(
            COUNT_ID,
            "InsufficientQuota",
            message,
            "choose another --location, or purge what is not needed: az cognitiveservices account list-deleted -o table",
        )
    } else {
        Finding::pass(COUNT_ID, message)
    })
}
