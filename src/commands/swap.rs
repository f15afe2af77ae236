//! `azlab swap`: gives an attendee a spare in the place of a lab that is broken, and then deals with the broken one.
//!
//! The order in which things are written makes it end well wherever it is cut off: the attendee has access to the spare before
//! its tags say whose it is; one write of tags gives it away, and says which group it replaces; then the old group becomes the
//! spare. Until that is done the tag `azlab-replaces` stands, and the next `swap` of the lab goes on from there.

use super::attendees;
use super::find::{self, Which};
use super::finished::Finished;
use super::removal::{self, Removal};
use super::run_options::RunOptions;
use super::runner::{Command, Ending};
use super::session::Session;
use super::subcommand::Subcommand;
use super::subscriptions;
use super::swap_behind as behind;
use super::swap_choice::{self as choice, Meanwhile, Swap};
use super::swap_rivals::{given_back, outdone};
use super::swap_steps::{Begun, Handed, begin, hand_over, shared_access};
use super::work::Work;
use crate::cli::swap::{Broken, SwapArgs};
use crate::events::Level;
use crate::follow_up::{Labs, Verb};
use crate::outcome::plan::{PlannedAction, PlannedChange};
use crate::outcome::{Exit, LabOutcome, LabState, NextStep, Outputs};
use crate::recipe::error::Error as RecipeError;
use crate::recipe::inspection::{Inspection, inspect};
use crate::recipe::look::Item;
use crate::recipe::parts::Parts;
use crate::recipe::{access, lease, plan};
use crate::settings::{DryRun, LabSource, SettingsError, SwapSettings};
use crate::values::Surroundings;

/// The subcommand's name.
pub(crate) const COMMAND: &str = find::SWAP;

impl Subcommand for SwapSettings {
    type Args = SwapArgs;

    const NAME: &'static str = COMMAND;

    fn from_args(args: &SwapArgs, labs: &LabSource, _: &Surroundings) -> Result<Self, SettingsError> {
        Self::resolve(args, labs)
    }

    fn only_looks(&self) -> bool {
        self.dry_run() != DryRun::Off
    }

    async fn run(&self, session: &Session, options: &RunOptions) -> Finished {
        // On the heap, as its parts: a thread's stack does not hold all of it.
        Box::pin(run(session, self, options)).await
    }
}

/// Swaps the lab.
async fn run(session: &Session, settings: &SwapSettings, options: &RunOptions) -> Finished {
    let (mut command, mut labs) =
        match Box::pin(find::look(COMMAND, session, options, settings.labs(), Which::Meant)).await {
            Ok(found) => found,
            Err(finished) => return *finished,
        };
    let spares = labs.split_off(1);
    if let Err(finished) = attendees::settle(&command, &mut labs, false).await {
        return *finished;
    }
    let (lab, mut meanwhile) = (labs.remove(0), Meanwhile::default());
    let subscriptions = match subscriptions::all(session, settings.labs()).await {
        Ok(all) => all,
        Err(error) => return command.before_any_lab(error.report(), error.exit()),
    };
    let (swap, doomed) = loop {
        let chosen = choice::choose(&command, settings, lab.clone(), spares.clone(), &meanwhile);
        let mut swap = match Box::pin(chosen).await {
            Ok(swap) => swap,
            Err(finished) => return *finished,
        };
        // The spare may be in another subscription than her lab was.
        if let Err(finished) = attendees::in_place(&command, std::slice::from_mut(&mut swap.lab), false).await {
            return *finished;
        }
        if settings.dry_run() != DryRun::Off {
            command.take(swap.labs());
            let (new, old) = (&command.works[0], command.works.get(1));
            return match Box::pin(foresee(&command, &swap, new, old, settings)).await {
                Ok(ended) => command.finish(ended, |_, _| Vec::new()),
                Err(error) => untouched(&command, &error),
            };
        }
        let is_asked = !meanwhile.taken.is_empty() || meanwhile.elsewhere.is_some();
        let begun = Box::pin(begin(&command, settings, &swap, (&subscriptions, is_asked))).await;
        match begun {
            Ok(Begun::Here(doomed)) => {
                command.take(swap.labs());
                // It is over in a few writes of tags.
                command.works.iter().for_each(|work| lease::decline(&work.ctx));
                break (swap, doomed.map(|plan| *plan));
            }
            Ok(Begun::Taken(other)) => {
                meanwhile.taken.push(other);
                meanwhile.elsewhere = None;
            }
            // Whoever names a spare wants no other.
            Ok(Begun::Elsewhere(rival)) if settings.spare().is_some() || meanwhile.elsewhere.is_some() => {
                return outdone(&command, &lab, &rival);
            }
            Ok(Begun::Elsewhere(rival)) => meanwhile.elsewhere = Some(rival),
            Ok(Begun::Refused(ending)) => {
                command.take(swap.labs());
                let ended = command.outcome(&command.works[0], None, *ending);
                return command.finish(vec![ended], |_, _| Vec::new());
            }
            Ok(Begun::Unconfirmed) => {
                command.take(swap.labs());
                return removal::unconfirmed(&command);
            }
            Err(error) => {
                command.take(swap.labs());
                return untouched(&command, &error);
            }
        }
    };
    let (new, old) = (&command.works[0], command.works.get(1));
    let class = (settings.labs(), subscriptions.as_slice());
    match command.limited(new, Box::pin(hand_over(&swap, (new, old), class))).await {
        Ok(Handed::Over) => {}
        Ok(Handed::Back(rival)) => return given_back(&command, new, &rival).await,
        Err(error) => return unfinished(&command, &error).await,
    }
    let place = match &swap.old {
        Some(old) => format!(
            "the lab {} is the resource group {} now, and {} is {}",
            swap.lab.name, swap.lab.group, old.name, old.group
        ),
        None => format!("the lab {} is the resource group {} now", swap.lab.name, swap.lab.group),
    };
    new.ctx.events.note(Level::Info, place);
    let seen = command.limited(new, Box::pin(inspect(&new.ctx, &new.lab, None))).await;
    let mut ended = vec![shown(&command, new, seen).await];
    if let Some(work) = old {
        ended.push(Box::pin(behind::deal_with(&command, work, settings.broken(), doomed)).await);
    }
    command.finish(ended, |_, labs| next_steps(options, labs))
}

