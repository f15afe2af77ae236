//! A response before it goes out: status, body, headers, and how long the call takes on the service's clock.

use http::StatusCode;
use serde_json::Value;

use super::chunks::Chunks;
use super::cluster_command::ClusterCommand;
use super::credentials::ClusterCredentials;

/// A response and the latency of the call.
#[derive(Debug)]
pub(crate) struct Answer {
    /// Status of the response.
    pub status: StatusCode,
    /// JSON body; none is an empty body.
    pub body: Option<Value>,
    /// A body that is made while it goes out, in place of a JSON one.
    pub chunks: Option<Chunks>,
    /// Headers beside those that every response carries.
    pub headers: Vec<(&'static str, String)>,
    /// Seconds on the service's clock from the request's arrival to the answer; `None` is that of a read.
    pub latency: Option<f64>,
    /// Whose credentials the body holds; a real API server's take their place.
    pub credentials: Option<Box<ClusterCredentials>>,
    /// What is to run beside a cluster once the request has taken effect.
    pub command: Option<Box<ClusterCommand>>,
}

impl Answer {
    /// A JSON response.
    pub fn json(status: StatusCode, body: Value) -> Self {
        Self {
            status,
            body: Some(body),
            chunks: None,
            headers: Vec::new(),
            latency: None,
            credentials: None,
            command: None,
        }
    }

    /// 200 with a JSON body.
    pub fn ok(body: Value) -> Self {
        Self::json(StatusCode::OK, body)
    }

    /// 201 if the resource is new, else 200.
    pub fn created_or_ok(new: bool, body: Value) -> Self {
        Self::json(if new { StatusCode::CREATED } else { StatusCode::OK }, body)
    }

    /// A response without a body.
    pub fn empty(status: StatusCode) -> Self {
        Self { status, body: None, chunks: None, headers: Vec::new(), latency: None, credentials: None, command: None }
    }

    /// 200 with a body that is made while it goes out; its head leaves at once.
    pub fn streamed(content_type: &'static str, chunks: Chunks) -> Self {
        let answer = Self { chunks: Some(chunks), ..Self::empty(StatusCode::OK) };
        answer.header("content-type", content_type).after(0.0)
    }

    /// With a header; a header set twice keeps the later value.
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.retain(|(known, _)| *known != name);
        self.headers.push((name, value.into()));
        self
    }

    /// With whose credentials its body holds.
    pub fn of_cluster(mut self, credentials: ClusterCredentials) -> Self {
        self.credentials = Some(Box::new(credentials));
        self
    }

    /// With a command to run beside a cluster.
    pub fn of_command(mut self, command: ClusterCommand) -> Self {
        self.command = Some(Box::new(command));
        self
    }

    /// With the time that the call takes, in seconds on the service's clock.
    pub fn after(mut self, seconds: f64) -> Self {
        self.latency = Some(seconds);
        self
    }
}
