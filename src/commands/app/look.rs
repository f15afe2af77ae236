//! `app status` and `app url`.

use std::time::Duration;

use futures::future::join_all;

use super::super::find::{self, Which};
use super::super::finished::Finished;
use super::super::run_options::RunOptions;
use super::super::runner::{Command, Ending};
use super::super::session::Session;
use super::super::status::watching;
use super::super::work::Work;
use super::access::reach;
use super::ended;
use crate::app::address::{Address, wait_for};
use crate::app::look::look;
use crate::follow_up::{FollowUp, Labs, Verb};
use crate::outcome::app::{AppReport, AppState};
use crate::outcome::{ErrorReport, Exit, LabOutcome, LabState, NextStep};
use crate::recipe::error::Error as RecipeError;
use crate::settings::AppSettings;
use crate::values::Secret;

/// Shows each part, once or again and again.
pub(super) async fn status(
    session: &Session,
    settings: &AppSettings,
    options: &RunOptions,
    watch: Option<Duration>,
    exit_code: bool,
) -> Finished {
    watching(session, options, watch, async || once(session, settings, options, exit_code).await).await
}

async fn once(session: &Session, settings: &AppSettings, options: &RunOptions, exit_code: bool) -> Finished {
    let command = match find::begin("app status", session, options, settings.labs(), Which::Meant).await {
        Ok(command) => command,
        Err(finished) => return *finished,
    };
    let one = async |work: &Work| {
        let ending = match seen(&command, work).await {
            Ok(report) => {
                let is_well = report.state == AppState::Ready;
                let exit = if exit_code && !is_well { Exit::Differs } else { Exit::Done };
                let state = ended::state_of(report.state);
                ended::told(report, state, exit, None)
            }
            Err(ending) => *ending,
        };
        command.outcome(work, None, ending)
    };
    let ended = join_all(command.works.iter().map(one)).await;
    command.finish(ended, |_, labs| next_steps(options, labs))
}

async fn seen(command: &Command<'_>, work: &Work) -> Result<AppReport, Box<Ending>> {
    let cluster = reach(command, work).await?;
    let of_cluster = |error| RecipeError::kubernetes(&work.lab.cluster.name, &work.lab.cluster_id(), error);
    let looking = async { look(&cluster, &work.lab, &command.options.place).await.map_err(of_cluster) };
    command.limited(work, looking).await.map_err(|error| Box::new(Ending::failed(&error)))
}

fn next_steps(options: &RunOptions, labs: &[LabOutcome]) -> Vec<NextStep> {
    let absent: Vec<&LabOutcome> = labs.iter().filter(|lab| lab.state == LabState::Absent).collect();
    if absent.is_empty() {
        return Vec::new();
    }
    let command = options.place.line_on(Verb::AppDeploy, absent.into_iter().collect::<Labs>());
    vec![NextStep { command, why: "deploy the store demo".to_owned() }]
}

/// Prints the URLs of the labs' stores.
pub(super) async fn url(session: &Session, settings: &AppSettings, options: &RunOptions, wait: Duration) -> Finished {
    let command = match find::begin("app url", session, options, settings.labs(), Which::Meant).await {
        Ok(command) => command,
        Err(finished) => return *finished,
    };
    let is_one = command.works.len() == 1;
    let one = async |work: &Work| match found(&command, work, wait).await {
        Ok(report) => {
            let url = report.url.clone().unwrap_or_default();
            let line = if is_one { format!("{url}\n") } else { format!("{}\t{url}\n", work.lab.name) };
            let ending = ended::told(report, LabState::Ready, Exit::Done, None);
            (command.outcome(work, None, ending), Some(line))
        }
        Err(ending) => (command.outcome(work, None, *ending), None),
    };
    let ended = join_all(command.works.iter().map(one)).await;
    let (ended, lines): (Vec<_>, Vec<_>) = ended.into_iter().unzip();
    let lines: String = lines.into_iter().flatten().collect();
    let finished = command.finish(ended, |_, _| Vec::new());
    Finished { data: Some(Secret::new(lines)).filter(|lines| !lines.reveal().is_empty()), ..finished }
}

async fn found(command: &Command<'_>, work: &Work, wait: Duration) -> Result<AppReport, Box<Ending>> {
    let cluster = reach(command, work).await?;
    let id = work.lab.cluster_id();
    let of_cluster = |error| RecipeError::kubernetes(&work.lab.cluster.name, &id, error);
    let waiting = async { wait_for(&cluster, wait, &work.ctx.events).await.map_err(of_cluster) };
    let address = command.limited(work, waiting).await.map_err(|error| Box::new(Ending::failed(&error)))?;
    let refused = |code: &str, message: &str, hint: String, exit: Exit| {
        let report = ErrorReport { resource: Some(id.clone()), ..ErrorReport::new(code, message) }.hint(hint);
        Box::new(Ending::refused(LabState::Incomplete, report, exit))
    };
    match address {
        Address::At(url) => {
            let namespace = cluster.namespace().to_owned();
            Ok(AppReport { namespace, url: Some(url), state: AppState::Ready, ..AppReport::default() })
        }
        Address::NoService => Err(refused(
            "AppNotFound",
            "the store is not on the cluster: it has no Service store-admin",
            format!("deploy it: {}", command.line(FollowUp::new(Verb::AppDeploy), work)),
            Exit::NotFound,
        )),
        Address::Late => Err(refused(
            "NoAddress",
            "the store has no address yet: the load balancer has given none",
            format!(
                "look why: kubectl -n {} describe service store-admin; or reach it without one: kubectl -n {0} port-forward service/store-admin 8080:80",
                cluster.namespace()
            ),
            Exit::TimedOut,
        )),
    }
}
