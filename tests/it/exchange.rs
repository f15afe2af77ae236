//! Recorded exchanges with Azure, and the real client over transports that answer with them.

use std::collections::VecDeque;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use azlab::azure::arm::{Arm, ArmOptions, Reply};
use azlab::azure::client::Azure;
use azlab::azure::credential::{AccessToken, CredentialKind, SignInError, TokenCache, TokenSource};
use azlab::azure::error::Error;
use azlab::azure::request::Request;
use azlab::azure::retry::RetryPolicy;
use azlab::azure::transport::{SharedTransport, Transport, TransportError};
use azlab::events::{Event, Events};
use azlab_clock::Clock;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use serde::Deserialize;
use serde_json::Value;
use time::macros::datetime;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio_util::sync::CancellationToken;
use url::Url;

/// The recorders' stand-in for every subscription.
pub const SUBSCRIPTION: &str = "00000000-0000-0000-0000-000000000000";
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/recordings");

/// One line of a recording.
#[derive(Clone, Debug, Deserialize)]
pub struct Exchange {
    pub seq: u32,
    pub method: String,
    pub url: String,
    pub request_body: Value,
    status: u16,
    headers: serde_json::Map<String, Value>,
    /// The body of the answer; the empty string for none.
    pub response_body: Value,
}

impl Exchange {
    pub fn method(&self) -> Method {
        self.method.parse().expect("a method")
    }

    pub fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.status).expect("a status")
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.as_str().expect("text"))
    }

    /// The path in lower case: recorders and services differ in case.
    pub fn path(&self) -> String {
        Url::parse(&self.url).expect("a URL").path().to_ascii_lowercase()
    }

    /// What was asked, as a request of our channel.
    pub fn request(&self) -> Request {
        let url = Url::parse(&self.url).expect("a URL");
        Request { method: self.method(), url, headers: HeaderMap::new(), body: bytes(&self.request_body) }
    }

    /// What was answered.
    pub fn response(&self) -> http::Response<Bytes> {
        self.response_with(&self.response_body)
    }

    /// What was answered, with another body.
    pub fn response_with(&self, body: &Value) -> http::Response<Bytes> {
        let mut response = http::Response::new(bytes(body));
        *response.status_mut() = self.status();
        for (name, value) in &self.headers {
            let name = HeaderName::from_bytes(name.as_bytes()).expect("a header's name");
            let value = HeaderValue::from_str(value.as_str().expect("text")).expect("a header's value");
            response.headers_mut().insert(name, value);
        }
        response
    }
}

fn bytes(body: &Value) -> Bytes {
    match body {
        Value::String(text) => Bytes::from(text.clone()),
        body => Bytes::from(body.to_string()),
    }
}

/// A recording: its name and its lines as they are in the file.
pub struct Recording {
    pub name: String,
    pub lines: Vec<String>,
}

impl Recording {
    pub fn exchanges(&self) -> Vec<Exchange> {
        let read = |line: &String| serde_json::from_str(line).unwrap_or_else(|error| panic!("{}: {error}", self.name));
        self.lines.iter().map(read).collect()
    }
}

/// Every recording, by name; `None`, and a word about it, where there are none beside the package.
pub fn recordings() -> Option<Vec<Recording>> {
    let folder = match std::fs::read_dir(FOLDER) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            eprintln!("skipped: there are no recordings at {FOLDER}");
            return None;
        }
        folder => folder.unwrap_or_else(|error| panic!("{FOLDER}: {error}")),
    };
    let mut paths: Vec<PathBuf> = folder.map(|entry| entry.expect("an entry").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "jsonl"));
    paths.sort();
    assert!(!paths.is_empty(), "{FOLDER} holds no recordings");
    let read = |path: PathBuf| Recording {
        name: path.file_name().expect("a name").to_string_lossy().into_owned(),
        lines: std::fs::read_to_string(&path).expect("text").lines().map(str::to_owned).collect(),
    };
    Some(paths.into_iter().map(read).collect())
}

/// The exchanges of one recording.
pub fn recording(name: &str) -> Option<Vec<Exchange>> {
    let all = recordings()?;
    Some(all.iter().find(|one| one.name == name).unwrap_or_else(|| panic!("{name} is missing")).exchanges())
}

/// A request as it left: what the service would see.
#[derive(Clone, Debug)]
pub struct Asked {
    pub method: Method,
    pub uri: String,
    pub body: Bytes,
}

impl Asked {
    pub fn of(request: &http::Request<Bytes>) -> Self {
        Self { method: request.method().clone(), uri: request.uri().to_string(), body: request.body().clone() }
    }

    /// The path in lower case.
    pub fn path(&self) -> String {
        Url::parse(&self.uri).expect("a URL").path().to_ascii_lowercase()
    }
}

/// Gives its answers in turn, whatever is asked, and keeps what was.
#[derive(Debug)]
pub struct Answers {
    left: Mutex<VecDeque<http::Response<Bytes>>>,
    asked: Mutex<Vec<Asked>>,
}

impl Answers {
    pub fn new(answers: impl IntoIterator<Item = http::Response<Bytes>>) -> Arc<Self> {
        Arc::new(Self { left: Mutex::new(answers.into_iter().collect()), asked: Mutex::default() })
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    pub fn left(&self) -> usize {
        self.left.lock().unwrap().len()
    }
}

#[async_trait]
impl Transport for Answers {
    async fn send(&self, request: http::Request<Bytes>) -> Result<http::Response<Bytes>, TransportError> {
        self.asked.lock().unwrap().push(Asked::of(&request));
        let next = self.left.lock().unwrap().pop_front();
        next.ok_or_else(|| TransportError::Invalid("nothing more was recorded".into()))
    }
}

#[derive(Debug)]
struct OneToken(Clock);

#[async_trait]
impl TokenSource for OneToken {
    async fn fetch(&self, _scope: &str) -> Result<AccessToken, SignInError> {
        Ok(AccessToken::new("recorded", self.0.now() + Duration::from_secs(86_400)))
    }

    fn kind(&self) -> CredentialKind {
        CredentialKind::Cli
    }
}

/// The real client over `transport`, its events, and what hears them. The time is that of the recordings' catalogue.
pub fn client(transport: SharedTransport) -> (Azure, Events, UnboundedReceiver<Event>) {
    let clock = Clock::scaled(datetime!(2026-04-20 08:00 UTC), 1.0);
    let (events, heard) = Events::channel(clock);
    let arm = Arm::new(ArmOptions {
        transport,
        endpoint: Url::parse("https://management.azure.com/").expect("a URL"),
        tokens: Arc::new(TokenCache::new(Arc::new(OneToken(clock)), clock)),
        scope: "https://management.azure.com/.default".into(),
        clock,
        events: events.clone(),
        stop: CancellationToken::new(),
        retry: RetryPolicy { jitter_seed: Some(1), ..RetryPolicy::default() },
    });
    (Azure::new(arm, SUBSCRIPTION).expect("a client"), events, heard)
}

/// Sends the recorded request through our channel, which gets the recorded answer.
pub async fn replay(exchange: &Exchange) -> Result<Reply, Error> {
    let (azure, ..) = client(Answers::new([exchange.response()]));
    azure.arm().send(exchange.request()).await
}
