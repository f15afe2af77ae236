//! Long-running operations: the one place that waits for them.
//!
//! An operation is over when its status is `Succeeded`, `Failed` or `Canceled`, and at no other time: an `error` can be
//! present while it is in progress, and even when it succeeded (azure-facts.md section 2). Polling URLs are opaque. When
//! one is lost, expired, or points to another host, the resource's own `provisioningState` is read instead.
mod poll_policy;
mod polling_url;
mod status;

use std::time::Duration;

use azlab_clock::Stopwatch;
use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};
use serde_json::Value;

use super::arm::{Arm, Reply};
use super::envelope::{Envelope, field};
use super::error::{Error, ServiceError, request_id};
use super::request::Request;
use super::retry;
use super::states::{Listed, Watch};

pub use poll_policy::PollPolicy;
use polling_url::{Polled, PollingUrl};
pub use status::{Goal, Look, Status};

/// Answers in a row that tell nothing before the polling URL is given up.
const USELESS_ANSWERS: u32 = 3;
/// The longest `Retry-After` that a poll heeds: a longer pause would not notice the end for too long.
const LONGEST_ASKED_PAUSE: Duration = Duration::from_secs(300);
/// How long a resource may look as if the operation had not been, after its polling URL answered 400, before that answer
/// is taken for the operation's failure.
const CONTRADICTION: Duration = Duration::from_secs(120);

/// The longest time for which nobody looks at a resource itself while a list shows the service at work on it.
const LONGEST_UNSEEN: Duration = Duration::from_secs(60);

/// Pauses before the next look at a resource that the service is at work on, for somebody else: for `pause`, or, where several
/// wait for resources of its type, until their list shows it at rest.
///
/// # Errors
/// [`Error::Interrupted`], [`Error::SignIn`].
pub(crate) async fn pause_until_rest(
    arm: &Arm,
    watch: Option<&Watch>,
    poll_policy: &PollPolicy,
    pause: Duration,
) -> Result<(), Error> {
    let Some(watch) = watch.filter(|watch| watch.is_shared()) else { return arm.pause(pause).await };
    let began = arm.clock().stopwatch();
    loop {
        let listed = Box::pin(in_step(arm, watch, poll_policy)).await?;
        let is_running =
            matches!(listed, Some(Listed::As(state)) if matches!(Status::read(state.as_deref()), Status::Running(_)));
        if !is_running || !watch.is_shared() || began.elapsed() >= LONGEST_UNSEEN {
            return Ok(());
        }
    }
}

/// Waits for the next common moment of those who look at a list, and gives what it says then; `None` if it cannot be read.
async fn in_step(arm: &Arm, watch: &Watch, poll_policy: &PollPolicy) -> Result<Option<Listed>, Error> {
    let moment = watch.next(&arm.clock(), poll_policy.step());
    arm.pause(arm.clock().until(moment)).await?;
    let get = async |path: &str| arm.get(path).await.map(|reply| reply.body);
    watch.since(moment, arm.clock(), get).await
}

/// An operation under way, as the answer that began it told.
#[derive(Clone, Debug)]
pub struct Operation {
    method: Method,
    resource: String,
    poll: Option<PollingUrl>,
    body_state: Option<Status>,
    retry_after: Option<Duration>,
    request_id: Option<String>,
    refused: Option<(Stopwatch, Error)>,
}

/// What a list has told.
enum Told {
    /// It is over, and has succeeded.
    Over,
    /// It is in progress.
    Running,
    /// Nothing that decides.
    Nothing,
}

impl Operation {
    /// Reads what to wait for from the answer to `method` on `resource` (an ARM id).
    pub fn begun(arm: &Arm, method: Method, resource: &str, reply: &Reply) -> Self {
        let body: Option<Value> = serde_json::from_slice(&reply.body).ok();
        let state = body.as_ref().and_then(|body| body.pointer("/properties/provisioningState")?.as_str());
        Self {
            method,
            resource: resource.to_owned(),
            poll: PollingUrl::begun(arm, reply),
            body_state: (!reply.body.is_empty()).then(|| Status::read(state)),
            retry_after: retry::retry_after(&reply.headers, arm.clock().now()),
            request_id: request_id(&reply.headers),
            refused: None,
        }
    }

    /// An operation that somebody else (an earlier run) began: there is nothing to poll but the resource.
    pub(crate) fn found_running(resource: &str, state: Status) -> Self {
        Self {
            method: Method::GET,
            resource: resource.to_owned(),
            poll: None,
            body_state: Some(state),
            retry_after: None,
            request_id: None,
            refused: None,
        }
    }

    /// Whether the answer that began it already said that it is done.
    pub fn is_done(&self) -> bool {
        self.poll.is_none() && self.body_state == Some(Status::Succeeded)
    }

