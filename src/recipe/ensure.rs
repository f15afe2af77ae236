//! The one loop that makes a resource be as it should: look, compare, write, wait, look again.
//!
//! A write is made only after a look, and after every write whose outcome is not certain (a lost answer, a 5xx) the next
//! thing is again a look. So nothing is created twice, and a run that was killed anywhere is continued by the next one.
//! There is one look that need not be made: what is in a group that this run has just created is what it has written.

use std::collections::HashMap;
use std::time::Duration;

use azlab_clock::Stopwatch;
use futures::FutureExt as _;
use http::Method;
use time::OffsetDateTime;
use tokio::sync::OwnedMutexGuard;

use super::context::Context;
use super::error::Error;
use super::in_progress;
use super::lease;
use super::resource::Resource;
use super::step::Step;
use super::streak::{Streak, TimeSpec};
use super::uncertain::{goes_on_after, is_unclear};
use super::waits::{Passing, asked_pause, wait_after};
use crate::azure::arm::Reply;
use crate::azure::code::Code;
use crate::azure::error::Error as AzureError;
use crate::azure::lro::{self, Goal, Look, Operation, Status};
use crate::azure::states::Watch;
use crate::events::{EventKind, noting_waits};
use crate::lab::comparison::{Comparison, Difference};
use crate::outcome::Action;
use crate::values::ResourceKind;
use crate::values::arm_id::group_in;

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

/// Makes `resource` be as it should.
///
/// # Errors
/// [`Error`]; see there.
pub async fn ensure<R: Resource>(ctx: &Context, resource: &R) -> Result<R::State, Error> {
    let step = Step::begin(ctx, R::KIND, resource.name());
    // On the heap: each of the futures around it would hold it once more on a thread's stack.
    let (ended, waits) = noting_waits(Box::pin(Attempt::new(ctx, resource, &step).run())).await;
    match ended {
        Ok((state, action)) => {
            step.finish(resource.found_id(&state), action, waits);
            Ok(state)
        }
        Err(error) => {
            let is_handled = error.code().is_some_and(|code| resource.has_way_around(code));
            if !goes_on_after(&error) {
                ctx.ledger.at_rest(R::KIND, resource.name());
            }
            if !is_handled && !matches!(error, Error::Interrupted) {
                step.fail(&error, waits);
            }
            Err(error)
        }
    }
}

/// One attempt at making a resource be as it should, and what has come of it so far.
struct Attempt<'a, R: Resource> {
    ctx: &'a Context,
    resource: &'a R,
    /// What is told of it.
    step: &'a Step<'a>,
    /// What it counts as.
    action: Action,
    /// Writes that the service took.
    writes: u32,
    /// The last write that may have taken effect.
    sent: Option<Sent>,
    /// What the wait for its end saw last, when it ended well.
    seen: Option<Seen<R::State>>,
    /// Our turn to write below the parent.
    turn: Option<OwnedMutexGuard<()>>,
    /// Refusals that pass by themselves.
    refused: HashMap<Code, Streak>,
    /// Writes without a certain answer.
    unclear: Streak,
    /// Looks that showed the service at work.
    busy: Streak,
    /// The time in which the program could act.
    awake: Stopwatch,
    /// Makes it count among those who wait for the service.
    watch: Option<Watch>,
}

/// The last write: what it was to change, and until when a look that still shows that says nothing.
struct Sent {
    differences: Vec<Difference>,
    until: OffsetDateTime,
    looks: u32,
}

/// What a look showed, and when it began.
type Seen<S> = (TimeSpec, Option<Box<S>>);

/// What a look leads to. A state stands on the heap: it is as large as what the service tells, and a class has a thousand of these
/// waits.
enum Decision<S> {
    /// It is as it should be.
    Done(Box<S>),
    /// To look again after a pause.
    LookAgain(Duration),
    /// To look again when the service is no longer at work, or after a pause.
    Wait(Duration),
    /// To write what differs; without a current state, to create it.
    Write(Option<Box<S>>, Vec<Difference>),
}

