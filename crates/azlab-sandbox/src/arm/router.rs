//! HTTP around the service: faults, latency, and the headers that every response carries.

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};

use super::chunks::Payload;
use super::conditions::Conditions;
use super::failure::Failure;
use super::host::{self, HostError};
use super::provider::Providers;
use super::response::Answer;
use super::{authorize, dispatch};
use crate::faults::fault::{ConnectionReset, FaultKind};
use crate::faults::matched::MatchedFault;
use crate::faults::responses::{bad_gateway, garble, refusal, respond, set_headers};
use crate::sandbox::Sandbox;
use crate::services::{graph, kubernetes, openai, prices, signin};
use crate::state::settings::Durations;

/// ARM takes request bodies of up to 4 MB.
pub(crate) const BODY_LIMIT: usize = 4 * 1024 * 1024;

/// How much of a streamed answer comes where a fault cuts it: the beginning of what is said, and no end.
const CHUNKS_OF_A_CUT_STREAM: usize = 3;

pub(crate) async fn serve(
    sandbox: &Sandbox,
    request: http::Request<Bytes>,
) -> Result<http::Response<Payload>, ConnectionReset> {
    let (parts, body) = request.into_parts();
    if tokio::runtime::Handle::try_current().is_err() {
        return Ok(finish(no_runtime(), &parts.headers, &parts.method).map(Payload::Whole));
    }
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    let place = sandbox.inner.log.note(sandbox.clock().now(), &parts.method, path);
    let met = sandbox.match_fault(&parts.method, path);
    sandbox.pass(met.delay).await;
    let response = match unhandled(sandbox, met.kind.as_ref(), &parts)? {
        Some(response) => response.map(Payload::Whole),
        None => handled(sandbox, place, &met, &parts, &body).await?,
    };
    sandbox.inner.log.note_answer(place, sandbox.clock().now(), &response);
    Ok(response)
}

/// The answer of a fault that keeps the request from being handled.
fn unhandled(
    sandbox: &Sandbox,
    fault: Option<&FaultKind>,
    parts: &http::request::Parts,
) -> Result<Option<http::Response<Bytes>>, ConnectionReset> {
    Ok(Some(match fault {
        Some(FaultKind::Drop) => return Err(ConnectionReset),
        Some(FaultKind::Html502) => bad_gateway(),
        Some(FaultKind::Respond { status, headers, body }) => respond(*status, headers, body.clone()),
        Some(FaultKind::Refuse { handled: false, .. }) => {
            return Ok(fault.and_then(|fault| refused(sandbox.inner.providers, fault, parts)));
        }
        Some(FaultKind::ExpiredToken) => {
            let answer = authorize::expired(&sandbox.inner.keys, sandbox.token_clock().now());
            finish(answer, &parts.headers, &parts.method)
        }
        Some(FaultKind::ClaimsChallenge) => {
            finish(authorize::challenged(&sandbox.inner.keys), &parts.headers, &parts.method)
        }
        _ => return Ok(None),
    }))
}

/// The request takes effect; what a fault makes of its answer.
async fn handled(
    sandbox: &Sandbox,
    place: Option<usize>,
    met: &MatchedFault,
    parts: &http::request::Parts,
    body: &Bytes,
) -> Result<http::Response<Payload>, ConnectionReset> {
    let fault = met.kind.as_ref();
    if let Some(FaultKind::Delay(seconds)) = fault {
        sandbox.pass(*seconds).await;
    }
    let (mut response, latency, mut chunks) = match kubernetes::Target::of(parts) {
        None if signin::is_meant(parts) => {
            (signin::answer_in_process(sandbox, parts, body).await, Durations::default().read, None)
        }
        Some(target) => {
            let (response, latency) = kubernetes::answer(sandbox, parts, body, &target);
            (response, latency, None)
        }
        None => {
            let (mut answer, read) = answer(sandbox, met, parts, body);
            answer = with_command_run(sandbox, with_api_server(sandbox, answer).await);
            let (latency, chunks) = (answer.latency.unwrap_or(read), answer.chunks.take());
            (finish(answer, &parts.headers, &parts.method), latency, chunks)
        }
    };
    sandbox.inner.log.note_reached(place, response.status());
    sandbox.pass(latency).await;
    match fault {
        Some(FaultKind::HandleThenDrop) => return Err(ConnectionReset),
        Some(FaultKind::HandleThenHtml502) => (response, chunks) = (bad_gateway(), None),
        Some(fault @ FaultKind::Refuse { .. }) => {
            if let Some(refused) = refused(sandbox.inner.providers, fault, parts) {
                (response, chunks) = (refused, None);
            }
        }
        Some(FaultKind::Truncate) => {
            let half = response.body().len() / 2;
            response.body_mut().truncate(half);
            chunks = chunks.map(|chunks| chunks.first(CHUNKS_OF_A_CUT_STREAM));
        }
        Some(FaultKind::Garbage) => {
            garble(&mut response);
            chunks = None;
        }
        _ => {}
    }
    Ok(response.map(|body| chunks.map_or(Payload::Whole(body), Payload::Streamed)))
}

