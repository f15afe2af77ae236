//! One look at the labs after the other: the lists of the subscription, and a few labs by themselves, in turn. Reads only.

use std::collections::{HashMap, HashSet};

use futures::future::join_all;
use time::OffsetDateTime;

use super::turns::Turns;
use crate::azure::error::Error as AzureError;
use crate::commands::find::{self, FindError};
use crate::commands::runner::Command;
use crate::commands::seen;
use crate::commands::session::Session;
use crate::events::Events;
use crate::hints;
use crate::lab::attendee::Grant;
use crate::lab::spec::LabSpec;
use crate::outcome::state::{About, ResourceReport};
use crate::outcome::{CheckReport, ErrorReport, Exit, LabState};
use crate::preflight::attendees;
use crate::recipe::context::{Context, ParentLocks};
use crate::recipe::error::Error as RecipeError;
use crate::recipe::inspection::inspect;
use crate::settings::BoardSettings;
use crate::verify::{VerifyOptions, verify};

/// A lab, as a look showed it.
#[derive(Clone, Debug)]
pub(super) struct Looked {
    pub(super) lab: LabSpec,
    /// Why it cannot be read, else what it is.
    pub(super) seen: Result<Seen, ErrorReport>,
}

/// What a lab is.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub(super) state: LabState,
    pub(super) location: String,
    pub(super) resources: Vec<ResourceReport>,
    pub(super) about: About,
    pub(super) checked: Option<Checked>,
}

/// The checks of `verify`, but for the question to the model.
#[derive(Clone, Debug)]
pub(super) struct Checked {
    /// Since when they end so.
    pub(super) since: OffsetDateTime,
    pub(super) checks: Vec<CheckReport>,
}

/// A look that showed nothing.
#[derive(Clone, Debug)]
pub(super) struct Failed {
    pub(super) error: ErrorReport,
    pub(super) exit: Exit,
}

impl From<FindError> for Failed {
    fn from(error: FindError) -> Self {
        Self { error: error.report(), exit: error.exit() }
    }
}

/// Looks again and again.
pub(super) struct Looks<'a> {
    command: &'a Command<'a>,
    settings: &'a BoardSettings,
    turns: Turns,
    /// By group: whom a lab was found to give access.
    access: HashMap<String, Option<Vec<Grant>>>,
    /// By group.
    checked: HashMap<String, Checked>,
    /// What was said of subscriptions and swaps, so that it is said once.
    told: HashSet<String>,
    /// Where what labs tell while they are looked at goes: nobody reads it.
    unheard: Events,
}

impl<'a> Looks<'a> {
    pub(super) fn new(command: &'a Command<'a>, settings: &'a BoardSettings) -> Self {
        let clock = command.session.clock();
        let turns = Turns::new(settings.interval().mul_f64(clock.speed()));
        let unheard = Events::channel(clock).0;
        let (access, checked, told) = (HashMap::new(), HashMap::new(), HashSet::new());
        Self { command, settings, turns, access, checked, told, unheard }
    }

