//! The one loop that makes a resource be as it should: look, compare, write, wait, look again.
//!
//! A write is made only after a look, and after every write whose outcome is not certain (a lost answer, a 5xx) the next
//! thing is again a look. So nothing is created twice, and a run that was killed anywhere is continued by the next one.

use std::time::Duration;

use http::Method;
use time::OffsetDateTime;

use super::context::Context;
use super::error::Error;
use super::waits::{Wait, wait_for};
use crate::azure::arm::Reply;
use crate::azure::code::Code;
use crate::azure::error::Error as AzureError;
use crate::azure::lro::{Goal, Look, Operation, Patience, Status};
use crate::events::EventKind;
use crate::lab::fit::{Difference, Fit};
use crate::lab::kind::ResourceKind;
use crate::outcome::{Action, Change};

/// Writes that may follow each other before it is clear that the service does not keep what it takes. A deployment needs
/// two at most (model, then capacity); one more for a repair that raced with somebody else.
const MOST_WRITES: u32 = 4;
/// How long a write that was taken may stay invisible, in service time (a 404 right after a create is retryable:
/// azure-facts.md section 8).
const SETTLING: Duration = Duration::from_secs(120);
/// How long lost answers and 5xx are looked behind.
const AMBIGUOUS: Duration = Duration::from_secs(600);

/// A resource of a lab, as it should be.
pub trait Resource {
    /// What a look shows.
    type State;
    /// The kind.
    const KIND: ResourceKind;

    /// Its name.
    fn name(&self) -> &str;

    /// Its ARM id.
    fn id(&self) -> &str;

    /// The ARM id of what a look showed: another than [`Self::id`] where something under another name does as well.
    fn found_id<'a>(&'a self, _state: &'a Self::State) -> &'a str {
        self.id()
    }

    /// The ARM id of the parent below which only one write may be in progress.
    fn parent(&self) -> Option<&str> {
        None
    }

    /// How to wait for it.
    fn patience(&self) -> Patience {
        Patience::seconds(Duration::from_secs(1800))
    }

    /// Looks at it. Reads only.
    ///
    /// # Errors
    /// Every error but an absence.
    fn observe(&self, ctx: &Context) -> impl Future<Output = Result<Option<Self::State>, AzureError>>;

    /// Compares what a look showed with what should be. Pure.
    fn compare(&self, state: &Self::State) -> Fit;

    /// Whether what exists may be touched.
    ///
    /// # Errors
    /// [`Error::NotOurs`]
    fn claim(&self, _state: &Self::State) -> Result<(), Error> {
        Ok(())
    }

    /// Writes it once: creates it if `current` is `None`, else changes what differs.
    ///
    /// # Errors
    /// As [`crate::azure::arm::Arm::send`].
    fn write(&self, ctx: &Context, current: Option<&Self::State>) -> impl Future<Output = Result<Reply, AzureError>>;

    /// Hears the answer to a write, before the wait for its end.
    fn written(&self, _reply: &Reply) {}

    /// What a create counts as.
    fn creation(&self) -> Action {
        Action::Created
    }

    /// Whether the caller has a way around a refusal, so that it is not told as a failure.
    fn has_way_around(&self, _code: &Code) -> bool {
        false
    }

    /// Whether a refused write means that the resource is there under another name, and the next look will show it.
    fn is_there_after(&self, _code: &Code) -> bool {
        false
    }
}

/// Makes `resource` be as it should.
///
/// # Errors
/// [`Error`]; see there.
pub async fn ensure<R: Resource>(ctx: &Context, resource: &R) -> Result<R::State, Error> {
    let run = Run { ctx, resource, began: ctx.clock().now() };
    ctx.events.emit(EventKind::ResourceStarted { resource: R::KIND, name: resource.name().to_owned() });
    match run.drive().await {
        Ok((state, action)) => {
            let elapsed_s = ctx.clock().since(run.began).as_secs_f64();
            let id = resource.found_id(&state).to_owned();
            ctx.events.emit(EventKind::ResourceFinished {
                resource: R::KIND,
                name: resource.name().to_owned(),
                id: id.clone(),
                action,
                elapsed_s,
            });
            ctx.ledger.finished(resource.name(), Change { resource: R::KIND, id, action, elapsed_s });
            Ok(state)
        }
        Err(error) => {
            let is_handled = error.code().is_some_and(|code| resource.has_way_around(code));
            if !is_handled && !matches!(error, Error::Interrupted) {
                ctx.events.emit(EventKind::ResourceFailed {
                    resource: R::KIND,
                    name: resource.name().to_owned(),
                    error: crate::hints::report(&error),
                });
            }
            Err(error)
        }
    }
}

