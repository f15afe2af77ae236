//! Whether an object has the form of its type.

use serde_json::Value;

use super::{Scalar, Shape, named};

/// What is wrong with the form of an object.
#[derive(Debug, Default)]
pub(in crate::services::kubernetes) struct Findings {
    /// Values of another kind than the type has: the object cannot be read at all.
    pub malformed: Vec<String>,
    /// Paths of fields that the type does not have.
    pub unknown: Vec<String>,
    /// Paths of fields that must be there.
    pub missing: Vec<String>,
}

/// Compares an object with its type.
pub(in crate::services::kubernetes) fn check(shape: &Shape, value: &Value) -> Findings {
    let mut findings = Findings::default();
    visit(shape, value, "", &mut findings);
    findings
}

fn visit(shape: &Shape, value: &Value, at: &str, findings: &mut Findings) {
    if value.is_null() {
        return;
    }
    let below = |name: &str| if at.is_empty() { name.to_owned() } else { format!("{at}.{name}") };
    match (shape, value) {
        (Shape::Struct(name), Value::Object(fields)) => {
            let Some(of) = named(name) else { return };
            for (name, inner) in fields {
                match of.fields.get(name) {
                    Some(field) => visit(&field.shape, inner, &below(name), findings),
                    None => findings.unknown.push(below(name)),
                }
            }
            for (name, _) in of.fields.iter().filter(|(_, field)| field.required) {
                let is_there = fields.get(name).is_some_and(|value| match value {
                    Value::Null => false,
                    Value::String(text) => !text.is_empty() || name == "value",
                    Value::Array(entries) => !entries.is_empty(),
                    _ => true,
                });
                if !is_there {
                    findings.missing.push(below(name));
                }
            }
        }
        (Shape::Map { of, .. }, Value::Object(members)) => {
            for (name, inner) in members {
                if inner.is_null() && **of != Shape::Scalar(Scalar::Any) {
                    continue;
                }
                visit(of, inner, &below(name), findings);
            }
        }
        (Shape::List { of, .. }, Value::Array(entries)) => {
            for (index, inner) in entries.iter().enumerate() {
                if inner.is_null() && **of != Shape::Scalar(Scalar::Any) {
                    findings.malformed.push(format!("{at}[{index}]: expected a value, got null"));
                }
                visit(of, inner, &format!("{at}[{index}]"), findings);
            }
        }
        (Shape::Scalar(scalar), value) => {
            if !fits(*scalar, value) {
                findings.malformed.push(format!("{at}: expected {}, got {}", word(*scalar), kind(value)));
            }
        }
        (_, value) => findings.malformed.push(format!(
            "{at}: expected {}, got {}",
            if matches!(shape, Shape::List { .. }) { "a list" } else { "an object" },
            kind(value)
        )),
    }
}

fn fits(scalar: Scalar, value: &Value) -> bool {
    match scalar {
        Scalar::Any => true,
        Scalar::String => value.is_string(),
        Scalar::Int => value.as_i64().is_some(),
        Scalar::Bool => value.is_boolean(),
        Scalar::Number => value.is_number(),
        Scalar::Port => value.is_string() || value.as_i64().is_some(),
        Scalar::Quantity => value.is_number() || value.as_str().is_some_and(is_quantity),
        Scalar::Time => value.as_str().is_some_and(|text| {
            time::OffsetDateTime::parse(text, &time::format_description::well_known::Rfc3339).is_ok()
        }),
        Scalar::Bytes => value.as_str().is_some_and(|text| {
            use base64::Engine as _;
            base64::engine::general_purpose::STANDARD.decode(text).is_ok()
        }),
    }
}

/// A number with a suffix: `250m`, `128Mi`.
fn is_quantity(text: &str) -> bool {
    let digits = text.trim_start_matches(['+', '-']);
    let end = digits.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(digits.len());
    let (number, suffix) = digits.split_at(end);
    number.parse::<f64>().is_ok()
        && (["", "n", "u", "m", "k", "M", "G", "T", "P", "E", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"].contains(&suffix)
            || suffix.strip_prefix(['e', 'E']).is_some_and(|power| power.parse::<i32>().is_ok()))
}

fn word(scalar: Scalar) -> &'static str {
    match scalar {
        Scalar::String => "a string",
        Scalar::Int => "an integer",
        Scalar::Bool => "a boolean",
        Scalar::Number => "a number",
        Scalar::Quantity => "a quantity such as 250m or 128Mi",
        Scalar::Port => "an integer or a string",
        Scalar::Time => "a time (RFC 3339)",
        Scalar::Bytes => "base64",
        Scalar::Any => "anything",
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// Takes the fields out that the type does not have.
pub(in crate::services::kubernetes) fn drop_unknown(shape: &Shape, value: &mut Value) {
    match (shape, value) {
        (Shape::Struct(name), Value::Object(fields)) => {
            let Some(of) = named(name) else { return };
            fields.retain(|name, _| of.fields.contains_key(name));
            for (name, inner) in fields.iter_mut() {
                if let Some(field) = of.fields.get(name) {
                    drop_unknown(&field.shape, inner);
                }
            }
        }
        (Shape::Map { of, .. }, Value::Object(members)) => {
            members.values_mut().for_each(|inner| drop_unknown(of, inner))
        }
        (Shape::List { of, .. }, Value::Array(entries)) => entries.iter_mut().for_each(|inner| drop_unknown(of, inner)),
        _ => {}
    }
}
