//! What the commands that work on labs share: sign-in, the labs in progress, and the result of all.
mod continuing;
mod ending;
mod time_limit;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::bound::{bound_s, slowest_s};
use super::finished::Finished;
use super::run_options::RunOptions;
use super::session::Session;
use super::work::Work;
use crate::app::components::Makings;
use crate::azure::credential::{CredentialKind, SignInError};
use crate::azure::limits::Workload;
use crate::events::{EventKind, Level};
use crate::follow_up::{Advice, FollowUp, Place, Verb};
use crate::hints;
use crate::lab::chapter::Chapter;
use crate::lab::spec::{DEFAULT_LOCATION, LabSpec};
use crate::outcome::NextStep;
use crate::outcome::shared::SharedOutcome;
use crate::outcome::{Action, Change, CommandResult, Details, ErrorReport, Exit, LabOutcome, SCHEMA};
use crate::preflight::finding::Finding;
use crate::preflight::placement::Rooms;
use crate::preflight::subscription_cache::SubscriptionCache;
use crate::preflight::subscription_caches::SubscriptionCaches;
use crate::recipe::context::{Context, ParentLocks};
use crate::recipe::error::Error as RecipeError;
use crate::recipe::lease;
use crate::recipe::leasing::Leasing;
use crate::recipe::shared_account::SharedAccount;

use continuing::Continuing;
pub(crate) use ending::Ending;
use ending::together;
pub(crate) use time_limit::{continued, late};

/// What the removal of a lease has beyond the time limit, in service time: the request goes out.
const FAREWELL: Duration = Duration::from_millis(500);

/// A command on labs, from its first event to its result.
pub(crate) struct Command<'a> {
    /// The subcommand's name.
    pub(crate) name: &'static str,
    /// The connection.
    pub(crate) session: &'a Session,
    /// How to run.
    pub(crate) options: &'a RunOptions,
    /// The labs, in the order given.
    pub(crate) works: Vec<Work>,
    /// The ids of the subscriptions that refused to be read while labs were looked for.
    pub(crate) refusing: Vec<String>,
    /// Whether the file says where labs may go.
    pub(crate) has_places: bool,
    /// The places that labs may move to when their regions turn out full; `None` if they stay.
    pub(crate) rooms: Option<Arc<Mutex<Rooms>>>,
    /// The chapter of the workshop's text to whose beginning the labs' applications are brought, and from what; `None` if they are
    /// not part of it.
    pub(crate) with_app: Option<(Chapter, Makings)>,
    /// What the checks stand on.
    pub(crate) caches: SubscriptionCaches,
    /// The OpenAI accounts that the labs share.
    pub(crate) shared: Mutex<Vec<Arc<SharedAccount>>>,
    /// What came of them.
    pub(crate) shared_outcomes: Mutex<Vec<SharedOutcome>>,
}

impl<'a> Command<'a> {
    /// A command that has not begun.
    pub(super) fn of(name: &'static str, session: &'a Session, options: &'a RunOptions) -> Self {
        let caches = SubscriptionCaches::new(session.azure.clone());
        Self {
            name,
            session,
            options,
            works: Vec::new(),
            refusing: Vec::new(),
            rooms: None,
            with_app: None,
            has_places: false,
            caches,
            shared: Mutex::default(),
            shared_outcomes: Mutex::default(),
        }
    }

    /// What the checks of a subscription stand on.
    pub(crate) async fn cache(&self, subscription: &str) -> SubscriptionCache {
        self.caches.of(subscription, self.session.object_id().await.as_deref())
    }

    /// Signs in and begins, without a lab as yet.
    ///
    /// # Errors
    /// The end of a command that could not sign in.
    pub(crate) async fn connect(
        name: &'static str,
        session: &'a Session,
        options: &'a RunOptions,
    ) -> Result<Self, Box<Finished>> {
        let azure = &session.azure;
        azure.look_at_each();
        let no_labs = || Self::of(name, session, options);
        let signed_in = tokio::select! {
            signed_in = session.sign_in() => signed_in,
            // Another program may take its time to give a token.
            () = session.stop.cancelled() => {
                let interrupted = hints::report(&RecipeError::Interrupted);
                return Err(Box::new(no_labs().before_any_lab(interrupted, Exit::Interrupted)));
            }
        };
        let credential = match signed_in {
            Ok(credential) => credential,
            Err(error) => {
                let report = signed_out(&error, &options.place);
                return Err(Box::new(no_labs().before_any_lab(report, Exit::NotSignedIn)));
            }
        };
        session.progress.signed_in();
        session.events.emit(EventKind::RunStarted {
            command: name,
            sandbox: session.is_sandbox,
            speed: session.clock().speed(),
            subscription: azure.subscription().to_owned(),
            credential: Some(credential),
        });
        if let Some(file) = &options.file {
            session.events.note(Level::Info, format!("labs from {file}"));
        }
        Ok(no_labs())
    }

