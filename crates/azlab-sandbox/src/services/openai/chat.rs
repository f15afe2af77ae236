//! A chat completion: the request, judged.

use serde_json::Value;

use super::conversation;
use super::format::Format;
use super::model::Model;
use super::parameters::{self, Body, Kind, Parameter, Reasoning, is_true, judged, plain, sent, whole};
use super::refusal::Refusal;
use super::said::Question;
use super::tools::{Dialect, Tools};
use super::versions::Version;

/// Most texts at which an answer stops.
const STOPS: usize = 4;
/// Most answers to one question.
const ANSWERS: i64 = 128;
/// More tokens than any model has.
const TOKENS: i64 = 1 << 32;

const EFFORTS: &[&str] = &["none", "minimal", "low", "medium", "high", "xhigh"];
const TIERS: &[&str] = &["auto", "default", "fast", "flex", "priority"];
const VERBOSITIES: &[&str] = &["low", "medium", "high"];
const RETENTIONS: &[&str] = &["in_memory", "24h"];

/// The parameters, in the order in which they are judged. Sources: the v1 reference, "Azure OpenAI reasoning models" ("not
/// supported"), and public reports for the wordings. That `top_p` 1 and penalties of 0 pass is inferred from "fixed at".
const PARAMETERS: &[Parameter] = &[
    plain("messages", Kind::Elsewhere),
    plain("model", Kind::Text),
    plain("stream", Kind::Boolean),
    plain("stream_options", Kind::Object),
    judged("max_tokens", Kind::Integer(1, TOKENS), Reasoning::Refuses(" Use 'max_completion_tokens' instead.")),
    plain("max_completion_tokens", Kind::Integer(1, TOKENS)),
    judged("temperature", Kind::Decimal(0.0, 2.0), Reasoning::Only(1.0)),
    judged("top_p", Kind::Decimal(0.0, 1.0), Reasoning::Only(1.0)),
    judged("frequency_penalty", Kind::Decimal(-2.0, 2.0), Reasoning::Only(0.0)),
    judged("presence_penalty", Kind::Decimal(-2.0, 2.0), Reasoning::Only(0.0)),
    plain("n", Kind::Integer(1, ANSWERS)),
    judged("stop", Kind::Elsewhere, Reasoning::Refuses("")),
    plain("seed", Kind::Integer(i64::MIN, i64::MAX)),
    plain("user", Kind::Text),
    plain("tools", Kind::Elsewhere),
    plain("tool_choice", Kind::Elsewhere),
    plain("parallel_tool_calls", Kind::Boolean),
    plain("response_format", Kind::Object),
    judged("reasoning_effort", Kind::Choice(EFFORTS), Reasoning::Alone),
    plain("verbosity", Kind::Choice(VERBOSITIES)),
    plain("metadata", Kind::Metadata),
    plain("store", Kind::Boolean),
    plain("service_tier", Kind::Choice(TIERS)),
    plain("prompt_cache_key", Kind::Text),
    plain("prompt_cache_retention", Kind::Choice(RETENTIONS)),
    plain("safety_identifier", Kind::Text),
    plain("modalities", Kind::Elsewhere),
    plain("audio", Kind::NotServed),
    plain("data_sources", Kind::NotServed),
    plain("functions", Kind::NotServed),
    plain("function_call", Kind::NotServed),
    judged("logit_bias", Kind::NotServed, Reasoning::Refuses("")),
    judged("logprobs", Kind::NotServed, Reasoning::Refuses("")),
    judged("top_logprobs", Kind::NotServed, Reasoning::Refuses("")),
    plain("prediction", Kind::NotServed),
    plain("user_security_context", Kind::NotServed),
];

/// A chat completion that can be answered.
#[derive(Debug)]
pub(super) struct Chat {
    pub question: Question,
    pub answers: i64,
    /// Whether it is streamed, and if so, whether the last chunk tells the usage.
    pub stream: Option<bool>,
}

