//! The channel that every request to ARM goes through, whichever SDK crate made it: tokens, rate limits, retries,
//! request ids, counts and events are here and nowhere else.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};
use time::OffsetDateTime;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::code::Code;
use super::collection::{Flaw, flaw};
use super::credential::{AccessToken, TokenCache};
use super::envelope::Envelope;
use super::error::{Error, ServiceError, request_id};
use super::limits::{Leave, Limits};
use super::refusal::Refusal;
use super::request::{Request, shown_path, signed, transport_error};
use super::retry::{self, RetryPolicy};
use super::sent::Sent;
use super::states::{States, Watch};
use super::transport::{SharedTransport, TransportError};
use super::written::Written;
use crate::events::{EventKind, Events, note_wait};
use crate::values::RequestCounts;
use crate::values::arm_id::group_in;
use azlab_clock::Clock;

/// What a [`Arm`] is made of.
#[derive(Clone, Debug)]
pub struct ArmOptions {
    /// How requests leave.
    pub transport: SharedTransport,
    /// ARM's base URL, with a trailing slash: `https://management.azure.com/`.
    pub endpoint: Url,
    /// Who signs them.
    pub tokens: Arc<TokenCache>,
    /// What the tokens are for: `https://management.azure.com/.default`.
    pub scope: String,
    /// The service's clock.
    pub clock: Clock,
    /// Where requests and retries are told.
    pub events: Events,
    /// Cancelled when the user asks to stop: no wait and no new write after that.
    pub stop: CancellationToken,
    /// How tries are repeated.
    pub retry: RetryPolicy,
}

/// A successful (2xx) answer.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: Bytes,
}

/// The channel; cheap to clone.
#[derive(Clone, Debug)]
pub struct Arm(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    options: ArmOptions,
    /// As many as may be out at the same time.
    open: Semaphore,
    limits: Limits,
    states: States,
    written: Written,
    counters: Counters,
    /// The requests that failed and are sent again, by path: how the last try ended, and until when that is news.
    troubles: Mutex<HashMap<String, (Refusal, OffsetDateTime)>>,
}

#[derive(Debug, Default)]
struct Counters {
    reads: AtomicU64,
    writes: AtomicU64,
    deletes: AtomicU64,
    retried: AtomicU64,
    throttled: AtomicU64,
}

/// How long [`Arm::send_once`] waits, in service time: a group's PATCH was recorded to take 1-4 s.
const BRIEFLY: Duration = Duration::from_secs(5);

impl Arm {
    /// A channel with full buckets and no requests counted.
    pub fn new(options: ArmOptions) -> Self {
        let limits = Limits::new(options.clock);
        let open = Semaphore::new(options.transport.most_open().min(Semaphore::MAX_PERMITS));
        Self(Arc::new(Inner {
            options,
            open,
            limits,
            states: States::default(),
            written: Written::default(),
            counters: Counters::default(),
            troubles: Mutex::default(),
        }))
    }

    /// How the last try ended of a request that is sent again: of one for `group` if there is one, else of one for no group.
    /// Without a group, of any.
    pub(crate) fn trouble(&self, group: Option<&str>) -> Option<Refusal> {
        let now = self.clock().now();
        let troubles = self.troubles();
        let is_of = |path: &str| match (group, group_in(path)) {
            (Some(group), Some(of)) => of.eq_ignore_ascii_case(group),
            _ => true,
        };
        let known = troubles.iter().filter(|(path, (_, until))| now <= *until && is_of(path));
        let last = known.max_by_key(|(path, (_, until))| (group_in(path).is_some(), *until));
        last.map(|(_, (refusal, _))| refusal.clone())
    }

    fn troubles(&self) -> MutexGuard<'_, HashMap<String, (Refusal, OffsetDateTime)>> {
        self.0.troubles.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The service's clock.
    pub(crate) fn clock(&self) -> Clock {
        self.0.options.clock
    }

    /// ARM's base URL.
    pub fn endpoint(&self) -> &Url {
        &self.0.options.endpoint
    }

    /// What its tokens are for.
    pub(crate) fn scope(&self) -> &str {
        &self.0.options.scope
    }

    /// Cancelled when the user asked to stop.
    pub(crate) fn stop(&self) -> &CancellationToken {
        &self.0.options.stop
    }

    /// Takes note of one who waits for the resource with the ARM id `id`; `None` if its states are not listed.
    pub(crate) fn watch(&self, id: &str) -> Option<Watch> {
        self.0.states.watch(id)
    }

    /// What this run has written to.
    pub(super) fn written(&self) -> &Written {
        &self.0.written
    }

    /// Whether this run has just created the group of the resource with the ARM id `id`, and has not asked to write the resource: it
    /// is not there, unless somebody else has made it meanwhile.
    pub(crate) fn is_unwritten(&self, id: &str) -> bool {
        self.0.written.is_unwritten(id, self.clock().now())
    }

