//! What `provision` and `reset` share: look at every lab, and only if all of them can be made, make them; or tell what
//! would be done.

use futures::future::join_all;

use super::labs::{Command, Ending, Work};
use crate::outcome::plan::{PlannedAction, PlannedChange};
use crate::outcome::{Details, Exit, LabOutcome, LabState, Outputs};
use crate::preflight::facts;
use crate::preflight::survey::{Stop, SurveyOptions, survey};
use crate::recipe::error::Error as RecipeError;
use crate::recipe::foresee;
use crate::recipe::inspection::inspect;
use crate::recipe::provision::{Plan, provision};
use crate::settings::{DryRun, Making};

/// The end of a lab for which `plan` was made; `exists` if there is something of it.
pub fn told(how: DryRun, plan: Vec<PlannedChange>, exists: bool, outputs: Outputs) -> Ending {
    let is_kept = plan.iter().all(|change| change.action == PlannedAction::Keep);
    let state = match (exists, is_kept) {
        (false, _) => LabState::Absent,
        (true, true) => LabState::Ready,
        (true, false) => LabState::Incomplete,
    };
    let exit = if how == DryRun::ExitCode && !is_kept { Exit::Differs } else { Exit::Done };
    Ending { exit, details: Details { plan: Some(plan), ..Details::default() }, ..Ending::done(state, outputs) }
}

/// Makes the labs of `command`, or tells what would be done.
pub async fn make_all(command: &Command<'_>, making: &Making) -> Vec<(LabOutcome, Exit)> {
    let works = &command.works;
    // A question is asked by the run that acts on the answer.
    let ask = command.options.ask.clone().filter(|_| making.dry_run == DryRun::Off);
    let options = SurveyOptions { adopt: making.adopt, skip_checks: making.skip_preflight, ask };
    // The whole class is looked at before the first write.
    let surveys = join_all(works.iter().map(|work| plan(command, work, &options))).await;
    if surveys.iter().any(Result::is_err) {
        let endings = surveys.into_iter().map(|survey| match survey {
            Ok(plan) => (Some(plan.location), Ending::untouched(plan.is_new)),
            // A question that was answered with Ctrl-C leaves its check failed.
            Err(Stop::Checks(_)) if command.session.stop.is_cancelled() => {
                (None, Ending::failed(&RecipeError::Interrupted))
            }
            Err(stop) => (None, Ending::stopped(&stop)),
        });
        let ended = works.iter().zip(endings);
        return ended.map(|(work, (location, ending))| command.outcome(work, location.as_deref(), ending)).collect();
    }
    let plans: Vec<Plan> = surveys.into_iter().flatten().collect();
    match making.dry_run {
        DryRun::Off => join_all(works.iter().zip(&plans).map(|(work, plan)| make(command, work, plan))).await,
        how => join_all(works.iter().zip(&plans).map(|(work, plan)| tell(command, work, plan, how))).await,
    }
}

async fn plan(command: &Command<'_>, work: &Work, options: &SurveyOptions) -> Result<Plan, Stop> {
    let looking = async { Ok(survey(&work.ctx.azure, &work.ctx.events, &work.lab, options).await) };
    command.limited(work, looking).await.unwrap_or_else(|error| Err(Stop::Lab(error)))
}

async fn make(command: &Command<'_>, work: &Work, plan: &Plan) -> (LabOutcome, Exit) {
    let ending = match command.limited(work, provision(&work.ctx, plan)).await {
        Ok(outputs) => Ending::done(LabState::Ready, outputs),
        Err(error) => failed(work, &plan.location, &error).await,
    };
    command.outcome(work, Some(&plan.location), ending)
}

/// A lab that failed, with what would be taken instead.
pub async fn failed(work: &Work, location: &str, error: &RecipeError) -> Ending {
    let mut ending = Ending::failed(error);
    if let (Some(report), Some(fact)) = (&mut ending.error, facts::about(&work.ctx.azure, location, error).await) {
        report.hint = Some(report.hint.as_ref().map_or_else(|| fact.clone(), |hint| format!("{hint}\n{fact}")));
    }
    ending
}

async fn tell(command: &Command<'_>, work: &Work, plan: &Plan, how: DryRun) -> (LabOutcome, Exit) {
    let looking = async {
        let inspection = inspect(&work.ctx, &plan.lab, Some(&plan.account)).await?;
        let changes = foresee::provision(&work.ctx, plan, &inspection).await?;
        Ok(told(how, changes, inspection.group.is_some(), inspection.outputs))
    };
    let ending = command.limited(work, looking).await.unwrap_or_else(|error| Ending::failed(&error));
    command.outcome(work, Some(&plan.location), ending)
}