    /// Waits until it is over. `look` reads the resource; `on_status` hears each intermediate status, in the service's
    /// own words.
    ///
    /// # Errors
    /// [`Error::Service`] with the operation's own error if it failed or was canceled; [`Error::TimedOut`] after
    /// `poll_policy.limit`; [`Error::Interrupted`]; what `look` fails with when nothing else can be polled.
    pub async fn wait<L>(
        mut self,
        arm: &Arm,
        goal: Goal,
        poll_policy: PollPolicy,
        mut on_status: impl FnMut(&str),
        mut look: L,
    ) -> Result<(), Error>
    where
        L: AsyncFnMut() -> Result<Look, Error>,
    {
        let began = arm.clock().stopwatch();
        if self.poll.is_none() && goal == Goal::Ready {
            match self.body_state.take() {
                Some(Status::Succeeded) => return Ok(()),
                Some(Status::Running(state)) => on_status(&state),
                _ => {}
            }
        }
        let watch = arm.watch(&self.resource);
        let (mut useless, mut polled) = (0, Duration::ZERO);
        // When its polling URL may be asked, by its own word.
        let asked_pause =
            |operation: &Self| operation.retry_after.map_or(Duration::ZERO, |it| it.min(LONGEST_ASKED_PAUSE));
        let mut due = asked_pause(&self);
        loop {
            // What counts is when it was polled: a machine that sleeps in between gets an answer of long ago.
            if polled >= poll_policy.limit {
                let what = format!("{} of {}", self.method, self.resource);
                return Err(Error::TimedOut { what, limit: poll_policy.limit });
            }
            if let Some(watch) = watch.as_ref().filter(|watch| watch.is_shared()) {
                // What counts is when it was asked, at the latest: before the list was waited for.
                let asked = began.elapsed();
                let listed = Box::pin(in_step(arm, watch, &poll_policy)).await?;
                polled = asked;
                match Box::pin(self.listed(listed, goal, &mut on_status, &mut look)).await? {
                    Told::Over => return Ok(()),
                    Told::Running => continue,
                    Told::Nothing if self.poll.is_some() && began.elapsed() < due => continue,
                    Told::Nothing => {}
                }
            } else {
                let asked = self.retry_after.take().map(|asked| asked.min(LONGEST_ASKED_PAUSE));
                let gone = began.elapsed();
                let pause = asked.unwrap_or_else(|| poll_policy.pause(gone)).max(poll_policy.floor);
                arm.pause(pause.min(poll_policy.limit.saturating_sub(gone))).await?;
                polled = began.elapsed();
            }
            let contradicted = self.refused.as_ref().map(|(since, _)| since.elapsed());
            let answer = self.poll_once(arm).await?;
            due = began.elapsed() + asked_pause(&self);
            match answer {
                Some(Polled::Over(Status::Succeeded, _)) => return self.confirm(goal, &mut look).await,
                Some(Polled::Over(status, body)) => return Err(self.failure(&status, body.as_ref())),
                Some(Polled::Running(status)) => {
                    useless = if status.is_some() { 0 } else { useless + 1 };
                    if let Some(status) = &status {
                        on_status(status);
                    }
                    if useless >= USELESS_ANSWERS && self.poll.as_ref().is_some_and(PollingUrl::is_status) {
                        self.poll = None;
                        polled = Duration::ZERO;
                    }
                }
                // The resource is looked at before the time is said to be over.
                Some(Polled::Lost) => {
                    self.poll = None;
                    polled = Duration::ZERO;
                }
                None => match (look().await?, goal) {
                    (Look::Absent, Goal::Gone) | (Look::Exists(Status::Succeeded), Goal::Ready) => return Ok(()),
                    (Look::Exists(status @ (Status::Failed | Status::Canceled)), _) => {
                        return Err(self.failure(&status, None));
                    }
                    (Look::Exists(Status::Running(state)), _) => on_status(&state),
                    _ if contradicted.is_some_and(|since| since >= CONTRADICTION) => {
                        return self.refused.map_or(Ok(()), |(_, error)| Err(error));
                    }
                    (Look::Exists(Status::Succeeded), Goal::Gone) => on_status("still there"),
                    // A 404 right after a create passes (azure-facts.md section 8).
                    (Look::Absent, Goal::Ready) => on_status("not visible yet"),
                },
            }
        }
    }

