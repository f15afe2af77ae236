//! What values an object may have: the API server's validation, as far as a workshop meets it.

use serde_json::Value;

use super::kinds::Kind;
use super::refusal::{Cause, Refusal};
use super::schema::{self, Shape};
use crate::label_syntax::{self, Part, is_subdomain};

/// Refuses an object with values that are not allowed.
///
/// # Errors
/// 422 with each field.
pub(super) fn check(kind: &Kind, old: Option<&Value>, body: &Value) -> Result<(), Refusal> {
    let mut causes: Vec<Cause> = Vec::new();
    let name = body["metadata"]["name"].as_str().unwrap_or_default();
    if old.is_none() {
        check_name(kind, name, &mut causes);
    }
    // A template's own parts come after what is said of the template, as the API server has them.
    let missing = schema::check(&Shape::of(kind.shape()), body).missing;
    let (inner, outer): (Vec<String>, Vec<String>) =
        missing.into_iter().partition(|field| field.starts_with("spec.template."));
    let required = |field: String| ("FieldValueRequired", "Required value".to_owned(), field);
    causes.extend(outer.into_iter().map(required));
    for (key, value) in body["metadata"]["labels"].as_object().into_iter().flatten() {
        check_label("metadata.labels", key, value, &mut causes);
    }
    match kind.kind {
        "Deployment" | "ReplicaSet" | "StatefulSet" => check_workload(old, body, &mut causes),
        "Pod" => check_pod(old, body, &mut causes),
        "Service" => check_service(old, body, &mut causes),
        "ConfigMap" | "Secret" => check_data(kind, old, body, &mut causes),
        _ => {}
    }
    causes.extend(inner.into_iter().map(required));
    if causes.is_empty() { Ok(()) } else { Err(Refusal::invalid(kind, name, &causes)) }
}

fn is_label(text: &str) -> bool {
    let alphanumeric = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    (1..=63).contains(&text.len())
        && text.chars().all(|c| alphanumeric(c) || c == '-')
        && text.starts_with(alphanumeric)
        && text.ends_with(alphanumeric)
}

fn check_name(kind: &Kind, name: &str, causes: &mut Vec<Cause>) {
    let (fits, rule) = match kind.kind {
        "Namespace" => (
            is_label(name),
            "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
        ),
        "Service" => (
            is_label(name) && name.starts_with(|c: char| c.is_ascii_lowercase()),
            "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')",
        ),
        _ => (
            is_subdomain(name),
            "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
        ),
    };
    if !fits {
        causes.push(("FieldValueInvalid", format!("Invalid value: \"{name}\": {rule}"), "metadata.name".into()));
    }
}

fn check_label(at: &str, key: &str, value: &Value, causes: &mut Vec<Cause>) {
    let mut invalid = |what: &str, why: &str| {
        causes.push(("FieldValueInvalid", format!("Invalid value: \"{what}\": {why}"), at.into()));
    };
    let value = value.as_str().unwrap_or_default();
    match label_syntax::wrong_part(key) {
        Some(Part::Prefix) => invalid(
            key,
            "prefix part a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
        ),
        Some(Part::Name) => invalid(
            key,
            "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
        ),
        None if !label_syntax::is_value(value) => invalid(
            value,
            "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
        ),
        None => {}
    }
}

fn check_workload(old: Option<&Value>, body: &Value, causes: &mut Vec<Cause>) {
    let spec = &body["spec"];
    if spec["replicas"].as_i64().is_some_and(|count| count < 0) {
        let message = format!("Invalid value: {}: must be greater than or equal to 0", spec["replicas"]);
        causes.push(("FieldValueInvalid", message, "spec.replicas".into()));
    }
    let labels = &spec["template"]["metadata"]["labels"];
    let wanted = spec["selector"]["matchLabels"].as_object();
    if wanted.into_iter().flatten().any(|(name, value)| labels.get(name) != Some(value)) {
        let shown = if labels.is_null() { "null".to_owned() } else { labels.to_string() };
        let message = format!("Invalid value: {shown}: `selector` does not match template `labels`");
        causes.push(("FieldValueInvalid", message, "spec.template.metadata.labels".into()));
    }
    if spec["selector"].is_null() {
        let message = "Invalid value: null: `selector` does not match template `labels`".to_owned();
        causes.push(("FieldValueInvalid", message, "spec.template.metadata.labels".into()));
    }
    let has_none = wanted.is_none_or(serde_json::Map::is_empty)
        && spec["selector"]["matchExpressions"].as_array().is_none_or(Vec::is_empty);
    if has_none && spec["selector"].is_object() {
        let message = "Invalid value: {}: empty selector is invalid for deployment".to_owned();
        causes.push(("FieldValueInvalid", message, "spec.selector".into()));
    }
    if let Some(old) = old
        && old["spec"]["selector"] != spec["selector"]
    {
        let message = format!("Invalid value: {}: field is immutable", spec["selector"]);
        causes.push(("FieldValueInvalid", message, "spec.selector".into()));
    }
    check_pod_spec(&spec["template"]["spec"], "spec.template.spec", causes);
}

