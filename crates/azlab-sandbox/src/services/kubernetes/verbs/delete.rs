//! `DELETE`: of one object, of many, and what goes with them.

use serde_json::{Value, json};

use super::super::object::{Object, member_mut, stamp};
use super::super::refusal::Refusal;
use super::super::reply::Reply;
use super::super::request::{Address, Request};
use super::super::world::World;
use super::read::Selection;

/// Finalizers by which the API server remembers how dependents are to be treated.
const FOREGROUND: &str = "foregroundDeletion";
const ORPHAN: &str = "orphan";
/// How long a container takes to end that is asked to, in milliseconds.
const ENDS_WITHIN: i64 = 2000;

/// How an object is to be deleted.
#[derive(Clone, Debug, Default)]
struct Options {
    policy: String,
    grace: Option<i64>,
    uid: Option<String>,
    version: Option<String>,
    dry_run: bool,
}

impl Options {
    fn of(request: &Request<'_>) -> Result<Self, Refusal> {
        let body: Value = match request.body {
            [] => Value::Null,
            body => serde_json::from_slice(body)
                .map_err(|error| Refusal::bad_request(format!("the DeleteOptions cannot be read: {error}")))?,
        };
        let text = |value: &Value| value.as_str().filter(|text| !text.is_empty()).map(str::to_owned);
        let policy = text(&body["propagationPolicy"]).or(request.parameter("propagationPolicy").map(str::to_owned));
        let orphans = body["orphanDependents"] == true || request.flag("orphanDependents");
        let policy = policy.unwrap_or_else(|| if orphans { "Orphan" } else { "Background" }.to_owned());
        if !matches!(policy.as_str(), "Background" | "Foreground" | "Orphan") {
            let message = format!(
                "propagationPolicy: Unsupported value: \"{policy}\": supported values: \"Foreground\", \"Background\", \
                 \"Orphan\", \"nil\""
            );
            return Err(Refusal::new(422, "Invalid", message));
        }
        let grace = body["gracePeriodSeconds"].as_i64();
        let grace = match grace {
            Some(seconds) => Some(seconds),
            None => request.number("gracePeriodSeconds")?,
        };
        let dry_run = match body["dryRun"].as_array() {
            Some(asked) => asked.iter().any(|one| one == "All"),
            None => request.dry_run()?,
        };
        Ok(Self {
            policy,
            grace: grace.map(|seconds| seconds.max(0)),
            uid: text(&body["preconditions"]["uid"]),
            version: text(&body["preconditions"]["resourceVersion"]),
            dry_run,
        })
    }
}

/// `DELETE …/{plural}/{name}`
pub(super) fn one(world: &World<'_>, request: &Request<'_>, address: &Address) -> Result<Reply, Refusal> {
    let options = Options::of(request)?;
    let kind = address.kind;
    let found = world.get(kind, &address.namespace, &address.name)?;
    let object = found.ok_or_else(|| Refusal::not_found(kind, &address.name))?;
    let body = delete(world, object, &options)?;
    Ok(Reply::ok(body))
}

/// `DELETE …/{plural}`
pub(super) fn collection(world: &World<'_>, request: &Request<'_>, address: &Address) -> Result<Reply, Refusal> {
    let options = Options::of(request)?;
    let kind = address.kind;
    if kind.kind == "Namespace" || kind.namespaced && address.namespace.is_empty() {
        return Err(Refusal::method_not_allowed());
    }
    let selection = Selection::of(request)?;
    let mut items = Vec::new();
    for object in world.list(kind, &address.namespace)? {
        if selection.fits(&object.body) {
            items.push(object.body.clone());
            delete(world, object, &options)?;
        }
    }
    Ok(Reply::ok(json!({
        "kind": format!("{}List", kind.kind),
        "apiVersion": kind.api_version(),
        "metadata": {"resourceVersion": world.version()?.to_string()},
        "items": items,
    })))
}

