//! Role definitions: the built-in roles of every provider, and those of the subscription's own.

use http::Method;
use serde_json::{Value, json};

use super::custom_roles::{self, CustomRole};
use crate::arm::call::Call;
use crate::arm::failure::Failure;
use crate::arm::failure::Outcome;
use crate::arm::filter::{self, Term};
use crate::arm::provider::Providers;
use crate::arm::response::Answer;
use crate::arm::role::Role;
use crate::state::store::Store;

/// A role: one of Azure's, or one of the subscription's own.
#[derive(Clone)]
pub(super) enum Definition {
    BuiltIn(&'static Role),
    Custom(Box<CustomRole>),
}

impl Definition {
    /// Whether it allows an action.
    pub fn allows(&self, action: &str) -> bool {
        match self {
            Self::BuiltIn(role) => role.allows(action),
            Self::Custom(role) => role.allows(action),
        }
    }

    /// Whether it allows an action on data.
    pub fn allows_data_action(&self, action: &str) -> bool {
        match self {
            Self::BuiltIn(role) => role.allows_data_action(action),
            Self::Custom(role) => role.allows_data_action(action),
        }
    }

    /// Whether it covers everything.
    pub fn is_owner(&self) -> bool {
        matches!(self, Self::BuiltIn(role) if role.is_owner())
    }

    /// Its entries in a list of permissions.
    pub fn permissions(&self) -> Vec<Value> {
        match self {
            Self::BuiltIn(role) => vec![role.permissions()],
            Self::Custom(role) => role.permissions().to_vec(),
        }
    }
}

/// The role whose definition's id ends with a guid.
pub(super) fn find(providers: &Providers, store: &Store<'_>, id: &str) -> rusqlite::Result<Option<Definition>> {
    let guid = id.rsplit('/').next().unwrap_or_default();
    if let Some(role) = built_in(providers, guid) {
        return Ok(Some(Definition::BuiltIn(role)));
    }
    Ok(CustomRole::find(store, guid)?.map(|role| Definition::Custom(Box::new(role))))
}

fn built_in(providers: &Providers, guid: &str) -> Option<&'static Role> {
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

/// The id of the role that `id` ends with, as the service writes it at subscription scope; it must be one that can be assigned
/// at `scope`.
pub(super) fn resolve(call: &Call<'_>, providers: &Providers, id: &str, scope: &str) -> Result<String, Failure> {
    let (before, guid) = id.rsplit_once('/').unwrap_or(("", id));
    if !before.to_lowercase().ends_with("/providers/microsoft.authorization/roledefinitions")
        || uuid::Uuid::try_parse(guid).is_err()
    {
        // The words are az's users' (of a name in a guid's place); that a bare guid meets the same is inferred.
        let message = format!("The role definition ID '{id}' is not valid. The role definition ID must be a GUID.");
        return Err(Failure::bad_request("InvalidRoleDefinitionId", message));
    }
    let guid = match find(providers, &call.store, guid)?.ok_or_else(|| missing(guid))? {
        Definition::BuiltIn(role) => role.guid.to_owned(),
        Definition::Custom(role) => {
            role.check_assignable(scope)?;
            role.guid().to_owned()
        }
    };
    let subscription = call.subscription();
    Ok(format!("/subscriptions/{subscription}/providers/Microsoft.Authorization/roleDefinitions/{guid}"))
}

pub(super) fn missing(guid: &str) -> Failure {
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

/// The built-in roles as they are of no subscription.
pub(crate) fn built_in_bodies(call: &Call<'_>, providers: &Providers) -> Vec<Value> {
    providers.roles().map(|role| body(call, "/", role)).collect()
}

/// `GET {scope}/…/roleDefinitions`, with `$filter=roleName eq '…'` (without regard to case) or `type eq 'BuiltInRole'`. Azure's
/// roles come first, then those of the subscription's own that can be assigned at the scope, or below it.
pub(super) fn list(call: &Call<'_>, providers: &Providers, scope: &str) -> Outcome {
    if call.writes() {
        return Err(call.method_not_allowed());
    }
    let mut value: Vec<Value> = providers.roles().map(|role| body(call, scope, role)).collect();
    let custom = CustomRole::all(call)?;
    value.extend(custom.iter().filter(|role| role.is_for(scope)).map(|role| role.body().clone()));
    let is = |one: &Value, member: &str, value: &str| {
        one["properties"][member].as_str().is_some_and(|known| known.eq_ignore_ascii_case(value))
    };
    for term in filter::terms(call)? {
        match &term {
            Term::Equals(name, role) if name == "rolename" => value.retain(|one| is(one, "roleName", role)),
            Term::Equals(name, kind) if name == "type" => value.retain(|one| is(one, "type", kind)),
            Term::Function(name, _) if name == "atscopeandbelow" || name == "atscope" => {}
            _ => return Err(filter::invalid(&call.query("$filter").unwrap_or_default())),
        }
    }
    Ok(Answer::ok(json!({ "value": value })))
}

/// `{scope}/…/roleDefinitions/{guid}`
pub(super) fn one(call: &Call<'_>, providers: &Providers, scope: &str, guid: &str) -> Outcome {
    match (call.method, built_in(providers, guid)) {
        (&Method::GET | &Method::HEAD, Some(role)) => Ok(Answer::ok(body(call, scope, role))),
        (&Method::GET | &Method::HEAD, None) => CustomRole::find(&call.store, guid)?
            .map(|role| Answer::ok(role.body().clone()))
            .ok_or_else(|| missing(guid)),
        (_, Some(role)) => Err(custom_roles::refuse_built_in(role.name)),
        (&Method::PUT, None) => custom_roles::put(call, providers, scope, guid),
        (&Method::DELETE, None) => custom_roles::delete(call, guid),
        _ => Err(call.method_not_allowed()),
    }
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