    fn session(&self) -> &'a Session {
        self.command.session
    }

    /// What there is now.
    ///
    /// # Errors
    /// What keeps azlab from finding the labs, or from reading any of them.
    pub(super) async fn look(&mut self) -> Result<Vec<Looked>, Failed> {
        let session = self.session();
        let labs = self.labs().await?;
        let now = session.clock().now();
        let key = |lab: &LabSpec| lab.group.to_lowercase();
        let keys: Vec<String> = labs.iter().map(key).collect();
        let turn = self.turns.next(keys.iter().map(String::as_str), now);
        if labs.len() > 1 {
            session.azure.look_again(|group| turn.contains(group));
        } else {
            session.azure.look_at_each();
        }
        let this = &*self;
        let looks = labs.into_iter().zip(&keys).map(|(lab, key)| this.one(lab, turn.contains(key)));
        let looked: Vec<Looked> = join_all(looks).await;
        if session.stop.is_cancelled() {
            return Err(interrupted());
        }
        if let Some(error) = nothing_read(&looked) {
            return Err(Failed { error, exit: Exit::LabFailed });
        }
        for (looked, key) in looked.iter().zip(keys) {
            let seen = looked.seen.as_ref().ok();
            let checked = seen.and_then(|seen| seen.checked.clone());
            let (is_turn, is_ready) = (turn.contains(&key), seen.is_some_and(|seen| seen.state == LabState::Ready));
            self.turns.looked(&key, is_turn, is_ready, checked.is_some() || !self.settings.verifies(), now);
            match checked {
                Some(checked) => drop(self.checked.insert(key, checked)),
                None => drop(self.checked.remove(&key)),
            }
        }
        Ok(looked)
    }

    /// The labs that are meant, each with the access that it is to give.
    async fn labs(&mut self) -> Result<Vec<LabSpec>, Failed> {
        let session = self.session();
        let find::Found { mut labs, refusing, unfinished } = find::now(session, self.settings.labs()).await?;
        if self.told.insert(format!("{refusing:?}")) {
            find::tell_refusing(session, &refusing);
        }
        if self.told.insert(format!("{unfinished:?}")) {
            find::tell_unfinished(session, self.command.options, &labs, &unfinished);
        }
        let mut new: Vec<LabSpec> = labs.iter().filter(|lab| !self.access.contains_key(&lab.group)).cloned().collect();
        match attendees::settle(&session.graph, &session.azure, &mut new, &[]).await {
            Ok(_) => self.access.extend(new.into_iter().map(|lab| (lab.group, lab.access))),
            Err(AzureError::Interrupted) => return Err(interrupted()),
            // It is looked up at the next look again; until then nobody is told to have too much.
            Err(_) => {}
        }
        for lab in &mut labs {
            lab.access = self.access.get(&lab.group).cloned().flatten();
        }
        Ok(labs)
    }

    async fn one(&self, lab: LabSpec, is_turn: bool) -> Looked {
        let session = self.session();
        let azure = session.azure.in_subscription(&lab.subscription);
        let ctx = Context::new(azure, &self.unheard, ParentLocks::default(), &lab, hints::report);
        // On the heap: each future around it would hold it once more.
        let seen = Box::pin(self.seen(&ctx, &lab, is_turn)).await.map_err(|error| hints::report(&error));
        Looked { lab, seen }
    }

    async fn seen(&self, ctx: &Context, lab: &LabSpec, is_turn: bool) -> Result<Seen, RecipeError> {
        let seen = inspect(ctx, lab, None).await?;
        let state = seen::state(&seen);
        let about = seen::about(&seen, self.command.options.writer.as_ref(), ctx.clock().now());
        let known = || self.checked.get(&lab.group.to_lowercase()).cloned();
        let checked = match state {
            LabState::Ready if self.settings.verifies() && (is_turn || !ctx.azure.has_first_look(&lab.group)) => {
                self.check(ctx, lab).await?
            }
            LabState::Ready => known(),
            _ => None,
        };
        let location = seen.group.as_ref().map(|group| group.location.clone()).or_else(|| lab.location.clone());
        Ok(Seen { state, location: location.unwrap_or_default(), resources: seen::resources(&seen), about, checked })
    }

    async fn check(&self, ctx: &Context, lab: &LabSpec) -> Result<Option<Checked>, RecipeError> {
        let session = self.session();
        let place = self.command.options.place.clone();
        let how = VerifyOptions { chat: false, app: false, is_sandbox: session.is_sandbox, place };
        let now = ctx.clock().now();
        let Some(verified) = verify(ctx, (&session.data_plane, &session.clusters), lab, &how).await? else {
            return Ok(None);
        };
        let ends = |checks: &[CheckReport]| checks.iter().map(|check| (check.id, check.status)).collect::<Vec<_>>();
        let before = self.checked.get(&lab.group.to_lowercase());
        let before = before.filter(|before| ends(&before.checks) == ends(&verified.checks));
        Ok(Some(Checked { since: before.map_or(now, |before| before.since), checks: verified.checks }))
    }
}

fn interrupted() -> Failed {
    Failed { error: hints::report(&RecipeError::Interrupted), exit: Exit::Interrupted }
}

/// The first error, where no lab could be read.
fn nothing_read(looked: &[Looked]) -> Option<ErrorReport> {
    looked.iter().map(|one| one.seen.as_ref().err()).collect::<Option<Vec<_>>>()?.first().map(|error| (*error).clone())
}
