//! The values that a recording asks for, by resource: each answer about it has to tell them as Azure did.

use std::collections::{BTreeMap, BTreeSet};

use http::Method;
use serde_json::Value;

use super::exchange::Exchange;

/// The JSON pointers of all values that were asked for, by the resource's path in lower case.
#[derive(Default)]
pub(super) struct Asked(BTreeMap<String, BTreeSet<String>>);

impl Asked {
    /// Takes note of what a PUT or a PATCH asks for.
    pub fn note(&mut self, exchange: &Exchange) {
        let writes = matches!(exchange.method(), Method::PUT | Method::PATCH);
        if writes && exchange.status().is_success() {
            let paths = self.0.entry(exchange.path().to_lowercase()).or_default();
            leaves(&exchange.request_body, "", paths);
        }
    }

    /// The values of a recorded answer that were asked for, with their pointers: each value that is no object, and each list of
    /// values as a whole. What Azure does not tell (a password, a `restore`) is not among them.
    pub fn told_back(&self, recorded: &Exchange) -> Vec<(String, Value)> {
        let paths = self.0.get(&recorded.path().to_lowercase()).into_iter().flatten();
        paths.filter_map(|path| Some((path.clone(), recorded.response_body.pointer(path)?.clone()))).collect()
    }
}

fn leaves(value: &Value, path: &str, found: &mut BTreeSet<String>) {
    let escaped = |name: &str| name.replace('~', "~0").replace('/', "~1");
    match value {
        // That nothing is asked for is no value.
        Value::Null => {}
        Value::Object(members) => {
            members.iter().for_each(|(name, value)| leaves(value, &format!("{path}/{}", escaped(name)), found));
        }
        Value::Array(entries) if entries.iter().any(|entry| entry.is_object() || entry.is_array()) => {
            entries.iter().enumerate().for_each(|(at, value)| leaves(value, &format!("{path}/{at}"), found));
        }
        _ => drop(found.insert(path.to_owned())),
    }
}

#[test]
fn every_value_that_is_asked_for_is_found_by_its_pointer() {
    let mut found = BTreeSet::new();
    let body = serde_json::json!({"a": {"b/c": [1, 2], "n": null}, "l": [{"x": "y"}, {"x": []}], "e": {}});
    leaves(&body, "", &mut found);
    assert_eq!(found.into_iter().collect::<Vec<_>>(), ["/a/b~1c", "/l/0/x", "/l/1/x"]);
}
