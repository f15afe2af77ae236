//! The input of the Responses API: a text, or items.

use serde_json::Value;

use super::conversation::{Conversation, text};
use super::parameters::{self, Body, missing_parameter, no_such_value, wrong_type};
use super::refusal::Refusal;

const NAME: &str = "input";
/// Who can say something.
const ROLES: [&str; 4] = ["assistant", "system", "developer", "user"];
/// The items that are read.
const ITEMS: [&str; 4] = ["message", "function_call", "function_call_output", "reasoning"];
/// What the items have beside `type`, `id` and `status`.
const MEMBERS: [(&str, &[&str]); 4] = [
    ("message", &["role", "content", "phase"]),
    ("function_call", &["call_id", "name", "arguments", "namespace"]),
    ("function_call_output", &["call_id", "output"]),
    ("reasoning", &["summary", "content", "encrypted_content"]),
];
/// Of Azure's items those that the sandbox does not read.
const OTHERS: [&str; 12] = [
    "item_reference",
    "file_search_call",
    "web_search_call",
    "computer_call",
    "computer_call_output",
    "image_generation_call",
    "code_interpreter_call",
    "mcp_call",
    "mcp_list_tools",
    "mcp_approval_request",
    "mcp_approval_response",
    "custom_tool_call",
];

/// Reads `input` and `instructions`.
pub(super) fn read(body: &Body, sees: bool) -> Result<Conversation, Refusal> {
    let mut conversation = Conversation::new();
    if let Some(instructions) = parameters::sent(body, "instructions").and_then(Value::as_str) {
        conversation.say("system", instructions.to_owned(), 0);
        // What must have the word JSON is the input.
        conversation.mentions_json = false;
    }
    match parameters::sent(body, NAME) {
        None => return Err(missing_parameter(NAME)),
        Some(Value::String(text)) => conversation.say("user", text.clone(), 0),
        Some(Value::Array(items)) => {
            if items.is_empty() {
                return Err(parameters::empty_array(NAME));
            }
            for (index, item) in items.iter().enumerate() {
                read_item(&mut conversation, &format!("{NAME}[{index}]"), item, sees)?;
            }
        }
        Some(other) => return Err(wrong_type(NAME, "one of a string or array of input items", other)),
    }
    Ok(conversation)
}

fn read_item(conversation: &mut Conversation, at: &str, item: &Value, sees: bool) -> Result<(), Refusal> {
    let fields = item.as_object().ok_or_else(|| wrong_type(at, "an object", item))?;
    let kind = match parameters::sent(fields, "type") {
        None => "message",
        Some(_) => text(at, fields, "type")?,
    };
    if let Some((_, members)) = MEMBERS.iter().find(|(known, _)| *known == kind) {
        let is_known = |name: &str| ["type", "id", "status"].contains(&name) || members.contains(&name);
        if let Some(unknown) = fields.keys().find(|name| !is_known(name)) {
            // Reported: agent-framework 2203.
            return Err(parameters::unknown_parameter(&format!("{at}.{unknown}")));
        }
    }
    match kind {
        "message" => {
            let role = text(at, fields, "role")?;
            if !ROLES.contains(&role) {
                return Err(no_such_value(&format!("{at}.role"), role, &ROLES));
            }
            let (said, images) = content(at, fields, sees)?;
            conversation.say(role, said, images);
        }
        "function_call" => {
            text(at, fields, "call_id")?;
            conversation.called(text(at, fields, "name")?, text(at, fields, "arguments")?);
        }
        "function_call_output" => {
            text(at, fields, "call_id")?;
            let output =
                parameters::sent(fields, "output").ok_or_else(|| missing_parameter(&format!("{at}.output")))?;
            let told = output.as_str().map_or_else(|| output.to_string(), str::to_owned);
            conversation.say("tool", told, 0);
        }
        "reasoning" => {}
        other if OTHERS.contains(&other) => {
            return Err(Refusal::not_served(format_args!("input items of the type '{other}'")));
        }
        other => return Err(no_such_value(&format!("{at}.type"), other, &ITEMS)),
    }
    Ok(())
}

fn content(at: &str, fields: &Body, sees: bool) -> Result<(String, i64), Refusal> {
    let at = format!("{at}.content");
    let parts = match parameters::sent(fields, "content") {
        None => return Err(missing_parameter(&at)),
        Some(Value::String(text)) => return Ok((text.clone(), 0)),
        Some(Value::Array(parts)) => parts,
        Some(other) => return Err(wrong_type(&at, "one of a string or array of objects", other)),
    };
    let (mut texts, mut images) = (Vec::new(), 0);
    for (index, part) in parts.iter().enumerate() {
        let at = format!("{at}[{index}]");
        let fields = part.as_object().ok_or_else(|| wrong_type(&at, "an object", part))?;
        match text(&at, fields, "type")? {
            "input_text" | "output_text" => texts.push(text(&at, fields, "text")?),
            "refusal" => texts.push(text(&at, fields, "refusal")?),
            "input_image" if sees => {
                text(&at, fields, "image_url")?;
                images += 1;
            }
            "input_image" => {
                let message = "Invalid content type. input_image is only supported by certain models.";
                return Err(Refusal::invalid(&format!("{at}.type"), "invalid_value", message));
            }
            kind @ ("input_file" | "input_audio" | "computer_screenshot") => {
                return Err(Refusal::not_served(format_args!("input of the type '{kind}'")));
            }
            other => {
                let known = ["input_text", "input_image", "output_text", "refusal", "input_file"];
                return Err(no_such_value(&format!("{at}.type"), other, &known));
            }
        }
    }
    Ok((texts.join(" "), images))
}
