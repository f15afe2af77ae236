//! `azlab deploy-model`: adds, changes or removes a deployment on a lab's account, or lists what can be deployed.
mod list;
mod target;

use futures::future::join_all;
use http::Method;

use super::apply::{failed, told};
use super::deleted_meanwhile;
use super::find::{self, Which};
use super::finished::Finished;
use super::model_question;
use super::model_shortage;
use super::refused;
use super::run_options::RunOptions;
use super::runner::{Command, Ending};
use super::selections;
use super::session::Session;
use super::subcommand::Subcommand;
use super::work::Work;
use crate::azure::error::{Error as AzureError, ServiceError};
use crate::cli::deploy_model::DeployModelArgs;
use crate::events::noting_waits;
use crate::lab::ids;
use crate::lab::model::Choice;
use crate::outcome::NextStep;
use crate::outcome::plan::PlannedAction;
use crate::outcome::{Action, Exit, LabOutcome, LabState, Outputs};
use crate::preflight::refusals::{Does, Writes};
use crate::recipe::deployment::Deployment;
use crate::recipe::ensure::ensure;
use crate::recipe::error::Error as RecipeError;
use crate::recipe::step::Step;
use crate::recipe::{deployment_deletion, lease, plan};
use crate::settings::{DeployModel, DeployModelSettings, DryRun, LabSource, SettingsError};
use crate::values::{ResourceKind, Surroundings};

use list::list;
use target::{Found, Target};

/// The subcommand's name.
pub(crate) const COMMAND: &str = "deploy-model";

impl Subcommand for DeployModelSettings {
    type Args = DeployModelArgs;

    const NAME: &'static str = COMMAND;

    fn from_args(args: &DeployModelArgs, labs: &LabSource, _: &Surroundings) -> Result<Self, SettingsError> {
        Self::resolve(args, labs)
    }

    fn only_looks(&self) -> bool {
        self.dry_run() != DryRun::Off
    }

    async fn run(&self, session: &Session, options: &RunOptions) -> Finished {
        run(session, self, options).await
    }
}

/// Adds, changes, removes or lists.
pub async fn run(session: &Session, settings: &DeployModelSettings, options: &RunOptions) -> Finished {
    let (mut command, mut labs) = match find::look(COMMAND, session, options, settings.labs(), Which::Meant).await {
        Ok(found) => found,
        Err(finished) => return *finished,
    };
    let is_put = matches!(settings.what(), DeployModel::Put) && settings.dry_run() == DryRun::Off;
    if is_put && let Err(finished) = model_question::settle(&command, &mut labs, false).await {
        return *finished;
    }
    command.take(labs);
    if matches!(settings.what(), DeployModel::List) {
        return list(&command).await;
    }
    let targets = join_all(command.works.iter().map(|work| target::choose(&command, settings, work))).await;
    let selected = targets.iter().map(|target| match target {
        Target::Put(_, _, selections) => selections.clone(),
        _ => Vec::new(),
    });
    selections::tell(&command, selected.collect());
    let works = command.works.iter().zip(targets);
    let ended = join_all(works.map(|(work, target)| one(&command, settings, work, target))).await;
    command.finish(ended, next_steps)
}

async fn one(command: &Command<'_>, settings: &DeployModelSettings, work: &Work, target: Target) -> (LabOutcome, Exit) {
    let (found, ending) = match target {
        Target::Ended(location, ending) => return command.outcome(work, location.as_deref(), *ending),
        Target::Put(found, choices, _) => {
            let ending = put(command, settings, work, &found, choices).await;
            (found, ending)
        }
        Target::Remove(found, name) => {
            let how = settings.dry_run();
            let id = ids::deployment(&found.id, &name);
            let gone = || async { Ok(Writes::listed([(ResourceKind::ModelDeployment, id, Does::Delete)])) };
            if how == DryRun::Off
                && let Some(refused) = refused::foreseen(command, work, gone).await
            {
                return command.end_writing(work, Some(&found.location), refused).await;
            }
            let removing = async {
                if how == DryRun::Off {
                    remove(work, &found, &name).await?;
                    // A lab without a deployment that it should have is not ready, as asked as that may be.
                    let is_missed = work.lab.deployments.iter().any(|one| ids::same(&one.name, &name));
                    let state = if is_missed { LabState::Incomplete } else { LabState::Ready };
                    return Ok(Ending::done(state, outputs(&found, None)));
                }
                look_for(work, &found, &name).await?;
                Ok(told(how, vec![plan::removal(&found.id, &name)], true, outputs(&found, None)))
            };
            let ending = command.limited(work, removing).await.unwrap_or_else(|error| Ending::failed(&error));
            (found, ending)
        }
    };
    command.end_writing(work, Some(&found.location), ending).await
}