/// Deletes an object, or begins to; what the answer says.
fn delete(world: &World<'_>, mut object: Object, options: &Options) -> Result<Value, Refusal> {
    let kind = object.kind;
    let name = object.name().to_owned();
    if options.uid.as_ref().is_some_and(|uid| uid != object.uid()) {
        let why = format!(
            "Precondition failed: UID in precondition: {}, UID in object meta: {}",
            options.uid.clone().unwrap_or_default(),
            object.uid()
        );
        return Err(Refusal::conflict(kind, &name, &why));
    }
    if options.version.as_ref().is_some_and(|version| *version != object.version().to_string()) {
        return Err(Refusal::modified(kind, &name));
    }
    if kind.kind == "Namespace"
        && matches!(name.as_str(), "default" | "kube-system" | "kube-public" | "kube-node-lease")
    {
        return Err(Refusal::forbidden(kind, &name, "this namespace may not be deleted"));
    }
    let success = json!({
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Success",
        "details": details(&object),
    });
    if options.dry_run {
        return Ok(success);
    }
    let keeps_dependents = options.policy == "Orphan";
    if keeps_dependents || options.policy == "Foreground" {
        let finalizer = if keeps_dependents { ORPHAN } else { FOREGROUND };
        let mut finalizers: Vec<Value> = object.finalizers().into_iter().map(Value::from).collect();
        if !finalizers.iter().any(|known| known == finalizer) {
            finalizers.push(finalizer.into());
        }
        object.metadata_mut().insert("finalizers".into(), finalizers.into());
    }
    let grace = match kind.kind {
        "Pod" => {
            let own = object.body["spec"]["terminationGracePeriodSeconds"].as_i64().unwrap_or(30);
            // Nothing runs of a Pod that has no node, so that there is nothing to wait for.
            if object.body["spec"]["nodeName"].is_string() { options.grace.unwrap_or(own).max(0) } else { 0 }
        }
        _ => 0,
    };
    let waits = kind.kind == "Namespace" || grace > 0 || !object.finalizers().is_empty();
    if !waits {
        if kind.kind == "Pod" {
            let generation = object.generation() + 1;
            let metadata = object.metadata_mut();
            metadata.insert("deletionTimestamp".into(), stamp(world.now).into());
            metadata.insert("deletionGracePeriodSeconds".into(), 0.into());
            metadata.insert("generation".into(), generation.into());
        }
        remove(world, &mut object)?;
        return Ok(if kind.kind == "Pod" { object.body } else { success });
    }
    if object.is_deleting() && options.grace != Some(0) {
        return Ok(object.body);
    }
    let at = world.later(grace.saturating_mul(1000));
    let generation = object.generation();
    let metadata = object.metadata_mut();
    metadata.insert("deletionTimestamp".into(), stamp(at).into());
    metadata.insert("deletionGracePeriodSeconds".into(), grace.into());
    if generation > 0 {
        metadata.insert("generation".into(), (generation + 1).into());
    }
    if kind.kind == "Namespace" {
        member_mut(&mut object.body, "status").insert("phase".into(), "Terminating".into());
    }
    object.due = Some(world.later(if kind.kind == "Pod" { ENDS_WITHIN.min(grace * 1000) } else { 20 }));
    world.put(&mut object)?;
    Ok(object.body)
}

fn details(object: &Object) -> Value {
    let mut details = json!({"name": object.name(), "kind": object.kind.plural, "uid": object.uid()});
    if !object.kind.group.is_empty() {
        details["group"] = object.kind.group.into();
    }
    details
}

/// Deletes an object in the background, as controllers do.
pub(in crate::services::kubernetes) fn begin(world: &World<'_>, object: Object) -> Result<(), Refusal> {
    delete(world, object, &Options { policy: "Background".into(), ..Options::default() }).map(drop)
}

/// Takes an object out; what it owned is deleted after it, and whoever owns it looks again.
pub(in crate::services::kubernetes) fn remove(world: &World<'_>, object: &mut Object) -> Result<(), Refusal> {
    let uid = object.uid().to_owned();
    let owner = object.controller().map(str::to_owned);
    world.remove(object)?;
    for child in world.owned_by(&uid)? {
        begin(world, child)?;
    }
    if let Some(owner) = owner.map(|uid| world.by_uid(&uid)).transpose()?.flatten() {
        world.set_due(&owner, Some(world.now))?;
    }
    Ok(())
}

/// Goes on with an object that is being deleted: its dependents, its finalizers, and then itself. When to look again.
pub(in crate::services::kubernetes) fn finish(world: &World<'_>, object: &mut Object) -> Result<(), Refusal> {
    let uid = object.uid().to_owned();
    let mut finalizers: Vec<String> = object.finalizers().into_iter().map(str::to_owned).collect();
    if finalizers.iter().any(|one| one == ORPHAN) {
        for mut child in world.owned_by(&uid)? {
            let owners = child.metadata_mut().get_mut("ownerReferences").and_then(Value::as_array_mut);
            if let Some(owners) = owners {
                owners.retain(|owner| owner["uid"] != *uid);
            }
            let metadata = child.metadata_mut();
            if metadata.get("ownerReferences").and_then(Value::as_array).is_some_and(Vec::is_empty) {
                metadata.remove("ownerReferences");
            }
            world.put(&mut child)?;
        }
        finalizers.retain(|one| one != ORPHAN);
    }
    if finalizers.iter().any(|one| one == FOREGROUND) {
        let children = world.owned_by(&uid)?;
        if children.is_empty() {
            finalizers.retain(|one| one != FOREGROUND);
        }
        for child in children.into_iter().filter(|child| !child.is_deleting()) {
            delete(world, child, &Options { policy: "Foreground".into(), ..Options::default() })?;
        }
        if finalizers.iter().any(|one| one == FOREGROUND) {
            // Whoever goes last brings it here again.
            return Ok(world.set_due(object, Some(world.later(500)))?);
        }
    }
    if finalizers.is_empty() {
        return remove(world, object);
    }
    if finalizers.len() != object.finalizers().len() {
        object.metadata_mut().insert("finalizers".into(), finalizers.into());
        object.due = None;
        world.put(object)?;
        return Ok(());
    }
    // Somebody else's finalizer: it stays until they take it away.
    Ok(world.set_due(object, None)?)
}

/// `PUT …/namespaces/{name}/finalize`
pub(super) fn finalize(world: &World<'_>, request: &Request<'_>, address: &Address) -> Result<Reply, Refusal> {
    let found = world.get(address.kind, &address.namespace, &address.name)?;
    let mut object = found.ok_or_else(|| Refusal::not_found(address.kind, &address.name))?;
    let body = super::super::body::read_object(request, address)?;
    let finalizers = body["spec"]["finalizers"].as_array().cloned().unwrap_or_default();
    object.body["spec"]["finalizers"] = finalizers.into();
    object.due = Some(world.now);
    world.put(&mut object)?;
    Ok(Reply::ok(object.body))
}
