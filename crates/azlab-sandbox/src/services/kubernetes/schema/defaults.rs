//! What the API server writes into an object that leaves it out.

use serde_json::{Map, Value};

use super::{Shape, named};

/// Fills in the table's defaults, in every part that there is.
pub(in crate::services::kubernetes) fn fill(shape: &Shape, value: &mut Value) {
    match (shape, value) {
        (Shape::Struct(name), Value::Object(fields)) => {
            let Some(of) = named(name) else { return };
            for (name, field) in &of.fields {
                if let Some(default) = &field.default
                    && fields.get(name).is_none_or(Value::is_null)
                {
                    fields.insert(name.clone(), default.clone());
                }
                if let Some(inner) = fields.get_mut(name) {
                    fill(&field.shape, inner);
                }
            }
            of_type(name, fields);
        }
        (Shape::Map { of, .. }, Value::Object(members)) => members.values_mut().for_each(|inner| fill(of, inner)),
        (Shape::List { of, .. }, Value::Array(entries)) => entries.iter_mut().for_each(|inner| fill(of, inner)),
        _ => {}
    }
}

/// Defaults that follow from other fields.
fn of_type(name: &str, fields: &mut Map<String, Value>) {
    let text = |fields: &Map<String, Value>, name: &str| fields.get(name).and_then(Value::as_str).map(str::to_owned);
    match name {
        "Container" if !fields.contains_key("imagePullPolicy") => {
            let image = text(fields, "image").unwrap_or_default();
            let tag = image.rsplit('/').next().unwrap_or_default();
            let pinned = image.contains('@') || tag.split_once(':').is_some_and(|(_, tag)| tag != "latest");
            fields.insert("imagePullPolicy".into(), if pinned { "IfNotPresent" } else { "Always" }.into());
        }
        "DeploymentStrategy" if text(fields, "type").as_deref() == Some("RollingUpdate") => {
            let mut rolling = fields.remove("rollingUpdate").filter(Value::is_object).unwrap_or_default();
            if rolling.is_null() {
                rolling = Value::Object(Map::new());
            }
            fill(&Shape::of("RollingUpdate"), &mut rolling);
            fields.insert("rollingUpdate".into(), rolling);
        }
        "StatefulSetStrategy" if text(fields, "type").as_deref() == Some("RollingUpdate") => {
            let mut rolling = fields.remove("rollingUpdate").filter(Value::is_object);
            let rolling = rolling.get_or_insert_with(|| Value::Object(Map::new()));
            fill(&Shape::of("StatefulSetRolling"), rolling);
            fields.insert("rollingUpdate".into(), rolling.clone());
        }
        "PodSpec" => {
            // The old name of the field keeps step with the new one.
            if let Some(account) = text(fields, "serviceAccountName").or_else(|| text(fields, "serviceAccount")) {
                fields.insert("serviceAccountName".into(), account.clone().into());
                fields.insert("serviceAccount".into(), account.into());
            }
        }
        "ServicePort" if !fields.contains_key("targetPort") => {
            if let Some(port) = fields.get("port").cloned() {
                fields.insert("targetPort".into(), port);
            }
        }
        "ResourceRequirements" => {
            // What is limited and not asked for is asked for.
            let limits = fields.get("limits").and_then(Value::as_object).cloned().unwrap_or_default();
            if !limits.is_empty() {
                let requests = fields.entry("requests").or_insert_with(|| Value::Object(Map::new()));
                if let Some(requests) = requests.as_object_mut() {
                    for (name, limit) in limits {
                        requests.entry(name).or_insert(limit);
                    }
                }
            }
        }
        _ => {}
    }
}
