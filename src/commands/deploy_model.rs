//! `azlab deploy-model`: adds, changes or removes a deployment on a lab's account, or lists what can be deployed.

use futures::future::join_all;
use http::Method;

use super::apply::{failed, told};
use super::cure::{self, Whole};
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
use crate::azure::client::Azure;
use crate::azure::error::{Error as AzureError, ServiceError};
use crate::cli::deploy_model::DeployModelArgs;
use crate::events::{EventKind, noting_waits};
use crate::follow_up::{Labs, Verb};
use crate::hints;
use crate::lab::ids;
use crate::lab::model::{Choice, Offer, deployable};
use crate::lab::names;
use crate::lab::tags::Tags;
use crate::outcome::NextStep;
use crate::outcome::plan::PlannedAction;
use crate::outcome::{Action, Change, ErrorReport, Exit, LabOutcome, LabState, ModelEntry, Outputs};
use crate::preflight::model;
use crate::preflight::refusals::{Does, Writes};
use crate::preflight::survey::{Stop, SurveyOptions, survey_deployments};
use crate::recipe::deployment::{self, Deployment};
use crate::recipe::ensure::ensure;
use crate::recipe::error::Error as RecipeError;
use crate::recipe::{account, group, lease, plan};
use crate::settings::{DeployModel, DeployModelSettings, DryRun, LabSource, SettingsError};
use crate::values::{ModelSelection, ResourceKind, Surroundings};

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

/// The account of a lab, and where it is.
struct Found {
    name: String,
    id: String,
    location: String,
    endpoint: Option<String>,
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
    let targets = join_all(command.works.iter().map(|work| target(&command, settings, work))).await;
    let selected = targets.iter().map(|target| match target {
        Target::Put(_, _, selections) => selections.clone(),
        _ => Vec::new(),
    });
    selections::tell(&command, selected.collect());
    let works = command.works.iter().zip(targets);
    let ended = join_all(works.map(|(work, target)| one(&command, settings, work, target))).await;
    command.finish(ended, next_steps)
}

/// The lab's account.
async fn find(work: &Work) -> Result<Option<Found>, RecipeError> {
    let (azure, lab) = (&work.ctx.azure, &work.lab);
    let wrap = |error| RecipeError::azure(ResourceKind::ResourceGroup, &lab.group, &lab.group_id(), error);
    let Some(found) = azure.group(&lab.group).await.map_err(wrap)? else { return Ok(None) };
    group::claim(&found, lab, false)?;
    let accounts = azure.accounts(&lab.group).await.map_err(wrap)?;
    let Some(name) = account::existing(lab, &accounts) else { return Ok(None) };
    let is_it = |account: &&crate::azure::accounts::Account| {
        account.azure_entity_resource.resource.name.as_deref().is_some_and(|known| ids::same(known, &name))
    };
    Ok(accounts.iter().find(is_it).map(|state| Found {
        id: ids::account(&lab.subscription, &lab.group, &name),
        location: names::location(state.location.as_deref().unwrap_or_default()).unwrap_or_default(),
        endpoint: account::endpoint(state).map(str::to_owned),
        name,
    }))
}

/// The group of the account that the lab shares with others, if it does, and where the lab is.
async fn shares(work: &Work) -> Result<Option<(String, String)>, RecipeError> {
    let (azure, lab) = (&work.ctx.azure, &work.lab);
    let wrap = |error| RecipeError::azure(ResourceKind::ResourceGroup, &lab.group, &lab.group_id(), error);
    let Some(found) = azure.group(&lab.group).await.map_err(wrap)? else { return Ok(None) };
    let mut settled = lab.clone();
    settled.settle_account(&Tags::read(found.tags.as_ref()));
    let location = names::location(&found.location).unwrap_or_default();
    Ok(settled.shared_group(&location).map(|group| (group, location)))
}

