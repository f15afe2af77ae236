//! A value that fits a JSON schema: small, and the same each time.
//!
//! A client sends the schema, so the work is bounded: so many values are made, so deep, so long; what would take more is not
//! served. References that lead in a circle end where the schema lets them (an empty list, null, an optional property left out).

use serde_json::{Map, Value, json};

use super::scalar::{LONGEST, number, text};

/// Most parts of the schema that are looked at.
const MOST: usize = 20_000;
/// Deepest value; from half of it on, what may be left out is.
const DEEPEST: usize = 16;
/// Most bytes of texts and names in a value.
const MOST_BYTES: usize = 256 * 1024;
/// Parts of the schema that merging some of them counts for: they are copied.
const MERGE: usize = 200;

/// A value that fits `schema`; `None` if none can be made.
pub(super) fn of(schema: &Value) -> Option<Value> {
    parts(schema, MOST)?;
    Maker { root: schema, left: MOST, bytes: MOST_BYTES }.value(schema, "text", 0)
}

/// What is left of `most` after the parts of `schema`.
fn parts(schema: &Value, most: usize) -> Option<usize> {
    let most = most.checked_sub(1)?;
    match schema {
        Value::Array(items) => items.iter().try_fold(most, |left, item| parts(item, left)),
        Value::Object(fields) => fields.values().try_fold(most, |left, inner| parts(inner, left)),
        _ => Some(most),
    }
}

struct Maker<'a> {
    root: &'a Value,
    left: usize,
    bytes: usize,
}

impl<'a> Maker<'a> {
    /// A value for a part of the schema, which a property called `name` has.
    fn value(&mut self, schema: &Value, name: &str, depth: usize) -> Option<Value> {
        self.left = self.left.checked_sub(1)?;
        if depth > DEEPEST {
            return None;
        }
        let fields = match schema {
            Value::Bool(true) => return Some(name.into()),
            Value::Object(fields) => fields,
            _ => return None,
        };
        if let Some(reference) = fields.get("$ref").and_then(Value::as_str) {
            let target = self.resolve(reference)?;
            return self.value(target, name, depth + 1);
        }
        if let Some(constant) = fields.get("const") {
            return self.copied(constant);
        }
        if let Some(values) = fields.get("enum").and_then(Value::as_array) {
            return self.copied(values.first()?);
        }
        if let Some(all) = fields.get("allOf").and_then(Value::as_array) {
            let merged = self.merged(fields, all)?;
            return self.value(&merged, name, depth + 1);
        }
        let ways = ["anyOf", "oneOf"].iter().find_map(|group| fields.get(*group).and_then(Value::as_array));
        if let Some(ways) = ways {
            return self.one_of(ways, name, depth);
        }
        match kind(fields)? {
            "object" => self.object(fields, depth),
            "array" => self.array(fields, name, depth),
            "string" => {
                let text = text(fields, name)?;
                self.write(text.len())?;
                Some(text.into())
            }
            "integer" => number(fields, true),
            "number" => number(fields, false),
            "boolean" => Some(true.into()),
            "null" => Some(Value::Null),
            _ => None,
        }
    }

    /// So many bytes more in the value.
    fn write(&mut self, bytes: usize) -> Option<()> {
        self.bytes = self.bytes.checked_sub(bytes)?;
        Some(())
    }

    fn copied(&mut self, value: &Value) -> Option<Value> {
        self.write(value.to_string().len())?;
        Some(value.clone())
    }

    /// The first that works; where it is deep, null before all others.
    fn one_of(&mut self, ways: &[Value], name: &str, depth: usize) -> Option<Value> {
        let is_null = |way: &Value| way.get("type").and_then(Value::as_str) == Some("null");
        if depth > DEEPEST / 2 && ways.iter().any(is_null) {
            return Some(Value::Null);
        }
        ways.iter().find_map(|way| self.value(way, name, depth + 1))
    }

