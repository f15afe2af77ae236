//! `azlab cost`: what labs cost an hour and until they expire.

use futures::future::join_all;

use super::find::{self, Which};
use super::finished::Finished;
use super::run_options::RunOptions;
use super::runner::{Command, Ending};
use super::session::Session;
use super::spending;
use super::subcommand::Subcommand;
use super::work::Work;
use crate::cli::cost::CostArgs;
use crate::outcome::cost::Cost;
use crate::outcome::{Exit, LabState, NextStep, Outputs};
use crate::preflight::bill::{self, Bill};
use crate::recipe::error::Error as RecipeError;
use crate::settings::{CostSettings, LabSource, SettingsError};
use crate::values::Surroundings;

/// The subcommand's name.
pub(crate) const COMMAND: &str = "cost";

impl Subcommand for CostSettings {
    type Args = CostArgs;

    const NAME: &'static str = COMMAND;

    fn from_args(args: &CostArgs, labs: &LabSource, _: &Surroundings) -> Result<Self, SettingsError> {
        Self::resolve(args, labs)
    }

    fn only_looks(&self) -> bool {
        true
    }

    async fn run(&self, session: &Session, options: &RunOptions) -> Finished {
        run(session, self, options).await
    }
}

/// What was found of a lab: its bill, or why there is none.
type Looked = Result<Option<Bill>, RecipeError>;

async fn run(session: &Session, settings: &CostSettings, options: &RunOptions) -> Finished {
    let command = match find::begin(COMMAND, session, options, settings.labs(), Which::All).await {
        Ok(command) => command,
        Err(finished) => return *finished,
    };
    command.look_together();
    let looks = command.works.iter().map(|work| command.limited(work, bill::look(&work.ctx.azure, &work.lab)));
    let looks: Vec<Looked> = join_all(looks).await;
    let now = session.clock().now();
    // What the file lists has a price before it exists; a name that nothing knows is a slip of the pen.
    let is_planned = settings.labs().file().is_some() || !settings.labs().given();
    let bills: Vec<Option<Bill>> = command
        .works
        .iter()
        .zip(&looks)
        .map(|(work, look)| match look {
            Ok(Some(bill)) => Some(bill.clone()),
            Ok(None) if is_planned => Some(Bill::of_spec(&work.lab, now)),
            _ => None,
        })
        .collect();
    let costs = match spending::priced(session, settings.currency(), &bills).await {
        Ok(costs) => costs,
        Err(error) => {
            let (report, exit) = error.told();
            return command.before_any_lab(report, exit);
        }
    };
    let ended = command.works.iter().zip(looks).zip(&costs).map(|((work, look), cost)| {
        let (location, ending) = ending(&command, work, look, cost.clone());
        command.outcome(work, location.as_deref(), ending)
    });
    let mut finished = command.finish(ended.collect(), |_, _| Vec::<NextStep>::new());
    finished.result.cost = Cost::total(costs.iter().flatten());
    finished
}

fn ending(command: &Command<'_>, work: &Work, look: Looked, cost: Option<Cost>) -> (Option<String>, Ending) {
    let (state, location) = match look {
        Ok(Some(bill)) => {
            let state = if bill.is_paused() { LabState::Paused } else { LabState::Ready };
            (state, Some(bill.location().to_owned()))
        }
        Ok(None) if cost.is_some() => (LabState::Absent, None),
        Ok(None) => {
            let report = find::not_found(&work.lab, &command.options.place);
            return (None, Ending::refused(LabState::Absent, report, Exit::NotFound));
        }
        Err(error) => return (None, Ending::failed(&error)),
    };
    let mut ending = Ending::done(state, Outputs::default());
    ending.details.cost = cost;
    (location, ending)
}
