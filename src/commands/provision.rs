//! `azlab provision`: looks at every lab, and only if all of them can be made, makes them.

use super::app_materials::makings;
use super::apply::apply_all;
use super::attendees;
use super::finished::Finished;
use super::model_question;
use super::placing;
use super::roster;
use super::run_options::RunOptions;
use super::runner::Command;
use super::session::Session;
use super::spending::Purse;
use super::subcommand::Subcommand;
use super::subscriptions;
use super::unfinished_swaps;
use crate::cli::provision::ProvisionArgs;
use crate::follow_up::{Labs, Verb};
use crate::lab::placement::OnFull;
use crate::outcome::NextStep;
use crate::outcome::cost::Cost;
use crate::outcome::{Exit, LabOutcome, LabState};
use crate::preflight::subscription;
use crate::settings::{DryRun, LabSource, ProvisionSettings, SettingsError};
use crate::values::Surroundings;

/// The subcommand's name.
pub(crate) const COMMAND: &str = "provision";

impl Subcommand for ProvisionSettings {
    type Args = ProvisionArgs;

    const NAME: &'static str = COMMAND;

    fn from_args(args: &ProvisionArgs, labs: &LabSource, _: &Surroundings) -> Result<Self, SettingsError> {
        Self::resolve(args, labs)
    }

    fn only_looks(&self) -> bool {
        self.apply().dry_run != DryRun::Off
    }

    async fn run(&self, session: &Session, options: &RunOptions) -> Finished {
        run(session, self, options).await
    }
}

/// Makes the labs, or finishes them.
pub async fn run(session: &Session, settings: &ProvisionSettings, options: &RunOptions) -> Finished {
    let specs = |subscription: &str| {
        let mut labs = settings.specs(subscription);
        for lab in &mut labs {
            if let Some(ttl) = settings.ttl() {
                lab.expire_after(session.clock().now(), ttl);
            }
        }
        labs
    };
    let mut command = match Command::connect(COMMAND, session, options).await {
        Ok(command) => command,
        Err(finished) => return *finished,
    };
    let (is_dry, skips) = (settings.apply().dry_run != DryRun::Off, settings.apply().skip_preflight);
    let mut labs = specs(session.azure.subscription());
    // What cannot be told of them is told by the placement.
    let places = subscriptions::of_placements(session, settings.labs()).await.unwrap_or_default();
    if let Err(finished) = attendees::settle_for(&command, &mut labs, &places, skips).await {
        return *finished;
    }
    if !is_dry && let Err(finished) = unfinished_swaps::finish(&mut command, settings.labs(), &labs).await {
        return *finished;
    }
    let (placed, left_out) = match placing::settle(&command, settings.labs(), labs, (skips, is_dry)).await {
        Ok(placed) => placed,
        Err(finished) => return *finished,
    };
    let (rows, mut labs) = (placed.rows, placed.labs);
    if let Err(finished) = attendees::in_place(&command, &mut labs, skips).await {
        return *finished;
    }
    if settings.apply().dry_run == DryRun::Off
        && let Err(finished) = model_question::settle(&command, &mut labs, settings.apply().adopt).await
    {
        return *finished;
    }
    let moves = settings.labs().on_full() == OnFull::Move && !is_dry;
    if let Some(chapter) = settings.with_app().filter(|_| !is_dry) {
        match makings(settings.labs()) {
            Ok(makings) => command.with_app = Some((chapter, makings)),
            Err(report) => return command.before_any_lab(report, Exit::Usage),
        }
    }
    command.has_places = !settings.labs().placements().is_empty();
    command.rooms = placed.rooms.filter(|_| moves);
    command.take(labs);
    roster::tell_unlisted(session, options, settings.labs()).await;
    let purse = Purse { spending: settings.spending(), class: settings.labs().whole_class() };
    let mut outcomes = match apply_all(&command, &settings.apply(), Some(&purse)).await {
        Ok(outcomes) => outcomes,
        Err(refused) => return *refused,
    };
    if command.has_places
        && let Some(closed) = beside_open(&mut command, &outcomes)
    {
        outcomes = match apply_all(&command, &settings.apply(), Some(&purse)).await {
            Ok(outcomes) => outcomes,
            Err(refused) => return *refused,
        };
        outcomes.extend(closed);
    }
    outcomes.extend(left_out.ended(&command));
    let cost = Cost::total(outcomes.iter().filter_map(|(lab, _)| lab.details.cost.as_ref()));
    let mut finished =
        command.finish(
            outcomes,
            |session, labs| if is_dry { Vec::new() } else { next_steps(session, options, settings.labs(), labs) },
        );
    finished.result.cost = cost;
    finished.result.placement = placing::shown(&rows);
    finished
}

/// The labs that were not begun because their subscription is disabled, where all others could have been: those stay in `command`,
/// to be made without them. `None` where that is not so.
fn beside_open(command: &mut Command<'_>, outcomes: &[(LabOutcome, Exit)]) -> Option<Vec<(LabOutcome, Exit)>> {
    let is_closed = |lab: &LabOutcome| lab.error.as_ref().is_some_and(|error| error.code == subscription::DISABLED);
    let is_unbegun = |lab: &LabOutcome| lab.changes.is_empty() && (is_closed(lab) || lab.error.is_none());
    let closed: Vec<_> = outcomes.iter().filter(|(lab, _)| is_closed(lab)).cloned().collect();
    if closed.is_empty() || closed.len() == outcomes.len() || !outcomes.iter().all(|(lab, _)| is_unbegun(lab)) {
        return None;
    }
    command.works.retain(|work| closed.iter().all(|(lab, _)| lab.name != work.lab.name));
    Some(closed)
}

/// Commands that work now, in the order in which people need them.
fn next_steps(session: &Session, options: &RunOptions, source: &LabSource, labs: &[LabOutcome]) -> Vec<NextStep> {
    let on = |verb: Verb| options.place.line_on(verb, source.meant());
    let step = |command: String, why: &str| NextStep { command, why: why.to_owned() };
    let is_one = labs.len() == 1;
    let paused: Vec<&LabOutcome> = labs.iter().filter(|lab| lab.state == LabState::Paused).collect();
    if !paused.is_empty() {
        let resume = options.place.line_on(Verb::Resume, paused.into_iter().collect::<Labs>());
        return vec![step(resume, "start what is paused")];
    }
    let mut next = vec![step(on(Verb::Verify), "run the workshop's own checks")];
    if is_one {
        next.push(step(on(Verb::Kubeconfig), "connect kubectl to the cluster"));
        next.push(step(format!("eval \"$({})\"", on(Verb::Env)), "set the workshop's shell variables"));
    }
    let away = if is_one { "tear the lab down" } else { "tear the labs down" };
    next.push(step(on(Verb::Teardown), &format!("{away}, when the workshop is over")));
    // The one line that leaves the sandbox, and says so.
    if session.is_sandbox
        && let Some(command) = options.place.again_on_azure()
    {
        next.push(step(command, "the same on Azure (after az login)"));
    }
    next
}
