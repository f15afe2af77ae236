//! Role definitions: the built-in roles of every provider.

use serde_json::{Value, json};

use crate::arm::call::Call;
use crate::arm::failure::Failure;
use crate::arm::failure::Outcome;
use crate::arm::filter::{self, Term};
use crate::arm::provider::Providers;
use crate::arm::response::Answer;
use crate::arm::role::Role;

/// The role with that guid.
pub(super) fn find(providers: &Providers, guid: &str) -> Option<&'static Role> {
    providers.roles().find(|known| known.guid.eq_ignore_ascii_case(guid))
}

/// The role of that name.
pub(crate) fn named(providers: &Providers, name: &str) -> Option<&'static Role> {
    providers.roles().find(|known| known.name.eq_ignore_ascii_case(name))
}

/// The names of the roles that the sandbox knows.
pub(crate) fn names(providers: &Providers) -> Vec<&'static str> {
    providers.roles().map(|known| known.name).collect()
}

/// The id of the role that `id` ends with, as the service writes it at subscription scope.
pub(super) fn resolve(call: &Call<'_>, providers: &Providers, id: &str) -> Result<String, Failure> {
    let (before, guid) = id.rsplit_once('/').unwrap_or(("", id));
    if !before.to_lowercase().ends_with("/providers/microsoft.authorization/roledefinitions")
        || uuid::Uuid::try_parse(guid).is_err()
    {
        // The words are az's users' (of a name in a guid's place); that a bare guid meets the same is inferred.
        let message = format!("The role definition ID '{id}' is not valid. The role definition ID must be a GUID.");
        return Err(Failure::bad_request("InvalidRoleDefinitionId", message));
    }
    let guid = find(providers, guid).ok_or_else(|| missing(guid))?.guid;
    let subscription = call.subscription();
    Ok(format!("/subscriptions/{subscription}/providers/Microsoft.Authorization/roleDefinitions/{guid}"))
}

/// Whether the role with the definition `id` allows a data action.
pub(super) fn allows_data_action(providers: &Providers, id: &str, action: &str) -> bool {
    find(providers, id.rsplit('/').next().unwrap_or_default()).is_some_and(|role| role.allows_data_action(action))
}

fn missing(guid: &str) -> Failure {
    Failure::not_found(
        "RoleDefinitionDoesNotExist",
        format!("The specified role definition with ID '{guid}' does not exist."),
    )
}

fn body(call: &Call<'_>, scope: &str, definition: &Role) -> Value {
    let Role { guid, name, description, .. } = definition;
    // A built-in role belongs to no scope below the subscription: wherever it is asked for, its id is the one that role
    // assignments have. az matches the two as text.
    let scope = if scope == "/" { String::new() } else { format!("/subscriptions/{}", call.subscription()) };
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
pub(super) fn list(call: &Call<'_>, providers: &Providers, scope: &str) -> Outcome {
    if call.writes() {
        return Err(call.method_not_allowed());
    }
    let terms = filter::terms(call)?;
    let mut found: Vec<&Role> = providers.roles().collect();
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
    let value: Vec<Value> = found.into_iter().map(|definition| body(call, scope, definition)).collect();
    Ok(Answer::ok(json!({ "value": value })))
}

/// `GET {scope}/…/roleDefinitions/{guid}`
pub(super) fn get(call: &Call<'_>, providers: &Providers, scope: &str, guid: &str) -> Outcome {
    if call.writes() {
        return Err(call.method_not_allowed());
    }
    find(providers, guid).map(|definition| Answer::ok(body(call, scope, definition))).ok_or_else(|| missing(guid))
}

#[cfg(test)]
mod tests {
    use crate::providers::PROVIDERS;

    const CHAT: &str = "Microsoft.CognitiveServices/accounts/OpenAI/deployments/chat/completions/action";

    #[test]
    fn only_roles_with_data_actions_may_use_an_account() {
        let may: Vec<&str> = PROVIDERS.roles().filter(|one| one.allows_data_action(CHAT)).map(|one| one.name).collect();
        assert_eq!(
            may,
            ["Cognitive Services OpenAI User", "Cognitive Services OpenAI Contributor", "Cognitive Services User"]
        );
    }
}
