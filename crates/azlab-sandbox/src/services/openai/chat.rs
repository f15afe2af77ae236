//! A chat completion: the request checked, and an answer that is the same for the same question.

use http::StatusCode;
use serde_json::{Map, Value, json};
use time::OffsetDateTime;

use crate::arm::response::Answer;
use crate::state::store::{Resource, Store};

/// Who can speak in a conversation.
const ROLES: [&str; 6] = ["system", "assistant", "user", "function", "tool", "developer"];
/// How much of the question is repeated in the answer, in characters.
const REPEATED: usize = 200;

/// A question that can be answered.
pub(super) struct Chat {
    model: String,
    prompt_tokens: i64,
    /// The tokens that each answer may have, if the question says so.
    most: Option<i64>,
    text: String,
    count: i64,
}

/// A 400 in the form of OpenAI's own, which Azure passes on.
fn invalid(param: &str, code: &str, message: impl Into<String>) -> Box<Answer> {
    let param = if param.is_empty() { Value::Null } else { param.into() };
    let code = if code.is_empty() { Value::Null } else { code.into() };
    let error = json!({"message": message.into(), "type": "invalid_request_error", "param": param, "code": code});
    Box::new(Answer::json(StatusCode::BAD_REQUEST, json!({ "error": error })))
}

/// About four characters are a token.
fn tokens(text: &str) -> i64 {
    i64::try_from(text.chars().count().div_ceil(4)).unwrap_or(i64::MAX)
}

impl Chat {
    /// Reads the body of a request to `deployment`; `reasons` if its model does.
    ///
    /// # Errors
    /// The 400 to answer with.
    pub(super) fn read(body: &[u8], deployment: &Resource, reasons: bool) -> Result<Self, Box<Answer>> {
        let properties = &deployment.body["properties"];
        let name = properties["model"]["name"].as_str().unwrap_or_default();
        if properties["capabilities"]["chatCompletion"] != "true" {
            return Err(Box::new(not_for_chat(name)));
        }
        let body: Map<String, Value> = serde_json::from_slice(body)
            .map_err(|error| invalid("", "", format!("We could not parse the JSON body of your request: {error}.")))?;
        let (texts, question) = conversation(body.get("messages"))?;
        let whole = |param: &str, most: i64| match body.get(param).filter(|value| !value.is_null()) {
            None => Ok(None),
            Some(value) => match value.as_i64().filter(|number| (1..=most).contains(number)) {
                Some(number) => Ok(Some(number)),
                None => Err(invalid(
                    param,
                    "invalid_value",
                    format!("Invalid '{param}': expected a whole number from 1 to {most}, but got {value} instead."),
                )),
            },
        };
        let (old, new) = (whole("max_tokens", 1 << 20)?, whole("max_completion_tokens", 1 << 20)?);
        if old.is_some() && reasons {
            return Err(invalid(
                "max_tokens",
                "unsupported_parameter",
                "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
            ));
        }
        temperature(body.get("temperature"), reasons)?;
        if body.get("stream").is_some_and(|stream| *stream == true) {
            return Err(invalid("stream", "unsupported_value", "The sandbox does not stream: leave out 'stream'."));
        }
        let asked: String = question.chars().take(REPEATED).collect();
        Ok(Self {
            model: format!("{name}-{}", properties["model"]["version"].as_str().unwrap_or_default()),
            // What the service adds: three tokens around each message, three before the answer.
            prompt_tokens: texts.iter().map(|text| tokens(text) + 3).sum::<i64>() + 3,
            most: new.or(old),
            text: format!("{name} of the sandbox answers, without having thought about it: {asked}"),
            count: whole("n", 128)?.unwrap_or(1),
        })
    }

    /// The tokens that the request counts for when it arrives.
    pub(super) fn cost(&self) -> i64 {
        self.prompt_tokens + self.count * self.most.unwrap_or_else(|| tokens(&self.text))
    }