fn check_pod(old: Option<&Value>, body: &Value, causes: &mut Vec<Cause>) {
    check_pod_spec(&body["spec"], "spec", causes);
    let Some(old) = old else { return };
    // Images, tolerations and two deadlines may change; nothing else of a Pod's spec.
    let fixed = |body: &Value| {
        let mut spec = body["spec"].clone();
        for list in ["containers", "initContainers"] {
            let containers = spec.get_mut(list).and_then(Value::as_array_mut);
            containers.into_iter().flatten().filter_map(Value::as_object_mut).for_each(|one| _ = one.remove("image"));
        }
        if let Some(spec) = spec.as_object_mut() {
            for field in ["tolerations", "activeDeadlineSeconds", "terminationGracePeriodSeconds", "nodeName"] {
                spec.remove(field);
            }
        }
        spec
    };
    if fixed(old) != fixed(body) {
        let message = "Forbidden: pod updates may not change fields other than \
            `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only \
            additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was \
            previously negative)";
        causes.push(("FieldValueForbidden", message.into(), "spec".into()));
    }
}

fn check_pod_spec(spec: &Value, at: &str, causes: &mut Vec<Cause>) {
    let volumes: Vec<&str> =
        spec["volumes"].as_array().into_iter().flatten().filter_map(|volume| volume["name"].as_str()).collect();
    let mut names: Vec<&str> = Vec::new();
    for list in ["initContainers", "containers"] {
        for (index, container) in spec[list].as_array().into_iter().flatten().enumerate() {
            let at = format!("{at}.{list}[{index}]");
            let name = container["name"].as_str().unwrap_or_default();
            if !name.is_empty() && !is_label(name) {
                let message = format!(
                    "Invalid value: \"{name}\": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
                );
                causes.push(("FieldValueInvalid", message, format!("{at}.name")));
            }
            if !name.is_empty() && names.contains(&name) {
                causes.push(("FieldValueDuplicate", format!("Duplicate value: \"{name}\""), format!("{at}.name")));
            }
            names.push(name);
            if container["image"].as_str().is_none_or(str::is_empty) {
                causes.push(("FieldValueRequired", "Required value".into(), format!("{at}.image")));
            }
            for (index, mount) in container["volumeMounts"].as_array().into_iter().flatten().enumerate() {
                let name = mount["name"].as_str().unwrap_or_default();
                if !volumes.contains(&name) {
                    let field = format!("{at}.volumeMounts[{index}].name");
                    causes.push(("FieldValueNotFound", format!("Not found: \"{name}\""), field));
                }
            }
        }
    }
}

fn check_service(old: Option<&Value>, body: &Value, causes: &mut Vec<Cause>) {
    let spec = &body["spec"];
    let kind = spec["type"].as_str().unwrap_or_default();
    if !matches!(kind, "ClusterIP" | "NodePort" | "LoadBalancer" | "ExternalName") {
        let message = format!(
            "Unsupported value: \"{kind}\": supported values: \"ClusterIP\", \"ExternalName\", \"LoadBalancer\", \"NodePort\""
        );
        causes.push(("FieldValueNotSupported", message, "spec.type".into()));
    }
    let ports = spec["ports"].as_array().map_or(0, Vec::len);
    if ports == 0 && kind != "ExternalName" && spec["clusterIP"] != "None" {
        causes.push(("FieldValueRequired", "Required value".into(), "spec.ports".into()));
    }
    for (index, port) in spec["ports"].as_array().into_iter().flatten().enumerate() {
        if ports > 1 && port["name"].as_str().is_none_or(str::is_empty) {
            causes.push(("FieldValueRequired", "Required value".into(), format!("spec.ports[{index}].name")));
        }
        if port["port"].as_i64().is_some_and(|port| !(1..=65_535).contains(&port)) {
            let message = format!("Invalid value: {}: must be between 1 and 65535, inclusive", port["port"]);
            causes.push(("FieldValueInvalid", message, format!("spec.ports[{index}].port")));
        }
    }
    if let Some(old) = old
        && !old["spec"]["clusterIP"].is_null()
        && kind != "ExternalName"
        && old["spec"]["clusterIP"] != spec["clusterIP"]
    {
        let message = format!("Invalid value: {}: field is immutable", spec["clusterIP"]);
        causes.push(("FieldValueInvalid", message, "spec.clusterIP".into()));
    }
}

fn check_data(kind: &Kind, old: Option<&Value>, body: &Value, causes: &mut Vec<Cause>) {
    for (name, _) in body["data"].as_object().into_iter().flatten() {
        if name.is_empty() || name.len() > 253 || !name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
        {
            let message = format!(
                "Invalid value: \"{name}\": a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')"
            );
            causes.push(("FieldValueInvalid", message, format!("data[{name}]")));
        }
    }
    let Some(old) = old else { return };
    if old["immutable"] == true && (old["data"] != body["data"] || body["immutable"] != true) {
        causes.push((
            "FieldValueForbidden",
            "Forbidden: field is immutable when `immutable` is set".into(),
            "data".into(),
        ));
    }
    if kind.kind == "Secret" && old["type"] != body["type"] {
        let message = format!("Invalid value: {}: field is immutable", body["type"]);
        causes.push(("FieldValueInvalid", message, "type".into()));
    }
}
