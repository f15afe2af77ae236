//! `role_assignment`: whether the identity may use the account. `attendee_access`: whether the attendee may use the lab.

use super::facts::{Facts, account_name, readable};
use super::fixes::Fixes;
use super::report::{fail, forbidden, pass, unread, warn};
use crate::azure::client::Azure;
use crate::azure::roles::RoleAssignment;
use crate::lab::ids::{self, same};
use crate::lab::roles;
use crate::outcome::CheckReport;
use crate::recipe::error::Error;
use crate::recipe::identity::principal_id;
use crate::values::ResourceKind;

const ID: &str = "role_assignment";
const ATTENDEE_ID: &str = "attendee_access";

/// The built-in roles that let their holder ask a model.
/// <https://learn.microsoft.com/azure/role-based-access-control/built-in-roles/ai-machine-learning>
const MAY_ASK: [&str; 3] = [
    ids::OPENAI_USER_ROLE,
    "a001fd3d-188f-4b5d-821b-7da978bf7442", // Cognitive Services OpenAI Contributor
    "a97b65f3-24c7-4388-baec-2e87135dc908", // Cognitive Services User
];

/// One assignment, as far as it matters here.
struct Grant<'a> {
    principal: &'a str,
    role: &'a str,
    scope: &'a str,
}

impl<'a> Grant<'a> {
    fn read(assignment: &'a RoleAssignment) -> Option<Self> {
        let properties = assignment.properties.as_ref()?;
        Some(Self {
            principal: &properties.principal_id,
            role: properties.role_definition_id.rsplit('/').next().unwrap_or_default(),
            scope: properties.scope.as_deref().unwrap_or_default(),
        })
    }

    fn is(&self, role: &str) -> bool {
        self.role.eq_ignore_ascii_case(role)
    }

    /// Whether it holds at `place` (an ARM id): it was made there, or above it.
    fn holds_at(&self, place: &str) -> bool {
        let (scope, place) =
            (self.scope.trim_matches('/').to_ascii_lowercase(), place.trim_matches('/').to_ascii_lowercase());
        scope.is_empty() || place == scope || place.strip_prefix(&scope).is_some_and(|rest| rest.starts_with('/'))
    }

    /// The role's name, or its guid.
    fn role_name(&self) -> &str {
        roles::name_of(self.role)
    }
}

/// The check of the role assignment.
pub(super) async fn check(azure: &Azure, facts: &Facts, fixes: &Fixes<'_>) -> Result<Vec<CheckReport>, Error> {
    let unread = unread(ID, &facts.identity, ResourceKind::Identity)
        .or_else(|| unread(ID, &facts.account, ResourceKind::OpenaiAccount));
    if let Some(skipped) = unread {
        return Ok(vec![skipped]);
    }
    let assignments = match &facts.assignments {
        Ok(assignments) => assignments,
        Err(why) => return Ok(vec![forbidden(ID, why)]),
    };
    let lab = fixes.lab;
    let name = facts.account.there().and_then(account_name).unwrap_or_default();
    let account = ids::account(&lab.subscription, &facts.account_group, name);
    let principal = facts.identity.there().and_then(principal_id).unwrap_or_default();
    let grants: Vec<Grant<'_>> = assignments.iter().filter_map(Grant::read).collect();
    let holding = || grants.iter().filter(|grant| same(grant.principal, principal) && grant.holds_at(&account));
    if let Some(grant) = holding().find(|grant| grant.is(ids::OPENAI_USER_ROLE)) {
        let place = place(grant.scope, &account);
        return Ok(vec![pass(ID, format!("the identity {} has {} on {place}", lab.identity, grant.role_name()))]);
    }
    let create = || {
        format!(
            "az role assignment create --assignee-object-id {principal} --assignee-principal-type ServicePrincipal --role \
             \"{}\" --scope {account}",
            ids::OPENAI_USER_ROLE_NAME
        )
    };
    let hint = fixes.repair(create);
    let enough = |grant: &&Grant<'_>| MAY_ASK.iter().any(|guid| grant.is(guid));
    if let Some(grant) = holding().find(enough) {
        let message = format!(
            "the identity {} has {} on {}, which is enough; the workshop asks for {}",
            lab.identity,
            grant.role_name(),
            place(grant.scope, &account),
            ids::OPENAI_USER_ROLE_NAME
        );
        return Ok(vec![warn(ID, message, hint)]);
    }
    let has: Vec<String> =
        holding().map(|grant| format!("{} on {}", grant.role_name(), place(grant.scope, &account))).collect();
    let mut message = format!(
        "the identity {} does not have the role {} on the account {name}",
        lab.identity,
        ids::OPENAI_USER_ROLE_NAME
    );
    if !has.is_empty() {
        message.push_str(&format!("; it has {}, which does not let it ask a model", has.join(" and ")));
    }
    let wrap = |error| Error::azure(ResourceKind::RoleAssignment, ids::OPENAI_USER_ROLE_NAME, &account, error);
    let everybody = readable(azure.role_assignments_at(&account).await).map_err(wrap)?.unwrap_or_default();
    let others: Vec<&str> = everybody
        .iter()
        .filter_map(Grant::read)
        .filter(|grant| {
            grant.is(ids::OPENAI_USER_ROLE) && same(grant.scope, &account) && !same(grant.principal, principal)
        })
        .map(|grant| grant.principal)
        .collect();
    if !others.is_empty() {
        message.push_str(&format!(
            "; another principal has it ({}): an identity that is created again is a new principal",
            others.join(", ")
        ));
    }
    Ok(vec![fail(ID, message, hint)])
}

