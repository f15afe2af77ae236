//! Policy assignments, at the subscription, a group or a resource.

use http::{Method, StatusCode};
use serde_json::{Map, Value, json};

use super::FACTS;
use super::definitions::{self, invalid, stored};
use super::rule::Rule;
use crate::arm::call::Call;
use crate::arm::facts::judge::Sent;
use crate::arm::failure::Failure;
use crate::arm::failure::Outcome;
use crate::arm::filter::{self, Term};
use crate::arm::response::Answer;
use crate::state::lists::ListQuery;
use crate::state::store::{Resource, kind, lies_in};

const TYPE: &str = "Microsoft.Authorization/policyAssignments";

/// `{scope}/…/policyAssignments/{name}`
pub(crate) fn one(call: &Call<'_>, scope: &str, name: &str) -> Outcome {
    let id = format!("{scope}/providers/{TYPE}/{name}");
    let found = call.store.get(&id)?;
    let latency = call.settings.durations.role_assignment;
    match *call.method {
        Method::GET | Method::HEAD => found.map(|it| Answer::ok(it.body)).ok_or_else(|| {
            Failure::not_found(
                "PolicyAssignmentNotFound",
                format!("The policy assignment '{name}' could not be found."),
            )
        }),
        Method::PUT => Ok(put(call, scope, name, id, found.as_ref())?.after(latency)),
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

fn put(call: &Call<'_>, scope: &str, name: &str, id: String, found: Option<&Resource>) -> Outcome {
    let sent = FACTS.judged(call, "policyAssignments", Sent::Whole)?;
    let asked = &sent["properties"];
    let definition_id = asked["policyDefinitionId"].as_str().unwrap_or_default();
    if definition_id.to_lowercase().contains("/policysetdefinitions/") {
        let why =
            "the sandbox does not evaluate initiatives (policySetDefinitions): assign their definitions one by one";
        return Err(Failure::bad_request("InvalidPolicyAssignment", format!("The policy assignment '{name}': {why}.")));
    }
    for part in ["overrides", "resourceSelectors"] {
        if asked[part].as_array().is_some_and(|all| !all.is_empty()) {
            let message = format!("The policy assignment '{name}': the sandbox does not evaluate '{part}'.");
            return Err(Failure::bad_request("InvalidPolicyAssignment", message));
        }
    }
    let identity = &sent["identity"];
    let is_named = identity["userAssignedIdentities"].as_object().is_some_and(|all| !all.is_empty());
    if is_named || identity["type"].as_str().is_some_and(|kind| kind != "None") {
        let message = format!("The policy assignment '{name}': the sandbox gives policy assignments no identity.");
        return Err(Failure::bad_request("InvalidPolicyAssignment", message));
    }
    let definition = definitions::find(call, definition_id)?;
    let values = values(name, &definition, &asked["parameters"])?;
    Rule::read(&definition["properties"]["policyRule"], &values).map_err(|why| invalid(definition_id, &why))?;
    let mut body = json!({
        "properties": {
            "displayName": asked["displayName"],
            "description": asked["description"],
            "policyDefinitionId": definition["id"],
            "scope": scope,
            "notScopes": asked["notScopes"].as_array().cloned().unwrap_or_default(),
            "parameters": asked["parameters"],
            "enforcementMode": asked["enforcementMode"].as_str().unwrap_or("Default"),
            "metadata": asked["metadata"],
        },
        "id": id,
        "type": TYPE,
        "name": name,
    });
    FACTS.tell("policyAssignments", &sent, &mut body);
    let lookup = definition["id"].as_str().map(str::to_lowercase);
    call.store.put(&Resource { lookup, ..stored(call, kind::POLICY_ASSIGNMENT, id, name, &body, found) })?;
    Ok(Answer::json(StatusCode::CREATED, body))
}

/// The values of a definition's parameters under an assignment: given, or the definition's own.
pub(super) fn values(name: &str, definition: &Value, given: &Value) -> Result<Map<String, Value>, Failure> {
    let refuse = |code: &str, parameter: &str, why: &str| {
        Failure::bad_request(code, format!("The policy assignment '{name}': the parameter '{parameter}' {why}."))
    };
    let none = Map::new();
    let given = given.as_object().unwrap_or(&none);
    let known = definition["properties"]["parameters"].as_object().unwrap_or(&none);
    if let Some(slip) = given.keys().find(|slip| !known.keys().any(|name| name.eq_ignore_ascii_case(slip))) {
        return Err(refuse("UndefinedPolicyParameter", slip, "is not one of its definition"));
    }
    let value = |(parameter, one): (&String, &Value)| {
        let given =
            given.iter().find(|(name, _)| name.eq_ignore_ascii_case(parameter)).map(|(_, value)| &value["value"]);
        let value = given.or_else(|| one.get("defaultValue"));
        let value = value.ok_or_else(|| refuse("MissingPolicyParameter", parameter, "has no value"))?;
        Ok((parameter.clone(), value.clone()))
    };
    known.iter().map(value).collect()
}

/// `GET {scope}/…/policyAssignments`: those at the scope and above, and (without `atScope()`) below it.
pub(crate) fn list(call: &Call<'_>, scope: &str) -> Outcome {
    if call.writes() {
        return Err(call.method_not_allowed());
    }
    let (mut above, mut below, mut definition) = (true, true, None);
    for term in filter::terms(call)? {
        match term {
            Term::Function(name, _) if name == "atscope" => below = false,
            // What az asks for, unless it is told otherwise.
            Term::Function(name, _) if name == "atexactscope" => (above, below) = (false, false),
            Term::Equals(name, id) if name == "policydefinitionid" => definition = Some(id.to_lowercase()),
            _ => return Err(filter::invalid(&call.query("$filter").unwrap_or_default())),
        }
    }
    let key = scope.to_lowercase();
    let all = call.store.list(&ListQuery { kinds: Some(&[kind::POLICY_ASSIGNMENT]), ..ListQuery::default() })?;
    let here =
        |it: &Resource| it.parent == key || above && lies_in(&key, &it.parent) || below && lies_in(&it.parent, &key);
    let is_of = |it: &Resource| {
        let id = it.body["properties"]["policyDefinitionId"].as_str().unwrap_or_default();
        definition.as_ref().is_none_or(|wanted| id.to_lowercase() == *wanted)
    };
    let found = all.into_iter().filter(|it| here(it) && is_of(it));
    Ok(Answer::ok(json!({ "value": found.map(|it| it.body).collect::<Vec<_>>() })))
}
