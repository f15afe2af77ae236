//! What controllers write: objects of their own, and the status of others'.

use serde_json::{Value, json};

use super::super::apply::{Manager, updated};
use super::super::kinds::Kind;
use super::super::object::{Object, stamp};
use super::super::refusal::Refusal;
use super::super::request::Address;
use super::super::save::{Change, save};
use super::super::schema::Shape;
use super::super::world::World;

/// The controllers of Kubernetes itself.
pub(super) const CONTROLLERS: &str = "kube-controller-manager";

/// Makes an object, as anybody else would.
///
/// # Errors
/// What the API server says to it.
pub(super) fn make(world: &World<'_>, kind: &'static Kind, namespace: &str, body: Value) -> Result<Object, Refusal> {
    let (name, subresource) = (String::new(), String::new());
    let address = Address { kind, namespace: namespace.to_owned(), name, subresource };
    Ok(save(world, &change(&address), None, body, None)?.object)
}

/// Writes another spec of an object that exists.
///
/// # Errors
/// What the API server says to it.
pub(super) fn update(world: &World<'_>, old: &Object, body: Value) -> Result<Object, Refusal> {
    let address = Address {
        kind: old.kind,
        namespace: old.namespace().to_owned(),
        name: old.name().to_owned(),
        subresource: String::new(),
    };
    Ok(save(world, &change(&address), Some(old), body, None)?.object)
}

fn change(address: &Address) -> Change<'_> {
    let manager = Manager {
        name: CONTROLLERS.to_owned(),
        operation: "Update",
        api_version: address.kind.api_version(),
        subresource: String::new(),
    };
    Change { address, manager, dry_run: false, validation: "Ignore".to_owned() }
}

/// Keeps another state of an object, if it is another, and has its owner look.
///
/// # Errors
/// When the state cannot be written.
pub(super) fn status(world: &World<'_>, old: &Object, mut object: Object, manager: &str) -> Result<(), Refusal> {
    if object.body == old.body {
        return Ok(world.set_due(old, object.due)?);
    }
    let manager = Manager {
        name: manager.to_owned(),
        operation: "Update",
        api_version: object.kind.api_version(),
        subresource: "status".to_owned(),
    };
    updated(&Shape::of(object.kind.shape()), Some(&old.body), &mut object.body, &manager, &stamp(world.now));
    world.put(&mut object)?;
    if let Some(owner) = object.controller().map(|uid| world.by_uid(uid)).transpose()?.flatten() {
        world.set_due(&owner, Some(world.now))?;
    }
    Ok(())
}

/// Sets a condition of a status: its time changes when its value does.
pub(super) fn condition(
    world: &World<'_>,
    object: &mut Object,
    kind: &str,
    value: bool,
    reason: &str,
    message: &str,
    with_update: bool,
) {
    let now = stamp(world.now);
    let value = if value { "True" } else { "False" };
    let conditions = object.status_mut().entry("conditions").or_insert_with(|| json!([]));
    let Some(conditions) = conditions.as_array_mut() else { return };
    let old = conditions.iter().find(|one| one["type"] == kind).cloned().unwrap_or_default();
    let is_same = old["status"] == value;
    let mut new = json!({
        "type": kind,
        "status": value,
        "lastTransitionTime": if is_same { old["lastTransitionTime"].clone() } else { now.clone().into() },
    });
    if !reason.is_empty() {
        new["reason"] = reason.into();
    }
    if !message.is_empty() {
        new["message"] = message.into();
    }
    if with_update {
        let told = |one: &Value| (one["status"].clone(), one["reason"].clone(), one["message"].clone());
        new["lastUpdateTime"] = if told(&old) == told(&new) { old["lastUpdateTime"].clone() } else { now.into() };
    }
    match conditions.iter_mut().find(|one| one["type"] == kind) {
        Some(place) => *place = new,
        None => conditions.push(new),
    }
}

/// Takes a condition away.
pub(super) fn without_condition(object: &mut Object, kind: &str) {
    if let Some(conditions) = object.status_mut().get_mut("conditions").and_then(Value::as_array_mut) {
        conditions.retain(|one| one["type"] != kind);
    }
}

/// The condition of that type.
pub(super) fn found_condition<'a>(body: &'a Value, kind: &str) -> Option<&'a Value> {
    body["status"]["conditions"].as_array()?.iter().find(|one| one["type"] == kind)
}

/// Whether a Pod is ready.
pub(super) fn is_ready(pod: &Value) -> bool {
    found_condition(pod, "Ready").is_some_and(|one| one["status"] == "True")
}
