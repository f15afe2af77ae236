//! The messages of a chat: judged, counted, and the question that is answered.

use std::collections::BTreeSet;

use serde_json::Value;

use super::model::Model;
use super::parameters::{self, Body, missing_parameter, no_such_value, wrong_type};
use super::refusal::Refusal;
use super::tokens;

/// Who can speak in a conversation.
const ROLES: [&str; 6] = ["system", "assistant", "user", "function", "tool", "developer"];
/// The members that a message to any model has: those that the API began with, and those of an answer that is sent back.
const MEMBERS: [&str; 9] =
    ["role", "content", "name", "function_call", "tool_calls", "tool_call_id", "refusal", "annotations", "audio"];
/// Most members that a refusal names.
const NAMED: usize = 10;
/// What a part of a message can be.
const PARTS: [&str; 6] = ["text", "image_url", "input_audio", "refusal", "audio", "file"];
/// What the service adds around a message, and before the answer.
const AROUND: i64 = 3;
/// An image costs as much as one of low detail ("Image token cost").
pub(super) const IMAGE: i64 = 85;

/// What was said so far.
#[derive(Debug, Default)]
pub(super) struct Conversation {
    pub prompt_tokens: i64,
    /// What the user asked last.
    pub question: String,
    /// What a tool said, if that is the last message.
    pub told: Option<String>,
    /// Whether some message has the word JSON.
    pub mentions_json: bool,
}

impl Conversation {
    /// One that begins; what the answer begins with is counted.
    pub fn new() -> Self {
        Self { prompt_tokens: AROUND, ..Self::default() }
    }

    /// Adds what somebody said; `images` of them beside the text.
    pub fn say(&mut self, role: &str, text: String, images: i64) {
        self.prompt_tokens = self
            .prompt_tokens
            .saturating_add(tokens::count(&text))
            .saturating_add(AROUND)
            .saturating_add(images.saturating_mul(IMAGE));
        self.mentions_json |= text.to_ascii_lowercase().contains("json");
        self.told = None;
        match role {
            "user" => self.question = text,
            "tool" | "function" => self.told = Some(text),
            _ => {}
        }
    }

    /// Adds a call of a function.
    pub fn called(&mut self, name: &str, arguments: &str) {
        let cost = tokens::count(name).saturating_add(tokens::count(arguments)).saturating_add(AROUND);
        self.prompt_tokens = self.prompt_tokens.saturating_add(cost);
        self.told = None;
    }
}

/// Reads `messages` to `model`.
pub(super) fn read(body: &Body, model: &Model) -> Result<Conversation, Refusal> {
    const NAME: &str = "messages";
    let sent = parameters::sent(body, NAME).ok_or_else(|| missing_parameter(NAME))?;
    let messages = sent.as_array().ok_or_else(|| wrong_type(NAME, "an array of objects", sent))?;
    if messages.is_empty() {
        return Err(parameters::empty_array(NAME));
    }
    let mut conversation = Conversation::new();
    let mut open: BTreeSet<String> = BTreeSet::new();
    for (index, message) in messages.iter().enumerate() {
        let at = format!("{NAME}[{index}]");
        let fields = message.as_object().ok_or_else(|| wrong_type(&at, "an object", message))?;
        let role = role(&at, fields)?;
        if !model.overlooks_unknown_members() {
            refuse_unknown_members(index, fields)?;
        }
        if role == "tool" {
            let id = text(&at, fields, "tool_call_id")?;
            if !open.remove(id) {
                let message = "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with \
                               'tool_calls'.";
                return Err(Refusal::invalid(&format!("{NAME}.[{index}].role"), "", message));
            }
        } else if !open.is_empty() {
            return Err(unanswered(&open, index));
        }
        let calls = calls(&at, fields, role)?;
        let (said, images) = said(&at, index, fields, role, !calls.is_empty(), model.sees())?;
        conversation.say(role, said, images);
        for (id, name, arguments) in calls {
            conversation.called(&name, &arguments);
            open.insert(id);
        }
    }
    match open.is_empty() {
        true => Ok(conversation),
        false => Err(unanswered(&open, messages.len())),
    }
}

/// Refuses what a message does not have, in the words of the API of that time (semantic-kernel 4261, azurechat 503).
fn refuse_unknown_members(index: usize, fields: &Body) -> Result<(), Refusal> {
    let unknown = fields.keys().filter(|name| !MEMBERS.contains(&name.as_str())).take(NAMED);
    let mut unknown: Vec<String> = unknown.map(|name| format!("'{name}'")).collect();
    unknown.sort();
    let verb = match unknown.len() {
        0 => return Ok(()),
        1 => "was",
        _ => "were",
    };
    let message = format!(
        "Additional properties are not allowed ({} {verb} unexpected) - 'messages.{index}'",
        unknown.join(", ")
    );
    Err(Refusal::invalid("", "", message))
}

