//! Checks `permissions` and `teardown_permissions`: who is signed in may do what provision and teardown do.

use super::finding::Finding;
use crate::azure::permissions::{ASSIGN, Permission, condition_on};
use crate::lab::ids::{self, OPENAI_USER_ROLE, OPENAI_USER_ROLE_NAME};
use crate::lab::spec::LabSpec;
use crate::recipe::needs::{ActionScope, RequiredAction, Role};
use crate::recipe::parts::NEEDS;
use crate::values::agreeing;

/// The check of what provision needs.
pub(crate) const ID: &str = "permissions";
/// The check of what teardown needs.
pub(crate) const TEARDOWN_ID: &str = "teardown_permissions";

/// What provision does; `purges`: it begins with a purge of a soft-deleted account.
fn provision(purges: bool) -> Vec<RequiredAction> {
    let write = NEEDS.iter().flat_map(|needs| needs.write);
    let purge = NEEDS.iter().flat_map(|needs| needs.purge).filter(|_| purges);
    write.chain(purge).copied().collect()
}

/// What teardown does.
fn teardown() -> Vec<RequiredAction> {
    let delete = NEEDS.iter().flat_map(|needs| needs.delete);
    delete.chain(NEEDS.iter().flat_map(|needs| needs.purge)).copied().collect()
}

/// What was found out about the caller's rights.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rights<'a> {
    /// Those in the subscription.
    pub(crate) subscription: &'a [Permission],
    /// Those in the lab's group, if it exists.
    pub(crate) group: Option<&'a [Permission]>,
    /// The object id of the caller, if known.
    pub(crate) who: Option<&'a str>,
}

/// Whether the subscription's rights alone are enough to provision: the group's need not be read then.
pub(crate) fn suffice(subscription: &[Permission]) -> bool {
    let is_allowed = |action: &RequiredAction| subscription.iter().any(|entry| entry.allows(action.name));
    provision(false).iter().chain(&teardown()).all(is_allowed)
}

/// Whether provision and teardown of `lab` are allowed; `purges`: provision itself will purge an account.
pub(crate) fn check(rights: Rights<'_>, lab: &LabSpec, purges: bool) -> [Finding; 2] {
    let missing = missing(provision(purges), rights);
    let first = if missing.is_empty() {
        conditional(rights, lab)
            .unwrap_or_else(|| Finding::pass(ID, "you may do all that provision does, role assignments included"))
    } else {
        let message = format!("you may not: {}", listed(&missing, lab, rights));
        Finding::fail(ID, "AuthorizationFailed", message, ask_for(&missing, lab, rights))
    };
    let missing = self::missing(teardown(), rights);
    let second = if missing.is_empty() {
        Finding::pass(TEARDOWN_ID, "you may do all that teardown does, purging accounts included")
    } else {
        let message = format!("teardown will be incomplete: you may not: {}", listed(&missing, lab, rights));
        Finding { hint: Some(ask_for(&missing, lab, rights).into()), ..Finding::warn(TEARDOWN_ID, message) }
    };
    [first, second]
}

/// A warning if the right to assign roles has a condition: whether it covers the role of a lab's identity is the service's to
/// say. Other actions have none, for conditions are about data and about role assignments.
fn conditional(rights: Rights<'_>, lab: &LabSpec) -> Option<Finding> {
    let entries = rights.subscription.iter().chain(rights.group.unwrap_or_default());
    let condition = condition_on(entries, ASSIGN)?;
    let attendee = lab.access.iter().flatten().map(|grant| (grant.role.as_str(), grant.role_id.as_str()));
    let roles: Vec<(&str, &str)> = std::iter::once((OPENAI_USER_ROLE_NAME, OPENAI_USER_ROLE)).chain(attendee).collect();
    let named: Vec<String> = roles.iter().map(|(name, guid)| format!("{name} ({guid})")).collect();
    let message = format!(
        "your right to assign roles has a condition, and azlab cannot tell whether it covers the {} {}: {condition}",
        agreeing(roles.len(), "role", "roles"),
        named.join(" and ")
    );
    let names: Vec<&str> = roles.iter().map(|(name, _)| *name).collect();
    let hint = format!(
        "if provision fails at the role assignment, ask an owner to let the condition cover the {} {}",
        agreeing(roles.len(), "role", "roles"),
        names.join(" and ")
    );
    Some(Finding { hint: Some(hint.into()), ..Finding::warn(ID, message) })
}

fn missing(required: Vec<RequiredAction>, rights: Rights<'_>) -> Vec<RequiredAction> {
    let allowed = |action: &RequiredAction| {
        let group = rights.group.filter(|_| action.scope == ActionScope::Group).unwrap_or_default();
        rights.subscription.iter().chain(group).any(|entry| entry.allows(action.name))
    };
    required.into_iter().filter(|action| !allowed(action)).collect()
}

