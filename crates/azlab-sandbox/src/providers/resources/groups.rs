//! Resource groups.

use std::collections::BTreeMap;

use http::{Method, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use super::FACTS;
use super::group_delete;
use crate::arm::call::Call;
use crate::arm::facts::judge::Sent;
use crate::arm::failure::Failure;
use crate::arm::failure::Outcome;
use crate::arm::filter::{self, Term};
use crate::arm::provider::Providers;
use crate::arm::response::Answer;
use crate::arm::tags::check_tags;
use crate::arm::{paging, regions};
use crate::state::lists::ListQuery;
use crate::state::store::{Resource, kind};

#[derive(Deserialize)]
struct GroupBody {
    location: Option<String>,
    tags: Option<BTreeMap<String, String>>,
    #[serde(rename = "managedBy")]
    managed_by: Option<String>,
}

/// Usage name under which a subscription's groups are counted; it is the sandbox's own, for Resource Manager tells no usages.
pub(crate) const COUNT: &str = "ResourceGroups";
/// The most groups of a subscription ("Azure subscription limits").
pub(crate) const MOST_GROUPS: i64 = 980;

/// The id of a group.
pub(crate) fn id(call: &Call<'_>, name: &str) -> String {
    format!("/subscriptions/{}/resourceGroups/{name}", call.subscription())
}

/// `…/resourceGroups/{name}`
pub(super) fn one(call: &Call<'_>, providers: &Providers, name: &str) -> Outcome {
    check_characters(name)?;
    match *call.method {
        Method::GET => Ok(Answer::ok(body(&call.group(name)?, call))),
        // An absent group has an empty 404; the body of the failure is not sent for HEAD.
        Method::HEAD => call.group(name).map(|_| Answer::empty(StatusCode::NO_CONTENT)),
        Method::PUT => put(call, name),
        Method::PATCH => patch(call, name),
        Method::DELETE => group_delete::delete(call, providers, &call.group(name)?),
        _ => Err(call.method_not_allowed()),
    }
}

/// `GET …/resourceGroups`
pub(super) fn list(call: &Call<'_>) -> Outcome {
    if call.writes() {
        return Err(call.method_not_allowed());
    }
    let (mut tag_name, mut tag_value) = (None, None);
    let terms = filter::terms(call)?;
    for term in &terms {
        match term {
            Term::Equals(name, value) if name == "tagname" => tag_name = Some(value.as_str()),
            Term::Equals(name, value) if name == "tagvalue" => tag_value = Some(value.as_str()),
            _ => return Err(filter::invalid(&call.query("$filter").unwrap_or_default())),
        }
    }
    if tag_value.is_some() && tag_name.is_none() {
        return Err(filter::invalid(&call.query("$filter").unwrap_or_default()));
    }
    let wanted =
        ListQuery { kinds: Some(&[kind::GROUP]), tag: tag_name.map(|name| (name, tag_value)), ..ListQuery::default() };
    paging::page(call, wanted, |group| body(&group, call))
}

fn body(group: &Resource, call: &Call<'_>) -> Value {
    let mut body = group.body.clone();
    let state = if group.deleting(call.now) { "Deleting" } else { group.state(call.now) };
    body["properties"] = json!({ "provisioningState": state });
    body
}

fn put(call: &Call<'_>, name: &str) -> Outcome {
    check_name(name)?;
    let asked: GroupBody = FACTS.read_as(call, "resourceGroups", Sent::Whole)?;
    let found = call.store.get(&id(call, name))?;
    let location = asked.location.unwrap_or_default();
    if location.is_empty() {
        return Err(Failure::bad_request("LocationRequired", "The location property is required for this definition.")
            .gateway());
    }
    if !regions::known(&location) {
        return Err(Failure::bad_request(
            "LocationNotAvailableForResourceGroup",
            format!(
                "The provided location '{location}' is not available for resource group. List of available regions is '{}'.",
                regions::listed()
            ),
        )
        .gateway());
    }
    let location = regions::normal(&location);
    if let Some(found) = &found {
        if found.deleting(call.now) {
            return Err(Failure::group_being_deleted(&found.name));
        }
        if found.location != location {
            return Err(Failure::conflict(
                "InvalidResourceGroupLocation",
                format!(
                    "Invalid resource group location '{location}'. The Resource group already exists in location '{}'.",
                    found.location
                ),
            )
            .gateway());
        }
    }
    let tags = asked.tags.map(|tags| json!(tags));
    check_tags(tags.as_ref())?;
    if found.is_none() {
        refuse_too_many(call, name)?;
    }
    let group = write(call, found.as_ref(), name, &location, tags, asked.managed_by)?;
    Ok(Answer::created_or_ok(found.is_none(), body(&group, call)).after(call.settings.durations.group))
}

/// Refuses one more group than the subscription takes; those that are being deleted count (code and words: azure-sdk-for-js
/// #22953).
pub(crate) fn refuse_too_many(call: &Call<'_>, name: &str) -> Result<(), Failure> {
    let most = call.settings.limit("*", COUNT).unwrap_or(MOST_GROUPS);
    let count = call.store.count(kind::GROUP)?;
    if count < most {
        return Ok(());
    }
    Err(Failure::conflict(
        "ResourceGroupQuotaExceeded",
        format!(
            "The resource group '{name}' would exceed the quota of '{most}' resource groups. The current resource group count \
             is '{count}'; please delete some of them first."
        ),
    )
    .gateway())
}

/// Writes a group; a PUT without tags takes the tags away.
pub(crate) fn write(
    call: &Call<'_>,
    found: Option<&Resource>,
    name: &str,
    location: &str,
    tags: Option<Value>,
    managed_by: Option<String>,
) -> Result<Resource, Failure> {
    let name = found.map_or(name, |found| &found.name);
    let mut body = json!({
        "id": id(call, name),
        "name": name,
        "type": "Microsoft.Resources/resourceGroups",
        "location": location,
    });
    let managed_by =
        managed_by.map(Value::from).or_else(|| found.and_then(|found| found.body.get("managedBy").cloned()));
    if let Some(managed_by) = managed_by {
        body["managedBy"] = managed_by;
    }
    if let Some(tags) = tags {
        body["tags"] = tags;
    }
    let created = found.map_or(call.now, |found| found.created);
    let group = Resource {
        group: name.to_lowercase(),
        parent: format!("/subscriptions/{}", call.subscription()),
        location: location.to_owned(),
        created,
        born: created,
        ..Resource::ready(kind::GROUP, id(call, name), name, body, call.now)
    };
    call.store.put(&group)?;
    Ok(group)
}

fn patch(call: &Call<'_>, name: &str) -> Outcome {
    let mut found = call.group(name)?;
    if found.deleting(call.now) {
        return Err(Failure::group_being_deleted(&found.name));
    }
    let asked: GroupBody = FACTS.read_as(call, "resourceGroups", Sent::Part)?;
    let tags = asked.tags.map(|tags| json!(tags));
    check_tags(tags.as_ref())?;
    for (member, value) in [("tags", tags), ("managedBy", asked.managed_by.map(Value::from))] {
        if let Some(value) = value {
            found.body[member] = value;
        }
    }
    call.store.put_body(&found)?;
    Ok(Answer::ok(body(&found, call)).after(call.settings.durations.group))
}

/// 1-90 letters, digits, `_ - . ( )`, not ending in a period.
fn check_name(name: &str) -> Result<(), Failure> {
    if name.chars().count() > 90 {
        return Err(Failure::bad_request(
            "ResourceGroupNameTooLong",
            format!("The provided resource group name '{name}' has more than 90 characters."),
        )
        .gateway());
    }
    if name.ends_with('.') {
        // The words are inferred.
        let message = format!("The provided resource group name '{name}' ends with a period, which is not allowed.");
        return Err(Failure::bad_request("InvalidResourceGroup", message).gateway());
    }
    check_characters(name)
}

/// Refuses a name that no group can have; of reads, too (azure-cli 14481, microsoft-foundry-for-vscode 53).
fn check_characters(name: &str) -> Result<(), Failure> {
    let invalid: String = name.chars().filter(|c| !(c.is_alphanumeric() || "_-.()".contains(*c))).collect();
    if invalid.is_empty() {
        return Ok(());
    }
    let message = format!(
        "The provided resource group name '{name}' has these invalid characters: '{invalid}'. The name can only be a letter, \
         digit, '-', '.', '(', ')' or '_'."
    );
    Err(Failure::bad_request("InvalidResourceGroup", message).gateway())
}
