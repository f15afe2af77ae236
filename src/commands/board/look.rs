//! One look at the labs after the other: the lists of the subscription, and a few labs by themselves, in turn. What the lists say
//! no news of is not inspected again. Reads only.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use futures::future::join_all;
use time::OffsetDateTime;

use crate::azure::editions::Editions;
use crate::azure::error::Error as AzureError;
use crate::commands::find::{self, FindError};
use crate::commands::runner::Command;
use crate::commands::seen;
use crate::commands::session::Session;
use crate::commands::turns::Turns;
use crate::events::Events;
use crate::hints;
use crate::lab::attendee::Grant;
use crate::lab::lease::Lease;
use crate::lab::spec::LabSpec;
use crate::lab::tags::Tags;
use crate::outcome::state::{About, ResourceReport};
use crate::outcome::{CheckReport, ErrorReport, Exit, LabState};
use crate::preflight::attendees;
use crate::recipe::context::{Context, ParentLocks};
use crate::recipe::error::Error as RecipeError;
use crate::recipe::inspection::{Inspection, inspect};
use crate::settings::BoardSettings;
use crate::verify::{VerifyOptions, verify};

/// A lab, as a look showed it.
#[derive(Clone, Debug)]
pub(super) struct Looked {
    pub(super) lab: Arc<LabSpec>,
    /// Why it cannot be read, else what it is.
    pub(super) seen: Result<Arc<Seen>, ErrorReport>,
}

/// What a lab is.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub(super) state: LabState,
    pub(super) location: String,
    pub(super) resources: Vec<ResourceReport>,
    pub(super) about: About,
    pub(super) checked: Option<Checked>,
    /// Whether it is the same as long as the lists say the same, and nothing of it is read by itself.
    lasts: bool,
}

/// What is known of a lab from the last look.
#[derive(Debug)]
struct Known {
    lab: Arc<LabSpec>,
    seen: Arc<Seen>,
    /// What the lists of its subscription said.
    edition: Option<u64>,
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
    /// The labs that were found, and what the lists said of which that was.
    found: Option<(Editions, Vec<Arc<LabSpec>>)>,
    /// By group in lower case.
    known: HashMap<String, Known>,
    /// What was said of subscriptions and swaps, so that it is said once.
    told: HashSet<String>,
    /// Where what labs tell while they are looked at goes: nobody reads it.
    unheard: Events,
}

impl<'a> Looks<'a> {
    pub(super) fn new(command: &'a Command<'a>, settings: &'a BoardSettings) -> Self {
        let clock = command.session.clock();
        let turns = match settings.out() {
            Some(_) => Turns::once(),
            None => Turns::new(settings.interval().mul_f64(clock.speed())),
        };
        let unheard = Events::channel(clock).0;
        let (access, known, told) = (HashMap::new(), HashMap::new(), HashSet::new());
        Self { command, settings, turns, access, found: None, known, told, unheard }
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
        session.azure.look_again();
        let editions = session.azure.editions().await;
        let labs = self.labs(&editions).await?;
        let now = session.clock().now();
        let keys: Vec<String> = labs.iter().map(|lab| lab.group.to_lowercase()).collect();
        let turn = self.turns.begin(&session.azure, &keys, now);
        // A lab by itself is not read from lists.
        let editions = if labs.len() > 1 { editions } else { Editions::default() };
        let this = &*self;
        let looks = labs.into_iter().zip(&keys).map(async |(lab, key)| {
            let is_turn = turn.contains(key);
            match this.as_before(&lab, key, &editions).filter(|_| !is_turn) {
                Some(seen) => (Looked { lab, seen: Ok(seen) }, false),
                // On the heap: each future around it would hold it once more.
                None => (Box::pin(this.one(lab, is_turn)).await, true),
            }
        });
        let (looked, is_news): (Vec<Looked>, Vec<bool>) = join_all(looks).await.into_iter().unzip();
        if session.stop.is_cancelled() {
            return Err(interrupted());
        }
        if let Some(error) = nothing_read(&looked) {
            return Err(Failed { error, exit: Exit::LabFailed });
        }
        for ((looked, key), _) in looked.iter().zip(keys).zip(is_news).filter(|(_, is_news)| *is_news) {
            let seen = looked.seen.as_ref().ok();
            let is_ready = seen.is_some_and(|seen| seen.state == LabState::Ready);
            let is_checked = seen.is_some_and(|seen| seen.checked.is_some()) || !self.settings.verifies();
            self.turns.looked(&key, turn.contains(&key), is_ready, is_checked, now);
            let edition = editions.of(&looked.lab.subscription);
            let known = |seen: &Arc<Seen>| Known { lab: Arc::clone(&looked.lab), seen: Arc::clone(seen), edition };
            match seen.map(known) {
                Some(known) => drop(self.known.insert(key, known)),
                None => drop(self.known.remove(&key)),
            }
        }
        Ok(looked)
    }