    /// How many requests have gone out so far.
    pub fn counts(&self) -> RequestCounts {
        let counters = &self.0.counters;
        let load = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        RequestCounts {
            reads: load(&counters.reads),
            writes: load(&counters.writes),
            deletes: load(&counters.deletes),
            retried: load(&counters.retried),
            throttled: load(&counters.throttled),
        }
    }

    /// Waits for `duration` of service time, unless the user asks to stop first.
    ///
    /// # Errors
    /// [`Error::Interrupted`].
    pub async fn pause(&self, duration: Duration) -> Result<(), Error> {
        let clock = self.clock();
        tokio::select! {
            biased;
            () = self.stop().cancelled() => Err(Error::Interrupted),
            () = clock.sleep(duration) => Ok(()),
        }
    }

    /// A GET of a path below the endpoint, for what the SDK crates do not cover. `path` starts with a slash and may carry
    /// a query.
    ///
    /// # Errors
    /// As [`Self::send`].
    pub async fn get(&self, path: &str) -> Result<Reply, Error> {
        self.plain(Method::GET, path).await
    }

    /// The same with a POST that has no body.
    ///
    /// # Errors
    /// As [`Self::send`].
    pub(crate) async fn post(&self, path: &str) -> Result<Reply, Error> {
        self.plain(Method::POST, path).await
    }

    async fn plain(&self, method: Method, path: &str) -> Result<Reply, Error> {
        let url = self.endpoint().join(path).map_err(|error| Error::answer(path, format!("not a URL: {error}")))?;
        self.send(Request { method, url, headers: HeaderMap::new(), body: Bytes::new() }).await
    }

    /// Whether `url` is on the endpoint that our token is for; one with a user or password in it is nobody's.
    pub(crate) fn owns(&self, url: &Url) -> bool {
        url.origin() == self.endpoint().origin() && url.username().is_empty() && url.password().is_none()
    }

    /// Sends a request until it is answered, refused for good, or not worth another try.
    ///
    /// # Errors
    /// [`Error::Service`] for every answer that is not 2xx; [`Error::Transport`] when none came; [`Error::SignIn`];
    /// [`Error::Interrupted`] for a write that had not begun when the user asked to stop, and for every wait.
    pub async fn send(&self, request: Request) -> Result<Reply, Error> {
        let options = &self.0.options;
        if !self.owns(&request.url) {
            let problem = TransportError::Invalid(format!(
                "{} is not the endpoint of this run",
                request.url.origin().ascii_serialization()
            ));
            return Err(transport_error(&request, problem));
        }
        if !is_read(&request.method) {
            self.0.written.sending(&request.method, request.url.path());
        }
        let mut began = None;
        let mut backoff = options.retry.backoff();
        let mut signed_anew = false;
        let mut attempt = 0;
        loop {
            let (token, leave) = self.admit(&request).await?;
            // Only now: the wait for our own rate limits is no reason to give up.
            let began = began.get_or_insert_with(|| options.clock.stopwatch());
            // When it was asked, and awake: a machine that sleeps has not used up the time.
            let gone = began.elapsed();
            attempt += 1;
            let tried = self.try_once(&request, &token, leave, attempt).await;
            self.troubles().remove(request.url.path());
            let error = match tried {
                Ok(reply) => {
                    let now = options.clock.now();
                    self.0.written.answered(&request.method, request.url.path(), reply.status, now);
                    return Ok(reply);
                }
                Err(error) => error,
            };
            if !signed_anew && is_expired_token(&error) {
                // Refused at the door, so repeating is safe for every method.
                options.tokens.invalidate(&token);
                signed_anew = true;
                continue;
            }
            let Some(reason) = retry::reason_to_retry(&error, &request.method, request.url.path()) else {
                return Err(error);
            };
            let asked = error.service().and_then(|error| error.retry_after);
            let Some(wait) = options.retry.after(&error).wait(gone, asked, &mut backoff) else {
                return Err(error);
            };
            // A request that nobody waits for any more is in no trouble.
            let until = options.clock.after(options.clock.now(), wait.saturating_add(options.retry.try_limit));
            self.troubles().insert(request.url.path().to_owned(), (Refusal::of(&error), until));
            options.events.emit(EventKind::Retrying {
                method: request.method.to_string(),
                path: shown_path(&request.url),
                reason: reason.clone(),
                retry_in_s: wait.as_secs_f64(),
            });
            let paused = options.clock.now();
            self.pause(wait).await?;
            if error.service().is_some_and(|error| error.status == StatusCode::TOO_MANY_REQUESTS) {
                note_wait(&reason, options.clock, paused);
            }
        }
    }

