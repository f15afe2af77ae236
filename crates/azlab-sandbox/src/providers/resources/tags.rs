//! Microsoft.Resources/tags: the tags of one resource or group by themselves, and the tag names of the subscription (REST
//! reference, "Tags").
//!
//! The service may go on after its answer (202); the sandbox is done with it. The subscription itself has no tags here.

use http::{Method, StatusCode};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::FACTS;
use crate::arm::call::Call;
use crate::arm::facts::judge::Sent;
use crate::arm::failure::Failure;
use crate::arm::failure::Outcome;
use crate::arm::json_object;
use crate::arm::provider::Routed;
use crate::arm::response::Answer;
use crate::arm::tags::check_tags;
use crate::state::store::{Resource, kind};

#[derive(Deserialize)]
struct TagsBody {
    operation: Option<String>,
    #[serde(default, deserialize_with = "json_object::optional")]
    properties: Option<Properties>,
}

#[derive(Deserialize)]
struct Properties {
    tags: Option<Value>,
}

/// `{scope}/providers/Microsoft.Resources/tags/default`; `at` is the place of the `providers` segment.
pub(super) fn of_scope(request: &Routed<'_>, at: usize) -> Outcome {
    let call = request.call;
    let has_tags = |it: &Resource| it.kind == kind::GROUP || request.providers.tracked().contains(&&*it.kind);
    let scope = call.path.up_to(at);
    let found = call.store.get(&scope)?.filter(has_tags).ok_or_else(|| missing(call, &scope))?;
    let own = found.tags().cloned().unwrap_or_default();
    let latency = call.settings.durations.group;
    match *call.method {
        Method::GET | Method::HEAD => Ok(Answer::ok(body(&found, &own))),
        Method::PUT => Ok(write(call, found, asked(call)?.1)?.after(latency)),
        Method::PATCH => {
            let (operation, sent) = asked(call)?;
            let merged = patched(&operation, own, sent)?;
            Ok(write(call, found, merged)?.after(latency))
        }
        Method::DELETE => {
            write(call, found, Map::new())?;
            Ok(Answer::empty(StatusCode::OK).after(latency))
        }
        _ => Err(call.method_not_allowed()),
    }
}

/// Operation and tags of the request.
fn asked(call: &Call<'_>) -> Result<(String, Map<String, Value>), Failure> {
    let TagsBody { operation, properties } = FACTS.read_as(call, "tags", Sent::Whole)?;
    let tags = properties.and_then(|properties| properties.tags).filter(|tags| !tags.is_null());
    check_tags(tags.as_ref())?;
    let Some(Value::Object(tags)) = tags else {
        return Err(Failure::content("'properties.tags' is required"));
    };
    Ok((operation.unwrap_or_default(), tags))
}

/// Names are compared without regard to case; a delete takes a tag away only if its value is the one that was sent.
fn patched(operation: &str, own: Map<String, Value>, sent: Map<String, Value>) -> Result<Map<String, Value>, Failure> {
    let is = |name: &String, other: &String| name.eq_ignore_ascii_case(other);
    match operation.to_ascii_lowercase().as_str() {
        "replace" => Ok(sent),
        "merge" => {
            let kept = own.into_iter().filter(|(name, _)| !sent.keys().any(|other| is(name, other)));
            Ok(kept.chain(sent.clone()).collect())
        }
        "delete" => Ok(own
            .into_iter()
            .filter(|(name, value)| !sent.iter().any(|(other, gone)| is(name, other) && value == gone))
            .collect()),
        _ => Err(Failure::content(format!("operation '{operation}' is not Replace, Merge or Delete"))),
    }
}

fn write(call: &Call<'_>, mut found: Resource, tags: Map<String, Value>) -> Outcome {
    if found.deleting(call.now) {
        return Err(Failure::group_being_deleted(&found.name));
    }
    check_tags(Some(&Value::Object(tags.clone())))?;
    found.body["tags"] = Value::Object(tags.clone());
    call.store.put_body(&found)?;
    Ok(Answer::ok(body(&found, &tags)))
}

fn body(it: &Resource, tags: &Map<String, Value>) -> Value {
    json!({
        "id": format!("{}/providers/Microsoft.Resources/tags/default", it.id),
        "name": "default",
        "type": "Microsoft.Resources/tags",
        "properties": {"tags": tags},
    })
}

/// The refusal of a scope that is not there, or has no tags.
fn missing(call: &Call<'_>, scope: &str) -> Failure {
    let parts: Vec<&str> = scope.split('/').skip(1).collect();
    match parts.as_slice() {
        ["subscriptions", _, _, group] => Failure::group_missing(group),
        ["subscriptions", _, _, group, _, rest @ ..] => match call.group(group) {
            Ok(group) => Failure::resource_missing(&rest.join("/"), &group.name),
            Err(failure) => failure,
        },
        _ => Failure::bad_request(
            "InvalidScope",
            format!("The scope '{scope}' has no tags in the sandbox: they are on resource groups and resources."),
        )
        .gateway(),
    }
}

/// `GET /subscriptions/{id}/tagNames`: every tag name in use, with its values and how often each occurs.
pub(crate) fn names(call: &Call<'_>) -> Outcome {
    if call.writes() {
        return Err(call.method_not_allowed());
    }
    let count = |count: i64| json!({"type": "Total", "value": count});
    let mut names: Vec<Value> = Vec::new();
    for (name, value, occurs) in call.store.tags_in_use()? {
        let id = format!("/subscriptions/{}/tagNames/{name}", call.subscription());
        if names.last().is_none_or(|last| last["tagName"] != *name) {
            names.push(json!({"id": id, "tagName": name, "count": count(0), "values": []}));
        }
        let Some(entry) = names.last_mut() else { continue };
        entry["count"] = count(entry["count"]["value"].as_i64().unwrap_or_default() + occurs);
        if let Some(values) = entry["values"].as_array_mut() {
            values.push(json!({"id": format!("{id}/tagValues/{value}"), "tagValue": value, "count": count(occurs)}));
        }
    }
    Ok(Answer::ok(json!({ "value": names })))
}
