//! What the API server writes into objects itself, and what it does not let a caller write.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::kinds::Kind;
use super::object::{Object, member_mut, stamp};
use super::refusal::Refusal;
use super::world::World;

/// The letters of generated names: no vowels, so that no words come of it.
const LETTERS: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";

/// Five letters that follow from a seed.
pub(super) fn suffix(seed: &str) -> String {
    use sha2::Digest as _;
    let digest = sha2::Sha256::digest(seed.as_bytes());
    digest.iter().take(5).map(|byte| char::from(LETTERS[usize::from(*byte) % LETTERS.len()])).collect()
}

/// Gives an object a name that asks for one.
pub(super) fn name_it(world: &World<'_>, kind: &Kind, body: &mut Value) -> Result<(), Refusal> {
    let metadata = member_mut(body, "metadata");
    let text = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or_default().to_owned();
    if !text(metadata.get("name")).is_empty() {
        return Ok(());
    }
    let prefix = text(metadata.get("generateName"));
    if prefix.is_empty() {
        let causes = [(
            "FieldValueRequired",
            "Required value: name or generateName is required".to_owned(),
            "metadata.name".to_owned(),
        )];
        return Err(Refusal::invalid(kind, "", &causes));
    }
    let kept: String = prefix.chars().take(58).collect();
    let name = format!("{kept}{}", suffix(&world.new_uid()?.to_string()));
    metadata.insert("name".into(), name.into());
    Ok(())
}

/// Lays over a new form of an object what a caller does not decide.
///
/// # Errors
/// 409 where the caller has another object in mind, or an older one.
pub(super) fn keep_what_is_not_the_callers(
    kind: &Kind,
    subresource: &str,
    old: &Value,
    body: &mut Value,
) -> Result<(), Refusal> {
    let name = old["metadata"]["name"].as_str().unwrap_or_default();
    let sent = |field: &str| body["metadata"][field].as_str().filter(|text| !text.is_empty()).map(str::to_owned);
    if let Some(uid) = sent("uid").filter(|uid| old["metadata"]["uid"] != **uid) {
        let why = format!(
            "Precondition failed: UID in precondition: {uid}, UID in object meta: {}",
            old["metadata"]["uid"].as_str().unwrap_or_default()
        );
        return Err(Refusal::conflict(kind, name, &why));
    }
    if sent("resourceVersion").is_some_and(|version| version != "0" && old["metadata"]["resourceVersion"] != *version) {
        return Err(Refusal::modified(kind, name));
    }
    for field in [
        "uid",
        "resourceVersion",
        "creationTimestamp",
        "generation",
        "deletionTimestamp",
        "deletionGracePeriodSeconds",
        "selfLink",
        "generateName",
    ] {
        let metadata = member_mut(body, "metadata");
        match old["metadata"].get(field) {
            Some(value) => _ = metadata.insert(field.into(), value.clone()),
            None => _ = metadata.remove(field),
        }
    }
    if subresource == "status" {
        for part in ["spec", "data"] {
            match old.get(part) {
                Some(value) => body[part] = value.clone(),
                None => _ = body.as_object_mut().map(|body| body.remove(part)),
            }
        }
    } else if kind.has_status() {
        body["status"] = old.get("status").cloned().unwrap_or_else(|| json!({}));
    }
    Ok(())
}

/// Writes into an object what follows from what the caller has sent.
pub(super) fn complete(kind: &Kind, body: &mut Value) {
    clean(body);
    match kind.kind {
        "Secret" => encode_strings(body),
        "Namespace" => {
            let name = body["metadata"]["name"].clone();
            member_mut(member_mut_value(body, "metadata"), "labels").insert("kubernetes.io/metadata.name".into(), name);
        }
        "Service" => {
            let spec = member_mut(body, "spec");
            let balances = spec.get("type").is_some_and(|kind| kind == "LoadBalancer");
            if balances {
                spec.entry("allocateLoadBalancerNodePorts").or_insert(true.into());
            }
            if balances || spec.get("type").is_some_and(|kind| kind == "NodePort") {
                spec.entry("externalTrafficPolicy").or_insert_with(|| "Cluster".into());
            }
        }
        "Deployment" | "ReplicaSet" | "StatefulSet" | "Pod" | "PersistentVolumeClaim" => {
            // What was sent as null is not there; a spec is, if it is empty.
            let spec = member_mut(body, "spec");
            if kind.kind == "Pod" {
                spec.entry("enableServiceLinks").or_insert(true.into());
            } else if kind.kind != "PersistentVolumeClaim" {
                let template = member_mut_value(member_mut_value(body, "spec"), "template");
                member_mut(template, "metadata");
                member_mut(template, "spec");
            }
            drop_nulls(&mut body["spec"]);
        }
        _ => {}
    }
}

/// Gives an object what the API server has to give: addresses and ports.
pub(super) fn allocate(world: &World<'_>, kind: &Kind, old: Option<&Value>, body: &mut Value) -> Result<(), Refusal> {
    if kind.kind == "Service" { fill_service(world, old, body) } else { Ok(()) }
}

fn member_mut_value<'a>(of: &'a mut Value, name: &str) -> &'a mut Value {
    member_mut(of, name);
    &mut of[name]
}

