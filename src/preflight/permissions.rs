//! Checks `permissions` and `teardown_permissions`: who is signed in may do what provision and teardown do.

use super::finding::Finding;
use crate::azure::permissions::Permission;
use crate::lab::ids;
use crate::lab::spec::LabSpec;

/// The check of what provision needs.
pub const ID: &str = "permissions";
/// The check of what teardown needs.
pub const TEARDOWN_ID: &str = "teardown_permissions";

/// Where an action must be allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum At {
    /// In the lab's resource group; in the subscription while there is no group.
    Group,
    /// In the subscription, always.
    Subscription,
}

/// A role to ask for (Azure's built-in roles).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Role {
    Contributor,
    AccessAdministrator,
    CognitiveServicesContributor,
}

impl Role {
    fn name(self) -> &'static str {
        match self {
            Self::Contributor => "Contributor",
            Self::AccessAdministrator => "Role Based Access Control Administrator",
            Self::CognitiveServicesContributor => "Cognitive Services Contributor",
        }
    }
}

/// An action, where it is needed, and the least of the usual roles that has it.
type Need = (&'static str, At, Role);

/// What provision does.
const PROVISION: &[Need] = &[
    // The group, and its tags.
    ("Microsoft.Resources/subscriptions/resourceGroups/read", At::Group, Role::Contributor),
    ("Microsoft.Resources/subscriptions/resourceGroups/write", At::Group, Role::Contributor),
    // The cluster.
    ("Microsoft.ContainerService/managedClusters/read", At::Group, Role::Contributor),
    ("Microsoft.ContainerService/managedClusters/write", At::Group, Role::Contributor),
    // The identity, and whom it trusts.
    ("Microsoft.ManagedIdentity/userAssignedIdentities/read", At::Group, Role::Contributor),
    ("Microsoft.ManagedIdentity/userAssignedIdentities/write", At::Group, Role::Contributor),
    (
        "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/write",
        At::Group,
        Role::Contributor,
    ),
    // The account, and its deployments.
    ("Microsoft.CognitiveServices/accounts/read", At::Group, Role::Contributor),
    ("Microsoft.CognitiveServices/accounts/write", At::Group, Role::Contributor),
    ("Microsoft.CognitiveServices/accounts/deployments/write", At::Group, Role::Contributor),
    // The identity's role on the account. Contributor does not have it.
    ("Microsoft.Authorization/roleAssignments/write", At::Group, Role::AccessAdministrator),
];

/// What teardown does.
const TEARDOWN: &[Need] = &[
    // The group with all that is in it.
    ("Microsoft.Resources/subscriptions/resourceGroups/delete", At::Group, Role::Contributor),
    // Finding what is left of an account when its group has gone.
    ("Microsoft.CognitiveServices/deletedAccounts/read", At::Subscription, Role::CognitiveServicesContributor),
    PURGE,
];

/// Purging a soft-deleted account (azure-facts.md section 4). Its group may have gone: a role on it does not help.
const PURGE: Need = (
    "Microsoft.CognitiveServices/locations/resourceGroups/deletedAccounts/delete",
    At::Subscription,
    Role::CognitiveServicesContributor,
);

/// What was found out about the caller's rights.
#[derive(Clone, Copy, Debug)]
pub struct Rights<'a> {
    /// Those in the subscription.
    pub subscription: &'a [Permission],
    /// Those in the lab's group, if it exists.
    pub group: Option<&'a [Permission]>,
    /// The object id of the caller, if known.
    pub who: Option<&'a str>,
}

/// Whether the subscription's rights alone are enough to provision: the group's need not be read then.
pub fn suffice(subscription: &[Permission]) -> bool {
    PROVISION.iter().chain(TEARDOWN).all(|(action, ..)| subscription.iter().any(|entry| entry.allows(action)))
}

/// Whether provision and teardown of `lab` are allowed; `purges`: provision itself will purge an account.
pub fn check(rights: Rights<'_>, lab: &LabSpec, purges: bool) -> [Finding; 2] {
    let provision: Vec<Need> = PROVISION.iter().copied().chain(purges.then_some(PURGE)).collect();
    let missing = missing(&provision, rights);
    let first = if missing.is_empty() {
        Finding::pass(ID, "you may do all that provision does, role assignments included")
    } else {
        let message = format!("you may not: {}", listed(&missing, lab, rights));
        Finding::fail(ID, "AuthorizationFailed", message, ask_for(&missing, lab, rights))
    };
    let missing = self::missing(TEARDOWN, rights);
    let second = if missing.is_empty() {
        Finding::pass(TEARDOWN_ID, "you may do all that teardown does, purging accounts included")
    } else {
        let message = format!("teardown will be incomplete: you may not: {}", listed(&missing, lab, rights));
        Finding { hint: Some(ask_for(&missing, lab, rights).into()), ..Finding::warn(TEARDOWN_ID, message) }
    };
    [first, second]
}

fn missing(needs: &[Need], rights: Rights<'_>) -> Vec<Need> {
    let allowed = |(action, at, _): &Need| {
        let group = rights.group.filter(|_| *at == At::Group).unwrap_or_default();
        rights.subscription.iter().chain(group).any(|entry| entry.allows(action))
    };
    needs.iter().filter(|need| !allowed(need)).copied().collect()
}

/// Where a need has to be met.
fn scope(at: At, lab: &LabSpec, rights: Rights<'_>) -> String {
    if at == At::Group && rights.group.is_some() { lab.group_id() } else { ids::subscription(&lab.subscription) }
}

fn listed(missing: &[Need], lab: &LabSpec, rights: Rights<'_>) -> String {
    let mut lines: Vec<String> = Vec::new();
    for at in [At::Group, At::Subscription] {
        let actions: Vec<&str> = missing.iter().filter(|need| need.1 == at).map(|need| need.0).collect();
        if !actions.is_empty() {
            lines.push(format!("{} at {}", actions.join(", "), scope(at, lab, rights)));
        }
    }
    lines.join("; ")
}

fn ask_for(missing: &[Need], lab: &LabSpec, rights: Rights<'_>) -> String {
    let mut roles: Vec<(Role, String)> = missing.iter().map(|(_, at, role)| (*role, scope(*at, lab, rights))).collect();
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
        Permission { actions: owned(actions), not_actions: owned(not_actions) }
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
