//! Model deployments: synchronous, one child write an account at a time, counted against the sku's usage name.

use http::{Method, StatusCode};
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};

use super::FACTS;
use super::account_body::{etag, system_data};
use super::accounts;
use super::catalogue::{self, Catalogue, Model, Sku};
use super::kind;
use super::models;
use super::rai_policies;
use super::upgrades;
use crate::arm::call::Call;
use crate::arm::facts::judge::Sent;
use crate::arm::failure::Failure;
use crate::arm::failure::Outcome;
use crate::arm::response::Answer;
use crate::arm::{json_object, paging, quota, regions};
use crate::state::lists::ListQuery;
use crate::state::store::Resource;
use crate::state::timestamps::stamp;

#[derive(Deserialize)]
struct DeploymentBody {
    #[serde(default, deserialize_with = "json_object::optional")]
    sku: Option<SkuBody>,
    #[serde(default, deserialize_with = "json_object::optional")]
    properties: Option<Properties>,
    tags: Option<Value>,
}

#[derive(Deserialize)]
struct SkuBody {
    name: Option<String>,
    #[serde(default, deserialize_with = "capacity")]
    capacity: Option<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Properties {
    #[serde(default, deserialize_with = "json_object::optional")]
    model: Option<ModelBody>,
    version_upgrade_option: Option<String>,
    rai_policy_name: Option<String>,
}

#[derive(Deserialize)]
struct ModelBody {
    format: Option<String>,
    name: Option<String>,
    version: Option<String>,
}

/// A number, or a string of digits, which the service takes as well.
fn capacity<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    let value = Option::<Value>::deserialize(deserializer)?;
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Number(number)) if number.is_i64() => Ok(number.as_i64()),
        Some(Value::String(text)) if text.parse::<i64>().is_ok() => Ok(text.parse().ok()),
        Some(other) => Err(serde::de::Error::custom(format!("'{other}' is not a capacity"))),
    }
}

/// `GET …/deployments`
pub(super) fn list(call: &Call<'_>, group: &Resource, name: &str) -> Outcome {
    if call.writes() {
        return Err(call.method_not_allowed());
    }
    let account = accounts::parent(call, group, name)?;
    let key = account.key();
    let wanted = ListQuery { kinds: Some(&[kind::DEPLOYMENT]), parent: Some(&key), ..ListQuery::default() };
    let (sold, at) = (catalogue::of(call), (call.now, call.pace));
    paging::page(call, wanted, |it| upgrades::as_it_is(call.settings, sold, at, it).body)
}

/// `…/deployments/{name}`
pub(super) fn one(call: &Call<'_>, group: &Resource, account_name: &str, name: &str) -> Outcome {
    let account = accounts::parent(call, group, account_name)?;
    let id = format!("{}/deployments/{name}", account.id);
    let found = call
        .store
        .get(&id)?
        .map(|it| upgrades::as_it_is(call.settings, catalogue::of(call), (call.now, call.pace), it));
    if !call.writes() {
        return found.map(answer).ok_or_else(|| missing(&id));
    }
    if !matches!(*call.method, Method::PUT | Method::PATCH | Method::DELETE) {
        return Err(call.method_not_allowed());
    }
    if *call.method == Method::DELETE && found.is_none() {
        return Ok(Answer::empty(StatusCode::NO_CONTENT));
    }
    accounts::refuse_not_succeeded(call, &account)?;
    if call.now < account.busy {
        return Err(Failure::conflict(
            "RequestConflict",
            format!(
                "Another operation is being performed on the parent resource '{}'. Please try again later.",
                account.id
            ),
        ));
    }
    let latency = call.settings.durations.deployment;
    let answer = match found {
        Some(found) if *call.method == Method::DELETE => {
            call.store.end(&found.key(), call.now)?;
            quota::release(&call.store, &found.id)?;
            Answer::empty(StatusCode::OK)
        }
        Some(found) if *call.method == Method::PATCH => patch(call, &account, found)?,
        None if *call.method == Method::PATCH => return Err(missing(&id)),
        found => {
            let sent = FACTS.judged(call, "deployments", Sent::Whole)?;
            put(call, &account, &id, name, found, &sent)?
        }
    };
    call.store.occupy(&account.key(), call.later(latency))?;
    Ok(answer.after(latency))
}

fn missing(id: &str) -> Failure {
    Failure::not_found("NotFound", format!("Specified resource '{id}' cannot be found."))
}

