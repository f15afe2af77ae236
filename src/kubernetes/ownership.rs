//! Who has set which field of an object: `metadata.managedFields`, as server-side apply keeps it (Kubernetes docs, "Server-Side
//! Apply").

use serde_json::{Map, Value, json};

use super::object::Object;

const APPLY: &str = "Apply";

fn entries(object: &Object) -> impl Iterator<Item = &Value> {
    object.body()["metadata"]["managedFields"].as_array().into_iter().flatten()
}

fn text<'a>(entry: &'a Value, key: &str) -> &'a str {
    entry.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// Who writes to the object itself, each once; whoever keeps its status is not among them.
pub(crate) fn managers(object: &Object) -> Vec<&str> {
    let mut all: Vec<&str> = entries(object)
        .filter(|entry| text(entry, "subresource").is_empty())
        .map(|entry| text(entry, "manager"))
        .collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// The fields of `object` that `manager` has applied.
pub(super) fn applied<'a>(object: &'a Object, manager: &str) -> Option<&'a Value> {
    entries(object).find(|entry| is_applied_by(entry, manager)).map(|entry| &entry["fieldsV1"])
}

fn is_applied_by(entry: &Value, manager: &str) -> bool {
    text(entry, "subresource").is_empty() && text(entry, "manager") == manager && text(entry, "operation") == APPLY
}

/// The managed fields of `object` with those of `others` under `manager`, as if it had applied them; `None` if they have none.
pub(super) fn taken_over(object: &Object, manager: &str, others: &[&str]) -> Option<Vec<Value>> {
    let is_taken = |entry: &Value| text(entry, "subresource").is_empty() && others.contains(&text(entry, "manager"));
    if !entries(object).any(is_taken) {
        return None;
    }
    let (ours, rest): (Vec<&Value>, Vec<&Value>) =
        entries(object).partition(|entry| is_applied_by(entry, manager) || is_taken(entry));
    let mut fields = Value::Object(Map::new());
    for entry in &ours {
        unite(&mut fields, &entry["fieldsV1"]);
    }
    let first = ours.first()?;
    let united = json!({
        "manager": manager,
        "operation": APPLY,
        "apiVersion": text(first, "apiVersion"),
        "time": text(first, "time"),
        "fieldsType": "FieldsV1",
        "fieldsV1": fields,
    });
    Some(rest.into_iter().cloned().chain([united]).collect())
}

/// Adds the set `more` to the set `all`: both are trees whose leaves are fields.
fn unite(all: &mut Value, more: &Value) {
    let (Value::Object(all), Value::Object(more)) = (all, more) else { return };
    for (key, below) in more {
        unite(all.entry(key.clone()).or_insert_with(|| Value::Object(Map::new())), below);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kubernetes::Kind;

    fn entry(manager: &str, operation: &str, fields: &Value) -> Value {
        json!({"manager": manager, "operation": operation, "apiVersion": "apps/v1", "time": "2026-11-29T10:00:00Z", "fieldsV1": fields})
    }

    fn object(entries: &[Value]) -> Object {
        Object::new(Kind::Deployment, json!({"metadata": {"name": "ai-service", "managedFields": entries}}))
    }

    #[test]
    fn what_is_taken_over_is_united_with_what_was_ours_and_the_rest_stays() {
        let mut status = entry("kube-controller-manager", "Update", &json!({"f:status": {}}));
        status["subresource"] = "status".into();
        let scaled = entry("kubectl-scale", "Update", &json!({"f:spec": {"f:replicas": {}}}));
        let found = object(&[
            entry("azlab", "Apply", &json!({"f:spec": {"f:template": {"f:a": {}}}})),
            entry(
                "kubectl-client-side-apply",
                "Update",
                &json!({"f:spec": {"f:template": {"f:b": {}}, "f:replicas": {}}}),
            ),
            scaled.clone(),
            status.clone(),
        ]);
        assert_eq!(managers(&found), ["azlab", "kubectl-client-side-apply", "kubectl-scale"]);
        let taken = taken_over(&found, "azlab", &["kubectl-client-side-apply"]).unwrap();
        assert_eq!(taken.len(), 3);
        assert_eq!(taken[..2], [scaled, status]);
        assert_eq!(taken[2]["operation"], "Apply");
        let want = json!({"f:spec": {"f:template": {"f:a": {}, "f:b": {}}, "f:replicas": {}}});
        assert_eq!(taken[2]["fieldsV1"], want);
    }

    #[test]
    fn where_nothing_is_to_be_taken_over_nothing_is_written() {
        let found = object(&[entry("azlab", "Apply", &json!({})), entry("kubectl-edit", "Update", &json!({}))]);
        assert_eq!(taken_over(&found, "azlab", &["kubectl-client-side-apply"]), None);
    }
}