struct Run<'a, R> {
    ctx: &'a Context,
    resource: &'a R,
    began: OffsetDateTime,
}

/// Since when something has been going on, and how often.
#[derive(Default)]
struct Streak {
    since: Option<OffsetDateTime>,
    count: u32,
}

impl Streak {
    /// One more; returns how long it has been going on.
    fn more(&mut self, now: OffsetDateTime) -> Duration {
        self.count += 1;
        let since = *self.since.get_or_insert(now);
        Duration::try_from(now - since).unwrap_or_default()
    }
}

impl<R: Resource> Run<'_, R> {
    async fn drive(&self) -> Result<(R::State, Action), Error> {
        let (ctx, resource) = (self.ctx, self.resource);
        let patience = resource.patience();
        let mut action = Action::Unchanged;
        let mut writes = 0;
        let mut last_written: Option<Vec<Difference>> = None;
        // What a write without a certain answer may have done; the next look tells.
        let mut unsure = None;
        let (mut settling, mut refused, mut unclear, mut busy) =
            (Streak::default(), Streak::default(), Streak::default(), Streak::default());
        loop {
            let seen = resource.observe(ctx).await.map_err(|error| self.wrap(error))?;
            if let Some(done) = unsure.take()
                && seen.is_some()
                && action == Action::Unchanged
            {
                action = done;
            }
            let differences = match &seen {
                None => Vec::new(),
                Some(state) => {
                    resource.claim(state)?;
                    match resource.compare(state) {
                        Fit::Fits => return seen.map(|state| (state, action)).ok_or(Error::Interrupted),
                        Fit::Busy(status) => {
                            self.status(&status);
                            let gone = busy.more(ctx.clock().now());
                            if gone >= patience.limit {
                                return Err(self.timed_out(patience.limit));
                            }
                            self.pause(patience.pause(gone)).await?;
                            continue;
                        }
                        Fit::Broken(status) => vec![Difference::changeable("provisioning_state", status, "Succeeded")],
                        Fit::Differs(differences) => differences,
                    }
                }
            };
            // What the service took may show late: look again before writing the same once more.
            let is_late = last_written.as_ref().is_some_and(|last| *last == differences);
            if is_late && settling.more(ctx.clock().now()) < SETTLING {
                self.pause(Duration::from_secs(u64::from(settling.count.min(10)))).await?;
                continue;
            }
            ctx.ledger.at_rest(R::KIND, resource.name());
            if let Some(error) = Error::fixed(R::KIND, resource.name(), resource.id(), &differences) {
                return Err(error);
            }
            if ctx.azure.arm().stop().is_cancelled() {
                return Err(Error::Interrupted);
            }
            if writes >= MOST_WRITES {
                return Err(Error::DoesNotConverge { kind: R::KIND, name: self.name(), id: self.id(), differences });
            }
            let is_new = seen.is_none();
            let done = || if is_new { resource.creation() } else { Action::Updated };
            ctx.events.emit(EventKind::ResourceWriting {
                resource: R::KIND,
                name: self.name(),
                create: is_new,
                differences: differences.iter().map(ToString::to_string).collect(),
            });
            match self.write(seen.as_ref()).await {
                Ok(()) => {
                    writes += 1;
                    if action == Action::Unchanged {
                        action = done();
                    }
                    last_written = Some(differences);
                    settling = Streak::default();
                    refused = Streak::default();
                }
                Err(error) if error.code().is_some_and(|code| resource.is_there_after(code)) => {
                    // It has been looked for since it was refused so: what is there is not what we can see.
                    if last_written.as_ref() == Some(&differences) {
                        return Err(self.wrap(error));
                    }
                    last_written = Some(differences);
                }
                Err(error) => match self.how_to_go_on(&error) {
                    Some(wait) => {
                        let gone = refused.more(ctx.clock().now());
                        if gone >= wait.limit {
                            return Err(self.wrap(error));
                        }
                        self.wait_out(wait.reason, &error, wait.pause(refused.count)).await?;
                    }
                    None if error.is_ambiguous() => {
                        if unclear.more(ctx.clock().now()) >= AMBIGUOUS {
                            return Err(self.wrap(error));
                        }
                        unsure = Some(done());
                        let pause = Duration::from_secs(1 << unclear.count.min(4));
                        self.wait_out("no certain answer: looking whether it took effect", &error, pause).await?;
                    }
                    None => return Err(self.wrap(error)),
                },
            }
        }
    }

    /// One write and, if it begins a long-running operation, the wait for its end.
    async fn write(&self, current: Option<&R::State>) -> Result<(), AzureError> {
        let (ctx, resource) = (self.ctx, self.resource);
        let arm = ctx.azure.arm();
        let guard = match resource.parent() {
            Some(parent) => Some(ctx.parents.lock(parent).await),
            None => None,
        };
        let doing = if current.is_none() { "Creating" } else { "Updating" };
        ctx.ledger.under_way(R::KIND, resource.name(), doing);
        let reply = resource.write(ctx, current).await.inspect_err(|error| {
            if !error.is_ambiguous() {
                ctx.ledger.at_rest(R::KIND, resource.name());
            }
        })?;
        resource.written(&reply);
        let operation = Operation::begun(arm, Method::PUT, resource.id(), &reply);
        if !operation.is_done() {
            let look = async || {
                let state = resource.observe(ctx).await?;
                Ok(match state.as_ref().map(|state| resource.compare(state)) {
                    None => Look::Absent,
                    Some(Fit::Busy(status) | Fit::Broken(status)) => Look::Exists(Status::read(Some(&status))),
                    Some(Fit::Fits | Fit::Differs(_)) => Look::Exists(Status::Succeeded),
                })
            };
            operation.wait(arm, Goal::Ready, resource.patience(), |status| self.status(status), look).await?;
        }
        drop(guard);
        Ok(())
    }

    fn how_to_go_on(&self, error: &AzureError) -> Option<Wait> {
        let error = error.service()?;
        // The outer code may be a wrapper of the cause.
        wait_for(&error.code).or_else(|| wait_for(&error.envelope.root_cause().code.as_deref()?.into()))
    }

    async fn wait_out(&self, reason: &str, error: &AzureError, pause: Duration) -> Result<(), Error> {
        let what = error.code().map_or_else(|| error.to_string(), ToString::to_string);
        self.ctx.events.emit(EventKind::ResourceWaiting {
            resource: R::KIND,
            name: self.name(),
            reason: format!("{reason} ({what})"),
            retry_in_s: pause.as_secs_f64(),
        });
        self.pause(pause).await
    }

    async fn pause(&self, pause: Duration) -> Result<(), Error> {
        self.ctx.azure.arm().pause(pause).await.map_err(|error| self.wrap(error))
    }

    fn status(&self, status: &str) {
        self.ctx.ledger.under_way(R::KIND, self.resource.name(), status);
        self.ctx.events.emit(EventKind::ResourceStatus {
            resource: R::KIND,
            name: self.name(),
            status: status.to_owned(),
        });
    }

    fn wrap(&self, error: AzureError) -> Error {
        Error::azure(R::KIND, self.resource.name(), self.resource.id(), error)
    }

    fn timed_out(&self, limit: Duration) -> Error {
        self.wrap(AzureError::TimedOut { what: format!("{} {}", R::KIND, self.resource.name()), limit })
    }

    fn name(&self) -> String {
        self.resource.name().to_owned()
    }

    fn id(&self) -> String {
        self.resource.id().to_owned()
    }
}