/// The end of a lab whose account is others' too: what is deployed there, all of them have.
fn shared(command: &Command<'_>, work: &Work, group: &str) -> Ending {
    let lab = &work.lab;
    let make = command.options.place.line_on(Verb::Provision, Labs::all());
    let message = format!(
        "the lab {} shares its OpenAI account (resource group {group}) with others: what is deployed there, all of them have, and \
         nothing was changed",
        lab.name
    );
    let error = ErrorReport {
        resource: Some(lab.group_id()),
        ..ErrorReport::new("SharedAccount", message)
            .hint(format!("change [[deployments]], or per_lab in [openai], in azlab.toml; then: {make}"))
    };
    Ending::refused(LabState::Ready, error, Exit::Usage)
}

/// The end of a lab without an account: nothing of it is there, or it lacks what it should have.
async fn not_found(command: &Command<'_>, work: &Work) -> Ending {
    let lab = &work.lab;
    let (what, cure) = cure::cure(cure::whole(work).await.unwrap_or(Whole::Absent), false);
    let cure = format!("{what} first: {}", command.line(cure, work));
    let what = match &lab.account.name {
        Some(name) => format!("there is no OpenAI account {name} in the resource group {}", lab.group),
        None => format!("there is no OpenAI account in the resource group {}", lab.group),
    };
    let error = ErrorReport {
        resource: Some(lab.group_id()),
        ..ErrorReport::new("ResourceNotFound", what)
            .hint(format!("{cure}; or name another: --lab, --resource-group, --account"))
    };
    Ending::refused(LabState::Absent, error, Exit::NotFound)
}

/// What there is to do for a lab.
enum Target {
    /// Nothing: it has ended.
    Ended(Option<String>, Box<Ending>),
    /// To remove the deployment that was named.
    Remove(Found, String),
    /// To deploy these, of which azlab chose some itself.
    Put(Found, Vec<Choice>, Vec<ModelSelection>),
}

/// Looks at a lab, and chooses.
async fn target(command: &Command<'_>, settings: &DeployModelSettings, work: &Work) -> Target {
    if settings.dry_run() == DryRun::Off
        && let Err(error) = command.limited(work, lease::admit(&work.ctx)).await
    {
        return Target::Ended(None, Box::new(Ending::failed(&error)));
    }
    match command.limited(work, shares(work)).await {
        Ok(Some((group, location))) => return Target::Ended(Some(location), Box::new(shared(command, work, &group))),
        Ok(None) => {}
        Err(error) => return Target::Ended(None, Box::new(Ending::failed(&error))),
    }
    let found = match command.limited(work, find(work)).await {
        Ok(Some(found)) => found,
        Ok(None) => return Target::Ended(None, Box::new(not_found(command, work).await)),
        Err(error) => return Target::Ended(None, Box::new(Ending::failed(&error))),
    };
    if let DeployModel::Remove(name) = settings.what() {
        return Target::Remove(found, name.to_owned());
    }
    let (ctx, lab) = (&work.ctx, &work.lab);
    if let Some(version) = settings.version()
        && let Some(ending) = moved_past(command, work, &found, version).await
    {
        return Target::Ended(Some(found.location), Box::new(ending));
    }
    let options = SurveyOptions { skip_checks: settings.skip_preflight(), ..SurveyOptions::default() };
    let survey =
        async { Ok(survey_deployments(&ctx.azure, &ctx.events, lab, &options, &found.name, &found.location).await) };
    match command.limited(work, survey).await.unwrap_or_else(|error| Err(Stop::Lab(error))) {
        Ok((choices, selections)) => Target::Put(found, choices, selections),
        Err(stop) => Target::Ended(Some(found.location), Box::new(Ending::stopped(&stop, &command.options.place))),
    }
}

