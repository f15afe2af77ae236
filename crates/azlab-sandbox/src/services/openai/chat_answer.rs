//! The answer to a chat completion, whole or as it is said.
//!
//! Shapes: the v1 reference; of the stream's first chunk and of what the filter says, public recordings.

use serde_json::{Value, json};

use super::chat::Chat;
use super::events;
use super::filters;
use super::model::Model;
use super::said::{Content, Finish, Said};
use super::tokens::Pieces;
use crate::arm::chunks::{Chunk, Chunks};
use crate::arm::response::Answer;

/// What an answer says of itself.
#[derive(Clone, Debug)]
pub(super) struct Labels {
    /// 32 letters and digits that no other answer has.
    pub id: String,
    /// Unix seconds.
    pub created: i64,
    pub model: String,
}

impl Labels {
    pub fn new(id: uuid::Uuid, created: i64, model: &Model) -> Self {
        Self { id: id.simple().to_string(), created, model: model.full_name.clone() }
    }

    /// The id of the function call of a choice.
    pub fn call(&self, choice: i64) -> String {
        format!("call_{}{choice}", self.id.get(..24).unwrap_or_default())
    }
}

/// The answer to `chat`.
pub(super) fn answer(chat: &Chat, said: Said, labels: Labels) -> Answer {
    let usage = usage(chat, &said);
    match chat.stream {
        Some(tells_usage) => {
            let events = stream(said, labels, chat.answers, tells_usage.then_some(usage));
            Answer::streamed(events::MEDIA_TYPE, Chunks::new(events))
        }
        None => {
            let latency = said.token_s * said.tokens.max(1) as f64;
            let choices: Vec<Value> = (0..chat.answers).map(|index| choice(index, &said, &labels)).collect();
            Answer::ok(json!({
                "id": format!("chatcmpl-{}", labels.id),
                "object": "chat.completion",
                "created": labels.created,
                "model": labels.model,
                "system_fingerprint": "fp_sandbox",
                "prompt_filter_results": filters::prompt_passed(),
                "choices": choices,
                "usage": usage,
            }))
            .after(latency)
        }
    }
}

fn usage(chat: &Chat, said: &Said) -> Value {
    let prompt = chat.question.conversation.prompt_tokens;
    let completion = said.tokens * chat.answers;
    json!({
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt.saturating_add(completion),
        "prompt_tokens_details": {"audio_tokens": 0, "cached_tokens": 0},
        "completion_tokens_details": {
            "accepted_prediction_tokens": 0,
            "audio_tokens": 0,
            "reasoning_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    })
}

fn choice(index: i64, said: &Said, labels: &Labels) -> Value {
    let mut message = json!({"role": "assistant", "content": null, "refusal": null, "annotations": []});
    let results = match &said.content {
        Content::Text(text) => {
            message["content"] = text.as_str().into();
            filters::of_answer(said.filtered)
        }
        Content::Call(call) => {
            message["tool_calls"] = json!([{
                "id": labels.call(index),
                "type": "function",
                "function": {"name": call.name, "arguments": call.arguments},
            }]);
            json!({})
        }
    };
    json!({
        "index": index,
        "finish_reason": said.finish.name(),
        "logprobs": null,
        "message": message,
        "content_filter_results": results,
    })
}

/// The chunks of a stream, each when it is due.
fn stream(said: Said, labels: Labels, answers: i64, usage: Option<Value>) -> impl Iterator<Item = Chunk> + Send {
    let first = json!({
        "id": "", "object": "", "created": 0, "model": "", "choices": [],
        "prompt_filter_results": filters::prompt_passed(),
    });
    let tells_usage = usage.is_some();
    let (opening, pieces) = opening(said.content, labels.clone());
    let envelope = move |choices: Value, usage: Value| {
        let mut chunk = json!({
            "id": format!("chatcmpl-{}", labels.id),
            "object": "chat.completion.chunk",
            "created": labels.created,
            "model": labels.model,
            "system_fingerprint": "fp_sandbox",
            "choices": choices,
        });
        if tells_usage {
            chunk["usage"] = usage;
        }
        chunk
    };
    let delta = {
        let envelope = envelope.clone();
        move |after: f64, index: i64, delta: &Value, finish: Value, results: &Value| {
            let choice = json!({
                "index": index, "delta": delta, "finish_reason": finish, "logprobs": null, "content_filter_results": results,
            });
            events::data(after, &envelope(json!([choice]), Value::Null))
        }
    };
    let (finish, filtered, token_s, end) =
        (said.finish, said.filtered, said.token_s, said.token_s * said.tokens as f64);
    let begin = {
        let delta = delta.clone();
        move |index: i64| delta(0.0, index, &opening(index), Value::Null, &json!({}))
    };
    let pass = filters::of_answer(None);
    let middle = {
        let delta = delta.clone();
        pieces.enumerate().flat_map(move |(at, piece)| {
            let (delta, pass) = (delta.clone(), pass.clone());
            let after = token_s * (at + 1) as f64;
            (0..answers).map(move |index| delta(after, index, &piece, Value::Null, &pass))
        })
    };
    let ending = move |index: i64| {
        let results = match finish {
            Finish::ContentFilter => filters::of_answer(filtered),
            _ => json!({}),
        };
        delta(end, index, &json!({}), finish.name().into(), &results)
    };
    std::iter::once(events::data(0.0, &first))
        .chain((0..answers).map(begin))
        .chain(middle)
        .chain((0..answers).map(ending))
        .chain(usage.map(|usage| events::data(end, &envelope(json!([]), usage))))
        .chain(std::iter::once(events::done(end)))
}

type Opening = Box<dyn Fn(i64) -> Value + Send>;
type Deltas = Box<dyn Iterator<Item = Value> + Send>;

/// The first delta of a choice, and those that follow it.
fn opening(content: Content, labels: Labels) -> (Opening, Deltas) {
    match content {
        Content::Text(text) => {
            let opening = |_: i64| json!({"role": "assistant", "content": "", "refusal": null});
            (Box::new(opening), Box::new(Pieces::of(text).map(|piece| json!({ "content": piece }))))
        }
        Content::Call(call) => {
            let name = call.name;
            let opening = move |index: i64| {
                json!({
                    "role": "assistant",
                    "content": null,
                    "tool_calls": [{
                        "index": 0,
                        "id": labels.call(index),
                        "type": "function",
                        "function": {"name": name, "arguments": ""},
                    }],
                })
            };
            let piece = |piece: String| json!({"tool_calls": [{"index": 0, "function": {"arguments": piece}}]});
            (Box::new(opening), Box::new(Pieces::of(call.arguments).map(piece)))
        }
    }
}