    /// What the last look showed of `lab`, where the lists say the same as then.
    fn as_before(&self, lab: &LabSpec, key: &str, editions: &Editions) -> Option<Arc<Seen>> {
        let known = self.known.get(key).filter(|known| known.seen.lasts && *known.lab == *lab)?;
        let edition = editions.of(&lab.subscription)?;
        (known.edition == Some(edition)).then(|| Arc::clone(&known.seen))
    }

    /// The labs that are meant, each with the access that it is to give.
    async fn labs(&mut self, editions: &Editions) -> Result<Vec<Arc<LabSpec>>, Failed> {
        if let Some((before, labs)) = &self.found
            && editions.are(before)
        {
            return Ok(labs.clone());
        }
        self.found = None;
        let session = self.session();
        let find::Found { mut labs, refusing, unfinished } = find::now(session, self.settings.labs()).await?;
        if self.told.insert(format!("{refusing:?}")) {
            find::tell_refusing(session, &refusing);
        }
        if self.told.insert(format!("{unfinished:?}")) {
            find::tell_unfinished(session, self.command.options, self.settings.labs(), &labs, &unfinished);
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
        let is_settled = labs.iter().all(|lab| self.access.contains_key(&lab.group));
        let labs: Vec<Arc<LabSpec>> = labs.into_iter().map(Arc::new).collect();
        self.found = is_settled.then(|| (editions.clone(), labs.clone()));
        Ok(labs)
    }

    async fn one(&self, lab: Arc<LabSpec>, is_turn: bool) -> Looked {
        let session = self.session();
        let azure = session.azure.in_subscription(&lab.subscription);
        let ctx = Context::new(azure, &self.unheard, ParentLocks::default(), &lab, hints::report);
        let seen = Box::pin(self.seen(&ctx, &lab, is_turn)).await;
        let seen = seen.map(Arc::new).map_err(|error| hints::report(&error));
        Looked { lab, seen }
    }

    async fn seen(&self, ctx: &Context, lab: &LabSpec, is_turn: bool) -> Result<Seen, RecipeError> {
        let seen = inspect(ctx, lab, None).await?;
        let state = seen::state(&seen);
        let about = seen::about(&seen, self.command.options.writer.as_ref(), ctx.clock().now());
        let checked = match state {
            LabState::Ready if self.settings.verifies() && (is_turn || !ctx.azure.has_first_look(&lab.group)) => {
                self.check(ctx, lab).await?
            }
            LabState::Ready => self.checked(lab).cloned(),
            _ => None,
        };
        let location = seen.group.as_ref().map(|group| group.location.clone()).or_else(|| lab.location.clone());
        Ok(Seen {
            state,
            location: location.unwrap_or_default(),
            resources: seen::resources(&seen),
            about,
            checked,
            lasts: lasts(&seen),
        })
    }

    /// How the checks of `lab` ended last.
    fn checked(&self, lab: &LabSpec) -> Option<&Checked> {
        self.known.get(&lab.group.to_lowercase())?.seen.checked.as_ref()
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
        let before = self.checked(lab).filter(|before| ends(&before.checks) == ends(&verified.checks));
        Ok(Some(Checked { since: before.map_or(now, |before| before.since), checks: verified.checks }))
    }
}

fn interrupted() -> Failed {
    Failed { error: hints::report(&RecipeError::Interrupted), exit: Exit::Interrupted }
}

/// Whether what was seen is the same as long as the lists say the same: a lease grows old by itself, and the deployments
/// of an account that labs share are read for all of them.
fn lasts(seen: &Inspection) -> bool {
    let tags = Tags::read(seen.group.as_ref().and_then(|group| group.tags.as_ref()));
    Lease::read(&tags).is_none() && !seen.lab.is_sharing()
}

/// The first error, where no lab could be read.
fn nothing_read(looked: &[Looked]) -> Option<ErrorReport> {
    looked.iter().map(|one| one.seen.as_ref().err()).collect::<Option<Vec<_>>>()?.first().map(|error| (*error).clone())
}
