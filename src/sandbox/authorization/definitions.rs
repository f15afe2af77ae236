//! Built-in role definitions that a lab meets.

use serde_json::{Value, json};

use crate::sandbox::SUBSCRIPTION_ID;
use crate::sandbox::answer::{Answer, Outcome};
use crate::sandbox::call::Call;
use crate::sandbox::errors::Failure;
use crate::sandbox::filter::{self, Term};

/// Guid, name, description, actions, data actions.
type Definition = (&'static str, &'static str, &'static str, &'static [&'static str], &'static [&'static str]);

const COGNITIVE_READ: &[&str] = &["Microsoft.CognitiveServices/*/read", "Microsoft.Authorization/roleAssignments/read"];

const DEFINITIONS: [Definition; 10] = [
    ("8e3af657-a8ff-443c-a75c-2fe8c4bcb635", "Owner", "Full access, including the right to assign roles.", &["*"], &[]),
    (
        "b24988ac-6180-42a0-ab88-20f7382dd24c",
        "Contributor",
        "Full access without the right to assign roles.",
        &["*"],
        &[],
    ),
    ("acdd72a7-3385-48ef-bd42-f606fba81ae7", "Reader", "View all resources.", &["*/read"], &[]),
    (
        "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9",
        "User Access Administrator",
        "Manage user access to resources.",
        &["*/read", "Microsoft.Authorization/*"],
        &[],
    ),
    (
        "5e0bd9bd-7b93-4f28-af87-19fc36ad61bd",
        "Cognitive Services OpenAI User",
        "View and use OpenAI models.",
        COGNITIVE_READ,
        &[
            "Microsoft.CognitiveServices/accounts/OpenAI/*/read",
            "Microsoft.CognitiveServices/accounts/OpenAI/deployments/chat/completions/action",
        ],
    ),
    (
        "a001fd3d-188f-4b5d-821b-7da978bf7442",
        "Cognitive Services OpenAI Contributor",
        "Full access to OpenAI resources, except to assign roles.",
        COGNITIVE_READ,
        &["Microsoft.CognitiveServices/accounts/OpenAI/*"],
    ),
    (
        "25fbc0a9-bd7c-42a3-aa1a-3b75d497ee68",
        "Cognitive Services Contributor",
        "Create, read, update and delete Cognitive Services accounts.",
        &["Microsoft.CognitiveServices/*"],
        &[],
    ),
    (
        "a97b65f3-24c7-4388-baec-2e87135dc908",
        "Cognitive Services User",
        "Read and list keys of Cognitive Services.",
        &["Microsoft.CognitiveServices/*/read", "Microsoft.CognitiveServices/accounts/listkeys/action"],
        &["Microsoft.CognitiveServices/*"],
    ),
    (
        "0ab0b1a8-8aac-4efd-b8c2-3ee1fb270be8",
        "Azure Kubernetes Service Cluster Admin Role",
        "List the cluster admin credential.",
        &[
            "Microsoft.ContainerService/managedClusters/listClusterAdminCredential/action",
            "Microsoft.ContainerService/managedClusters/read",
        ],
        &[],
    ),
    (
        "f1a07417-d97a-45cb-824c-7a7467783830",
        "Managed Identity Operator",
        "Read and assign user-assigned identities.",
        &[
            "Microsoft.ManagedIdentity/userAssignedIdentities/*/read",
            "Microsoft.ManagedIdentity/userAssignedIdentities/*/assign/action",
        ],
        &[],
    ),
];

fn find(guid: &str) -> Option<&'static Definition> {
    DEFINITIONS.iter().find(|(known, ..)| known.eq_ignore_ascii_case(guid))
}

/// The id of the role that `id` ends with, as the service writes it at subscription scope.
pub(super) fn resolve(id: &str) -> Result<String, Failure> {
    let guid = id.rsplit('/').next().unwrap_or_default();
    let (guid, ..) = find(guid).ok_or_else(|| missing(guid))?;
    Ok(format!("/subscriptions/{SUBSCRIPTION_ID}/providers/Microsoft.Authorization/roleDefinitions/{guid}"))
}

/// Whether the role with the definition `id` allows a data action. What an owner may do to an account does not include
/// using it: the built-in roles for that say so in `dataActions`.
pub(super) fn allows_data_action(id: &str, action: &str) -> bool {
    let allows = |(.., data_actions): &Definition| data_actions.iter().any(|pattern| covers(pattern, action));
    find(id.rsplit('/').next().unwrap_or_default()).is_some_and(allows)
}

/// Whether `pattern`, in which `*` stands for any text, covers `action`; without regard to case.
fn covers(pattern: &str, action: &str) -> bool {
    let (pattern, action) = (pattern.to_ascii_lowercase(), action.to_ascii_lowercase());
    match pattern.split_once('*') {
        None => pattern == action,
        Some((before, after)) => action
            .strip_prefix(before)
            .is_some_and(|rest| rest.char_indices().any(|(at, _)| covers(after, &rest[at..])) || covers(after, "")),
    }
}

fn missing(guid: &str) -> Failure {
    Failure::not_found(
        "RoleDefinitionDoesNotExist",
        format!("The specified role definition with ID '{guid}' does not exist."),
    )
}

fn body(scope: &str, (guid, name, description, actions, data_actions): &Definition) -> Value {
    let scope = if scope == "/" { "" } else { scope };
    json!({
        "properties": {
            "roleName": name,
            "type": "BuiltInRole",
            "description": description,
            "assignableScopes": ["/"],
            "permissions": [{"actions": actions, "notActions": [], "dataActions": data_actions, "notDataActions": []}],
            "createdOn": "2015-02-02T21:55:09.8806423Z",
            "updatedOn": "2015-02-02T21:55:09.8806423Z",
            "createdBy": null,
            "updatedBy": null,
        },
        "id": format!("{scope}/providers/Microsoft.Authorization/roleDefinitions/{guid}"),
        "type": "Microsoft.Authorization/roleDefinitions",
        "name": guid,
    })
}

/// `GET {scope}/…/roleDefinitions`, with `$filter=roleName eq '…'` (without regard to case) or `type eq 'BuiltInRole'`.
pub(super) fn list(call: &Call<'_>, scope: &str) -> Outcome {
    if call.writes() {
        return Err(call.method_not_allowed());
    }
    let terms = filter::terms(call)?;
    let mut found: Vec<&Definition> = DEFINITIONS.iter().collect();
    for term in &terms {
        match term {
            Term::Equals(name, value) if name == "rolename" => {
                found.retain(|(_, role, ..)| role.eq_ignore_ascii_case(value));
            }
            Term::Equals(name, value) if name == "type" => {
                if !value.eq_ignore_ascii_case("BuiltInRole") {
                    found.clear();
                }
            }
            Term::Function(name, _) if name == "atscopeandbelow" || name == "atscope" => {}
            _ => return Err(filter::invalid(&call.query("$filter").unwrap_or_default())),
        }
    }
    let value: Vec<Value> = found.into_iter().map(|definition| body(scope, definition)).collect();
    Ok(Answer::ok(json!({ "value": value })))
}

/// `GET {scope}/…/roleDefinitions/{guid}`
pub(super) fn get(call: &Call<'_>, scope: &str, guid: &str) -> Outcome {
    if call.writes() {
        return Err(call.method_not_allowed());
    }
    find(guid).map(|definition| Answer::ok(body(scope, definition))).ok_or_else(|| missing(guid))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHAT: &str = "Microsoft.CognitiveServices/accounts/OpenAI/deployments/chat/completions/action";

    #[test]
    fn only_roles_with_data_actions_may_use_an_account() {
        let may: Vec<&str> =
            DEFINITIONS.iter().filter(|(guid, ..)| allows_data_action(guid, CHAT)).map(|(_, name, ..)| *name).collect();
        assert_eq!(
            may,
            ["Cognitive Services OpenAI User", "Cognitive Services OpenAI Contributor", "Cognitive Services User"]
        );
    }

    #[test]
    fn stars_stand_for_any_text() {
        assert!(covers("a/*", "A/b/c") && covers("*", "") && covers("a/*/read", "a/b/c/READ") && covers("a", "A"));
        assert!(!covers("a/*/read", "a/b/write") && !covers("a", "ab") && !covers("b*", "ab") && !covers("a*b", "ac"));
    }
}