impl<'a, R: Resource> Attempt<'a, R> {
    fn new(ctx: &'a Context, resource: &'a R, step: &'a Step<'a>) -> Self {
        Self {
            ctx,
            resource,
            step,
            action: Action::Unchanged,
            writes: 0,
            sent: None,
            seen: None,
            turn: None,
            refused: HashMap::new(),
            unclear: Streak::default(),
            busy: Streak::default(),
            awake: ctx.clock().stopwatch(),
            watch: None,
        }
    }

    fn moment(&self) -> TimeSpec {
        TimeSpec { at: self.now(), awake: self.awake.elapsed() }
    }

    /// Look, decide, write, wait, look again.
    async fn run(mut self) -> Result<(R::State, Action), Error> {
        loop {
            let group = group_in(self.resource.id()).unwrap_or_default();
            let is_first_look = self.ctx.azure.has_first_look(group);
            let (looked, seen) = match self.seen.take() {
                Some(seen) => seen,
                None => self.look().await?,
            };
            // What was listed when the command began is enough to leave a resource alone, and for nothing else.
            if is_first_look && !self.is_well(seen.as_deref()) {
                self.ctx.azure.forget(group);
                continue;
            }
            match self.decide(looked, seen)? {
                Decision::Done(state) => return Ok((*state, self.action)),
                Decision::LookAgain(pause) => self.pause(pause).await?,
                Decision::Wait(pause) => self.wait_until_rest(pause).await?,
                Decision::Write(current, differences) => {
                    if self.has_turn().await? {
                        self.write(current, differences).await?;
                    }
                }
            }
        }
    }

    /// Looks at it, unless there can be none: this run has created its group, and has not asked for it.
    async fn look(&self) -> Result<Seen<R::State>, Error> {
        // What counts is when it was looked, or asked: a machine that sleeps in between gets an answer of long ago.
        let looked = self.moment();
        if self.ctx.azure.arm().is_unwritten(self.resource.id()) {
            return Ok((looked, None));
        }
        let seen = Box::pin(self.resource.observe(self.ctx)).await.map_err(|error| self.wrap(error))?;
        Ok((looked, seen.map(Box::new)))
    }

    /// Whether nothing is to be done about what a look has shown.
    fn is_well(&self, seen: Option<&R::State>) -> bool {
        let fits = |state| self.resource.claim(state).is_ok() && self.resource.compare(state) == Comparison::Fits;
        seen.is_some_and(fits)
    }

    /// What is to be done about what a look has shown.
    fn decide(&mut self, looked: TimeSpec, seen: Option<Box<R::State>>) -> Result<Decision<R::State>, Error> {
        let resource = self.resource;
        let fit = seen.as_deref().map(|state| resource.claim(state).map(|()| resource.compare(state))).transpose()?;
        let differences = match fit {
            None | Some(Comparison::Fits) => Vec::new(),
            Some(Comparison::Busy(status)) => return self.look_again_later(looked, &status),
            Some(Comparison::Broken(status)) => {
                vec![Difference::changeable("provisioning_state", status, "Succeeded")]
            }
            Some(Comparison::Differs(differences)) => differences,
        };
        self.busy = Streak::default();
        self.watch = None;
        let current = match seen {
            Some(state) if differences.is_empty() => return Ok(Decision::Done(state)),
            current => current,
        };
        // What the service took may show late: look again before writing the same once more.
        if let Some(sent) = self.sent.as_mut().filter(|sent| sent.differences == differences && looked.at < sent.until)
        {
            self.turn = None;
            sent.looks += 1;
            return Ok(Decision::LookAgain(Duration::from_secs(u64::from(sent.looks.min(10)))));
        }
        self.ctx.ledger.at_rest(R::KIND, resource.name());
        if let Some(error) = Error::fixed(R::KIND, resource.name(), resource.id(), &differences) {
            return Err(error);
        }
        if self.writes >= MOST_WRITES {
            let absent = || vec![Difference::changeable("existence", "absent", "present")];
            let differences = if current.is_none() { absent() } else { differences };
            return Err(Error::DoesNotConverge { kind: R::KIND, name: self.name(), id: self.id(), differences });
        }
        if let Some(reason) = resource.note(None).filter(|_| current.is_none()) {
            return Err(Error::Full { id: self.id(), reason });
        }
        Ok(Decision::Write(current, differences))
    }