/// Changes tags and sku, and nothing else ("Deployments - Update"): what is not sent stays.
fn patch(call: &Call<'_>, account: &Resource, found: Resource) -> Outcome {
    let sent = FACTS.judged(call, "deployments", Sent::Part)?;
    if !sent["properties"].is_null() {
        return Err(Failure::content("Could not find member 'properties' on object of type 'PatchResourceTagsAndSku'"));
    }
    let old = &found.body;
    let mut whole = json!({"properties": old["properties"], "sku": old["sku"], "tags": old["tags"]});
    for (name, value) in sent["sku"].as_object().into_iter().flatten().filter(|(_, value)| !value.is_null()) {
        whole["sku"][name] = value.clone();
    }
    if !sent["tags"].is_null() {
        whole["tags"] = sent["tags"].clone();
    }
    let (id, name) = (found.id.clone(), found.name.clone());
    put(call, account, &id, &name, Some(found), &whole)
}

fn answer(deployment: Resource) -> Answer {
    let etag = deployment.body["etag"].as_str().unwrap_or_default().to_owned();
    Answer::ok(deployment.body).header("etag", etag)
}

fn put(call: &Call<'_>, account: &Resource, id: &str, name: &str, found: Option<Resource>, sent: &Value) -> Outcome {
    check_name(name)?;
    let asked = DeploymentBody::deserialize(sent).map_err(Failure::content)?;
    let properties = asked.properties.as_ref().ok_or_else(|| Failure::content("'properties' is required"))?;
    let region = regions::normal(&account.location);
    let old = found.as_ref().map(|found| &found.body);
    let sku_name = asked.sku.as_ref().and_then(|sku| sku.name.clone()).unwrap_or_else(|| "Standard".into());
    let (model, sku) = choose(catalogue::of(call), &region, properties, &sku_name, old)?;
    let capacity = asked.sku.as_ref().and_then(|sku| sku.capacity).unwrap_or(1);
    if capacity < 1 {
        return Err(Failure::bad_request("InvalidCapacity", "The capacity should be at least 1."));
    }
    check_policy(call, account, properties.rai_policy_name.as_deref())?;
    if let Some(old) = old {
        refuse_double_change(old, model, capacity)?;
    }
    let same_model = old.is_some_and(|old| is_model(old, model));
    if !same_model {
        refuse_closed(call, model, sku)?;
    }
    take_quota(call, account, &region, id, sku, capacity)?;
    let is_new = found.is_none();
    let created = found.as_ref().map_or(call.now, |found| found.created);
    let id = found.as_ref().map_or_else(|| id.to_owned(), |found| found.id.clone());
    let mut body = json!({
        "id": id,
        "type": "Microsoft.CognitiveServices/accounts/deployments",
        "name": found.as_ref().map_or(name, |found| &found.name),
        "sku": {"name": sku.name, "capacity": capacity},
        "properties": {
            "model": {"format": "OpenAI", "name": model.name, "version": model.version},
            "versionUpgradeOption": properties.version_upgrade_option.as_deref().unwrap_or(upgrades::TO_DEFAULT),
            "currentCapacity": capacity,
            "capabilities": model.deployed_capabilities(&region),
            "raiPolicyName": properties.rai_policy_name.as_deref().filter(|name| !name.is_empty()).unwrap_or(rai_policies::DEFAULT),
            "provisioningState": "Succeeded",
            // a unit of capacity is 1,000 tokens a minute, and one request a window
            "rateLimits": [
                {"key": "request", "renewalPeriod": sku.request_window, "count": capacity},
                {"key": "token", "renewalPeriod": 60, "count": capacity.saturating_mul(1000)},
            ],
        },
        "systemData": system_data(created, call.now),
        "etag": etag(call, &id)?,
    });
    if let Some(tags) = asked.tags.filter(Value::is_object) {
        body["tags"] = tags;
    }
    FACTS.tell("deployments", sent, &mut body);
    let name = body["name"].as_str().unwrap_or_default().to_owned();
    let deployment = Resource {
        group: account.group.clone(),
        parent: account.key(),
        location: account.location.clone(),
        created,
        born: created,
        ..Resource::ready(kind::DEPLOYMENT, id, name, body, call.now)
    };
    call.store.put(&deployment)?;
    let answer = answer(deployment);
    Ok(if is_new { Answer { status: StatusCode::CREATED, ..answer } } else { answer })
}

/// Refuses a content filter that the account does not have (code and words inferred).
fn check_policy(call: &Call<'_>, account: &Resource, asked: Option<&str>) -> Result<(), Failure> {
    let Some(name) = asked.filter(|name| !name.is_empty()) else { return Ok(()) };
    if rai_policies::exists(call, account, name)? {
        return Ok(());
    }
    Err(Failure::bad_request(
        "InvalidResourceProperties",
        format!("The raiPolicyName '{name}' is not found in the account. Create the content filter first."),
    ))
}

