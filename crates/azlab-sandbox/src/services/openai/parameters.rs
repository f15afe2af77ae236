//! Judges the parameters of a body by a table: which there are, of which type and within which bounds, and which of them a model
//! that reasons refuses.
//!
//! The wordings are those of the models' API as public reports have them, and its order: what is missing, what is unknown, then
//! types and bounds, then what the model refuses.

use serde_json::{Map, Value};

use super::refusal::Refusal;

/// A body.
pub(super) type Body = Map<String, Value>;

/// What a parameter takes.
pub(super) enum Kind {
    Integer(i64, i64),
    Decimal(f64, f64),
    Boolean,
    Text,
    /// One of these.
    Choice(&'static [&'static str]),
    Object,
    /// Up to 16 texts by name.
    Metadata,
    /// Judged where it is read.
    Elsewhere,
    /// Azure takes it, the sandbox does not serve it.
    NotServed,
}

/// What a model that reasons makes of it.
pub(super) enum Reasoning {
    Takes,
    /// Nothing but this value.
    Only(f64),
    Refuses(&'static str),
    /// It alone takes it.
    Alone,
}

/// A parameter.
pub(super) struct Parameter {
    pub name: &'static str,
    pub kind: Kind,
    pub reasoning: Reasoning,
}

/// One that all models take.
pub(super) const fn plain(name: &'static str, kind: Kind) -> Parameter {
    Parameter { name, kind, reasoning: Reasoning::Takes }
}

/// One that depends on whether the model reasons.
pub(super) const fn judged(name: &'static str, kind: Kind, reasoning: Reasoning) -> Parameter {
    Parameter { name, kind, reasoning }
}

/// A parameter that was sent: null is as good as none.
pub(super) fn sent<'a>(body: &'a Body, name: &str) -> Option<&'a Value> {
    body.get(name).filter(|value| !value.is_null())
}

/// A whole number that was sent; judged before.
pub(super) fn whole(body: &Body, name: &str) -> Option<i64> {
    sent(body, name).and_then(Value::as_i64)
}

/// Whether it was sent and is true.
pub(super) fn is_true(body: &Body, name: &str) -> bool {
    sent(body, name) == Some(&Value::Bool(true))
}

/// The body as an object.
pub(super) fn object(body: &[u8]) -> Result<Body, Refusal> {
    serde_json::from_slice(body).map_err(|error| {
        let message = format!(
            "We could not parse the JSON body of your request ({error}). The API expects a JSON payload, but what was sent was \
             not valid JSON."
        );
        Refusal::invalid("", "", message)
    })
}

/// Judges `body`; `required` must be in it, and `reasons` says whether the model does.
pub(super) fn judge(table: &[Parameter], required: &[&str], body: &Body, reasons: bool) -> Result<(), Refusal> {
    if let Some(missing) = required.iter().find(|name| !body.contains_key(**name)) {
        return Err(missing_parameter(missing));
    }
    if let Some(unknown) = body.keys().find(|name| !table.iter().any(|known| known.name == *name)) {
        return Err(unknown_parameter(unknown));
    }
    let sent = || table.iter().filter_map(|known| Some((known, sent(body, known.name)?)));
    for (known, value) in sent() {
        typed(known.name, &known.kind, value)?;
    }
    for (known, value) in sent() {
        allowed(known, value, reasons)?;
    }
    Ok(())
}

pub(super) fn missing_parameter(name: &str) -> Refusal {
    Refusal::invalid(name, "missing_required_parameter", format!("Missing required parameter: '{name}'."))
}

pub(super) fn unknown_parameter(name: &str) -> Refusal {
    Refusal::invalid(name, "unknown_parameter", format!("Unknown parameter: '{name}'."))
}

pub(super) fn wrong_type(name: &str, expected: &str, value: &Value) -> Refusal {
    let message = format!("Invalid type for '{name}': expected {expected}, but got {} instead.", article(value));
    Refusal::invalid(name, "invalid_type", message)
}

/// A value that is none of those that there are.
pub(super) fn no_such_value(name: &str, value: &str, known: &[&str]) -> Refusal {
    let message = format!("Invalid value: '{value}'. Supported values are: {}.", listed(known, "and"));
    Refusal::invalid(name, "invalid_value", message)
}

pub(super) fn unsupported(name: &str, hint: &str) -> Refusal {
    let message = format!("Unsupported parameter: '{name}' is not supported with this model.{hint}");
    Refusal::invalid(name, "unsupported_parameter", message)
}

pub(super) fn too_long(name: &str, most: usize, length: usize) -> Refusal {
    let message = format!(
        "Invalid '{name}': array too long. Expected an array with maximum length {most}, but got an array with length {length} \
         instead."
    );
    Refusal::invalid(name, "array_above_max_length", message)
}

pub(super) fn empty_array(name: &str) -> Refusal {
    let message = format!(
        "Invalid '{name}': empty array. Expected an array with minimum length 1, but got an empty array instead."
    );
    Refusal::invalid(name, "empty_array", message)
}

