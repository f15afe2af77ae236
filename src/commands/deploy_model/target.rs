//! What `deploy-model` is to do for a lab: the account, and the deployments on it.

use super::super::cure::{self, Whole};
use super::super::runner::{Command, Ending};
use super::super::work::Work;
use crate::follow_up::{Labs, Verb};
use crate::lab::ids;
use crate::lab::model::Choice;
use crate::lab::names;
use crate::lab::tags::Tags;
use crate::outcome::{ErrorReport, Exit, LabState};
use crate::preflight::survey::{Stop, SurveyOptions, survey_deployments};
use crate::recipe::error::Error as RecipeError;
use crate::recipe::{account, deployment, group, lease};
use crate::settings::{DeployModel, DeployModelSettings, DryRun};
use crate::values::{ModelSelection, ResourceKind};

/// The account of a lab, and where it is.
pub(super) struct Found {
    pub(super) name: String,
    pub(super) id: String,
    pub(super) location: String,
    pub(super) endpoint: Option<String>,
}

/// The lab's account.
pub(super) async fn account_of(work: &Work) -> Result<Option<Found>, RecipeError> {
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
pub(super) async fn shares(work: &Work) -> Result<Option<(String, String)>, RecipeError> {
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
pub(super) enum Target {
    /// Nothing: it has ended.
    Ended(Option<String>, Box<Ending>),
    /// To remove the deployment that was named.
    Remove(Found, String),
    /// To deploy these, of which azlab chose some itself.
    Put(Found, Vec<Choice>, Vec<ModelSelection>),
}

/// Looks at a lab, and chooses.
pub(super) async fn choose(command: &Command<'_>, settings: &DeployModelSettings, work: &Work) -> Target {
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
    let found = match command.limited(work, account_of(work)).await {
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