impl Chat {
    /// Reads the body of a request to a deployment of `model`.
    pub fn read(body: &Body, model: &Model, version: &Version) -> Result<Self, Refusal> {
        if !model.chats() {
            return Err(Refusal::wrong_model("chatCompletion", &model.name));
        }
        parameters::judge(PARAMETERS, &["messages"], body, model.reasons)?;
        let conversation = conversation::read(body, model)?;
        only_texts(body)?;
        let stream = stream(body)?;
        let stop = stops(body)?;
        let tools = Tools::read(body, Dialect::Chat)?;
        let format =
            Format::read(sent(body, "response_format"), "response_format", Dialect::Chat, version, &conversation)?;
        let most = most(body, model)?;
        check_length(model, conversation.prompt_tokens, most)?;
        let answers = whole(body, "n").unwrap_or(1);
        Ok(Self { question: Question { conversation, tools, format, stop, most }, answers, stream })
    }
}

fn only_texts(body: &Body) -> Result<(), Refusal> {
    const NAME: &str = "modalities";
    let Some(sent) = sent(body, NAME) else { return Ok(()) };
    let kinds = sent.as_array().ok_or_else(|| parameters::wrong_type(NAME, "an array of strings", sent))?;
    match kinds.iter().all(|kind| kind == "text") {
        true => Ok(()),
        false => Err(Refusal::not_served("'modalities' other than text")),
    }
}

fn stream(body: &Body) -> Result<Option<bool>, Refusal> {
    const NAME: &str = "stream_options";
    let is_streamed = is_true(body, "stream");
    let Some(options) = sent(body, NAME).and_then(Value::as_object) else { return Ok(is_streamed.then_some(false)) };
    if !is_streamed {
        let message = "The 'stream_options' parameter is only allowed when 'stream' is enabled.";
        return Err(Refusal::invalid(NAME, "", message));
    }
    for (name, value) in options {
        let param = format!("{NAME}.{name}");
        if !["include_usage", "include_obfuscation"].contains(&name.as_str()) {
            return Err(parameters::unknown_parameter(&param));
        }
        if !value.is_null() {
            parameters::typed(&param, &Kind::Boolean, value)?;
        }
    }
    Ok(Some(is_true(options, "include_usage")))
}

fn stops(body: &Body) -> Result<Vec<String>, Refusal> {
    const NAME: &str = "stop";
    let texts = match sent(body, NAME) {
        None => return Ok(Vec::new()),
        Some(Value::String(one)) => return Ok(vec![one.clone()]),
        Some(Value::Array(texts)) => texts,
        Some(other) => return Err(parameters::wrong_type(NAME, "one of a string or array of strings", other)),
    };
    if texts.len() > STOPS {
        return Err(parameters::too_long(NAME, STOPS, texts.len()));
    }
    let text = |(index, text): (usize, &Value)| {
        let param = format!("{NAME}[{index}]");
        text.as_str().map(str::to_owned).ok_or_else(|| parameters::wrong_type(&param, "a string", text))
    };
    texts.iter().enumerate().map(text).collect()
}

fn most(body: &Body, model: &Model) -> Result<Option<i64>, Refusal> {
    let (old, new) = (whole(body, "max_tokens"), whole(body, "max_completion_tokens"));
    if old.is_some() && new.is_some() {
        let message = "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.";
        return Err(Refusal::invalid("max_tokens", "invalid_parameter_combination", message));
    }
    let (name, most) = if old.is_some() { ("max_tokens", old) } else { ("max_completion_tokens", new) };
    if let (Some(most), Some(limit)) = (most, model.output)
        && most > limit
    {
        let message = format!(
            "{name} is too large: {most}. This model supports at most {limit} completion tokens, whereas you provided {most}."
        );
        return Err(Refusal::invalid(name, "invalid_value", message));
    }
    Ok(most)
}

/// Refuses what is longer than the model's context.
pub(super) fn check_length(model: &Model, prompt: i64, most: Option<i64>) -> Result<(), Refusal> {
    let Some(context) = model.context else { return Ok(()) };
    let all = prompt.saturating_add(most.unwrap_or_default());
    if all <= context {
        return Ok(());
    }
    let asked = match most {
        None => format!("your messages resulted in {prompt} tokens. Please reduce the length of the messages."),
        Some(most) => format!(
            "you requested {all} tokens ({prompt} in the messages, {most} in the completion). Please reduce the length of the \
             messages or completion."
        ),
    };
    let message = format!("This model's maximum context length is {context} tokens. However, {asked}");
    Err(Refusal::invalid("messages", "context_length_exceeded", message))
}
