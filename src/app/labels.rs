//! How azlab knows its own objects.

use serde_json::{Value, json};

use crate::kubernetes::Object;

const MANAGED_BY: &str = "app.kubernetes.io/managed-by";
const PART_OF: &str = "app.kubernetes.io/part-of";
const AZLAB: &str = "azlab";
/// The application.
pub(crate) const APPLICATION: &str = "aks-store-demo";

/// What selects every object of azlab's.
pub(crate) fn selector() -> String {
    format!("{MANAGED_BY}={AZLAB},{PART_OF}={APPLICATION}")
}

/// Whether azlab has made the object, or has taken it over.
pub(crate) fn is_ours(object: &Object) -> bool {
    object.label(MANAGED_BY) == Some(AZLAB) && object.label(PART_OF) == Some(APPLICATION)
}

/// Marks an object as azlab's.
pub(super) fn mark(object: &mut Object) {
    let labels = &mut object.body_mut()["metadata"]["labels"];
    if !labels.is_object() {
        *labels = json!({});
    }
    labels[MANAGED_BY] = Value::from(AZLAB);
    labels[PART_OF] = Value::from(APPLICATION);
}