    /// Sends a request once, within [`BRIEFLY`], whether or not the user asked to stop: for what cleans up, and is not
    /// worth a wait.
    ///
    /// # Errors
    /// As [`Self::send`]; [`TransportError::NoAnswer`] where nothing came in that time.
    pub(crate) async fn send_once(&self, request: Request) -> Result<Reply, Error> {
        let options = &self.0.options;
        if !self.owns(&request.url) {
            return Err(transport_error(&request, TransportError::Invalid("not the endpoint of this run".into())));
        }
        let work = async {
            let leave = self.0.limits.admit(&request.method, request.url.path()).await;
            let token = options.tokens.token(&options.scope).await.map_err(|error| Error::SignIn(Box::new(error)))?;
            self.try_once(&request, &token, leave, 1).await
        };
        let done = options.clock.timeout(BRIEFLY, work).await;
        done.unwrap_or_else(|_| Err(transport_error(&request, TransportError::NoAnswer(BRIEFLY))))
    }

    /// Waits until the request may go out, and gives the token to sign it with, and the leave of the limits. Neither wait outlives
    /// a stop, and no write passes here after one.
    async fn admit(&self, request: &Request) -> Result<(AccessToken, Leave), Error> {
        let options = &self.0.options;
        let ready = async {
            let token = async || options.tokens.token(&options.scope).await;
            // Fetched before the queue, so that a slow sign-in does not let what was admitted meanwhile out at once, and
            // asked for again behind it, because the token may have expired in the queue.
            token().await?;
            let leave = self.0.limits.admit(&request.method, request.url.path()).await;
            Ok((token().await?, leave))
        };
        let ready = tokio::select! {
            biased;
            ready = ready => ready.map_err(|error| Error::SignIn(Box::new(error)))?,
            () = options.stop.cancelled() => return Err(Error::Interrupted),
        };
        if is_read(&request.method) || !options.stop.is_cancelled() { Ok(ready) } else { Err(Error::Interrupted) }
    }

    async fn try_once(
        &self,
        request: &Request,
        token: &AccessToken,
        mut leave: Leave,
        attempt: u32,
    ) -> Result<Reply, Error> {
        let options = &self.0.options;
        // Nobody closes it.
        let _open = self.0.open.acquire().await.ok();
        self.count(&request.method, attempt);
        let sent = Sent::new(&options.events, &options.clock, &request.method, shown_path(&request.url), attempt);
        let answer = match signed(request, token.secret(), sent.id()) {
            Ok(request) => {
                let limit = options.retry.try_limit;
                leave.send();
                let answer = options.clock.timeout(limit, options.transport.send(request)).await;
                answer.unwrap_or(Err(TransportError::NoAnswer(limit)))
            }
            Err(problem) => Err(problem),
        };
        let result = match answer {
            Ok(answer) => {
                leave.answer();
                let (parts, body) = answer.into_parts();
                let flaw = match is_told_by_body(&request.method, parts.status) {
                    true if parts.status == StatusCode::OK => flaw(request.url.path(), &body),
                    true if Envelope::is_cut_off(&body) => Some(Flaw::CutOff),
                    _ => None,
                };
                if flaw == Some(Flaw::CutOff) {
                    // What there is, or why it is refused, stands in the part that is missing.
                    Err(transport_error(request, TransportError::Broken("the answer is cut off".into())))
                } else if flaw == Some(Flaw::WithoutEntries) {
                    Err(Error::answer(request.url.path(), "a list was asked for, and the answer has no entries"))
                } else if parts.status.is_success() {
                    Ok(Reply { status: parts.status, headers: parts.headers, body })
                } else {
                    if parts.status == StatusCode::TOO_MANY_REQUESTS {
                        self.0.counters.throttled.fetch_add(1, Ordering::Relaxed);
                    }
                    let retry_after = retry::retry_after(&parts.headers, options.clock.now());
                    let mut error = ServiceError::from_answer(
                        &request.method,
                        request.url.path(),
                        sent.id(),
                        parts.status,
                        &parts.headers,
                        &body,
                        retry_after,
                    );
                    error.challenge = error.challenge.map(|found| found.of(token, &options.tokens, &options.scope));
                    Err(Error::from(error))
                }
            }
            Err(problem) => Err(transport_error(request, problem)),
        };
        sent.tell(result.as_ref().map(|reply| (reply.status, request_id(&reply.headers))));
        result
    }

    fn count(&self, method: &Method, attempt: u32) {
        let counters = &self.0.counters;
        let counter = match *method {
            Method::GET | Method::HEAD => &counters.reads,
            Method::DELETE => &counters.deletes,
            _ => &counters.writes,
        };
        counter.fetch_add(1, Ordering::Relaxed);
        if attempt > 1 {
            counters.retried.fetch_add(1, Ordering::Relaxed);
        }
    }
}

fn is_read(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD)
}

/// Whether what an answer means stands in its body: what a read found, and why a request was refused. A refusal whose code is
/// lost may be one that passes by itself.
fn is_told_by_body(method: &Method, status: StatusCode) -> bool {
    let is_told_by_status = matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT);
    (method == Method::GET && status.is_success()) || (status.is_client_error() && !is_told_by_status)
}

fn is_expired_token(error: &Error) -> bool {
    error
        .service()
        .is_some_and(|error| error.status == StatusCode::UNAUTHORIZED && error.code == Code::ExpiredAuthenticationToken)
}
