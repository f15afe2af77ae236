//! The shape of a file, held against its schema: unknown keys, missing ones, wrong types, values out of range.

use std::collections::BTreeMap;
use std::ops::Range;

use serde_json::Value;
use serde_spanned::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::{MOST, Problem};
use super::nearest::nearest;
use super::secrets::is_secret;
use super::source::Source;
use super::{Place, Places, VERSION, schema};
use crate::lab::overrides::LabOverrides;

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Checked {
    pub(super) problems: Vec<Problem>,
    pub(super) places: Places,
}

/// Other words for keys.
const MEANT: [(&str, &str); 6] = [
    ("email", "attendee"),
    ("mail", "attendee"),
    ("upn", "attendee"),
    ("user", "attendee"),
    ("attendees", "roster"),
    ("participants", "roster"),
];

/// Holds `table`, the whole of `source`, against the schema.
pub(super) fn check(source: &Source, table: &DeTable<'_>) -> Checked {
    let version = table.iter().find(|(key, _)| key.get_ref() == "version").map(|(_, value)| value);
    if let Some(newer) = version.and_then(|value| integer(value.get_ref())).filter(|found| *found > i64::from(VERSION))
    {
        // Whatever else it says may be right in that version.
        let range = version.map(Spanned::span).unwrap_or_default();
        let message = format!("this file has version {newer}, and this azlab supports {VERSION}");
        let problem = source.problem(&range, message, Some("update azlab".into()));
        return Checked { problems: vec![problem], ..Checked::default() };
    }
    let schema = schema();
    let mut walk = Walk { source, root: &schema, homes: homes(&schema), checked: Checked::default() };
    walk.table(&schema, table, "", &(0..0));
    walk.checked
}

struct Walk<'a> {
    source: &'a Source,
    root: &'a Value,
    /// The tables that know a key.
    homes: BTreeMap<&'a str, Vec<&'static str>>,
    checked: Checked,
}

impl<'a> Walk<'a> {
    fn tell(&mut self, range: &Range<usize>, message: String, help: Option<String>) {
        if self.checked.problems.len() < MOST {
            self.checked.problems.push(self.source.problem(range, message, help));
        }
    }

    fn table(&mut self, schema: &'a Value, table: &DeTable<'_>, path: &str, range: &Range<usize>) {
        let known = schema.get("properties").and_then(Value::as_object);
        let others = schema.get("additionalProperties").filter(|others| others.is_object());
        for (key, value) in table {
            let name = key.get_ref().as_ref();
            let Some(of_key) = known.and_then(|known| known.get(name)).or(others) else {
                let names = known.into_iter().flat_map(|known| known.keys().map(String::as_str));
                self.unknown(name, &key.span(), path, names.collect());
                continue;
            };
            let path = if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
            self.checked.places.insert(path.clone(), Place { key: key.span(), value: value.span() });
            self.value(of_key, name, &path, value);
        }
        let required = schema.get("required").and_then(Value::as_array).into_iter().flatten();
        for name in required.filter_map(Value::as_str) {
            if table.iter().all(|(key, _)| key.get_ref() != name) {
                let help = if name == "version" {
                    format!("write as the first line: version = {VERSION}")
                } else {
                    format!("write: {name} = \"…\"")
                };
                let of = if path.is_empty() { "the file".to_owned() } else { path.to_owned() };
                self.tell(range, format!("{of} has no {name}"), Some(help));
            }
        }
    }

    fn unknown(&mut self, name: &str, range: &Range<usize>, path: &str, known: Vec<&str>) {
        if self.checked.problems.len() >= MOST {
            return;
        }
        if is_secret(name) {
            let message =
                format!("'{name}' looks like a secret, and this file must not hold any: it is meant to be shared");
            let help = "delete it here; azlab signs in with az login or from variables such as AZURE_CLIENT_SECRET, and \
                        asks Azure for keys when they are needed";
            return self.tell(range, message, Some(help.to_owned()));
        }
        let of = if path.is_empty() { String::new() } else { format!(" in {path}") };
        // What people call it is not near what it is called.
        let meant = MEANT.iter().find(|(word, key)| *word == name && known.contains(key)).map(|(_, key)| *key);
        let help = match (meant.or_else(|| nearest(name, known.iter().copied())), self.homes.get(name)) {
            (Some(near), _) => format!("did you mean {near}?"),
            (None, Some(homes)) => format!("it belongs in {}", homes.join(" or ")),
            (None, None) => match nearest(name, self.homes.keys().copied()) {
                Some(near) => {
                    let homes = self.homes.get(near).map(|homes| homes.join(" or ")).unwrap_or_default();
                    format!("did you mean {near} in {homes}?")
                }
                None => {
                    let mut known = known.clone();
                    known.sort_unstable();
                    format!("known here: {}", known.join(", "))
                }
            },
        };
        self.tell(range, format!("unknown key '{name}'{of}"), Some(help));
    }

