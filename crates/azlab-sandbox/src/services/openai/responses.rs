//! The Responses API: the request, judged.

use serde_json::{Value, json};

use super::format::Format;
use super::model::Model;
use super::parameters::{self, Body, Kind, Parameter, Reasoning, is_true, judged, plain, sent, whole};
use super::refusal::Refusal;
use super::said::Question;
use super::tools::{Dialect, Tools};
use super::versions::Version;
use super::{chat, responses_input};

/// The fewest tokens that an answer may be limited to.
const LEAST: i64 = 16;
/// More tokens than any model has.
const TOKENS: i64 = 1 << 32;

const EFFORTS: &[&str] = &["none", "minimal", "low", "medium", "high", "xhigh"];
const SUMMARIES: &[&str] = &["auto", "concise", "detailed"];
const VERBOSITIES: &[&str] = &["low", "medium", "high"];

/// The parameters, in the order in which they are judged (seen in public reports of OpenAI's own; of Azure inferred).
const PARAMETERS: &[Parameter] = &[
    plain("model", Kind::Text),
    plain("input", Kind::Elsewhere),
    plain("previous_response_id", Kind::NotServed),
    plain("conversation", Kind::NotServed),
    plain("prompt", Kind::NotServed),
    plain("include", Kind::Elsewhere),
    plain("tools", Kind::Elsewhere),
    plain("tool_choice", Kind::Elsewhere),
    plain("metadata", Kind::Metadata),
    plain("text", Kind::Object),
    judged("temperature", Kind::Decimal(0.0, 2.0), Reasoning::Refuses("")),
    judged("top_p", Kind::Decimal(0.0, 1.0), Reasoning::Refuses("")),
    plain("parallel_tool_calls", Kind::Boolean),
    plain("stream", Kind::Boolean),
    plain("stream_options", Kind::Object),
    plain("background", Kind::NotServed),
    plain("max_output_tokens", Kind::Integer(LEAST, TOKENS)),
    plain("max_tool_calls", Kind::Integer(1, TOKENS)),
    plain("reasoning", Kind::Object),
    plain("user", Kind::Text),
    plain("safety_identifier", Kind::Text),
    plain("prompt_cache_key", Kind::Text),
    plain("prompt_cache_retention", Kind::Choice(&["in_memory", "24h"])),
    plain("truncation", Kind::Choice(&["auto", "disabled"])),
    plain("instructions", Kind::Text),
    plain("store", Kind::Boolean),
    plain("service_tier", Kind::Choice(&["auto", "default", "fast", "flex", "priority"])),
    plain("top_logprobs", Kind::NotServed),
];

/// A request that can be answered.
#[derive(Debug)]
pub(super) struct Responses {
    pub question: Question,
    pub is_streamed: bool,
    /// What the answer tells back as it was asked.
    pub echoed: Value,
}

impl Responses {
    /// Reads the body of a request to a deployment of `model`.
    pub fn read(body: &Body, model: &Model, version: &Version) -> Result<Self, Refusal> {
        if !model.responds() {
            return Err(Refusal::wrong_model("responses", &model.name));
        }
        parameters::judge(PARAMETERS, &["model", "input"], body, model.reasons)?;
        let conversation = responses_input::read(body, model.sees())?;
        let tools = Tools::read(body, Dialect::Responses)?;
        let text = sent(body, "text").and_then(Value::as_object);
        let (format, verbosity) = match text {
            None => (Format::Text, None),
            Some(text) => {
                members("text", text, &["format", "verbosity"])?;
                let verbosity = choice("text.verbosity", sent(text, "verbosity"), VERBOSITIES)?;
                let format = sent(text, "format");
                (Format::read(format, "text.format", Dialect::Responses, version, &conversation)?, verbosity)
            }
        };
        let (effort, summary) = reasoning(body, model)?;
        if let Some(options) = sent(body, "stream_options").and_then(Value::as_object) {
            members("stream_options", options, &["include_obfuscation"])?;
        }
        let most = whole(body, "max_output_tokens");
        chat::check_length(model, conversation.prompt_tokens, most)?;
        let or_null = |name: &str| sent(body, name).cloned().unwrap_or_default();
        let or = |name: &str, default: Value| sent(body, name).cloned().unwrap_or(default);
        let echoed = json!({
            "model": or_null("model"),
            "instructions": or_null("instructions"),
            "max_output_tokens": most,
            "max_tool_calls": or_null("max_tool_calls"),
            "metadata": or("metadata", json!({})),
            "parallel_tool_calls": or("parallel_tool_calls", true.into()),
            "prompt_cache_key": or_null("prompt_cache_key"),
            "reasoning": {"effort": effort, "summary": summary},
            "safety_identifier": or_null("safety_identifier"),
            "service_tier": or("service_tier", "default".into()),
            "store": or("store", true.into()),
            "temperature": or("temperature", 1.0.into()),
            "text": {
                "format": text.and_then(|text| sent(text, "format")).cloned().unwrap_or_else(|| json!({"type": "text"})),
                "verbosity": verbosity.unwrap_or("medium"),
            },
            "tool_choice": or("tool_choice", "auto".into()),
            "tools": or("tools", json!([])),
            "top_p": or("top_p", 1.0.into()),
            "truncation": or("truncation", "disabled".into()),
            "user": or_null("user"),
        });
        let question = Question { conversation, tools, format, stop: Vec::new(), most };
        Ok(Self { question, is_streamed: is_true(body, "stream"), echoed })
    }
}

/// Refuses members that an object does not have.
fn members(at: &str, fields: &Body, known: &[&str]) -> Result<(), Refusal> {
    match fields.keys().find(|name| !known.contains(&name.as_str())) {
        Some(unknown) => Err(parameters::unknown_parameter(&format!("{at}.{unknown}"))),
        None => Ok(()),
    }
}

fn choice<'a>(at: &str, value: Option<&'a Value>, known: &'static [&'static str]) -> Result<Option<&'a str>, Refusal> {
    let Some(value) = value else { return Ok(None) };
    parameters::typed(at, &Kind::Choice(known), value)?;
    Ok(value.as_str())
}

/// The effort and the summary that are told back.
fn reasoning(body: &Body, model: &Model) -> Result<(Option<String>, Option<String>), Refusal> {
    const NAME: &str = "reasoning";
    let default = || model.reasons.then(|| "medium".to_owned());
    let Some(fields) = sent(body, NAME).and_then(Value::as_object) else { return Ok((default(), None)) };
    members(NAME, fields, &["effort", "summary", "generate_summary"])?;
    let effort = choice("reasoning.effort", sent(fields, "effort"), EFFORTS)?;
    let summary = choice("reasoning.summary", sent(fields, "summary"), SUMMARIES)?;
    choice("reasoning.generate_summary", sent(fields, "generate_summary"), SUMMARIES)?;
    if let Some((name, _)) = fields.iter().find(|(_, value)| !value.is_null() && !model.reasons) {
        return Err(parameters::unsupported(&format!("{NAME}.{name}"), ""));
    }
    Ok((effort.map(str::to_owned).or_else(default), summary.map(str::to_owned)))
}
