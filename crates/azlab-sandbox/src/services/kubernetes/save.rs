//! The way of every object into the state, whichever verb brings it: form, defaults, rules, admission, owners.

use serde_json::{Value, json};

use super::admission;
use super::apply::{Applied, Manager, updated};
use super::kinds::Kind;
use super::object::{Object, member_mut, stamp};
use super::prepare;
use super::refusal::Refusal;
use super::request::{Address, Request};
use super::rules;
use super::schema::{self, Shape};
use super::world::{MOST_OBJECTS, World};

/// How long after a write its controller looks at it, in milliseconds.
const NOTICED: i64 = 20;

/// How long an event is kept, in milliseconds.
pub(super) const EVENT_KEPT: i64 = 3600 * 1000;

/// What is done to an object, beside its new form.
pub(super) struct Change<'a> {
    pub address: &'a Address,
    pub manager: Manager,
    pub dry_run: bool,
    /// `Strict`, `Warn` or `Ignore`.
    pub validation: String,
}

/// What came of it.
pub(super) struct Saved {
    pub object: Object,
    pub created: bool,
    pub warnings: Vec<String>,
}

impl<'a> Change<'a> {
    /// The change that a request asks for.
    pub fn of(request: &Request<'_>, address: &'a Address, operation: &'static str) -> Result<Self, Refusal> {
        let manager = Manager {
            name: request.manager(),
            operation,
            api_version: address.kind.api_version(),
            subresource: address.subresource.clone(),
        };
        let validation = request.parameter("fieldValidation").unwrap_or("Warn");
        if !matches!(validation, "Strict" | "Warn" | "Ignore") {
            let message = format!(
                "fieldValidation: Unsupported value: \"{validation}\": supported values: \"Ignore\", \"Strict\", \"Warn\""
            );
            return Err(Refusal::new(422, "Invalid", message));
        }
        Ok(Self { address, manager, dry_run: request.dry_run()?, validation: validation.to_owned() })
    }
}

/// The place in the path and the name in the object must be the same.
pub(super) fn settle_names(address: &Address, body: &mut Value) -> Result<(), Refusal> {
    let kind = address.kind;
    body["apiVersion"] = kind.api_version().into();
    body["kind"] = kind.kind.into();
    let metadata = member_mut(body, "metadata");
    if kind.namespaced {
        match metadata.get("namespace").and_then(Value::as_str).filter(|namespace| !namespace.is_empty()) {
            Some(other) if other != address.namespace => {
                return Err(Refusal::bad_request(
                    "the namespace of the provided object does not match the namespace sent on the request",
                ));
            }
            _ => _ = metadata.insert("namespace".into(), address.namespace.clone().into()),
        }
    } else {
        metadata.remove("namespace");
    }
    if address.name.is_empty() {
        return Ok(());
    }
    match metadata.get("name").and_then(Value::as_str).filter(|name| !name.is_empty()) {
        Some(other) if other != address.name => Err(Refusal::bad_request(format!(
            "the name of the object ({other}) does not match the name on the URL ({})",
            address.name
        ))),
        _ => {
            metadata.insert("name".into(), address.name.clone().into());
            Ok(())
        }
    }
}

/// Takes what the type does not have out of an object.
pub(super) fn check_form(change: &Change<'_>, body: &mut Value) -> Result<Vec<String>, Refusal> {
    let kind = change.address.kind;
    let shape = Shape::of(kind.shape());
    let findings = schema::check(&shape, body);
    let refuse = |said: String| {
        Refusal::bad_request(format!(
            "{} in version \"{}\" cannot be handled as a {}: {said}",
            kind.kind, kind.version, kind.kind
        ))
    };
    if !findings.malformed.is_empty() {
        return Err(refuse(findings.malformed.join("; ")));
    }
    let said: Vec<String> = findings.unknown.iter().map(|field| format!("unknown field \"{field}\"")).collect();
    if said.is_empty() {
        return Ok(said);
    }
    if change.validation == "Strict" {
        return Err(refuse(format!("strict decoding error: {}", said.join(", "))));
    }
    schema::drop_unknown(&shape, body);
    Ok(if change.validation == "Warn" { said } else { Vec::new() })
}

