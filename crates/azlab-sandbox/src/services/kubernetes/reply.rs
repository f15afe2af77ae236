//! An answer before it goes out.

use bytes::Bytes;
use http::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE, WARNING};
use http::{HeaderValue, StatusCode};
use serde_json::Value;

use super::body::YAML;
use super::refusal::Refusal;

/// A status and a body, with what there is to warn of.
#[derive(Debug)]
pub(super) struct Reply {
    pub status: u16,
    pub content: Content,
    pub warnings: Vec<String>,
}

/// The body of an answer.
#[derive(Debug)]
pub(super) enum Content {
    Json(Value),
    Yaml(Value),
    /// JSON of a kind that the caller has asked for by name.
    JsonAs(Value, &'static str),
    Text(String),
    /// Events, one a line.
    Lines(Vec<Value>),
}

impl Reply {
    pub fn json(status: u16, body: Value) -> Self {
        Self { status, content: Content::Json(body), warnings: Vec::new() }
    }

    pub fn ok(body: Value) -> Self {
        Self::json(200, body)
    }

    pub fn text(text: impl Into<String>) -> Self {
        Self { status: 200, content: Content::Text(text.into()), warnings: Vec::new() }
    }

    /// An object in YAML, where the caller would rather have that.
    pub fn preferred(self, headers: &http::HeaderMap) -> Self {
        let accept = headers.get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let first = accept.split([',', ';']).next().unwrap_or_default().trim();
        match self.content {
            Content::Json(body) if first == YAML => Self { content: Content::Yaml(body), ..self },
            content => Self { content, ..self },
        }
    }

    pub fn into_response(self) -> http::Response<Bytes> {
        let (body, kind) = match self.content {
            Content::Json(body) => (serde_json::to_vec(&body).unwrap_or_default(), "application/json"),
            Content::Yaml(body) => (yaml_serde::to_string(&body).unwrap_or_default().into_bytes(), YAML),
            Content::JsonAs(body, kind) => (serde_json::to_vec(&body).unwrap_or_default(), kind),
            Content::Text(text) => (text.into_bytes(), "text/plain; charset=utf-8"),
            Content::Lines(lines) => (lines_of(&lines), "application/json"),
        };
        let mut response = http::Response::new(Bytes::from(body));
        *response.status_mut() = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache, private"));
        if let Ok(id) = HeaderValue::try_from(uuid::Uuid::new_v4().to_string()) {
            headers.insert("audit-id", id);
        }
        for warning in &self.warnings {
            let quoted: String = warning.chars().filter(|c| !c.is_control() && !matches!(c, '"' | '\\')).collect();
            if let Ok(value) = HeaderValue::from_bytes(format!("299 - \"{quoted}\"").as_bytes()) {
                headers.append(WARNING, value);
            }
        }
        response
    }
}

/// Events as a watch has them.
pub(super) fn lines_of(events: &[Value]) -> Vec<u8> {
    let mut text = Vec::new();
    for event in events {
        text.extend(serde_json::to_vec(event).unwrap_or_default());
        text.push(b'\n');
    }
    text
}

impl From<Refusal> for Reply {
    fn from(refusal: Refusal) -> Self {
        Self::json(refusal.code, refusal.status())
    }
}
