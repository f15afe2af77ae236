//! One connection: TLS, the limits, and the way from the socket to the router and back.

use std::convert::Infallible;
use std::io;
use std::pin::pin;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::uri::Scheme;
use axum::http::{HeaderValue, Request, Response, StatusCode, header};
use hyper::body::{Body as _, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use serde_json::json;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio_io_timeout::TimeoutStream;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use super::Limits;
use super::access_log::{AccessLog, LoggedRequest};
use super::body::{self, Unread};
use super::held::Held;
use super::slots::Slot;
use crate::arm::chunks::Streamed;
use crate::arm::host::{self, Served};
use azlab_clock::Clock;

/// Headers that tell how long to wait, the second one in milliseconds.
const WAITS: [&str; 4] = ["retry-after", "retry-after-ms", "x-ratelimit-reset-requests", "x-ratelimit-reset-tokens"];

/// The smallest read buffer that hyper takes.
const MIN_BUFFER: usize = 8192;

/// What every connection is served with.
#[derive(Clone)]
pub(super) struct Connection {
    pub(super) router: Router,
    pub(super) tls: Option<TlsAcceptor>,
    /// What clients of it must trust.
    pub(super) authority_pem: Option<Arc<str>>,
    pub(super) clock_speed: f64,
    pub(super) limits: Limits,
    /// Real time.
    pub(super) clock: Clock,
    pub(super) stop: CancellationToken,
    /// For bodies that are larger than usual.
    pub(super) large_bodies: Arc<Semaphore>,
    pub(super) access_log: Option<AccessLog>,
}

impl Connection {
    /// Serves `stream` until either end closes it, a limit is passed, its slot is given away, or the server stops and its
    /// request is answered.
    pub(super) async fn run(self, stream: TcpStream, slot: Slot) {
        let slot = Arc::new(slot);
        tokio::select! {
            () = slot.given_away() => tracing::debug!("a connection gave way to another"),
            () = self.serve(stream, &slot) => {}
        }
    }

    async fn serve(&self, stream: TcpStream, slot: &Arc<Slot>) {
        // Answers are written whole; waiting for more to send would only delay them.
        let _ = stream.set_nodelay(true);
        let mut stream = TimeoutStream::new(stream);
        stream.set_write_timeout(Some(self.limits.write));
        let stream = Box::pin(stream);
        match self.tls.clone() {
            None => self.http(stream, Scheme::HTTP, slot).await,
            Some(acceptor) => match self.clock.timeout(self.limits.head, acceptor.accept(stream)).await {
                Ok(Ok(stream)) => self.http(stream, Scheme::HTTPS, slot).await,
                // Who only looks whether somebody listens goes without a word.
                Ok(Err(error)) if error.kind() == io::ErrorKind::UnexpectedEof => {}
                Ok(Err(error)) => self.trouble(|| {
                    format!("a TLS handshake failed: {error} (clients must speak HTTPS and trust the sandbox's ca.pem, or --ca-file)")
                }),
                Err(_) => tracing::debug!("a TLS handshake took too long"),
            },
        }
    }

    async fn http(
        &self,
        stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
        scheme: Scheme,
        slot: &Arc<Slot>,
    ) {
        let answer = service_fn(|request: Request<Incoming>| {
            let scheme = scheme.clone();
            async move { Ok::<_, Infallible>(self.answer(request, scheme, slot).await) }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.limits.head)
            .max_header_size(self.limits.head_bytes)
            .max_buf_size(self.limits.head_bytes.max(MIN_BUFFER))
            .serve_connection(TokioIo::new(stream), answer);
        let mut connection = pin!(connection);
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = self.stop.cancelled() => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = ended {
            tracing::debug!(%error, "a connection ended early");
            if error.is_parse() {
                self.trouble(|| format!("a client does not speak HTTP as it is served here: {error}"));
            }
        }
    }

    /// Tells that a client could not be served.
    pub(super) fn trouble(&self, message: impl FnOnce() -> String) {
        if let Some(access_log) = &self.access_log {
            access_log.trouble(message());
        }
    }

    async fn answer(&self, request: Request<Incoming>, scheme: Scheme, slot: &Arc<Slot>) -> Response<Body> {
        let Some(access_log) = &self.access_log else { return self.unseen(request, scheme, slot).await };
        let began = self.clock.now();
        let asked = LoggedRequest::of(request.method(), request.uri(), request.headers());
        let response = self.unseen(request, scheme, slot).await;
        asked.answered(access_log, response, self.clock.since(began)).await
    }

    async fn unseen(&self, request: Request<Incoming>, scheme: Scheme, slot: &Arc<Slot>) -> Response<Body> {
        let (mut head, body) = request.into_parts();
        match host::of(&head.uri, &head.headers) {
            // An absolute URI's host takes the place of the header's (RFC 9112, section 3.2.2), for all that reads one.
            Ok(host) => _ = HeaderValue::from_str(host.as_str()).map(|host| head.headers.insert(header::HOST, host)),
            // Addresses in the answer would lead elsewhere: a client of HTTP/1.0 that polls, to the real Azure.
            Err(refused) => return refuse(StatusCode::BAD_REQUEST, "InvalidHostHeader", refused.to_string()),
        }
        let announced = body.size_hint().exact();
        // Read whole before the router sees it, so that no handler holds anything while a client takes its time.
        let read = body::read(body, announced, self.limits.body_bytes, &self.large_bodies);
        let whole = match self.clock.timeout(self.limits.body, read).await {
            Ok(Ok(whole)) => whole,
            Ok(Err(Unread::TooLarge)) => return self.too_large(),
            Ok(Err(Unread::Busy)) => return busy("The server has too many large requests."),
            Ok(Err(Unread::Broken(error))) => {
                return refuse(StatusCode::BAD_REQUEST, "InvalidRequestContent", error.to_string());
            }
            Err(_) => {
                let message = format!("The request body did not arrive within {:?}.", self.limits.body);
                return refuse(StatusCode::REQUEST_TIMEOUT, "RequestTimeout", message);
            }
        };
        if !slot.works() {
            return busy("The server has closed this connection, as it was not used for long.");
        }
        let mut request = Request::from_parts(head, Body::from(whole.bytes.clone()));
        request.extensions_mut().insert(scheme);
        request.extensions_mut().insert(Served { authority_pem: self.authority_pem.clone() });
        let Ok(mut response) = self.router.clone().oneshot(request).await;
        self.in_real_time(&mut response);
        slot.waits();
        let (streamed, place) = (response.extensions().get::<Streamed>().copied(), whole.place);
        match streamed {
            Some(Streamed { kept }) => {
                let place = place.filter(|_| kept > body::SMALL);
                response.map(|body| Body::new(Held::new(body::placed(body, place), slot.clone())))
            }
            None => response.map(|body| body::placed(body, place)),
        }
    }

    /// What tells how long to wait, in the client's time, rounded up: early would be too early.
    fn in_real_time(&self, response: &mut Response<Body>) {
        for name in WAITS {
            if let Some(value) = response.headers_mut().get_mut(name)
                && let Some(wait) = value.to_str().ok().and_then(|value| value.trim().parse::<u32>().ok())
            {
                *value = HeaderValue::from((f64::from(wait) / self.clock_speed).ceil() as u64);
            }
        }
    }

    fn too_large(&self) -> Response<Body> {
        let message = format!("The request content is larger than {} bytes.", self.limits.body_bytes);
        refuse(StatusCode::PAYLOAD_TOO_LARGE, "RequestContentTooLarge", message)
    }
}

/// What a server says that has too much to do; nothing was done.
fn busy(message: &str) -> Response<Body> {
    let mut response = refuse(StatusCode::SERVICE_UNAVAILABLE, "ServerBusy", message.to_owned());
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    response
}

/// An answer in ARM's form that ends the connection: what is left of the request is not read.
fn refuse(status: StatusCode, code: &str, message: String) -> Response<Body> {
    let body = json!({ "error": { "code": code, "message": message } });
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
    headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}
