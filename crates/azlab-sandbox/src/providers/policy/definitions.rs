//! Policy definitions: built-in ones at the root, custom ones in the subscription.

use http::{Method, StatusCode};
use serde_json::{Map, Value, json};

use super::rule::Rule;
use super::{FACTS, builtin};
use crate::arm::call::Call;
use crate::arm::facts::judge::Sent;
use crate::arm::failure::Failure;
use crate::arm::failure::Outcome;
use crate::arm::response::Answer;
use crate::state::lists::ListQuery;
use crate::state::store::{Resource, kind};

const TYPE: &str = "Microsoft.Authorization/policyDefinitions";
const MODES: [&str; 2] = ["All", "Indexed"];

/// Routes a call to policy definitions; `at` is the place of `providers` in its path.
pub(crate) fn route(call: &Call<'_>, at: usize) -> Outcome {
    let segments = call.path.lower();
    match (&segments[..at], &segments[at + 2..]) {
        ([], [_]) if !call.writes() => Ok(Answer::ok(json!({ "value": builtin::all() }))),
        ([], [_, name]) if !call.writes() => {
            builtin::find(name).map(Answer::ok).ok_or_else(|| missing(call.path.raw(at + 3)))
        }
        (["subscriptions", _], [_]) if !call.writes() => list(call),
        (["subscriptions", _], [_, _]) => one(call, call.path.raw(at + 3)),
        ([] | ["subscriptions", _], [_] | [_, _]) => Err(call.method_not_allowed()),
        (_, inner) => Err(call.unknown_type("Microsoft.Authorization", inner)),
    }
}

/// The definition of this id, built-in or custom.
pub(super) fn find(call: &Call<'_>, id: &str) -> Result<Value, Failure> {
    let name = id.rsplit('/').next().unwrap_or_default();
    let root = format!("/providers/{TYPE}/{name}");
    let found = if id.eq_ignore_ascii_case(&root) {
        builtin::find(name)
    } else {
        call.store.get(id)?.filter(|it| it.kind == super::kind::POLICY_DEFINITION).map(|it| it.body)
    };
    found.ok_or_else(|| missing(id))
}

fn missing(name: &str) -> Failure {
    Failure::not_found("PolicyDefinitionNotFound", format!("The policy definition '{name}' could not be found."))
}

fn list(call: &Call<'_>) -> Outcome {
    let own = call.store.list(&ListQuery { kinds: Some(&[super::kind::POLICY_DEFINITION]), ..ListQuery::default() })?;
    let value: Vec<Value> = own.into_iter().map(|it| it.body).chain(builtin::all()).collect();
    Ok(Answer::ok(json!({ "value": value })))
}

fn one(call: &Call<'_>, name: &str) -> Outcome {
    let id = format!("/subscriptions/{}/providers/{TYPE}/{name}", call.subscription());
    let found = call.store.get(&id)?;
    let latency = call.settings.durations.role_assignment;
    match *call.method {
        Method::GET | Method::HEAD => found.map(|it| Answer::ok(it.body)).ok_or_else(|| missing(name)),
        Method::PUT => Ok(put(call, name, id, found.as_ref())?.after(latency)),
        Method::DELETE => match found {
            None => Ok(Answer::empty(StatusCode::NO_CONTENT)),
            Some(found) => {
                let wanted = ListQuery {
                    kinds: Some(&[kind::POLICY_ASSIGNMENT]),
                    lookup: Some(&found.key()),
                    ..ListQuery::default()
                };
                if let Some(user) = call.store.list(&wanted)?.first() {
                    return Err(Failure::bad_request(
                        "PolicyDefinitionInUse",
                        format!("The policy definition '{name}' cannot be deleted: it is assigned by '{}'.", user.id),
                    ));
                }
                call.store.end(&found.key(), call.now)?;
                Ok(Answer::ok(found.body).after(latency))
            }
        },
        _ => Err(call.method_not_allowed()),
    }
}

fn put(call: &Call<'_>, name: &str, id: String, found: Option<&Resource>) -> Outcome {
    let sent = FACTS.judged(call, "policyDefinitions", Sent::Whole)?;
    let asked = &sent["properties"];
    let mode = asked["mode"].as_str().unwrap_or("Indexed");
    let mode = MODES.into_iter().find(|known| known.eq_ignore_ascii_case(mode)).ok_or_else(|| {
        invalid(name, &format!("the sandbox does not evaluate the mode '{mode}'; it knows All and Indexed"))
    })?;
    Rule::read(&asked["policyRule"], &samples(&asked["parameters"])).map_err(|why| invalid(name, &why))?;
    let mut body = json!({
        "properties": {
            "displayName": asked["displayName"],
            "description": asked["description"],
            "policyType": "Custom",
            "mode": mode,
            "parameters": asked["parameters"],
            "policyRule": asked["policyRule"],
            "metadata": asked["metadata"],
        },
        "id": id,
        "type": TYPE,
        "name": name,
    });
    FACTS.tell("policyDefinitions", &sent, &mut body);
    call.store.put(&stored(call, super::kind::POLICY_DEFINITION, id, name, &body, found))?;
    Ok(Answer::json(StatusCode::CREATED, body))
}

/// A definition or an assignment as it is kept.
pub(super) fn stored(
    call: &Call<'_>,
    kind: &'static str,
    id: String,
    name: &str,
    body: &Value,
    found: Option<&Resource>,
) -> Resource {
    // Not part of a group's contents: it ends with its scope.
    Resource {
        parent: id.to_lowercase().split("/providers/microsoft.authorization/").next().unwrap_or_default().to_owned(),
        created: found.map_or(call.now, |found| found.created),
        born: found.map_or(call.now, |found| found.born),
        ..Resource::ready(kind, id, name, body.clone(), call.now)
    }
}

pub(super) fn invalid(name: &str, why: &str) -> Failure {
    Failure::bad_request("InvalidPolicyRule", format!("The policy definition '{name}' rule is invalid: {why}."))
}

/// Values that stand in for parameters while a rule is checked.
fn samples(parameters: &Value) -> Map<String, Value> {
    let sample = |one: &Value| {
        let given = one.get("defaultValue").or_else(|| one["allowedValues"].get(0)).cloned();
        given.unwrap_or_else(|| match one["type"].as_str().unwrap_or_default().to_lowercase().as_str() {
            "array" => json!([]),
            "boolean" => json!(true),
            "integer" | "float" => json!(0),
            _ => json!("audit"),
        })
    };
    let fields = parameters.as_object().into_iter().flatten();
    fields.map(|(name, one)| (name.clone(), sample(one))).collect()
}
