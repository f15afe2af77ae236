//! What is asked of models: bodies that their API takes.

use http::Method;
use serde_json::{Value, json};

/// What the data plane's addresses begin with.
pub(super) const DATA: &str = "https://openai1.openai.azure.com/";
const CHAT: &str = "https://openai1.openai.azure.com/openai/deployments/d1/chat/completions?api-version=2024-10-21";
const CHAT_V1: &str = "https://openai1.openai.azure.com/openai/v1/chat/completions";
const RESPONSES: &str = "https://openai1.openai.azure.com/openai/v1/responses";
const EMBEDDINGS: &str = "https://openai1.openai.azure.com/openai/v1/embeddings";

/// Questions to the deployments that [`writes`](super::writes::writes) makes.
pub(super) fn questions() -> Vec<(Method, &'static str, Value)> {
    let schema = json!({
        "type": "object",
        "properties": {"city": {"type": ["string", "null"], "maxLength": 9}, "days": {"type": "array", "items": {"$ref": "#/$defs/day"}}},
        "required": ["city", "days"],
        "additionalProperties": false,
        "$defs": {"day": {"anyOf": [{"type": "integer", "minimum": 1, "multipleOf": 2}, {"enum": ["a"]}]}},
    });
    let chat = json!({
        "messages": [
            {"role": "developer", "content": "JSON"},
            {"role": "user", "content": [{"type": "text", "text": "weather"}]},
            {"role": "assistant", "tool_calls": [{"id": "c", "type": "function", "function": {"name": "weather", "arguments": "{}"}}]},
            {"role": "tool", "tool_call_id": "c", "content": "rain"},
        ],
        "model": "d1", "max_tokens": 5, "n": 2, "stream": false, "temperature": 0.5, "stop": ["x"], "metadata": {"a": "b"},
        "tools": [{"type": "function", "function": {"name": "weather", "parameters": schema, "strict": true}}],
        "tool_choice": {"type": "function", "function": {"name": "weather"}},
    });
    let streamed = json!({
        "messages": [{"role": "user", "content": "x"}], "model": "d1", "stream": true, "stream_options": {"include_usage": true},
        "response_format": {"type": "json_schema", "json_schema": {"name": "n", "strict": true, "schema": schema}},
    });
    let responses = json!({
        "model": "d2", "instructions": "i", "max_output_tokens": 20, "stream": true, "truncation": "auto", "store": false,
        "input": [
            {"role": "user", "content": [{"type": "input_text", "text": "weather"}]},
            {"type": "function_call", "call_id": "c", "name": "weather", "arguments": "{}"},
            {"type": "function_call_output", "call_id": "c", "output": "rain"},
        ],
        "tools": [{"type": "function", "name": "weather", "parameters": schema}],
        "tool_choice": {"type": "function", "name": "weather"},
        "text": {"format": {"type": "json_schema", "name": "n", "schema": schema}, "verbosity": "low"},
    });
    let embeddings =
        json!({"model": "d3", "input": ["a", [1, 2]], "encoding_format": "float", "dimensions": 4, "user": "u"});
    vec![
        (Method::POST, CHAT, chat.clone()),
        (Method::POST, CHAT_V1, streamed),
        (Method::POST, RESPONSES, responses),
        (Method::POST, EMBEDDINGS, embeddings),
    ]
}