/// The end of a lab whose deployment the service moves to younger versions by itself, where an older one was named on the
/// command line; `None` if nothing speaks against the version, or the deployment cannot be read, which is told by what follows.
async fn moved_past(command: &Command<'_>, work: &Work, found: &Found, version: &str) -> Option<Ending> {
    let (azure, lab) = (&work.ctx.azure, &work.lab);
    let spec = lab.deployments.first()?;
    let reading = async { Ok(azure.deployment(&lab.group, &found.name, &spec.name).await) };
    let state = command.limited(work, reading).await.ok()?.ok()??;
    let (has, option) = deployment::moved_past(&state, &spec.model)?;
    let name = &spec.name;
    let error = ErrorReport {
        resource: Some(ids::deployment(&found.id, name)),
        ..ErrorReport::new(
            "VersionMovesByItself",
            format!(
                "the deployment {name} has version {} of {}, and Azure moves it to younger versions by itself \
                 ({option}): it would not stay at the older version {version}; nothing was changed",
                has.version, has.model
            ),
        )
        .hint(format!(
            "leave out --model-version to keep {}; for the older version, turn automatic upgrades off (ai.azure.com, \
             Deployments, {name}, Edit, version update policy), then run the same command again",
            has.version
        ))
    };
    Some(Ending::refused(LabState::Incomplete, error, Exit::Preflight))
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
    let began = ctx.clock().now();
    ctx.events.emit(EventKind::ResourceStarted { resource: ResourceKind::ModelDeployment, name: name.to_owned() });
    lease::take_before(ctx).await?;
    let deleting = deployment::delete(ctx, &lab.group, &found.name, &found.id, name);
    let (deleted, waits) = noting_waits(lease::take_beside(ctx, deleting)).await;
    deleted.map_err(wrap)?;
    let limits = ctx.events.waits(waits);
    let elapsed_s = ctx.clock().since(began).as_secs_f64();
    let (resource, action) = (ResourceKind::ModelDeployment, Action::Deleted);
    let event =
        EventKind::ResourceFinished { resource, name: name.to_owned(), id: id.clone(), action, elapsed_s, limits };
    ctx.events.emit(event);
    ctx.ledger.finished(name, Change { resource, id, action, elapsed_s });
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

/// What can be deployed in the labs' regions now.
async fn list(command: &Command<'_>) -> Finished {
    let mut regions: Vec<(&Azure, String)> = Vec::new();
    for work in &command.works {
        let looking = async {
            match shares(work).await? {
                Some((_, location)) => Ok(Some(location)),
                None => Ok(find(work).await?.map(|found| found.location)),
            }
        };
        let region = match command.limited(work, looking).await {
            Ok(Some(location)) => location,
            // A lab that is still to be made: where it will be.
            Ok(None) => work.lab.location.clone().unwrap_or_else(|| crate::lab::spec::DEFAULT_LOCATION.to_owned()),
            Err(error) => return command.before_any_lab(hints::report(&error), hints::exit_of(&error)),
        };
        let azure = &work.ctx.azure;
        if !regions.iter().any(|(known, name)| known.subscription() == azure.subscription() && *name == region) {
            regions.push((azure, region));
        }
    }
    let mut models = Vec::new();
    for (azure, region) in &regions {
        match model::read(azure, region).await {
            Ok((offers, _)) => {
                let open = deployable(&offers, command.session.clock().now());
                models.extend(open.iter().map(|offer| entry(region, offer)));
            }
            Err(error) => {
                return command.before_any_lab(hints::report_azure(&error, None), hints::exit_of_azure(&error));
            }
        }
    }
    let mut finished = command.finish(Vec::new(), |_, _| Vec::new());
    finished.result.labs = None;
    finished.result.models = Some(models);
    finished
}

fn entry(location: &str, offer: &Offer) -> ModelEntry {
    ModelEntry {
        location: location.to_owned(),
        model: offer.model.clone(),
        version: offer.version.clone(),
        sku: offer.sku.clone(),
        free: offer.free,
        deployable_until: offer.deployable_until.map(|until| until.date().to_string()),
    }
}

fn next_steps(_: &Session, _: &[LabOutcome]) -> Vec<NextStep> {
    Vec::new()
}