    /// Follows references, and among alternatives the one that a value of this type can be.
    fn resolve(&self, schema: &'a Value, value: &DeValue<'_>) -> &'a Value {
        let mut schema = schema;
        loop {
            schema = if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
                let found = self.root.pointer(reference.trim_start_matches('#'));
                let Some(found) = found else { return schema };
                found
            } else if let Some([only]) = schema.get("allOf").and_then(Value::as_array).map(Vec::as_slice) {
                only
            } else if let Some(options) = schema.get("anyOf").and_then(Value::as_array) {
                let fits = |option: &&Value| kind(self.resolve(option, value)) == kind_of(value);
                let Some(found) = options.iter().find(fits) else { return schema };
                found
            } else {
                return schema;
            };
        }
    }

    fn value(&mut self, schema: &'a Value, name: &str, path: &str, value: &Spanned<DeValue<'_>>) {
        let (range, value) = (value.span(), value.get_ref());
        let schema = self.resolve(schema, value);
        let wanted = kind(schema);
        // Every whole number is a number.
        let fits = wanted == kind_of(value) || (wanted == "number" && kind_of(value) == "integer");
        if !fits {
            let wanted_words = if wanted == "number" { "a number" } else { in_words(wanted) };
            let found = in_words(kind_of(value));
            let help = self.how_to_write(schema, name, path, value, &range);
            return self.tell(&range, format!("{path} must be {wanted_words}, not {found}"), help);
        }
        match value {
            DeValue::Table(table) => self.table(schema, table, path, &range),
            DeValue::Array(items) => {
                let Some(of_items) = schema.get("items") else { return };
                for (index, item) in items.iter().enumerate() {
                    let path = format!("{path}[{index}]");
                    self.checked.places.insert(path.clone(), Place { key: item.span(), value: item.span() });
                    self.value(of_items, name, &path, item);
                }
            }
            DeValue::Integer(_) | DeValue::Float(_) => {
                let bound = |key: &str| schema.get(key).and_then(Value::as_f64);
                let (min, max) = (bound("minimum").unwrap_or(f64::MIN), bound("maximum").unwrap_or(f64::MAX));
                // What is not a number is in no range.
                if number(value).is_none_or(|number| !(min..=max).contains(&number)) {
                    let text = self.source.slice(&range);
                    let one = if min == max { format!("{min}") } else { format!("from {min} to {max}") };
                    self.tell(&range, format!("{path} must be {one}, not {text}"), None);
                }
            }
            DeValue::String(text) => {
                let known = constants(schema);
                if !known.is_empty() && !known.contains(&text.as_ref()) {
                    let near = nearest(text, known.iter().copied()).map(|near| format!("did you mean \"{near}\"?"));
                    self.tell(&range, format!("{path} must be one of {}, not '{text}'", known.join(", ")), near);
                }
            }
            _ => {}
        }
    }

    /// The same, written with the right type, if that is a value of the key.
    fn how_to_write(
        &self,
        schema: &Value,
        name: &str,
        path: &str,
        value: &DeValue<'_>,
        range: &Range<usize>,
    ) -> Option<String> {
        let text = self.source.shown(range)?;
        match (kind(schema), value) {
            ("string", DeValue::Integer(_) | DeValue::Float(_) | DeValue::Boolean(_) | DeValue::Datetime(_)) => {
                in_quotes(schema, name, path, text)
            }
            ("integer", DeValue::String(text)) if text.trim().parse::<i64>().is_ok() => {
                Some(format!("without quotes: {name} = {}", text.trim()))
            }
            ("number", DeValue::String(text)) if text.trim().parse::<f64>().is_ok() => {
                Some(format!("without quotes: {name} = {}", text.trim()))
            }
            ("array", DeValue::String(_)) => Some(format!("in brackets: {name} = [{text}]")),
            ("array", DeValue::Table(_)) => Some(format!("with two pairs of brackets: [[{name}]]")),
            ("object", DeValue::Array(_)) => Some(format!("with one pair of brackets: [{name}]")),
            ("object", DeValue::String(_)) if schema.pointer("/properties/name").is_some() => {
                Some(format!("its name is: {name}.name = {text}"))
            }
            ("object", DeValue::String(_)) if schema.pointer("/properties/account").is_some() => {
                Some(format!("the account's name is: {name}.account = {text}"))
            }
            _ => None,
        }
    }
}

