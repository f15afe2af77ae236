//! Lists of an object of Kubernetes whose entries are told apart by one of their members.

use serde_json::{Value, json};

/// Adds an entry to the list `list` of `of`, unless it has one whose member `key` is the same.
pub(super) fn add(of: &mut Value, list: &str, key: &str, entry: Value) {
    let Some(members) = of.as_object_mut() else { return };
    let entries = members.entry(list).or_insert_with(|| json!([]));
    if let Some(entries) = entries.as_array_mut()
        && !entries.iter().any(|known| known[key] == entry[key])
    {
        entries.push(entry);
    }
}