fn is_model(deployment: &Value, model: &Model) -> bool {
    let current = &deployment["properties"]["model"];
    current["name"] == *model.name && current["version"] == *model.version
}

/// The model and sku that are asked for, if the region has them.
fn choose<'a>(
    catalogue: &'a Catalogue,
    region: &str,
    properties: &Properties,
    sku_name: &str,
    old: Option<&Value>,
) -> Result<(&'a Model, &'a Sku), Failure> {
    let asked = properties.model.as_ref();
    let part = |sent: Option<&String>, member: &str| {
        sent.cloned().or_else(|| old.and_then(|old| old["properties"]["model"][member].as_str().map(str::to_owned)))
    };
    let format = part(asked.and_then(|model| model.format.as_ref()), "format").unwrap_or_default();
    let name = part(asked.and_then(|model| model.name.as_ref()), "name").unwrap_or_default();
    let version = part(asked.and_then(|model| model.version.as_ref()), "version").filter(|version| !version.is_empty());
    let shown = version.as_deref().unwrap_or_default();
    let known = |model: &&Model| model.name == name && model.in_region(region);
    let model = catalogue
        .models
        .iter()
        .filter(known)
        .find(|model| version.as_ref().map_or(model.default, |version| *version == model.version))
        .filter(|_| format == "OpenAI")
        .ok_or_else(|| {
            Failure::bad_request(
                "DeploymentModelNotSupported",
                format!(
                    "The model 'Format:{format},Name:{name},Version:{shown}' of account deployment is not supported."
                ),
            )
        })?;
    let sku = model.sku(sku_name).ok_or_else(|| {
        Failure::bad_request(
            "InvalidResourceProperties",
            format!(
                "The specified SKU '{sku_name}' for model '{name} {}' is not supported in this region '{region}'.",
                model.version
            ),
        )
    })?;
    Ok((model, sku))
}

/// Model and capacity cannot both change in one PUT.
fn refuse_double_change(old: &Value, model: &Model, capacity: i64) -> Result<(), Failure> {
    if is_model(old, model) || old["sku"]["capacity"] == capacity {
        return Ok(());
    }
    Err(Failure::bad_request(
        "InvalidDeploymentUpdate",
        "The model and the capacity of a deployment cannot be changed in the same request.",
    ))
}

/// A sku past its date takes no new deployments.
fn refuse_closed(call: &Call<'_>, model: &Model, sku: &Sku) -> Result<(), Failure> {
    let closed = models::closed_from(call, model, sku);
    // Both are RFC 3339 in UTC: they compare as text.
    if stamp(call.now) < closed {
        return Ok(());
    }
    let (date, _) = closed.split_once('T').unwrap_or((&closed, ""));
    let mut parts = date.split('-');
    let (year, month, day) = (parts.next(), parts.next(), parts.next());
    Err(Failure::bad_request(
        "ServiceModelDeprecated",
        format!(
            "The model 'Format:OpenAI,Name:{},Version:{}' has been deprecated since {}/{}/{} 00:00:00.",
            model.name,
            model.version,
            month.unwrap_or_default(),
            day.unwrap_or_default(),
            year.unwrap_or_default()
        ),
    ))
}

fn take_quota(
    call: &Call<'_>,
    account: &Resource,
    region: &str,
    id: &str,
    sku: &Sku,
    capacity: i64,
) -> Result<(), Failure> {
    let usage = &sku.usage_name;
    let pool = &models::counted_in(call, region, usage);
    let used = quota::used(&call.store, call.now, pool, usage, id)?;
    let (text, limit) = models::limit(call, pool, usage);
    let left = (limit - used).max(0);
    if capacity > left {
        return Err(Failure::bad_request(
            "InsufficientQuota",
            format!(
                "This operation require {capacity} new capacity in quota {text}, which is bigger than the current available \
                 capacity {left}. The current quota usage is {used} and the quota limit is {limit} for quota {text}."
            ),
        ));
    }
    quota::release(&call.store, id)?;
    let holding = quota::Holding { holder: id, owner: &account.id, location: pool, usage, amount: capacity };
    quota::hold(&call.store, &holding)?;
    Ok(())
}

/// 2-64 letters, digits, `-`, `_`, `.`, beginning and ending with a letter or digit.
fn check_name(name: &str) -> Result<(), Failure> {
    let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    let allowed = name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
    if allowed && (2..=64).contains(&name.len()) && edge(name.chars().next()) && edge(name.chars().last()) {
        return Ok(());
    }
    Err(Failure::bad_request(
        "InvalidDeploymentName",
        format!("The deployment name '{name}' is invalid. It must be 2-64 letters, digits, '-', '_' and '.'."),
    ))
}
