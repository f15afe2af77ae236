//! Roles of the subscription's own ("Role Definitions - Create Or Update", 2022-04-01): they are assigned and judged as Azure's
//! are. Codes of the refusals are those of public reports; where none was found, that is said.

use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{FACTS, definitions};
use crate::arm::call::Call;
use crate::arm::elsewhere;
use crate::arm::facts::judge::Sent;
use crate::arm::failure::{Failure, Outcome};
use crate::arm::json_object;
use crate::arm::provider::Providers;
use crate::arm::response::Answer;
use crate::arm::role::matches;
use crate::ids::SIGNED_IN_OBJECT_ID;
use crate::state::lists::ListQuery;
use crate::state::store::{Resource, Store, kind, lies_in};
use crate::state::timestamps::stamp;

/// The type, in the key's casing.
pub(super) const KIND: &str = "microsoft.authorization/roledefinitions";

#[derive(Deserialize)]
struct Body {
    #[serde(deserialize_with = "json_object::required")]
    properties: Properties,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Properties {
    role_name: Option<String>,
    description: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    #[serde(default)]
    permissions: Vec<Permission>,
    #[serde(default)]
    assignable_scopes: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Permission {
    #[serde(default)]
    actions: Vec<String>,
    #[serde(default)]
    not_actions: Vec<String>,
    #[serde(default)]
    data_actions: Vec<String>,
    #[serde(default)]
    not_data_actions: Vec<String>,
}

/// A role of the subscription's own.
#[derive(Clone)]
pub(super) struct CustomRole(Resource);

impl CustomRole {
    /// The role with this guid; whatever scope it is asked for at, it is one.
    pub fn find(store: &Store<'_>, guid: &str) -> rusqlite::Result<Option<Self>> {
        let lookup = guid.to_lowercase();
        let wanted = ListQuery {
            kinds: Some(&[KIND]),
            lookup: Some(&lookup),
            everywhere: true,
            limit: Some(1),
            ..ListQuery::default()
        };
        Ok(store.list(&wanted)?.into_iter().next().map(Self))
    }

    /// Those of the subscription, in the order of their ids.
    pub fn all(call: &Call<'_>) -> rusqlite::Result<Vec<Self>> {
        let wanted = ListQuery { kinds: Some(&[KIND]), ..ListQuery::default() };
        Ok(call.store.list(&wanted)?.into_iter().map(Self).collect())
    }

    /// The body of its definition.
    pub fn body(&self) -> &Value {
        &self.0.body
    }

    /// Its guid.
    pub fn guid(&self) -> &str {
        &self.0.name
    }

    /// Its permissions, each of which grants by itself.
    pub fn permissions(&self) -> &[Value] {
        self.0.body["properties"]["permissions"].as_array().map_or(&[], Vec::as_slice)
    }

    /// Whether it allows an action.
    pub fn allows(&self, action: &str) -> bool {
        self.grants(action, "actions", "notActions")
    }

    /// Whether it allows an action on data.
    pub fn allows_data_action(&self, action: &str) -> bool {
        self.grants(action, "dataActions", "notDataActions")
    }

    fn grants(&self, action: &str, yes: &str, no: &str) -> bool {
        let has = |of: &Value, what: &str| {
            let patterns = of[what].as_array().into_iter().flatten().filter_map(Value::as_str);
            patterns.into_iter().any(|pattern| matches(pattern, action))
        };
        self.permissions().iter().any(|one| has(one, yes) && !has(one, no))
    }

    fn scopes(&self) -> impl Iterator<Item = String> {
        let scopes = self.0.body["properties"]["assignableScopes"].as_array().into_iter().flatten();
        scopes.filter_map(Value::as_str).map(key)
    }

    /// Whether a list of the roles of `scope` has it.
    pub fn is_for(&self, scope: &str) -> bool {
        let scope = key(scope);
        scope.is_empty() || self.scopes().any(|own| lies_in(&scope, &own) || lies_in(&own, &scope))
    }

    /// Refuses an assignment where it cannot be assigned.
    pub fn check_assignable(&self, scope: &str) -> Result<(), Failure> {
        let asked = key(scope);
        if self.scopes().any(|own| lies_in(&asked, &own)) {
            return Ok(());
        }
        Err(Failure::bad_request(
            "RoleAssignmentScopeNotAssignableToRoleDefinition",
            format!(
                "The Role assignment scope '{scope}' must match the assignable scopes of the role definition '{}'.",
                self.0.id
            ),
        ))
    }
}

/// A scope as scopes are compared.
fn key(scope: &str) -> String {
    scope.trim_end_matches('/').to_lowercase()
}

/// `PUT {scope}/…/roleDefinitions/{guid}`: 201, new or not.
pub(super) fn put(call: &Call<'_>, providers: &Providers, scope: &str, guid: &str) -> Outcome {
    // The code is inferred.
    let guid = uuid::Uuid::try_parse(guid)
        .map_err(|_| {
            let message =
                format!("The role definition ID '{guid}' is not valid. The role definition ID must be a GUID.");
            Failure::bad_request("InvalidRoleDefinitionId", message)
        })?
        .to_string();
    let asked = FACTS.read_as::<Body>(call, "roleDefinitions", Sent::Whole)?.properties;
    let found = CustomRole::find(&call.store, &guid)?.map(|role| role.0);
    let name = asked.role_name.as_deref().map(str::trim).unwrap_or_default();
    check(call, providers, &asked, name, scope)?;
    let is_named = |role: &CustomRole| {
        role.body()["properties"]["roleName"].as_str().is_some_and(|known| known.eq_ignore_ascii_case(name))
    };
    let twin = CustomRole::all(call)?.iter().any(|role| role.guid() != guid && is_named(role));
    if twin || definitions::named(providers, name).is_some() {
        return Err(Failure::conflict(
            "RoleDefinitionWithSameNameExists",
            format!(
                "A custom role with the same name already exists in this directory. Use a different name: '{name}' is taken."
            ),
        ));
    }
    let created = found.as_ref().map_or(call.now, |found| found.created);
    let id = format!("/subscriptions/{}/providers/Microsoft.Authorization/roleDefinitions/{guid}", call.subscription());
    let permissions: Vec<Value> = asked
        .permissions
        .iter()
        .map(|one| {
            json!({
                "actions": one.actions,
                "notActions": one.not_actions,
                "dataActions": one.data_actions,
                "notDataActions": one.not_data_actions,
            })
        })
        .collect();
    let body = json!({
        "properties": {
            "roleName": name,
            "type": "CustomRole",
            "description": asked.description,
            "assignableScopes": asked.assignable_scopes,
            "permissions": permissions,
            "createdOn": stamp(created),
            "updatedOn": stamp(call.now),
            "createdBy": SIGNED_IN_OBJECT_ID,
            "updatedBy": SIGNED_IN_OBJECT_ID,
        },
        "id": id,
        "type": "Microsoft.Authorization/roleDefinitions",
        "name": guid,
    });
    let role = Resource {
        parent: format!("/subscriptions/{}", call.subscription()),
        lookup: Some(guid.clone()),
        created,
        born: created,
        ..Resource::ready(KIND, id, guid, body, call.now)
    };
    call.store.put(&role)?;
    Ok(Answer::json(StatusCode::CREATED, role.body).after(call.settings.durations.role_assignment))
}

/// What a definition needs, and which actions there are.
fn check(call: &Call<'_>, providers: &Providers, asked: &Properties, name: &str, scope: &str) -> Result<(), Failure> {
    // The codes of the first three are inferred.
    if name.is_empty() {
        return Err(Failure::bad_request(
            "RoleDefinitionNameNullOrEmpty",
            "The role name of a role definition is required.",
        ));
    }
    if asked.kind.as_deref().is_some_and(|kind| !kind.eq_ignore_ascii_case("CustomRole")) {
        return Err(Failure::bad_request(
            "InvalidRoleDefinitionType",
            "The type of a role definition must be 'CustomRole'.",
        ));
    }
    if asked.permissions.is_empty() {
        let message = "The permissions of a role definition must have at least one entry.";
        return Err(Failure::bad_request("RoleDefinitionPermissionsNullOrEmpty", message));
    }
    let own = format!("/subscriptions/{}", call.subscription());
    let is_scope = |scope: &String| lies_in(&key(scope), &own.to_lowercase());
    let covers =
        asked.assignable_scopes.iter().any(|one| lies_in(&key(scope), &key(one)) || lies_in(&key(one), &key(scope)));
    if asked.assignable_scopes.is_empty() || !asked.assignable_scopes.iter().all(is_scope) || !covers {
        return Err(Failure::bad_request(
            "InvalidAssignableScopes",
            format!(
                "The assignable scopes of a role definition must be the subscription or lie in it, and '{scope}' must be one of \
                 them or lie in one: ['{}'].",
                asked.assignable_scopes.join("', '")
            ),
        ));
    }
    let actions = asked.permissions.iter().flat_map(|one| {
        [&one.actions, &one.not_actions, &one.data_actions, &one.not_data_actions].into_iter().flatten()
    });
    match actions.into_iter().find(|action| !is_action(providers, action)) {
        None => Ok(()),
        Some(unknown) => Err(Failure::bad_request(
            "InvalidActionOrNotAction",
            format!("'{unknown}' does not match any of the actions supported by the providers."),
        )),
    }
}

/// Whether an action is a provider's, as far as its namespace says, or of all of them.
fn is_action(providers: &Providers, action: &str) -> bool {
    let Some((namespace, rest)) = action.split_once('/') else { return action == "*" };
    let known = providers.named(namespace).is_some() || elsewhere::namespace(namespace).is_some();
    !rest.is_empty() && (namespace == "*" || known)
}

/// `DELETE {scope}/…/roleDefinitions/{guid}`: 200 with what there was, or 204.
pub(super) fn delete(call: &Call<'_>, guid: &str) -> Outcome {
    let Some(role) = CustomRole::find(&call.store, guid)? else { return Ok(Answer::empty(StatusCode::NO_CONTENT)) };
    let given =
        call.store.list(&ListQuery { kinds: Some(&[kind::ASSIGNMENT]), everywhere: true, ..ListQuery::default() })?;
    let is_of = |one: &Resource| {
        let id = one.body["properties"]["roleDefinitionId"].as_str().unwrap_or_default();
        id.rsplit('/').next().is_some_and(|last| last.eq_ignore_ascii_case(guid))
    };
    if given.iter().any(is_of) {
        return Err(Failure::bad_request(
            "RoleDefinitionHasAssignments",
            format!(
                "There are existing role assignments referencing role (code: RoleDefinitionHasAssignments): '{guid}'."
            ),
        ));
    }
    call.store.end(&role.0.key(), call.now)?;
    Ok(Answer::ok(role.0.body).after(call.settings.durations.role_assignment))
}

/// The refusal to change one of Azure's roles (the code is inferred).
pub(super) fn refuse_built_in(name: &str) -> Failure {
    Failure::bad_request(
        "BuiltInRoleDefinitionCannotBeModified",
        format!("The built-in role '{name}' cannot be changed."),
    )
}