/// Takes out what is null or has no meaning in an object's metadata.
fn clean(body: &mut Value) {
    for part in ["metadata", "data", "binaryData", "stringData"] {
        if part == "metadata" || body.get(part).is_some_and(Value::is_object) {
            drop_nulls(&mut body[part]);
        } else if body.get(part).is_some_and(Value::is_null) {
            body.as_object_mut().map(|body| body.remove(part));
        }
    }
    let metadata = member_mut(body, "metadata");
    for name in ["labels", "annotations", "finalizers", "ownerReferences"] {
        let is_empty = |value: &Value| {
            value.as_object().is_some_and(|it| it.is_empty()) || value.as_array().is_some_and(|it| it.is_empty())
        };
        if metadata.get(name).is_some_and(is_empty) {
            metadata.remove(name);
        }
    }
}

fn drop_nulls(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|_, inner| !inner.is_null());
            members.values_mut().for_each(drop_nulls);
        }
        Value::Array(entries) => entries.iter_mut().for_each(drop_nulls),
        _ => {}
    }
}

/// `stringData` is written into `data`, and is not kept.
fn encode_strings(body: &mut Value) {
    let strings = body.as_object_mut().and_then(|body| body.remove("stringData"));
    for (name, text) in strings.as_ref().and_then(Value::as_object).into_iter().flatten() {
        let encoded = STANDARD.encode(text.as_str().unwrap_or_default());
        member_mut(body, "data").insert(name.clone(), encoded.into());
    }
}

/// Addresses and ports of a service: taken once, and kept.
fn fill_service(world: &World<'_>, old: Option<&Value>, body: &mut Value) -> Result<(), Refusal> {
    let kind = body["spec"]["type"].as_str().unwrap_or("ClusterIP").to_owned();
    let has_ports = matches!(kind.as_str(), "LoadBalancer" | "NodePort");
    if !body["spec"].is_object() {
        body["spec"] = json!({});
    }
    if kind != "ExternalName" {
        let spec = member_mut(body, "spec");
        for field in ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"] {
            if let Some(kept) = old.and_then(|old| old["spec"].get(field))
                && spec.get(field).is_none_or(|value| value.is_null() || value == "")
            {
                spec.insert(field.into(), kept.clone());
            }
        }
        if spec.get("clusterIP").and_then(Value::as_str).is_none_or(str::is_empty) {
            let octets = *world.new_uid()?.as_bytes();
            spec.insert("clusterIP".into(), format!("10.0.{}.{}", octets[0], octets[1].clamp(1, 254)).into());
        }
        let address = spec.get("clusterIP").cloned().unwrap_or_default();
        spec.insert("clusterIPs".into(), json!([address]));
        spec.entry("ipFamilies").or_insert_with(|| json!(["IPv4"]));
        spec.entry("ipFamilyPolicy").or_insert_with(|| "SingleStack".into());
    }
    for port in body["spec"]["ports"].as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut) {
        let is_same = |other: &&Value| port.get("port") == other.get("port");
        let kept = old.and_then(|old| old["spec"]["ports"].as_array()?.iter().find(is_same)?.get("nodePort").cloned());
        if !has_ports {
            port.remove("nodePort");
        } else if port.get("nodePort").is_none_or(Value::is_null) {
            let taken = world.new_uid()?.as_bytes()[..2].iter().fold(0_i64, |sum, byte| sum * 256 + i64::from(*byte));
            port.insert("nodePort".into(), kept.unwrap_or_else(|| (30_000 + taken % 2768).into()));
        }
    }
    Ok(())
}

/// What a new object gets at once.
pub(super) fn begin(world: &World<'_>, object: &mut Object) -> Result<(), Refusal> {
    let uid = world.new_uid()?.to_string();
    let now = stamp(world.now);
    let kind = object.kind.kind;
    let metadata = object.metadata_mut();
    for field in ["resourceVersion", "deletionTimestamp", "deletionGracePeriodSeconds", "selfLink"] {
        metadata.remove(field);
    }
    metadata.insert("uid".into(), uid.into());
    metadata.insert("creationTimestamp".into(), now.into());
    if matches!(kind, "Deployment" | "ReplicaSet" | "StatefulSet" | "Pod") {
        metadata.insert("generation".into(), 1.into());
    } else {
        metadata.remove("generation");
    }
    match kind {
        "Namespace" => {
            object.body["spec"] = json!({"finalizers": ["kubernetes"]});
            object.body["status"] = json!({"phase": "Active"});
        }
        "Pod" => object.body["status"] = json!({"phase": "Pending", "qosClass": qos(&object.body["spec"])}),
        "Service" => object.body["status"] = json!({"loadBalancer": {}}),
        "PersistentVolumeClaim" => object.body["status"] = json!({"phase": "Pending"}),
        "Deployment" | "ReplicaSet" | "StatefulSet" => {
            object.body["status"] = if kind == "Deployment" { json!({}) } else { json!({"replicas": 0}) };
        }
        _ => {}
    }
    Ok(())
}

/// The quality of service that the limits and requests of a Pod's containers make.
fn qos(spec: &Value) -> &'static str {
    let containers: Vec<&Value> = spec["containers"].as_array().into_iter().flatten().collect();
    let has = |of: &Value, what: &str, name: &str| !of["resources"][what][name].is_null();
    let none = containers.iter().all(|of| {
        ["limits", "requests"].iter().all(|what| of["resources"][what].as_object().is_none_or(|it| it.is_empty()))
    });
    if none {
        return "BestEffort";
    }
    let full = containers.iter().all(|of| {
        ["cpu", "memory"]
            .iter()
            .all(|name| has(of, "limits", name) && of["resources"]["limits"][name] == of["resources"]["requests"][name])
    });
    if full { "Guaranteed" } else { "Burstable" }
}