async fn put(
    command: &Command<'_>,
    settings: &DeployModelSettings,
    work: &Work,
    found: &Found,
    choices: Vec<Choice>,
) -> Ending {
    let (ctx, lab) = (&work.ctx, &work.lab);
    let name = lab.deployments.first().map(|deployment| deployment.name.clone());
    let mut plan = Vec::new();
    if settings.dry_run() == DryRun::Off
        && let Some(refused) = refused::foreseen(command, work, || to_write(work, found, &choices)).await
    {
        return refused;
    }
    for (spec, choice) in lab.deployments.iter().zip(choices) {
        let deployment = Deployment::new(&lab.group, &found.name, &found.id, spec, choice.clone());
        let doing = async {
            match settings.dry_run() {
                DryRun::Off => ensure(ctx, &deployment).await.map(|_| None),
                _ => plan::resource(ctx, &deployment).await.map(Some),
            }
        };
        match command.limited(work, doing).await {
            Ok(told) => plan.extend(told),
            Err(error) => {
                let mut ending = failed(work, &found.location, &error).await;
                let advice = match deleted_meanwhile::advice(command, work, &error).await {
                    Some(advice) => Some(advice),
                    None => model_shortage::advice(command, work, &found.location, (&spec.name, &choice), &error).await,
                };
                if let (Some(report), Some(advice)) = (&mut ending.error, advice) {
                    report.hint = Some(advice);
                }
                return ending;
            }
        }
    }
    match settings.dry_run() {
        DryRun::Off => Ending::done(LabState::Ready, outputs(found, name)),
        how => told(how, plan, true, outputs(found, name)),
    }
}

/// What [`put`] would write.
async fn to_write(work: &Work, found: &Found, choices: &[Choice]) -> Result<Writes, RecipeError> {
    let lab = &work.lab;
    let mut all = Vec::new();
    for (spec, choice) in lab.deployments.iter().zip(choices) {
        let deployment = Deployment::new(&lab.group, &found.name, &found.id, spec, choice.clone());
        let change = plan::resource(&work.ctx, &deployment).await?;
        if change.action != PlannedAction::Keep {
            all.push((change.resource, change.id, Does::Write));
        }
    }
    Ok(Writes::listed(all))
}

fn outputs(found: &Found, deployment: Option<String>) -> Outputs {
    Outputs {
        openai_account: Some(found.name.clone()),
        openai_endpoint: found.endpoint.clone(),
        openai_deployment: deployment,
        ..Outputs::default()
    }
}

/// Removes a deployment; one that is not there is an error, for a slip of the pen would otherwise pass for done.
async fn remove(work: &Work, found: &Found, name: &str) -> Result<(), RecipeError> {
    let (ctx, lab) = (&work.ctx, &work.lab);
    let id = ids::deployment(&found.id, name);
    let wrap = |error: AzureError| RecipeError::azure(ResourceKind::ModelDeployment, name, &id, error);
    let step = Step::begin(ctx, ResourceKind::ModelDeployment, name);
    lease::take_before(ctx).await?;
    let deleting = Box::pin(deployment_deletion::delete(ctx, &lab.group, &found.name, &found.id, name));
    let (deleted, waits) = noting_waits(lease::take_beside(ctx, deleting)).await;
    deleted.map_err(wrap)?;
    step.finish(&id, Action::Deleted, waits);
    Ok(())
}

/// A dry run's side of [`remove`]: what is not there is the same error.
async fn look_for(work: &Work, found: &Found, name: &str) -> Result<(), RecipeError> {
    let id = ids::deployment(&found.id, name);
    let seen = work.ctx.azure.deployment(&work.lab.group, &found.name, name).await;
    let absent = || AzureError::from(ServiceError::absent(Method::DELETE, &id));
    seen.and_then(|seen| seen.map(|_| ()).ok_or_else(absent))
        .map_err(|error| RecipeError::azure(ResourceKind::ModelDeployment, name, &id, error))
}

fn next_steps(_: &Session, _: &[LabOutcome]) -> Vec<NextStep> {
    Vec::new()
}
