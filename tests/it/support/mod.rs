//! An Azure of a few lines below the channel: each request is answered by a closure, after 0.1 s of paused time.

pub mod arm;
pub mod literals;
#[cfg(unix)]
pub mod pseudo_terminal;
pub mod thing;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use azlab::azure::arm::{Arm, ArmOptions};
use azlab::azure::client::Azure;
use azlab::azure::credential::{AccessToken, CredentialKind, SignInError, TokenCache, TokenSource};
use azlab::azure::request::Request;
use azlab::azure::retry::RetryPolicy;
use azlab::azure::transport::{SharedTransport, Transport, TransportError};
use azlab::events::{Event, Events};
use azlab_clock::Clock;
use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};
use serde_json::Value;
use time::OffsetDateTime;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio_util::sync::CancellationToken;

/// The folders with the code of the product: the program's, and those of the crates below `crates/`.
pub fn code_folders() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let crates = std::fs::read_dir(root.join("crates")).expect("the crates");
    let of_crates = crates.map(|entry| entry.expect("an entry").path().join("src"));
    std::iter::once(root.join("src")).chain(of_crates).collect()
}

pub const ENDPOINT: &str = "https://management.azure.com/";
pub const SUBSCRIPTION: &str = "00000000-0000-0000-0000-000000000001";
/// What every token begins with: nothing but the Authorization header may contain it.
pub const SECRET: &str = "eyJ-secret";
/// How long each answer takes.
pub const LATENCY: Duration = Duration::from_millis(100);

/// A request as it left.
#[derive(Clone, Debug)]
pub struct Seen {
    /// Since the world began.
    pub at: Duration,
    pub method: Method,
    /// As in the request line and Host, to the byte.
    pub url: String,
    pub path: String,
    pub headers: HeaderMap,
    pub body: Bytes,
    /// What a log of the whole request would hold.
    pub debug: String,
}

impl Seen {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("text"))
    }
}

/// What becomes of a request.
#[derive(Clone, Debug)]
pub enum Say {
    Answer(StatusCode, HeaderMap, Bytes),
    Fail(TransportError),
    /// No answer, ever.
    Hang,
}

pub fn status(status: u16) -> Say {
    Say::Answer(StatusCode::from_u16(status).expect("a status"), HeaderMap::new(), Bytes::new())
}

pub fn json(code: u16, body: &Value) -> Say {
    text(code, &body.to_string())
}

pub fn text(code: u16, body: &str) -> Say {
    let Say::Answer(status, headers, _) = status(code) else { unreachable!("made above") };
    Say::Answer(status, headers, Bytes::copy_from_slice(body.as_bytes()))
}

/// An error in ARM's envelope.
pub fn error(status: u16, code: &str) -> Say {
    json(status, &serde_json::json!({"error": {"code": code, "message": format!("{code} happened")}}))
}

/// What services say with a refusal that passes.
pub const IN_PROGRESS: &str = "Another operation is in progress.";

/// A refusal whose words are evidence that it passes.
pub fn in_progress(status: u16, code: &str) -> Say {
    json(status, &serde_json::json!({"error": {"code": code, "message": IN_PROGRESS}}))
}

pub fn broken() -> Say {
    Say::Fail(TransportError::Broken("connection reset".into()))
}

impl Say {
    pub fn with(self, name: &'static str, value: &str) -> Self {
        let Self::Answer(status, mut headers, body) = self else { return self };
        headers.insert(name, value.parse().expect("a header value"));
        Self::Answer(status, headers, body)
    }
}

/// A list of answers, one a request; the last one is repeated.
pub fn in_turn(answers: impl IntoIterator<Item = Say>) -> impl FnMut(&Seen) -> Say + Send + 'static {
    let mut answers = answers.into_iter().collect::<std::collections::VecDeque<_>>();
    move |_| if answers.len() > 1 { answers.pop_front() } else { answers.front().cloned() }.expect("an answer")
}

type Handler = Box<dyn FnMut(&Seen) -> Say + Send>;

pub struct Script {
    clock: Clock,
    handler: Mutex<Handler>,
    log: Mutex<Vec<Seen>>,
}

impl std::fmt::Debug for Script {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Script")
    }
}

