//! Server-sent events, and the ids of what is answered.

use bytes::Bytes;
use serde_json::Value;

use crate::arm::chunks::Chunk;

/// The media type of a stream of them.
pub(super) const MEDIA_TYPE: &str = "text/event-stream; charset=utf-8";

/// An event without a name, `after` seconds from the answer's head.
pub(super) fn data(after: f64, data: &Value) -> Chunk {
    Chunk { after, bytes: Bytes::from(format!("data: {data}\n\n")) }
}

/// An event that has the name of its type.
pub(super) fn named(after: f64, data: &Value) -> Chunk {
    let name = data["type"].as_str().unwrap_or_default();
    Chunk { after, bytes: Bytes::from(format!("event: {name}\ndata: {data}\n\n")) }
}

/// What ends a chat's stream.
pub(super) fn done(after: f64) -> Chunk {
    Chunk { after, bytes: Bytes::from_static(b"data: [DONE]\n\n") }
}