/// What the swap would do.
async fn foresee(
    command: &Command<'_>,
    swap: &Swap,
    new: &Work,
    old: Option<&Work>,
    settings: &SwapSettings,
) -> Result<Vec<(LabOutcome, Exit)>, RecipeError> {
    let how = settings.dry_run();
    let mut changes = Vec::new();
    for role in Parts::to_look_at(&new.lab, "").access() {
        changes.push(plan::resource(&new.ctx, &role).await?);
    }
    for role in shared_access(new).await? {
        changes.push(plan::resource(&new.ctx, &role).await?);
    }
    changes.extend(access::extra(&new.ctx, &new.lab).await?.iter().map(access::Extra::item).map(deletion));
    changes.push(plan::resource(&new.ctx, &swap.finished()).await?);
    let seen = command.limited(new, inspect(&new.ctx, &new.lab, None)).await?;
    let mut ended = vec![planned(command, new, how, changes, seen.outputs)];
    if let (Some(old), Some(marks)) = (old, swap.taken()) {
        let mut changes = vec![plan::resource(&old.ctx, &marks).await?];
        let extra = access::extra(&old.ctx, &old.lab).await?;
        changes.extend(extra.iter().map(access::Extra::item).map(deletion));
        if settings.broken() == Broken::Teardown {
            changes.extend(removal::plan(
                old,
                &behind::doomed(old, &swap.lab.name).await?,
                Removal { purge: true, wait: true },
            ));
        }
        let then = match settings.broken() {
            Broken::Repair => "is repaired then, as the spare",
            Broken::Teardown => "is deleted then",
            Broken::Keep => "stays as it is then",
        };
        old.ctx.events.note(Level::Info, format!("the resource group {} {then}", old.lab.group));
        ended.push(planned(command, old, how, changes, Outputs::default()));
    }
    Ok(ended)
}

fn planned(
    command: &Command<'_>,
    work: &Work,
    how: DryRun,
    changes: Vec<PlannedChange>,
    outputs: Outputs,
) -> (LabOutcome, Exit) {
    command.outcome(work, None, super::apply::told(how, changes, true, outputs))
}

fn deletion(item: Item) -> PlannedChange {
    let Item { kind: resource, name, id, .. } = item;
    PlannedChange { resource, name, id, action: PlannedAction::Delete, fields: Vec::new(), contents: Vec::new() }
}

/// The end of a swap that has written nothing.
fn untouched(command: &Command<'_>, error: &RecipeError) -> Finished {
    let ended = command.works.iter().map(|work| command.outcome(work, None, Ending::failed(error)));
    command.finish(ended.take(1).collect(), |_, _| Vec::new())
}

/// The end of a swap that failed on the way: the same command finishes it.
pub(super) async fn unfinished(command: &Command<'_>, error: &RecipeError) -> Finished {
    let mut ending = Ending::failed(error);
    if let Some(report) = &mut ending.error {
        let again = format!("finish the swap: {}", command.options.place.again(&[]));
        report.hint = Some(report.hint.take().map_or_else(|| again.clone(), |hint| format!("{hint}\n{again}")));
    }
    let work = &command.works[0];
    command.finish(vec![command.end_writing(work, None, ending).await], |_, _| Vec::new())
}

/// The attendee's lab, as it is now.
async fn shown(command: &Command<'_>, work: &Work, seen: Result<Inspection, RecipeError>) -> (LabOutcome, Exit) {
    let location = seen.as_ref().ok().and_then(|seen| seen.group.as_ref()).map(|group| group.location.clone());
    let ending = match seen {
        Ok(seen) => Ending::done(behind::state(&seen), seen.outputs),
        Err(error) => Ending::failed(&error),
    };
    command.end_writing(work, location.as_deref(), ending).await
}

fn next_steps(options: &RunOptions, labs: &[LabOutcome]) -> Vec<NextStep> {
    let Some(lab) = labs.first() else { return Vec::new() };
    let on = |verb: Verb| options.place.line_on(verb, Labs::named(std::slice::from_ref(&lab.name), None));
    let step = |verb: Verb, why: &str| NextStep { command: on(verb), why: why.to_owned() };
    if lab.state == LabState::Paused {
        return vec![step(Verb::Resume, "start what is paused")];
    }
    vec![step(Verb::Verify, "run the workshop's own checks"), step(Verb::Kubeconfig, "connect kubectl to the cluster")]
}