/// An answer that holds a cluster's credentials, with those of its real API server, if it has one.
async fn with_api_server(sandbox: &Sandbox, mut answer: Answer) -> Answer {
    let Some(asked) = answer.credentials.take() else { return answer };
    let Some(servers) = sandbox.inner.api_servers.get() else { return answer };
    match servers.access(sandbox, &asked.cluster).await {
        Ok(Some(access)) => Answer { body: Some(access.body(&asked)), ..answer },
        // A cluster that does not run has a name that nothing answers to, as on Azure.
        Ok(None) => answer,
        Err(error) => {
            let text = error.to_string();
            Failure::new(StatusCode::INTERNAL_SERVER_ERROR, "SandboxControlPlane", text).flat().into_answer()
        }
    }
}

/// An answer whose command has run, with its result kept.
fn with_command_run(sandbox: &Sandbox, mut answer: Answer) -> Answer {
    let Some(command) = answer.command.take() else { return answer };
    match kubernetes::run_command(sandbox, &command) {
        Ok(()) => answer,
        Err(error) => Failure::from(error).flat().into_answer(),
    }
}

/// The refusal that a fault makes up.
fn refused(providers: &Providers, fault: &FaultKind, parts: &http::request::Parts) -> Option<http::Response<Bytes>> {
    let FaultKind::Refuse { status, code, message, headers, .. } = fault else { return None };
    let mut response = match kubernetes::Target::of(parts) {
        Some(_) => kubernetes::refusal(status.as_u16(), code, message),
        None => finish(refusal(providers, parts.uri.path(), *status, code, message), &parts.headers, &parts.method),
    };
    set_headers(response.headers_mut(), headers);
    Some(response)
}

/// The answer and the latency of a read, which it has unless it says otherwise.
fn answer(sandbox: &Sandbox, met: &MatchedFault, parts: &http::request::Parts, body: &Bytes) -> (Answer, f64) {
    let default = Durations::default().read;
    let base = match base(parts) {
        Ok(base) => base,
        Err(refused) => return (malformed_host(refused), default),
    };
    if let Some(target) = openai::target(parts) {
        if body.len() > BODY_LIMIT {
            return (too_large(), default);
        }
        return (openai::answer(sandbox, parts, body, &target), default);
    }
    if prices::is_meant(parts) {
        return (prices::answer(sandbox, parts), default);
    }
    if graph::is_meant(parts) {
        return (graph::answer_in_process(sandbox, parts, body, &base), default);
    }
    let caller = match authorize::authorize(&sandbox.inner.keys, &parts.headers, sandbox.token_clock().now()) {
        Ok(caller) => caller,
        Err(refused) => return (*refused, default),
    };
    if body.len() > BODY_LIMIT {
        return (too_large(), default);
    }
    if let Err(refused) = check_media_type(&parts.headers, body) {
        return (refused.into_answer(), default);
    }
    let request = dispatch::Request {
        method: &parts.method,
        uri: &parts.uri,
        base: &base,
        served: parts.extensions.get(),
        body,
        conditions: Conditions::of(&parts.headers),
        fault: met.kind.as_ref(),
        in_force: met.in_force(),
    };
    dispatch::dispatch(sandbox, &caller, &request)
}

pub(crate) fn too_large() -> Answer {
    Failure::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "RequestEntityTooLarge",
        "The request content size exceeds the maximum size of 4 MB.",
    )
    .gateway()
    .into_answer()
}

fn check_media_type(headers: &HeaderMap, body: &Bytes) -> Result<(), Failure> {
    let sent = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("<null>");
    let kind = sent.split(';').next().unwrap_or_default().trim();
    if body.is_empty() || kind.eq_ignore_ascii_case("application/json") {
        return Ok(());
    }
    Err(Failure::new(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "UnsupportedMediaType",
        format!("The content media type '{kind}' is not supported. Only 'application/json' is supported."),
    )
    .gateway())
}