    /// What a list that several share says. That an operation is over is for the resource itself to say, since a list may lag
    /// behind; and why it failed, or that its resource is not listed, for its polling URL.
    async fn listed<L>(
        &self,
        listed: Option<Listed>,
        goal: Goal,
        on_status: &mut impl FnMut(&str),
        look: &mut L,
    ) -> Result<Told, Error>
    where
        L: AsyncFnMut() -> Result<Look, Error>,
    {
        let is_over = match listed {
            Some(Listed::As(state)) => match Status::read(state.as_deref()) {
                Status::Running(status) => {
                    on_status(&status);
                    return Ok(Told::Running);
                }
                Status::Succeeded => goal == Goal::Ready,
                Status::Failed | Status::Canceled => false,
            },
            Some(Listed::Absent) => goal == Goal::Gone,
            None => false,
        };
        if !is_over {
            return Ok(Told::Nothing);
        }
        Ok(match (look().await?, goal) {
            (Look::Exists(Status::Succeeded), Goal::Ready) | (Look::Absent, Goal::Gone) => Told::Over,
            (Look::Exists(Status::Running(status)), _) => {
                on_status(&status);
                Told::Running
            }
            _ => Told::Nothing,
        })
    }

    /// The operation says that it succeeded; the resource has the last word, for as long as it lags behind.
    async fn confirm<L>(&self, goal: Goal, look: &mut L) -> Result<(), Error>
    where
        L: AsyncFnMut() -> Result<Look, Error>,
    {
        match (look().await?, goal) {
            (Look::Exists(status @ (Status::Failed | Status::Canceled)), Goal::Ready) => {
                Err(self.failure(&status, None))
            }
            _ => Ok(()),
        }
    }

    /// One poll of the polling URL; `None` if there is none.
    async fn poll_once(&mut self, arm: &Arm) -> Result<Option<Polled>, Error> {
        let Some(poll) = &self.poll else { return Ok(None) };
        let url = poll.url().clone();
        let request = Request { method: Method::GET, url, headers: HeaderMap::new(), body: Bytes::new() };
        let reply = match arm.send(request).await {
            Ok(reply) => reply,
            Err(error @ (Error::Interrupted | Error::SignIn(_))) => return Err(error),
            Err(Error::Service(error)) => {
                let is_status = poll.is_status();
                return self.refused_poll(arm, *error, is_status);
            }
            // No answer for longer than the retries go on: the resource itself will tell.
            Err(_) => return Ok(Some(Polled::Lost)),
        };
        self.retry_after = retry::retry_after(&reply.headers, arm.clock().now());
        if let Some(request_id) = request_id(&reply.headers) {
            self.request_id = Some(request_id);
        }
        let polled = poll.read(&reply);
        if let Some(newer) = poll.newer(arm, &reply.headers) {
            self.poll = Some(newer);
        }
        Ok(Some(polled))
    }

    /// What an error answer of the polling URL means: the operation's own failure, told by status (only a `Location`
    /// does that), or that the URL has expired, is unknown or out of order.
    fn refused_poll(&mut self, arm: &Arm, error: ServiceError, is_status: bool) -> Result<Option<Polled>, Error> {
        let status = error.status;
        let is_denied = status == StatusCode::UNAUTHORIZED || status == StatusCode::FORBIDDEN;
        let may_pass = matches!(status, StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS);
        let is_lost = matches!(status, StatusCode::BAD_REQUEST | StatusCode::NOT_FOUND | StatusCode::GONE);
        let is_outcome = !is_status && status.is_client_error() && !may_pass && !is_lost;
        let of_operation = Error::from(ServiceError {
            method: self.method.clone(),
            resource: self.resource.clone(),
            ended_operation: !is_denied,
            ..error
        });
        if is_denied || is_outcome {
            return Err(of_operation);
        }
        if !is_status && status == StatusCode::BAD_REQUEST {
            self.refused = Some((arm.clock().stopwatch(), of_operation));
        }
        Ok(Some(Polled::Lost))
    }

    fn failure(&self, status: &Status, body: Option<&Value>) -> Error {
        let named = |value: &'_ Value| value.as_object().and_then(|fields| field(fields, "error")).cloned();
        let below = |body: &Value| named(field(body.as_object()?, "properties")?);
        let error = body.and_then(|body| named(body).or_else(|| below(body)));
        // Without a wrapper, beside the status.
        let flat = || body.filter(|body| body.get("properties").is_none()).and_then(Envelope::from_error);
        let mut envelope = error.as_ref().and_then(Envelope::from_error).or_else(flat).unwrap_or_default();
        let word = if *status == Status::Canceled { "OperationCanceled" } else { "OperationFailed" };
        if envelope.message.is_empty() {
            envelope.message = format!("the operation ended as {status:?} and the service did not say why");
        }
        Error::from(ServiceError {
            status: StatusCode::OK,
            code: envelope.code.as_deref().unwrap_or(word).into(),
            envelope,
            method: self.method.clone(),
            resource: self.resource.clone(),
            request_id: self.request_id.clone(),
            client_request_id: String::new(),
            retry_after: None,
            ended_operation: true,
            challenge: None,
        })
    }
}
