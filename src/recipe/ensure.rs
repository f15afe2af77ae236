//! The one loop that makes a resource be as it should: look, compare, write, wait, look again.
//!
//! A write is made only after a look, and after every write whose outcome is not certain (a lost answer, a 5xx) the next
//! thing is again a look. So nothing is created twice, and a run that was killed anywhere is continued by the next one.

use std::collections::HashMap;
use std::time::Duration;

use futures::FutureExt as _;
use http::Method;
use time::OffsetDateTime;
use tokio::sync::OwnedMutexGuard;

use super::context::Context;
use super::error::Error;
use super::resource::Resource;
use super::waits::{Wait, wait_for};
use crate::azure::arm::Reply;
use crate::azure::code::Code;
use crate::azure::error::Error as AzureError;
use crate::azure::lro::{Goal, Look, Operation, Status};
use crate::events::EventKind;
use crate::lab::comparison::{Comparison, Difference};
use crate::outcome::{Action, Change};

/// Writes that may follow each other before it is clear that the service does not keep what it takes. A deployment needs
/// two at most (model, then capacity); one more for a repair that raced with somebody else.
const MOST_WRITES: u32 = 4;
/// How long a write that was taken may stay invisible, in service time (a 404 right after a create is retryable:
/// azure-facts.md section 8).
const SETTLING: Duration = Duration::from_secs(120);
/// How long it is looked whether a write with a lost answer or a 5xx took effect, before it is sent again: three times the
/// slowest recorded PUT (9 s), which shows nothing before it has answered.
const UNCLEAR: Duration = Duration::from_secs(30);
/// How long writes are repeated that only bring lost answers and 5xx.
const AMBIGUOUS: Duration = Duration::from_secs(600);
/// The longest `Retry-After` that a refused write waits for.
const LONGEST_ASKED_PAUSE: Duration = Duration::from_secs(300);

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
            if !goes_on_after(&error) {
                ctx.ledger.at_rest(R::KIND, resource.name());
            }
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

