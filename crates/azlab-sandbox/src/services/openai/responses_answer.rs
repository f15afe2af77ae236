//! The answer of the Responses API, whole or by events.
//!
//! Shapes: the v1 reference. A model that reasons begins with an item of its reasoning, without a summary.

use serde_json::{Value, json};

use super::chat_answer::Labels;
use super::events;
use super::filters;
use super::responses::Responses;
use super::said::{Content, Finish, Said};
use super::tokens::Pieces;
use crate::arm::chunks::{Chunk, Chunks};
use crate::arm::response::Answer;

/// A response, made anew at each of its states.
struct Told {
    labels: Labels,
    echoed: Value,
    said: Said,
    usage: Value,
    reasons: bool,
}

/// The answer to `asked`.
pub(super) fn answer(asked: Responses, said: Said, labels: Labels, reasons: bool) -> Answer {
    let prompt = asked.question.conversation.prompt_tokens;
    let usage = json!({
        "input_tokens": prompt,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": said.tokens,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": prompt.saturating_add(said.tokens),
    });
    let told = Told { labels, echoed: asked.echoed, said, usage, reasons };
    if asked.is_streamed {
        let kept = told.echoed.to_string().len();
        return Answer::streamed(events::MEDIA_TYPE, Chunks::new(told.stream()).keeping(kept));
    }
    let latency = told.said.token_s * told.said.tokens.max(1) as f64;
    Answer::ok(told.ended()).after(latency)
}

impl Told {
    fn response(&self, status: &str, output: Value, usage: Value, incomplete: Option<&str>) -> Value {
        let mut response = self.echoed.clone();
        let ended = status != "in_progress";
        let own = json!({
            "id": format!("resp_{}", self.labels.id),
            "object": "response",
            "created_at": self.labels.created,
            "completed_at": (status == "completed").then_some(self.labels.created),
            "status": status,
            "background": false,
            "error": null,
            "incomplete_details": incomplete.map(|reason| json!({ "reason": reason })),
            "output": output,
            "previous_response_id": null,
            "top_logprobs": 0,
            "usage": usage,
            "content_filters": ended.then(|| json!([
                {"blocked": false, "source_type": "prompt", "content_filter_results": filters::of_prompt(None)},
                {
                    "blocked": self.said.filtered.is_some(),
                    "source_type": "completion",
                    "content_filter_results": filters::of_answer(self.said.filtered),
                },
            ])),
        });
        if let (Value::Object(all), Value::Object(own)) = (&mut response, own) {
            all.extend(own);
        }
        response
    }

    /// The response at its beginning.
    fn begun(&self) -> Value {
        self.response("in_progress", json!([]), Value::Null, None)
    }

    /// The response at its end.
    fn ended(&self) -> Value {
        let incomplete = match self.said.finish {
            Finish::Length => Some("max_output_tokens"),
            Finish::ContentFilter => Some("content_filter"),
            Finish::Stop | Finish::ToolCalls => None,
        };
        let status = if incomplete.is_some() { "incomplete" } else { "completed" };
        let item = self.item(status, true);
        let output = if self.reasons { json!([self.reasoning(), item]) } else { json!([item]) };
        self.response(status, output, self.usage.clone(), incomplete)
    }

    fn reasoning(&self) -> Value {
        json!({"id": format!("rs_{}", self.labels.id), "type": "reasoning", "summary": []})
    }

    /// What is said, in progress without its text.
    fn item(&self, status: &str, whole: bool) -> Value {
        match &self.said.content {
            Content::Text(text) => {
                let content = if whole { json!([part(text)]) } else { json!([]) };
                json!({"id": self.item_id(), "type": "message", "role": "assistant", "status": status, "content": content})
            }
            Content::Call(call) => json!({
                "id": self.item_id(),
                "type": "function_call",
                "status": status,
                "call_id": self.labels.call(0),
                "name": call.name,
                "arguments": if whole { call.arguments.as_str() } else { "" },
            }),
        }
    }

    fn item_id(&self) -> String {
        let kind = match self.said.content {
            Content::Text(_) => "msg",
            Content::Call(_) => "fc",
        };
        format!("{kind}_{}", self.labels.id)
    }

    /// The events, each when it is due.
    fn stream(self) -> impl Iterator<Item = Chunk> + Send {
        let (token_s, end) = (self.said.token_s, self.said.token_s * self.said.tokens as f64);
        let before = self.events_before();
        let index = i64::from(self.reasons);
        let (text, kind) = match &self.said.content {
            Content::Text(text) => (text.clone(), "response.output_text.delta"),
            Content::Call(call) => (call.arguments.clone(), "response.function_call_arguments.delta"),
        };
        let (item_id, has_parts) = (self.item_id(), matches!(self.said.content, Content::Text(_)));
        let deltas = Pieces::of(text).enumerate().map(move |(at, piece)| {
            let mut delta = json!({"type": kind, "item_id": item_id, "output_index": index, "delta": piece});
            if has_parts {
                delta["content_index"] = 0.into();
                delta["logprobs"] = json!([]);
            }
            (token_s * (at + 1) as f64, delta)
        });
        // The last events are large, and made when they are due.
        let after = std::iter::once_with(move || self.events_after()).flatten().map(move |event| (end, event));
        before.into_iter().map(|event| (0.0, event)).chain(deltas).chain(after).enumerate().map(
            |(number, (after, mut event))| {
                event["sequence_number"] = number.into();
                events::named(after, &event)
            },
        )
    }

    fn events_before(&self) -> Vec<Value> {
        let begun = self.begun();
        let mut all = vec![
            json!({"type": "response.created", "response": begun}),
            json!({"type": "response.in_progress", "response": begun}),
        ];
        if self.reasons {
            for kind in ["response.output_item.added", "response.output_item.done"] {
                all.push(json!({"type": kind, "output_index": 0, "item": self.reasoning()}));
            }
        }
        let index = i64::from(self.reasons);
        let item = self.item("in_progress", false);
        all.push(json!({"type": "response.output_item.added", "output_index": index, "item": item}));
        if matches!(self.said.content, Content::Text(_)) {
            all.push(self.of_part("response.content_part.added", json!({"part": part("")})));
        }
        all
    }

    fn events_after(&self) -> Vec<Value> {
        let ended = self.ended();
        let status = ended["status"].as_str().unwrap_or_default().to_owned();
        let index = i64::from(self.reasons);
        let mut all = match &self.said.content {
            Content::Text(text) => vec![
                self.of_part("response.output_text.done", json!({"text": text, "logprobs": []})),
                self.of_part("response.content_part.done", json!({"part": part(text)})),
            ],
            Content::Call(call) => vec![json!({
                "type": "response.function_call_arguments.done",
                "item_id": self.item_id(),
                "output_index": index,
                "name": call.name,
                "arguments": call.arguments,
            })],
        };
        all.push(json!({"type": "response.output_item.done", "output_index": index, "item": self.item(&status, true)}));
        all.push(json!({"type": format!("response.{status}"), "response": ended}));
        all
    }

    /// An event of the only part of the message.
    fn of_part(&self, kind: &str, more: Value) -> Value {
        let mut event = json!({
            "type": kind, "item_id": self.item_id(), "output_index": i64::from(self.reasons), "content_index": 0,
        });
        if let (Value::Object(all), Value::Object(more)) = (&mut event, more) {
            all.extend(more);
        }
        event
    }
}

fn part(text: &str) -> Value {
    json!({"type": "output_text", "text": text, "annotations": [], "logprobs": []})
}
