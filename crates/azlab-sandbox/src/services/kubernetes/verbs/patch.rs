//! `PATCH …/{plural}/{name}`: four kinds of patches, told apart by the media type.

use serde_json::{Value, json};

use super::super::apply::apply;
use super::super::body::read_object;
use super::super::object::stamp;
use super::super::refusal::Refusal;
use super::super::reply::Reply;
use super::super::request::{Address, Request};
use super::super::save::{Change, check_form, save, settle_names};
use super::super::schema::Shape;
use super::super::world::World;
use super::{json_patch, merge_patch, strategic};

pub(super) fn answer(world: &World<'_>, request: &Request<'_>, address: &Address) -> Result<Reply, Refusal> {
    let kind = address.kind;
    let old = world.get(kind, &address.namespace, &address.name)?;
    if request.content_type() == "application/apply-patch+yaml" {
        return server_side(world, request, address);
    }
    let patched: fn(&Shape, &mut Value, &Value) -> Result<(), Refusal> = match request.content_type() {
        "application/json-patch+json" => |_, value, patch| json_patch::patch(value, patch),
        "application/merge-patch+json" => |_, value, patch| {
            merge_patch::patch(value, patch);
            Ok(())
        },
        "application/strategic-merge-patch+json" => |shape, value, patch| strategic::patch(shape, value, patch),
        other => {
            let message = format!(
                "the body of the request was in an unknown format - accepted media types include: \
                 application/json-patch+json, application/merge-patch+json, application/strategic-merge-patch+json, \
                 application/apply-patch+yaml; and not '{other}'"
            );
            return Err(Refusal::new(415, "UnsupportedMediaType", message));
        }
    };
    let old = old.ok_or_else(|| Refusal::not_found(kind, &address.name))?;
    let change = Change::of(request, address, "Update")?;
    let patch: Value = serde_json::from_slice(request.body)
        .map_err(|error| Refusal::bad_request(format!("the patch cannot be read: {error}")))?;
    let mut body = old.body.clone();
    patched(&Shape::of(kind.shape()), &mut body, &patch)?;
    if !body.is_object() {
        return Err(Refusal::bad_request("the patch makes no object"));
    }
    let saved = save(world, &change, Some(&old), body, None)?;
    Ok(Reply { warnings: saved.warnings, ..Reply::ok(saved.object.body) })
}

/// Server-side apply, which makes the object where there is none.
fn server_side(world: &World<'_>, request: &Request<'_>, address: &Address) -> Result<Reply, Refusal> {
    let kind = address.kind;
    if request.parameter("fieldManager").is_none() {
        let message =
            "PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Required value: is required for apply patch";
        return Err(Refusal::new(422, "Invalid", message));
    }
    let change = Change::of(request, address, "Apply")?;
    let mut body = read_object(request, address)?;
    for (field, sent) in [("apiVersion", &body["apiVersion"]), ("kind", &body["kind"])] {
        if sent.as_str().is_none_or(str::is_empty) {
            return Err(Refusal::bad_request(format!("{field} must be set in an applied configuration")));
        }
    }
    if body["metadata"]["managedFields"].as_array().is_some_and(|entries| !entries.is_empty()) {
        return Err(Refusal::bad_request("metadata.managedFields must be nil"));
    }
    let old = world.get(kind, &address.namespace, &address.name)?;
    if let Some(uid) = body["metadata"]["uid"].as_str().filter(|uid| !uid.is_empty() && old.is_none()) {
        let why = format!("uid mismatch: the provided object specified uid {uid}, and no existing object was found");
        return Err(Refusal::conflict(kind, &address.name, &why));
    }
    settle_names(address, &mut body)?;
    let shape = Shape::of(kind.shape());
    let now = stamp(world.now);
    let mut applied =
        apply(&shape, old.as_ref().map(|old| &old.body), &body, &change.manager, request.flag("force"), &now)?;
    // What is malformed was let through so far; unknown fields were not.
    check_form(&change, &mut applied.object)?;
    let mut object = applied.object.clone();
    if kind.has_status() && object["status"].is_null() {
        object["status"] = json!(null);
    }
    let saved = save(world, &change, old.as_ref(), object, Some(applied))?;
    let status = if saved.created { 201 } else { 200 };
    Ok(Reply { warnings: saved.warnings, ..Reply::json(status, saved.object.body) })
}