    /// The answer, at `now`.
    pub(super) fn answer(&self, store: &Store<'_>, now: OffsetDateTime) -> rusqlite::Result<Answer> {
        let full = tokens(&self.text);
        let each = self.most.unwrap_or(full).min(full);
        let letters = usize::try_from(each * 4).unwrap_or(usize::MAX);
        let content: String = self.text.chars().take(letters).collect();
        let safe = json!({"filtered": false, "severity": "safe"});
        let filters = json!({"hate": safe, "self_harm": safe, "sexual": safe, "violence": safe});
        let choice = |index: i64| {
            json!({
                "index": index,
                "finish_reason": if each < full { "length" } else { "stop" },
                "logprobs": null,
                "message": {"role": "assistant", "content": content, "refusal": null},
                "content_filter_results": filters,
            })
        };
        let completion = each * self.count;
        Ok(Answer::ok(json!({
            "id": format!("chatcmpl-{}", store.guid("chat completion")?.simple()),
            "object": "chat.completion",
            "created": now.unix_timestamp(),
            "model": self.model,
            "system_fingerprint": "fp_sandbox",
            "prompt_filter_results": [{"prompt_index": 0, "content_filter_results": filters}],
            "choices": (0..self.count).map(choice).collect::<Vec<_>>(),
            "usage": {
                "prompt_tokens": self.prompt_tokens,
                "completion_tokens": completion,
                "total_tokens": self.prompt_tokens + completion,
            },
        })))
    }
}

/// Checks `temperature`. The wordings are those of reports in public.
fn temperature(asked: Option<&Value>, reasons: bool) -> Result<(), Box<Answer>> {
    const NAME: &str = "temperature";
    let Some(asked) = asked.filter(|asked| !asked.is_null()) else { return Ok(()) };
    let Some(number) = asked.as_f64() else {
        let message = format!("Invalid type for '{NAME}': expected a decimal, but got {asked} instead.");
        return Err(invalid(NAME, "invalid_type", message));
    };
    let out_of_range = |bound: &str, sign: &str, limit: u8, code: &str| {
        let message = format!(
            "Invalid '{NAME}': decimal {bound} value. Expected a value {sign} {limit}, but got {asked} instead."
        );
        Err(invalid(NAME, code, message))
    };
    if number > 2.0 {
        return out_of_range("above maximum", "<=", 2, "decimal_above_max_value");
    }
    if number < 0.0 {
        return out_of_range("below minimum", ">=", 0, "decimal_below_min_value");
    }
    if reasons && (number - 1.0).abs() > f64::EPSILON {
        let message = format!(
            "Unsupported value: '{NAME}' does not support {asked} with this model. Only the default (1) value is supported."
        );
        return Err(invalid(NAME, "unsupported_value", message));
    }
    Ok(())
}

fn not_for_chat(model: &str) -> Answer {
    let message = format!(
        "The chatCompletion operation does not work with the specified model, {model}. Please choose different model and try \
         again. You can learn more about which models can be used with each operation here: \
         https://go.microsoft.com/fwlink/?linkid=2197993."
    );
    let error = json!({"code": "OperationNotSupported", "message": message});
    Answer::json(StatusCode::BAD_REQUEST, json!({ "error": error }))
}

/// What was said, and the user's last question.
fn conversation(messages: Option<&Value>) -> Result<(Vec<String>, String), Box<Answer>> {
    let Some(messages) = messages else {
        return Err(invalid("messages", "missing_required_parameter", "Missing required parameter: 'messages'."));
    };
    let Some(messages) = messages.as_array() else {
        let message = "Invalid type for 'messages': expected an array of objects.";
        return Err(invalid("messages", "invalid_type", message));
    };
    if messages.is_empty() {
        let message = "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array \
                       instead.";
        return Err(invalid("messages", "empty_array", message));
    }
    let (mut texts, mut question) = (Vec::new(), String::new());
    for (index, message) in messages.iter().enumerate() {
        let role = message["role"].as_str().unwrap_or_default();
        if !ROLES.contains(&role) {
            let param = format!("messages[{index}].role");
            let known = ROLES.map(|role| format!("'{role}'")).join(", ");
            let message = format!("Invalid value: '{role}'. Supported values are: {known}.");
            return Err(invalid(&param, "invalid_value", message));
        }
        let Some(text) = said(&message["content"], role) else {
            let param = format!("messages[{index}].content");
            let message = format!("Invalid type for '{param}': expected a string or an array of parts with 'text'.");
            return Err(invalid(&param, "invalid_type", message));
        };
        if role == "user" {
            question.clone_from(&text);
        }
        texts.push(text);
    }
    Ok((texts, question))
}

/// The text of a message; only an assistant may have said nothing (it called a tool).
fn said(content: &Value, role: &str) -> Option<String> {
    match content {
        Value::String(text) => Some(text.clone()),
        Value::Array(parts) => {
            parts.iter().map(|part| part["text"].as_str()).collect::<Option<Vec<_>>>().map(|all| all.join(" "))
        }
        Value::Null if role == "assistant" => Some(String::new()),
        _ => None,
    }
}
