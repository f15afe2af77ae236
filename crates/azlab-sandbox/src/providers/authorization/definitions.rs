//! Built-in role definitions that a lab meets.

use serde_json::{Value, json};

use crate::arm::call::Call;
use crate::arm::failure::Failure;
use crate::arm::failure::Outcome;
use crate::arm::filter::{self, Term};
use crate::arm::response::Answer;
use crate::ids::SUBSCRIPTION_ID;

/// A built-in role.
pub(crate) struct Definition {
    guid: &'static str,
    name: &'static str,
    description: &'static str,
    /// Actions that are allowed; `*` stands for any text.
    pub actions: &'static [&'static str],
    /// Actions that are not, although `actions` has them.
    pub not_actions: &'static [&'static str],
    data_actions: &'static [&'static str],
}

const COGNITIVE_READ: &[&str] = &["Microsoft.CognitiveServices/*/read", "Microsoft.Authorization/roleAssignments/read"];

/// What Contributor may not do (Azure's built-in roles reference).
const NOT_FOR_CONTRIBUTORS: &[&str] = &[
    "Microsoft.Authorization/*/Delete",
    "Microsoft.Authorization/*/Write",
    "Microsoft.Authorization/elevateAccess/Action",
    "Microsoft.Blueprint/blueprintAssignments/write",
    "Microsoft.Blueprint/blueprintAssignments/delete",
];

const fn role(
    guid: &'static str,
    name: &'static str,
    description: &'static str,
    actions: &'static [&'static str],
    data_actions: &'static [&'static str],
) -> Definition {
    Definition { guid, name, description, actions, not_actions: &[], data_actions }
}

const DEFINITIONS: [Definition; 11] = [
    role(
        "8e3af657-a8ff-443c-a75c-2fe8c4bcb635",
        "Owner",
        "Full access, including the right to assign roles.",
        &["*"],
        &[],
    ),
    role(
        "b24988ac-6180-42a0-ab88-20f7382dd24c",
        "Contributor",
        "Full access without the right to assign roles.",
        &["*"],
        &[],
    )
    .without(NOT_FOR_CONTRIBUTORS),
    role("acdd72a7-3385-48ef-bd42-f606fba81ae7", "Reader", "View all resources.", &["*/read"], &[]),
    role(
        "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9",
        "User Access Administrator",
        "Manage user access to resources.",
        &["*/read", "Microsoft.Authorization/*"],
        &[],
    ),
    role(
        "5e0bd9bd-7b93-4f28-af87-19fc36ad61bd",
        "Cognitive Services OpenAI User",
        "View and use OpenAI models.",
        COGNITIVE_READ,
        &[
            "Microsoft.CognitiveServices/accounts/OpenAI/*/read",
            "Microsoft.CognitiveServices/accounts/OpenAI/deployments/chat/completions/action",
        ],
    ),
    role(
        "a001fd3d-188f-4b5d-821b-7da978bf7442",
        "Cognitive Services OpenAI Contributor",
        "Full access to OpenAI resources, except to assign roles.",
        COGNITIVE_READ,
        &["Microsoft.CognitiveServices/accounts/OpenAI/*"],
    ),
    role(
        "25fbc0a9-bd7c-42a3-aa1a-3b75d497ee68",
        "Cognitive Services Contributor",
        "Create, read, update and delete Cognitive Services accounts.",
        &["Microsoft.CognitiveServices/*"],
        &[],
    ),
    role(
        "a97b65f3-24c7-4388-baec-2e87135dc908",
        "Cognitive Services User",
        "Read and list keys of Cognitive Services.",
        &["Microsoft.CognitiveServices/*/read", "Microsoft.CognitiveServices/accounts/listkeys/action"],
        &["Microsoft.CognitiveServices/*"],
    ),
    role(
        "0ab0b1a8-8aac-4efd-b8c2-3ee1fb270be8",
        "Azure Kubernetes Service Cluster Admin Role",
        "List the cluster admin credential.",
        &[
            "Microsoft.ContainerService/managedClusters/listClusterAdminCredential/action",
            "Microsoft.ContainerService/managedClusters/read",
        ],
        &[],
    ),
    role(
        "f1a07417-d97a-45cb-824c-7a7467783830",
        "Managed Identity Operator",
        "Read and assign user-assigned identities.",
        &[
            "Microsoft.ManagedIdentity/userAssignedIdentities/*/read",
            "Microsoft.ManagedIdentity/userAssignedIdentities/*/assign/action",
        ],
        &[],
    ),
    role(
        "f58310d9-a9f6-439a-9e8d-f62e7b41a168",
        "Role Based Access Control Administrator",
        "Manage access to resources by assigning roles.",
        &["Microsoft.Authorization/roleAssignments/write", "Microsoft.Authorization/roleAssignments/delete", "*/read"],
        &[],
    ),
];