/// What polling URLs begin with: where the caller reached the service. In process nobody need name a host, which is then
/// Resource Manager's.
fn base(parts: &http::request::Parts) -> Result<String, HostError> {
    // A server tells its scheme beside the request; in process it is in the URI.
    let served = parts.extensions.get::<http::uri::Scheme>();
    let scheme = served.or(parts.uri.scheme()).map_or("https", http::uri::Scheme::as_str);
    match host::of(&parts.uri, &parts.headers) {
        Ok(host) => Ok(format!("{scheme}://{host}")),
        Err(HostError::Missing) if served.is_none() => Ok(format!("{scheme}://management.azure.com")),
        Err(refused) => Err(refused),
    }
}

fn malformed_host(refused: HostError) -> Answer {
    Failure::bad_request("InvalidHostHeader", refused.to_string()).gateway().into_answer()
}

/// The answer where nobody could wait for a latency to pass; tokio's timer would panic.
fn no_runtime() -> Answer {
    let message = "The request was not handled: the sandbox stands on tokio's clock. Send requests from a tokio runtime with \
                   its timer, by #[tokio::test] or #[tokio::main].";
    Failure::new(StatusCode::INTERNAL_SERVER_ERROR, "SandboxWithoutRuntime", message).gateway().into_answer()
}

/// Adds what every response of ARM carries.
pub(crate) fn finish(answer: Answer, request: &HeaderMap, method: &Method) -> http::Response<Bytes> {
    let body = match &answer.body {
        // JSON values can always be written; `to_vec` takes half the time of `to_string`, which goes by `fmt`.
        Some(body) if *method != Method::HEAD => Bytes::from(serde_json::to_vec(body).unwrap_or_default()),
        _ => Bytes::new(),
    };
    let mut response = http::Response::new(body);
    *response.status_mut() = answer.status;
    let headers = response.headers_mut();
    if answer.body.is_some() {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
    }
    let mut set = |name: &'static str, value: &str| {
        if let Ok(value) = HeaderValue::try_from(value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    };
    let id = uuid::Uuid::new_v4().to_string();
    let sent = |name| request.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let correlation = sent("x-ms-correlation-request-id").or_else(|| sent("x-ms-client-request-id")).unwrap_or(&id);
    set("cache-control", "no-cache");
    set("x-ms-request-id", &id);
    set("x-ms-correlation-request-id", correlation);
    set("x-ms-routing-request-id", &format!("SANDBOX:{id}"));
    for (name, value) in &answer.headers {
        set(name, value);
    }
    response
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use http::header::HOST;
    use http_body_util::BodyExt as _;
    use tower::ServiceExt as _;

    use super::*;
    use crate::faults::fault::Fault;
    use crate::ids::SUBSCRIPTION_ID;
    use azlab_clock::Clock;

    fn base_of(request: http::request::Builder) -> Result<String, HostError> {
        base(&request.body(()).unwrap().into_parts().0)
    }

    #[test]
    fn polling_urls_begin_with_what_the_caller_reached() {
        let absolute = http::Request::get("http://localhost:1/subscriptions").header(HOST, "other:2");
        assert_eq!(base_of(absolute).as_deref(), Ok("http://localhost:1"));
        let origin = || http::Request::get("/subscriptions").header(HOST, "localhost:8443");
        assert_eq!(base_of(origin()).as_deref(), Ok("https://localhost:8443"));
        assert_eq!(base_of(origin().extension(http::uri::Scheme::HTTP)).as_deref(), Ok("http://localhost:8443"));
        assert_eq!(base_of(http::Request::get("/subscriptions")).as_deref(), Ok("https://management.azure.com"));
        let served = http::Request::get("/subscriptions").extension(http::uri::Scheme::HTTPS);
        assert_eq!(base_of(served), Err(HostError::Missing), "the real Azure is not where this came to");
    }

    #[tokio::test(start_paused = true)]
    async fn the_router_is_the_same_service_and_breaks_off_where_a_connection_is_lost() {
        let sandbox = Sandbox::in_memory(Clock::real()).unwrap();
        let request = || {
            let path = format!("/subscriptions/{SUBSCRIPTION_ID}?api-version=2021-04-01");
            http::Request::get(path).body(Body::empty()).unwrap()
        };
        let kind = FaultKind::Drop;
        sandbox.control().inject(Fault { method: None, path_contains: String::new(), skip: 0, times: 1, kind });
        let broken = sandbox.router().oneshot(request()).await.unwrap();
        assert!(broken.into_body().collect().await.is_err());
        let answered = sandbox.router().oneshot(request()).await.unwrap();
        assert_eq!(answered.status(), StatusCode::UNAUTHORIZED);
        let large = http::Request::put("/").body(Body::from(vec![b' '; BODY_LIMIT + 1])).unwrap();
        assert_eq!(sandbox.router().oneshot(large).await.unwrap().status(), StatusCode::PAYLOAD_TOO_LARGE);
        assert_eq!(sandbox.request_log().len(), 2);
    }
}
