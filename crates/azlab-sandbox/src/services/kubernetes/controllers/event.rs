//! Events: what controllers tell of their work, for an hour.

use serde_json::json;

use super::super::kinds::Kind;
use super::super::object::{Object, stamp};
use super::super::prepare::suffix;
use super::super::refusal::Refusal;
use super::super::save::EVENT_KEPT;
use super::super::world::World;

/// Tells something of an object. The same thing told again counts up.
///
/// # Errors
/// When the state cannot be written.
pub(super) fn tell(
    world: &World<'_>,
    about: &Object,
    component: &str,
    is_normal: bool,
    reason: &str,
    message: &str,
) -> Result<(), Refusal> {
    let Some(kind) = Kind::named("Event") else { return Ok(()) };
    let namespace = if about.kind.namespaced { about.namespace() } else { "default" };
    let mark = suffix(&format!("{}/{component}/{reason}/{message}", about.uid()));
    let name: String = format!("{}.{mark}", about.name()).chars().take(253).collect();
    let now = stamp(world.now);
    if let Some(mut known) = world.get(kind, namespace, &name)? {
        let count = known.body["count"].as_i64().unwrap_or(1);
        known.body["count"] = (count + 1).into();
        known.body["lastTimestamp"] = now.into();
        known.due = Some(world.now + EVENT_KEPT);
        return Ok(world.put(&mut known)?);
    }
    let uid = world.new_uid()?.to_string();
    let body = json!({
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": name, "namespace": namespace, "uid": uid, "creationTimestamp": now},
        "involvedObject": {
            "apiVersion": about.kind.api_version(),
            "kind": about.kind.kind,
            "namespace": namespace,
            "name": about.name(),
            "uid": about.uid(),
        },
        "reason": reason,
        "message": message,
        "source": {"component": component},
        "reportingComponent": component,
        "reportingInstance": "",
        "type": if is_normal { "Normal" } else { "Warning" },
        "count": 1,
        "firstTimestamp": now,
        "lastTimestamp": now,
        "eventTime": null,
    });
    Ok(world.put(&mut Object { kind, body, due: Some(world.now + EVENT_KEPT) })?)
}
