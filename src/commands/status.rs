//! `azlab status`: what there is, per lab, beside what should be.

use std::cell::RefCell;
use std::collections::HashSet;
use std::time::Duration;

use futures::future::join_all;

use super::attendees;
use super::cure::{self, Whole};
use super::find::{self, Which};
use super::finished::Finished;
use super::noted;
use super::roster;
use super::run_options::RunOptions;
use super::runner::{Command, Ending};
use super::seen;
use super::session::Session;
use super::shared_told;
use super::subcommand::Subcommand;
use super::turns::Turns;
use super::work::Work;
use crate::cli::status::StatusArgs;
use crate::events::Level;
use crate::follow_up::{FollowUp, Labs};
use crate::lab::ids::same;
use crate::lab::spec::LabSpec;
use crate::outcome::NextStep;
use crate::outcome::state::{ResourceReport, ResourceState};
use crate::outcome::{Details, Exit, LabOutcome, LabState, Outputs};
use crate::recipe::inspection::{Inspection, inspect};
use crate::settings::{LabSource, SettingsError, StatusSettings};
use crate::values::{ResourceKind, Surroundings};

/// The subcommand's name.
pub(crate) const COMMAND: &str = "status";

impl Subcommand for StatusSettings {
    type Args = StatusArgs;

    const NAME: &'static str = COMMAND;

    fn from_args(args: &StatusArgs, labs: &LabSource, _: &Surroundings) -> Result<Self, SettingsError> {
        Self::resolve(args, labs)
    }

    fn only_looks(&self) -> bool {
        true
    }

    fn watches(&self) -> bool {
        self.watch().is_some()
    }

    async fn run(&self, session: &Session, options: &RunOptions) -> Finished {
        run(session, self, options).await
    }
}

/// Looks, once or until it is stopped.
pub async fn run(session: &Session, settings: &StatusSettings, options: &RunOptions) -> Finished {
    let turns = settings.watch().map(|every| RefCell::new(Turns::new(every.mul_f64(session.clock().speed()))));
    watching(session, options, settings.watch(), async || look(session, settings, options, turns.as_ref()).await).await
}

/// Does what `look` does once, or, with `watch`, again and again until it is stopped, showing what came of it each time. Where
/// nobody is shown anything, once is enough.
pub(super) async fn watching(
    session: &Session,
    options: &RunOptions,
    watch: Option<Duration>,
    look: impl AsyncFn() -> Finished,
) -> Finished {
    loop {
        let finished = look().await;
        let Some(every) = watch.filter(|_| finished.exit != Exit::Interrupted) else { return finished };
        let Some(show) = &options.show else { return finished };
        if finished.result.error.is_some() {
            return finished;
        }
        if let Err(error) = show(&finished) {
            // A reader that has gone has seen enough; any other trouble is told when the result is printed at the end.
            let shown = error.kind() == std::io::ErrorKind::BrokenPipe;
            return Finished { next: Vec::new(), shown, ..finished };
        }
        if wait(session, every).await.is_err() {
            // What there is to see has been shown.
            return Finished { next: Vec::new(), exit: Exit::Interrupted, shown: true, ..finished };
        }
    }
}

/// Waits for `every` of the real time, which is whose passing people watch.
async fn wait(session: &Session, every: Duration) -> Result<(), crate::azure::error::Error> {
    session.azure.arm().pause(every.mul_f64(session.clock().speed())).await
}

/// Looks; again and again, what has no list is read of a few labs at each look, in their `turns`.
async fn look(
    session: &Session,
    settings: &StatusSettings,
    options: &RunOptions,
    turns: Option<&RefCell<Turns>>,
) -> Finished {
    let (mut command, mut labs) = match find::look(COMMAND, session, options, settings.labs(), Which::All).await {
        Ok(found) => found,
        Err(finished) => return *finished,
    };
    if let Err(finished) = attendees::settle_to_look(&command, &mut labs).await {
        return *finished;
    }
    command.take(labs);
    roster::tell_unlisted(session, options, settings.labs()).await;
    let now = session.clock().now();
    let turn = match turns {
        Some(turns) => {
            session.azure.look_again();
            let groups: Vec<String> = command.works.iter().map(|work| work.lab.group.to_lowercase()).collect();
            turns.borrow().begin(&session.azure, &groups, now)
        }
        None => {
            command.look_together();
            HashSet::new()
        }
    };
    let looks = command.works.iter().map(|work| one(&command, settings, work));
    let looked: Vec<_> = join_all(looks).await;
    if let Some(turns) = turns {
        for (work, ((lab, _), _)) in command.works.iter().zip(&looked) {
            let key = work.lab.group.to_lowercase();
            turns.borrow_mut().looked(&key, turn.contains(&key), lab.state == LabState::Ready, true, now);
        }
    }
    let (ended, sharing_and_notes): (Vec<_>, Vec<_>) = looked.into_iter().unzip();
    let (sharing, notes): (Vec<_>, Vec<_>) = sharing_and_notes.into_iter().unzip();
    if settings.watch().is_none() {
        noted::tell(&command, notes);
    }
    let sharing: Vec<(LabSpec, String)> = sharing.into_iter().flatten().collect();
    let is_well = Box::pin(shared_told::look_at_all(&command, &sharing)).await;
    let more = if is_well || !settings.exit_code() { Vec::new() } else { vec![Exit::Differs] };
    command.finish_beside(ended, &more, |_, labs| next_steps(options, labs))
}

