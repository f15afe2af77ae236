//! Entries of lists: which one is meant.

use serde_json::{Map, Value};

use super::Shape;

/// The keys of an entry of a list that tells its entries apart, with defaults in place of what was left out. `None` where an
/// entry lacks a key that has no default.
pub(in crate::services::kubernetes) fn key_of(
    of: &Shape,
    keys: &[String],
    entry: &Value,
) -> Option<Map<String, Value>> {
    let entry = entry.as_object()?;
    let mut found = Map::new();
    for key in keys {
        let value = entry.get(key).filter(|value| !value.is_null()).cloned();
        let value = value.or_else(|| of.field(key)?.default.clone())?;
        found.insert(key.clone(), value);
    }
    Some(found)
}