/// Whether the service may still be at work when this is all that is known.
fn goes_on_after(error: &Error) -> bool {
    let is_open = |source: &AzureError| matches!(source, AzureError::TimedOut { .. }) || source.is_ambiguous();
    match error {
        Error::Interrupted => true,
        Error::Azure { source, .. } => is_open(source),
        _ => false,
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

/// The last write: what it was to change, and until when a look that still shows that says nothing.
struct Sent {
    differences: Vec<Difference>,
    until: OffsetDateTime,
    looks: u32,
}

impl<R: Resource> Run<'_, R> {
    async fn drive(&self) -> Result<(R::State, Action), Error> {
        let (ctx, resource) = (self.ctx, self.resource);
        let now = || ctx.clock().now();
        let poll_policy = resource.poll_policy();
        let mut action = Action::Unchanged;
        let mut writes = 0;
        let mut sent: Option<Sent> = None;
        let mut turn: Option<OwnedMutexGuard<()>> = None;
        let mut refused: HashMap<Code, Streak> = HashMap::new();
        let (mut unclear, mut busy) = (Streak::default(), Streak::default());
        loop {
            // What counts is when it was looked, or asked: a machine that sleeps in between gets an answer of long ago.
            let looked = now();
            let seen = resource.observe(ctx).await.map_err(|error| self.wrap(error))?;
            let differences = match seen.as_ref().map(|state| resource.claim(state).map(|()| resource.compare(state))) {
                None => Vec::new(),
                Some(fit) => match fit? {
                    Comparison::Fits => Vec::new(),
                    Comparison::Busy(status) => {
                        turn = None;
                        self.status(&status);
                        let gone = busy.more(looked);
                        if gone >= poll_policy.limit {
                            return Err(self.timed_out(poll_policy.limit));
                        }
                        self.pause(poll_policy.pause(gone)).await?;
                        continue;
                    }
                    Comparison::Broken(status) => {
                        vec![Difference::changeable("provisioning_state", status, "Succeeded")]
                    }
                    Comparison::Differs(differences) => differences,
                },
            };
            busy = Streak::default();
            let seen = match seen {
                Some(state) if differences.is_empty() => return Ok((state, action)),
                seen => seen,
            };
            // What the service took may show late: look again before writing the same once more.
            if let Some(sent) = sent.as_mut().filter(|sent| sent.differences == differences && looked < sent.until) {
                turn = None;
                sent.looks += 1;
                self.pause(Duration::from_secs(u64::from(sent.looks.min(10)))).await?;
                continue;
            }
            ctx.ledger.at_rest(R::KIND, resource.name());
            if let Some(error) = Error::fixed(R::KIND, resource.name(), resource.id(), &differences) {
                return Err(error);
            }
            if writes >= MOST_WRITES {
                let absent = || vec![Difference::changeable("existence", "absent", "present")];
                let differences = if seen.is_none() { absent() } else { differences };
                return Err(Error::DoesNotConverge { kind: R::KIND, name: self.name(), id: self.id(), differences });
            }
            if let Some(parent) = resource.parent().filter(|_| turn.is_none()) {
                match ctx.parents.lock(parent).now_or_never() {
                    Some(free) => turn = Some(free),
                    None => {
                        // Somebody writes below the parent, maybe this very resource: look again when it is our turn.
                        turn = Some(self.unless_stopped(ctx.parents.lock(parent)).await?);
                        continue;
                    }
                }
            }
            if ctx.azure.arm().stop().is_cancelled() {
                return Err(Error::Interrupted);
            }
            ctx.events.emit(EventKind::ResourceWriting {
                resource: R::KIND,
                name: self.name(),
                create: seen.is_none(),
                differences: differences.iter().map(ToString::to_string).collect(),
            });
            let doing = if seen.is_none() { "Creating" } else { "Updating" };
            ctx.ledger.asked(R::KIND, resource.name(), doing);
            let asked_at = now();
            let put = resource.write(ctx, seen.as_ref()).await;
            let may_be_done = put.as_ref().err().is_none_or(is_unclear);
            if may_be_done && action == Action::Unchanged {
                action = if seen.is_none() { resource.creation() } else { Action::Updated };
            }
            let was_sent = sent.as_ref().is_some_and(|sent| sent.differences == differences);
            let settles = |wait: Duration| Some(Sent { differences, until: now() + wait, looks: 0 });
            let ended = match put {
                Ok(reply) => {
                    writes += 1;
                    ctx.ledger.under_way(R::KIND, resource.name(), doing);
                    refused.clear();
                    unclear = Streak::default();
                    let ended = self.ended(&reply).await;
                    sent = settles(SETTLING);
                    ended
                }
                Err(error) => {
                    if !may_be_done {
                        ctx.ledger.at_rest(R::KIND, resource.name());
                    }
                    if error.code().is_some_and(|code| resource.is_there_after(code)) {
                        // It has been looked for since it was refused so: what is there is not what we can see.
                        if was_sent {
                            return Err(self.wrap(error));
                        }
                        writes += 1;
                        sent = settles(SETTLING);
                        Ok(())
                    } else {
                        if may_be_done {
                            sent = settles(UNCLEAR.max(asked(&error)));
                        }
                        Err(error)
                    }
                }
            };
            drop(turn.take());
            let Err(error) = ended else { continue };
            if let Some((code, wait)) = how_to_go_on(&error) {
                let streak = refused.entry(code).or_default();
                if streak.more(asked_at) >= wait.limit {
                    return Err(self.wrap(error));
                }
                let pause = wait.pause(streak.count).max(asked(&error));
                self.wait_out(wait.reason, &error, pause).await?;
            } else if is_unclear(&error) && unclear.more(asked_at) < AMBIGUOUS {
                let pause = Duration::from_secs(1 << unclear.count.min(4));
                self.wait_out("no certain answer: looking whether it took effect", &error, pause).await?;
            } else {
                return Err(self.wrap(error));
            }
        }
    }

    /// If the answer to a write begins a long-running operation, waits for its end.
    async fn ended(&self, reply: &Reply) -> Result<(), AzureError> {
        let (ctx, resource) = (self.ctx, self.resource);
        resource.written(reply);
        let arm = ctx.azure.arm();
        let operation = Operation::begun(arm, Method::PUT, resource.id(), reply);
        if operation.is_done() {
            return Ok(());
        }
        let look = async || {
            let state = resource.observe(ctx).await?;
            Ok(match state.as_ref().map(|state| resource.compare(state)) {
                None => Look::Absent,
                Some(Comparison::Busy(status) | Comparison::Broken(status)) => {
                    Look::Exists(Status::read(Some(&status)))
                }
                Some(Comparison::Fits | Comparison::Differs(_)) => Look::Exists(Status::Succeeded),
            })
        };
        operation.wait(arm, Goal::Ready, resource.poll_policy(), |status| self.status(status), look).await
    }

    async fn unless_stopped<T>(&self, work: impl Future<Output = T>) -> Result<T, Error> {
        tokio::select! {
            biased;
            () = self.ctx.azure.arm().stop().cancelled() => Err(Error::Interrupted),
            done = work => Ok(done),
        }
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

/// The refusal to wait out, if it is one. Of an operation that had begun and failed only its preemption is: the same codes
/// mean other things there (Compute's `OperationNotAllowed` is a quota).
fn how_to_go_on(error: &AzureError) -> Option<(Code, Wait)> {
    let error = error.service()?;
    let wait = |code: Code| wait_for(&code).map(|wait| (code, wait));
    if error.status.is_success() {
        return wait(error.code.clone()).filter(|(code, _)| *code == Code::OperationPreempted);
    }
    // The outer code may be a wrapper of the cause.
    wait(error.code.clone()).or_else(|| wait(error.envelope.root_cause().code.as_deref()?.into()))
}

/// Whether a write that ended so may have taken effect. An answer that cannot be read is not that of the write, which is
/// not read: it is that of a look on the way to it.
fn is_unclear(error: &AzureError) -> bool {
    error.is_ambiguous() && !matches!(error, AzureError::Answer { .. })
}

/// The pause that the service asked for.
fn asked(error: &AzureError) -> Duration {
    error.service().and_then(|error| error.retry_after).unwrap_or_default().min(LONGEST_ASKED_PAUSE)
}
