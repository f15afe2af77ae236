//! The rules of strict schemas: "Structured outputs", "Supported schemas and limitations". The wordings are those of public
//! reports.

use serde_json::Value;

/// Deepest nesting of a strict schema; JSON itself is read to 128.
const DEEPEST: usize = 100;
/// Most properties of a strict schema, over all its objects.
const MOST_PROPERTIES: usize = 5_000;

/// Checks a schema that is to be followed strictly; what is wrong with it.
pub(super) fn check_strict(schema: &Value) -> Result<(), String> {
    if schema.get("type").and_then(Value::as_str) != Some("object") {
        let kind = schema.get("type").and_then(Value::as_str).unwrap_or("None");
        return Err(format!("schema must be a JSON Schema of 'type: \"object\"', got 'type: \"{kind}\"'."));
    }
    let mut properties = 0;
    check(schema, &mut Vec::new(), &mut properties)
}

fn check(schema: &Value, path: &mut Vec<String>, properties: &mut usize) -> Result<(), String> {
    if path.len() > DEEPEST {
        return Err(format!("{} is nested deeper than {DEEPEST} levels.", context(path)));
    }
    let Some(fields) = schema.as_object() else { return Ok(()) };
    let own = fields.get("properties").and_then(Value::as_object);
    let is_object = fields.get("type").is_some_and(|kind| match kind {
        Value::String(kind) => kind == "object",
        Value::Array(kinds) => kinds.iter().any(|kind| kind == "object"),
        _ => false,
    });
    if is_object || own.is_some() {
        if fields.get("additionalProperties") != Some(&Value::Bool(false)) {
            let context = context(path);
            return Err(format!(
                "In context={context}, 'additionalProperties' is required to be supplied and to be false."
            ));
        }
        let required = fields.get("required").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        if let Some(missing) = own.into_iter().flatten().find(|(name, _)| !required.iter().any(|it| it == *name)) {
            return Err(format!(
                "In context={}, 'required' is required to be supplied and to be an array including every key in properties. \
                 Missing '{}'.",
                context(path),
                missing.0
            ));
        }
        *properties += own.map_or(0, serde_json::Map::len);
        if *properties > MOST_PROPERTIES {
            return Err(format!("it has more than {MOST_PROPERTIES} properties."));
        }
    }
    for group in ["properties", "$defs", "definitions"] {
        for (name, inner) in fields.get(group).and_then(Value::as_object).into_iter().flatten() {
            below(inner, path, [group, name], properties)?;
        }
    }
    for group in ["anyOf", "oneOf", "allOf"] {
        for (index, inner) in fields.get(group).and_then(Value::as_array).into_iter().flatten().enumerate() {
            below(inner, path, [group, &index.to_string()], properties)?;
        }
    }
    match fields.get("items") {
        Some(items) => {
            path.push("items".to_owned());
            let checked = check(items, path, properties);
            path.pop();
            checked
        }
        None => Ok(()),
    }
}

fn below(inner: &Value, path: &mut Vec<String>, steps: [&str; 2], properties: &mut usize) -> Result<(), String> {
    path.extend(steps.map(str::to_owned));
    let checked = check(inner, path, properties);
    path.truncate(path.len() - steps.len());
    checked
}

/// The way to a part of the schema, as the service writes it: a tuple of Python.
fn context(path: &[String]) -> String {
    let quoted: Vec<String> = path.iter().map(|step| format!("'{step}'")).collect();
    match quoted.as_slice() {
        [one] => format!("({one},)"),
        all => format!("({})", all.join(", ")),
    }
}
