//! The names of fields for people: `.spec.containers[name="a"].image`.

use serde_json::Value;

use super::fields::Fields;

/// The path of each field of the set, in order.
pub(super) fn paths(fields: &Fields) -> Vec<String> {
    let mut found = Vec::new();
    collect(fields, "", &mut found);
    found
}

fn collect(fields: &Fields, at: &str, found: &mut Vec<String>) {
    if fields.member && !at.is_empty() {
        found.push(at.to_owned());
    }
    for (part, child) in &fields.children {
        collect(child, &format!("{at}{}", shown(part)), found);
    }
}

fn shown(part: &str) -> String {
    match part.split_once(':') {
        Some(("f", name)) => format!(".{name}"),
        Some(("k", keys)) => {
            let keys: Value = serde_json::from_str(keys).unwrap_or_default();
            let shown = keys.as_object().into_iter().flatten().map(|(key, value)| format!("{key}={value}"));
            format!("[{}]", shown.collect::<Vec<_>>().join(","))
        }
        Some(("v", value)) => format!("[={value}]"),
        _ => format!("[{part}]"),
    }
}
