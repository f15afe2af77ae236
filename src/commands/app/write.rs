//! `app deploy`, `connect`, `goto` and `remove`.

use futures::future::join_all;

use super::super::app_materials::makings;
use super::super::find::{self, Which};
use super::super::finished::Finished;
use super::super::refused;
use super::super::run_options::RunOptions;
use super::super::runner::{Command, Ending};
use super::super::session::Session;
use super::super::work::Work;
use super::access::{LIST_CREDENTIALS, enter, running};
use super::ended;
use super::materials::LabMaterials;
use crate::app::components::{AI, Makings};
use crate::app::connect::{self, connect};
use crate::app::deploy::{How, put};
use crate::app::manifest::Manifest;
use crate::app::stage::{self, Parts};
use crate::app::{remove as removing, wait};
use crate::follow_up::{FollowUp, Verb};
use crate::kubernetes::{Cluster, Error as KubernetesError};
use crate::lab::chapter::{AppAuth, Chapter};
use crate::outcome::app::{AppAction, AppReport, AppState, ObjectReport};
use crate::outcome::{ErrorReport, Exit, LabOutcome, LabState, NextStep};
use crate::preflight::refusals::{Does, Writes};
use crate::recipe::error::Error as RecipeError;
use crate::settings::{AppSettings, AppWriting, DryRun};
use crate::values::ResourceKind;

/// The action by which an account gives its keys, a POST too.
const LIST_KEYS: &str = "Microsoft.CognitiveServices/accounts/listKeys/action";

/// What is to be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Goal {
    /// The store demo.
    Store,
    /// The ai-service, connected by this.
    Connected(AppAuth),
    /// What the workshop's text has made where it begins this chapter, and nothing else of azlab's.
    Chapter(Chapter),
}

/// Brings the applications of the labs there.
pub(super) async fn run(
    name: &'static str,
    session: &Session,
    settings: &AppSettings,
    options: &RunOptions,
    how: AppWriting,
    goal: Goal,
) -> Finished {
    let command = match find::begin(name, session, options, settings.labs(), Which::Meant).await {
        Ok(command) => command,
        Err(finished) => return *finished,
    };
    let makings = match makings(settings.labs()) {
        Ok(makings) => makings,
        Err(report) => return command.before_any_lab(report, Exit::Usage),
    };
    let one = async |work: &Work| {
        let ending = bring(&command, work, &makings, settings.names_deployment(), goal, how).await;
        command.outcome(work, None, ending)
    };
    let ended = join_all(command.works.iter().map(one)).await;
    let is_dry = how.dry_run != DryRun::Off;
    command.finish(ended, |_, labs| if is_dry { Vec::new() } else { next_steps(options, goal, labs) })
}

/// Brings one lab's application there.
pub(crate) async fn bring(
    command: &Command<'_>,
    work: &Work,
    makings: &Makings,
    names_deployment: bool,
    goal: Goal,
    how: AppWriting,
) -> Ending {
    match prepared(command, work, names_deployment, goal).await {
        Ok((cluster, ai, identity)) => {
            let parts = Parts { makings, ai, identity };
            let doing = async { do_it(command, work, &cluster, &parts, goal, how).await };
            let of_cluster = |error| RecipeError::kubernetes(&work.lab.cluster.name, &work.lab.cluster_id(), error);
            let done = command.limited(work, async { doing.await.map_err(of_cluster) }).await;
            done.unwrap_or_else(|error| Ending::failed(&error))
        }
        Err(ending) => *ending,
    }
}

type Prepared = (Cluster, Option<(connect::Model, connect::Means)>, Option<(String, String)>);

