//! User-assigned identities. Synchronous; bodies without a provisioningState, ids with a lower-case `resourcegroups`.

use http::{Method, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use super::FACTS;
use super::kind;
use crate::arm::call::Call;
use crate::arm::facts::judge::Sent;
use crate::arm::failure::Failure;
use crate::arm::failure::Outcome;
use crate::arm::response::Answer;
use crate::arm::tags::check_tags;
use crate::arm::{location, paging};
use crate::ids::TENANT_ID;
use crate::state::lists::ListQuery;
use crate::state::store::Resource;

const TYPE: &str = "Microsoft.ManagedIdentity/userAssignedIdentities";

#[derive(Deserialize)]
struct IdentityBody {
    location: Option<String>,
    tags: Option<Value>,
}

/// The id of an identity.
pub(super) fn id(call: &Call<'_>, group: &str, name: &str) -> String {
    let subscription = call.subscription();
    format!("/subscriptions/{subscription}/resourcegroups/{group}/providers/{TYPE}/{name}")
}

/// `GET …/userAssignedIdentities` of a group or the subscription.
pub(super) fn list(call: &Call<'_>, group: Option<&Resource>) -> Outcome {
    if call.writes() {
        return Err(call.method_not_allowed());
    }
    let group = group.map(|group| group.group.as_str());
    paging::page(call, ListQuery { kinds: Some(&[kind::IDENTITY]), group, ..ListQuery::default() }, |it| it.body)
}

/// The identity of this name, or ARM's 404.
pub(super) fn find(call: &Call<'_>, group: &Resource, name: &str) -> Result<Resource, Failure> {
    let found = call.store.get(&id(call, &group.name, name))?;
    found.ok_or_else(|| Failure::resource_missing(&format!("{TYPE}/{name}"), &group.name))
}

/// `…/userAssignedIdentities/{name}`
pub(super) fn one(call: &Call<'_>, group: &Resource, name: &str) -> Outcome {
    let found = call.store.get(&id(call, &group.name, name))?;
    let missing = || Failure::resource_missing(&format!("{TYPE}/{name}"), &group.name);
    match *call.method {
        Method::GET => Ok(Answer::ok(found.ok_or_else(missing)?.body)),
        Method::HEAD => found.map(|_| Answer::empty(StatusCode::NO_CONTENT)).ok_or_else(missing),
        Method::PUT => put(call, group, name, found),
        Method::PATCH => patch(call, found.ok_or_else(missing)?),
        Method::DELETE => delete(call, found),
        _ => Err(call.method_not_allowed()),
    }
}

fn put(call: &Call<'_>, group: &Resource, name: &str, found: Option<Resource>) -> Outcome {
    let sent = FACTS.judged(call, "userAssignedIdentities", Sent::Whole)?;
    let asked = IdentityBody::deserialize(&sent).map_err(Failure::content)?;
    check_name(name)?;
    check_tags(asked.tags.as_ref())?;
    let location = location::required(call.settings, asked.location.as_deref(), TYPE)?;
    let tags = asked.tags.filter(Value::is_object).unwrap_or_else(|| json!({}));
    let latency = call.settings.durations.identity;
    if let Some(mut found) = found {
        if found.location != location {
            return Err(location::immovable(&found.name, &found.location, &location, &group.name));
        }
        found.body["tags"] = tags;
        found.body["properties"] = said(&found.body["properties"]);
        FACTS.tell("userAssignedIdentities", &sent, &mut found.body);
        call.store.put_body(&found)?;
        return Ok(Answer::ok(found.body).after(latency));
    }
    let id = id(call, &group.name, name);
    let principal = call.store.guid(&id)?.to_string();
    let client = call.store.guid(&id)?.to_string();
    let mut body = json!({
        "location": location,
        "tags": tags,
        "id": id,
        "name": name,
        "type": TYPE,
        "properties": {"tenantId": TENANT_ID, "principalId": principal, "clientId": client},
    });
    FACTS.tell("userAssignedIdentities", &sent, &mut body);
    let identity = Resource {
        group: group.group.clone(),
        parent: group.key(),
        location,
        lookup: Some(principal.clone()),
        ..Resource::ready(kind::IDENTITY, id.as_str(), name, body, call.now)
    };
    call.store.put(&identity)?;
    // The directory learns of it when the call is answered; lateness counts from then.
    call.store
        .db()
        .prepare_cached("INSERT OR REPLACE INTO principals(id, born) VALUES (?1, ?2)")?
        .execute(rusqlite::params![principal, call.later(latency)])?;
    Ok(Answer::json(StatusCode::CREATED, identity.body).header("location", id).after(latency))
}

/// What the service says of an identity's properties.
fn said(properties: &Value) -> Value {
    json!({"tenantId": properties["tenantId"], "principalId": properties["principalId"], "clientId": properties["clientId"]})
}

fn patch(call: &Call<'_>, mut found: Resource) -> Outcome {
    let sent = FACTS.judged(call, "userAssignedIdentities", Sent::Part)?;
    let asked = IdentityBody::deserialize(&sent).map_err(Failure::content)?;
    check_tags(asked.tags.as_ref())?;
    if let Some(tags) = asked.tags.filter(Value::is_object) {
        found.body["tags"] = tags;
    }
    let old = found.body.clone();
    found.body["properties"] = said(&old["properties"]);
    for told in [&sent, &old] {
        FACTS.tell("userAssignedIdentities", told, &mut found.body);
    }
    call.store.put_body(&found)?;
    Ok(Answer::ok(found.body).after(call.settings.durations.identity))
}

fn delete(call: &Call<'_>, found: Option<Resource>) -> Outcome {
    let Some(found) = found else { return Ok(Answer::empty(StatusCode::NO_CONTENT)) };
    for child in call.store.list(&ListQuery { parent: Some(&found.key()), ..ListQuery::default() })? {
        call.store.end(&child.key(), call.now)?;
    }
    call.store.end(&found.key(), call.now)?;
    if let Some(principal) = &found.lookup {
        call.store.db().prepare_cached("DELETE FROM principals WHERE id = ?1")?.execute([principal])?;
    }
    Ok(Answer::empty(StatusCode::OK).after(call.settings.durations.identity))
}

/// 3-128 letters, digits, dashes, underscores, beginning with a letter or digit.
fn check_name(name: &str) -> Result<(), Failure> {
    let allowed = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    if allowed && (3..=128).contains(&name.len()) && name.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        return Ok(());
    }
    Err(Failure::bad_request(
        "InvalidResourceName",
        format!(
            "The resource name '{name}' is invalid. It must be 3-128 characters of letters, digits, dashes and underscores, \
             and begin with a letter or digit."
        ),
    ))
}