impl Definition {
    const fn without(self, not_actions: &'static [&'static str]) -> Self {
        Self { not_actions, ..self }
    }

    /// Whether the role allows an action.
    pub fn allows(&self, action: &str) -> bool {
        self.actions.iter().any(|pattern| matches(pattern, action))
            && !self.not_actions.iter().any(|pattern| matches(pattern, action))
    }

    /// The role's entry in a list of permissions.
    pub fn permissions(&self) -> Value {
        json!({
            "actions": self.actions,
            "notActions": self.not_actions,
            "dataActions": self.data_actions,
            "notDataActions": [],
        })
    }
}

/// Whether `pattern`, in which `*` stands for any text, is `action`, without regard to case.
fn matches(pattern: &str, action: &str) -> bool {
    let (pattern, action) = (pattern.to_ascii_lowercase(), action.to_ascii_lowercase());
    match pattern.split_once('*') {
        None => pattern == action,
        Some((before, after)) => action
            .strip_prefix(before)
            .is_some_and(|rest| rest.char_indices().any(|(at, _)| matches(after, &rest[at..])) || matches(after, "")),
    }
}

/// The role with that guid.
pub(super) fn find(guid: &str) -> Option<&'static Definition> {
    DEFINITIONS.iter().find(|known| known.guid.eq_ignore_ascii_case(guid))
}

/// The role of that name.
pub(crate) fn named(name: &str) -> Option<&'static Definition> {
    DEFINITIONS.iter().find(|known| known.name.eq_ignore_ascii_case(name))
}

/// The names of the roles that the sandbox knows.
pub(crate) fn names() -> Vec<&'static str> {
    DEFINITIONS.iter().map(|known| known.name).collect()
}

/// The id of the role that `id` ends with, as the service writes it at subscription scope.
pub(super) fn resolve(id: &str) -> Result<String, Failure> {
    let guid = id.rsplit('/').next().unwrap_or_default();
    let guid = find(guid).ok_or_else(|| missing(guid))?.guid;
    Ok(format!("/subscriptions/{SUBSCRIPTION_ID}/providers/Microsoft.Authorization/roleDefinitions/{guid}"))
}

/// Whether the role with the definition `id` allows a data action. What an owner may do to an account does not include
/// using it: the built-in roles for that say so in `dataActions`.
pub(super) fn allows_data_action(id: &str, action: &str) -> bool {
    let allows = |known: &Definition| known.data_actions.iter().any(|pattern| matches(pattern, action));
    find(id.rsplit('/').next().unwrap_or_default()).is_some_and(allows)
}

fn missing(guid: &str) -> Failure {
    Failure::not_found(
        "RoleDefinitionDoesNotExist",
        format!("The specified role definition with ID '{guid}' does not exist."),
    )
}

fn body(scope: &str, definition: &Definition) -> Value {
    let Definition { guid, name, description, .. } = definition;
    // A built-in role belongs to no scope below the subscription: wherever it is asked for, its id is the one that role
    // assignments have. az matches the two as text.
    let scope = if scope == "/" { String::new() } else { format!("/subscriptions/{SUBSCRIPTION_ID}") };
    json!({
        "properties": {
            "roleName": name,
            "type": "BuiltInRole",
            "description": description,
            "assignableScopes": ["/"],
            "permissions": [definition.permissions()],
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
                found.retain(|known| known.name.eq_ignore_ascii_case(value));
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
            DEFINITIONS.iter().filter(|one| allows_data_action(one.guid, CHAT)).map(|one| one.name).collect();
        assert_eq!(
            may,
            ["Cognitive Services OpenAI User", "Cognitive Services OpenAI Contributor", "Cognitive Services User"]
        );
    }

    #[test]
    fn stars_stand_for_any_text() {
        assert!(matches("a/*", "A/b/c") && matches("*", "") && matches("a/*/read", "a/b/c/READ") && matches("a", "A"));
        assert!(
            !matches("a/*/read", "a/b/write") && !matches("a", "ab") && !matches("b*", "ab") && !matches("a*b", "ac")
        );
    }
}
