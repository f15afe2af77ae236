//! The table of types as OpenAPI has it, for `kubectl explain` and for clients that look before they write.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::super::kinds::KINDS;
use super::{ListKind, Scalar, Shape, TYPES};

/// What stands before the names of types.
const PREFIX: &str = "io.k8s.";

/// The schemas of a group's kinds, and of the types that they name.
pub(in crate::services::kubernetes) fn published(group: &str) -> Value {
    let kinds = || KINDS.iter().filter(|kind| kind.group == group);
    let mut wanted: Vec<String> = kinds().map(|kind| kind.shape().to_owned()).collect();
    let (mut seen, mut schemas) = (BTreeSet::new(), Map::new());
    while let Some(name) = wanted.pop() {
        let Some(of) = TYPES.get(&name).filter(|_| seen.insert(name.clone())) else { continue };
        let properties: Map<String, Value> =
            of.fields.iter().map(|(field, about)| (field.clone(), schema(&about.shape, &mut wanted))).collect();
        let required: Vec<&String> =
            of.fields.iter().filter(|(_, about)| about.required).map(|(name, _)| name).collect();
        let mut schema = json!({"type": "object", "properties": properties});
        if !required.is_empty() {
            schema["required"] = json!(required);
        }
        let which: Vec<Value> = kinds()
            .filter(|kind| kind.shape() == name)
            .map(|kind| json!({"group": kind.group, "version": kind.version, "kind": kind.kind}))
            .collect();
        if !which.is_empty() {
            // They have no field of the table, but every object has them.
            for field in ["apiVersion", "kind"] {
                schema["properties"][field] = json!({"type": "string"});
            }
            schema["x-kubernetes-group-version-kind"] = which.into();
        }
        schemas.insert(format!("{PREFIX}{name}"), schema);
    }
    schemas.into()
}

/// The schema of one field; the types that it names are `wanted`.
fn schema(shape: &Shape, wanted: &mut Vec<String>) -> Value {
    match shape {
        Shape::Scalar(scalar) => match scalar {
            Scalar::String | Scalar::Quantity => json!({"type": "string"}),
            Scalar::Int => json!({"type": "integer"}),
            Scalar::Bool => json!({"type": "boolean"}),
            Scalar::Number => json!({"type": "number"}),
            Scalar::Port => json!({"oneOf": [{"type": "integer"}, {"type": "string"}], "format": "int-or-string"}),
            Scalar::Time => json!({"type": "string", "format": "date-time"}),
            Scalar::Bytes => json!({"type": "string", "format": "byte"}),
            Scalar::Any => json!({"type": "object"}),
        },
        Shape::Struct(name) => {
            wanted.push(name.clone());
            json!({"allOf": [{"$ref": format!("#/components/schemas/{PREFIX}{name}")}]})
        }
        Shape::Map { of, .. } => json!({"type": "object", "additionalProperties": schema(of, wanted)}),
        Shape::List { of, kind } => {
            let mut list = json!({"type": "array", "items": schema(of, wanted)});
            match kind {
                ListKind::Atomic => list["x-kubernetes-list-type"] = "atomic".into(),
                ListKind::Set => list["x-kubernetes-list-type"] = "set".into(),
                ListKind::Keys(keys) => {
                    list["x-kubernetes-list-type"] = "map".into();
                    list["x-kubernetes-list-map-keys"] = json!(keys);
                }
            }
            list
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_that_a_schema_names_is_published_beside_it() {
        for group in ["", "apps"] {
            let schemas = published(group);
            let text = schemas.to_string();
            for name in text.split("#/components/schemas/").skip(1) {
                let name = name.split('"').next().unwrap();
                assert!(schemas.get(name).is_some(), "{group}: {name}");
            }
        }
        let deployment = &published("apps")["io.k8s.Deployment"];
        assert_eq!(deployment["x-kubernetes-group-version-kind"][0]["kind"], "Deployment");
        assert_eq!(deployment["properties"]["spec"]["allOf"][0]["$ref"], "#/components/schemas/io.k8s.DeploymentSpec");
    }
}