    fn object(&mut self, fields: &Map<String, Value>, depth: usize) -> Option<Value> {
        let required = fields.get("required").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let properties = fields.get("properties").and_then(Value::as_object);
        let mut made = Map::new();
        for (name, inner) in properties.into_iter().flatten() {
            let is_required = required.iter().any(|one| one == name);
            if !is_required && depth > DEEPEST / 2 {
                continue;
            }
            self.write(name.len())?;
            match self.value(inner, name, depth + 1) {
                Some(value) => drop(made.insert(name.clone(), value)),
                None if is_required => return None,
                None => {}
            }
        }
        for name in required.iter().filter_map(Value::as_str) {
            if !made.contains_key(name) {
                self.write(2 * name.len())?;
                made.insert(name.to_owned(), name.into());
            }
        }
        let least = fields.get("minProperties").and_then(Value::as_u64).unwrap_or_default();
        ((made.len() as u64) >= least).then_some(Value::Object(made))
    }

    fn array(&mut self, fields: &Map<String, Value>, name: &str, depth: usize) -> Option<Value> {
        let bound = |name: &str| fields.get(name).and_then(Value::as_u64);
        let least = bound("minItems").unwrap_or_default();
        let most = bound("maxItems").unwrap_or(LONGEST);
        if least > most || least > LONGEST {
            return None;
        }
        if let Some(first) = fields.get("prefixItems").and_then(Value::as_array) {
            return first
                .iter()
                .map(|inner| self.value(inner, name, depth + 1))
                .collect::<Option<Vec<_>>>()
                .map(Value::from);
        }
        let wished = if depth > DEEPEST / 2 { least } else { least.max(1).min(most) };
        let any = json!({"type": "string"});
        let items = fields.get("items").unwrap_or(&any);
        let differ = fields.get("uniqueItems") == Some(&Value::Bool(true));
        let mut made: Vec<Value> = Vec::new();
        for index in 0..wished {
            match self.value(items, name, depth + 1) {
                Some(value) if differ && index > 0 => made.push(another(items, value, index)?),
                Some(value) => made.push(value),
                None if (made.len() as u64) < least => return None,
                None => break,
            }
        }
        Some(Value::Array(made))
    }

    /// What a reference into the schema leads to.
    fn resolve(&self, reference: &str) -> Option<&'a Value> {
        self.root.pointer(reference.strip_prefix('#')?)
    }

    /// All of `parts` and `own` in one.
    fn merged(&mut self, own: &Map<String, Value>, parts: &[Value]) -> Option<Value> {
        self.left = self.left.checked_sub(MERGE)?;
        let mut merged = own.clone();
        merged.remove("allOf");
        for part in parts {
            self.left = self.left.checked_sub(1)?;
            let resolved = part.get("$ref").and_then(Value::as_str).and_then(|reference| self.resolve(reference));
            let part = resolved.unwrap_or(part);
            for (name, value) in part.as_object().into_iter().flatten() {
                match (merged.get_mut(name), value) {
                    (Some(Value::Object(there)), Value::Object(more)) => {
                        there.extend(more.iter().map(|(name, value)| (name.clone(), value.clone())));
                    }
                    (Some(Value::Array(there)), Value::Array(more)) if name == "required" => there.extend(more.clone()),
                    _ => drop(merged.insert(name.clone(), value.clone())),
                }
            }
        }
        Some(Value::Object(merged))
    }
}

/// The type of which a value is made: of several the first that is not null.
fn kind(fields: &Map<String, Value>) -> Option<&str> {
    match fields.get("type") {
        Some(Value::String(kind)) => Some(kind),
        Some(Value::Array(kinds)) => {
            let mut kinds = kinds.iter().filter_map(Value::as_str);
            let first = kinds.next()?;
            if first == "null" { kinds.next().or(Some(first)) } else { Some(first) }
        }
        Some(_) => None,
        None if fields.contains_key("properties") => Some("object"),
        None if fields.contains_key("items") => Some("array"),
        None => Some("string"),
    }
}

/// The item number `index` of a list whose items differ.
fn another(schema: &Value, first: Value, index: u64) -> Option<Value> {
    if let Some(values) = schema.get("enum").and_then(Value::as_array) {
        return values.get(usize::try_from(index).ok()?).cloned();
    }
    match first {
        Value::String(text) if schema.get("pattern").is_none() && schema.get("maxLength").is_none() => {
            Some(format!("{text} {}", index + 1).into())
        }
        Value::Number(number) if schema.get("maximum").is_none() && schema.get("multipleOf").is_none() => {
            Some((number.as_i64()? + i64::try_from(index).ok()?).into())
        }
        _ => None,
    }
}