/// Keeps a new form of an object.
///
/// # Errors
/// What the API server would say.
pub(super) fn save(
    world: &World<'_>,
    change: &Change<'_>,
    old: Option<&Object>,
    mut body: Value,
    applied: Option<Applied>,
) -> Result<Saved, Refusal> {
    let kind = change.address.kind;
    settle_names(change.address, &mut body)?;
    let warnings = check_form(change, &mut body)?;
    let shape = Shape::of(kind.shape());
    if let Some(old) = old {
        prepare::keep_what_is_not_the_callers(kind, &change.address.subresource, &old.body, &mut body)?;
    } else {
        prepare::name_it(world, kind, &mut body)?;
        if kind.has_status() {
            body["status"] = json!({});
        }
    }
    prepare::complete(kind, &mut body);
    schema::fill(&shape, &mut body);
    // Who owns what is settled before anybody but the caller has a say.
    match applied {
        Some(applied) => body = applied.finish(body),
        None => updated(&shape, old.map(|old| &old.body), &mut body, &change.manager, &stamp(world.now)),
    }
    prepare::allocate(world, kind, old.map(|old| &old.body), &mut body)?;
    if old.is_none() {
        admission::admit(world, kind, &mut body)?;
        schema::fill(&shape, &mut body);
    } else {
        admission::review_update(world, kind, &change.address.subresource, &body)?;
    }
    rules::check(kind, old.map(|old| &old.body), &body)?;
    if let Some(old) = old {
        return keep(world, change, old, body, warnings);
    }
    let mut object = Object { kind, body, due: None };
    if world.get(kind, object.namespace(), object.name())?.is_some() {
        return Err(Refusal::already_exists(kind, object.name()));
    }
    if world.count()? >= MOST_OBJECTS {
        let why = format!("the sandbox keeps at most {MOST_OBJECTS} objects of a cluster");
        return Err(Refusal::forbidden(kind, object.name(), &why));
    }
    prepare::begin(world, &mut object)?;
    object.due = match kind.kind {
        // Events end by themselves.
        "Event" => Some(world.now + EVENT_KEPT),
        _ => is_controlled(kind).then_some(world.later(NOTICED)),
    };
    if !change.dry_run {
        world.put(&mut object)?;
    }
    Ok(Saved { object, created: true, warnings })
}

/// Keeps a new form of an object that exists.
fn keep(
    world: &World<'_>,
    change: &Change<'_>,
    old: &Object,
    body: Value,
    warnings: Vec<String>,
) -> Result<Saved, Refusal> {
    let kind = change.address.kind;
    let mut object = Object { kind, body, due: old.due };
    let differs = |name: &str| old.body.get(name) != object.body.get(name);
    if differs("spec") && old.body["metadata"]["generation"].is_i64() {
        let generation = old.generation() + 1;
        object.metadata_mut().insert("generation".into(), generation.into());
    }
    if object.body == old.body {
        return Ok(Saved { object: old.clone(), created: false, warnings });
    }
    if is_controlled(kind) && change.address.subresource != "status" {
        object.due = Some(old.due.map_or(world.later(NOTICED), |due| due.min(world.later(NOTICED))));
    }
    if change.dry_run {
        return Ok(Saved { object, created: false, warnings });
    }
    if object.is_deleting()
        && object.finalizers().is_empty()
        && object.body["metadata"]["deletionGracePeriodSeconds"] == 0
    {
        world.remove(&mut object)?;
    } else {
        world.put(&mut object)?;
    }
    Ok(Saved { object, created: false, warnings })
}

/// Whether something happens to objects of the kind by itself.
pub(super) fn is_controlled(kind: &Kind) -> bool {
    matches!(
        kind.kind,
        "Deployment"
            | "ReplicaSet"
            | "StatefulSet"
            | "Pod"
            | "Service"
            | "Namespace"
            | "Node"
            | "PersistentVolumeClaim"
    )
}