    /// The service is at work on it: that is waited for, up to the limit of the resource.
    fn look_again_later(&mut self, looked: TimeSpec, status: &str) -> Result<Decision<R::State>, Error> {
        self.turn = None;
        self.step.status(status);
        let poll_policy = self.resource.poll_policy();
        let gone = self.busy.more(looked);
        if gone >= poll_policy.limit {
            return Err(self.timed_out(poll_policy.limit));
        }
        Ok(Decision::Wait(poll_policy.pause(gone)))
    }

    async fn wait_until_rest(&mut self, pause: Duration) -> Result<(), Error> {
        let arm = self.ctx.azure.arm();
        let watch = self.watch.take().or_else(|| arm.watch(self.resource.id()));
        let waited = lro::pause_until_rest(arm, watch.as_ref(), &self.resource.poll_policy(), pause).await;
        self.watch = watch;
        waited.map_err(|error| self.wrap(error))
    }

    /// Whether it is our turn to write below the parent since before the last look.
    async fn has_turn(&mut self) -> Result<bool, Error> {
        let ctx = self.ctx;
        let Some(parent) = self.resource.parent().filter(|_| self.turn.is_none()) else { return Ok(true) };
        if let Some(free) = ctx.parents.lock(parent).now_or_never() {
            self.turn = Some(free);
            return Ok(true);
        }
        // Somebody writes below the parent, maybe this very resource: look again when it is our turn.
        self.turn = Some(self.unless_stopped(ctx.parents.lock(parent)).await?);
        Ok(false)
    }

    /// Writes once, and waits for the end of what that has begun, or for what keeps it from being taken.
    async fn write(&mut self, current: Option<Box<R::State>>, differences: Vec<Difference>) -> Result<(), Error> {
        let (ctx, resource, is_new) = (self.ctx, self.resource, current.is_none());
        if ctx.azure.arm().stop().is_cancelled() {
            return Err(Error::Interrupted);
        }
        // A write of the group brings the lease along.
        if R::KIND != ResourceKind::ResourceGroup {
            Box::pin(lease::take_before(ctx)).await?;
        }
        ctx.events.emit(EventKind::ResourceWriting {
            resource: R::KIND,
            name: self.name(),
            create: is_new,
            differences: differences.iter().map(ToString::to_string).collect(),
        });
        let doing = if is_new { "Creating" } else { "Updating" };
        ctx.ledger.asked(R::KIND, resource.name(), doing);
        let asked_at = self.moment();
        // On the heap, and gone while the service is waited for.
        let writing = Box::pin(resource.write(ctx, current.as_deref()));
        let answer = match R::KIND {
            ResourceKind::ResourceGroup => writing.await,
            _ => Box::pin(lease::take_beside(ctx, writing)).await,
        };
        drop(current);
        if answer.as_ref().err().is_none_or(is_unclear) && self.action == Action::Unchanged {
            self.action = if is_new { resource.creation() } else { Action::Updated };
        }
        let failed = match answer {
            Ok(reply) => self.taken(&reply, doing, differences).await,
            Err(error) => self.not_taken(error, differences)?,
        };
        self.turn = None;
        match failed {
            None => Ok(()),
            Some(error) => self.wait_out(error, asked_at).await,
        }
    }

    /// The service took the write. Waits for its end; gives the error that it ended with.
    async fn taken(&mut self, reply: &Reply, doing: &str, differences: Vec<Difference>) -> Option<AzureError> {
        self.writes += 1;
        self.ctx.ledger.under_way(R::KIND, self.resource.name(), doing);
        self.refused.clear();
        self.unclear = Streak::default();
        let ended = self.ended(reply).await;
        self.settle(differences, SETTLING);
        ended.err()
    }