/// Judges one value of a kind.
pub(super) fn typed(name: &str, kind: &Kind, value: &Value) -> Result<(), Refusal> {
    match kind {
        Kind::Integer(least, most) => integer(name, value, *least, *most),
        Kind::Decimal(least, most) => decimal(name, value, *least, *most),
        Kind::Boolean if !value.is_boolean() => Err(wrong_type(name, "a boolean", value)),
        Kind::Text if !value.is_string() => Err(wrong_type(name, "a string", value)),
        Kind::Object if !value.is_object() => Err(wrong_type(name, "an object", value)),
        Kind::Choice(known) => match value.as_str() {
            None => Err(wrong_type(name, &format!("one of {}", listed(known, "or")), value)),
            Some(text) if !known.contains(&text) => Err(no_such_value(name, text, known)),
            Some(_) => Ok(()),
        },
        Kind::Metadata => metadata(name, value),
        Kind::NotServed if !is_empty(value) => Err(Refusal::not_served(format_args!("the parameter '{name}'"))),
        _ => Ok(()),
    }
}

/// What asks for nothing.
fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        _ => false,
    }
}

fn integer(name: &str, value: &Value, least: i64, most: i64) -> Result<(), Refusal> {
    let bound = |side: &str, sign: &str, limit: i64, code: &str| {
        let message = format!(
            "Invalid '{name}': integer {side} value. Expected a value {sign} {limit}, but got {value} instead."
        );
        Err(Refusal::invalid(name, code, message))
    };
    match value.as_i64() {
        Some(number) if number < least => bound("below minimum", ">=", least, "integer_below_min_value"),
        Some(number) if number > most => bound("above maximum", "<=", most, "integer_above_max_value"),
        Some(_) => Ok(()),
        None if value.is_u64() => bound("above maximum", "<=", most, "integer_above_max_value"),
        None => Err(wrong_type(name, "an integer", value)),
    }
}

fn decimal(name: &str, value: &Value, least: f64, most: f64) -> Result<(), Refusal> {
    let bound = |side: &str, sign: &str, limit: f64, code: &str| {
        let message = format!(
            "Invalid '{name}': decimal {side} value. Expected a value {sign} {limit}, but got {value} instead."
        );
        Err(Refusal::invalid(name, code, message))
    };
    match value.as_f64() {
        None => Err(wrong_type(name, "a decimal", value)),
        Some(number) if number < least => bound("below minimum", ">=", least, "decimal_below_min_value"),
        Some(number) if number > most => bound("above maximum", "<=", most, "decimal_above_max_value"),
        Some(_) => Ok(()),
    }
}

fn metadata(name: &str, value: &Value) -> Result<(), Refusal> {
    let Some(fields) = value.as_object() else { return Err(wrong_type(name, "an object", value)) };
    if fields.len() > 16 {
        let message = format!(
            "Invalid '{name}': too many properties. Expected an object with at most 16 properties, but got an object with {} \
             properties instead.",
            fields.len()
        );
        return Err(Refusal::invalid(name, "object_above_max_properties", message));
    }
    for (key, value) in fields {
        let param = format!("{name}.{key}");
        let length = key.chars().count();
        if length > 64 {
            let message = format!(
                "Invalid property name in '{name}': '{key}' is too long. Expected a string with maximum length 64, but got a \
                 string with length {length} instead."
            );
            return Err(Refusal::invalid(&param, "property_name_above_max_length", message));
        }
        let Some(text) = value.as_str() else { return Err(wrong_type(&param, "a string", value)) };
        let length = text.chars().count();
        if length > 512 {
            let message = format!(
                "Invalid '{param}': string too long. Expected a string with maximum length 512, but got a string with length \
                 {length} instead."
            );
            return Err(Refusal::invalid(&param, "string_above_max_length", message));
        }
    }
    Ok(())
}

/// Judges a value of the right type by what the model takes.
fn allowed(known: &Parameter, value: &Value, reasons: bool) -> Result<(), Refusal> {
    let name = known.name;
    match known.reasoning {
        Reasoning::Refuses(hint) if reasons => Err(unsupported(name, hint)),
        Reasoning::Only(only) if reasons && value.as_f64() != Some(only) => match name {
            "temperature" => {
                let message = format!(
                    "Unsupported value: '{name}' does not support {value} with this model. Only the default ({only}) value is \
                     supported."
                );
                Err(Refusal::invalid(name, "unsupported_value", message))
            }
            _ => Err(unsupported(name, "")),
        },
        Reasoning::Alone if !reasons => {
            Err(Refusal::invalid("", "", format!("Unrecognized request argument supplied: {name}")))
        }
        _ => Ok(()),
    }
}

/// A value's type, with its article.
fn article(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(number) if number.is_f64() => "a decimal number",
        Value::Number(_) => "an integer",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

/// `'a', 'b', and 'c'`, or `'a' and 'b'`.
fn listed(known: &[&str], word: &str) -> String {
    let quoted: Vec<String> = known.iter().map(|one| format!("'{one}'")).collect();
    match quoted.as_slice() {
        [] => String::new(),
        [one] => one.clone(),
        [one, two] => format!("{one} {word} {two}"),
        [most @ .., last] => format!("{}, {word} {last}", most.join(", ")),
    }
}
