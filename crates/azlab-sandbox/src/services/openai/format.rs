//! The form of an answer: a text, a JSON object, or what a schema says.

use serde_json::{Value, json};

use super::conversation::{Conversation, text};
use super::parameters::{Body, is_true, missing_parameter, no_such_value, sent, wrong_type};
use super::refusal::Refusal;
use super::tools::{Dialect, check_name};
use super::versions::Version;
use super::{instance, schema};

/// The forms that there are.
const TYPES: [&str; 3] = ["json_object", "json_schema", "text"];

/// The form of an answer.
#[derive(Clone, Debug, Default)]
pub(super) enum Format {
    #[default]
    Text,
    JsonObject,
    JsonSchema(Value),
}

impl Format {
    /// Reads `sent`, which stands at `at`.
    pub fn read(
        value: Option<&Value>,
        at: &str,
        dialect: Dialect,
        version: &Version,
        said: &Conversation,
    ) -> Result<Self, Refusal> {
        let Some(value) = value else { return Ok(Self::Text) };
        let fields = value.as_object().ok_or_else(|| wrong_type(at, "an object", value))?;
        match text(at, fields, "type")? {
            "text" => Ok(Self::Text),
            "json_object" if said.mentions_json => Ok(Self::JsonObject),
            "json_object" => Err(without_json(at, dialect)),
            "json_schema" => {
                version.check_json_schema()?;
                read_schema(fields, at, dialect)
            }
            other => Err(no_such_value(&format!("{at}.type"), other, &TYPES)),
        }
    }

    /// `text` in this form; of a schema, what fits it.
    ///
    /// # Errors
    /// 501 where nothing that fits the schema can be made.
    pub fn give(&self, text: String) -> Result<String, Refusal> {
        match self {
            Self::Text => Ok(text),
            Self::JsonObject => Ok(json!({ "answer": text }).to_string()),
            Self::JsonSchema(schema) => instance::of(schema)
                .map(|value| value.to_string())
                .ok_or_else(|| Refusal::not_served("answers for the schema in this request")),
        }
    }
}

fn without_json(at: &str, dialect: Dialect) -> Refusal {
    match dialect {
        Dialect::Chat => {
            let message =
                format!("'messages' must contain the word 'json' in some form, to use '{at}' of type 'json_object'.");
            Refusal::invalid("messages", "", message)
        }
        Dialect::Responses => {
            let message = format!(
                "Response input messages must contain the word 'json' in some form to use '{at}' of type 'json_object'."
            );
            Refusal::invalid("input", "", message)
        }
    }
}

fn read_schema(fields: &Body, at: &str, dialect: Dialect) -> Result<Format, Refusal> {
    let (below, fields) = match dialect {
        Dialect::Responses => (at.to_owned(), fields),
        Dialect::Chat => {
            let below = format!("{at}.json_schema");
            let value = sent(fields, "json_schema").ok_or_else(|| missing_parameter(&below))?;
            (below.clone(), value.as_object().ok_or_else(|| wrong_type(&below, "an object", value))?)
        }
    };
    let name = text(&below, fields, "name")?;
    check_name(&format!("{below}.name"), name)?;
    let param = format!("{below}.schema");
    let schema = sent(fields, "schema").ok_or_else(|| missing_parameter(&param))?;
    if !schema.is_object() {
        return Err(wrong_type(&param, "an object", schema));
    }
    let invalid = |why: String| {
        let message = format!("Invalid schema for response_format '{name}': {why}");
        let param = if dialect == Dialect::Chat { at } else { "text.format.schema" };
        Refusal::invalid(param, "invalid_json_schema", message)
    };
    if is_true(fields, "strict") {
        schema::check_strict(schema).map_err(invalid)?;
    } else if schema.get("type").and_then(Value::as_str) != Some("object") && schema.get("$ref").is_none() {
        let kind = schema.get("type").and_then(Value::as_str).unwrap_or("None");
        return Err(invalid(format!("schema must be a JSON Schema of 'type: \"object\"', got 'type: \"{kind}\"'.")));
    }
    Ok(Format::JsonSchema(schema.clone()))
}