    /// The service refused the write, or gave no certain answer. Gives the error, unless it means that the resource is there.
    fn not_taken(&mut self, error: AzureError, differences: Vec<Difference>) -> Result<Option<AzureError>, Error> {
        let may_be_done = is_unclear(&error);
        if !may_be_done {
            self.ctx.ledger.at_rest(R::KIND, self.resource.name());
        }
        if error.code().is_some_and(|code| self.resource.is_there_after(code)) {
            // It has been looked for since it was refused so: what is there is not what we can see.
            if self.sent.as_ref().is_some_and(|sent| sent.differences == differences) {
                return Err(self.wrap(error));
            }
            self.writes += 1;
            self.settle(differences, SETTLING);
            return Ok(None);
        }
        if may_be_done {
            self.settle(differences, UNCLEAR.max(asked_pause(&error)));
        }
        Ok(Some(error))
    }

    /// For so long from now a look that still shows these differences says nothing.
    fn settle(&mut self, differences: Vec<Difference>, wait: Duration) {
        self.sent = Some(Sent { differences, until: self.ctx.clock().after(self.now(), wait), looks: 0 });
    }

    /// Pauses before the next look after a write, asked for at `asked_at`, that failed so; an error that does not pass ends
    /// the attempt.
    async fn wait_out(&mut self, error: AzureError, asked_at: TimeSpec) -> Result<(), Error> {
        if let Some(Passing { code, wait, is_told }) = wait_after(&error) {
            if !is_told && !Box::pin(self.is_in_progress()).await? {
                return Err(self.wrap(error));
            }
            let streak = self.refused.entry(code).or_default();
            if streak.more(asked_at) >= wait.limit {
                return Err(self.wrap(error));
            }
            let pause = wait.pause(streak.count).max(asked_pause(&error));
            self.step.waiting(wait.reason, &error, pause);
            self.pause(pause).await
        } else if is_unclear(&error) && self.unclear.more(asked_at) < AMBIGUOUS {
            let pause = Duration::from_secs(1 << self.unclear.count.min(4));
            self.step.waiting("no clear answer: checking whether it took effect", &error, pause);
            self.pause(pause).await
        } else {
            Err(self.wrap(error))
        }
    }

    /// Whether a look shows what a refusal that does not say why may have been for.
    async fn is_in_progress(&self) -> Result<bool, Error> {
        in_progress::is_seen(self.ctx, self.resource).await.map_err(|error| self.wrap(error))
    }

    /// If the answer to a write begins a long-running operation, waits for its end.
    async fn ended(&mut self, reply: &Reply) -> Result<(), AzureError> {
        let (ctx, resource) = (self.ctx, self.resource);
        resource.written(reply);
        let arm = ctx.azure.arm();
        let operation = Operation::begun(arm, Method::PUT, resource.id(), reply);
        if operation.is_done() {
            return Ok(());
        }
        let mut seen = None;
        let look = async || {
            let looked = self.moment();
            let state = Box::pin(resource.observe(ctx)).await?.map(Box::new);
            let look = match state.as_deref().map(|state| resource.compare(state)) {
                None => Look::Absent,
                Some(Comparison::Busy(status)) => Look::Exists(Status::Running(status)),
                Some(Comparison::Broken(status)) => Look::Exists(match Status::read(Some(&status)) {
                    Status::Running(_) => Status::Failed,
                    ended => ended,
                }),
                Some(Comparison::Fits | Comparison::Differs(_)) => Look::Exists(Status::Succeeded),
            };
            seen = state.map(|state| (looked, Some(state)));
            Ok(look)
        };
        operation.wait(arm, Goal::Ready, resource.poll_policy(), |status| self.step.status(status), look).await?;
        // A wait that ends well ends with a look, if it looks at all.
        self.seen = seen;
        Ok(())
    }

    async fn unless_stopped<T>(&self, work: impl Future<Output = T>) -> Result<T, Error> {
        tokio::select! {
            biased;
            () = self.ctx.azure.arm().stop().cancelled() => Err(Error::Interrupted),
            done = work => Ok(done),
        }
    }

    async fn pause(&self, pause: Duration) -> Result<(), Error> {
        self.ctx.azure.arm().pause(pause).await.map_err(|error| self.wrap(error))
    }

    fn now(&self) -> OffsetDateTime {
        self.ctx.clock().now()
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