/// The cluster, and what the ai-service is made from, where the goal has one.
async fn prepared(
    command: &Command<'_>,
    work: &Work,
    names_deployment: bool,
    goal: Goal,
) -> Result<Prepared, Box<Ending>> {
    let auth = match goal {
        Goal::Store => None,
        Goal::Connected(auth) => Some(auth),
        Goal::Chapter(chapter) => chapter.stage().ai_service,
    };
    let Some(auth) = auth else { return Ok((reach_to_write(command, work).await?, None, None)) };
    let materials = LabMaterials::look(command, work, names_deployment).await?;
    let found = running(command, work).await?;
    let key = materials.account_id().filter(|_| auth == AppAuth::Key);
    foresee(command, work, key).await?;
    let model = materials.model(command, work, auth).await?;
    let identity = match goal {
        Goal::Chapter(chapter) if chapter.stage().service_account => Some(materials.identity(command, work)?),
        _ => None,
    };
    Ok((enter(command, work, &found).await?, Some(model), identity))
}

/// The lab's cluster, once it is known that nothing of Azure's keeps azlab from it.
async fn reach_to_write(command: &Command<'_>, work: &Work) -> Result<Cluster, Box<Ending>> {
    let found = running(command, work).await?;
    foresee(command, work, None).await?;
    enter(command, work, &found).await
}

/// Looks whether a lock or a deny assignment refuses the credentials of the cluster, and the keys of the account `key`.
async fn foresee(command: &Command<'_>, work: &Work, key: Option<&str>) -> Result<(), Box<Ending>> {
    let credentials = (ResourceKind::Cluster, work.lab.cluster_id(), Does::Act(LIST_CREDENTIALS));
    let keys = key.map(|id| (ResourceKind::OpenaiAccount, id.to_owned(), Does::Act(LIST_KEYS)));
    let asked = || async { Ok(Writes::listed(std::iter::once(credentials).chain(keys))) };
    refused::foreseen(command, work, asked).await.map_or(Ok(()), |ending| Err(Box::new(ending)))
}

async fn do_it(
    command: &Command<'_>,
    work: &Work,
    cluster: &Cluster,
    parts: &Parts<'_>,
    goal: Goal,
    writing: AppWriting,
) -> Result<Ending, KubernetesError> {
    let (events, place) = (&work.ctx.events, &command.options.place);
    let is_dry = writing.dry_run != DryRun::Off;
    let how = How { is_dry, force: writing.force, adopts: false };
    let (objects, meant) = match (goal, &parts.ai) {
        (Goal::Store, _) => {
            let wanted = parts.makings.store();
            (put(cluster, &wanted, how, events).await?, names(&wanted))
        }
        (Goal::Connected(_), Some((model, means))) => {
            (connect(cluster, model, means, parts.makings, how, events).await?, vec![AI.to_owned()])
        }
        (Goal::Chapter(chapter), _) => {
            let wanted = stage::objects(chapter.stage(), parts);
            (stage::reach(cluster, &wanted, how, events).await?, names(&wanted))
        }
        (Goal::Connected(_), None) => unreachable!("what is connected was looked for"),
    };
    if is_dry {
        return Ok(planned(cluster, objects, writing.dry_run));
    }
    let left = match is_without_key(goal) {
        true => connect::left_over(cluster).await?,
        false => Vec::new(),
    };
    let is_kept = objects.iter().any(|one| one.action == AppAction::Kept);
    let report = if writing.waits && left.is_empty() && !is_kept {
        let is_meant = |name: &str| meant.iter().any(|one| one == name);
        wait::until_ready(cluster, &work.lab, place, events, is_meant).await?
    } else {
        AppReport { namespace: cluster.namespace().to_owned(), state: AppState::Ready, ..AppReport::default() }
    };
    let report = AppReport { objects, ..report };
    let mut ending = ended::ending(report, &work.lab.cluster_id(), place);
    if !left.is_empty() && !is_kept {
        ending = key_remains(command, work, &left, ending);
    }
    Ok(ending)
}

/// Whether there must be no key where that goal is reached.
fn is_without_key(goal: Goal) -> bool {
    match goal {
        Goal::Store => false,
        Goal::Connected(auth) => auth == AppAuth::WorkloadIdentity,
        Goal::Chapter(chapter) => chapter.stage().ai_service == Some(AppAuth::WorkloadIdentity),
    }
}

/// What makes Pods of what is wanted.
fn names(wanted: &[Manifest]) -> Vec<String> {
    let workloads = wanted.iter().map(|one| &one.object).filter(|one| one.kind().is_workload());
    workloads.map(|one| one.name().to_owned()).collect()
}

