//! `role_assignment`: whether the identity may use the account.

use super::facts::{Facts, account_name, readable};
use super::fixes::Fixes;
use super::report::{fail, forbidden, pass, unread, warn};
use crate::azure::client::Azure;
use crate::azure::roles::RoleAssignment;
use crate::lab::ids::{self, same};
use crate::outcome::CheckReport;
use crate::recipe::error::Error;
use crate::recipe::identity::principal_id;
use crate::values::ResourceKind;

const ID: &str = "role_assignment";

/// A built-in role that people take for the right one, and whether it lets its holder ask a model.
/// <https://learn.microsoft.com/azure/role-based-access-control/built-in-roles/ai-machine-learning>
const ROLES: [(&str, &str, bool); 8] = [
    (ids::OPENAI_USER_ROLE, ids::OPENAI_USER_ROLE_NAME, true),
    ("a001fd3d-188f-4b5d-821b-7da978bf7442", "Cognitive Services OpenAI Contributor", true),
    ("a97b65f3-24c7-4388-baec-2e87135dc908", "Cognitive Services User", true),
    ("25fbc0a9-bd7c-42a3-aa1a-3b75d497ee68", "Cognitive Services Contributor", false),
    ("8e3af657-a8ff-443c-a75c-2fe8c4bcb635", "Owner", false),
    ("b24988ac-6180-42a0-ab88-20f7382dd24c", "Contributor", false),
    ("acdd72a7-3385-48ef-bd42-f606fba81ae7", "Reader", false),
    ("18d7d88d-d35e-4fb5-a5c3-7773c20a72d9", "User Access Administrator", false),
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

    /// Whether it holds at `account`: it was made there, or above it.
    fn holds_at(&self, account: &str) -> bool {
        let (scope, account) =
            (self.scope.trim_matches('/').to_ascii_lowercase(), account.trim_matches('/').to_ascii_lowercase());
        scope.is_empty() || account == scope || account.strip_prefix(&scope).is_some_and(|rest| rest.starts_with('/'))
    }

    /// The role's name, or its guid.
    fn role_name(&self) -> &str {
        ROLES.iter().find(|(guid, ..)| self.is(guid)).map_or(self.role, |(_, name, _)| name)
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
    let account = ids::account(&lab.subscription, &lab.group, name);
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
    let enough = |grant: &&Grant<'_>| ROLES.iter().any(|(guid, _, may_ask)| *may_ask && grant.is(guid));
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