/// A number or the like as the text that is meant: as it stands, or with what it lacks.
fn in_quotes(schema: &Value, name: &str, path: &str, text: &str) -> Option<String> {
    let known = constants(schema);
    if !known.is_empty() {
        return known.first().map(|first| format!("such as: {name} = \"{first}\""));
    }
    let field = LabOverrides::field_at(path);
    let fits = |text: &str| field.is_none_or(|field| field.check(text).is_ok());
    let hours = format!("{text}h");
    if fits(text) {
        Some(format!("in quotes: {name} = \"{text}\""))
    } else if fits(&hours) && field.is_some_and(|field| !field.example.is_empty()) {
        Some(format!("in quotes, and with its unit: {name} = \"{hours}\""))
    } else {
        field.filter(|field| !field.example.is_empty()).map(|field| format!("such as: {name} = \"{}\"", field.example))
    }
}

/// The table in which each key belongs, as it is written.
fn homes(schema: &Value) -> BTreeMap<&str, Vec<&'static str>> {
    let tables = [
        ("/properties", "the file's beginning, before the first [table]"),
        ("/definitions/AccessTable/properties", "[access]"),
        ("/definitions/ClusterTable/properties", "[cluster]"),
        ("/definitions/IdentityTable/properties", "[identity]"),
        ("/definitions/FederatedCredentialTable/properties", "[[identity.federated_credentials]]"),
        ("/definitions/OpenAiTable/properties", "[openai]"),
        ("/definitions/DeploymentTable/properties", "[[deployments]]"),
        ("/definitions/AppTable/properties", "[app]"),
        ("/definitions/BudgetTable/properties", "[budget]"),
        ("/definitions/PlacementEntry/properties", "[[placement]]"),
        ("/definitions/NamedLab/properties", "[[labs]]"),
    ];
    let mut homes: BTreeMap<&str, Vec<&'static str>> = BTreeMap::new();
    for (pointer, table) in tables {
        for key in schema.pointer(pointer).and_then(Value::as_object).into_iter().flat_map(|known| known.keys()) {
            let known = homes.entry(key).or_default();
            // What all labs share is first of all a key of the file.
            if table != "[[labs]]" || known.is_empty() || key == "name" {
                known.push(table);
            }
        }
    }
    homes
}

/// The schema's `type`; of alternatives, nothing.
fn kind(schema: &Value) -> &str {
    match schema.get("type").and_then(Value::as_str) {
        Some(kind) => kind,
        None if schema.get("oneOf").is_some() || schema.get("enum").is_some() => "string",
        None => "alternatives",
    }
}

fn kind_of(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "string",
        DeValue::Integer(_) => "integer",
        DeValue::Float(_) => "number",
        DeValue::Boolean(_) => "boolean",
        DeValue::Datetime(_) => "datetime",
        DeValue::Array(_) => "array",
        DeValue::Table(_) => "object",
    }
}

fn in_words(kind: &str) -> &'static str {
    match kind {
        "string" => "text in quotes",
        "integer" => "a whole number",
        "number" => "a number with a fraction",
        "boolean" => "true or false",
        "datetime" => "a date",
        "array" => "a list",
        "object" => "a table",
        _ => "text in quotes or a table",
    }
}

/// The texts that a value may be; none if any will do.
fn constants(schema: &Value) -> Vec<&str> {
    let listed = schema.get("enum").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    let options = schema.get("oneOf").and_then(Value::as_array).into_iter().flatten();
    let described = options.flat_map(|one| {
        let of_enum = one.get("enum").and_then(Value::as_array).into_iter().flatten();
        one.get("const").into_iter().chain(of_enum).filter_map(Value::as_str)
    });
    listed.chain(described).collect()
}

fn number(value: &DeValue<'_>) -> Option<f64> {
    match value {
        DeValue::Float(number) => number.as_str().parse().ok(),
        value => integer(value).map(|number| number as f64),
    }
}

fn integer(value: &DeValue<'_>) -> Option<i64> {
    let number = value.as_integer()?;
    i64::from_str_radix(number.as_str(), number.radix()).ok()
}