fn unanswered(open: &BTreeSet<String>, index: usize) -> Refusal {
    let ids = open.iter().cloned().collect::<Vec<_>>().join(", ");
    let message = format!(
        "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The \
         following tool_call_ids did not have response messages: {ids}"
    );
    Refusal::invalid(&format!("messages.[{index}].role"), "", message)
}

fn role<'a>(at: &str, fields: &'a Body) -> Result<&'a str, Refusal> {
    let param = format!("{at}.role");
    let sent = parameters::sent(fields, "role").ok_or_else(|| missing_parameter(&param))?;
    let role = sent.as_str().ok_or_else(|| wrong_type(&param, "a string", sent))?;
    if ROLES.contains(&role) { Ok(role) } else { Err(no_such_value(&param, role, &ROLES)) }
}

/// A text that must be there.
pub(super) fn text<'a>(at: &str, fields: &'a Body, name: &str) -> Result<&'a str, Refusal> {
    let param = format!("{at}.{name}");
    let sent = parameters::sent(fields, name).ok_or_else(|| missing_parameter(&param))?;
    sent.as_str().ok_or_else(|| wrong_type(&param, "a string", sent))
}

/// The calls that an assistant made: id, name, arguments.
fn calls(at: &str, fields: &Body, role: &str) -> Result<Vec<(String, String, String)>, Refusal> {
    let Some(sent) = parameters::sent(fields, "tool_calls").filter(|_| role == "assistant") else {
        return Ok(Vec::new());
    };
    let param = format!("{at}.tool_calls");
    let calls = sent.as_array().ok_or_else(|| wrong_type(&param, "an array of objects", sent))?;
    if calls.is_empty() {
        return Err(parameters::empty_array(&param));
    }
    let mut read = Vec::new();
    for (index, call) in calls.iter().enumerate() {
        let at = format!("{param}[{index}]");
        let call = call.as_object().ok_or_else(|| wrong_type(&at, "an object", call))?;
        let id = text(&at, call, "id")?.to_owned();
        let below = format!("{at}.function");
        let sent = parameters::sent(call, "function").ok_or_else(|| missing_parameter(&below))?;
        let function = sent.as_object().ok_or_else(|| wrong_type(&below, "an object", sent))?;
        read.push((id, text(&below, function, "name")?.to_owned(), text(&below, function, "arguments")?.to_owned()));
    }
    Ok(read)
}

/// The text of a message and how many images it has. Only an assistant who called a tool, or refused, may have said nothing.
fn said(
    at: &str,
    index: usize,
    fields: &Body,
    role: &str,
    has_called: bool,
    sees: bool,
) -> Result<(String, i64), Refusal> {
    let refused = fields.contains_key("refusal") || fields.contains_key("function_call");
    match fields.get("content") {
        Some(Value::String(text)) => Ok((text.clone(), 0)),
        Some(Value::Array(parts)) => parts_of(at, index, parts, sees),
        None | Some(Value::Null) if role == "assistant" && (has_called || refused) => Ok((String::new(), 0)),
        None | Some(Value::Null) => {
            let message = "Invalid value for 'content': expected a string, got null.";
            Err(Refusal::invalid(&format!("messages.[{index}].content"), "", message))
        }
        Some(other) => Err(wrong_type(&format!("{at}.content"), "one of a string or array of objects", other)),
    }
}

fn parts_of(at: &str, index: usize, parts: &[Value], sees: bool) -> Result<(String, i64), Refusal> {
    let (mut texts, mut images) = (Vec::new(), 0);
    for (part_index, part) in parts.iter().enumerate() {
        let at = format!("{at}.content[{part_index}]");
        let fields = part.as_object().ok_or_else(|| wrong_type(&at, "an object", part))?;
        match text(&at, fields, "type")? {
            kind @ ("text" | "refusal") => texts.push(text(&at, fields, kind)?),
            "image_url" if !sees => {
                let message = "Invalid content type. image_url is only supported by certain models.";
                return Err(Refusal::invalid(&format!("messages.[{index}].content.[{part_index}].type"), "", message));
            }
            "image_url" => {
                let below = format!("{at}.image_url");
                let sent = parameters::sent(fields, "image_url").ok_or_else(|| missing_parameter(&below))?;
                let image = sent.as_object().ok_or_else(|| wrong_type(&below, "an object", sent))?;
                text(&below, image, "url")?;
                images += 1;
            }
            kind if PARTS.contains(&kind) => {
                return Err(Refusal::not_served(format_args!("parts of the type '{kind}' in messages")));
            }
            other => return Err(no_such_value(&format!("{at}.type"), other, &PARTS)),
        }
    }
    Ok((texts.join(" "), images))
}