#[async_trait]
impl Transport for Script {
    async fn send(&self, request: http::Request<Bytes>) -> Result<http::Response<Bytes>, TransportError> {
        let seen = Seen {
            at: self.clock.since(OffsetDateTime::UNIX_EPOCH),
            debug: format!("{request:?}"),
            method: request.method().clone(),
            url: request.uri().to_string(),
            path: request.uri().path().to_owned(),
            headers: request.headers().clone(),
            body: request.body().clone(),
        };
        self.log.lock().expect("the log").push(seen.clone());
        self.clock.sleep(LATENCY).await;
        // The service decides when the request has reached it.
        let said = (self.handler.lock().expect("the handler"))(&seen);
        match said {
            Say::Answer(status, headers, body) => {
                let mut response = http::Response::new(body);
                *response.status_mut() = status;
                *response.headers_mut() = headers;
                Ok(response)
            }
            Say::Fail(error) => Err(error),
            Say::Hang => std::future::pending().await,
        }
    }
}

/// Numbered tokens.
#[derive(Debug)]
pub struct Tokens {
    clock: Clock,
    pub fetched: AtomicUsize,
    pub hang: bool,
}

#[async_trait]
impl TokenSource for Tokens {
    async fn fetch(&self, _scope: &str) -> Result<AccessToken, SignInError> {
        let number = self.fetched.fetch_add(1, Ordering::SeqCst) + 1;
        if self.hang {
            std::future::pending::<()>().await;
        }
        self.clock.sleep(LATENCY).await;
        Ok(AccessToken::new(format!("{SECRET}-{number}"), self.clock.now() + Duration::from_secs(86_400)))
    }

    fn kind(&self) -> CredentialKind {
        CredentialKind::Cli
    }
}

/// A channel to a scripted service. Time begins at the epoch.
pub struct World {
    pub arm: Arm,
    pub clock: Clock,
    pub stop: CancellationToken,
    pub tokens: Arc<Tokens>,
    pub events: Events,
    pub told: UnboundedReceiver<Event>,
    script: Arc<Script>,
}

impl World {
    pub fn new(handler: impl FnMut(&Seen) -> Say + Send + 'static) -> Self {
        Self::with(RetryPolicy { jitter_seed: Some(1), ..RetryPolicy::default() }, false, handler)
    }

    pub fn with(retry: RetryPolicy, hang: bool, handler: impl FnMut(&Seen) -> Say + Send + 'static) -> Self {
        let clock = Clock::scaled(OffsetDateTime::UNIX_EPOCH, 1.0);
        let script = Arc::new(Script { clock, handler: Mutex::new(Box::new(handler)), log: Mutex::default() });
        let tokens = Arc::new(Tokens { clock, fetched: AtomicUsize::new(0), hang });
        let (events, told) = Events::channel(clock);
        let stop = CancellationToken::new();
        let arm = Arm::new(ArmOptions {
            transport: script.clone(),
            endpoint: ENDPOINT.parse().expect("a URL"),
            tokens: Arc::new(TokenCache::new(tokens.clone(), clock)),
            scope: format!("{ENDPOINT}.default"),
            clock,
            events: events.clone(),
            stop: stop.clone(),
            retry,
        });
        Self { arm, clock, stop, tokens, events, told, script }
    }

    pub fn azure(&self) -> Azure {
        Azure::new(self.arm.clone(), SUBSCRIPTION).expect("SDK clients")
    }

    /// The service, for a way that is not the channel's.
    pub fn transport(&self) -> SharedTransport {
        self.script.clone()
    }

    /// The tokens, for the same.
    pub fn token_cache(&self) -> Arc<TokenCache> {
        Arc::new(TokenCache::new(self.tokens.clone(), self.clock))
    }

    /// Time gone by.
    pub fn elapsed(&self) -> Duration {
        self.clock.since(OffsetDateTime::UNIX_EPOCH)
    }

    /// Every request so far.
    pub fn seen(&self) -> Vec<Seen> {
        self.script.log.lock().expect("the log").clone()
    }

    /// How many requests of `method` went out.
    pub fn count(&self, method: &Method) -> usize {
        self.seen().iter().filter(|seen| seen.method == *method).count()
    }

    /// Asks to stop after `wait`.
    pub fn stop_after(&self, wait: Duration) {
        let (stop, clock) = (self.stop.clone(), self.clock);
        tokio::spawn(async move {
            clock.sleep(wait).await;
            stop.cancel();
        });
    }
}

/// A request to a path (or a whole URL).
pub fn request(method: Method, target: &str) -> Request {
    let url = ENDPOINT.parse::<url::Url>().expect("a URL").join(target).expect("a URL");
    Request { method, url, headers: HeaderMap::new(), body: Bytes::new() }
}

pub fn seconds(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds)
}