    /// This run's side of the lease of `lab`.
    pub(super) fn leasing(&self, lab: &LabSpec) -> Option<Leasing> {
        let RunOptions { writer, if_busy, .. } = self.options;
        writer.as_ref().map(|writer| Leasing::new(writer, self.name, *if_busy, lab))
    }

    /// The work on `lab`.
    pub(super) fn work(&self, lab: LabSpec, parents: &ParentLocks) -> Work {
        let azure = self.session.azure.in_subscription(&lab.subscription);
        let ctx = Context::new(azure, &self.session.events, parents.clone(), &lab, hints::report);
        Work { ctx: ctx.with_leasing(self.leasing(&lab)), lab }
    }

    /// Where a lab is or would be; empty for one that has no place yet in a file that has several.
    fn location_of<'b>(&self, lab: &'b LabSpec) -> &'b str {
        let unsaid = if self.has_places { "" } else { DEFAULT_LOCATION };
        lab.location.as_deref().unwrap_or(unsaid)
    }

    /// Takes `labs` to work on.
    pub(crate) fn take(&mut self, labs: Vec<LabSpec>) {
        let parents = ParentLocks::default();
        let begin = |lab: LabSpec| {
            let Work { lab, ctx } = self.work(lab, &parents);
            ctx.events.emit(EventKind::LabStarted {
                resource_group: lab.group.clone(),
                location: self.location_of(&lab).to_owned(),
            });
            Work { lab, ctx }
        };
        self.works = labs.into_iter().map(begin).collect();
        self.session.progress.took(&self.works);
    }

    /// Looks at several labs together: what there is of them now is read from lists.
    pub(crate) fn look_together(&self) {
        if self.works.len() > 1 {
            self.session.azure.look_at_all();
        }
    }

    /// Runs `work` on a lab for what is left of the time limit, and renews the lab's lease meanwhile. The work stands on the
    /// heap: each future around it would hold it once more on a thread's stack.
    pub(crate) fn limited<'b, T: 'b>(
        &'b self,
        work: &'b Work,
        doing: impl Future<Output = Result<T, RecipeError>> + 'b,
    ) -> impl Future<Output = Result<T, RecipeError>> + 'b {
        let doing = Box::pin(doing);
        self.within_time(work, lease::renewing(&work.ctx, doing))
    }

    /// Runs what is no lab's work for what is left of the time limit; `work` is a lab that it is for.
    pub(crate) async fn within_time<T>(
        &self,
        work: &Work,
        doing: impl Future<Output = Result<T, RecipeError>>,
    ) -> Result<T, RecipeError> {
        let Some(limit) = self.options.timeout else { return doing.await };
        let left = limit.saturating_sub(self.session.awake.elapsed());
        let done = self.session.clock().timeout(left, doing).await;
        done.unwrap_or_else(|_| Err(late(work, limit)))
    }

    /// The end of a command that fails before it has begun with any lab.
    pub(super) fn failed(&self, error: &RecipeError) -> Finished {
        self.before_any_lab(hints::report(error), hints::exit_of(error))
    }

    /// Tells that a lab's work has ended.
    pub(crate) fn outcome(&self, work: &Work, location: Option<&str>, ending: Ending) -> (LabOutcome, Exit) {
        // Whoever says what to do about it knows better.
        let is_late =
            ending.exit == Exit::TimedOut && ending.error.as_ref().is_some_and(|error| error.code == "TimedOut");
        let error = ending.error.map(|error| match is_late {
            true => continued(self.saying_refusal(error, work), Some(&work.lab.group), self.session, self.options),
            false if error.code == hints::BUSY => beside(error, &self.options.place),
            false => error,
        });
        let ending = Ending { error, ..ending };
        let elapsed_s = self.elapsed_s();
        work.ctx.events.emit(EventKind::LabFinished { state: ending.state, elapsed_s, error: ending.error.clone() });
        let selected_models = Some(work.ctx.ledger.selections()).filter(|all| !all.is_empty());
        let outcome = LabOutcome {
            name: work.lab.name.clone(),
            resource_group: work.lab.group.clone(),
            subscription: Some(&work.lab.subscription).filter(|id| *id != self.session.azure.subscription()).cloned(),
            location: location.unwrap_or_else(|| self.location_of(&work.lab)).to_owned(),
            state: ending.state,
            elapsed_s,
            changes: work.ctx.ledger.changes(),
            outputs: ending.outputs,
            error: ending.error,
            details: Details { selected_models, ..ending.details },
        };
        self.session.progress.ended(work, &outcome, ending.exit);
        (outcome, ending.exit)
    }

    /// The error of a lab whose time is up, with the refusal that was being waited out: of the lab, or of what it shares.
    fn saying_refusal(&self, error: ErrorReport, work: &Work) -> ErrorReport {
        let shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        let of_shared = || shared.iter().find_map(|one| one.ctx.ledger.waited_out());
        let Some((told, refusal)) = work.ctx.ledger.waited_out().or_else(of_shared) else { return error };
        ErrorReport {
            message: format!("{}; waiting for this to pass: {told}", error.message),
            request_id: error.request_id.or(refusal.request_id),
            ..error
        }
    }

    /// Tells that a lab's work, which may have written, has ended, and then removes the run's lease on it.
    pub(crate) async fn end_writing(&self, work: &Work, location: Option<&str>, ending: Ending) -> (LabOutcome, Exit) {
        let outcome = self.outcome(work, location, ending);
        let releasing = lease::release(&work.ctx);
        match self.options.timeout {
            None => releasing.await,
            Some(limit) => {
                let left = limit.saturating_sub(self.session.awake.elapsed()).saturating_add(FAREWELL);
                // What was sent arrives, although nobody waits for the answer.
                let _ = self.session.clock().timeout(left, releasing).await;
            }
        }
        outcome
    }

    /// Tells of several labs, before the work on them begins, what Azure's limits leave of it at best.
    pub(crate) fn tell_bound<'w>(&self, loads: impl Iterator<Item = (&'w Work, Workload)>) {
        let Some(bound_s) = slowest_s(loads.map(|(work, load)| (work.lab.subscription.as_str(), load))) else { return };
        if self.works.len() > 1 && bound_s > 0.0 {
            self.session.events.emit(EventKind::RunPlanned { bound_s });
        }
    }

    /// Puts the result together; `next` is asked for what to do after a command that ended well.
    pub(crate) fn finish(
        &self,
        ended: Vec<(LabOutcome, Exit)>,
        next: impl FnOnce(&Session, &[LabOutcome]) -> Vec<NextStep>,
    ) -> Finished {
        self.finish_beside(ended, &[], next)
    }

    /// The same beside what is no lab, and ended so.
    pub(crate) fn finish_beside(
        &self,
        ended: Vec<(LabOutcome, Exit)>,
        more: &[Exit],
        next: impl FnOnce(&Session, &[LabOutcome]) -> Vec<NextStep>,
    ) -> Finished {
        let (labs, mut exits): (Vec<LabOutcome>, Vec<Exit>) = ended.into_iter().unzip();
        exits.extend(more);
        // 4 says that nothing was written: where labs were made beside those that could not begin, some have failed.
        let is_change = |change: &Change| change.action != Action::Unchanged;
        let exit = match combined(&exits) {
            Exit::Preflight if labs.iter().flat_map(|lab| &lab.changes).any(is_change) => Exit::LabFailed,
            exit => exit,
        };
        self.close(labs, exit, next)
    }

    /// The same, with an exit code that does not follow from the labs'.
    pub(crate) fn close(
        &self,
        labs: Vec<LabOutcome>,
        exit: Exit,
        next: impl FnOnce(&Session, &[LabOutcome]) -> Vec<NextStep>,
    ) -> Finished {
        let session = self.session;
        let continuing = Continuing::of(&self.works, &self.shared.lock().unwrap_or_else(PoisonError::into_inner));
        continuing.tell(&session.events, exit, self.options.place.again(&[]));
        let requests = session.azure.arm().counts();
        if requests.throttled > 0 {
            let all = requests.reads + requests.writes + requests.deletes;
            let message =
                format!("Azure throttled {} of {all} requests; each was sent again later", requests.throttled);
            session.events.note(Level::Info, message);
        }
        let next = if matches!(exit, Exit::Done | Exit::Differs) { next(session, &labs) } else { Vec::new() };
        let bound_s = self.is_bound().then(|| bound_s(&self.works, &labs)).flatten();
        let elapsed_s = self.end(exit, bound_s);
        let result = CommandResult {
            schema: SCHEMA,
            command: self.name,
            sandbox: Some(session.is_sandbox),
            subscription: Some(session.azure.subscription().to_owned()),
            elapsed_s: Some(elapsed_s),
            bound_s,
            labs: Some(labs),
            models: None,
            checks: None,
            cost: None,
            placement: None,
            shared: self.shared_outcomes(),
            warnings: session.events.warnings(),
            requests: Some(requests),
            error: None,
        };
        Finished::new(result, next, exit)
    }

    fn shared_outcomes(&self) -> Option<Vec<SharedOutcome>> {
        let told = self.shared_outcomes.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Some(told).filter(|told| !told.is_empty())
    }

    /// The end of a command whose labs together cannot be made: none of them was touched.
    pub(crate) fn refused(&self, labs: Vec<LabOutcome>, failed: &[Finding]) -> Finished {
        let mut finished = self.close(labs, Exit::Preflight, |_, _| Vec::new());
        finished.result.error = failed.first().map(|first| together(first, failed, &self.options.place));
        finished
    }

    /// The end of a command that failed before any lab.
    pub(crate) fn before_any_lab(&self, error: ErrorReport, exit: Exit) -> Finished {
        self.end(exit, None);
        let error = if exit == Exit::TimedOut { continued(error, None, self.session, self.options) } else { error };
        let mut result = CommandResult::failed_before_any_lab(self.name, error);
        result.warnings = self.session.events.warnings();
        Finished::new(result, Vec::new(), exit)
    }

    /// `command` for the lab of `work`, where this command runs, ready to be pasted.
    pub(crate) fn line(&self, command: FollowUp, work: &Work) -> String {
        self.options.place.line(&command.on(&work.lab))
    }

    /// Whether what it does is what the bound is of: it looks at whole labs, once, or creates or deletes them.
    fn is_bound(&self) -> bool {
        let watches = self.options.show.is_some();
        !watches && matches!(self.name, "provision" | "status" | "verify" | "teardown" | "sweep")
    }

    fn elapsed_s(&self) -> f64 {
        self.session.events.elapsed().as_secs_f64()
    }

    fn end(&self, exit: Exit, bound_s: Option<f64>) -> f64 {
        let elapsed_s = self.elapsed_s();
        self.session.events.emit(EventKind::RunFinished { exit_code: exit as u8, elapsed_s, bound_s });
        elapsed_s
    }
}

/// A failed sign-in, with the command that helps where that is one of azlab's.
fn signed_out(error: &SignInError, place: &Place) -> ErrorReport {
    let report = hints::report_sign_in(error);
    match error.credential {
        CredentialKind::Sandbox => {
            report.hint(Advice::from("reset the sandbox: ").run(FollowUp::new(Verb::SandboxReset)).at(place))
        }
        _ => report,
    }
}

/// The error of a lab on which another run is at work, with the commands that wait for it, or do not care.
fn beside(error: ErrorReport, place: &Place) -> ErrorReport {
    let [wait, beside] = ["wait", "go-on"].map(|what| place.again_saying("--if-busy", what));
    error.hint(format!("wait until the other run ends: {wait}; or continue beside it: {beside}"))
}

/// The exit code of several labs: their own if all that failed agree, else "one or more labs failed".
fn combined(exits: &[Exit]) -> Exit {
    let mut failed = exits.iter().copied().filter(|exit| *exit != Exit::Done);
    match failed.next() {
        None => Exit::Done,
        Some(first) if failed.all(|exit| exit == first) => first,
        Some(_) if exits.contains(&Exit::Interrupted) => Exit::Interrupted,
        Some(_) => Exit::LabFailed,
    }
}
