//! `…/scale`: how many replicas there should be.

use serde_json::{Value, json};

use super::super::body::read_object;
use super::super::object::Object;
use super::super::refusal::Refusal;
use super::super::reply::Reply;
use super::super::request::{Address, Request};
use super::super::save::{Change, save};
use super::super::world::World;
use super::{json_patch, merge_patch};

pub(super) fn answer(world: &World<'_>, request: &Request<'_>, address: &Address) -> Result<Reply, Refusal> {
    let found = world.get(address.kind, &address.namespace, &address.name)?;
    let object = found.ok_or_else(|| Refusal::not_found(address.kind, &address.name))?;
    let mut scale = scale_of(&object);
    match (request.method.as_str(), request.content_type()) {
        ("GET", _) => return Ok(Reply::ok(scale)),
        ("PUT", _) => scale = read_object(request, address)?,
        ("PATCH", "application/json-patch+json") => json_patch::patch(&mut scale, &patch(request)?)?,
        ("PATCH", "application/apply-patch+yaml") => {
            return Err(Refusal::not_implemented("server-side apply of a scale"));
        }
        ("PATCH", _) => merge_patch::patch(&mut scale, &patch(request)?),
        _ => return Err(Refusal::method_not_allowed()),
    }
    let replicas = scale["spec"]["replicas"].as_i64().unwrap_or_default();
    let mut body = object.body.clone();
    if let Some(version) = scale["metadata"]["resourceVersion"].as_str().filter(|version| !version.is_empty()) {
        body["metadata"]["resourceVersion"] = version.into();
    }
    body["spec"]["replicas"] = replicas.into();
    let change = Change::of(request, address, "Update")?;
    let saved = save(world, &change, Some(&object), body, None)?;
    Ok(Reply::ok(scale_of(&saved.object)))
}

fn patch(request: &Request<'_>) -> Result<Value, Refusal> {
    serde_json::from_slice(request.body)
        .map_err(|error| Refusal::bad_request(format!("the patch cannot be read: {error}")))
}

fn scale_of(object: &Object) -> Value {
    let metadata = &object.body["metadata"];
    let labels = object.body["spec"]["selector"]["matchLabels"].as_object();
    let selector =
        labels.into_iter().flatten().map(|(name, value)| format!("{name}={}", value.as_str().unwrap_or_default()));
    json!({
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": {
            "name": metadata["name"],
            "namespace": metadata["namespace"],
            "uid": metadata["uid"],
            "resourceVersion": metadata["resourceVersion"],
            "creationTimestamp": metadata["creationTimestamp"],
        },
        "spec": {"replicas": object.body["spec"]["replicas"].as_i64().unwrap_or_default()},
        "status": {
            "replicas": object.body["status"]["replicas"].as_i64().unwrap_or_default(),
            "selector": selector.collect::<Vec<_>>().join(","),
        },
    })
}