/// The ARM id of where an action has to be allowed.
fn scope(scope: ActionScope, lab: &LabSpec, rights: Rights<'_>) -> String {
    let is_group = scope == ActionScope::Group && rights.group.is_some();
    if is_group { lab.group_id() } else { ids::subscription(&lab.subscription) }
}

fn listed(missing: &[RequiredAction], lab: &LabSpec, rights: Rights<'_>) -> String {
    let mut lines: Vec<String> = Vec::new();
    for at in [ActionScope::Group, ActionScope::Subscription] {
        let actions: Vec<&str> = missing.iter().filter(|action| action.scope == at).map(|action| action.name).collect();
        if !actions.is_empty() {
            lines.push(format!("{} at {}", actions.join(", "), scope(at, lab, rights)));
        }
    }
    lines.join("; ")
}

fn ask_for(missing: &[RequiredAction], lab: &LabSpec, rights: Rights<'_>) -> String {
    let mut roles: Vec<(Role, String)> =
        missing.iter().map(|action| (action.role, scope(action.scope, lab, rights))).collect();
    roles.sort_unstable();
    roles.dedup();
    // Contributor has what the narrower role has.
    let whole = roles.clone();
    roles.retain(|(role, at)| {
        *role != Role::CognitiveServicesContributor || !whole.contains(&(Role::Contributor, at.clone()))
    });
    let who = rights.who.unwrap_or("OBJECT_ID");
    let command = |(role, scope): &(Role, String)| {
        format!("  az role assignment create --assignee {who} --role \"{}\" --scope {scope}", role.name())
    };
    let names: Vec<&str> = roles.iter().map(|(role, _)| role.name()).collect();
    let mut lines = vec![format!("ask an owner for the role {}:", names.join(" and "))];
    lines.extend(roles.iter().map(command));
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::CheckStatus;
    use crate::follow_up::Place;

    fn entry(actions: &[&str], not_actions: &[&str]) -> Permission {
        let owned = |all: &[&str]| all.iter().map(|&one| one.to_owned()).collect();
        Permission { actions: owned(actions), not_actions: owned(not_actions), condition: None }
    }

    fn rights<'a>(subscription: &'a [Permission], group: Option<&'a [Permission]>) -> Rights<'a> {
        Rights { subscription, group, who: Some("me") }
    }

    #[test]
    fn an_owner_lacks_nothing_and_a_contributor_the_role_assignment() {
        let lab = LabSpec::workshop("default", "s");
        let owner = [entry(&["*"], &[])];
        assert!(suffice(&owner));
        assert!(check(rights(&owner, None), &lab, true).iter().all(|finding| finding.status == CheckStatus::Pass));
        let contributor = [entry(&["*"], &["Microsoft.Authorization/*/Write"])];
        let [provision, teardown] = check(rights(&contributor, None), &lab, true);
        assert_eq!((provision.status, teardown.status), (CheckStatus::Fail, CheckStatus::Pass));
        assert!(provision.message.ends_with("Microsoft.Authorization/roleAssignments/write at /subscriptions/s"));
        assert!(provision.hint.expect("a hint").at(&Place::default()).ends_with(
            "az role assignment create --assignee me --role \"Role Based Access Control Administrator\" --scope /subscriptions/s"
        ));
    }

    #[test]
    fn a_right_to_assign_roles_that_has_a_condition_is_a_warning() {
        let lab = LabSpec::workshop("default", "s");
        let owner =
            |condition: Option<&str>| Permission { condition: condition.map(str::to_owned), ..entry(&["*"], &[]) };
        let [provision, _] = check(rights(&[owner(Some("only Reader"))], None), &lab, false);
        assert_eq!(provision.status, CheckStatus::Warn);
        assert!(provision.message.ends_with("only Reader"), "{}", provision.message);
        let [provision, _] = check(rights(&[owner(Some("only Reader")), owner(None)], None), &lab, false);
        assert_eq!(provision.status, CheckStatus::Pass, "another role gives the same right without");
    }

    #[test]
    fn the_owner_of_a_group_makes_a_lab_in_it_and_cannot_purge() {
        let lab = LabSpec::workshop("default", "s");
        let owner = [entry(&["*"], &[])];
        let [provision, teardown] = check(rights(&[], Some(&owner)), &lab, false);
        assert_eq!((provision.status, teardown.status), (CheckStatus::Pass, CheckStatus::Warn));
        assert!(teardown.message.contains("deletedAccounts/delete at /subscriptions/s"), "{}", teardown.message);
        let [purging, _] = check(rights(&[], Some(&owner)), &lab, true);
        assert_eq!(purging.status, CheckStatus::Fail, "a lab that begins with a purge");
        let [elsewhere, _] = check(rights(&[], None), &lab, false);
        assert_eq!(elsewhere.status, CheckStatus::Fail);
    }
}
