//! The board over HTTP: the page and its stream, for GET alone.

use std::convert::Infallible;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use futures::StreamExt as _;
use http::{HeaderName, HeaderValue, Method, StatusCode, header};

use super::door::Door;
use super::feed::{Feed, Message};
use super::page::policy;

/// How often a stream on which nothing happens is shown to stand; browsers and proxies cut silent ones after a minute.
const KEEP_ALIVE: Duration = Duration::from_secs(20);

/// What is sent with every answer, beside the policy.
const HEADERS: [(HeaderName, HeaderValue); 5] = [
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
];

/// What answers for `feed` to whom `door` lets in.
pub(crate) fn router(feed: Feed, door: Door) -> Router {
    Router::new().fallback(answer).with_state((feed, door))
}

async fn answer(State((feed, door)): State<(Feed, Door)>, request: Request) -> Response {
    let mut response = answered(&feed, &door, &request);
    let headers = response.headers_mut();
    headers.extend(HEADERS.map(|(name, value)| (Some(name), value)));
    // In a header it can also say who may frame the page; hashes and keywords are ASCII.
    if let Ok(policy) = HeaderValue::try_from(format!("{}; frame-ancestors 'none'", policy(true))) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}

fn answered(feed: &Feed, door: &Door, request: &Request) -> Response {
    // In the absolute form of a request the URL has it.
    let host = match request.uri().authority() {
        Some(authority) => Some(authority.as_str()),
        None => request.headers().get(header::HOST).and_then(|host| host.to_str().ok()),
    };
    if !host.is_some_and(|host| door.is_host(host)) {
        let told = "this board is not served under that name; open it at the URL that it told where it was started\n";
        return (StatusCode::MISDIRECTED_REQUEST, told).into_response();
    }
    if request.method() != Method::GET {
        return (StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "GET")], "only GET\n").into_response();
    }
    match door.below(request.uri().path()) {
        Some("/") => match feed.page() {
            Ok(page) => ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], page).into_response(),
            Err(defect) => (StatusCode::INTERNAL_SERVER_ERROR, format!("{defect}\n")).into_response(),
        },
        Some("/events") => stream(feed, request),
        // Whoever has no token learns nothing about which paths there are.
        _ => (StatusCode::NOT_FOUND, "there is nothing here: open the whole URL that it told where it was started\n")
            .into_response(),
    }
}

fn stream(feed: &Feed, request: &Request) -> Response {
    let by_header = request.headers().get("last-event-id").and_then(|id| id.to_str().ok());
    let by_query = || request.uri().query().and_then(|query| query.strip_prefix("last="));
    match feed.follow(by_header.or_else(by_query)) {
        Some(messages) => {
            let events = messages.map(|Message { name, id, data }| {
                Ok::<_, Infallible>(Event::default().event(name).id(id).data(&*data))
            });
            Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)).into_response()
        }
        None => (StatusCode::SERVICE_UNAVAILABLE, "too many look at this board: close other windows\n").into_response(),
    }
}
