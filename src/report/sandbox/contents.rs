//! What is in the sandbox.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use serde_json::{Value, json};
use time::OffsetDateTime;

use super::scenario::{self, in_force};
use crate::outcome::sandbox::SCHEMA;
use crate::values::duration::age;
use azlab_sandbox::{ActiveScenario, Inventory, InventoryItem, SUBSCRIPTION_ID};

/// For people; `make` is the command that makes a lab.
pub(super) fn text(inventory: &Inventory, scenario: Option<&ActiveScenario>, make: &str) -> String {
    let mut text = time(inventory.now, inventory.ahead);
    if let Some(scenario) = scenario {
        text.push_str(&in_force(scenario));
    }
    if inventory.resources.is_empty() && inventory.soft_deleted.is_empty() {
        text.push_str(&format!("it is empty; to make a lab: {}\n", make));
        return text;
    }
    for (heading, rows) in groups(&inventory.resources) {
        section(&mut text, &heading, &rows);
    }
    let soft_deleted: Vec<_> =
        inventory.soft_deleted.iter().map(|item| (item.state.clone(), short(&item.id).to_owned())).collect();
    section(&mut text, "soft-deleted accounts", &soft_deleted);
    let operations: Vec<_> = inventory
        .operations
        .iter()
        .map(|one| (format!("{} until {}", one.kind, rfc3339(one.done)), relative(&one.resource).1))
        .collect();
    section(&mut text, "operations in progress", &operations);
    text
}

/// What time it is there.
pub(super) fn time(now: OffsetDateTime, ahead: time::Duration) -> String {
    let now = rfc3339(now);
    match ahead.unsigned_abs() {
        Duration::ZERO => format!("the sandbox's time is {now}, as this machine's\n"),
        ahead => format!("the sandbox's time is {now}, {} ahead of this machine's\n", age(ahead.as_secs())),
    }
}

/// For scripts.
pub(super) fn object(inventory: &Inventory, scenario: Option<&ActiveScenario>) -> Value {
    let mut object = to_json(inventory);
    object["scenario"] = scenario.map_or(Value::Null, scenario::object);
    object
}

/// State and name of each resource, by group. The state comes first: names are long, and on a narrow terminal only they
/// are to wrap.
fn groups(items: &[InventoryItem]) -> Vec<(String, Vec<(String, String)>)> {
    let mut groups: BTreeMap<String, (String, Vec<(String, String)>)> = BTreeMap::new();
    for item in items {
        let (group, path) = relative(&item.id);
        let (heading, rows) = groups.entry(group.to_ascii_lowercase()).or_insert_with(|| (group.clone(), Vec::new()));
        if path.is_empty() {
            *heading = format!("resource group {group} ({}, {})", item.location, item.state);
        } else {
            rows.push((item.state.clone(), path));
        }
    }
    groups.into_values().collect()
}

/// The resource group of an id (empty if it has none), and the types and names below it, without namespaces.
fn relative(id: &str) -> (String, String) {
    let short = short(id);
    let mut parts = short.split('/').peekable();
    let is_group = parts.next_if(|part| part.eq_ignore_ascii_case("resourceGroups")).is_some();
    let group = if is_group { parts.next().unwrap_or_default() } else { "" };
    let path: Vec<&str> =
        parts.filter(|part| !part.eq_ignore_ascii_case("providers") && !part.starts_with("Microsoft.")).collect();
    (group.to_owned(), path.join("/"))
}

/// An id without what is the same for all.
fn short(id: &str) -> &str {
    let prefix = format!("/subscriptions/{SUBSCRIPTION_ID}/");
    match id.split_at_checked(prefix.len()) {
        Some((start, rest)) if start.eq_ignore_ascii_case(&prefix) => rest,
        _ => id,
    }
}

fn section(text: &mut String, heading: &str, rows: &[(String, String)]) {
    let width = rows.iter().map(|(first, _)| first.chars().count()).max().unwrap_or_default();
    if rows.is_empty() && !heading.starts_with("resource group") {
        return;
    }
    // Writing to a String cannot fail.
    let _ = writeln!(text, "\n{heading}");
    for (first, second) in rows {
        let _ = writeln!(text, "  {first:width$}  {second}");
    }
}

fn to_json(inventory: &Inventory) -> Value {
    let items = |items: &[InventoryItem]| -> Value {
        items
            .iter()
            .map(|item| {
                json!({"id": item.id, "type": item.resource_type, "location": item.location,
                    "state": item.state, "created": rfc3339(item.created)})
            })
            .collect()
    };
    json!({
        "schema": SCHEMA,
        "now": rfc3339(inventory.now),
        "ahead_s": inventory.ahead.whole_seconds(),
        "resources": items(&inventory.resources),
        "soft_deleted": items(&inventory.soft_deleted),
        "operations": inventory.operations.iter().map(|one| json!({"id": one.id, "kind": one.kind,
            "resource": one.resource, "started": rfc3339(one.started), "done": rfc3339(one.done)})).collect::<Vec<_>>(),
    })
}

pub(super) fn rfc3339(time: OffsetDateTime) -> String {
    let time = time.replace_nanosecond(0).unwrap_or(time);
    time.format(&time::format_description::well_known::Rfc3339).unwrap_or_else(|_| time.to_string())
}