/// The check of the attendee's roles on the resource group; none where nobody is to have any.
pub(super) async fn check_attendee(azure: &Azure, facts: &Facts, fixes: &Fixes<'_>) -> Result<Vec<CheckReport>, Error> {
    let lab = fixes.lab;
    let Some(first) = lab.access.iter().flatten().next() else { return Ok(Vec::new()) };
    let (group, principal) = (lab.group_id(), first.principal_id.as_str());
    let wrap = |error| Error::azure(ResourceKind::RoleAssignment, &first.role, &group, error);
    let assignments = match readable(azure.role_assignments(&group, principal).await).map_err(wrap)? {
        Ok(assignments) => assignments,
        Err(why) => return Ok(vec![forbidden(ATTENDEE_ID, &why)]),
    };
    let grants: Vec<Grant<'_>> = assignments.iter().filter_map(Grant::read).collect();
    let has = |role: &str| {
        grants.iter().any(|grant| same(grant.principal, principal) && grant.is(role) && grant.holds_at(&group))
    };
    let (given, missing): (Vec<_>, Vec<_>) = lab.access.iter().flatten().partition(|wanted| has(&wanted.role_id));
    let names = |roles: &[&crate::lab::attendee::Grant]| {
        roles.iter().map(|one| one.role.as_str()).collect::<Vec<_>>().join(" and ")
    };
    let (who, name) = (&first.who, &lab.group);
    let Some(first_missing) = missing.first() else {
        let mut checks = vec![pass(ATTENDEE_ID, format!("{who} has {} on the resource group {name}", names(&given)))];
        checks.extend(check_shared(azure, facts, fixes, (who, principal)).await?);
        return Ok(checks);
    };
    let create = || {
        format!(
            "az role assignment create --assignee-object-id {principal} --role \"{}\" --scope {group}",
            first_missing.role
        )
    };
    let message = format!("{who} does not have {} on the resource group {name}", names(&missing));
    Ok(vec![fail(ATTENDEE_ID, message, fixes.repair(create))])
}

/// The same of the attendee's role on the account that the lab shares with others, if it does.
async fn check_shared(
    azure: &Azure,
    facts: &Facts,
    fixes: &Fixes<'_>,
    (who, principal): (&str, &str),
) -> Result<Option<CheckReport>, Error> {
    let (lab, role) = (fixes.lab, ids::OPENAI_USER_ROLE_NAME);
    let Some(name) = facts.account.there().and_then(account_name).filter(|_| lab.is_sharing()) else { return Ok(None) };
    let account = ids::account(&lab.subscription, &facts.account_group, name);
    let wrap = |error| Error::azure(ResourceKind::RoleAssignment, role, &account, error);
    let assignments = match readable(azure.role_assignments(&account, principal).await).map_err(wrap)? {
        Ok(assignments) => assignments,
        Err(why) => return Ok(Some(forbidden(ATTENDEE_ID, &why))),
    };
    let is_it = |grant: &Grant<'_>| {
        same(grant.principal, principal) && grant.is(ids::OPENAI_USER_ROLE) && grant.holds_at(&account)
    };
    if assignments.iter().filter_map(Grant::read).any(|grant| is_it(&grant)) {
        return Ok(Some(pass(ATTENDEE_ID, format!("{who} has {role} on the shared account {name}"))));
    }
    let create =
        || format!("az role assignment create --assignee-object-id {principal} --role \"{role}\" --scope {account}");
    let message = format!("{who} does not have {role} on the shared account {name}");
    Ok(Some(fail(ATTENDEE_ID, message, fixes.repair(create))))
}

/// Where an assignment was made, as seen from the account.
fn place(scope: &str, account: &str) -> String {
    if same(scope, account) {
        return format!("the account {}", account.rsplit('/').next().unwrap_or_default());
    }
    let parts: Vec<&str> = scope.trim_matches('/').split('/').collect();
    match parts[..] {
        ["subscriptions", _] => "the subscription (inherited)".to_owned(),
        ["subscriptions", _, _, group] => format!("the resource group {group} (inherited)"),
        _ => format!("{scope} (inherited)"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_assignment_holds_where_it_was_made_and_below() {
        let account = "/subscriptions/s/resourceGroups/g/providers/Microsoft.CognitiveServices/accounts/abc";
        let holds = |scope: &str| Grant { principal: "p", role: "r", scope }.holds_at(account);
        assert!(
            holds(account) && holds("/subscriptions/S/resourcegroups/G/") && holds("/subscriptions/s") && holds("/")
        );
        assert!(!holds("/subscriptions/s/resourceGroups/g2") && !holds(&account[..account.len() - 1]));
        assert!(!holds(&format!("{account}/deployments/d")) && !holds("/subscriptions/t"));
    }
}