/// Beside the outcome of a lab: the lab as it is and where, if it exists and shares its account; and what people should know
/// of what fits.
type Beside = (Option<(LabSpec, String)>, Vec<String>);

/// Looks at a lab.
async fn one(command: &Command<'_>, settings: &StatusSettings, work: &Work) -> ((LabOutcome, Exit), Beside) {
    match command.limited(work, inspect(&work.ctx, &work.lab, None)).await {
        Ok(inspection) => {
            let location = inspection.group.as_ref().map(|group| group.location.clone());
            let ended = command.outcome(work, location.as_deref(), ending(command, settings, work, &inspection));
            let sharing = location.filter(|_| inspection.lab.is_sharing());
            let notes = inspection.items.into_iter().filter_map(|item| item.note).collect();
            (ended, (sharing.map(|location| (inspection.lab, location)), notes))
        }
        Err(error) => (command.outcome(work, None, Ending::failed(&error)), (None, Vec::new())),
    }
}

fn ending(command: &Command<'_>, settings: &StatusSettings, work: &Work, seen: &Inspection) -> Ending {
    let resources = Some(seen::resources(seen));
    if seen.group.is_none() {
        let details = Details { resources, ..Details::default() };
        if settings.labs().given() {
            return Ending {
                details,
                ..Ending::refused(LabState::Absent, find::not_found(&work.lab, &command.options.place), Exit::NotFound)
            };
        }
        let exit = if settings.exit_code() { Exit::Differs } else { Exit::Done };
        return Ending { exit, details, ..Ending::done(LabState::Absent, Outputs::default()) };
    }
    let state = seen::state(seen);
    let exit = if settings.exit_code() && state == LabState::Incomplete { Exit::Differs } else { Exit::Done };
    let about = seen::about(seen, command.options.writer.as_ref(), command.session.clock().now());
    if about.workshop.is_none() {
        let take_over = command.line(FollowUp::take_over(), work);
        let message = format!("azlab did not create {}; to take it over: {take_over}", work.lab.group);
        work.ctx.events.note(Level::Warning, message);
    }
    let details = Details { resources, about: Some(about), ..Details::default() };
    Ending { exit, details, ..Ending::done(state, seen.outputs.clone()) }
}

fn next_steps(options: &RunOptions, labs: &[LabOutcome]) -> Vec<NextStep> {
    let place = &options.place;
    if labs.is_empty() {
        return vec![NextStep { command: place.line(&FollowUp::make()), why: "create the workshop's lab".into() }];
    }
    let mut cures: Vec<(FollowUp, &str, Vec<&LabOutcome>)> = Vec::new();
    for lab in labs {
        let Some((cure, why)) = cure(lab) else { continue };
        match cures.iter_mut().find(|(known, ..)| *known == cure) {
            Some((.., labs)) => labs.push(lab),
            None => cures.push((cure, why, vec![lab])),
        }
    }
    let step = |(cure, why, labs): (FollowUp, &str, Vec<&LabOutcome>)| NextStep {
        command: place.line(&cure.on(labs.into_iter().collect::<Labs>())),
        why: why.to_owned(),
    };
    cures.into_iter().map(step).collect()
}

/// What a lab needs, if it is not as it should be.
fn cure(lab: &LabOutcome) -> Option<(FollowUp, &'static str)> {
    let is_foreign = lab.details.about.as_ref().is_some_and(|about| about.workshop.is_none());
    let is_busy = || lab.details.resources.iter().flatten().any(|one| one.state == ResourceState::Busy);
    let is_going = |one: &ResourceReport| {
        one.resource == ResourceKind::ResourceGroup
            && one.status.as_deref().is_some_and(|status| same(status, "Deleting"))
    };
    let whole = match lab.state {
        LabState::Paused => return Some((FollowUp::resume(), "start what is paused")),
        LabState::Absent => Whole::Absent,
        LabState::Incomplete if lab.details.resources.iter().flatten().any(is_going) => Whole::Absent,
        LabState::Incomplete if is_foreign => Whole::Foreign,
        LabState::Incomplete => Whole::Ours,
        _ => return None,
    };
    let (_, cure) = cure::cure(whole, whole != Whole::Absent && is_busy());
    let why = match whole {
        Whole::Absent => "create what is missing",
        _ if cure == FollowUp::wait() => "wait until what is in progress is ready",
        Whole::Ours => "repair what differs, and only that",
        Whole::Foreign => "take over what azlab did not create, and repair it",
    };
    Some((cure, why))
}
