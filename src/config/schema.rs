//! The JSON schema of `azlab.toml`, from its types.

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::{Value, json};

use super::file::File;

/// The version of the file that this azlab reads and writes.
pub(crate) const VERSION: u32 = 1;

/// The schema. TOML has no null, so an optional key has just its type.
pub(crate) fn schema() -> Value {
    schema_of::<File>()
}

/// The same of another TOML file.
pub(crate) fn schema_of<T: JsonSchema>() -> Value {
    let generator = SchemaSettings::draft07().into_generator();
    let mut schema = generator.into_root_schema_for::<T>().to_value();
    plain(&mut schema);
    schema
}

/// The schema as `config schema` prints it.
pub(crate) fn schema_text() -> String {
    format!("{:#}\n", schema())
}

/// Whether a default is nothing, or a table of such.
fn says_nothing(default: &Value) -> bool {
    match default {
        Value::Null => true,
        Value::Object(fields) => fields.values().all(says_nothing),
        _ => false,
    }
}

fn plain(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(plain),
        Value::Object(fields) => {
            fields.values_mut().for_each(plain);
            // Comments are broken into lines; editors break them as they like.
            if let Some(Value::String(text)) = fields.get_mut("description") {
                *text = text.replace('\n', " ");
            }
            // Tables and keys that may be left out without a value of their own: what holds then is said in words.
            if fields.get("default").is_some_and(says_nothing) {
                fields.remove("default");
            }
            // Number formats such as uint32 are Rust's.
            fields.remove("format");
            if let Some(Value::Array(types)) = fields.get_mut("type") {
                types.retain(|one| one != "null");
                if let [one] = types.as_slice() {
                    let one = one.clone();
                    fields.insert("type".into(), one);
                }
            }
            let Some(Value::Array(options)) = fields.get_mut("anyOf") else { return };
            options.retain(|one| *one != json!({"type": "null"}));
            if let [only] = options.as_slice() {
                let only = only.clone();
                fields.remove("anyOf");
                // Draft 7 ignores what stands beside a $ref.
                fields.insert("allOf".into(), json!([only]));
            }
        }
        _ => {}
    }
}
