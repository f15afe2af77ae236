//! JSON merge patch (RFC 7386).

use serde_json::{Value, json};

/// Lays a patch over a value: null takes away, objects merge, all else replaces.
pub(super) fn patch(value: &mut Value, changes: &Value) {
    let Value::Object(changes) = changes else {
        *value = changes.clone();
        return;
    };
    if !value.is_object() {
        *value = json!({});
    }
    let Some(members) = value.as_object_mut() else { return };
    for (name, change) in changes {
        if change.is_null() {
            members.remove(name);
        } else {
            patch(members.entry(name.clone()).or_insert(Value::Null), change);
        }
    }
}