/// The end of a dry run.
fn planned(cluster: &Cluster, objects: Vec<ObjectReport>, how: DryRun) -> Ending {
    let is_same = objects.iter().all(|one| one.action == AppAction::Unchanged);
    let exit = if how == DryRun::ExitCode && !is_same { Exit::Differs } else { Exit::Done };
    let state = if is_same { LabState::Ready } else { LabState::Incomplete };
    let report = AppReport { namespace: cluster.namespace().to_owned(), objects, ..AppReport::default() };
    ended::told(report, state, exit, None)
}

/// The end of a lab whose ai-service still has a key, although it is to sign in without one.
fn key_remains(command: &Command<'_>, work: &Work, left: &[String], ending: Ending) -> Ending {
    let force = FollowUp::new(Verb::AppConnect).with(["--auth", AppAuth::WorkloadIdentity.word(), "--force"]);
    let message = format!("the ai-service is not without a key yet: {}", left.join("; "));
    let error = ErrorReport { resource: Some(work.lab.cluster_id()), ..ErrorReport::new("KeyRemains", message) }
        .hint(format!("somebody else has set that; take it over: {}", command.line(force, work)));
    Ending { state: LabState::Incomplete, exit: Exit::LabFailed, error: Some(error), ..ending }
}

/// Deletes what azlab has put onto the labs' clusters.
pub(super) async fn remove(
    name: &'static str,
    session: &Session,
    settings: &AppSettings,
    options: &RunOptions,
    dry_run: DryRun,
) -> Finished {
    let command = match find::begin(name, session, options, settings.labs(), Which::Meant).await {
        Ok(command) => command,
        Err(finished) => return *finished,
    };
    let is_dry = dry_run != DryRun::Off;
    let one = async |work: &Work| {
        let ending = match reach_to_write(&command, work).await {
            Ok(cluster) => {
                let of_cluster = |error| RecipeError::kubernetes(&work.lab.cluster.name, &work.lab.cluster_id(), error);
                let how = How { is_dry, ..How::default() };
                let events = &work.ctx.events;
                let doing = async { removing::remove(&cluster, how, events, |_, _| false).await.map_err(of_cluster) };
                match command.limited(work, doing).await {
                    Ok(objects) if is_dry => planned(&cluster, objects, dry_run),
                    Ok(objects) => {
                        let namespace = cluster.namespace().to_owned();
                        let report = AppReport { namespace, objects, ..AppReport::default() };
                        ended::told(report, LabState::Ready, Exit::Done, None)
                    }
                    Err(error) => Ending::failed(&error),
                }
            }
            Err(ending) => *ending,
        };
        command.outcome(work, None, ending)
    };
    let ended = join_all(command.works.iter().map(one)).await;
    command.finish(ended, |_, _| Vec::new())
}

/// What comes next in the workshop.
fn next_steps(options: &RunOptions, goal: Goal, labs: &[LabOutcome]) -> Vec<NextStep> {
    let on = |verb: Verb, words: &[&str]| {
        options
            .place
            .line(&FollowUp::new(verb).with(words.iter().copied()).on(labs.iter().collect::<crate::follow_up::Labs>()))
    };
    let step = |command: String, why: &str| NextStep { command, why: why.to_owned() };
    let url = || step(on(Verb::AppUrl, &[]), "open the store's admin page");
    let connect = |auth: AppAuth| on(Verb::AppConnect, &["--auth", auth.word()]);
    match goal {
        Goal::Store => vec![url(), step(connect(AppAuth::Key), "add the ai-service, with the account's key")],
        Goal::Connected(AppAuth::Key) => {
            vec![url(), step(connect(AppAuth::WorkloadIdentity), "sign in without a key")]
        }
        Goal::Connected(AppAuth::WorkloadIdentity) => {
            vec![url(), step(on(Verb::Verify, &[]), "run the workshop's own checks, the application's among them")]
        }
        Goal::Chapter(_) => vec![step(on(Verb::AppStatus, &[]), "see each part of the application")],
    }
}
