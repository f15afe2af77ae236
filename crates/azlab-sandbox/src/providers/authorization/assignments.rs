//! Role assignments.

use http::{Method, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use super::FACTS;
use super::definitions;
use crate::arm::call::Call;
use crate::arm::facts::judge::Sent;
use crate::arm::failure::Failure;
use crate::arm::failure::Outcome;
use crate::arm::filter::{self, Term};
use crate::arm::json_object;
use crate::arm::provider::Providers;
use crate::arm::response::Answer;
use crate::ids::{SIGNED_IN_OBJECT_ID, TENANT_ID};
use crate::providers::managedidentity::principals;
use crate::state::lists::ListQuery;
use crate::state::people::People;
use crate::state::store::{Resource, Store, kind};
use crate::state::timestamps::stamp;

#[derive(Deserialize)]
struct AssignmentBody {
    #[serde(deserialize_with = "json_object::required")]
    properties: Properties,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Properties {
    role_definition_id: String,
    principal_id: String,
    principal_type: Option<String>,
    description: Option<String>,
    condition: Option<String>,
    condition_version: Option<String>,
}

fn id(scope: &str, name: &str) -> String {
    let scope = if scope == "/" { "" } else { scope };
    format!("{scope}/providers/Microsoft.Authorization/roleAssignments/{name}")
}

/// `{scope}/…/roleAssignments/{guid}`
pub(super) fn one(call: &Call<'_>, providers: &Providers, scope: &str, name: &str) -> Outcome {
    let found = call.store.get(&id(scope, name))?;
    let latency = call.settings.durations.role_assignment;
    match *call.method {
        Method::GET | Method::HEAD => found.map(|it| Answer::ok(it.body)).ok_or_else(|| {
            Failure::not_found("RoleAssignmentNotFound", format!("The role assignment '{name}' is not found."))
        }),
        Method::PUT => Ok(put(call, providers, scope, name, found)?.after(latency)),
        Method::DELETE => match found {
            None => Ok(Answer::empty(StatusCode::NO_CONTENT)),
            Some(found) => {
                call.store.end(&found.key(), call.now)?;
                Ok(Answer::ok(found.body).after(latency))
            }
        },
        _ => Err(call.method_not_allowed()),
    }
}

fn put(call: &Call<'_>, providers: &Providers, scope: &str, name: &str, found: Option<Resource>) -> Outcome {
    if uuid::Uuid::try_parse(name).is_err() {
        return Err(Failure::bad_request(
            "InvalidRoleAssignmentId",
            format!("The role assignment ID '{name}' is not valid. The role assignment ID must be a GUID."),
        ));
    }
    let sent = FACTS.judged(call, "roleAssignments", Sent::Whole)?;
    let asked = AssignmentBody::deserialize(&sent).map_err(Failure::content)?;
    let mut asked = asked.properties;
    asked.principal_type = asked.principal_type.filter(|kind| !kind.is_empty());
    check_condition(&asked)?;
    let principal = uuid::Uuid::try_parse(&asked.principal_id)
        .map_err(|_| {
            Failure::bad_request(
                "InvalidPrincipalId",
                format!("The Principal ID '{}' is not valid. Principal ID must be a GUID.", asked.principal_id),
            )
        })?
        .to_string();
    let role = definitions::resolve(call, providers, &asked.role_definition_id, scope)?;
    if let Some(found) = &found {
        let old = &found.body["properties"];
        if old["principalId"] != *principal || old["roleDefinitionId"] != *role {
            return Err(Failure::bad_request(
                "RoleAssignmentUpdateNotPermitted",
                "Tenant ID, application ID, principal ID, and scope are not allowed to be updated.",
            ));
        }
    }
    check_principal(call, &principal, asked.principal_type.as_deref())?;
    check_kind(call, &principal, asked.principal_type.as_deref())?;
    let key = scope.to_lowercase();
    let wanted = ListQuery {
        kinds: Some(&[kind::ASSIGNMENT]),
        parent: Some(&key),
        lookup: Some(&principal),
        ..ListQuery::default()
    };
    let twin =
        call.store.list(&wanted)?.into_iter().find(|other| {
            other.body["properties"]["roleDefinitionId"] == *role && !other.name.eq_ignore_ascii_case(name)
        });
    if let Some(twin) = twin {
        let other = twin.name.replace('-', "");
        return Err(Failure::conflict(
            "RoleAssignmentExists",
            format!("The role assignment already exists. The ID of the existing role assignment is {other}."),
        ));
    }
    let created = found.as_ref().map_or(call.now, |found| found.created);
    let created_by = found.as_ref().map_or(Value::Null, |_| SIGNED_IN_OBJECT_ID.into());
    let id = id(scope, name);
    let mut body = json!({
        "properties": {
            "roleDefinitionId": role,
            "principalId": principal,
            "principalType": asked.principal_type.as_deref().unwrap_or_else(|| kind_of(call, &principal)),
            "scope": scope,
            "condition": asked.condition,
            "conditionVersion": asked.condition_version,
            "createdOn": stamp(created),
            "updatedOn": stamp(call.now),
            "createdBy": SIGNED_IN_OBJECT_ID,
            "updatedBy": SIGNED_IN_OBJECT_ID,
            "delegatedManagedIdentityResourceId": null,
            "description": asked.description,
        },
        "id": id,
        "type": "Microsoft.Authorization/roleAssignments",
        "name": name,
    });
    FACTS.tell("roleAssignments", &sent, &mut body);
    // Not part of a group's contents: it ends with its scope.
    let mut assignment = Resource {
        parent: key,
        lookup: Some(principal),
        created,
        born: created,
        ..Resource::ready(kind::ASSIGNMENT, id, name, body, call.now)
    };
    call.store.put(&assignment)?;
    // The first answer does not say who created it (recorded); later reads do.
    assignment.body["properties"]["createdBy"] = created_by;
    Ok(Answer::json(StatusCode::CREATED, assignment.body))
}

/// A condition says by which version of the language it is written (code and words inferred).
fn check_condition(asked: &Properties) -> Result<(), Failure> {
    let says = |text: &Option<String>| text.as_ref().is_some_and(|text| !text.is_empty());
    if says(&asked.condition) == says(&asked.condition_version) {
        return Ok(());
    }
    Err(Failure::bad_request(
        "BadRequestFormat",
        "The request was incorrectly formatted: 'condition' and 'conditionVersion' come together.",
    ))
}

/// Refuses a type that is not the principal's (reported: modern-web-app-pattern-dotnet 129, with Azure's spelling). A principal
/// that the directory does not show has any.
fn check_kind(call: &Call<'_>, principal: &str, asked: Option<&str>) -> Result<(), Failure> {
    let Some(asked) = asked else { return Ok(()) };
    let is_shown = principal == SIGNED_IN_OBJECT_ID
        || principals::is_shown(&call.store, principal, 0.0, (call.now, call.pace))?.is_some();
    let kind = kind_of(call, principal);
    if asked.eq_ignore_ascii_case(kind) || (kind == "ServicePrincipal" && !is_shown) {
        return Ok(());
    }
    Err(Failure::bad_request(
        "UnmatchedPrincipalType",
        format!(
            "The PrincipalId '{}' has type '{kind}' , which is different from specified PrinciaplType '{asked}'.",
            principal.replace('-', "")
        ),
    ))
}

/// What a principal is, as far as the directory shows it.
fn kind_of(call: &Call<'_>, principal: &str) -> &'static str {
    let people = People::of(&call.settings.directory);
    let Ok(id) = uuid::Uuid::try_parse(principal) else { return "ServicePrincipal" };
    match (people.user_by_id(id), people.group_by_id(id)) {
        (Some(_), _) => "User",
        (None, Some(_)) => "Group",
        (None, None) => "ServicePrincipal",
    }
}

/// Refuses principals that the directory does not know (yet). With `principalType` it is not asked, unless the settings
/// say that replication is that late.
fn check_principal(call: &Call<'_>, principal: &str, principal_type: Option<&str>) -> Result<(), Failure> {
    let settings = call.settings;
    let late = if principal_type.is_some() { settings.late_principals_with_type_s } else { settings.late_principals_s };
    let is_somebody = kind_of(call, principal) != "ServicePrincipal";
    let known = match principals::is_shown(&call.store, principal, late, (call.now, call.pace))? {
        Some(shown) => shown,
        None if is_somebody => true,
        None => principal_type.is_some() || principal == SIGNED_IN_OBJECT_ID,
    };
    if known {
        return Ok(());
    }
    Err(Failure::bad_request(
        "PrincipalNotFound",
        format!(
            "Principal {} does not exist in the directory {TENANT_ID}. Check that you have the correct principal ID. If you are \
             creating this principal and then immediately assigning a role, this error might be related to a replication \
             delay. In this case, set the role assignment principalType property to a value, such as ServicePrincipal, User, or \
             Group.  See https://aka.ms/docs-principaltype",
            principal.replace('-', "")
        ),
    ))
}

/// `GET {scope}/…/roleAssignments`: those at the scope, inherited from above, and (without `atScope()`) below it.
pub(super) fn list(call: &Call<'_>, scope: &str) -> Outcome {
    if call.writes() {
        return Err(call.method_not_allowed());
    }
    let (mut principal, mut below) = (None, true);
    for term in filter::terms(call)? {
        match term {
            Term::Function(name, _) if name == "atscope" => below = false,
            Term::Function(name, id) if name == "assignedto" && !id.is_empty() => principal = Some(id),
            Term::Equals(name, id) if name == "principalid" => principal = Some(id),
            _ => return Err(filter::invalid(&call.query("$filter").unwrap_or_default())),
        }
    }
    let key = scope.to_lowercase();
    let mut found = holding_at(&call.store, &key, principal.as_deref())?;
    if below {
        found.extend(call.store.list(&ListQuery {
            kinds: Some(&[kind::ASSIGNMENT]),
            below: Some(&key),
            lookup: principal.as_deref(),
            ..ListQuery::default()
        })?);
    }
    let value: Vec<Value> = found.into_iter().map(|it| it.body).collect();
    Ok(Answer::ok(json!({ "value": value })))
}

/// The assignments at `key` (a scope in lower case), then those inherited from above it, of one principal or of all.
pub(super) fn holding_at(store: &Store<'_>, key: &str, principal: Option<&str>) -> rusqlite::Result<Vec<Resource>> {
    let at = |parent: &str| {
        store.list(&ListQuery {
            kinds: Some(&[kind::ASSIGNMENT]),
            parent: Some(parent),
            lookup: principal,
            ..ListQuery::default()
        })
    };
    let mut found = at(key)?;
    for (end, _) in key.char_indices().rev().filter(|(at, c)| *at > 0 && *c == '/') {
        found.extend(at(&key[..end])?);
    }
    if key != "/" {
        found.extend(at("/")?);
    }
    Ok(found)
}
